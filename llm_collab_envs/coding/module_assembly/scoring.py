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
from functools import cached_property
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
    made: object

    @cached_property
    def key(self) -> bytes:
        """What no other step has."""
        return _frozen((self.called, self.args, self.made))


@dataclass(frozen=True)
class Known:
    """What earlier scores of a task have judged, so that it is not judged again.

    Attributes:
        steps: By the number of a test and what it was answered: its steps.
        alone: By part and step: whether it takes it alike without the others.
    """

    steps: dict[tuple[int, bytes], list[Step]] = field(default_factory=dict)
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
    known: dict[tuple[int, bytes], list[Step]],
) -> list[list[Step]]:
    """Return the steps of the tests that a module passes, without those of the outside code.

    Tests that need what is not there are not run.
    """
    module = "\n\n".join(sources)
    missing = {part.name for part in task.parts} - _words(module)
    able = [
        (n, test)
        for n, test in enumerate(tests)
        if not missing.intersection(name for name, _ in test.calls)
    ]
    if task.parts[0].name in missing or not able:
        return []
    outside = outside_code(task.module_kind, task.bound)
    source = f"{module}\n\n{_recorders(task, module)}\n{outside}"
    [outcome] = execute([Job(source, _calls(task, [test for _, test in able]), LIMITS)])
    left = iter(outcome.answers)
    passed = []
    for n, test in able:
        answers = [next(left) for _ in range(1 + len(test.calls))]
        key = n, _frozen([(answer.status, answer.value) for answer in answers])
        if key not in known:
            known[key] = _steps(task, test, answers)
        passed.append(known[key])
    return [steps for steps in passed if steps]


def _recorders(task: ModuleTask, source: str) -> str:
    """Return the judge's functions for the functions that a source names; others Monty refuses."""
    words = _words(source)
    return recorder_code(task.module_kind, [p for p in task.parts[1:] if p.name in words])


def _words(source: str) -> set[str]:
    return set(_WORD.findall(source))


def _calls(task: ModuleTask, tests: Sequence[HiddenTest]) -> tuple[Call, ...]:
    """Return the calls of all tests."""
    calls: list[Call] = []
    for test in tests:
        box = Ref(len(calls))
        calls.append(Call(task.parts[0].name, (test.entries,)))
        calls += [Call(_recorded(name), (box, *args)) for name, args in test.calls]
    return tuple(calls)


def _recorded(name: str) -> str:
    """What is called in the place of a function, to see the box as well."""
    return name if name.startswith(OUTSIDE) else f"{OUTSIDE}call_{name}"


def _frozen(value: Any) -> bytes:
    """Return a key for plain values, exact in their types."""
    return marshal.dumps(value, 2)


def _steps(task: ModuleTask, test: HiddenTest, answers: Sequence[Answer]) -> list[Step]:
    """Return the steps of a test, or none where an answer is wrong."""
    made, *given = answers
    if any(answer.status != "ok" for answer in answers):
        return []
    maker, box = task.parts[0].name, made.value
    steps = [Step(maker, maker, (test.entries,), box)]
    for (name, args), answer, right in zip(test.calls, given, test.answers, strict=True):
        said = [answer.value, box] if name.startswith(OUTSIDE) else answer.value
        if not isinstance(said, list) or len(said) != 2 or not same(said[0], right):
            return []
        if not name.startswith(OUTSIDE):
            steps.append(Step(name, _recorded(name), (box, *args), said))
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
        able = [step for step in new if all(map(fits, step.args))]
        if able:
            todo.append((source, able))
    jobs = [
        Job(
            f"{source}\n\n{_recorders(task, source)}",
            tuple(Call(step.called, step.args) for step in able),
            LIMITS,
        )
        for source, able in todo
    ]
    for (source, able), outcome in zip(todo, execute(jobs), strict=True):
        for step, answer in zip(able, outcome.answers, strict=True):
            alone[source, step.key] = answer.status == "ok" and same(answer.value, step.made)
    return {key for source, key in taken if alone[source, key]}


def _duplication(task: ModuleTask, sources: Sequence[str]) -> float:
    """Return the share of the definitions of the module's functions that repeat one."""
    names = {part.name for part in task.parts}
    there = Counter(n for source in sources for n in _DEFINITION.findall(source) if n in names)
    return 1 - len(there) / sum(there.values()) if there else 0.0
