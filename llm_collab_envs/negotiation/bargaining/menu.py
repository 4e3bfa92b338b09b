"""The menu of bargaining: what to tell, what to offer, whose offer to accept, whether to walk."""

from __future__ import annotations

from collections.abc import Callable

from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu
from llm_collab_envs.negotiation.bargaining.expert import Memo, accept, offer, read, say
from llm_collab_envs.negotiation.bargaining.nash import Division, best
from llm_collab_envs.negotiation.bargaining.tasks import HOUSES


def make_menu() -> Menu[Memo]:
    """Return the menu."""
    accepting = {f"accept agent_{i}": _accept(f"agent_{i}") for i in range(HOUSES)}
    return Menu(
        read,
        {
            "pass": PASS,
            "tell values": _tell,
            "chat": lambda memo: "" if _alone(memo) else CHAT,
            "offer the best deal known": _offer_best,
            "offer even shares": lambda memo: _submit(offer(memo, _even(memo))),
            "offer own houses all": lambda memo: _submit(offer(memo, _all_to_own(memo))),
            **accepting,
            "accept unseen the best deal known": _accept_unseen,
            "walk": lambda memo: _submit("walk"),
            "done": DONE,
        },
    )


def _alone(memo: Memo) -> bool:
    return len(memo.speakers) == memo.speakers.count(memo.me)


def _tell(memo: Memo) -> str:
    return "" if _alone(memo) else say(memo, memo.own)


def _offer_best(memo: Memo) -> str:
    plan = best(memo.bargain).division
    return _submit(offer(memo, plan)) if plan else ""


def _accept_unseen(memo: Memo) -> str:
    """Accept what the first agent would offer that knows the same, before it lies on the table."""
    plan, leader = best(memo.bargain).division, memo.agents[0]
    return _submit(accept(memo, leader, plan)) if plan and leader != memo.me else ""


def _accept(agent: str) -> Callable[[Memo], str]:
    def entry(memo: Memo) -> str:
        division = memo.offers.get(agent)
        return _submit(accept(memo, agent, division)) if division and agent != memo.me else ""

    return entry


def _even(memo: Memo) -> Division:
    """Deal every unit to the next house in turn, whatever it is worth to whom."""
    houses, dealt, division = len(memo.houses), 0, []
    for units in memo.stock:
        turns = [(dealt + unit) % houses for unit in range(units)]
        division.append(tuple(turns.count(house) for house in range(houses)))
        dealt += units
    return tuple(division)


def _all_to_own(memo: Memo) -> Division:
    first = memo.own[0]
    return tuple(tuple(n * (h == first) for h in range(len(memo.houses))) for n in memo.stock)


def _submit(part: str) -> str:
    return f"<submit>{part}</submit>"
