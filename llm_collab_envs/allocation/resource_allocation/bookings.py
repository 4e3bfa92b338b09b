"""Bookings: writing them and reading them.

    Book slot 12 for the casting of Bakomen.

A submission is one such line for each step. A line that is none, or that books for a job which is
not the agent's, does nothing, whatever the others say. Any text can be read, and in linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from llm_collab_envs.allocation.resource_allocation.tasks import AllocationTask

_LINE = re.compile(r"Book slot ([0-9]{1,2}) for the ([a-z]{2,15}) of ([A-Z][a-z]{1,15})\.")

Entry = tuple[int, int, int]  # the number of a job, that of one of its steps, and a slot


@dataclass(frozen=True)
class Book:
    """What one submission says.

    Attributes:
        entries: Its bookings.
        ignored: How many of its lines do nothing.
        problem: What is wrong with the first of these, or "".
    """

    entries: tuple[Entry, ...] = ()
    ignored: int = 0
    problem: str = ""


class _NoBookingError(Exception):
    """Raised inside of this file only; its text is `Book.problem`."""


def write_booking(slot: int, step: str, job: str) -> str:
    """Write one line."""
    return f"Book slot {slot} for the {step} of {job}."


@lru_cache(maxsize=1_024)
def read_book(task: AllocationTask, text: str, own: tuple[int, ...]) -> Book:
    """Read a submission of the agent that books for the jobs `own`."""
    entries: list[Entry] = []
    problems: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            entries.append(_read_line(task, line.strip(), own))
        except _NoBookingError as problem:
            problems.append(str(problem))
    return Book(tuple(entries), len(problems), problems[0] if problems else "")


def _read_line(task: AllocationTask, line: str, own: tuple[int, ...]) -> Entry:
    match = _LINE.fullmatch(line)
    if not match:
        raise _NoBookingError("it is no booking")
    slot, step, name = int(match.group(1)), match.group(2), match.group(3)
    number = task.numbers.get(name)
    if number is None or number not in own:
        raise _NoBookingError(f"you have no job {name}")
    if step not in task.jobs[number].steps:
        raise _NoBookingError(f"{name} has no step {step}")
    if not 1 <= slot <= task.slots:
        raise _NoBookingError(f"there is no slot {slot}")
    return number, task.jobs[number].steps.index(step), slot
