"""Centralized: the whole team as one agent, a `gymnasium.Env`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium.spaces import Dict
from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_parallel


class Centralized(gymnasium.Env[dict[str, Any], dict[str, Any]]):
    """One policy sees what all agents see, and acts for all of them.

    The reward is the mean of what the agents that have not left are paid, which is the joint reward
    where all are paid the same. Infos are the agents' own, by agent. An agent that has left goes on
    seeing its last observation, and what is done for it has no effect. `unwrapped` is this env
    itself, as Gymnasium has it; the team's is `env.unwrapped`.

    Args:
        env: An env of text or tensors.

    Attributes:
        env: The env.
        observation_space: A `Dict` of the agents' own spaces.
        action_space: The same for actions.
    """

    def __init__(self, env: ParallelEnv[str, Any, Any]) -> None:
        """Build the spaces."""
        check_parallel(type(self).__name__, env)
        self.env = env
        self.metadata = env.metadata
        self.render_mode = env.render_mode
        agents = env.possible_agents
        self.observation_space = Dict({agent: env.observation_space(agent) for agent in agents})
        self.action_space = Dict({agent: env.action_space(agent) for agent in agents})
        self._seen: dict[str, Any] = {}
        self._infos: dict[str, Any] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start an episode; arguments as in the env."""
        super().reset(seed=seed)
        self._seen, self._infos = self.env.reset(seed=seed, options=options)
        return dict(self._seen), dict(self._infos)

    def step(
        self, action: Mapping[str, Any]
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Play one round with every agent's action."""
        playing = self.env.unwrapped.agents[:]  # wrappers may keep those that have left
        observations, rewards, _, truncations, infos = self.env.step(dict(action))
        self._seen = {**self._seen, **observations}
        self._infos = {**self._infos, **infos}
        over = not self.env.agents
        truncated = over and any(truncations.values())
        reward = float(sum(rewards[agent] for agent in playing) / len(playing))
        return dict(self._seen), reward, over and not truncated, truncated, dict(self._infos)

    def render(self) -> Any:
        """Return or print the transcript, as in the env."""
        return self.env.render()

    def close(self) -> None:
        """Close the env."""
        self.env.close()
