"""Reports: policies side by side as a table and as Markdown, and the learning curve."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from statistics import fmean

from rich.table import Table

from baselines.bootstrap import Interval, mean_interval
from baselines.results import Record
from baselines.summary import speed_up

Scores = Mapping[str, str]  # an env's own figures, and how the terminal abbreviates them

_FIRST = {"joint reward": "R"}
_LAST = {
    "quality": "Q",
    "critical path": "path",
    "speed-up": "xsolo",
    "seconds": "sec",
    "message tokens": "talk",
    "malformed": "bad",
}
_WITHOUT_INTERVAL = ("critical path", "seconds", "message tokens", "malformed")


@dataclass(frozen=True)
class Entry:
    """One row of a comparison.

    Attributes:
        label: What played.
        records: Its episodes.
        solo: The same policy's episodes alone on the same tasks, for the speed-up; None for none.
    """

    label: str
    records: Sequence[Record]
    solo: Sequence[Record] | None = None

    def figures(self, scores: Scores) -> dict[str, Interval]:
        """Return the figure of every column, with its 95 % bootstrap interval."""
        figures = {
            name: mean_interval([record[name.replace(" ", "_")] for record in self.records])
            for name in _columns(scores)
            if name != "speed-up"
        }
        if self.solo is not None:
            figures["speed-up"] = speed_up(self.solo, self.records)
        return figures


def table(entries: Sequence[Entry], scores: Scores, title: str) -> Table:
    """Return a comparison for the terminal: means only, in 80 columns."""
    columns = _columns(scores)
    legend = ", ".join(f"{short} = {name}" for name, short in columns.items())
    view = Table(title=title, title_justify="left", caption=legend, box=None, padding=(0, 1, 0, 0))
    view.add_column("", no_wrap=True)
    for short in columns.values():
        view.add_column(short, justify="right", no_wrap=True)
    for entry in entries:
        view.add_row(entry.label, *(cell.partition(" ")[0] for cell in _cells(entry, scores)))
    return view


def markdown(entries: Sequence[Entry], scores: Scores) -> str:
    """Return a comparison as a Markdown table."""
    rows = [(entry.label, _cells(entry, scores)) for entry in entries]
    return markdown_table(tuple(_columns(scores)), rows)


def markdown_table(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return a Markdown table of labelled rows."""
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {label} | " + " | ".join(cells) + " |" for label, cells in rows]
    return "\n".join(lines)


def learning_curve(metrics: Path, scores: Scores, levels: Mapping[str, float], out: Path) -> None:
    """Draw the joint reward and the env's own figures over training steps.

    Args:
        metrics: The run's metrics.jsonl.
        scores: The env's own figures.
        levels: Joint rewards to draw as horizontal lines, by label.
        out: The PNG to write.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    steps = [row["step"] for row in rows]
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    curves = (*_FIRST, *scores)
    for n, label in enumerate(curves):
        values = [row[f"env/{label.replace(' ', '_')}"] for row in rows]
        axes.plot(steps, values, color=f"C{n}", alpha=0.3)
        axes.plot(steps, _smooth(values), color=f"C{n}", label=f"{label}, mean of 5 steps")
    for n, (label, level) in enumerate(levels.items()):
        axes.axhline(level, color=f"C{n + len(curves)}", linestyle="--", linewidth=1, label=label)
    axes.set(xlabel="optimisation step", ylim=(-0.05, 1.05), title="A team learns to work together")
    axes.legend(fontsize=8, loc="lower right")
    figure.savefig(out, dpi=120)
    plt.close(figure)


def _smooth(values: Sequence[float], width: int = 5) -> list[float]:
    return [fmean(values[max(0, n - width + 1) : n + 1]) for n in range(len(values))]


def _columns(scores: Scores) -> dict[str, str]:
    return {**_FIRST, **scores, **_LAST}


def _cells(entry: Entry, scores: Scores) -> list[str]:
    figures = entry.figures(scores)
    return [_cell(name, figures[name]) if name in figures else "" for name in _columns(scores)]


def _cell(name: str, interval: Interval) -> str:
    if isnan(interval.mean):
        return "-"
    digits = 1 if name in ("critical path", "message tokens") else 2 if name == "seconds" else 3
    mean = f"{interval.mean:.{digits}f}"
    if name in _WITHOUT_INTERVAL or isnan(interval.low):
        return mean
    return f"{mean} [{interval.low:.3f}, {interval.high:.3f}]"
