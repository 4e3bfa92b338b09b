"""SingleAgentView: one seat of the team, with teammates that follow policies of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_parallel
from llm_collab_envs.core.spaces import UnicodeText

Policy = Callable[[Any], Any]  # an agent's observation in, its action out


class SingleAgentView(gymnasium.Env[Any, Any]):
    """What one agent sees and does; its teammates are part of the env.

    The episode ends with the env's, or when this seat's agent leaves. Where `KeepAlive` is inside
    and somebody is left in `env.agents`, one may step on after that: the teammates play on, and
    what the seat does has no effect and is paid nothing. `unwrapped` is the view itself, as
    Gymnasium has it; the env is `env.unwrapped`.

    Args:
        env: An env of text; or one in which this seat's text has been turned into tensors, as by
            `to_tensor_env(env, agents=[agent])`, while its teammates still read and write text.
        agent: The seat.
        teammates: What the others do: one policy for all of them, {agent: policy} for each, or None
            for the env's expert.

    Attributes:
        env: The env.
        agent: The seat.

    Raises:
        ValueError: For an agent that the env does not have, a teammate without a policy, or a
            policy for one who is no teammate.
        TypeError: For a teammate's policy that is no function, or where teammates are experts,
            which read text, and see none.
    """

    def __init__(
        self,
        env: ParallelEnv[str, Any, Any],
        agent: str = "agent_0",
        teammates: Policy | Mapping[str, Policy] | None = None,
    ) -> None:
        """Check the arguments, and take over the seat's spaces."""
        check_parallel(type(self).__name__, env)
        if agent not in env.possible_agents:
            raise ValueError(f"agent must be one of {env.possible_agents}; got {agent!r}.")
        self.env = env
        self.agent = agent
        self.metadata = env.metadata
        self.render_mode = env.render_mode
        self.observation_space = env.observation_space(agent)
        self.action_space = env.action_space(agent)
        mates = [mate for mate in env.possible_agents if mate != agent]
        if teammates is None:
            _require_text(env, mates)
            teammates = env.unwrapped._expert()
        policies = teammates if isinstance(teammates, Mapping) else dict.fromkeys(mates, teammates)
        missing = [mate for mate in mates if mate not in policies]
        if missing:
            raise ValueError(f"teammates names no policy for {missing}. Add one for each of them.")
        strangers = [name for name in policies if name not in mates]
        if strangers:
            raise ValueError(
                f"teammates names {strangers}; the teammates of {agent} are {mates}. Leave the "
                "others out."
            )
        for mate in mates:
            if not callable(policies[mate]):
                raise TypeError(
                    f"the policy of {mate} must be a function, its observation in and its action "
                    f"out; got {policies[mate]!r}."
                )
        self._policies = {mate: policies[mate] for mate in mates}
        self._observations: dict[str, Any] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; arguments as in the env."""
        super().reset(seed=seed)
        self._observations, infos = self.env.reset(seed=seed, options=options)
        return self._observations[self.agent], infos[self.agent]

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play one round; terminated when all are done, or when this seat's agent has left.

        Raises:
            RuntimeError: Where the seat's agent has left, and nobody keeps it.
        """
        if self.env.agents and self.agent not in self.env.agents:
            raise RuntimeError(
                f"step() was called after {self.agent} left. Call reset() first, or put KeepAlive "
                "inside."
            )
        actions = {
            mate: policy(self._observations[mate])
            for mate, policy in self._policies.items()
            if mate in self.env.unwrapped.agents  # wrappers may keep those that have left
        }
        self._observations, rewards, terminations, truncations, infos = self.env.step(
            {**actions, self.agent: action}
        )
        playing = self.env.unwrapped.agents
        left = bool(playing) and self.agent not in playing
        return (
            self._observations[self.agent],
            float(rewards[self.agent]),
            left or terminations[self.agent],
            truncations[self.agent],
            infos[self.agent],
        )

    def render(self) -> Any:
        """Return or print the transcript, as in the env."""
        return self.env.render()

    def close(self) -> None:
        """Close the env."""
        self.env.close()


def _require_text(env: ParallelEnv[str, Any, Any], mates: list[str]) -> None:
    for mate in mates:
        for space in (env.observation_space(mate), env.action_space(mate)):
            if not isinstance(space, UnicodeText):
                raise TypeError(
                    f"an expert plays {mate}, and reads and writes text; its space here is {space}."
                    " Turn only this seat's text into tensors (agents=[...]), or pass teammates=."
                )
