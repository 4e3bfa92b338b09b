"""The menu of bug repair: what to tell, and whether to repair by what was told or by a guess."""

from __future__ import annotations

from collections.abc import Callable

from llm_collab_envs.coding.bug_repair.expert import (
    Memo,
    functions_of,
    read,
    repair,
    say,
    submit,
)
from llm_collab_envs.coding.bug_repair.faults import (
    COMPARISON,
    OFF_BY_ONE,
    SWAPPED_ARGUMENTS,
    WRONG_VARIABLE,
    everywhere,
    mutations,
    own_lines,
)
from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu
from llm_collab_envs.core.observation import handed_over


def make_menu() -> Menu[Memo]:
    """Return the menu."""
    kinds = (COMPARISON, OFF_BY_ONE, WRONG_VARIABLE, SWAPPED_ARGUMENTS)
    return Menu(
        _sit,
        {
            "pass": PASS,
            "tell first half of calls": lambda memo: _tell(memo, first=True),
            "tell second half of calls": lambda memo: _tell(memo, first=False),
            "chat": lambda memo: "" if memo.alone else CHAT,
            "repair what was told": _repair,
            **{f"undo every {kind}": _undo(kind) for kind in kinds},
            "done": DONE,
        },
    )


def _sit(observation: str) -> Memo:
    """Read an observation, and what was handed over by teammates that have left."""
    memo = read(observation)
    for orphan in map(read, handed_over(observation).values()):
        memo.failing += orphan.failing
        memo.files |= orphan.files
    return memo


def _tell(memo: Memo, first: bool) -> str:
    seen = memo.seen
    middle = (len(seen) + 1) // 2
    return "" if memo.alone else say(seen[:middle] if first else seen[middle:])


def _repair(memo: Memo) -> str:
    return submit(memo.files, repair(memo.files, memo.seen + memo.heard))


def _undo(kind: str) -> Callable[[Memo], str]:
    """Return an entry that takes the first slip of a kind for the fault, in every function."""

    def entry(memo: Memo) -> str:
        repaired: list[dict[str, str]] = []
        for here in map(functions_of, memo.files.values()):
            for text in here.values():
                others = [other for other in here.values() if other != text]
                own = own_lines(text, others)
                slip = next((m.text for m in mutations(text, own) if m.kind == kind), "")
                if slip and not any(text in fault for fault in repaired):
                    repaired.append(everywhere(text, slip, own, others))
        return submit(memo.files, repaired)

    return entry
