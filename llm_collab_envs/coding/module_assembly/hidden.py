"""Hidden tests: sequences of calls of the whole module, and what a right module answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from llm_collab_envs.coding.module_assembly.rules import another_value, rules_of
from llm_collab_envs.coding.module_assembly.source import OUTSIDE, Part, outside_code, solution
from llm_collab_envs.coding.module_assembly.tasks import CHOICE, GIVEN, OPEN, ModuleTask
from llm_collab_envs.sandbox import same

ROUNDS = 3  # tests for each function besides the one that makes the box
# Functions of a test besides that one, where there are so many.
WIDTH = {GIVEN: 3, CHOICE: 3, OPEN: 4}
CALLS = 3  # of each function in a test
CANDIDATES = 4
SIZES = (1, 2, 3, 3, 4, 4)  # what stands for a size or a time; small ones show little
ELUSIVE = ("limit", "unknown", "mark")  # rules that a call may not show; most calls show the others
# What a function returns that does nothing; a test has to have something else of each.
TRIVIAL: tuple[Any, ...] = (None, True, False, 0, 1, -1, "", [], {})

ItemT = TypeVar("ItemT")
Module = dict[str, Callable[..., Any]]


@dataclass(frozen=True)
class HiddenTest:
    """One test: a box is made, functions are called on it in order, the outside reads it.

    Attributes:
        entries: What the box is made of.
        calls: (function, arguments after the box), in order.
        answers: What each call returns; a test is passed when all are the same.
    """

    entries: list[tuple[str, int]]
    calls: list[tuple[str, tuple[Any, ...]]]
    answers: list[Any]

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of all functions that are called after the maker of the box."""
        return frozenset(name for name, _ in self.calls)


@lru_cache(maxsize=64)
def hidden_tests(task: ModuleTask) -> tuple[HiddenTest, ...]:
    """Return the hidden tests of a task, the same every time.

    Each test needs the maker of the box and up to `WIDTH` more functions, so that nobody passes any
    with one function, and every function is in as many tests as any other. Of some candidates each
    time the one is taken that catches the most functions written on a wrong rule or number.
    """
    rng = np.random.default_rng(task.seed)
    right = reference(task)
    wrong = {part: list(_wrong_versions(task, part)) for part in task.parts}
    others = task.parts[1:]
    width = min(WIDTH[task.structure], len(others) - 1)
    tests = []
    for _ in range(ROUNDS):
        order = [others[i] for i in rng.permutation(len(others))]
        for n in range(len(order)):
            chosen = [order[(n + step) % len(order)] for step in range(width)]
            modules = [
                right | version for part in (task.parts[0], *chosen) for version in wrong[part]
            ]
            drawn = [_draw_test(rng, task, chosen, right) for _ in range(CANDIDATES)]
            tests.append(max(drawn, key=lambda t: _worth(task, t, modules)))
    return tuple(tests)


def reference(task: ModuleTask) -> Module:
    """Return the functions of a right module, run in this process: it is our own code."""
    source = [solution(task.module_kind, p, task.layout, task.rule_book) for p in task.parts]
    return _run([*source, outside_code(task.module_kind, task.bound)])


def passes(task: ModuleTask, test: HiddenTest, module: Module) -> bool:
    """Whether a module of our own, run in this process, passes a test; it fails where it raises."""
    try:
        box = module[task.parts[0].name](test.entries)
        return all(
            same(module[name](box, *args), answer)
            for (name, args), answer in zip(test.calls, test.answers, strict=True)
        )
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return False


def _run(sources: Sequence[str]) -> Module:
    module: Module = {}
    exec("\n".join(sources), module)
    return module


def _wrong_versions(task: ModuleTask, part: Part) -> Iterator[Module]:
    """Write a function on another value of a rule that binds it, or another number or choice."""
    kind, function = task.module_kind, task.module_kind.function(part.verb)
    books = [
        {**task.rule_book, rule: another_value(rule, value)}
        for rule, value in task.rules
        if rule in ELUSIVE and rule in rules_of(function)
    ]
    sources = [solution(kind, part, task.layout, book) for book in books]
    twins = [replace(part, k=part.k + 1)] if "{k}" in function.spec else []
    twins += [replace(part, pick=pick) for pick in function.picks if pick != part.pick]
    sources += [solution(kind, twin, task.layout, task.rule_book) for twin in twins]
    for source in sources:
        yield {part.name: _run([source])[part.name]}


def _worth(task: ModuleTask, test: HiddenTest, wrong: Sequence[Module]) -> tuple[int, int]:
    """Count what a test shows more than a constant of, and the wrong modules that fail it.

    It should show something of every function, and of what is read outside something that does not
    read the same backwards.
    """
    trivial = (*TRIVIAL, int(task.rule_book["unknown"]))
    telling = {
        name
        for (name, _), answer in zip(test.calls, test.answers, strict=True)
        if not any(same(answer, value) for value in trivial)
        and not (name.startswith(OUTSIDE) and isinstance(answer, list) and answer == answer[::-1])
    }
    return len(telling), sum(not passes(task, test, module) for module in wrong)


def _draw_test(
    rng: np.random.Generator, task: ModuleTask, chosen: Sequence[Part], right: Module
) -> HiddenTest:
    *known, stranger = _spellings(rng, task)
    entries = [(known[i], _amount(rng, task)) for i in rng.permutation(len(known))]
    names = known + 2 * [stranger]
    calls: list[tuple[str, tuple[Any, ...]]] = []
    for _ in range(CALLS):
        for i in rng.permutation(len(chosen)):
            params = task.module_kind.function(chosen[i].verb).params.split()
            calls.append((chosen[i].name, tuple(_argument(rng, task, p, names) for p in params)))
    calls += [(OUTSIDE + place.field, ()) for place in task.bound]
    box = right[task.parts[0].name](entries)
    return HiddenTest(entries, calls, [right[name](box, *args) for name, args in calls])


def _spellings(rng: np.random.Generator, task: ModuleTask) -> list[str]:
    """Draw names of which some are the same, or just not, by the rule "letters"."""
    letters = int(task.rule_book["letters"])
    one, two, three, stranger = (task.names[i] for i in rng.permutation(len(task.names))[:4])
    other = _one_of(rng, (one, two, three))
    return [one, _misspell(one, letters), two, _misspell(two, letters - 1), other, stranger]


def _misspell(name: str, place: int) -> str:
    """Change one letter."""
    return name[:place] + ("o" if name[place] == "a" else "a") + name[place + 1 :]


def _argument(rng: np.random.Generator, task: ModuleTask, param: str, names: list[str]) -> Any:
    if param in ("name", "other"):
        return _one_of(rng, names)
    if param == "amount":
        return _amount(rng, task)
    return _one_of(rng, SIZES)


def _amount(rng: np.random.Generator, task: ModuleTask) -> int:
    """Draw an amount, every other one above the limit."""
    return int(rng.integers(1, 2 * int(task.rule_book["limit"])))


def _one_of(rng: np.random.Generator, items: Sequence[ItemT]) -> ItemT:
    return items[int(rng.integers(len(items)))]
