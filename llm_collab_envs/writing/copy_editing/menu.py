"""The menu of copy editing: what to tell, and which lines to edit by what is known or guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu
from llm_collab_envs.writing.copy_editing.expert import Memo, mend, orphans, read, say


@dataclass(frozen=True)
class Seat:
    """What one agent has in hand.

    Attributes:
        memos: Its own memo, and those of whom it has taken over from.
        known: All that it knows of the style sheet.
    """

    memos: list[Memo]
    known: dict[str, str]

    @property
    def work(self) -> list[Memo]:
        """The memos whose lines are to be edited: its own, and of who had submitted nothing."""
        return [self.own, *(memo for memo in self.memos[1:] if not memo.submitted)]

    @property
    def own(self) -> Memo:
        """Its own memo."""
        return self.memos[0]


def make_menu() -> Menu[Seat]:
    """Return the menu."""
    return Menu(
        _sit,
        {
            "pass": PASS,
            "tell first half of style": lambda seat: _tell(seat, first=True),
            "tell second half of style": lambda seat: _tell(seat, first=False),
            "chat": lambda seat: "" if seat.own.alone else CHAT,
            "edit as known": lambda seat: _edit(seat, seat.known),
            "edit by first options": _guess(0),
            "edit by last options": _guess(-1),
            "edit all lines seen": _edit_all,
            "edit first line that needs it": _edit_one,
            "done": DONE,
        },
    )


def _sit(observation: str) -> Seat:
    memos = [read(observation), *orphans(observation).values()]
    known: dict[str, str] = {}
    for memo in memos:
        known = {**memo.known, **known}
    return Seat(memos, known)


def _tell(seat: Seat, first: bool) -> str:
    own = {name: choice for memo in seat.memos for name, choice in memo.own.items()}
    middle = (len(own) + 1) // 2
    told = list(own.items())[:middle] if first else list(own.items())[middle:]
    return "" if seat.own.alone else say(replace(seat.own, own=dict(told)))


def _edit(seat: Seat, known: dict[str, str]) -> str:
    return _submit(edit for memo in seat.work for edit in mend(memo, known))


def _guess(number: int) -> Callable[[Seat], str]:
    """Return an entry that takes one option of every point, but for what the agent was dealt."""

    def entry(seat: Seat) -> str:
        guessed = {name: o[number] for name, o in seat.own.sheet.items() if o}
        return _edit(seat, guessed | seat.own.own)

    return entry


def _edit_all(seat: Seat) -> str:
    """Edit lines too that are a teammate's to edit."""
    lines = seat.own.lines
    whole = replace(seat.own, first=min(lines, default=1), last=max(lines, default=0))
    return _submit(mend(whole, seat.known))


def _edit_one(seat: Seat) -> str:
    return _submit(islice(mend(seat.own, seat.known), 1))


def _submit(edits: Iterable[str]) -> str:
    return "<submit>" + "\n".join(edits) + "</submit>"
