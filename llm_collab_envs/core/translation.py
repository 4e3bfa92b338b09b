"""Translation: a PettingZoo wrapper between an env's text and what a policy sees and does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gymnasium.spaces import Space
from pettingzoo import ParallelEnv
from pettingzoo.utils import BaseParallelWrapper

from llm_collab_envs.core.arguments import check_agents, check_parallel
from llm_collab_envs.core.spaces import UnicodeText

Infos = dict[str, dict[str, Any]]
Step = tuple[
    dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
]


class Translation(BaseParallelWrapper[str, Any, Any]):
    """A wrapper that changes the form of observations or actions, and nothing that happens.

    Rewards, infos, metadata and the render mode stay those of the env, and `unwrapped` is the env.
    Subclasses write `_see` or `_act`, and put the spaces that they lead to into
    `observation_spaces` or `action_spaces`.

    Args:
        env: An env of text, wrapped or not.
        agents: Whose form to change, or None for all.

    Attributes:
        observation_spaces: By agent.
        action_spaces: By agent.

    Raises:
        ValueError: For an agent that the env does not have.
        TypeError: For an env that is no ParallelEnv.
    """

    def __init__(self, env: ParallelEnv[str, Any, Any], agents: Sequence[str] | None) -> None:
        """Start with the spaces of the env."""
        check_parallel(type(self).__name__, env)
        super().__init__(env)
        possible = env.possible_agents
        self._translated = (
            possible if agents is None else check_agents(type(self).__name__, agents, possible)
        )
        self.observation_spaces: dict[str, Space[Any]] = {
            agent: env.observation_space(agent) for agent in possible
        }
        self.action_spaces: dict[str, Space[Any]] = {
            agent: env.action_space(agent) for agent in possible
        }

    def _see(self, agent: str, observation: Any) -> Any:
        """Return what an agent sees of an observation."""
        return observation

    def _act(self, agent: str, action: Any) -> Any:
        """Return the env's form of an action of an agent that has not left."""
        return action

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], Infos]:
        """Start an episode; arguments and infos as in the env."""
        observations, infos = self.env.reset(seed=seed, options=options)
        return self._seen(observations), infos

    def step(self, actions: Mapping[str, Any]) -> Step:
        """Play one round; all but observations and actions as in the env."""
        live = [agent for agent in self._translated if agent in self.env.agents]
        acts = {a: self._act(a, act) if a in live else act for a, act in actions.items()}
        observations, *rest = self.env.step(acts)
        return self._seen(observations), *rest

    def observation_space(self, agent: str) -> Space[Any]:
        """Return the agent's observation space, the same object every time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """Return the agent's action space, the same object every time."""
        return self.action_spaces[agent]

    def _seen(self, observations: Mapping[str, Any]) -> dict[str, Any]:
        return {
            agent: self._see(agent, seen) if agent in self._translated else seen
            for agent, seen in observations.items()
        }

    def _require_text(self, what: str, spaces: Mapping[str, Space[Any]]) -> None:
        """Raise TypeError where what is to be translated is no text any more."""
        for agent in self._translated:
            if not isinstance(spaces[agent], UnicodeText):
                raise TypeError(
                    f"{type(self).__name__} needs {what} of text; those of {agent} are "
                    f"{spaces[agent]}. Put it around an env whose {what} are text still."
                )
