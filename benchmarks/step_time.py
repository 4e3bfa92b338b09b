"""What a step costs: milliseconds of its own, and how the cost of an agent's turn grows.

Code that agents have written runs in a sandbox, and its time is not the env's own.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.episodes import TESTS, largest_team
from llm_collab_envs import make
from llm_collab_envs.coding.coding_env import CodingEnv
from llm_collab_envs.sandbox import Job, Outcome, Sandbox

TASKS = 12
REPEATS = 5
TEAMS = (2, 4, 8, 16)
LARGEST_MEASURED = 8


@dataclass(frozen=True)
class Timing:
    """What steps cost.

    Attributes:
        step_ms: By env: the team size, ms a step, and ms of the expert's play.
        turn_us: Microseconds of an agent's turn in the toy env, by team size.
    """

    step_ms: dict[str, tuple[int, float, float]]
    turn_us: dict[int, float]


def measure(env_ids: Sequence[str]) -> Timing:
    """Measure envs at hard with their largest team of up to 8, and the toy env."""
    steps = {}
    for env_id in env_ids:
        size = min(LARGEST_MEASURED, largest_team(env_id, "hard"))
        env = make(env_id, difficulty="hard", team_size=size, split="test")
        steps[env_id] = env.team_size, step_ms(env), reference_ms(env)
    return Timing(steps, {size: turn_us(size) for size in TEAMS})


def step_ms(env: Any, tasks: int = TASKS) -> float:
    """Return the mean processor time of a step, scoring and credit included.

    The expert's play that speed is measured against, once a task, is not counted. The best of some
    repeats on fresh tasks counts, as a busy machine only ever adds.
    """
    numbers = [task % len(env.tasks) for task in range(REPEATS * tasks)]
    starts = range(0, len(numbers), tasks)
    return min(_episodes_ms(env, numbers[start : start + tasks]) for start in starts)


def reference_ms(env: Any, tasks: int = TASKS) -> float:
    """Return the median processor time of the expert's play, which is done once a task."""
    times = []
    for task in range(tasks):
        env.reset(options={"task": task})
        started = time.thread_time()
        env._play_expert()
        times.append(time.thread_time() - started)
    return 1e3 * statistics.median(times)


def turn_us(team_size: int, rounds: int = 6) -> float:
    """Return the processor time of one agent's turn in a toy env of any team size."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    from relay import CrowdEnv

    env = CrowdEnv(team_size=team_size, max_cycles=rounds)
    talk, work = '<say to="all">two words</say>', "<submit>x y z</submit>"
    best = float("inf")
    for _ in range(8 * REPEATS):
        env.reset(options={"task": 0})
        spent = 0.0
        for n in range(rounds):
            actions = dict.fromkeys(env.agents, work if n else talk)
            started = time.thread_time()
            env.step(actions)
            spent += time.thread_time() - started
        best = min(best, spent)
    return 1e6 * best / rounds / team_size


class _Stopwatch:
    """A sandbox that adds up the processor time of this thread that running code takes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.spent = 0.0

    def run_many(self, jobs: Sequence[Job]) -> list[Outcome]:
        started = time.thread_time()
        outcomes = self.sandbox.run_many(jobs)
        self.spent += time.thread_time() - started
        return outcomes


def _episodes_ms(env: Any, tasks: Iterable[int]) -> float:
    if not isinstance(env, CodingEnv):
        return _steps_ms(env, tasks, lambda: 0.0)
    sandbox = env._sandbox
    stopwatch = _Stopwatch(sandbox)
    env._sandbox = stopwatch  # type: ignore[assignment]
    own = _steps_ms(env, tasks, lambda: stopwatch.spent)
    env._sandbox = sandbox
    return own


def _steps_ms(env: Any, tasks: Iterable[int], aside: Callable[[], float]) -> float:
    expert = env._expert()
    spent, steps = 0.0, 0
    for task in tasks:
        observations, _ = env.reset(options={"task": task})
        env._loop.aggregator.reference_path()
        while env.agents:
            actions = {agent: expert(observations[agent]) for agent in env.agents}
            started = time.thread_time() - aside()
            observations, *_ = env.step(actions)
            spent += time.thread_time() - aside() - started
            steps += 1
    return 1e3 * spent / steps
