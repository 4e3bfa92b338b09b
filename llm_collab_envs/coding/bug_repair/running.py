"""Running programs of our own making: generated source only, never what an agent submits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

Args = tuple[Any, ...]
Run = Callable[..., Any]


class Version:
    """A generated program as it runs, right or with faults.

    Args:
        sources: The text of each of its functions.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Define the functions."""
        self.sources = dict(sources)
        self._names: dict[str, Any] = {}
        _define("\n".join(self.sources.values()), self._names, self._names)

    def call(self, name: str, args: Args) -> Any:
        """Return what a function returns."""
        return call(self._names[name], args)

    def variant(self, text: str) -> Run:
        """Return a changed function that calls this version's other functions."""
        made: dict[str, Run] = {}
        _define(text, self._names, made)
        return next(iter(made.values()))

    def watch(self, name: str, called: str, args: Args) -> tuple[Any, list[tuple[Args, Any]]]:
        """Return what a function returns, and with it its calls of `called` and their results."""
        log: list[tuple[Args, Any]] = []

        def watched(*inside: Any) -> Any:
            log.append((inside, self.call(called, inside)))
            return log[-1][1]

        made: dict[str, Run] = {}
        _define(self.sources[name], {**self._names, called: watched}, made)
        return call(made[name], args), log


def call(run: Run, args: Args) -> Any:
    """Return what a generated function returns; None where it looks past the end of a list."""
    try:
        return run(*args)
    except IndexError:
        return None


def _define(text: str, names: dict[str, Any], made: dict[str, Any]) -> None:
    exec(_compiled(text), names, made)


@lru_cache(maxsize=2_048)  # what a fault may have been leads to the same few texts again and again
def _compiled(text: str) -> CodeType:
    return compile(text, "<generated>", "exec")
