"""Play an episode with a function of one observation; what most tests need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_collab_envs.core.env import CollabEnv

Infos = dict[str, Any]


def play(env: CollabEnv[Any], policy: Callable[[str], str], task: int = 0) -> Infos:
    """Let every agent follow `policy`; return the first agent's last infos."""
    observations, infos = env.reset(seed=0, options={"task": task})
    while env.agents:
        actions = {agent: policy(observations[agent]) for agent in env.agents}
        observations, _, _, _, infos = env.step(actions)
    return infos["agent_0"]


def finish(env: Any, actions: dict[str, str], policy: Callable[[str], str]) -> Infos:
    """Go on after a round that is given; return the last infos of one that stayed to the end."""
    observations, *_ = env.step(actions)
    infos: dict[str, Infos] = {}
    while env.agents:
        actions = {agent: policy(observations[agent]) for agent in env.agents}
        observations, _, _, _, infos = env.step(actions)
    return next(iter(infos.values()))


def terms(env: CollabEnv[Any], policy: Callable[[str], str], task: int = 0) -> Infos:
    """Let every agent follow `policy`; return what the joint reward was made of."""
    observations, _ = env.reset(seed=0, options={"task": task})
    return env.unwrapped._loop.run(observations, policy)


def joint_reward(env: CollabEnv[Any], policy: Callable[[str], str], tasks: int = 4) -> float:
    """Mean joint reward over the first tasks."""
    return sum(terms(env, policy, task)["joint_reward"] for task in range(tasks)) / tasks


def expert_path(env: CollabEnv[Any], tasks: int) -> int:
    """The expert's critical path, over the first tasks; no submission is scored."""
    path = 0
    for task in range(tasks):
        env.reset(options={"task": task})
        path += env._expert_path()
    return path
