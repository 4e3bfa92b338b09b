"""The menu of summary and expansion: what to tell, and which texts to write with what was told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu
from llm_collab_envs.core.observation import handed_over
from llm_collab_envs.writing.summary_expansion.expert import Memo, read, say, write

_MESSAGES = "\nMessages:\n"


@dataclass(frozen=True)
class Seat:
    """What one agent has in hand.

    Attributes:
        tells: Its own memo, and those of whom it has taken over from: what each of them could tell.
        work: What it is to write, with all that was taken over.
        deaf: The same, had it heard nothing.
    """

    tells: list[Memo]
    work: Memo
    deaf: Memo


def make_menu() -> Menu[Seat]:
    """Return the menu."""
    return Menu(
        _sit,
        {
            "pass": PASS,
            "tell own events": _tell_events,
            "tell reports": _tell_reports,
            "chat": lambda seat: "" if seat.work.alone else CHAT,
            "write as heard": lambda seat: _submit(seat.work),
            "write without what was told": lambda seat: _submit(seat.deaf),
            "write account only": lambda seat: _submit(replace(seat.work, writes_short=False)),
            "write first event only": _write_first,
            "write short texts only": lambda seat: _submit(replace(seat.work, own={})),
            "done": DONE,
        },
    )


def _sit(observation: str) -> Seat:
    views = list(handed_over(observation).values())
    own, work = read(observation), read(observation)
    deaf = read(observation.partition(_MESSAGES)[0] + "\n")
    orphans = list(map(read, views))
    for orphan in orphans:
        work.take_over(orphan)
        deaf.take_over(orphan)
    return Seat([own, *orphans], work, deaf)


def _tell_events(seat: Seat) -> str:
    """Tell what others owe of the events that this agent has read about."""
    if seat.work.alone:
        return ""
    return "".join(say(replace(memo, reports=[])) for memo in seat.tells)


def _tell_reports(seat: Seat) -> str:
    """Tell the reports that this agent has read on events of teammates."""
    if seat.work.alone:
        return ""
    strange = [(memo, [r for r in memo.reports if r[0] not in memo.own]) for memo in seat.tells]
    return "".join(
        say(replace(memo, own={}, lent={}, leads={}, reports=reports)) for memo, reports in strange
    )


def _write_first(seat: Seat) -> str:
    return _submit(replace(seat.work, own=dict(list(seat.work.own.items())[:1])))


def _submit(memo: Memo) -> str:
    return f"<submit>{write(memo)}</submit>"
