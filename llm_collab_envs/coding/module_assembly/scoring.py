"""Scores of module assembly: the hidden tests that the assembled module passes.

The parts of all agents are put together in one file, in the order of the agents, and run in the
sandbox; a part that does not run by itself is left out. A hidden test calls several functions on
one box and is passed when all answers are right, so one function alone passes none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llm_collab_envs.coding.coding_env import source_of
from llm_collab_envs.coding.module_assembly.hidden import HiddenTest, hidden_tests
from llm_collab_envs.coding.module_assembly.source import outside_code
from llm_collab_envs.coding.module_assembly.tasks import ModuleTask
from llm_collab_envs.sandbox import Call, Job, Limits, Outcome, Ref, same

LIMITS = Limits(seconds=1.0)
_DEFINITION = re.compile(r"^def (\w{1,80})\(", re.MULTILINE)

Execute = Callable[[Sequence[Job]], Sequence[Outcome]]


@dataclass(frozen=True)
class ModuleScore:
    """What a module is worth.

    Attributes:
        pass_rate: Hidden tests passed over all; it is the quality.
        duplication: Functions of the module that are there again over all that are there.
    """

    pass_rate: float
    duplication: float


def score(task: ModuleTask, parts: Mapping[str, str], execute: Execute) -> ModuleScore:
    """Score the module made of all agents' parts.

    Args:
        task: The task.
        parts: Each agent's submission.
        execute: Runs jobs in a sandbox.
    """
    sources = [source_of(text) for _, text in sorted(parts.items()) if text]
    alone = execute([Job(source, ()) for source in sources])
    running = [s for s, outcome in zip(sources, alone, strict=True) if outcome.status == "ok"]
    tests = hidden_tests(task)
    module = "\n\n".join([*running, outside_code(task.module_kind, task.bound)])
    return ModuleScore(
        pass_rate=_passed(task, tests, module, execute) / len(tests),
        duplication=_duplication(task, running),
    )


def _passed(task: ModuleTask, tests: Sequence[HiddenTest], module: str, execute: Execute) -> int:
    """Count the tests that a module passes; those that need what is not there are not run."""
    missing = {part.name for part in task.parts if part.name not in module}
    able = [t for t in tests if not missing.intersection(name for name, _ in t.calls)]
    if task.parts[0].name in missing or not able:
        return 0
    [outcome] = execute([Job(module, _calls(task, able), LIMITS)])
    left = iter(outcome.answers)
    passed = 0
    for test in able:
        made, *given = [next(left) for _ in range(1 + len(test.calls))]
        passed += made.status == "ok" and all(
            answer.status == "ok" and same(answer.value, right)
            for answer, right in zip(given, test.answers, strict=True)
        )
    return passed


def _calls(task: ModuleTask, tests: Sequence[HiddenTest]) -> tuple[Call, ...]:
    """Return the calls of all tests; the box of each stays in the sandbox."""
    calls: list[Call] = []
    for test in tests:
        box = Ref(len(calls))
        calls.append(Call(task.parts[0].name, (test.entries,), report=False))
        calls += [Call(name, (box, *args)) for name, args in test.calls]
    return tuple(calls)


def _duplication(task: ModuleTask, sources: Sequence[str]) -> float:
    """Return the share of the definitions of the module's functions that repeat one."""
    names = {part.name for part in task.parts}
    there = Counter(n for source in sources for n in _DEFINITION.findall(source) if n in names)
    return 1 - len(there) / sum(there.values()) if there else 0.0
