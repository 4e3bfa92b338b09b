"""What the expert team of every env keeps where agents leave, are slow or limited, or unheard.

`python -m benchmarks.uneven` prints a table and writes it to `docs/uneven.md`, in a minute or two.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from benchmarks.calibrate import DOCS, jobs, play_all
from benchmarks.calibration_report import REFERENCE, Calibration, wrapper_table
from benchmarks.episodes import Job
from benchmarks.step_time import Timing
from llm_collab_envs import ENV_MODULES


def uneven_jobs(tasks: int) -> Iterator[Job]:
    """Yield the even expert teams of at most four, and the same under every wrapper."""
    for job in jobs(sorted(ENV_MODULES), tasks):
        if job.player == "expert" and job.team_size in (2, REFERENCE):
            yield job


def main() -> None:
    """Read the command line, play, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=5, help="tasks for each")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the table")
    options = parser.parse_args()
    if options.tasks < 1 or options.workers < 1:
        parser.error("tasks and workers are 1 or more")
    console = Console()
    results = play_all(list(uneven_jobs(options.tasks)), options.workers, console)
    table = "\n".join(wrapper_table(Calibration(results, Timing({}, {}))))
    console.print(table, soft_wrap=True, highlight=False)
    head = (
        "# Uneven and failing teams\n\n"
        f"Written by `python -m benchmarks.uneven --tasks {options.tasks}`: the first "
        f"{options.tasks} test tasks for each entry.\n\n"
    )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "uneven.md").write_text(f"{head}{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
