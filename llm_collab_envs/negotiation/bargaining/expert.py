"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it states the best deal at once. In a team it first tells the values of
its houses. Who has heard all can work out the best deal, so the first agent offers it while the
others accept it in the same round, unseen; all are done when they see it struck. Where messages
were lost they are told again, and then values that are still missing are guessed, and an offer is
accepted when it is better than nothing. Who takes over from a teammate speaks for its houses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llm_collab_envs.core.observation import handed_over, split_briefing
from llm_collab_envs.negotiation.bargaining.nash import Bargain, Division, best
from llm_collab_envs.negotiation.bargaining.writing import write_offer, write_signature

REPEAT = (3, 4)  # rounds in which values are told again where nothing is settled by then
GUESSED_VALUE = 5
GUESSED_WALK = 0.3  # share of the stock's worth

_AGENT = re.compile(r"agent_\d+")
_HOUSE = re.compile(r"(\w+)(?: \((agent_\d+)\))?")
_AMOUNT = re.compile(r"(\d+) (\w+)")
_WORTH = re.compile(r"Worth to (\w+): (.+) a unit; no deal (\d+)\.")
_OFFER = re.compile(r"Notice: (agent_\d+) offers ([^;\n]+); signed for (.+)\.")
_HEIR = re.compile(r"Notice: (agent_\d+) has left for good, .+; (you|agent_\d+) takes? over ")
_TOLD = re.compile(r"(\w+)((?: \d{1,6})+)")


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        me: Its name.
        agents: The names of all agents that have not left.
        round: The round to be played.
        houses: The houses, in order.
        owners: Who speaks for each of them now.
        speakers: Who spoke for each of them at first.
        goods: The goods, in order.
        stock: Units of each.
        values: The values of each house, as far as known: its own and those it was told.
        walk: What walking away is worth to each, as far as known.
        told: The numbers of the houses whose values it was told.
        offers: What lies on the table, by agent.
        signed: For each offer, the houses that it is signed for.
        walking: Whether this agent walks away.
        settled: Whether the deal is struck or all walk away.
    """

    me: str
    agents: list[str]
    round: int
    houses: tuple[str, ...]
    owners: list[str]
    speakers: list[str]
    goods: tuple[str, ...]
    stock: tuple[int, ...]
    values: dict[int, tuple[int, ...]] = field(default_factory=dict)
    walk: dict[int, int] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    offers: dict[str, Division] = field(default_factory=dict)
    signed: dict[str, list[str]] = field(default_factory=dict)
    walking: bool = False
    settled: bool = False

    @property
    def own(self) -> list[int]:
        """The numbers of the houses that this agent speaks for."""
        return [house for house, owner in enumerate(self.owners) if owner == self.me]

    @property
    def inherited(self) -> set[int]:
        """Those of them that another agent spoke for, which has left."""
        return {house for house in self.own if self.speakers[house] != self.me}

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
        """Return the expert's action; none where the observation is cut short."""
        memo = read(observation)
        if memo is None:
            return ""
        if memo.settled:
            return "<done/>"
        if len(memo.agents) == 1:
            return f"<submit>{propose(memo)}</submit><done/>"
        if memo.round == 1:
            return say(memo, memo.own)
        heirlooms = [house for house in memo.own if house in memo.inherited - memo.told]
        told = say(memo, memo.own if memo.round in REPEAT else heirlooms)
        part = decide(memo) if memo.complete or memo.round > REPEAT[0] else ""
        return told + (f"<submit>{part}</submit>" if part else "")


def say(memo: Memo, houses: list[int]) -> str:
    """Return the message that tells the values of some houses, walking away last; or ""."""
    entries = (
        " ".join(map(str, (memo.houses[house], *memo.values[house], memo.walk[house])))
        for house in houses
        if house in memo.values
    )
    text = "; ".join(entries)
    return f'<say to="all">{text}</say>' if text else ""


def decide(memo: Memo) -> str:
    """Return this agent's submission, or "" where the one that stands will do."""
    plan = best(memo.bargain).division
    if plan is None and memo.complete:
        return "" if memo.walking else "walk"
    for agent, division in memo.offers.items():
        gains = memo.bargain.gains(division)
        if agent != memo.me and all(gains[house] > 0 for house in memo.own):
            return "" if _has_signed(memo, agent) else accept(memo, agent, division)
    leader = memo.agents[0]
    if plan is None:
        return ""
    if memo.me != leader:
        return accept(memo, leader, plan)
    return "" if memo.offers.get(leader) == plan and _has_signed(memo, leader) else propose(memo)


def propose(memo: Memo) -> str:
    """Return the offer of the best deal, signed; or walk away where there is none."""
    plan = best(memo.bargain).division
    return "walk" if plan is None else offer(memo, plan)


def offer(memo: Memo, division: Division) -> str:
    """Return the offer of a division, signed."""
    return "\n".join([write_offer(memo, division), *_sign(memo, division)])


def accept(memo: Memo, agent: str, division: Division) -> str:
    """Return the acceptance of an agent's offer, signed."""
    return "\n".join([f"accept {agent}", *_sign(memo, division)])


def _sign(memo: Memo, division: Division) -> list[str]:
    return [write_signature(memo, house, division) for house in memo.own]


def _has_signed(memo: Memo, agent: str) -> bool:
    return all(memo.houses[house] in memo.signed[agent] for house in memo.own)


def read(observation: str) -> Memo | None:
    """Read everything that an agent needs from its observation; None where that is not there."""
    briefing, turn = split_briefing(observation)
    head, _, inbox = turn.partition("Messages:\n")
    round_ = re.match(r"== Round (\d+)", head)
    agents = _AGENT.findall(_after(briefing, "You are "))
    entries = _HOUSE.findall(_after(briefing, "Houses: "))
    amounts = _AMOUNT.findall(_after(briefing, "Stock: "))
    if not (round_ and agents and entries and amounts):
        return None
    me, heirs = agents[0], dict(_HEIR.findall(head))
    speakers = [agent or me for _, agent in entries]
    memo = Memo(
        me=me,
        agents=[agent for agent in agents[1:] or agents if agent not in heirs],
        round=int(round_.group(1)),
        houses=tuple(house for house, _ in entries),
        owners=[heirs.get(agent, agent).replace("you", me) for agent in speakers],
        speakers=speakers,
        goods=tuple(good for _, good in amounts),
        stock=tuple(int(units) for units, _ in amounts),
        walking=f"Notice: {me} walks away." in head,
        settled="Notice: the deal is struck." in head or "Notice: all walk away." in head,
    )
    for line in inbox.splitlines():
        sender, _, said = line.partition(": ")
        for entry in said.split("; "):
            _hear(memo, sender, entry)
    for text in (briefing, *handed_over(observation).values()):
        for house, values, walk in _WORTH.findall(text):
            _know(memo, memo.houses.index(house), [*re.findall(r"[0-9]+", values), walk])
    if any(house not in memo.values for house in memo.own if memo.speakers[house] == me):
        return None
    for agent, division, signed in _OFFER.findall(head):
        shares = (tuple(map(int, re.findall(r"[0-9]+", part))) for part in division.split(", "))
        memo.offers[agent] = tuple(shares)
        memo.signed[agent] = signed.split(", ")
    return memo


def _after(text: str, start: str) -> str:
    lines = text.splitlines()
    return next((line for line in lines if line.startswith(start)), "").removeprefix(start)


def _hear(memo: Memo, sender: str, entry: str) -> None:
    """Take the values of a house, if they come from an agent that speaks, or spoke, for it."""
    match = _TOLD.fullmatch(entry)
    if not match or match.group(1) not in memo.houses:
        return
    house, numbers = memo.houses.index(match.group(1)), match.group(2).split()
    if sender in (memo.owners[house], memo.speakers[house]) and len(numbers) == len(memo.goods) + 1:
        memo.told.add(house)
        _know(memo, house, numbers)


def _know(memo: Memo, house: int, numbers: list[str]) -> None:
    *values, walk = map(int, numbers)
    memo.values[house] = tuple(values)
    memo.walk[house] = walk
