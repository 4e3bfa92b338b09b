"""Bookings: writing them and reading them.

    Book slot 12 for the casting of Bakomen.

A submission is one such line for each step. A line that is none, or that books for a job which is
not the agent's, does nothing, whatever the others say; one that is there twice counts once. Nothing
depends on list markers, fences, bold type, quotes, white space, capitals other than a job's, what
ends a line, several bookings in one line, or on 'the' and 'step' around a step's name. Any text can
be read, and in linear time.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from llm_collab_envs.allocation.resource_allocation.optimum import Ints
from llm_collab_envs.allocation.resource_allocation.tasks import AllocationTask
from llm_collab_envs.core.lines import quote, read_lines

_LINE = re.compile(
    r"(?i:(?:I )?book slot #?([0-9]{1,2}) for (?:the )?(?:step )?([a-z]{2,15})(?: step)? of)"
    r" ([A-Z][a-z]{1,15})(?: \([^()]{1,20}\))?[.,;]?"
)
_NEXT = re.compile(r"(?<=[.,;]) (?=(?:I )?book )", re.I)  # where another booking begins in a line
_MARKS = str.maketrans("", "", '*`"\u201c\u201d')
_FORM = "Book slot N for the STEP of JOB."


@dataclass(frozen=True, eq=False)
class Book:
    """What one submission says.

    Attributes:
        entries: Its distinct bookings, a row for each: the number of a job, that of a step, and a
            slot.
        ignored: How many of its lines do nothing.
        problem: What is wrong with the first of these, or "".
        double: The first step that it books for several slots, or "".
    """

    entries: Ints
    ignored: int
    problem: str
    double: str


class _NoBookingError(Exception):
    """Raised inside of this file only; its text is `Book.problem`."""


def write_booking(slot: int, step: str, job: str) -> str:
    """Write one line."""
    return f"Book slot {slot} for the {step} of {job}."


@lru_cache(maxsize=1_024)
def read_book(task: AllocationTask, text: str, jobs: tuple[int, ...]) -> Book:
    """Read a submission of an agent that can book some of the jobs."""
    entries: list[tuple[int, int, int]] = []
    problems: list[str] = []
    plain = (line.translate(_MARKS) for line in read_lines(text))
    for booking in itertools.chain.from_iterable(map(_NEXT.split, plain)):
        try:
            entries.append(_read_line(task, booking, jobs))
        except _NoBookingError as problem:
            problems.append(str(problem))
    distinct = [*dict.fromkeys(entries)]
    slots = Counter((job, step) for job, step, _ in distinct)
    double = next((step for step, booked in slots.items() if booked > 1), None)
    return Book(
        entries=np.array(distinct, dtype=np.int64).reshape(-1, 3),
        ignored=len(problems),
        problem=problems[0] if problems else "",
        double=_name(task, *double) if double else "",
    )


def _name(task: AllocationTask, job: int, step: int) -> str:
    return f"the {task.jobs[job].steps[step]} of {task.jobs[job].name}"


def _read_line(task: AllocationTask, line: str, jobs: tuple[int, ...]) -> tuple[int, int, int]:
    match = _LINE.fullmatch(line)
    if not match:
        raise _NoBookingError(f"{quote(line)} is not of the form '{_FORM}'")
    slot, step, name = int(match.group(1)), match.group(2).lower(), match.group(3)
    number = task.numbers.get(name)
    if number is None or number not in jobs:
        raise _NoBookingError(f"you have no job {name}")
    if step not in task.jobs[number].steps:
        raise _NoBookingError(f"{name} has no step {step}")
    if not 1 <= slot <= task.slots:
        raise _NoBookingError(f"there is no slot {slot}")
    return number, task.jobs[number].steps.index(step), slot
