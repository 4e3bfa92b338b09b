"""The menu of module assembly: what to tell, and whether to write with what was told or without."""

from __future__ import annotations

from dataclasses import dataclass, replace

from llm_collab_envs.coding.module_assembly.expert import Memo, read, say, write
from llm_collab_envs.coding.module_assembly.rules import read_rule
from llm_collab_envs.coding.module_assembly.source import signature
from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu


@dataclass(frozen=True)
class Seat:
    """What one agent has in hand: its memo, and the one that it would have if it heard nothing."""

    memo: Memo
    deaf: Memo

    @property
    def alone(self) -> bool:
        """Whether there are no teammates."""
        return self.memo.team_size == 1


def make_menu() -> Menu[Seat]:
    """Return the menu."""
    return Menu(
        _sit,
        {
            "pass": PASS,
            "tell rules": lambda seat: _tell(seat, rules=True),
            "tell structure": lambda seat: _tell(seat, rules=False),
            "chat": lambda seat: "" if seat.alone else CHAT,
            "write as known": lambda seat: _submit(write(seat.memo)),
            "write without what was told": lambda seat: _submit(write(seat.deaf)),
            "write first function only": _first,
            "write stubs": _stubs,
            "done": DONE,
        },
    )


def _sit(observation: str) -> Seat | None:
    memo, deaf = read(observation), read(observation.partition("\nMessages:\n")[0] + "\n")
    return Seat(memo, deaf) if memo and deaf else None


def _tell(seat: Seat, rules: bool) -> str:
    """Tell either the rules that this agent was dealt, or all that it has to say of structure."""
    memo = seat.memo
    own = [entry for entry in memo.own if bool(read_rule(entry)) == rules]
    silent = replace(memo, own=own, open=memo.open and not rules)
    return "" if seat.alone else say(silent)


def _first(seat: Seat) -> str:
    return _submit(write(replace(seat.memo, parts=seat.memo.parts[:1])))


def _stubs(seat: Seat) -> str:
    """Write functions that can be called and do nothing."""
    lines = [
        f"def {signature(seat.memo.kind.function(part.verb), part.name)}:\n    return None"
        for part in seat.memo.parts
    ]
    return _submit("\n".join(lines))


def _submit(source: str) -> str:
    return f"<submit>{source}</submit>"
