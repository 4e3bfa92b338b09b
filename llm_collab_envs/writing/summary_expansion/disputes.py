"""Disputes: two reports in different parts of an article that disagree; the later one holds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from llm_collab_envs.writing.summary_expansion.article import draw_leader

LOWEST_COST, TOP_COST, HIGHEST_COST = 10_000, 90_000, 99_999  # from TOP_COST on: disputed ones
_YEARS = 40  # within which reports appear


@dataclass(frozen=True)
class Dispute:
    """Two reports that disagree on one field of an event.

    Attributes:
        event: The number of the event.
        field: What they disagree on.
        holder: The paragraph that the farther report stands in; the nearer one is in the event's.
        values: What the nearer report says, and the farther one.
        years: Their years.
    """

    event: int
    field: str
    holder: int
    values: tuple[str, str]
    years: tuple[int, int]

    @property
    def right(self) -> str:
        """What the later report says."""
        return self.values[self.years[1] > self.years[0]]

    @property
    def outdated(self) -> str:
        """What the earlier report says."""
        return self.values[self.years[1] < self.years[0]]


def draw_dispute(
    rng: np.random.Generator,
    field: str,
    spot: tuple[int, int],
    values: Mapping[str, str],
    split: str,
    taken: set[str],
) -> Dispute:
    """Draw what two reports say. One of two costs is the highest of all: the headline hangs on it.

    Args:
        rng: The task's generator.
        field: What they disagree on.
        spot: The event, and the paragraph with the farther report.
        values: What is told of the event; one of the two reports says this.
        split: The split that names belong to.
        taken: Names that are used already.
    """
    event, holder = spot
    top = str(rng.integers(TOP_COST, HIGHEST_COST + 1))
    other = top if field == "cost" else draw_leader(rng, split, taken)
    near, far = (str(value) for value in rng.permutation([values[field], other]))
    year = int(values["day"].split()[-1])
    first, second = (int(n) for n in rng.choice(_YEARS, 2, replace=False))
    years = year + 1 + first, year + 1 + second
    return Dispute(event, field, holder, (near, far), years)


def draw_spots(
    rng: np.random.Generator, readers: Sequence[Sequence[int]], fields: Sequence[str]
) -> list[tuple[int, int]]:
    """Draw (event, paragraph with the farther report) for each dispute.

    In every team, who reads of the event does not read the farther report, and in the largest team
    no agent holds two of those. Costs of the author's events are not disputed, as teammates have
    read them.

    Args:
        rng: The task's generator.
        readers: For every size of a team, which agent reads each paragraph; the largest team last.
        fields: What the reports disagree on.
    """
    pairs = [
        (event, holder)
        for event, holder in itertools.permutations(range(len(readers[-1])), 2)
        if all(reader[event] != reader[holder] for reader in readers)
    ]
    while True:
        drawn = [pairs[n] for n in rng.choice(len(pairs), len(fields), replace=False)]
        events = {event for event, _ in drawn}
        holders = {readers[-1][holder] for _, holder in drawn}
        costs = [event for field, (event, _) in zip(fields, drawn, strict=True) if field == "cost"]
        told = all(reader[event] != 0 for reader in readers for event in costs)
        if told and len(events) == len(holders) == len(fields):
            return drawn
