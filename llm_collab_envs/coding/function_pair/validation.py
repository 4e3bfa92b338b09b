"""Refuses tasks that nobody could play: what a user's own file may get wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from keyword import iskeyword
from typing import Any

from llm_collab_envs.coding.function_pair.blocks import KINDS
from llm_collab_envs.coding.function_pair.catalogue import BLOCKS
from llm_collab_envs.coding.function_pair.programs import (
    ARGUMENTS,
    CALL,
    HELPERS,
    LABELS,
    LETTERS,
    LITERAL,
    MAIN,
    NAME,
    PARAMETER,
    Agreed,
    Function,
    Step,
    bind,
    literal,
)

_RAISED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def check(functions: Sequence[Function], agreed: Sequence[Agreed]) -> None:
    """Check a task's functions and agreed values; raises ValueError for what makes no sense."""
    if tuple(function.label for function in functions) != LABELS:
        raise ValueError(f"functions must be {', '.join(LABELS)}, in this order")
    names = [function.name for function in functions]
    fine = all(NAME.fullmatch(name) and not iskeyword(name) for name in names)
    if len(set(names)) < len(names) or not fine:
        raise ValueError(
            "names must be four different words in small letters that are no keywords of Python; "
            f"got {names}"
        )
    for value in agreed:
        _check_agreed(value)
    letters = [value.letter for value in agreed]
    needed = set().union(*(function.letters for function in functions))
    if len(set(letters)) < len(letters) or needed - set(letters):
        raise ValueError(f"each of {sorted(needed)} must be agreed on once; got {letters}")
    for function in functions:
        _check_function(function)
    steps = [step for function in functions for step in function.steps if step.block != CALL]
    used = {word for step in steps for word in re.findall(r"\w+", BLOCKS[step.block].code)}
    if used.intersection(names):
        raise ValueError(f"names must be none that the steps use; got {used.intersection(names)}")
    *helpers, main = functions
    for helper in helpers:
        call = next(s for s in main.steps if s.block == CALL and s.texts[0] == helper.label)
        if len(call.texts) != len(helper.parameters):
            more = len(helper.parameters) - 1
            raise ValueError(f"main must call {helper.label} with {more} arguments beside x")
    for which in ("value", "sample", "other"):
        _check_runs(functions, {a.letter: literal(getattr(a, which)) for a in agreed})


def _check_agreed(value: Agreed) -> None:
    texts = (value.value, value.sample, value.other)
    if value.letter not in LETTERS or value.knower not in LABELS:
        raise ValueError(f"no author of {value.knower!r} can know {value.letter!r}")
    if not all(map(LITERAL.fullmatch, texts)) or value.value == value.other:
        raise ValueError(f"an agreed value is like 17 or 'kam', and other differs; got {texts}")


def _check_function(function: Function) -> None:
    where = f"function {function.label}"
    if function.kind not in KINDS:
        raise ValueError(f"{where} works on {function.kind!r}; kinds are {', '.join(KINDS)}")
    order = sorted(function.parameters)
    if order not in (["x"], ["n", "x"], ["m", "n", "x"]) or (
        function.label == MAIN and order != ["x"]
    ):
        raise ValueError(f"{where} cannot have the parameters {function.parameters}")
    if function.key and (not NAME.fullmatch(function.key) or function.label == MAIN):
        raise ValueError(f"{where} cannot return its result under {function.key!r}")
    if not function.steps or not function.tests or not function.examples:
        raise ValueError(f"{where} needs steps, tests and examples")
    for step in function.steps:
        _check_step(function, step)
    for args in (*function.tests, *function.examples):
        if len(args) != len(function.parameters):
            raise ValueError(f"{where} is tested with {len(args)} arguments")
    if function.label == MAIN:
        calls = [step.texts[0] for step in function.steps if step.block == CALL]
        if sorted(calls) != list(HELPERS):
            raise ValueError(f"main must call each of {', '.join(HELPERS)} once; it calls {calls}")
        if [len(row) for row in function.stubs] != [len(HELPERS)] * len(function.examples):
            raise ValueError("main needs a stub for each helper in each example")


def _check_step(function: Function, step: Step) -> None:
    where = f"function {function.label}"
    if step.block == CALL:
        label, *values = step.texts or ("",)
        fine = function.label == MAIN and label in HELPERS and len(values) <= len(ARGUMENTS)
        if not fine or not all(value.isdigit() for value in values):
            raise ValueError(f"{where} cannot call {step.texts}")
        return
    if step.block not in BLOCKS:
        raise ValueError(f"{where} has a step {step.block!r}, of which there is no block")
    if len(step.texts) != len(BLOCKS[step.block].domains):
        raise ValueError(f"{where}: the parameters of {step.block!r} are not {step.texts}")
    for text in step.texts:
        if not PARAMETER.fullmatch(text) or (text in ARGUMENTS and text not in function.parameters):
            raise ValueError(f"{where}: no parameter of {step.block!r} is written {text!r}")


def _check_runs(functions: Sequence[Function], scope: dict[str, Any]) -> None:
    """Run every program on all its inputs; blocks are this package's own code."""
    *helpers, main = functions
    bound = {helper.label: bind(helper.steps, scope) for helper in helpers}
    for function in (*helpers, main):
        run = bind(function.steps, {**scope, **bound})
        for args in (*function.tests, *function.examples):
            try:
                run(*args)
            except _RAISED as problem:
                raise ValueError(
                    f"function {function.label} fails on {args!r}: {problem!r}"
                ) from problem
