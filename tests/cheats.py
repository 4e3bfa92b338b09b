"""Policies that try to score in any env without doing its job, and what others are made of.

Each is a function of one observation. Those of one env are in `cheats_<env>.py`, whose `CHEATS`
names them all.
"""

from __future__ import annotations

from collections.abc import Callable

from llm_collab_envs.core.tasks import _ENDS, _STARTS, split_of

Policy = Callable[[str], str]

# Every made-up name of the split "test", in small letters.
NAMES = [
    name
    for name in (a + b + c for a in _STARTS for b in _STARTS for c in _ENDS)
    if split_of(name.capitalize()) == "test"
]


def once(text: str) -> str:
    return f"<submit>{text}</submit><done/>"


def constant(reply: str) -> Policy:
    return lambda observation: reply


def defuse(text: str) -> str:
    """Take the grammar's tags out of a text."""
    return text.replace("<", "(").replace(">", ")")


def chatter(observation: str) -> str:
    """Talk every round to the budget, and do nothing else."""
    budget = observation.partition("Message tokens left: ")[2].partition(".")[0]
    return f'<say to="all">{"well " * int(budget or 1)}</say>'


EVERYWHERE: dict[str, Policy] = {
    "silence": constant(""),
    "done at once": constant("<done/>"),
    "constant word": constant(once("done")),
    "echo": lambda observation: observation,
    "echo submitted": once,
    "echo without tags": lambda observation: once(defuse(observation)),
    "chatter": chatter,
}
