"""Examples of function pair: what an author sees of them, and what their results may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import islice, product
from typing import Any

from llm_collab_envs.coding.coding_env import source_of
from llm_collab_envs.coding.function_pair.inputs import agreed_values
from llm_collab_envs.coding.function_pair.programs import (
    CALL,
    HELPERS,
    MAIN,
    Function,
    Scope,
    bind,
    literal,
    stand_ins,
)
from llm_collab_envs.coding.function_pair.tasks import PairTask
from llm_collab_envs.coding.naming import knows


def write_examples(task: PairTask, function: Function) -> list[str]:
    """Return the examples as the author sees them, made with sample values."""
    given = [f"{a.letter} = {a.sample}" for a in task.agreed if a.letter in function.letters]
    lines = [f"Examples with {' and '.join(given)}:" if given else "Examples:"]
    for n, args in enumerate(function.examples):
        call = f"{function.name}({', '.join(map(repr, function.ordered(args)))})"
        run = bind(function.steps, _scope(function, n, task.scope("sample")))
        lines.append(f"{call} -> {function.wrapped(run(*args))!r}{_supposed(function, n)}")
    return lines


def _scope(function: Function, example: int, values: Scope) -> Scope:
    """What capitals and labels stand for in an example: main's helpers give what it supposes."""
    if function.label != MAIN:
        return values
    return {**values, **stand_ins(function.stubs[example])}


def _supposed(function: Function, example: int) -> str:
    """Say what the helpers give in an example of main, in the order of the calls."""
    calls = [step.texts[0] for step in function.steps if step.block == CALL]
    given = [f"{h} gives {function.stubs[example][HELPERS.index(h)]!r}" for h in calls]
    return f", where {', '.join(given)}" if given else ""


class _Possible:
    """Every result of an example that its author cannot know to be wrong, the right one first.

    There may be hundreds; the others are worked out when something is not the right one.
    """

    def __init__(self, task: PairTask, function: Function, example: int) -> None:
        self._task, self._function, self._example = task, function, example

    def __iter__(self) -> Iterator[Any]:
        yield self._right
        yield from self._others

    @cached_property
    def _right(self) -> Any:
        return next(self._results())

    @cached_property
    def _others(self) -> tuple[Any, ...]:
        return tuple(islice(self._results(), 1, None))

    def _results(self) -> Iterator[Any]:
        """Work them out; another agreed value than the right one may leave an example without."""
        function = self._function
        unknown = [agreed for agreed in self._task.agreed if agreed.letter in function.letters]
        choices = [
            (literal(agreed.value), literal(agreed.sample), *agreed_values(agreed.value))
            for agreed in unknown
        ]
        letters = [agreed.letter for agreed in unknown]
        for values in product(*choices):
            scope = self._task.scope("value") | dict(zip(letters, values, strict=True))
            run = bind(function.steps, _scope(function, self._example, scope))
            with suppress(ValueError, IndexError):  # as in `probing.attempt`
                yield function.wrapped(run(*function.examples[self._example]))


@lru_cache(maxsize=256)
def possible_results(task: PairTask, label: str, example: int) -> Iterable[Any]:
    """Return every result of an example that its author cannot know to be wrong."""
    [function] = (f for f in task.functions if f.label == label)
    return _Possible(task, function, example)


def stub_code(task: PairTask, example: int, part: str) -> str:
    """Return source of helpers that give what an example of main supposes.

    Only those are there whose name and key main's author knows: what comes back of code that looks
    around must not tell the others.
    """
    *helpers, main = task.functions
    values = zip(helpers, main.stubs[example], strict=True)
    source = source_of(part)
    return "\n".join(
        f"def {h.name}(*given):\n    return {h.wrapped(value)!r}"
        for h, value in values
        if knows(source, filter(None, (h.name, h.key)))
    )
