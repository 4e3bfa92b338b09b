"""What the expert team of every env keeps where agents leave, are slow or limited, or unheard.

`python -m benchmarks.uneven` prints a table and writes it to `docs/uneven.md`, in a few minutes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.calibrate import DOCS, play_all
from benchmarks.calibration_report import REFERENCE, head, row
from benchmarks.episodes import WRAPPERS, Job, Result, largest_team
from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.core.tasks import DIFFICULTIES


def uneven_jobs(tasks: int) -> Iterator[Job]:
    """Yield the expert team of four, or the largest below, even and under every wrapper."""
    for env_id in sorted(ENV_MODULES):
        count = min(tasks, len(make(env_id, split="test").tasks))
        for difficulty in DIFFICULTIES:
            team = min(REFERENCE, largest_team(env_id, difficulty))
            for wrapper in ("", *WRAPPERS):
                yield Job(env_id, difficulty, team, "expert", count, wrapper)


def table(results: Sequence[Result]) -> list[str]:
    """Return the lines that say what is kept."""
    lines = [
        f"What the expert team of {REFERENCE} (or the largest that the env admits) keeps of its "
        "joint reward, at easy, medium and hard. One agent, drawn by task, leaves or is away from "
        "round 2 on, is slow, or acts every second round.",
        "",
        *head(["env", *WRAPPERS]),
    ]
    reward = {(r.job.env, r.job.difficulty, r.job.wrapper): r.joint_reward for r in results}
    for env in dict.fromkeys(result.job.env for result in results):
        cells = []
        for wrapper in WRAPPERS:
            kept = (reward[env, d, wrapper] / reward[env, d, ""] for d in DIFFICULTIES)
            cells.append(", ".join(f"{share:.2f}" for share in kept))
        lines.append(row([f"`{env}`", *cells]))
    return lines


def main() -> None:
    """Read the command line, play, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=60, help="tasks for each")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the table")
    options = parser.parse_args()
    if options.tasks < 1 or options.workers < 1:
        parser.error("tasks and workers are 1 or more")
    console = Console()
    results = play_all(list(uneven_jobs(options.tasks)), options.workers, console)
    text = "\n".join(table(results))
    console.print(text, soft_wrap=True, highlight=False)
    introduction = (
        "# Uneven and failing teams\n\n"
        f"Written by `python -m benchmarks.uneven --tasks {options.tasks}`: the first "
        f"{options.tasks} test tasks for each entry.\n\n"
    )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "uneven.md").write_text(f"{introduction}{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
