"""Cases: calls of a program's functions, what they should return and what they do."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from llm_collab_envs.sandbox import same


class Fact(NamedTuple):
    """What a call of a right program returns; all that teammates need to tell each other."""

    function: str
    args: tuple[Any, ...]
    value: Any


@dataclass(frozen=True)
class Case:
    """One call of a function.

    Attributes:
        function: Its name.
        args: What it is called with.
        right: What it should return.
        wrong: What it returns in the program as it is; the same for a call that does not fail, and
            None where it raises, or returns what is none of a task's values.
        inner: Calls of other files' functions on the way, where the tester sees any.
    """

    function: str
    args: tuple[Any, ...]
    right: Any
    wrong: Any
    inner: tuple[Case, ...] = ()

    def __hash__(self) -> int:
        """Hash by the function; arguments may be lists."""
        return hash(self.function)

    @property
    def fails(self) -> bool:
        """Whether the program as it is gets this call wrong."""
        return not same(self.right, self.wrong)

    @property
    def fact(self) -> Fact:
        """What should be."""
        return Fact(self.function, self.args, self.right)

    def to_dict(self) -> dict[str, Any]:
        """Return the case as JSON-ready data."""
        inner = [case.to_dict() for case in self.inner]
        return {**vars(self), "args": list(self.args), "inner": inner}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Case:
        """Read a case as `to_dict` wrote it; raises ValueError for values that are not plain."""
        if not plain([*data["args"], data["right"], data["wrong"]]):
            raise ValueError("values must be whole numbers, strings, booleans, null or lists")
        inner = tuple(cls.from_dict(case) for case in data.get("inner", ()))
        args = tuple(data["args"])
        return cls(str(data["function"]), args, data["right"], data["wrong"], inner)


def call_text(function: str, args: Sequence[Any]) -> str:
    """Write a call as Python does."""
    return f"{function}({', '.join(map(repr, args))})"


def failures_text(cases: Sequence[Case]) -> str:
    """Write failing calls as the tester sees them."""
    return "\n".join(["Calls that fail:", *(f"- {_failure_text(case)}" for case in cases)])


def _failure_text(case: Case) -> str:
    """Write a failing call as the tester sees it."""
    inner = "".join(f"; in it {_result(case)}" for case in case.inner)
    return _result(case) + inner


def _result(case: Case) -> str:
    gave = f" gave {case.wrong!r}," if case.fails else ""
    return f"{call_text(case.function, case.args)}{gave} should give {case.right!r}"


def fact_text(fact: Fact) -> str:
    """Write a fact as briefly as can be read: "bakomen 3, 4: 17"."""
    return f"{fact.function} {', '.join(map(repr, fact.args))}: {fact.value!r}"


def read_facts(text: str) -> list[Fact]:
    """Read facts as `fact_text` writes them, with semicolons between; leave out all else."""
    facts = []
    for entry in text.split(";"):
        call, _, value = entry.rpartition(":")
        function, _, args = call.strip().partition(" ")
        if function.isidentifier():
            fact = read_fact(function, args, value)
            facts += [fact] if fact else []
    return facts


@lru_cache(maxsize=4096)
def read_fact(function: str, args: str, value: str) -> Fact | None:
    """Return a fact whose arguments and value are written as Python literals; None otherwise."""
    try:
        values = ast.literal_eval(f"[{args}]")
        result = ast.literal_eval(value.strip())
        usable = plain([values, result])
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return Fact(function, tuple(values), result) if usable else None


def plain(value: Any) -> bool:
    """Whether a value may stand in a task: what JSON has, but for fractions and objects."""
    if isinstance(value, list):
        return all(map(plain, value))
    if isinstance(value, int):
        return abs(value) < 2**63
    return value is None or isinstance(value, str)


def facts_of(case: Case) -> list[Fact]:
    """Return what to tell of a failing call: where the fault is, and what its owner cannot know.

    A call inside that went wrong is the one to tell: the call around it may be wrong by it alone.
    """
    inherited = [inner.fact for inner in case.inner if inner.fails]
    return inherited or [*(inner.fact for inner in case.inner), case.fact]
