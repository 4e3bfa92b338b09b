"""Episodes for calibration: who plays, and how one batch of tasks is played.

Many play the same task. What does not depend on who plays is done once: the task is made, the
expert's reply to an observation is found, a program is run.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from baselines.policies.scripted import RandomActions, silent
from benchmarks.forked import ForkedSandbox
from llm_collab_envs import make
from llm_collab_envs.coding.coding_env import CodingEnv, Outcomes
from llm_collab_envs.core.actions import cut_tokens
from llm_collab_envs.sandbox import Job as Program
from llm_collab_envs.sandbox import Outcome
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel, Straggler

Act = Callable[[str], str]

TESTS = Path(__file__).parents[1] / "tests"
SLIP = 0.005
REMEMBERED = 1_024  # replies of the expert
HANDICAPPED = "handicapped expert"
PLAYERS = ("expert", HANDICAPPED, "random", "silent")
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
        tasks: How many; where the split has fewer, they come again, with other slips.
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
    """The episodes of a job.

    Attributes:
        job: What was played.
        episodes: (R, Q, critical path in env tokens) of each.
    """

    job: Job
    episodes: tuple[tuple[float, float, float], ...]

    @property
    def joint_reward(self) -> float:
        """Mean R."""
        return float(np.mean([reward for reward, _, _ in self.episodes]))

    @property
    def quality(self) -> float:
        """Mean Q."""
        return float(np.mean([quality for _, quality, _ in self.episodes]))

    @property
    def critical_path(self) -> float:
        """Mean critical path."""
        return float(np.mean([path for _, _, path in self.episodes]))


def largest_team(env_id: str, difficulty: str) -> int:
    """Return the largest team that an env admits."""
    return make(env_id, difficulty=difficulty, team_size=1, split="test").largest_team


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


class _Memory:
    """A sandbox that remembers what came of programs, and an expert that remembers its replies.

    All programs are this repository's own, so that they run without isolation.

    Args:
        expert: A pure function of an observation.
    """

    def __init__(self, expert: Act) -> None:
        """Start with nothing to remember."""
        self.expert = lru_cache(maxsize=REMEMBERED)(expert)
        self._sandbox = ForkedSandbox()
        self._outcomes = Outcomes()

    def run_many(self, jobs: Sequence[Program]) -> list[Outcome]:
        """Run the programs that have not run before."""
        return self._outcomes.run(jobs, self._sandbox)

    def forget(self) -> None:
        """Forget all programs; no other task has the same."""
        self._outcomes = Outcomes()


def play(jobs: Sequence[Job], tasks: Sequence[int]) -> list[Result]:
    """Play some of the tasks of jobs, which have the env and its difficulty in common.

    Task by task, as an env keeps what it has made ready for its last one. The same jobs give the
    same results anywhere.
    """
    episodes: list[list[tuple[float, float, float]]] = [[] for _ in jobs]
    for task in tasks:
        for job, played in zip(jobs, episodes, strict=True):
            if task < job.tasks:
                played.append(_episode(job, task))
        _memory(jobs[0].env).forget()
    return [Result(job, tuple(played)) for job, played in zip(jobs, episodes, strict=True)]


def _episode(job: Job, task: int) -> tuple[float, float, float]:
    """Play without infos, which nobody reads."""
    env = _env(job.env, job.difficulty, job.team_size, job.wrapper)
    act = _player(job, env.unwrapped, task)
    observations, _ = env.reset(seed=0, options={"task": task % len(env.unwrapped.tasks)})
    terms = env.unwrapped._loop.run(observations, act)
    return terms["joint_reward"], terms["quality"], terms["critical_path"]


@lru_cache(maxsize=16)
def _env(env_id: str, difficulty: str, team_size: int, wrapper: str) -> Any:
    env = make(env_id, difficulty=difficulty, team_size=team_size, split="test")
    memory = _memory(env_id)
    env._expert = lambda: memory.expert
    if isinstance(env, CodingEnv):
        env._sandbox = memory  # type: ignore[assignment]
    return WRAPPERS[wrapper](env) if wrapper else env


@cache
def _memory(env_id: str) -> _Memory:
    return _Memory(make(env_id, split="test")._expert())


def _player(job: Job, env: Any, task: int) -> Act:
    expert: Act = env._expert()
    if job.player == "expert":
        return expert
    if job.player == HANDICAPPED:
        return derailing(expert, np.random.default_rng(task))
    if job.player == "random":
        return RandomActions(task)
    return silent if job.player == "silent" else hacks(job.env)[job.player]
