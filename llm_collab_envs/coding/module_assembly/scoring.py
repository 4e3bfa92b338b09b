"""Scores of module assembly: the hidden tests that the assembled module passes.

The parts of all agents are put together in one file, in the order of the agents, and run in the
sandbox; a part that does not run by itself is left out. A hidden test calls several functions on
one box and is passed when all answers are right, so one function alone passes none.

Then each part is run again without the others, on the boxes that came into its functions, and has
to make the same of them: what its author was not told cannot come from a teammate's variables.
"""

from __future__ import annotations

import marshal
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from llm_collab_envs.coding.coding_env import LIMITS, hasty, source_of
from llm_collab_envs.coding.module_assembly.hidden import HiddenTest, hidden_tests
from llm_collab_envs.coding.module_assembly.source import OUTSIDE, outside_code, recorder_code
from llm_collab_envs.coding.module_assembly.tasks import ModuleTask
from llm_collab_envs.sandbox import Answer, Call, Job, Outcome, Ref, fits, same

_WORD = re.compile(r"\w+")
_DEFINITION = re.compile(r"^def (\w{1,80})\(", re.MULTILINE)

Execute = Callable[[Sequence[Job]], Sequence[Outcome]]


@dataclass(frozen=True)
class Step:
    """What a function made of a box in a test that was passed.

    Attributes:
        function: The function.
        called: What the judge called, to see the box as well.
        args: What it was called with: the box first, but for the function that makes it.
        made: What came of it: the box, or the answer and the box.
    """

    function: str
    called: str
    args: tuple[Any, ...]
    made: Answer

    @cached_property
    def key(self) -> bytes:
        """What no other step has."""
        return marshal.dumps((self.called, self.args, self.made.value), 2)

    @cached_property
    def able(self) -> bool:
        """Whether it can be made again: all but the box is the judge's own."""
        return fits(self.args[0])

    def is_made(self, answer: Answer) -> bool:
        """Whether an answer is what was made."""
        if answer.key == self.made.key:
            return True
        return answer.status == "ok" and same(answer.value, self.made.value)


@dataclass(frozen=True)
class Known:
    """What earlier scores of a task have judged, so that it is not judged again.

    Attributes:
        steps: By the number of a test and the keys of its answers: its steps.
        alone: By part and step: whether it takes it alike without the others.
    """

    steps: dict[tuple[object, ...], list[Step]] = field(default_factory=dict)
    alone: dict[tuple[str, bytes], bool] = field(default_factory=dict)


@dataclass(frozen=True)
class ModuleScore:
    """What a module is worth.

    Attributes:
        pass_rate: Hidden tests passed over all; it is the quality.
        duplication: Functions of the module that are there again over all that are there.
    """

    pass_rate: float
    duplication: float


def score(
    task: ModuleTask, parts: Mapping[str, str], execute: Execute, known: Known | None = None
) -> ModuleScore:
    """Score the module made of all agents' parts.

    Args:
        task: The task.
        parts: Each agent's submission.
        execute: Runs jobs in a sandbox.
        known: What earlier scores of this task have judged; it is added to.
    """
    known = known or Known()
    sources = [source_of(text) for _, text in sorted(parts.items()) if text]
    loaded = execute([Job(source, (), hasty(LIMITS)) for source in sources])
    running = [s for s, outcome in zip(sources, loaded, strict=True) if outcome.status == "ok"]
    tests = hidden_tests(task)
    passed = _passed(task, tests, running, execute, known.steps)
    if len(running) > 1:
        alike = _alike(task, running, passed, execute, known.alone)
        passed = [steps for steps in passed if all(step.key in alike for step in steps)]
    return ModuleScore(
        pass_rate=len(passed) / len(tests),
        duplication=_duplication(task, running),
    )


def _passed(
    task: ModuleTask,
    tests: Sequence[HiddenTest],
    sources: Sequence[str],
    execute: Execute,
    known: dict[tuple[object, ...], list[Step]],
) -> list[list[Step]]:
    """Return the steps of the tests that a module passes, without those of the outside code.

    Tests that need what is not there are not run.
    """
    words = frozenset[str]().union(*map(_words, sources))
    missing = {part.name for part in task.parts} - words
    able = tuple(n for n, test in enumerate(tests) if missing.isdisjoint(test.functions))
    if task.parts[0].name in missing or not able:
        return []
    module = "\n\n".join(sources)
    outside = outside_code(task.module_kind, task.bound)
    source = f"{module}\n\n{_recorders(task, words)}\n{outside}"
    [outcome] = execute([Job(source, _calls(task, able), LIMITS)])
    left = iter(outcome.answers)
    passed = []
    for n in able:
        answers = [next(left) for _ in range(1 + len(tests[n].calls))]
        key = (n, *(answer.key for answer in answers))
        if key not in known:
            known[key] = _steps(task, tests[n], answers)
        passed.append(known[key])
    return [steps for steps in passed if steps]


def _recorders(task: ModuleTask, words: frozenset[str]) -> str:
    """Return the judge's functions for the functions that a source names; others Monty refuses."""
    return recorder_code(task.module_kind, [p for p in task.parts[1:] if p.name in words])


@lru_cache(maxsize=64)
def _words(source: str) -> frozenset[str]:
    return frozenset(_WORD.findall(source))


@lru_cache(maxsize=64)
def _calls(task: ModuleTask, numbers: tuple[int, ...]) -> tuple[Call, ...]:
    """Return the calls of some tests."""
    tests = hidden_tests(task)
    calls: list[Call] = []
    for n in numbers:
        box = Ref(len(calls))
        calls.append(Call(task.parts[0].name, (tests[n].entries,)))
        calls += [Call(_recorded(name), (box, *args)) for name, args in tests[n].calls]
    return tuple(calls)


@lru_cache(maxsize=256)
def _recorded(name: str) -> str:
    """What is called in the place of a function, to see the box as well."""
    return name if name.startswith(OUTSIDE) else f"{OUTSIDE}call_{name}"


def _steps(task: ModuleTask, test: HiddenTest, answers: Sequence[Answer]) -> list[Step]:
    """Return the steps of a test, or none where an answer is wrong."""
    if any(answer.status != "ok" for answer in answers):
        return []
    made, *given = answers
    maker, box = task.parts[0].name, made.value
    steps = [Step(maker, maker, (test.entries,), made)]
    for (name, args), answer, right in zip(test.calls, given, test.answers, strict=True):
        outside = name.startswith(OUTSIDE)
        said = [answer.value, box] if outside else answer.value
        if not isinstance(said, list) or len(said) != 2 or not same(said[0], right):
            return []
        if not outside:
            steps.append(Step(name, _recorded(name), (box, *args), answer))
            box = said[1]
    return steps


def _alike(
    task: ModuleTask,
    sources: Sequence[str],
    passed: Sequence[Sequence[Step]],
    execute: Execute,
    alone: dict[tuple[str, bytes], bool],
) -> set[bytes]:
    """Return the keys of the steps that some part takes alike without the others.

    A box that is too deep to be given to a part again is not plain data.
    """
    todo: list[tuple[str, list[Step]]] = []
    taken: list[tuple[str, bytes]] = []
    for source in sources:
        words = _words(source)
        mine = [step for steps in passed for step in steps if step.function in words]
        taken += [(source, step.key) for step in mine]
        new = [step for step in mine if (source, step.key) not in alone]
        alone.update(((source, step.key), False) for step in new)
        able = [step for step in new if step.able]
        if able:
            todo.append((source, able))
    jobs = [
        Job(
            f"{source}\n\n{_recorders(task, _words(source))}",
            tuple(Call(step.called, step.args) for step in able),
            LIMITS,
        )
        for source, able in todo
    ]
    for (source, able), outcome in zip(todo, execute(jobs), strict=True):
        for step, answer in zip(able, outcome.answers, strict=True):
            alone[source, step.key] = step.is_made(answer)
    return {key for source, key in taken if alone[source, key]}


def _duplication(task: ModuleTask, sources: Sequence[str]) -> float:
    """Return the share of the definitions of the module's functions that repeat one."""
    names = {part.name for part in task.parts}
    there = Counter(n for source in sources for n in _DEFINITION.findall(source) if n in names)
    return 1 - len(there) / sum(there.values()) if there else 0.0
