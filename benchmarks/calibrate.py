"""Difficulty is measured, not claimed: play scripted teams in every env, and write the table.

`python -m benchmarks.calibrate` plays the expert, a handicapped expert, random actions, silence and
every hack of `tests/cheats_<env>.py` over all envs, difficulties and team sizes, and writes
`docs/calibration.md` and a figure. The handicapped expert derails at every token with a probability
of 0.5 %, as a weak model does, and its reply ends there. Team size 1 is the solo expert. Nothing
here needs a model; the same tasks give the same table on every machine, but for the timings.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.calibration_report import Calibration, write_figure, write_report
from benchmarks.episodes import HANDICAPPED, PLAYERS, Job, Result, hacks, largest_team, play
from benchmarks.step_time import measure
from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.core.tasks import DIFFICULTIES

TEAM_SIZES = (1, 2, 4, 8)
CHUNK = 10  # tasks that a process plays at once
COLLECT = (200_000, 20, 100)  # seldom: nearly all that is made here goes without it
ROOT = Path(__file__).parents[1]
DOCS, SOME = ROOT / "docs", ROOT / "build" / "calibration"


def jobs(env_ids: Sequence[str], tasks: int) -> Iterator[Job]:
    """Yield everything to play."""
    for env_id in env_ids:
        there = len(make(env_id, split="test").tasks)
        for difficulty in DIFFICULTIES:
            largest = largest_team(env_id, difficulty)
            for size in (n for n in TEAM_SIZES if n <= largest):
                players = [*PLAYERS, *hacks(env_id)] if size > 1 else PLAYERS
                for player in players:
                    count = tasks if player == HANDICAPPED else min(tasks, there)
                    yield Job(env_id, difficulty, size, player, count)


def play_all(todo: Sequence[Job], workers: int, console: Console) -> list[Result]:
    """Play all jobs, over the cores, in batches that have the env and its difficulty in common."""
    batches: dict[tuple[str, str], list[Job]] = {}
    for job in todo:
        batches.setdefault((job.env, job.difficulty), []).append(job)
    chunks = [
        (batch, range(start, start + CHUNK))
        for batch in sorted(batches.values(), key=len, reverse=True)
        for start in range(0, max(job.tasks for job in batch), CHUNK)
    ]
    context = multiprocessing.get_context("spawn")
    columns = (TextColumn("calibrating"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    episodes: dict[Job, tuple[tuple[float, float, float], ...]] = dict.fromkeys(todo, ())
    with (
        Progress(*columns, console=console) as bar,
        ProcessPoolExecutor(workers, context, gc.set_threshold, COLLECT) as pool,
    ):
        line = bar.add_task("episodes", total=sum(job.tasks for job in todo))
        for played in [pool.submit(play, batch, tasks) for batch, tasks in chunks]:
            for result in played.result():
                episodes[result.job] += result.episodes
                bar.advance(line, len(result.episodes))
    return [Result(job, episodes[job]) for job in todo]


def main() -> None:
    """Read the command line, play, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("envs", nargs="*", help="env ids; all by default")
    parser.add_argument("--tasks", type=int, default=100, help="tasks for each")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--out", type=Path, help="folder of the report: docs, or build/calibration for some envs"
    )
    options = parser.parse_args()
    options.out = options.out or (SOME if options.envs else DOCS)
    unknown = sorted({*options.envs} - {*ENV_MODULES})
    if unknown or options.tasks < 1 or options.workers < 1:
        parser.error(f"envs are {sorted(ENV_MODULES)}; tasks and workers are 1 or more")
    console = Console()
    started = time.perf_counter()
    env_ids = options.envs or sorted(ENV_MODULES)
    todo = list(jobs(env_ids, options.tasks))
    results = play_all(todo, options.workers, console)
    minutes = (time.perf_counter() - started) / 60
    calibration = Calibration(results, measure(env_ids))
    options.out.mkdir(parents=True, exist_ok=True)
    write_figure(calibration, options.out / "calibration.png")
    played = f"{sum(job.tasks for job in todo)} episodes in {minutes:.1f} minutes"
    played += f", over {options.workers} processes"
    missed = write_report(calibration, options.out / "calibration.md", played)
    console.print(f"{played}; see {options.out}/calibration.md")
    for bar in missed:
        console.print(f"not reached: {bar}", style="red")


if __name__ == "__main__":
    main()
