"""KeepAlive: every agent stays to the end of the episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pettingzoo import ParallelEnv

from llm_collab_envs.core.translation import Infos, Step, Translation


class KeepAlive(Translation):
    """Agents that leave stay in the env as far as its user can tell.

    Many libraries want the same agents in every step. Here one that has left goes on seeing its
    last observation and its last infos, is paid nothing, and what it does has no effect. All agents
    end together: terminated where the env's last agents are, truncated where it is the time limit.

    Args:
        env: Any parallel env.
    """

    def __init__(self, env: ParallelEnv[str, Any, Any]) -> None:
        """Start before the first episode."""
        super().__init__(env, agents=None)
        self.agents: list[str] = []
        self._last: tuple[dict[str, Any], Infos] = ({}, {})

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], Infos]:
        """Start an episode; arguments and results as in the env."""
        self._last = self.env.reset(seed=seed, options=options)
        self.agents = self.env.agents[:]
        return self._shown()

    def step(self, actions: Mapping[str, Any]) -> Step:
        """Play one round; results as in the env, for all agents."""
        observations, rewards, _, truncations, infos = self.env.step(actions)
        self._last[0].update(observations)
        self._last[1].update(infos)
        everyone, over = self.agents, not self.env.agents
        truncated = over and any(truncations.values())
        if over:
            self.agents = []
        return (
            self._shown()[0],
            {agent: rewards.get(agent, 0.0) for agent in everyone},
            dict.fromkeys(everyone, over and not truncated),
            dict.fromkeys(everyone, truncated),
            self._shown()[1],
        )

    def _shown(self) -> tuple[dict[str, Any], Infos]:
        return dict(self._last[0]), dict(self._last[1])
