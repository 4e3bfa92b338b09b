"""The best set of jobs and a timetable for it, exactly, in numpy and plain Python.

Each step of a job takes a place in an open slot of its own, up to the job's deadline. Number the
open slots 1, 2, .. and let D be how many of them a job of n steps has. In the first x of them the
job has to take at least n - max(0, D - x) places, as it has only one in each later slot. A set of
jobs fits if and only if, for every x, these come to no more than the places in the first x slots:
by max-flow/min-cut, where the worst slots to be without are the last ones, as all slots have the
same number of places.

Jobs of one order count together or not at all, so an order takes the sum of what its jobs take.

The best set is found by branch and bound over the orders by deadline. A bound looks at one x only,
which leaves a knapsack problem, solved for every state beforehand (Dantzig 1957; Bellman 1957). The
least bound of all x is nearly always what can be reached, so the search hardly ever turns back.

`scipy.optimize.milp` finds the same value, and is the reference that the tests compare with. But
tasks are made from the best set, and which one milp finds of several that are worth the same is up
to its version: a seed would not name the same task everywhere. It would also be a dependency of all
who use the envs, and these compute with numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MAX_NODES = 4_000  # generated tasks take fewer than 50; a teammate may make up a hard one

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Demand:
    """What a job is worth and asks for.

    Attributes:
        value: What it is worth.
        steps: How many steps it has.
        deadline: The last slot that it can use.
        order: The number of the order that it is part of, or 0: it is an order by itself.
    """

    value: int
    steps: int
    deadline: int
    order: int = 0


@dataclass(frozen=True)
class Workshop:
    """An allocation problem: all that is private, put together, without its names.

    Attributes:
        slots: How many slots there are, numbered from 1.
        places: How many places each open slot has.
        closed: The slots that are closed.
        demands: The jobs.
    """

    slots: int
    places: int
    closed: frozenset[int]
    demands: tuple[Demand, ...]

    def open_until(self, deadline: int) -> list[int]:
        """Return the open slots up to a deadline."""
        return [s for s in range(1, min(deadline, self.slots) + 1) if s not in self.closed]

    def orders(self) -> list[tuple[int, ...]]:
        """Return the numbers of the jobs of each order."""
        orders: dict[tuple[int, int], list[int]] = {}
        for job, demand in enumerate(self.demands):
            orders.setdefault((demand.order, 0 if demand.order else job), []).append(job)
        return [tuple(jobs) for jobs in orders.values()]


@dataclass(frozen=True)
class Best:
    """The best that can be served.

    Attributes:
        served: The numbers of its jobs, in order; of several best sets, the same every time.
        value: What they are worth together.
        proven: Whether the search came to its end, so that nothing better exists.
    """

    served: tuple[int, ...]
    value: int
    proven: bool


@lru_cache(maxsize=4_096)
def best(workshop: Workshop) -> Best:
    """Find the best set of jobs."""
    return _Search(workshop).run()


def timetable(workshop: Workshop, served: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the slots of each job of a set that fits: one for each step, in order.

    From the last open slot back, the places go to the jobs with most steps left: who can use a slot
    can use every earlier one too, so what is left is best kept as even as can be.
    """
    left = {job: workshop.demands[job].steps for job in served}
    taken: dict[int, list[int]] = {job: [] for job in served}
    for slot in reversed(workshop.open_until(workshop.slots)):
        able = [job for job in served if left[job] and slot <= workshop.demands[job].deadline]
        for job in sorted(able, key=lambda job: (-left[job], job))[: workshop.places]:
            left[job] -= 1
            taken[job].append(slot)
    return {job: tuple(reversed(slots)) for job, slots in taken.items()}


class _Search:
    """Depth first over the orders by deadline, the branch with the higher bound first."""

    def __init__(self, workshop: Workshop) -> None:
        room = [len(workshop.open_until(demand.deadline)) for demand in workshop.demands]
        steps = [demand.steps for demand in workshop.demands]
        fitting = [o for o in workshop.orders() if all(steps[job] <= room[job] for job in o)]
        self._orders = sorted(fitting, key=lambda order: min(room[job] for job in order))
        self._values = [sum(workshop.demands[job].value for job in o) for o in self._orders]
        x = np.arange(len(workshop.open_until(workshop.slots)) + 1)
        needs_KX = np.zeros((len(self._orders), len(x)), dtype=np.int64)
        for k, order in enumerate(self._orders):
            for job in order:
                needs_KX[k] += np.maximum(0, steps[job] - np.maximum(0, room[job] - x))
        scarce = needs_KX.sum(axis=0) > workshop.places * x  # elsewhere there is enough for all
        self._needs = needs_KX[:, scarce]
        self._capacity = (workshop.places * x)[scarce]
        self._rows = np.arange(len(self._capacity))
        self._bounds = self._knapsacks()
        self._chosen: list[int] = []
        self._value = -1
        self._nodes = 0

    def run(self) -> Best:
        self._visit(0, 0, self._capacity, [])
        served = tuple(sorted(job for k in self._chosen for job in self._orders[k]))
        return Best(served, self._value, self._nodes <= MAX_NODES)

    def _knapsacks(self) -> Ints:
        """Return the most that orders k, k + 1, .. can add by one x alone: [k, x, places left]."""
        most = int(self._capacity.max(initial=0))
        tables = np.zeros((len(self._orders) + 1, len(self._rows), most + 1), dtype=np.int64)
        for k in reversed(range(len(self._orders))):
            for row, need in enumerate(self._needs[k]):
                after = tables[k + 1, row]
                with_it = after[: max(0, most + 1 - need)] + self._values[k]
                tables[k, row] = after
                np.maximum(after[need:], with_it, out=tables[k, row, need:])
        return tables

    def _bound(self, k: int, free: Ints) -> int:
        if not len(free):
            return sum(self._values[k:])
        return int(self._bounds[k, self._rows, free].min())

    def _visit(self, k: int, value: int, free: Ints, chosen: list[int]) -> None:
        self._nodes += 1
        if k == len(self._orders):
            self._value, self._chosen = value, chosen
            return
        branches = [(value + self._bound(k + 1, free), value, free, chosen)]
        left = free - self._needs[k]
        if (left >= 0).all():
            worth = value + self._values[k]
            branches.insert(0, (worth + self._bound(k + 1, left), worth, left, [*chosen, k]))
        for bound, worth, room, jobs in sorted(branches, key=lambda branch: -branch[0]):
            if bound > self._value and self._nodes <= MAX_NODES:
                self._visit(k + 1, worth, room, jobs)
