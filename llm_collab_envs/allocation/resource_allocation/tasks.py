"""Resource-allocation tasks: a workshop with slots and places, and jobs that need them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from llm_collab_envs.allocation.resource_allocation.optimum import Demand, Ints, Workshop, best
from llm_collab_envs.core.arguments import check_number, read_number
from llm_collab_envs.core.tasks import invent_name

STEPS = (
    "bending boring carving casting coating cutting drilling drying etching filing firing folding "
    "forging gluing grinding lacing milling mixing molding packing painting planing plating "
    "pressing riveting rolling sanding sawing sealing sewing shaping soaking sorting staining "
    "stamping testing threading trimming turning washing waxing weaving welding"
).split()
POINTS = (10, 99)
NOISE = 0.1  # of deadlines, as a share of the horizon
JITTER = 2.0  # of the sequence by deadlines, in slots
EVENNESS = 1.07  # the most that a quarter of the jobs may take of the steps served, over a quarter
MAX_SLOTS = MAX_PLACES = 99
MAX_JOBS = 48
MAX_STEPS = 12
MAX_POINTS = 999

_NAME = re.compile(r"[A-Z][a-z]{1,15}")
_STEP = re.compile(r"[a-z]{2,15}")


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        open: Slots that are open.
        closed: Slots that are closed.
        places: Places of each slot.
        jobs: Jobs.
        served: How many of them the best allocation serves.
        steps: Steps of a job, at least and at most.
        talk: Message tokens that the whole team may spend, shared out evenly.
        max_cycles: Rounds.
    """

    open: int
    closed: int
    places: int
    jobs: int
    served: int
    steps: tuple[int, int]
    talk: int
    max_cycles: int


LEVELS = {
    "easy": Level(29, 20, 3, 16, 12, (6, 8), 720, 8),
    "medium": Level(31, 24, 4, 24, 16, (6, 9), 960, 8),
    "hard": Level(31, 28, 5, 32, 20, (6, 9), 1_160, 8),
}


@dataclass(frozen=True)
class Job:
    """A job.

    Attributes:
        name: What it is called.
        points: What it is worth when all its steps are done by its deadline.
        deadline: The last slot that it can use.
        steps: Its steps, in order.
        order: The number of the order that it is part of, or 0: it is an order by itself.
    """

    name: str
    points: int
    deadline: int
    steps: tuple[str, ...]
    order: int = 0

    @property
    def demand(self) -> Demand:
        """The job without its names."""
        return Demand(self.points, len(self.steps), self.deadline, self.order)


@dataclass(frozen=True)
class AllocationTask:
    """A workshop to allocate.

    Attributes:
        slots: How many slots there are, numbered from 1.
        places: How many bookings a slot has room for.
        closed: The slots that are closed, in the order in which they are dealt out.
        jobs: The jobs, in the order in which they are dealt out.
        rotation: Which agent the dealing starts with.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    slots: int
    places: int
    closed: tuple[int, ...]
    jobs: tuple[Job, ...]
    rotation: int
    talk: int
    max_cycles: int

    def __hash__(self) -> int:
        """Hash by a part that hardly another task has; the jobs would take longer."""
        return hash((self.closed, self.rotation, len(self.jobs)))

    @cached_property
    def workshop(self) -> Workshop:
        """The task without its names."""
        demands = tuple(job.demand for job in self.jobs)
        return Workshop(self.slots, self.places, frozenset(self.closed), demands)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each job, by its name."""
        return {job.name: number for number, job in enumerate(self.jobs)}

    @cached_property
    def deadlines(self) -> Ints:
        """The last slot of each job."""
        return np.array([job.deadline for job in self.jobs], dtype=np.int64)

    @cached_property
    def order_of(self) -> Ints:
        """For each job, which of the orders it is part of, counted from 0."""
        order_of = np.zeros(len(self.jobs), dtype=np.int64)
        for number, jobs in enumerate(self.workshop.orders()):
            order_of[[*jobs]] = number
        return order_of

    @cached_property
    def grid(self) -> Ints:
        """A row for each job: 0 for its steps, then numbers that rise from beyond the last slot."""
        columns = np.arange(MAX_STEPS)
        steps_J = np.array([len(job.steps) for job in self.jobs])
        return np.where(columns < steps_J[:, None], 0, self.slots + 1 + columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            "slots": self.slots,
            "places": self.places,
            "closed": list(self.closed),
            "jobs": [{**vars(job), "steps": list(job.steps)} for job in self.jobs],
            "rotation": self.rotation,
            "talk": self.talk,
            "max_cycles": self.max_cycles,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> AllocationTask:
        """Read a task as `to_dict` wrote it.

        Raises:
            ValueError: For what nobody could allocate or judge: a name or step that is no single
                word, numbers out of bounds, no job that fits, or jobs whose best allocation is not
                found in time.
        """
        task = cls(
            slots=check_number("slots", data["slots"], 1, MAX_SLOTS),
            places=check_number("places", data["places"], 1, MAX_PLACES),
            closed=tuple(check_number("a closed slot", slot, 1) for slot in data["closed"]),
            jobs=tuple(
                Job(
                    str(j["name"]),
                    check_number("points", j["points"], 1, MAX_POINTS),
                    check_number("a deadline", j["deadline"], 1),
                    tuple(j["steps"]),
                    check_number("order", j.get("order", 0), 0, MAX_JOBS),
                )
                for j in data["jobs"]
            ),
            rotation=read_number(data, "rotation", 0, 0),
            talk=read_number(data, "talk", LEVELS["easy"].talk, 0),
            max_cycles=read_number(data, "max_cycles", LEVELS["easy"].max_cycles, 1),
        )
        task._check()
        return task

    def _check(self) -> None:
        if len(set(self.closed)) < len(self.closed) or not self._are_slots(self.closed):
            raise ValueError("'closed' must name slots, each once")
        if not 1 <= len(self.jobs) <= MAX_JOBS or len(self.numbers) < len(self.jobs):
            raise ValueError(f"there must be 1 to {MAX_JOBS} jobs, each with a name of its own")
        for job in self.jobs:
            if not _NAME.fullmatch(job.name):
                raise ValueError(
                    f"a job is named by one word of a to z with a capital, not {job.name!r}"
                )
            if not self._are_slots([job.deadline]):
                raise ValueError(f"{job.name} needs a slot as its deadline, not {job.deadline}")
            if not 1 <= len(set(job.steps)) == len(job.steps) <= MAX_STEPS:
                raise ValueError(f"{job.name} needs 1 to {MAX_STEPS} steps, all different")
            if not all(_STEP.fullmatch(step) for step in job.steps):
                raise ValueError(f"a step of {job.name} is no single word in small letters")
        found = best(self.workshop)
        if not found.value:
            raise ValueError("no job fits into the open slots up to its deadline")
        if not found.proven:
            raise ValueError("the best allocation takes too long to find; use fewer jobs")

    def _are_slots(self, numbers: Sequence[int]) -> bool:
        return all(1 <= number <= self.slots for number in numbers)


def generate(rng: np.random.Generator, split: str, difficulty: str) -> AllocationTask:
    """Make a task; the rng alone decides which.

    Jobs come in about the sequence of their deadlines, so an agent's are wanted at about the same
    time, and others' at other times. They are drawn until the best allocation serves as many as the
    level says, in quarters of about the same work.
    """
    level = LEVELS[difficulty]
    slots = level.open + level.closed
    sequence: list[int] | None = None
    while sequence is None:
        closed = rng.permutation(np.arange(1, slots + 1))[: level.closed]
        demands = _draw_demands(rng, level, closed)
        workshop = Workshop(slots, level.places, frozenset(closed.tolist()), tuple(demands))
        found = best(workshop)
        if found.proven and len(found.served) == level.served:
            spread = _spread(rng, level, found.served)
            sequence = spread if _is_even(workshop, found.served, spread) else None
    taken: set[str] = set()
    jobs = []
    for demand in (demands[number] for number in sequence):
        steps = tuple(str(s) for s in rng.choice(STEPS, demand.steps, replace=False))
        name = invent_name(rng, split, taken)
        jobs.append(Job(name, demand.value, demand.deadline, steps, demand.order))
    return AllocationTask(
        slots=slots,
        places=level.places,
        closed=tuple(closed.tolist()),
        jobs=tuple(jobs),
        rotation=int(rng.integers(level.jobs)),
        talk=level.talk,
        max_cycles=level.max_cycles,
    )


@lru_cache(maxsize=64)
def deal_jobs(task: AllocationTask, team_size: int) -> tuple[tuple[int, ...], ...]:
    """Deal the jobs out: the numbers of those that each agent has, neighbours in the list."""
    n = len(task.jobs)
    shares = [tuple(range(n * i // team_size, n * (i + 1) // team_size)) for i in range(team_size)]
    return _rotated(shares, task.rotation)


def deal_closed(task: AllocationTask, team_size: int) -> tuple[tuple[int, ...], ...]:
    """Deal the closed slots out: each is known to one agent only."""
    shares = [tuple(sorted(task.closed[i::team_size])) for i in range(team_size)]
    return _rotated(shares, task.rotation)


def _rotated(shares: list[tuple[int, ...]], by: int) -> tuple[tuple[int, ...], ...]:
    return tuple(shares[(i - by) % len(shares)] for i in range(len(shares)))


def _draw_demands(rng: np.random.Generator, level: Level, closed: Ints) -> list[Demand]:
    """Draw jobs whose deadlines are spread over the horizon, about as densely as the places.

    They come in about the sequence of their deadlines. One of the first half and one of the second
    make an order, so that no team deals an order's jobs to one agent.
    """
    slots = level.open + level.closed
    open_ = np.setdiff1d(np.arange(1, slots + 1), closed)
    first = level.steps[1]
    demands = []
    for number in range(level.jobs):
        steps = int(rng.integers(level.steps[0], level.steps[1] + 1))
        share = (number + 1) / level.jobs + NOISE * rng.normal()
        room = int(np.clip(round(first + (level.open - first) * share), first, level.open))
        latest = open_[room] - 1 if room < level.open else slots
        deadline = int(rng.integers(open_[room - 1], latest + 1))
        points = int(rng.integers(POINTS[0], POINTS[1] + 1))
        demands.append(Demand(points, steps, deadline))
    demands.sort(key=lambda demand: demand.deadline + JITTER * rng.normal())
    orders = np.tile(1 + rng.permutation(level.jobs // 2), 2)
    pairs = zip(demands, orders.tolist(), strict=True)
    return [replace(demand, order=order) for demand, order in pairs]


def _spread(rng: np.random.Generator, level: Level, served: Sequence[int]) -> list[int]:
    """Put jobs into a sequence in which those that the best allocation serves are spread evenly.

    Every eighth of the jobs has as many of them as any other, or one more, in random sequence, so
    that agents have about the same work, and none can tell which of its jobs will be served.
    """
    chosen = [*served]
    others = [job for job in range(level.jobs) if job not in served]
    size = level.jobs // 8
    counts = np.diff(len(served) * np.arange(9) // 8).reshape(4, 2)
    spread: list[int] = []
    for count in rng.permuted(counts, axis=1).ravel():
        eighth = [*chosen[:count], *others[: size - count]]
        del chosen[:count], others[: size - count]
        spread += rng.permutation(eighth).tolist()
    return spread


def _is_even(workshop: Workshop, served: Sequence[int], sequence: Sequence[int]) -> bool:
    size = len(sequence) // 4
    work = [
        sum(workshop.demands[job].steps for job in sequence[at : at + size] if job in served)
        for at in range(0, len(sequence), size)
    ]
    return 4 * max(work) <= EVENNESS * sum(work)
