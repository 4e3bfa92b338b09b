"""Draws functions: the blocks, then their parameters, then the hidden tests.

Most draws are thrown away, as early as possible: the tokens do not fit, a step does nothing, or
there are not tests enough that tell the program from another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from llm_collab_envs.coding.function_pair.blocks import RANGES
from llm_collab_envs.coding.function_pair.inputs import draw_agreed_text, draw_text, draw_value
from llm_collab_envs.coding.function_pair.probing import (
    SPARE,
    TESTS,
    Check,
    attempt,
    choose_tests,
    matters,
)
from llm_collab_envs.coding.function_pair.programs import (
    ARGUMENTS,
    HELPERS,
    LABELS,
    Agreed,
    Args,
    Function,
    Scope,
    Step,
    bind,
    stand_ins,
)
from llm_collab_envs.coding.function_pair.sequences import (
    Shape,
    Slots,
    domains_of,
    draw_blocks,
    fill_legs,
    place_texts,
)

EXAMPLES = 2
PILOTS = 4  # inputs that parameters are chosen by


@dataclass(frozen=True)
class Draft:
    """A function that is good enough, and its agreed value."""

    function: Function
    agreed: Agreed


def draw_helper(rand: random.Random, shape: Shape, empty: Function, end: str) -> Draft | None:
    """Give a helper its steps, to a kind of result, and its tests, or return None for bad luck."""
    slots = draw_blocks(rand, empty.kind, end, shape)
    texts = slots and place_texts(rand, slots, empty.letter, shape.arguments)
    if not slots or not texts:
        return None
    domains = domains_of(slots, texts)
    agreed = draw_agreed(rand, empty, domains[empty.letter])
    ranges = [RANGES[domains[name]] for name in ARGUMENTS[: shape.arguments]]

    def inputs(count: int, small: bool = False) -> Iterator[Args]:
        for _ in range(count):
            yield (draw_value(rand, empty.kind, small), *map(rand.choice, ranges))

    pilots = [*inputs(PILOTS)]
    steps = settle(rand, slots, texts, pilots, agreed.scope("sample"))
    if steps is None:
        return None
    wrong = bind(steps, agreed.scope("other"))
    tests = choose_tests(
        steps,
        chain(pilots, inputs(TESTS + SPARE - PILOTS)),
        agreed.scope("value"),
        lambda args, value: attempt(wrong, args) != value,
    )
    if tests is None or not matters(rand, steps, tests, agreed.scope("value"), agreed):
        return None
    examples = tuple(inputs(EXAMPLES, small=True))
    shown = bind(steps, agreed.scope("sample"))
    if any(attempt(shown, args) is None for args in examples):
        return None
    return Draft(replace(empty, steps=steps, tests=tests, examples=examples), agreed)


def draw_main(
    rand: random.Random,
    shape: Shape,
    empty: Function,
    kinds: Sequence[str],
    helpers: tuple[Function, ...],
    known: tuple[Agreed, ...],
) -> Draft | None:
    """Give main steps around its calls, and its tests, or return None for bad luck.

    Args:
        rand: The dice.
        shape: What its own steps are to be like.
        empty: Main with its calls, in order.
        kinds: The kinds of value before the first call, and after each.
        helpers: A, B and C.
        known: Their agreed values.
    """
    slots = fill_legs(rand, kinds, empty.steps, shape)
    texts = slots and place_texts(rand, slots, empty.letter, 0)
    if not slots or not texts or isinstance(slots[-1], Step):
        return None  # a main that ends with a call has examples that show nothing
    agreed = draw_agreed(rand, empty, domains_of(slots, texts)[empty.letter])
    scopes = Scopes(helpers, known, agreed)

    def inputs(count: int, small: bool = False) -> Iterator[Args]:
        for _ in range(count):
            yield (draw_value(rand, empty.kind, small),)

    pilots = [*inputs(PILOTS)]
    steps = settle(rand, slots, texts, pilots, scopes.sample)
    if steps is None:
        return None
    candidates = chain(pilots, inputs(TESTS + SPARE - PILOTS))
    tests = choose_tests(steps, candidates, scopes.true, scopes.telling(steps))
    if tests is None or not matters(rand, steps, tests, scopes.true, agreed):
        return None
    given = {call.texts[0]: kind for call, kind in zip(empty.steps, kinds[1:], strict=True)}
    examples = tuple(inputs(EXAMPLES, small=True))
    stubs = tuple(tuple(draw_value(rand, given[h], small=True) for h in HELPERS) for _ in examples)
    for args, values in zip(examples, stubs, strict=True):
        if attempt(bind(steps, {**scopes.sample, **stand_ins(values)}), args) is None:
            return None
    function = replace(empty, steps=steps, tests=tests, examples=examples, stubs=stubs)
    return Draft(function, agreed)


class Chain:
    """Values on their way through main's calls: in truth, and with one earlier helper replaced.

    Args:
        rows: A row of values for the truth, then one for each helper replaced.
    """

    def __init__(self, rows: list[list[Any]]) -> None:
        """Keep the values."""
        self.rows = rows

    def through(self, helper: Function, values: Sequence[Any], agreed: Agreed) -> Chain | None:
        """Return the chain after one more call, or None where helpers begin not to matter."""
        true, other = (bind(helper.steps, agreed.scope(which)) for which in ("value", "other"))
        rows = [[attempt(true, (x, *values)) for x in row] for row in self.rows]
        rows.append([attempt(other, (x, *values)) for x in self.rows[0]])
        columns = [
            (value, *rest)
            for n, (value, *rest) in enumerate(zip(*rows, strict=True))
            if None not in (value, *rest) and value not in rest and value not in rows[0][:n]
        ]
        if len(columns) < PILOTS - 1:
            return None
        return Chain([list(row) for row in zip(*columns, strict=True)])


class Scopes:
    """What capitals and labels stand for in main: in truth, in examples, with helpers replaced."""

    def __init__(
        self, helpers: tuple[Function, ...], known: tuple[Agreed, ...], mine: Agreed
    ) -> None:
        """Make them all."""

        def scope(own: str, theirs: Sequence[str]) -> Scope:
            bound = {
                helper.label: bind(helper.steps, agreed.scope(which))
                for helper, agreed, which in zip(helpers, known, theirs, strict=True)
            }
            return {**mine.scope(own), **bound}

        count = len(helpers)
        self.true = scope("value", ["value"] * count)
        self.sample = scope("sample", ["sample"] * count)
        self.replaced = scope("value", ["other"] * count)
        self._wrong = scope("other", ["value"] * count)
        self._mixed = [
            scope("value", ["value" if n == h else "other" for n in range(count)])
            for h in range(count)
        ]

    def telling(self, steps: tuple[Step, ...]) -> Check:
        """Return the check of a test: it shows a wrong value and every helper that is ignored."""
        replaced, wrong = bind(steps, self.replaced), bind(steps, self._wrong)
        mixed = [bind(steps, scope) for scope in self._mixed]
        results: list[Any] = []

        def check(args: Args, value: Any) -> bool:
            other = attempt(replaced, args)
            if other is None or other == value or other in results:
                return False
            if attempt(wrong, args) == value or any(attempt(m, args) == other for m in mixed):
                return False
            results.append(other)
            return True

        return check


def draw_agreed(rand: random.Random, function: Function, domain: str) -> Agreed:
    """Draw a function's agreed value, a sample that tells nothing about it, and another value."""
    value, sample = draw_agreed_text(rand, domain), draw_agreed_text(rand, domain)
    other = draw_agreed_text(rand, domain)
    while other == value:
        other = draw_agreed_text(rand, domain)
    knower = LABELS[(LABELS.index(function.label) + 1) % len(LABELS)]
    return Agreed(function.letter, value, sample, other, knower)


def settle(
    rand: random.Random,
    slots: Slots,
    texts: list[list[str]],
    pilots: Sequence[Args],
    scope: Scope,
) -> tuple[Step, ...] | None:
    """Choose the plain parameters one step after the other, or return None for a useless step."""
    steps: list[Step] = []
    states = list(pilots)
    for slot, given in zip(slots, texts, strict=True):
        if isinstance(slot, Step):
            step = slot
        else:
            values = [state[0] for state in states]
            drawn = [
                t or draw_text(rand, d, values) for t, d in zip(given, slot.domains, strict=True)
            ]
            if None in drawn:
                return None
            step = Step(slot.name, tuple(str(text) for text in drawn))
        run = bind((step,), scope)
        after = [attempt(run, state) for state in states]
        useful = [a is not None and a != s[0] for a, s in zip(after, states, strict=True)]
        if sum(useful) < PILOTS - 1:
            return None
        states = [(a, *s[1:]) for a, s in zip(after, states, strict=True) if a is not None]
        steps.append(step)
    return tuple(steps)
