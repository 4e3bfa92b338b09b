"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it states the best deal at once. In a team it first tells the values of
its houses. Who has heard all can work out the best deal, so the first agent offers it while the
others accept it in the same round, unseen; all are done when they see it struck. Where messages
were lost they are told once more, and then values that are still missing are guessed, and an offer
is accepted when it is better than nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.negotiation.bargaining.nash import Bargain, Division, best
from llm_collab_envs.negotiation.bargaining.writing import write_offer, write_signature

REPEAT = 3  # the round in which what is not settled by then is told again
GUESSED_VALUE = 5
GUESSED_WALK = 0.3  # share of the stock's worth

_HOUSE = re.compile(r"(\w+)(?: \((agent_\d+)\))?")
_AMOUNT = re.compile(r"(\d+) (\w+)")
_WORTH = re.compile(r"Worth to (\w+): (.+) a unit; no deal (\d+)\.")
_OFFER = re.compile(r"Notice: (agent_\d+) offers ([^;]+?)(?:; accepted by (.+))?\.")
_TOLD = re.compile(r"(\w+)((?: \d{1,6})+)")


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        me: Its name.
        agents: All agents' names.
        round: The round to be played.
        houses: The houses, in order.
        owners: Who speaks for each of them.
        goods: The goods, in order.
        stock: Units of each.
        values: The values of each house, as far as known: its own and those it was told.
        walk: What walking away is worth to each, as far as known.
        offers: What lies on the table, by agent.
        accepted: For each offer, who accepts it.
        walking: Whether this agent walks away.
        settled: Whether the deal is struck or all walk away.
    """

    me: str
    agents: list[str]
    round: int
    houses: tuple[str, ...]
    owners: list[str]
    goods: tuple[str, ...]
    stock: tuple[int, ...]
    values: dict[int, tuple[int, ...]]
    walk: dict[int, int]
    offers: dict[str, Division]
    accepted: dict[str, list[str]]
    walking: bool
    settled: bool

    @property
    def own(self) -> list[int]:
        """The numbers of the houses that this agent speaks for."""
        return [house for house, owner in enumerate(self.owners) if owner == self.me]

    @property
    def complete(self) -> bool:
        """Whether all values are known."""
        return len(self.values) == len(self.houses)

    @property
    def bargain(self) -> Bargain:
        """The whole problem, with guesses for what is not known."""
        guess = round(GUESSED_WALK * GUESSED_VALUE * sum(self.stock))
        houses = range(len(self.houses))
        unknown = (GUESSED_VALUE,) * len(self.goods)
        return Bargain(
            self.stock,
            tuple(self.values.get(house, unknown) for house in houses),
            tuple(self.walk.get(house, guess) for house in houses),
        )


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.settled:
            return "<done/>"
        if len(memo.agents) == 1:
            return f"<submit>{propose(memo)}</submit><done/>"
        if memo.round == 1:
            return say(memo)
        told = say(memo) if memo.round == REPEAT else ""
        part = decide(memo) if memo.complete or memo.round > REPEAT else ""
        return told + (f"<submit>{part}</submit>" if part else "")


def say(memo: Memo) -> str:
    """Return the message that tells the values of this agent's houses, walking away last."""
    entries = (
        " ".join(map(str, (memo.houses[house], *memo.values[house], memo.walk[house])))
        for house in memo.own
    )
    return f'<say to="all">{"; ".join(entries)}</say>'


def decide(memo: Memo) -> str:
    """Return this agent's submission, or "" where the one that stands will do."""
    plan = best(memo.bargain).division
    if plan is None and memo.complete:
        return "" if memo.walking else "walk"
    leader = memo.agents[0]
    if memo.me == leader:
        return "" if plan is None or memo.offers.get(leader) == plan else propose(memo)
    for agent, offer in memo.offers.items():
        gains = memo.bargain.gains(offer)
        if agent != memo.me and all(gains[house] > 0 for house in memo.own):
            return "" if memo.me in memo.accepted[agent] else accept(memo, agent, offer)
    return "" if plan is None else accept(memo, leader, plan)


def propose(memo: Memo) -> str:
    """Return the offer of the best deal, signed; or walk away where there is none."""
    plan = best(memo.bargain).division
    return "walk" if plan is None else "\n".join([write_offer(memo, plan), *_sign(memo, plan)])


def accept(memo: Memo, agent: str, division: Division) -> str:
    """Return the acceptance of an agent's offer, signed."""
    return "\n".join([f"accept {agent}", *_sign(memo, division)])


def _sign(memo: Memo, division: Division) -> list[str]:
    return [write_signature(memo, house, division) for house in memo.own]


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation."""
    briefing, turn = split_briefing(observation)
    lines = briefing.splitlines()
    agents = re.findall(r"agent_\d+", lines[0])
    entries = _HOUSE.findall(_after(lines, "Houses: "))
    amounts = _AMOUNT.findall(_after(lines, "Stock: "))
    head, _, inbox = turn.partition("Messages:\n")
    memo = Memo(
        me=agents[0],
        agents=agents[1:] or agents,
        round=int(re.findall(r"\d+", head)[0]),
        houses=tuple(house for house, _ in entries),
        owners=[owner or agents[0] for _, owner in entries],
        goods=tuple(good for _, good in amounts),
        stock=tuple(int(units) for units, _ in amounts),
        values={},
        walk={},
        offers={},
        accepted={},
        walking=f"Notice: {agents[0]} walks away." in head,
        settled="Notice: the deal is struck." in head or "Notice: all walk away." in head,
    )
    for house, values, walk in _WORTH.findall(briefing):
        _hear(memo, memo.me, f"{house} {' '.join(re.findall(r'[0-9]+', values))} {walk}")
    for line in inbox.splitlines():
        sender, _, said = line.partition(": ")
        for entry in said.split("; "):
            _hear(memo, sender, entry)
    for agent, offer, accepted in _OFFER.findall(head):
        shares = (tuple(map(int, re.findall(r"[0-9]+", part))) for part in offer.split(", "))
        memo.offers[agent] = tuple(shares)
        memo.accepted[agent] = accepted.split(", ")
    return memo


def _after(lines: list[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start)).removeprefix(start)


def _hear(memo: Memo, sender: str, entry: str) -> None:
    """Take the values of a house, if they come from the agent that speaks for it."""
    match = _TOLD.fullmatch(entry)
    if not match or match.group(1) not in memo.houses:
        return
    house = memo.houses.index(match.group(1))
    *values, walk = (int(number) for number in match.group(2).split())
    if memo.owners[house] == sender and len(values) == len(memo.goods):
        memo.values[house] = tuple(values)
        memo.walk[house] = walk
