"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it books the best allocation at once. In a team it first tells what
only it knows: points, number of steps, last slot and order of each of its jobs, the slots that it
knows to be closed, and the sum of all that, like "47 6 12 4 23 5 8 1 closed 3 17 sum 126". Who has
heard all can work out the best allocation, the same one as everybody else, and books its own jobs
by it. Where a message was lost or does not add up, its reader asks for it again, and all who have
heard of that stay on to answer; who never gets it books nothing, as a wrong booking would cost
others their slots. Who takes over from a teammate books its jobs too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llm_collab_envs.allocation.resource_allocation.bookings import write_booking
from llm_collab_envs.allocation.resource_allocation.optimum import (
    Demand,
    Workshop,
    best,
    timetable,
)
from llm_collab_envs.allocation.resource_allocation.tasks import MAX_JOBS, MAX_STEPS, Job
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.observation import handed_over, split_briefing

AGAIN = "again"  # what is said to a teammate whose message did not come

_AGENT = re.compile(r"agent_\d+")
_ROUND = re.compile(r"== Round (\d+) of (\d+)\b")
_CAP = re.compile(r"\nNotice: your replies are cut after (\d+) tokens\.")
_SLOTS = re.compile(r"\nSlots: 1 to (\d+), (\d+) places each;")
_CLOSED = re.compile(r"\nYou know to be closed: ([\d, ]+)\.")
_JOB = re.compile(
    r"\n([A-Z][a-z]+): (?:order (\d+), )?(\d+) points, last slot (\d+), steps ([a-z, ]+)\."
)
_LEFT = re.compile(r"Notice: (agent_\d+) has left for good, (its|with)")
_TOLD = re.compile(
    r"(?:for (agent_[0-9]+) )?((?:[0-9]{1,3} )*)(?:closed ((?:[0-9]{1,2} )*))?sum ([0-9]{1,5})"
)
_ASKED = re.compile(AGAIN + r" ([0-9]{1,2})((?: agent_[0-9]+)+)")


@dataclass(frozen=True)
class Share:
    """What one agent alone knows, as far as others need it, or a piece of that.

    Attributes:
        demands: Its jobs.
        closed: The slots that it knows to be closed, or None where that is not said.
    """

    demands: tuple[Demand, ...] = ()
    closed: frozenset[int] | None = None

    @property
    def sum(self) -> int:
        """The sum of all numbers, by which a reader knows that none was lost on the way."""
        return sum(sum(numbers(demand)) for demand in self.demands) + sum(self.closed or ())

    @property
    def complete(self) -> bool:
        """Whether both pieces are there."""
        return bool(self.demands) and self.closed is not None

    def with_piece(self, other: Share) -> Share:
        """Return what this and another piece say together."""
        new = tuple(demand for demand in other.demands if demand not in self.demands)
        known = [piece for piece in (self.closed, other.closed) if piece is not None]
        return Share(self.demands + new, frozenset().union(*known) if known else None)


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        me: Its name.
        agents: The names of all agents.
        round: The round to be played.
        rounds: How many there are.
        slots: How many slots there are.
        places: How many places each has.
        jobs: The jobs that it can book, by the agent they were dealt to: itself, and who has left
            and had its part taken over by it.
        shares: What is known of each agent.
        gone: Who has left for good, and whether it has submitted.
        heard: Those whose whole share it was told.
        asked: Who was asked to tell again: the round, and the agents.
        submitted: Whether it has submitted already.
    """

    me: str
    agents: list[str]
    round: int
    rounds: int
    slots: int
    places: int
    jobs: dict[str, tuple[Job, ...]]
    shares: dict[str, Share]
    gone: dict[str, bool]
    heard: set[str] = field(default_factory=set)
    asked: list[tuple[int, str]] = field(default_factory=list)
    submitted: bool = False

    @property
    def missing(self) -> list[str]:
        """The agents of which not all is known."""
        return [a for a in self.agents if not self.shares.get(a, Share()).complete]


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action; none where the observation is cut short."""
        memo = read(observation)
        if memo is None:
            return ""
        cap = _CAP.search(observation)
        most = int(cap.group(1)) if cap else None
        if len(memo.agents) == 1:
            return book(memo, most) + "<done/>"
        if memo.round == 1:
            return tell(memo, memo.me)
        told = answer(memo)
        if memo.submitted:
            return told or ("" if memo.asked else "<done/>")
        told += "".join(tell(memo, a) for a in memo.jobs if a != memo.me and a not in memo.heard)
        return told + (ask(memo) if memo.missing else book(memo, most))


def numbers(demand: Demand) -> tuple[int, ...]:
    """Return what is told of a job: points, number of steps, last slot, order."""
    return demand.value, demand.steps, demand.deadline, demand.order


def tell(memo: Memo, agent: str) -> str:
    """Return the message that tells all what only `agent` knew."""
    share = memo.shares[agent]
    words = [] if agent == memo.me else ["for", agent]
    words += [str(number) for demand in share.demands for number in numbers(demand)]
    words += [] if share.closed is None else ["closed", *map(str, sorted(share.closed))]
    return f'<say to="all">{" ".join(words)} sum {share.sum}</say>'


def ask(memo: Memo) -> str:
    """Ask in even rounds for what is missing; the answer comes in the odd ones."""
    missing = " ".join(agent for agent in memo.missing if agent not in memo.gone)
    even = memo.round % 2 == 0
    return f'<say to="all">{AGAIN} {memo.round} {missing}</say>' if missing and even else ""


def answer(memo: Memo) -> str:
    """Tell again where a teammate asked for it in the last round."""
    asked = any(r == memo.round - 1 and memo.me in agents for r, agents in memo.asked)
    return tell(memo, memo.me) if asked else ""


def book(memo: Memo, most: int | None) -> str:
    """Return the submission: this agent's part of the best allocation of all that is known.

    The jobs that are worth least are left out where the reply would be cut.
    """
    known = [agent for agent in memo.agents if agent in memo.shares]
    demands = tuple(demand for agent in known for demand in memo.shares[agent].demands)
    closed = frozenset().union(*(memo.shares[agent].closed or () for agent in known))
    workshop = Workshop(memo.slots, memo.places, closed, demands)
    plan = timetable(workshop, best(workshop).served)
    booked: list[tuple[Job, tuple[int, ...]]] = []
    first = 0
    for agent in known:
        for number, job in enumerate(memo.jobs.get(agent, ()), first):
            if number in plan and not memo.gone.get(agent):
                booked.append((job, plan[number]))
        first += len(memo.shares[agent].demands)
    booked.sort(key=lambda pair: -pair[0].points)
    while True:
        lines = (
            write_booking(slot, step, job.name)
            for job, slots in booked
            for step, slot in zip(job.steps, slots, strict=True)
        )
        reply = "<submit>" + "\n".join(lines) + "</submit>"
        if most is None or not booked or count_tokens(reply) < most:
            return reply
        booked.pop()


def read(observation: str) -> Memo | None:
    """Read everything that an agent needs from its observation; None where that is not there."""
    briefing, turn = split_briefing(observation)
    head, _, inbox = turn.partition("Messages:\n")
    round_, slots = _ROUND.match(turn), _SLOTS.search(briefing)
    agents = _AGENT.findall(briefing.partition("\n")[0])
    if not (round_ and slots and agents):
        return None
    me = agents[0]
    views = {me: briefing, **handed_over(observation)}
    memo = Memo(
        me=me,
        agents=agents[1:] or agents,
        round=int(round_.group(1)),
        rounds=int(round_.group(2)),
        slots=int(slots.group(1)),
        places=int(slots.group(2)),
        jobs={agent: _read_jobs(view) for agent, view in views.items()},
        shares={},
        gone={agent: word == "its" for agent, word in _LEFT.findall(head)},
        submitted="\nYour submission: " in head,
    )
    for line in inbox.splitlines():
        sender, _, said = line.partition(": ")
        memo.asked += [(int(r), agents) for r, agents in _ASKED.findall(said)]
        _hear(memo, sender, said)
    for agent, view in views.items():
        closed = _CLOSED.search(view)
        slots_known = re.findall(r"\d+", closed.group(1)) if closed else []
        demands = tuple(job.demand for job in memo.jobs[agent])
        memo.shares[agent] = Share(demands, frozenset(map(int, slots_known)))
    return memo


def _read_jobs(view: str) -> tuple[Job, ...]:
    return tuple(
        Job(name, int(points), int(deadline), tuple(steps.split(", ")), int(order or 0))
        for name, order, points, deadline, steps in _JOB.findall(view)
    )


def _hear(memo: Memo, sender: str, said: str) -> None:
    """Take an agent's share, from itself or from one that has taken over its part."""
    match = _TOLD.fullmatch(said)
    if not match:
        return
    agent = match.group(1) or sender
    told = [int(number) for number in match.group(2).split()]
    demands = [Demand(*told[at : at + 4]) for at in range(0, len(told) // 4 * 4, 4)]
    closed = None if match.group(3) is None else frozenset(map(int, match.group(3).split()))
    piece = Share(tuple(demands), closed)
    known = sum(len(other.demands) for other in memo.shares.values())
    small = known + len(demands) <= MAX_JOBS and all(1 <= d.steps <= MAX_STEPS for d in demands)
    if agent in memo.agents and small and piece.sum == int(match.group(4)):
        memo.shares[agent] = memo.shares.get(agent, Share()).with_piece(piece)
        if memo.shares[agent].complete:
            memo.heard.add(agent)
