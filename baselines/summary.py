"""Summary: what the records of an evaluation say, with 95 % bootstrap intervals, and as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isnan, nan
from pathlib import Path
from statistics import fmean

from rich.table import Table
from rich.text import Text

from baselines.bootstrap import (
    Interval,
    mean_interval,
    normalised_score,
    paired_interval,
    ratio_of_means,
)
from baselines.evaluate import IDENTITY, SETTINGS, EvalConfig, joint_rewards
from baselines.fingerprint import fingerprint
from baselines.results import Record


def summarise(
    records: Sequence[Record], seed: int = 0, tasks: Path | None = None
) -> dict[str, Interval]:
    """Return the mean of every figure with its 95 % bootstrap interval.

    Silence and the expert are played on the same tasks, for "normalised_score": 0 is silence, 1 is
    the expert in a team of the same size, under the same wrappers. A figure that only some episodes
    have, as a server may count tokens now and then, is NaN.

    Args:
        records: Episodes of one configuration, as `evaluate` returns them.
        seed: Of the resampling.
        tasks: The file that their tasks are from, or None where they were generated.

    Raises:
        ValueError: Where there are no records, or records of several configurations, or of the
            tasks of another file.
    """
    settings = {json.dumps([record[name] for name in IDENTITY]) for record in records}
    if len(settings) != 1:
        raise ValueError(
            f"records must be of one configuration; got {len(settings)} of them. Summarise each "
            "run by itself."
        )
    if fingerprint(tasks) != records[0]["tasks_content"]:
        raise ValueError(
            f"tasks must be the file that the records' tasks are from, as it was; got {tasks}. "
            "Pass that file, or evaluate again on this one."
        )
    rewards = [record["joint_reward"] for record in records]
    floor, ceiling = (_rewards_of(policy, records, tasks) for policy in ("silent", "expert"))
    figures = dict.fromkeys(
        name
        for record in records
        for name, value in record.items()
        if isinstance(value, int | float) and name not in (*IDENTITY, "task", "batch")
    )
    return {
        "normalised_score": paired_interval(normalised_score, rewards, floor, ceiling, seed=seed),
        **{name: _mean([record.get(name) for record in records], seed) for name in figures},
        # Episodes of a chunk share their wall-clock, so they say nothing of its spread.
        "seconds": Interval(fmean(record["seconds"] for record in records), nan, nan),
    }


def speed_up(solo: Sequence[Record], team: Sequence[Record], seed: int = 0) -> Interval:
    """Return mean solo over mean team critical path on the same tasks.

    Raises:
        ValueError: Where the tasks differ.
    """
    if [record["task"] for record in solo] != [record["task"] for record in team]:
        raise ValueError("solo and team must have played the same tasks, in the same order.")
    paths = [[record["critical_path"] for record in records] for records in (solo, team)]
    return paired_interval(ratio_of_means, *paths, seed=seed)


def table(summaries: Mapping[str, Mapping[str, Interval]], title: str = "") -> Table:
    """Return summaries as a table: one row for each figure, one column for each summary.

    Args:
        summaries: Summaries by label.
        title: Printed above.
    """
    heading = Text(title, "table.title") if title else None  # files may hold what looks like markup
    view = Table(title=heading, title_justify="left", caption="mean [95 % interval]")
    view.add_column("figure", no_wrap=True)
    for label in summaries:
        view.add_column(Text(label), justify="right")
    names = dict.fromkeys(name for summary in summaries.values() for name in summary)
    for name in names:
        cells = [_cell(summary.get(name)) for summary in summaries.values()]
        view.add_row(name.replace("_", " "), *cells)
    return view


def _mean(values: Sequence[float | None], seed: int) -> Interval:
    known = [value for value in values if value is not None]
    return mean_interval(known, seed) if len(known) == len(values) else Interval(nan, nan, nan)


def _rewards_of(policy: str, records: Sequence[Record], tasks: Path | None) -> list[float]:
    """Play a scripted policy on the tasks of some records."""
    settings = {name: records[0][name] for name in SETTINGS} | {"policy": policy, "tasks": tasks}
    return joint_rewards(EvalConfig(**settings), [record["task"] for record in records])


def _cell(interval: Interval | None) -> str:
    if interval is None:
        return ""
    if isnan(interval.mean):
        return "-"
    digits = 3 if abs(interval.mean) < 10 else 1
    mean, low, high = (f"{value:.{digits}f}" for value in interval)
    # No space inside the brackets, so that narrow columns break before them.
    return mean if isnan(interval.low) else f"{mean} [{low},{high}]"
