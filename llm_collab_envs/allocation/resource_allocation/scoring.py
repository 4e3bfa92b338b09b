"""Scores of resource allocation: pure functions of a task and what its agents booked.

Quality is the points of the jobs that are served over the most that can be, found exactly. A job is
served when each of its steps is booked once, in order, in open slots up to its deadline of which
none has more bookings than places: of a slot that has more, all bookings are lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from llm_collab_envs.allocation.resource_allocation.bookings import Book, read_book
from llm_collab_envs.allocation.resource_allocation.optimum import best
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


def read_books(
    task: AllocationTask, parts: Mapping[str, str], owners: Jobs, inherited: Jobs
) -> dict[str, Book]:
    """Read all submissions.

    Args:
        task: The task.
        parts: Each agent's submission.
        owners: The jobs that each agent of the team has.
        inherited: Those it may book for as well, as their agent has left; {} where none has.
    """
    return {
        agent: read_book(task, text, (*owners[agent], *inherited.get(agent, ())))
        for agent, text in parts.items()
    }


def score(
    task: AllocationTask, parts: Mapping[str, str], owners: Jobs, inherited: Jobs
) -> AllocationScore:
    """Score what is booked; arguments as of `read_books`."""
    books = read_books(task, parts, owners, inherited).values()
    entries = [entry for book in books for entry in book.entries]
    booked: dict[int, list[tuple[int, int]]] = {}
    for job, step, slot in entries:
        booked.setdefault(job, []).append((step, slot))
    distinct = sum(len(dict(own)) for own in booked.values())
    load = Counter(slot for _, _, slot in entries)
    lost = {slot for slot, bookings in load.items() if bookings > task.places}
    unusable = lost.union(task.closed)
    served = tuple(
        sorted(job for job, own in booked.items() if _is_served(task, job, sorted(own), unusable))
    )
    welfare = sum(task.jobs[job].points for job in served)
    steps = sum(len(task.jobs[job].steps) for job in served)
    return AllocationScore(
        quality=welfare / best(task.workshop).value,
        welfare=welfare,
        utilisation=steps / (task.places * (task.slots - len(task.closed))),
        overbooking=sum(load[slot] for slot in lost) / max(1, len(entries)),
        fairness=_jain([_share(task, own, served) for own in owners.values()]),
        repeats=(len(entries) - distinct) / max(1, len(entries)),
        served=served,
    )


def _is_served(
    task: AllocationTask, number: int, own: list[tuple[int, int]], unusable: set[int]
) -> bool:
    """Whether a job is served, by its (step, slot) pairs in order."""
    job = task.jobs[number]
    slots = [slot for _, slot in own]
    return (
        [step for step, _ in own] == [*range(len(job.steps))]
        and all(a < b for a, b in zip(slots, slots[1:], strict=False))
        and slots[-1] <= job.deadline
        and unusable.isdisjoint(slots)
    )


def _share(task: AllocationTask, own: tuple[int, ...], served: tuple[int, ...]) -> float:
    """Return the points of an agent's jobs that are served, as a share of all its jobs' points."""
    worth = sum(task.jobs[job].points for job in own)
    return sum(task.jobs[job].points for job in own if job in served) / worth


def _jain(shares: list[float]) -> float:
    """Return (sum x)^2 / (n sum x^2); 0 where nobody has anything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0
