"""Policies of resource allocation that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Collection, Iterable

from cheats import EVERYWHERE, Policy, constant, once
from llm_collab_envs.allocation.resource_allocation import expert
from llm_collab_envs.allocation.resource_allocation.bookings import write_booking
from llm_collab_envs.allocation.resource_allocation.expert import Memo
from llm_collab_envs.allocation.resource_allocation.optimum import Workshop, best, timetable
from llm_collab_envs.allocation.resource_allocation.tasks import Job

BOOKING = write_booking(3, "casting", "Bakomen")


def read(observation: str) -> Memo:
    memo = expert.read(observation)
    assert memo is not None
    return memo


def own_jobs(memo: Memo) -> tuple[Job, ...]:
    return memo.jobs[memo.me]


def known_closed(memo: Memo) -> frozenset[int]:
    return frozenset().union(*(share.closed or () for share in memo.shares.values()))


def index(memo: Memo) -> int:
    return memo.agents.index(memo.me)


def lines(job: Job, slots: Collection[int]) -> list[str]:
    """Book a job's steps for some slots, as far as both go."""
    return [write_booking(slot, step, job.name) for step, slot in zip(job.steps, slots)]  # noqa: B905


def own_best(memo: Memo, slots: Collection[int] | None = None, places: int | None = None) -> str:
    """The best allocation of an agent's own jobs, as if there were no others.

    Args:
        memo: What the agent knows.
        slots: Those that it uses; by default all that it does not know to be closed.
        places: How many of each slot's places it uses; by default all.
    """
    every = set(range(1, memo.slots + 1)) - known_closed(memo)
    unused = frozenset(range(1, memo.slots + 1)) - (every if slots is None else every & {*slots})
    demands = memo.shares[memo.me].demands
    workshop = Workshop(memo.slots, places or memo.places, unused, demands)
    plan = timetable(workshop, best(workshop).served)
    return "\n".join(
        line for number, taken in plan.items() for line in lines(own_jobs(memo)[number], taken)
    )


def booked(jobs: Iterable[list[str]]) -> str:
    return once("\n".join(line for job in jobs for line in job))


def candidates(memo: Memo, job: Job) -> list[int]:
    closed = known_closed(memo)
    return [slot for slot in range(1, job.deadline + 1) if slot not in closed]


def greedy(observation: str) -> str:
    """Everybody books its own best, without a word."""
    return once(own_best(read(observation)))


def earliest(observation: str) -> str:
    memo = read(observation)
    return booked(lines(job, candidates(memo, job)) for job in own_jobs(memo))


def latest(observation: str) -> str:
    memo = read(observation)
    return booked(lines(job, candidates(memo, job)[-len(job.steps) :]) for job in own_jobs(memo))


def scattered(observation: str) -> str:
    """Everybody books all its jobs at random."""
    memo, rng = read(observation), random.Random(observation)

    def drawn(job: Job) -> list[int]:
        slots = candidates(memo, job)
        return sorted(rng.sample(slots, min(len(slots), len(job.steps))))

    return booked(lines(job, drawn(job)) for job in own_jobs(memo))


def everything(observation: str) -> str:
    """Book every step for every slot, as far as a reply goes."""
    memo = read(observation)
    every = [
        write_booking(slot, step, job.name)
        for job in sorted(own_jobs(memo), key=lambda job: -job.points)
        for step in job.steps
        for slot in candidates(memo, job)
    ]
    return once("\n".join(every)[:60_000])


def two_ways(observation: str) -> str:
    """Book every job twice: one of the two may come off."""
    return once(
        "\n".join(
            re.sub("</?submit>|<done/>", "", way(observation)) for way in (earliest, latest, greedy)
        )
    )


def slots_in_turn(observation: str) -> str:
    """Share the slots out by number, and use all places of one's own."""
    memo = read(observation)
    mine = range(1 + index(memo), memo.slots + 1, len(memo.agents))
    return once(own_best(memo, mine))


def slots_in_rows(observation: str) -> str:
    """Share the slots out in rows, the first ones to the first agent."""
    memo = read(observation)
    n, me = len(memo.agents), index(memo)
    return once(own_best(memo, range(memo.slots * me // n + 1, memo.slots * (me + 1) // n + 1)))


def places_in_turn(observation: str) -> str:
    """Share the places of all slots out, and use one's own in whatever slots seem open."""
    memo = read(observation)
    n, me = len(memo.agents), index(memo)
    mine = [s for s in range(1, memo.slots + 1) if (me - s * memo.places) % n < memo.places]
    return once(own_best(memo, mine, max(1, memo.places // n)))


def by_deadline(observation: str) -> str:
    """Use the slots shortly before one's own deadlines, which others may not want."""
    memo = read(observation)
    last = [job.deadline for job in own_jobs(memo)]
    return once(own_best(memo, range(min(last) - 8, max(last) + 1)))


def first_alone(observation: str) -> str:
    """The first agent has the workshop to itself."""
    memo = read(observation)
    return once(own_best(memo)) if index(memo) == 0 else "<done/>"


def richest_alone(observation: str) -> str:
    """Only who has a job that is worth nearly as much as can be books, and only that."""
    memo = read(observation)
    dear = [job for job in own_jobs(memo) if job.points >= 90]
    memo.jobs[memo.me] = tuple(dear)
    demands = tuple(demand for demand in memo.shares[memo.me].demands if demand.value >= 90)
    memo.shares[memo.me] = dataclasses.replace(memo.shares[memo.me], demands=demands)
    return once(own_best(memo))


def closed_slots_only(observation: str) -> str:
    """Tell the closed slots, and keep to oneself what one's jobs need and are worth."""
    memo = read(observation)
    if memo.round == 1:
        numbers = known_closed(memo)
        return (
            f'<say to="all">closed {" ".join(map(str, sorted(numbers)))} sum {sum(numbers)}</say>'
        )
    return once(own_best(memo))


def one_books_for_all(observation: str) -> str:
    """All tell the first agent their jobs, and it books for everybody."""
    memo = read(observation)
    if memo.round == 1:
        jobs = "; ".join(f"{job.name} {' '.join(job.steps)}" for job in own_jobs(memo))
        return expert.tell(memo, memo.me) + (
            f'<say to="agent_0">{jobs}</say>' if index(memo) else ""
        )
    if index(memo):
        return "<done/>"
    for line in observation.splitlines():
        sender, _, said = line.partition(": ")
        if sender in memo.shares and "; " in said:
            named = [entry.split() for entry in said.split("; ")]
            memo.jobs[sender] = tuple(Job(n, 1, 1, tuple(steps)) for n, *steps in named)
    return expert.book(memo, None) + "<done/>"


def example(observation: str) -> str:
    """Submit the example of a booking that stands in the observation."""
    return once(next(line for line in observation.splitlines() if line.startswith("Book slot")))


CHEATS: dict[str, Policy] = EVERYWHERE | {
    "constant booking": constant(once(BOOKING)),
    "echo of the example": example,
    "greedy without talk": greedy,
    "earliest slots": earliest,
    "latest slots": latest,
    "scattered": scattered,
    "everything everywhere": everything,
    "every job in several ways": two_ways,
    "slots in turn": slots_in_turn,
    "slots in rows": slots_in_rows,
    "places in turn": places_in_turn,
    "slots before the deadlines": by_deadline,
    "first agent alone": first_alone,
    "richest jobs alone": richest_alone,
    "closed slots told only": closed_slots_only,
    "one books for all": one_books_for_all,
}
