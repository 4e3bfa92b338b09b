"""Scores a module by hidden tests: each function by its own, and all together.

    Q = (2 F + 3 M) / 5

F is the mean over functions of the share of their own hidden tests that pass; helpers are run
alone, main with its helpers replaced by others. M is the share of the module's hidden tests that
pass, but never more than the share of any function's own: a main that does without its helpers
fails when they are replaced, and a helper that lives on what another part leaves lying about fails
alone. Main is run only where its source uses its helpers' names and keys, so that looking for them
in the module does not replace being told. What one constant, or the argument itself, would pass
counts for nothing in any share.
A pair that says nothing has half of F, and less than a quarter of Q.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm_collab_envs.coding.coding_env import LIMITS, Execute, source_of
from llm_collab_envs.coding.function_pair.programs import MAIN, Function, bind
from llm_collab_envs.coding.function_pair.tasks import PairTask
from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.naming import knows
from llm_collab_envs.coding.parsing import defined_functions
from llm_collab_envs.sandbox import Call, Job, Outcome, same

MODULE = "module"


@dataclass(frozen=True)
class PairScore:
    """How good a module is; everything is in [0, 1].

    Attributes:
        quality: Q.
        pass_rate: Hidden tests passed over all.
        functions: F.
        module: M.
        conflicts: Share of the functions that more than one part defines.
    """

    quality: float
    pass_rate: float
    functions: float
    module: float
    conflicts: float


@dataclass(frozen=True)
class Suite:
    """Hidden tests that are run together.

    Attributes:
        label: The function that they test, or "module".
        calls: The calls.
        expected: What each has to return.
        after: Trusted source that is put after what is tested.
        floor: The share of the tests that one constant or an argument would pass.
    """

    label: str
    calls: tuple[Call, ...]
    expected: tuple[Any, ...]
    after: str
    floor: float

    def passed(self, outcome: Outcome | None) -> int:
        """Return how many tests passed; where nothing was run, none did."""
        if outcome is None:
            return 0
        answers = zip(outcome.answers, self.expected, strict=True)
        return sum(a.status == "ok" and same(a.value, value) for a, value in answers)

    def share(self, passed: int) -> float:
        """Return the share of tests passed, with the floor as zero."""
        rate = passed / len(self.calls)
        return max(0.0, (rate - self.floor) / (1 - self.floor)) if self.floor < 1 else 0.0


def score(
    task: PairTask,
    parts: Mapping[str, str],
    shares: Mapping[str, Sequence[Function]],
    execute: Execute,
) -> PairScore:
    """Score the parts submitted so far.

    Args:
        task: The module to write.
        parts: What was submitted, by agent.
        shares: The functions that each agent writes.
        execute: Runs jobs in the sandbox.
    """
    sources = {agent: source_of(parts[agent]) for agent in shares if agent in parts}
    sources = {agent: source for agent, source in sources.items() if source}
    tested = {f.label: sources[a] for a in shares if a in sources for f in shares[a]}
    *helpers, main = task.functions
    if main.label in tested and not knows(tested[main.label], _interface(helpers)):
        del tested[main.label]
    if len(tested) == len(task.functions):
        tested[MODULE] = joined(*sources.values())
    suites = suites_of(task)
    run = [suite for suite in suites if suite.label in tested]
    jobs = [Job(f"{tested[s.label]}\n\n{s.after}", s.calls, LIMITS) for s in run]
    outcomes = {s.label: outcome for s, outcome in zip(run, execute(jobs), strict=True)}
    passed = {suite.label: suite.passed(outcomes.get(suite.label)) for suite in suites}
    rates = {suite.label: suite.share(passed[suite.label]) for suite in suites}
    functions = sum(rates[f.label] for f in task.functions) / len(task.functions)
    module = min(rates.values())
    defined = [defined_functions(source) for source in sources.values()]
    twice = sum(sum(f.name in names for names in defined) > 1 for f in task.functions)
    return PairScore(
        quality=(2 * functions + 3 * module) / 5,
        pass_rate=sum(passed.values()) / sum(len(suite.calls) for suite in suites),
        functions=functions,
        module=module,
        conflicts=twice / len(task.functions),
    )


def check_suites(task: PairTask) -> None:
    """Raise ValueError where hidden tests measure nothing, as one guess passes all of them."""
    for suite in suites_of(task):
        if suite.floor == 1:
            raise ValueError(
                f"one constant, or an argument as it is, passes all hidden tests of {suite.label}, "
                f"so they count for nothing: give {suite.label} tests with different results, some "
                "of which are none of its arguments"
            )


def _interface(helpers: Sequence[Function]) -> list[str]:
    """Return what main's author can only have been told of the helpers: their names and keys."""
    return [word for helper in helpers for word in (helper.name, helper.key) if word]


@lru_cache(maxsize=64)
def suites_of(task: PairTask) -> tuple[Suite, ...]:
    """Return all hidden tests of a task: of each function, and of the module."""
    *helpers, main = task.functions
    true, other = task.scope("value"), task.scope("other")
    sources = "\n\n".join(helper.source(task.known("other")) for helper in helpers)
    replaced = {letter: true[letter] for letter in main.letters}
    replaced |= {helper.label: bind(helper.steps, other) for helper in helpers}
    whole = {**true, **{helper.label: bind(helper.steps, true) for helper in helpers}}
    return (
        *(_suite(helper.label, helper, true, "") for helper in helpers),
        _suite(MAIN, main, replaced, sources),
        _suite(MODULE, main, whole, ""),
    )


def _suite(label: str, function: Function, scope: Mapping[str, Any], after: str) -> Suite:
    run = bind(function.steps, scope)
    expected = tuple(function.wrapped(run(*args)) for args in function.tests)
    calls = tuple(Call(function.name, function.ordered(args)) for args in function.tests)
    guesses = [sum(same(value, other) for other in expected) for value in expected]
    for n in range(len(function.parameters)):
        pairs = zip(calls, expected, strict=True)
        guesses.append(sum(same(call.args[n], value) for call, value in pairs))
    return Suite(label, calls, expected, after, max(guesses) / len(expected))
