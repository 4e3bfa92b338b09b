"""The hidden tests, run by the judge on answers that came out of the sandbox.

The tests of a problem are a function `check(candidate)` full of assertions. The judge runs it once
on the canonical solution and records the calls; a submission gets these calls in the sandbox, and
the judge runs `check` again on a stand-in that gives the submission's answers, in order. Neither
the expected values nor the test code ever meet the submission, and its answers are plain values of
exact types. Every assertion counts for itself: in a copy of `check` each one notes whether it holds
and goes on.
"""

from __future__ import annotations

import ast
import builtins
import copy
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import CodeType, ModuleType
from typing import Any

from llm_collab_envs.coding.human_eval.problems import Problem, problems
from llm_collab_envs.sandbox import Answer, Call, same

_HOLDS = "_judge_holds"
_GUESSES = 5


class NoAnswerError(Exception):
    """Raised in place of an answer that did not come."""


@dataclass(frozen=True)
class Hidden:
    """The hidden tests of a problem.

    Attributes:
        calls: Arguments of each call, in order.
        total: How many assertions there are.
        floor: How many of them hold for a function that knows the visible examples, and otherwise
            gives the same value every time or one of its arguments; always less than `total`.
    """

    calls: tuple[tuple[Any, ...], ...]
    total: int
    floor: int


@cache
def hidden(number: int) -> Hidden:
    """Return the hidden tests of a problem."""
    problem = problems()[number]
    solve = _canonical(number)
    calls: list[tuple[Any, ...]] = []
    values: list[Any] = []

    def record(*args: Any) -> Any:
        calls.append(copy.deepcopy(args))
        values.append(solve(*args))
        return copy.deepcopy(values[-1])

    total = len(_check(number, record))
    shown = {repr(call.args): value for _, call, value in problem.cases(problem.entry)}
    guesses = _guesses(problem, calls, values)
    floors = [
        max(sum(held(number, _unless(known, calls, guess), total)) for guess in guesses)
        for known in (shown, {})
    ]
    # Where the examples are all there is to the tests, or one value, only all of them count.
    floor = next((floor for floor in floors if floor < total), total - 1)
    return Hidden(tuple(calls), total, floor)


def sound_cases(number: int, name: str) -> list[tuple[str, Call, Any]]:
    """Return the visible examples that the canonical solution keeps to; not all are right."""
    problem = problems()[number]
    solve = _canonical(number)
    return [
        case for case in problem.cases(name) if same(solve(*copy.deepcopy(case[1].args)), case[2])
    ]


@cache
def _canonical(number: int) -> Callable[..., Any]:
    problem = problems()[number]
    namespace: dict[str, Any] = {}
    exec(compile(problem.prompt + problem.solution, "<canonical>", "exec"), namespace)
    solve: Callable[..., Any] = namespace[problem.entry]
    return solve


def _guesses(
    problem: Problem, calls: Sequence[tuple[Any, ...]], values: Sequence[Any]
) -> list[list[Any]]:
    """What functions give that know nothing of the problem: a value, or one of the arguments."""
    by_text = {repr(value): value for value in values}
    common = Counter(map(repr, values)).most_common(_GUESSES)
    constants = [[by_text[text]] * len(calls) for text, _ in common] + [[None] * len(calls)]
    return constants + [[args[i] for args in calls] for i in range(len(problem.parameters))]


def _unless(
    known: Mapping[str, Any], calls: Sequence[tuple[Any, ...]], guess: Sequence[Any]
) -> list[Answer]:
    """The known values of calls, and a guess at the others."""
    pairs = zip(calls, guess, strict=True)
    return [Answer("ok", known.get(repr(args), value)) for args, value in pairs]


def held(number: int, answers: Sequence[Answer], total: int) -> list[bool]:
    """Return which assertions hold on these answers; those that were not reached do not."""
    left = iter(answers)

    def give(*args: Any) -> Any:
        answer = next(left, None)
        if answer is None or answer.status != "ok":
            raise NoAnswerError
        return copy.deepcopy(answer.value)

    found = _check(number, give)[:total]
    return found + [False] * (total - len(found))


def _check(number: int, candidate: Callable[..., Any]) -> list[bool]:
    """Run the hidden tests on a candidate."""
    found: list[bool] = []

    def holds(condition: Callable[[], Any]) -> None:
        try:
            found.append(bool(condition()))
        except Exception:  # whatever an answer of the wrong type makes of the condition
            found.append(False)

    namespace: dict[str, Any] = {
        "__builtins__": {**vars(builtins), "__import__": _importer(number)},
        _HOLDS: holds,
    }
    exec(_compiled(number), namespace)
    try:
        namespace["check"](candidate)
    except Exception:  # the same, outside of an assertion
        return found
    return found


@cache
def _compiled(number: int) -> CodeType:
    """Return the canonical solution, which some tests call by its name, and tests that go on."""
    problem = problems()[number]
    tree = ast.parse(f"{problem.prompt}{problem.solution}\n{problem.test}")
    return compile(ast.fix_missing_locations(_Counted().visit(tree)), "<hidden tests>", "exec")


class _Counted(ast.NodeTransformer):
    """Makes a call of every assertion; those that hold whatever the candidate does are left out."""

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        """Replace one assertion."""
        if isinstance(node.test, ast.Constant):
            return ast.copy_location(ast.Pass(), node)
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        call = ast.Call(ast.Name(_HOLDS, ast.Load()), [ast.Lambda(nothing, node.test)], [])
        return ast.copy_location(ast.Expr(call), node)


def _importer(number: int) -> Callable[..., Any]:
    """An import whose `random` draws the same every time, and not from the judge's own."""
    draw = random.Random(number)
    module = ModuleType("random")
    public = {name: getattr(draw, name) for name in dir(draw) if not name.startswith("_")}
    vars(module).update(public, Random=random.Random)

    def find(name: str, *rest: Any, **more: Any) -> Any:
        return module if name == "random" else builtins.__import__(name, *rest, **more)

    return find
