"""TeamWrapper: a PettingZoo wrapper that puts a condition on the team of any env."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, ClassVar

import numpy as np
from pettingzoo import ParallelEnv
from pettingzoo.utils import BaseParallelWrapper

from llm_collab_envs.core.arguments import check_agents, check_number, check_parallel
from llm_collab_envs.core.conditions import Condition
from llm_collab_envs.core.env import CollabEnv


class TeamWrapper(BaseParallelWrapper[str, str, str], Condition):
    """A wrapper that is a condition: it takes the env over, and works inside of its rounds.

    The env itself is changed for good, so that all that holds it plays under the condition; an even
    team to compare with needs an env of its own.

    What is random in an episode follows from the wrapper's seed and the task's index alone, so the
    same task meets the same trouble under every policy, and a log can be replayed.

    Args:
        env: An env of this package, wrapped or not.
        seed: Of all that is random here.
        **settings: The other arguments of the wrapper, JSON-ready; logs keep them. Those that are
            about some agents have "agents", their names or None to draw them anew for each
            episode, and "count", how many to draw.

    Raises:
        TypeError: For an env that is not of this package.
        ValueError: For an env that has this wrapper already, or lacks an agent that is named.
    """

    kinds: ClassVar[dict[str, type[TeamWrapper]]] = {}

    def __init_subclass__(cls) -> None:
        """Make the wrapper known by its name, which logs give."""
        super().__init_subclass__()
        TeamWrapper.kinds[cls.__name__] = cls

    def __init__(self, env: ParallelEnv[str, str, str], seed: int, **settings: Any) -> None:
        """Put the condition on the innermost env; it holds from the next reset on."""
        name = type(self).__name__
        check_parallel(name, env)
        BaseParallelWrapper.__init__(self, env)
        base = env.unwrapped
        if not isinstance(base, CollabEnv):
            raise TypeError(
                f"{name} wraps envs of llm_collab_envs; got {type(base).__name__}. "
                "Put wrappers that turn text into tensors around it, not inside."
            )
        check_number("seed", seed, 0)
        if "count" in settings:
            check_number("count", settings["count"], 1)
        if settings.get("agents") is not None:
            settings["agents"] = check_agents(name, settings["agents"], base.possible_agents)
            if not settings["agents"]:
                raise ValueError(
                    f"{name} is about nobody with agents=[]. Name some of {base.possible_agents}, "
                    "or leave agents out to draw count of them."
                )
            if settings["count"] not in (1, len(settings["agents"])):
                raise ValueError(
                    f"{name} draws nobody where agents are named; got count={settings['count']} "
                    f"beside agents={settings['agents']}. Leave one of them out."
                )
        Condition.__init__(self, name, {**settings, "seed": seed})
        base.conditions.add(self)

    def _rng(self, task: int, *event: str) -> np.random.Generator:
        """Return the generator of an episode on a task, or of an event in it."""
        names = (zlib.crc32(part.encode()) for part in (self.name, *event))
        return np.random.default_rng([self.settings["seed"], task, *names])

    def _pick(self, team: Sequence[str], rng: np.random.Generator) -> list[str]:
        """Return whom this is about in this episode, in the order of the team."""
        named = self.settings["agents"]
        if named is not None:
            return [agent for agent in team if agent in named]
        drawn = rng.choice(len(team), min(self.settings["count"], len(team)), replace=False)
        return [team[i] for i in sorted(drawn)]


def rewrap(env: Any, wrappers: Sequence[Mapping[str, Any]]) -> Any:
    """Put wrappers around an env by their names, as logs have them, but for those that it has.

    Args:
        env: The env.
        wrappers: Each one's "name" and settings, the innermost first.

    Raises:
        ValueError: For a wrapper that is not known, as its module has not been imported, or a
            setting that it does not have or that is missing.
    """
    present = {part.name for part in env.unwrapped.conditions.parts}
    for wrapper in wrappers:
        settings = {**wrapper}
        name = settings.pop("name")
        if name not in TeamWrapper.kinds:
            raise ValueError(
                f"there is no wrapper {name!r}; known are {sorted(TeamWrapper.kinds)}. Import the "
                "module that defines it first."
            )
        kind = TeamWrapper.kinds[name]
        try:
            signature(kind).bind(env, **settings)
        except TypeError as problem:
            known = [parameter for parameter in signature(kind).parameters if parameter != "env"]
            raise ValueError(f"{name}: {problem}. Its settings are {known}.") from problem
        if name not in present:
            env = kind(env, **settings)
    return env
