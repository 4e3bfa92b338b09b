"""Straggler: an agent whose tokens cost more time."""

from __future__ import annotations

from collections.abc import Sequence

from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_real
from llm_collab_envs.core.wrapper import TeamWrapper

SLOWEST = 1_000_000
_HINT = "Use AgentDropout for one who does nothing at all."


class Straggler(TeamWrapper):
    """Some agents are slow: each of their tokens takes as long as `factor` tokens of others.

    A round lasts as long as its longest action, so the critical path and the speed term of the
    joint reward feel a straggler. Speed is still measured against the expert team without one.
    Everyone is told who is slow. Infos add `straggler`, the agent's factor.

    Args:
        env: Any env of this package; it is changed for good.
        factor: How many times as long a slow agent takes, 1 to 1,000,000.
        agents: Who is slow, or None to draw `count` of them for each episode.
        count: How many to draw; all where the team has fewer.
        seed: Of the draw.
    """

    def __init__(
        self,
        env: ParallelEnv[str, str, str],
        factor: float = 2.0,
        agents: Sequence[str] | None = None,
        count: int = 1,
        seed: int = 0,
    ) -> None:
        """Check the arguments."""
        self._factor = check_real("factor", factor, 1, SLOWEST, _HINT)
        super().__init__(env, seed, factor=self._factor, agents=agents, count=count)
        self._slow: list[str] = []

    def start(self, agents: Sequence[str], max_cycles: int, task: int) -> None:
        """Draw who is slow."""
        self._slow = self._pick(agents, self._rng(task))

    def slowdown(self, agent: str) -> float:
        """Return the factor."""
        return self._factor if agent in self._slow else 1.0

    def tell(self, agent: str, round_: int) -> list[str]:
        """Say who is slow."""
        return [
            f"{'you are' if slow == agent else f'{slow} is'} slow: a token takes as long as "
            f"{self._factor:g}."
            for slow in self._slow
        ]

    def figures(self, agent: str) -> dict[str, float]:
        """Return the agent's factor."""
        return {"straggler": self.slowdown(agent)}
