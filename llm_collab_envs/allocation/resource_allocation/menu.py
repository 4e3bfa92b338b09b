"""The menu of resource allocation: what to tell, and by what is known of others to book."""

from __future__ import annotations

from dataclasses import replace

from llm_collab_envs.allocation.resource_allocation.expert import (
    Memo,
    Share,
    ask,
    book,
    read,
    tell,
)
from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu


def make_menu() -> Menu[Memo]:
    """Return the menu."""
    return Menu(
        read,
        {
            "pass": PASS,
            "tell jobs": _tell_jobs,
            "tell closed slots": _tell_closed,
            "ask again": lambda memo: "" if _alone(memo) else ask(memo),
            "chat": lambda memo: "" if _alone(memo) else CHAT,
            "book the best allocation known": lambda memo: book(memo, None),
            "book as if own jobs were all": _book_own,
            "book the most valuable job only": _book_first,
            "book nothing": lambda memo: "<submit></submit>",
            "done": DONE,
        },
    )


def _alone(memo: Memo) -> bool:
    return len(memo.agents) == 1


def _tell_jobs(memo: Memo) -> str:
    return _tell(memo, {a: Share(share.demands) for a, share in memo.shares.items()})


def _tell_closed(memo: Memo) -> str:
    return _tell(memo, {a: Share(closed=share.closed) for a, share in memo.shares.items()})


def _tell(memo: Memo, pieces: dict[str, Share]) -> str:
    """Tell of this agent's, and of who has left and had its part taken over by it."""
    pieced = replace(memo, shares=pieces)
    return "" if _alone(memo) else "".join(tell(pieced, agent) for agent in memo.jobs)


def _book_own(memo: Memo) -> str:
    """Book with all that is known to be closed, and no room left for others' jobs."""
    closed = {agent: Share(closed=share.closed) for agent, share in memo.shares.items()}
    own = {agent: memo.shares[agent] for agent in memo.jobs}
    return book(replace(memo, shares=closed | own), None)


def _book_first(memo: Memo) -> str:
    """Book as before, but one job."""
    if not memo.jobs[memo.me]:
        return ""
    at = max(range(len(memo.jobs[memo.me])), key=lambda n: memo.jobs[memo.me][n].points)
    job, share = memo.jobs[memo.me][at], memo.shares[memo.me]
    one = replace(share, demands=share.demands[at : at + 1])
    return book(replace(memo, jobs={memo.me: (job,)}, shares={memo.me: one}), None)
