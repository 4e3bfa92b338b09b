"""Chooses hidden tests that can tell right from nearly right.

An input becomes a test where leaving out any step that can be left out changes the result, where
what a wrong agreed value makes is another result, and where no other test has the same result: so
a constant, the input itself, or a program with a step missing pass next to nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from llm_collab_envs.coding.function_pair.catalogue import BLOCKS
from llm_collab_envs.coding.function_pair.inputs import agreed_values
from llm_collab_envs.coding.function_pair.programs import CALL, Agreed, Args, Run, Scope, Step, bind

TESTS = 10
SPARE = 4  # inputs that may turn out to be no tests
GUESSES = 30  # wrong agreed values that are tried
LONGEST_VALUE = 400  # characters

Check = Callable[[Args, Any], bool]


def attempt(run: Run, args: Args) -> Any:
    """Return a program's value, or None where it has none that a test could use."""
    try:
        value = run(*args)
    except (ValueError, IndexError):  # of an empty list, an empty word
        return None
    usable = value or isinstance(value, int)
    return value if usable and len(str(value)) <= LONGEST_VALUE else None


def choose_tests(
    steps: tuple[Step, ...], inputs: Iterable[Args], scope: Scope, telling: Check
) -> tuple[Args, ...] | None:
    """Choose hidden tests.

    Args:
        steps: The program.
        inputs: What to choose from.
        scope: The true agreed values, and the helpers of main.
        telling: Says of an input and its result whether they make a test.

    Returns:
        The tests, or None where there are too few.
    """
    run = bind(steps, scope)
    shorter = [
        bind(steps[:n] + steps[n + 1 :], scope)
        for n, step in enumerate(steps)
        if step.block != CALL and BLOCKS[step.block].keeps
    ]
    tests: list[Args] = []
    results: list[Any] = []
    for seen, args in enumerate(inputs):
        if seen - len(tests) > SPARE:
            return None
        value = attempt(run, args)
        if value is None or value == args[0] or value in results:
            continue
        if all(attempt(other, args) != value for other in shorter) and telling(args, value):
            tests.append(args)
            results.append(value)
            if len(tests) == TESTS:
                return tuple(tests)
    return None


def matters(
    rand: random.Random,
    steps: tuple[Step, ...],
    tests: Sequence[Args],
    scope: Scope,
    agreed: Agreed,
) -> bool:
    """Whether the tests tell the program from others with other numbers or another agreed value."""
    return numbers_matter(steps, tests, scope) and value_matters(rand, steps, tests, scope, agreed)


def value_matters(
    rand: random.Random,
    steps: tuple[Step, ...],
    tests: Sequence[Args],
    scope: Scope,
    agreed: Agreed,
) -> bool:
    """Whether hardly any wrong agreed value passes two of the tests, so that guessing is no use."""
    pair = tests[:2]
    right = bind(steps, scope)
    results = [right(*args) for args in pair]
    for value in rand.sample(agreed_values(agreed.value), GUESSES):
        if value != scope[agreed.letter]:
            run = bind(steps, {**scope, agreed.letter: value})
            if all(attempt(run, args) == r for args, r in zip(pair, results, strict=True)):
                return False
    return True


def numbers_matter(steps: tuple[Step, ...], tests: Sequence[Args], scope: Scope) -> bool:
    """Whether adding one to any plain number of a program but a threshold changes some result."""
    results = [bind(steps, scope)(*args) for args in tests]
    for n, step in enumerate(steps):
        domains = () if step.block == CALL else BLOCKS[step.block].domains
        for p, domain in enumerate(domains):
            if domain == "level" or not step.texts[p].isdigit():
                continue
            text = str(int(step.texts[p]) + 1)
            other = replace(step, texts=(*step.texts[:p], text, *step.texts[p + 1 :]))
            run = bind((*steps[:n], other, *steps[n + 1 :]), scope)
            if all(attempt(run, args) == r for args, r in zip(tests, results, strict=True)):
                return False
    return True
