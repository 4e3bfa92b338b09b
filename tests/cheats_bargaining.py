"""Policies of bargaining that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from llm_collab_envs.negotiation.bargaining import expert
from llm_collab_envs.negotiation.bargaining.expert import Memo, accept
from llm_collab_envs.negotiation.bargaining.nash import Bargain, Division, best
from llm_collab_envs.negotiation.bargaining.tasks import LEVELS, MAX_VALUE, Level
from llm_collab_envs.negotiation.bargaining.writing import write_offer, write_signature

Policy = Callable[[str], str]

DEAL = "offer salt 1 1 1 0, wool 1 1 0 1, tin 0 1 1 0\nBakomen takes 1 salt, 1 wool, 0 tin"


def once(text: str) -> str:
    return f"<submit>{text}</submit><done/>"


def read(observation: str) -> Memo:
    memo = expert.read(observation)
    assert memo is not None
    return memo


def constant(reply: str) -> Policy:
    return lambda observation: reply


def defuse(text: str) -> str:
    """Take the grammar's tags out of a text."""
    return text.replace("<", "(").replace(">", ")")


def offer(memo: Memo, division: Division, houses: list[int] | None = None) -> str:
    signed = memo.own if houses is None else houses
    signatures = (write_signature(memo, house, division) for house in signed)
    return "\n".join([write_offer(memo, division), *signatures])


def agreed(memo: Memo, division: Division) -> str:
    """Offer a division, or accept it unseen, as all have agreed to do whatever the values are."""
    leader = memo.agents[0]
    return offer(memo, division) if memo.me == leader else accept(memo, leader, division)


def even(memo: Memo) -> Division:
    """Deal the units out one after the other, to each house in turn."""
    houses, turn, shares = len(memo.houses), 0, []
    for units in memo.stock:
        got = [0] * houses
        for _ in range(units):
            got[turn % houses] += 1
            turn += 1
        shares.append(tuple(got))
    return tuple(shares)


def scattered(memo: Memo) -> Division:
    """A division that looks random, the same for all who know houses and stock."""
    seed = zlib.crc32(" ".join(memo.houses).encode())
    shares = []
    for n, units in enumerate(memo.stock):
        got = [0] * len(memo.houses)
        for k in range(units):
            got[zlib.crc32(f"{seed} {n} {k}".encode()) % len(got)] += 1
        shares.append(tuple(got))
    return tuple(shares)


def all_to(memo: Memo, house: int) -> Division:
    return tuple(
        tuple(units * (h == house) for h in range(len(memo.houses))) for units in memo.stock
    )


def level_of(stock: Sequence[int]) -> Level:
    """The difficulty of a task, which its stock gives away."""
    return next(level for level in LEVELS.values() if sorted(level.stock) == sorted(stock))


def guessed(memo: Memo) -> Division:
    """The best deal if every other house had the mean of what is drawn; all are doubled here."""
    own, houses = memo.own, range(len(memo.houses))
    level = level_of(memo.stock)
    usual = round(sum(level.walk) / 2 * MAX_VALUE * sum(memo.stock))
    alike = (MAX_VALUE,) * len(memo.goods)
    values = tuple(tuple(2 * v for v in memo.values[h]) if h in own else alike for h in houses)
    walk = tuple(2 * memo.walk[h] if h in own else usual for h in houses)
    return best(Bargain(memo.stock, values, walk)).division or even(memo)


def even_split(observation: str) -> str:
    memo = read(observation)
    return once(agreed(memo, even(memo)))


def scattered_split(observation: str) -> str:
    memo = read(observation)
    return once(agreed(memo, scattered(memo)))


def first_takes_all(observation: str) -> str:
    memo = read(observation)
    return once(agreed(memo, all_to(memo, 0)))


def accept_anything(observation: str) -> str:
    """The first offers what it guesses to be fair; the others accept it, whatever it is."""
    memo = read(observation)
    if memo.me == memo.agents[0]:
        return once(offer(memo, guessed(memo)))
    for agent, division in memo.offers.items():
        return once(accept(memo, agent, division))
    return ""


def all_offer_their_favourites(observation: str) -> str:
    memo = read(observation)
    return once(offer(memo, all_to(memo, memo.own[0])))


def one_signs_for_all(observation: str) -> str:
    memo = read(observation)
    if memo.me != memo.agents[0]:
        return "<done/>"
    return once(offer(memo, guessed(memo), list(range(len(memo.houses)))))


def several_offers(observation: str) -> str:
    """Every house gets all in one offer each, all in one submission."""
    memo = read(observation)
    divisions = [all_to(memo, house) for house in range(len(memo.houses))]
    return once("\n".join(offer(memo, division) for division in (*divisions, even(memo))))


def every_kind(observation: str) -> str:
    """An offer, an acceptance and walking away at once."""
    memo = read(observation)
    division = even(memo)
    return once(f"{offer(memo, division)}\n{accept(memo, memo.agents[0], division)}\nwalk")


def walk_and_sign(observation: str) -> str:
    memo = read(observation)
    return once("walk\n" + "\n".join(write_signature(memo, h, even(memo)) for h in memo.own))


def accept_all_shares(observation: str) -> str:
    """Sign for everything that the houses could get, in one acceptance."""
    memo = read(observation)
    shares = [all_to(memo, house) for house in range(len(memo.houses))]
    lines = [write_signature(memo, h, division) for division in shares for h in memo.own]
    return once("\n".join(["accept agent_0", *lines]))


def example(observation: str) -> str:
    """Submit the example of an offer that stands in the observation, or that of accepting it."""
    memo = read(observation)
    lines = observation.splitlines()
    first = "offer " if memo.me == memo.agents[0] else "accept "
    at = next(n for n, line in enumerate(lines) if line.startswith(first))
    return once("\n".join(lines[at : at + 1 + len(memo.own)]))


def walk_when_dear(observation: str) -> str:
    """Walk where walking away is worth much to oneself, else agree to the even split."""
    memo = read(observation)
    worth = sum(v * n for v, n in zip(memo.values[memo.own[0]], memo.stock, strict=True))
    if memo.walk[memo.own[0]] > 0.3 * worth:
        return once("walk")
    return once(agreed(memo, even(memo)))


def chatter(observation: str) -> str:
    """Talk every round to the budget, and do nothing else."""
    budget = observation.partition("Message tokens left: ")[2].partition(".")[0]
    return f'<say to="all">{"well " * int(budget or 1)}</say>'


CHEATS: dict[str, Policy] = {
    "silence": constant(""),
    "done at once": constant("<done/>"),
    "constant walk": constant(once("walk")),
    "constant deal": constant(once(DEAL)),
    "constant acceptance": constant(once("accept agent_0")),
    "constant word": constant(once("yes")),
    "echo": lambda observation: observation,
    "echo submitted": lambda observation: once(observation),
    "echo without tags": lambda observation: once(defuse(observation)),
    "echo of the example": example,
    "even split": even_split,
    "scattered split": scattered_split,
    "first takes all": first_takes_all,
    "accept anything": accept_anything,
    "all offer their favourites": all_offer_their_favourites,
    "one signs for all": one_signs_for_all,
    "several offers": several_offers,
    "every kind of submission": every_kind,
    "walk and sign": walk_and_sign,
    "accept all shares": accept_all_shares,
    "walk when dear": walk_when_dear,
    "chatter": chatter,
}
