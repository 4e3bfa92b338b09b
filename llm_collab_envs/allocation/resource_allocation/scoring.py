"""Scores of resource allocation: pure functions of a task and what its agents booked.

Quality is the points of the jobs that are served over the most that can be, found exactly. A job is
done when each of its steps is booked once, in order, in open slots up to its deadline of which none
has more bookings than places: of a slot that has more, all bookings are lost. It is served when all
jobs of its order are done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llm_collab_envs.allocation.resource_allocation.bookings import read_book
from llm_collab_envs.allocation.resource_allocation.optimum import Ints, best
from llm_collab_envs.allocation.resource_allocation.tasks import AllocationTask

Jobs = Mapping[str, tuple[int, ...]]  # for each agent, the numbers of some jobs


@dataclass(frozen=True)
class AllocationScore:
    """What an allocation comes to.

    Attributes:
        quality: The points of the jobs served over the most that can be had.
        welfare: These points.
        utilisation: Places used by jobs served, over the places of all open slots.
        overbooking: The share of bookings in slots that have more bookings than places.
        fairness: Jain's index of what agents are served (Jain, Chiu & Hawe 1984), each as a share
            of the points of all its jobs; 0 where nothing is served.
        repeats: The share of bookings for steps that are booked already.
        served: The numbers of the jobs served.
    """

    quality: float
    welfare: int
    utilisation: float
    overbooking: float
    fairness: float
    repeats: float
    served: tuple[int, ...]


def score(
    task: AllocationTask, parts: Mapping[str, str], owners: Jobs, bookable: Jobs
) -> AllocationScore:
    """Score what is booked.

    Args:
        task: The task.
        parts: Each agent's submission.
        owners: The jobs that each agent of the team has.
        bookable: The jobs that it can book: its own, and those of who has left and had its part
            taken over by it.
    """
    books = [read_book(task, text, bookable[agent]).entries for agent, text in parts.items()]
    bookings = np.concatenate([np.empty((0, 3), dtype=np.int64), *books])
    load = np.bincount(bookings[:, 2], minlength=task.slots + 1)
    lost = load > task.places
    booked = np.bincount(_cells(task, bookings), minlength=task.grid.size)
    served = tuple(np.flatnonzero(_served(task, _done(task, bookings, booked == 1, lost))).tolist())
    welfare = sum(task.jobs[job].points for job in served)
    steps = sum(len(task.jobs[job].steps) for job in served)
    count = max(1, len(bookings))
    return AllocationScore(
        quality=welfare / best(task.workshop).value,
        welfare=welfare,
        utilisation=steps / (task.places * (task.slots - len(task.closed))),
        overbooking=float(load[lost].sum() / count),
        fairness=_jain([_share(task, own, served) for own in owners.values()]),
        repeats=float((booked - (booked > 0)).sum() / count),
        served=served,
    )


def _cells(task: AllocationTask, bookings: Ints) -> Ints:
    """Return where each booking's step is in `task.grid`, row after row."""
    cells: Ints = bookings[:, 0] * task.grid.shape[1] + bookings[:, 1]
    return cells


def _served(task: AllocationTask, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which jobs are served: those of orders whose jobs are all done."""
    open_jobs = np.bincount(task.order_of[~done], minlength=len(task.jobs))
    served: NDArray[np.bool_] = open_jobs[task.order_of] == 0
    return served


def _done(
    task: AllocationTask, bookings: Ints, once: NDArray[np.bool_], lost: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which jobs are done.

    Args:
        task: The task.
        bookings: All bookings.
        once: Whether a step is booked once, by its place in the grid.
        lost: Whether a slot is over-booked, by its number.
    """
    jobs, slots, cells = bookings[:, 0], bookings[:, 2], _cells(task, bookings)
    useless = lost.copy()
    useless[[*task.closed]] = True
    sound = once[cells] & ~useless[slots] & (slots <= task.deadlines[jobs])
    grid = task.grid.copy()
    grid.flat[cells[sound]] = slots[sound]
    rises = grid[:, 1:] > grid[:, :-1]
    in_order: NDArray[np.bool_] = np.logical_and.reduce(rises, axis=1) & (grid[:, 0] > 0)
    return in_order


def _share(task: AllocationTask, own: tuple[int, ...], served: tuple[int, ...]) -> float:
    """Return the points of an agent's jobs that are served, as a share of all its jobs' points."""
    worth = sum(task.jobs[job].points for job in own)
    return sum(task.jobs[job].points for job in own if job in served) / worth


def _jain(shares: list[float]) -> float:
    """Return (sum x)^2 / (n sum x^2); 0 where nobody has anything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0
