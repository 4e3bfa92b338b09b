"""Hidden tests: sequences of calls of the whole module, and what a right module answers."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from llm_collab_envs.coding.module_assembly.layout import Layout, usual_place
from llm_collab_envs.coding.module_assembly.rules import another_value, rules_of
from llm_collab_envs.coding.module_assembly.source import Part, solution
from llm_collab_envs.coding.module_assembly.tasks import CHOICE, GIVEN, OPEN, ModuleTask
from llm_collab_envs.sandbox import same

ROUNDS = 3  # tests for each function besides the one that makes the box
# Functions of a test besides that one, where there are so many.
WIDTH = {GIVEN: 3, CHOICE: 3, OPEN: 4}
CALLS = 3  # of each function in a test
CANDIDATES = 4
UNCAUGHT = 4  # what it counts for besides to catch a wrong module that no test has caught
SIZES = (1, 2, 3, 3, 4, 4)  # what stands for a size or a time; small ones show little
ELUSIVE = ("limit", "unknown", "mark")  # rules that a call may not show; most calls show the others
# What a function returns that does nothing; a test has to have something else of each.
TRIVIAL: tuple[Any, ...] = (None, True, False, 0, 1, -1, "", [], {})

LENGTH = 7  # letters that every name has, at least

Fields = dict[str, Any]
ItemT = TypeVar("ItemT")
Module = dict[str, Callable[..., Any]]


@dataclass(frozen=True)
class HiddenTest:
    """One test: a box is made, then functions are called on it in order.

    Attributes:
        entries: What the box is made of.
        calls: (function, arguments after the box), in order.
        answers: What each call returns.
        fields: What the box holds by field: as it is made, then after each call.
    """

    entries: list[tuple[str, int]]
    calls: list[tuple[str, tuple[Any, ...]]]
    answers: list[Any]
    fields: list[Fields]

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of all functions that are called after the maker of the box."""
        return frozenset(name for name, _ in self.calls)


@lru_cache(maxsize=64)
def hidden_tests(task: ModuleTask) -> tuple[HiddenTest, ...]:
    """Return the hidden tests of a task, the same every time.

    Each test needs the maker of the box and up to `WIDTH` more functions, so that nobody passes any
    with one function, and every function is in as many tests as any other. Of some candidates each
    time the one is taken that catches the most functions written on a wrong rule or number; those
    that nothing has caught yet count for more.
    """
    rng = np.random.default_rng(task.seed)
    right = reference(task)
    wrong = {part: [right | w for w in _wrong_versions(task, part)] for part in task.parts}
    caught: set[int] = set()
    others = task.parts[1:]
    width = min(WIDTH[task.structure], len(others) - 1)
    tests = []
    for _ in range(ROUNDS):
        order = [others[i] for i in rng.permutation(len(others))]
        for n in range(len(order)):
            chosen = [order[(n + step) % len(order)] for step in range(width)]
            modules = [module for part in (task.parts[0], *chosen) for module in wrong[part]]
            drawn = [_draw_test(rng, task, chosen, right) for _ in range(CANDIDATES)]
            caught_by = [(test, _caught(task, test, modules)) for test in drawn]
            test, new = max(caught_by, key=lambda pair: _worth(task, pair[0], pair[1], caught))
            tests.append(test)
            caught |= new
    return tuple(tests)


def reference(task: ModuleTask) -> Module:
    """Return the functions of a right module, run in this process: it is our own code.

    Its box holds each field under its own name, in the first of its forms.
    """
    layout = _usual_layout(task)
    return _run([solution(task.module_kind, p, layout, task.rule_book) for p in task.parts])


def passes(test: HiddenTest, maker: str, module: Module) -> bool:
    """Whether a module on boxes as the reference makes them, run in this process, passes a test."""
    try:
        box = module[maker](test.entries)
        if box != test.fields[0]:
            return False
        for (name, args), answer, after in zip(
            test.calls, test.answers, test.fields[1:], strict=True
        ):
            if not same(module[name](box, *args), answer) or box != after:
                return False
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return False
    return True


def _usual_layout(task: ModuleTask) -> Layout:
    return tuple(usual_place(task.module_kind, field.name) for field in task.module_kind.fields)


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
    layout = _usual_layout(task)
    sources = [solution(kind, part, layout, book) for book in books]
    twins = [replace(part, k=part.k + 1)] if "{k}" in function.spec else []
    twins += [replace(part, pick=pick) for pick in function.picks if pick != part.pick]
    sources += [solution(kind, twin, layout, task.rule_book) for twin in twins]
    for source in sources:
        yield {part.name: _run([source])[part.name]}


def _caught(task: ModuleTask, test: HiddenTest, wrong: Sequence[Module]) -> set[int]:
    """Return the ids of the wrong modules that a test catches."""
    return {id(module) for module in wrong if not passes(test, task.parts[0].name, module)}


def _worth(
    task: ModuleTask, test: HiddenTest, caught: set[int], before: set[int]
) -> tuple[int, int]:
    """Count the functions that a test shows more than a constant of, and what it catches."""
    trivial = (*TRIVIAL, int(task.rule_book["unknown"]))
    telling = {
        name
        for (name, _), answer in zip(test.calls, test.answers, strict=True)
        if not any(same(answer, value) for value in trivial)
    }
    return len(telling), len(caught) + UNCAUGHT * len(caught - before)


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
    box = right[task.parts[0].name](entries)
    answers, fields = [], [_copied(box)]
    for name, args in calls:
        answers.append(right[name](box, *args))
        fields.append(_copied(box))
    return HiddenTest(entries, calls, answers, fields)


def _copied(box: Fields) -> Fields:
    """Return a copy of a box, which holds plain values only, faster than `deepcopy` does."""
    return dict(marshal.loads(marshal.dumps(box)))


def _spellings(rng: np.random.Generator, task: ModuleTask) -> list[str]:
    """Draw names of which some differ in one letter, at places that do not depend on the rules."""
    one, two, three, stranger = (task.names[i] for i in rng.permutation(len(task.names))[:4])
    places = rng.integers(1, LENGTH, 2)
    twins = [_misspell(name, int(n)) for name, n in zip((one, two), places, strict=True)]
    return [one, two, *twins, _one_of(rng, (one, two, three)), stranger]


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
    """Draw an amount, often a large one; all that it tells of the limit is how long that is."""
    most = 10 ** len(task.rule_book["limit"])
    return int(rng.integers(1 if rng.integers(3) else most * 4 // 5, most))


def _one_of(rng: np.random.Generator, items: Sequence[ItemT]) -> ItemT:
    return items[int(rng.integers(len(items)))]
