"""The menu of section writing: whether to tell, to chat, to write as heard or by a guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu
from llm_collab_envs.core.observation import handed_over
from llm_collab_envs.writing.section_writing.expert import Memo, read, say, write
from llm_collab_envs.writing.section_writing.style import DECISIONS


@dataclass(frozen=True)
class Seat:
    """What one agent has in hand.

    Attributes:
        tells: Its own memo, and those of whom it has taken over from: what each of them could tell.
        work: What it is to write, with all that was taken over.
    """

    tells: list[Memo]
    work: Memo


def make_menu() -> Menu[Seat]:
    """Return the menu."""
    return Menu(
        _sit,
        {
            "pass": PASS,
            "tell style": _tell_style,
            "tell facts": _tell_facts,
            "chat": _chat,
            "write as heard": lambda seat: _submit(seat.work, seat.work.style),
            "write first options": _guess(0),
            "write second options": _guess(1),
            "write third options": _guess(2),
            "write headings only": _outline,
            "list facts": _list_facts,
            "done": DONE,
        },
    )


def _sit(observation: str) -> Seat:
    own, work = read(observation), read(observation)
    orphans = [read(view) for view in handed_over(observation).values()]
    for orphan in orphans:
        work.take_over(orphan)
    return Seat([own, *orphans], work)


def _tell_style(seat: Seat) -> str:
    return "".join(say(replace(memo, to_tell=[])) for memo in seat.tells if not memo.alone)


def _tell_facts(seat: Seat) -> str:
    return "".join(say(replace(memo, own_style={})) for memo in seat.tells if not memo.alone)


def _chat(seat: Seat) -> str:
    return "" if seat.work.alone else CHAT


def _guess(number: int) -> Callable[[Seat], str]:
    """Return an entry that writes in a style that is guessed, but for what the agent was dealt."""

    def entry(seat: Seat) -> str:
        guessed = {d: list(o)[min(number, len(o) - 1)] for d, o in DECISIONS.items()}
        return _submit(seat.work, guessed | seat.work.own_style)

    return entry


def _outline(seat: Seat) -> str:
    bare: dict[str, list[str]] = {title: [] for title in seat.work.sections}
    return _submit(replace(seat.work, sections=bare), seat.work.style)


def _list_facts(seat: Seat) -> str:
    facts = (f"- {attribute}: {value}" for attribute, (value, _) in seat.work.facts.items())
    return "<submit>" + "\n".join(facts) + "</submit>"


def _submit(memo: Memo, style: dict[str, str]) -> str:
    asked = {d: o for d, o in style.items() if d in memo.style or d in memo.undecided}
    return f"<submit>{write(replace(memo, style=asked), asked)}</submit>"
