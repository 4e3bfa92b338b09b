"""The reference's three figures, measured here: `python -m baselines.reproduce`.

arXiv 2512.24609 reports a speed of 3x over a single agent, 98.7 % consistency in writing and a test
pass rate of 74.6 % in coding, for teams of 2 to 4. This trains the shipped model on
`section_writing_v0` and on `function_pair_v0`, a policy each for teams of 2, 3 and 4 (and, on
programs, for one agent alone, which teaches the team to write them), and measures
the same three figures on held-out test tasks in these teams, beside a single agent on the same
tasks. Names and scales are the reference's, tasks and models are not. What was interrupted goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path

from rich.console import Console
from rich.table import Table

from baselines.bootstrap import Interval
from baselines.demo import WRITING
from baselines.report import Entry, markdown_table
from baselines.study import FINISHED, TEAM, TRAINED, Key, Played, Study, alone, command, say

SIZES = (2, 3, TEAM)
STUDIES = {
    "writing": replace(
        WRITING,
        training={"teams": SIZES, "steps": 100, "max_new_tokens": 384},
        sizes=SIZES,
    ),
    "coding": Study(
        "function_pair_v0",
        scores={"pass rate": "pass"},
        bar=("pass rate", 0.746),
        training={"teams": (*SIZES, 1), "steps": 200},
        max_new_tokens=1024,
        sizes=SIZES,
    ),
}


@dataclass(frozen=True)
class Figure:
    """A row of the comparison.

    Attributes:
        name: A column of the reports.
        part: The study that measures it.
        reference: What the reference reports, or None for what only goes with it.
    """

    name: str
    part: str
    reference: float | None = None

    def written(self, interval: Interval) -> str:
        """Return a value as the reference writes it, with its 95 % interval where it has one."""
        scale, form = (1, "{:.2f}") if self.name == "speed-up" else (100, "{:.1f}")
        mean, low, high = (form.format(scale * value) for value in interval)
        text = mean + ("x" if self.name == "speed-up" else " %")
        return text if isnan(interval.low) else f"{text} [{low}, {high}]"


FIGURES = (
    Figure("speed-up", "writing", 3.0),
    Figure("consistency", "writing", 0.987),
    Figure("quality", "writing"),
    Figure("speed-up", "coding", 3.0),
    Figure("pass rate", "coding", 0.746),
    Figure("quality", "coding"),
)
_TEAMS: dict[str, Key] = {
    **{f"team of {size}": (TRAINED, size, 1.0) for size in SIZES},
    f"team of {TEAM}, greedy": (TRAINED, TEAM, 0.0),
}
COLUMNS = ("reference", "single agent", *_TEAMS)


def rows(played: Mapping[str, Played]) -> dict[str, list[str]]:
    """Return the comparison, a cell for each of `COLUMNS`, by what it measures.

    Sampled at temperature 1 unless it says greedy. The single agent is the better of the warm start
    and the trained model, alone; a speed-up is the ratio of its mean critical path to the team's.
    """
    return {
        f"{figure.name}, {figure.part}": [
            "" if figure.reference is None else figure.written(_exactly(figure.reference)),
            figure.written(_measured(figure, played, None)),
            *(figure.written(_measured(figure, played, key)) for key in _TEAMS.values()),
        ]
        for figure in FIGURES
    }


def verdicts(played: Mapping[str, Played]) -> list[str]:
    """Say of each of the reference's figures whether the team of 4 has as much, as sampled."""
    said = []
    for figure in FIGURES:
        if figure.reference is not None:
            here = _measured(figure, played, (TRAINED, TEAM, 1.0))
            held = "reached" if here.mean >= figure.reference else "NOT reached"
            asked = figure.written(_exactly(figure.reference))
            said.append(f"- {held}: {figure.name}, {figure.part}, {asked}: {figure.written(here)}")
    return said


def _measured(figure: Figure, played: Mapping[str, Played], key: Key | None) -> Interval:
    """Return a figure of what was played under a key, or of the single agent."""
    study, records = STUDIES[figure.part], played[figure.part]
    solo = records[alone(records)]
    entry = Entry("", records[key] if key else solo, solo)
    return entry.figures(study.scores)[figure.name]


def _exactly(value: float) -> Interval:
    return Interval(value, float("nan"), float("nan"))


def _conclude(folder: Path, played: Mapping[str, Played], console: Console) -> None:
    """Print the comparison and write it into the folder."""
    cells = rows(played)
    view = Table(
        title="Beside arXiv 2512.24609", title_justify="left", box=None, padding=(0, 1, 0, 0)
    )
    for column in ("", *COLUMNS):
        view.add_column(column, justify="right" if column else "left")
    for name, row in cells.items():
        view.add_row(name, *(cell.partition(" [")[0] for cell in row))
    console.print(view)
    said = "\n".join(verdicts(played))
    say(console, said)
    parts = [f"[{part}]({part}/{FINISHED})" for part in STUDIES]
    report = ["# Beside arXiv 2512.24609", markdown_table(COLUMNS, cells.items()), said]
    report.append(f"In full: {', '.join(parts)}.")
    (folder / FINISHED).write_text("\n\n".join(report) + "\n")
    say(console, f"written: {folder / FINISHED}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both studies; returns the exit code."""
    return command("reproduce", __doc__ or "", STUDIES, arguments, _conclude)


if __name__ == "__main__":
    raise SystemExit(main())
