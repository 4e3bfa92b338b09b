"""The menu of HumanEval: what to tell of the helper, and whether to write as told or by a guess.

What solves a problem is the canonical solution, as in the expert: what is left to decide is how two
authors come to fit together.
"""

from __future__ import annotations

from llm_collab_envs.coding.human_eval.expert import Interface, Memo, part, read, say, submit
from llm_collab_envs.coding.human_eval.modules import GIVEN, function_over
from llm_collab_envs.core.menu import CHAT, DONE, PASS, Menu

_PLAIN = Interface("helper", (), "")
_KEYED = Interface("helper", (), "result")


def make_menu() -> Menu[Memo]:
    """Return the menu."""
    return Menu(
        read,
        {
            "pass": PASS,
            "tell the interface": lambda memo: "" if memo.alone else say(memo),
            "tell the name only": _tell_name,
            "chat": lambda memo: "" if memo.alone else CHAT,
            "write as dealt or told": _write,
            "write for a plain helper": lambda memo: _guess(memo, _PLAIN),
            "write for a helper with a key": lambda memo: _guess(memo, _KEYED),
            "write a stub": _stub,
            "done": DONE,
        },
    )


def _tell_name(memo: Memo) -> str:
    return f'<say to="all">{memo.dealt.helper}</say>' if memo.dealt else ""


def _write(memo: Memo) -> str:
    source = memo.solution if memo.alone else part(memo, memo.interface)
    return submit(source) if source else ""


def _guess(memo: Memo, interface: Interface) -> str:
    """Write for an interface that nobody was dealt; alone there is none to guess."""
    source = part(memo, interface)
    return submit(source) if source else ""


def _stub(memo: Memo) -> str:
    """Write a part that can be called and does nothing."""
    line = memo.line or f"def {memo.dealt.helper if memo.dealt else 'solve'}(*{GIVEN})"
    return submit(function_over(line, "None"))
