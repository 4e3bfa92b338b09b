"""Composes a module: helpers whose results a main function can tell apart, and that main."""

from __future__ import annotations

import random

from llm_collab_envs.coding.function_pair.blocks import RANGES, TAGS
from llm_collab_envs.coding.function_pair.catalogue import BLOCKS
from llm_collab_envs.coding.function_pair.drawing import PILOTS, Chain, draw_helper, draw_main
from llm_collab_envs.coding.function_pair.inputs import draw_value
from llm_collab_envs.coding.function_pair.levels import Level
from llm_collab_envs.coding.function_pair.programs import (
    ARGUMENTS,
    CALL,
    HELPERS,
    LABELS,
    MAIN,
    Agreed,
    Function,
    Step,
    literal,
)

HELPER_DRAWS = 200  # before other kinds of value are tried
MAIN_DRAWS = 12  # before other helpers are tried
INPUT_KINDS = ("numbers", "words", "text", "table", "records")

Module = tuple[tuple[Function, ...], tuple[Agreed, ...]]


def compose(rand: random.Random, split: str, level: Level, names: list[str]) -> Module | None:
    """Draw three helpers and a main that calls them in some order, or None for bad luck."""
    kinds = _kinds(rand, level)
    chain = Chain([[draw_value(rand, kinds[0]) for _ in range(PILOTS)]])
    helpers: dict[str, Function] = {}
    agreed: dict[str, Agreed] = {}
    calls: list[Step] = []
    for at, label in enumerate(rand.sample(HELPERS, len(HELPERS))):
        name = names[LABELS.index(label)]
        for _ in range(HELPER_DRAWS):
            empty = _empty(rand, level, label, name, kinds[at])
            draft = draw_helper(rand, level.shape(split, empty), empty, kinds[at + 1])
            if draft is None:
                continue
            call = _call(rand, draft.function)
            longer = chain.through(draft.function, [*map(literal, call.texts[1:])], draft.agreed)
            if longer is not None:
                break
        else:
            return None
        chain = longer
        helpers[label], agreed[label] = draft.function, draft.agreed
        calls.append(call)
    ordered = tuple(helpers[label] for label in HELPERS)
    known = tuple(agreed[label] for label in HELPERS)
    main = Function(MAIN, names[-1], kinds[0], ("x",), "", tuple(calls), (), ())
    shape = level.shape(split, main, {helper.label: helper.signature for helper in ordered})
    for _ in range(MAIN_DRAWS):
        draft = draw_main(rand, shape, main, kinds, ordered, known)
        if draft is not None:
            return (*ordered, draft.function), (*known, draft.agreed)
    return None


def _kinds(rand: random.Random, level: Level) -> list[str]:
    """Draw the kinds of value before main's first call and after each call."""
    if not level.converts:
        return [rand.choice(level.kinds)] * 4
    rich = [kind for kind in level.kinds if kind in INPUT_KINDS]
    return [*(rand.choice(rich) for _ in range(3)), rand.choice(level.kinds)]


def _empty(rand: random.Random, level: Level, label: str, name: str, kind: str) -> Function:
    """Draw what a caller has to know of a helper."""
    parameters = ("x", *ARGUMENTS[: level.arguments])
    order = tuple(rand.sample(parameters, len(parameters)))
    key = rand.choice(TAGS) if level.keyed else ""
    return Function(label, name, kind, order, key, (), (), ())


def _call(rand: random.Random, helper: Function) -> Step:
    """Draw the numbers that main calls a helper with."""
    domains = {
        text: domain
        for step in helper.steps
        for text, domain in zip(step.texts, BLOCKS[step.block].domains, strict=True)
    }
    names = [name for name in ARGUMENTS if name in helper.parameters]
    return Step(CALL, (helper.label, *(str(rand.choice(RANGES[domains[n]])) for n in names)))
