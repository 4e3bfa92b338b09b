"""Episodes for calibration: who plays, and how one batch of tasks is played."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from baselines.policies.scripted import RandomActions, silent
from llm_collab_envs import make
from llm_collab_envs.core.actions import cut_tokens
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel, Straggler

Act = Callable[[str], str]

TESTS = Path(__file__).parents[1] / "tests"
SLIP = 0.005
PLAYERS = ("expert", "handicapped expert", "random", "silent")
WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "AgentDropout, told": lambda env: AgentDropout(env, at_round=2),
    "AgentDropout, not told": lambda env: AgentDropout(env, at_round=2, announced=False),
    "AgentDropout for 2 rounds": lambda env: AgentDropout(env, at_round=2, away_rounds=2),
    "Straggler, 2 times as slow": lambda env: Straggler(env, factor=2.0),
    "LossyChannel, 0.1 each": lambda env: LossyChannel(env, 0.1, 0.1, 0.1, 0.1, 0.1),
    "Heterogeneous, every 2nd round": lambda env: Heterogeneous(env, every=2),
}


@dataclass(frozen=True)
class Job:
    """Something to be played: one policy, on the first tasks of the test split.

    Attributes:
        env: Env id.
        difficulty: Of the tasks.
        team_size: Agents; 1 is the solo baseline.
        player: One of `PLAYERS`, or the name of a hack of this env.
        tasks: How many.
        wrapper: One of `WRAPPERS`, or "".
    """

    env: str
    difficulty: str
    team_size: int
    player: str
    tasks: int
    wrapper: str = ""


@dataclass(frozen=True)
class Result:
    """Means over the episodes of a job.

    Attributes:
        job: What was played.
        joint_reward: R.
        quality: Q.
        critical_path: In env tokens.
        rewards: R of every episode.
    """

    job: Job
    joint_reward: float
    quality: float
    critical_path: float
    rewards: tuple[float, ...]


def hacks(env_id: str) -> dict[str, Act]:
    """Return the policies that tests keep low in an env, by name."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    name = "cheats_" + env_id.rpartition("_v")[0]
    if not (TESTS / f"{name}.py").exists():
        name = "cheats"
    module = importlib.import_module(name)
    found: dict[str, Act] = module.CHEATS if name != "cheats" else module.EVERYWHERE
    return found


def derailing(act: Act, rng: np.random.Generator) -> Act:
    """Let a policy derail at every token with a small probability: its reply ends there."""

    def acting(observation: str) -> str:
        return cut_tokens(act(observation), int(rng.geometric(SLIP)) - 1)

    return acting


def play(job: Job) -> Result:
    """Play a job's episodes; the same job gives the same result anywhere."""
    env = _env(job.env, job.difficulty, job.team_size, job.wrapper)
    base = env.unwrapped
    terms = []
    for task in range(job.tasks):
        act = _player(job, base, task)
        observations, _ = env.reset(seed=0, options={"task": task})
        while env.agents:
            actions = {agent: act(observations[agent]) for agent in env.agents}
            observations, *_ = env.step(actions)
        terms.append(base.episode.rounds[-1].terms)
    means = [
        float(np.mean([term[name] for term in terms]))
        for name in ("joint_reward", "quality", "critical_path")
    ]
    return Result(job, *means, rewards=tuple(term["joint_reward"] for term in terms))


@lru_cache(maxsize=4)
def _env(env_id: str, difficulty: str, team_size: int, wrapper: str) -> Any:
    env = make(env_id, difficulty=difficulty, team_size=team_size, split="test")
    return WRAPPERS[wrapper](env) if wrapper else env


def _player(job: Job, env: Any, task: int) -> Act:
    expert: Act = env._expert()
    if job.player == "expert":
        return expert
    if job.player == "handicapped expert":
        return derailing(expert, np.random.default_rng(task))
    if job.player == "random":
        return RandomActions(task)
    return silent if job.player == "silent" else hacks(job.env)[job.player]
