"""Reading submissions: offers, acceptances and walking away, and what lies on the table.

    offer salt 1 0 2 0, wool 0 3 0 0          accept agent_0                    walk
    Bakomen takes 1 salt, 0 wool              Tivekon takes 0 salt, 3 wool

An offer divides the whole stock, with a number for each house in their order; an acceptance names
whose offer it is for. Both are signed for every house that the agent speaks for. The signature
quotes the house's share, so an offer that is changed later is not agreed to by accident. A deal is
struck when one offer is signed for all houses, by its author and by those who accept it. Any text
can be read, and in linear time; one that is none of the three, or two of them, counts for nothing.
Nothing depends on fences, list markers, bold type, white space, capitals of verbs and goods, an
'and' or a semicolon for a comma, 'gets' for 'takes', 'salt 1' for '1 salt', 'no salt' or 'nothing'
where it takes none, or on how a line ends. Lines that are none of this and name no house are not
read, whatever they say: what stands around an acceptance does not take it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from llm_collab_envs.core.lines import read_lines
from llm_collab_envs.negotiation.bargaining.nash import Division
from llm_collab_envs.negotiation.bargaining.tasks import BargainingTask

MAX_CHARS = 2_000

_OFFER = re.compile(r"(?i:(?:I |we |my |our )?offer)(?: is)?:? (([A-Za-z]+):? [0-9].*)")
_ACCEPT = re.compile(
    r"(?i:(?:I |we )?accept):? (?:the offer (?:of|by|from) )?(agent_[0-9]{1,2})"
    r"(?:['\u2019]s offer)?"
)
_WALK = re.compile(r"(?:I |we )?walk(?: away)?", re.I)
_END = re.compile(r"(?:,? signed)?[.:!]?$")
_SIGNATURE = re.compile(
    r"([A-Za-z]+)(?: \(agent_[0-9]{1,2}\))?(?::?(?i: (?:takes|gets|receives)):?|:) (.+)"
)
_BETWEEN_GOODS = re.compile(r"[,;]\s*(?:and )?| and ")
_GOOD_OFFERED = re.compile(r"([A-Za-z]+):?((?: [0-9]{1,2})+)")
_GOOD_TAKEN = re.compile(r"([0-9]{1,2}|(?i:no)) (?:units? of )?([A-Za-z]+)")
_GOOD_AND_UNITS = re.compile(r"([A-Za-z]+):? ([0-9]{1,2})")
_NOTHING = "nothing"

Houses = Mapping[str, tuple[int, ...]]  # for each agent, the numbers of some houses


@dataclass(frozen=True)
class Move:
    """One submission.

    Attributes:
        offer: The division that it offers, or None.
        accepts: The agent whose offer it accepts, or "".
        walks: Whether it walks away.
        signed: For each house that it signs for, the units of each good.
        problem: Why it counts for nothing, or "".
    """

    offer: Division | None = None
    accepts: str = ""
    walks: bool = False
    signed: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    problem: str = ""


class _NotReadError(Exception):
    """Raised inside of this file only; its text is `Move.problem`."""


@dataclass(frozen=True)
class Table:
    """What all agents can see: what is offered, and who agrees to it.

    Attributes:
        offers: The offers that stand, by agent.
        signed: For each of them, the numbers of the houses that it is signed for, in order.
        walking: The agents that walk away.
        problems: Why an agent's submission counts for nothing, by agent; only it is told.
        deal: The division that is signed for all houses, or None.
        walked: Whether all agents walk away.
    """

    offers: Mapping[str, Division]
    signed: Mapping[str, list[int]]
    walking: list[str]
    problems: Mapping[str, str]
    deal: Division | None
    walked: bool


def lay(task: BargainingTask, parts: Mapping[str, str], owners: Houses, inherited: Houses) -> Table:
    """Lay the submissions on the table.

    Args:
        task: The task.
        parts: Each agent's submission; {} where nobody has submitted.
        owners: The houses that each agent of the team speaks for.
        inherited: Those it may sign for as well, as their agent has left; {} where none has.
    """
    may_sign = {agent: (*own, *inherited.get(agent, ())) for agent, own in owners.items()}
    moves = {
        agent: _own_move(task, parts[agent], own, may_sign[agent])
        for agent, own in owners.items()
        if agent in parts
    }
    problems = {agent: move.problem for agent, move in moves.items() if move.problem}
    offers = {agent: move.offer for agent, move in moves.items() if move.offer is not None}
    signed = {agent: {*moves[agent].signed} for agent in offers}
    for agent, move in moves.items():
        problem = _mismatch(move, offers)
        if problem:
            problems[agent] = problem
        elif move.accepts:
            signed[move.accepts].update(move.signed)
    everyone = set(range(len(task.houses)))
    walking = [agent for agent, move in moves.items() if move.walks]
    struck = [offers[agent] for agent, houses in signed.items() if houses == everyone]
    return Table(
        offers=offers,
        signed={agent: sorted(houses) for agent, houses in signed.items()},
        walking=walking,
        problems=problems,
        deal=struck[0] if struck else None,
        walked={house for agent in walking for house in may_sign[agent]} == everyone,
    )


def _mismatch(move: Move, offers: Mapping[str, Division]) -> str:
    """Say why an acceptance does not meet the offer that it is for, or ""."""
    if not move.accepts:
        return ""
    offer = offers.get(move.accepts)
    if offer is None:
        return f"{move.accepts} offers nothing"
    if any(share != share_of(offer, house) for house, share in move.signed.items()):
        return f"you sign for another share than {move.accepts} offers"
    return ""


def share_of(division: Division, house: int) -> tuple[int, ...]:
    """Return the units of each good that a house gets."""
    return tuple(shares[house] for shares in division)


def _own_move(
    task: BargainingTask, text: str, own: tuple[int, ...], may_sign: tuple[int, ...]
) -> Move:
    """Read a submission of the agent that speaks for the houses `own`."""
    move = read(task, text)
    if move.problem or move.walks:
        return move
    missing = [task.houses[house] for house in own if house not in move.signed]
    if missing:
        return Move(problem=f"it is not signed for {' and '.join(missing)}")
    if not move.signed.keys() <= {*may_sign}:
        return Move(problem="it is signed for a house that is not yours")
    offered = move.offer
    if offered and any(share != share_of(offered, h) for h, share in move.signed.items()):
        return Move(problem="you sign for another share than you offer")
    return move


@lru_cache(maxsize=256)
def read(task: BargainingTask, text: str) -> Move:
    """Read one submission."""
    try:
        return _read(task, text)
    except _NotReadError as problem:
        return Move(problem=str(problem))


def _read(task: BargainingTask, text: str) -> Move:
    if len(text) > MAX_CHARS:
        raise _NotReadError(f"it is longer than {MAX_CHARS} characters")
    signed: dict[int, tuple[int, ...]] = {}
    moves: list[Move] = []
    for line in map(_plain, read_lines(text)):
        move = _read_move(task, line)
        if move:
            moves.append(move)
        elif any(house in line for house in task.houses):
            house, share = _read_signature(task, line)
            if house in signed:
                raise _NotReadError(f"it is signed twice for {task.houses[house]}")
            signed[house] = share
    if len(moves) != 1:
        found = "several" if moves else "none"
        raise _NotReadError(
            f"it must have one offer, one acceptance or one 'walk', and has {found}"
        )
    if moves[0].walks and signed:
        raise _NotReadError("who walks signs for nothing")
    return replace(moves[0], signed=signed)


def _plain(line: str) -> str:
    """Return a line without bold type in it, and without what may end it."""
    return _END.sub("", line.replace("*", "").replace("`", ""), count=1)


def _read_move(task: BargainingTask, line: str) -> Move | None:
    """Read an offer, an acceptance or 'walk', without signatures; None for what is none of them."""
    if _WALK.fullmatch(line):
        return Move(walks=True)
    if accept := _ACCEPT.fullmatch(line):
        return Move(accepts=accept.group(1))
    offer = _OFFER.fullmatch(line)
    if offer and offer.group(2).lower() in task.goods:
        return Move(offer=_read_offer(task, offer.group(1)))
    return None


def _read_offer(task: BargainingTask, text: str) -> Division:
    """Read 'salt 1 0 2 0, wool 0 3 0 0'."""
    shares: dict[str, tuple[int, ...]] = {}
    for entry in _BETWEEN_GOODS.split(text):
        match = _GOOD_OFFERED.fullmatch(entry)
        good = match.group(1).lower() if match else ""
        if not match or good in shares:
            raise _NotReadError("its offer cannot be read")
        shares[good] = tuple(int(n) for n in match.group(2).split())
    if sorted(shares) != sorted(task.goods):
        raise _NotReadError("it must offer every good of the stock once")
    for good, units in zip(task.goods, task.stock, strict=True):
        if len(shares[good]) != len(task.houses):
            raise _NotReadError(f"{good} needs a number for each house")
        if sum(shares[good]) != units:
            raise _NotReadError(f"{good} adds up to {sum(shares[good])}, the stock is {units}")
    return tuple(shares[good] for good in task.goods)


def _read_signature(task: BargainingTask, line: str) -> tuple[int, tuple[int, ...]]:
    """Read 'Bakomen takes 1 salt, 0 wool'; goods of which it takes none may be left out."""
    match = _SIGNATURE.fullmatch(line)
    if not match or match.group(1) not in task.houses:
        raise _NotReadError("a line that names a house is no signature")
    taken: dict[str, int] = {}
    entries = [] if match.group(2).lower() == _NOTHING else _BETWEEN_GOODS.split(match.group(2))
    for good, units in map(_read_share, entries):
        if good in taken or good not in task.goods:
            raise _NotReadError(f"the signature of {match.group(1)} cannot be read")
        taken[good] = units
    taken = dict.fromkeys(task.goods, 0) | taken
    return task.houses.index(match.group(1)), tuple(taken[good] for good in task.goods)


def _read_share(text: str) -> tuple[str, int]:
    """Read '1 salt', 'no salt' or 'salt 1'; ("", 0) for what is none of these."""
    if match := _GOOD_TAKEN.fullmatch(text):
        return match.group(2).lower(), 0 if match.group(1).lower() == "no" else int(match.group(1))
    match = _GOOD_AND_UNITS.fullmatch(text)
    return (match.group(1).lower(), int(match.group(2))) if match else ("", 0)
