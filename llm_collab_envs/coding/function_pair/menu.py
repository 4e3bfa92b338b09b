"""The menu of function pair: what to tell, and whether to write with what was told or without."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from llm_collab_envs.coding.function_pair.expert import Memo, read, say, write
from llm_collab_envs.coding.function_pair.programs import HELPERS, LETTERS
from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu


def make_menu() -> Menu[Memo]:
    """Return the menu."""
    return Menu(
        read,
        {
            "pass": PASS,
            "tell signatures": lambda memo: _tell(memo, HELPERS),
            "tell values": lambda memo: _tell(memo, LETTERS),
            "chat": lambda memo: "" if memo.alone else CHAT,
            "write as known": lambda memo: _submit(write(memo, memo.known)),
            "write without what was told": lambda memo: _submit(write(memo, memo.own)),
            "write first function only": _first,
            "write stubs": _stubs,
            "done": DONE,
        },
    )


def _tell(memo: Memo, names: Collection[str]) -> str:
    told = {name: text for name, text in memo.own.items() if name in names}
    return "" if memo.alone else say(replace(memo, own=told))


def _first(memo: Memo) -> str:
    return _submit(write(replace(memo, plans=memo.plans[:1]), memo.known))


def _stubs(memo: Memo) -> str:
    """Write functions that give back what they take."""
    return _submit("\n".join(f"{plan.header}\n    return x" for plan in memo.plans))


def _submit(source: str) -> str:
    return f"<submit>{source}</submit>"
