"""What the env itself says of each episode, whatever a library makes of its infos."""

from __future__ import annotations

from typing import Any, ClassVar

from pettingzoo.utils import BaseParallelWrapper


class Ends(BaseParallelWrapper):
    """Writes down the joint reward that each episode ends with.

    The list is the class's, as libraries play copies of an env; a run clears it first.
    """

    joint_rewards: ClassVar[list[float]] = []

    def step(self, actions: dict[str, Any]) -> Any:
        result = super().step(actions)
        if not self.agents:
            self.joint_rewards.append(next(iter(result[4].values()))["joint_reward"])
        return result
