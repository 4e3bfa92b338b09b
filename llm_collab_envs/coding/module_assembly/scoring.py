"""Scores of module assembly: the hidden tests that the assembled module passes.

A hidden test makes a box and calls several functions on it. Each function is run without the other
authors' code, on the box as it should be by then, in the structure of the boxes that the team's
own maker makes; it has to answer right and to leave the box as it should be. So functions
fit together where they keep to one structure and the same rules, and what one author knows reaches
another one's functions neither by variables nor by what else is in a box. A test is passed when
every call is right; so one function alone passes none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from llm_collab_envs.coding.coding_env import LIMITS, Execute, hasty, source_of
from llm_collab_envs.coding.module_assembly.hidden import Fields, hidden_tests
from llm_collab_envs.coding.module_assembly.source import CALL, THERE, judge_code, there_code
from llm_collab_envs.coding.module_assembly.structure import Structure, find_structure
from llm_collab_envs.coding.module_assembly.tasks import ModuleTask
from llm_collab_envs.sandbox import Answer, Call, Job, same

_WORD = re.compile(r"\w+")
_DEFINITION = re.compile(r"^def\s+(\w{1,80})\s*\(", re.MULTILINE)

Names = frozenset[str]


class Step(NamedTuple):
    """A call of a function in a hidden test, on a box of the team's structure.

    Attributes:
        test: Number of the test.
        function: The function.
        args: What it gets after the box.
        box: The box as it should be by then.
        answer: What it returns.
        after: The box as it should be afterwards.
        fields: What that holds, by field.
    """

    test: int
    function: str
    args: tuple[Any, ...]
    box: Any
    answer: object
    after: Any
    fields: Fields


@dataclass(frozen=True)
class Made:
    """What a maker is worth.

    Attributes:
        structure: The structure of its boxes, or None where they are all wrong.
        tests: Numbers of the tests of which it makes the box right.
    """

    structure: Structure | None
    tests: frozenset[int]


@dataclass(frozen=True)
class Known:
    """What earlier scores of a task have judged, so that it is not judged again.

    Attributes:
        names: By part: the functions that it defines, or None where it does not run.
        made: By part: what its maker is worth.
        wrong: By part and structure: the number of a test and a function that fails in it.
    """

    names: dict[str, Names | None] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    wrong: dict[tuple[str, Structure], frozenset[tuple[int, str]]] = field(default_factory=dict)


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
        parts: Each agent's submission; one that does not run is left out, and of functions that
            several define the last agent's counts.
        execute: Runs jobs in a sandbox.
        known: What earlier scores of this task have judged; it is added to.
    """
    known = known or Known()
    sources = [source_of(text) for _, text in sorted(parts.items()) if text]
    _load(task, sources, execute, known)
    authors = {name: source for source in sources for name in known.names[source] or ()}
    running = [source for source in sources if known.names[source] is not None]
    return ModuleScore(
        pass_rate=len(_passed(task, authors, execute, known)) / len(hidden_tests(task)),
        duplication=_duplication(task, running),
    )


def _load(task: ModuleTask, sources: Sequence[str], execute: Execute, known: Known) -> None:
    """Find out which parts run, and which functions these define."""
    new = [source for source in dict.fromkeys(sources) if source not in known.names]
    words = [set(_WORD.findall(source)) for source in new]
    named = [[part for part in task.parts if part.name in its] for its in words]
    jobs = [Job(source, (), hasty(LIMITS)) for source in new]
    jobs += [
        Job(f"{source}\n\n{there_code(parts)}", [Call(THERE + part.name) for part in parts])
        for source, parts in zip(new, named, strict=True)
    ]
    outcomes = execute(jobs)
    for n, source in enumerate(new):
        there = zip(named[n], outcomes[len(new) + n].answers, strict=True)
        names = frozenset(part.name for part, answer in there if answer.status == "ok")
        known.names[source] = names if outcomes[n].status == "ok" else None


def _passed(
    task: ModuleTask, authors: Mapping[str, str], execute: Execute, known: Known
) -> list[int]:
    """Return the numbers of the tests that a module passes.

    Args:
        task: The task.
        authors: The part that counts, by function.
        execute: Runs jobs in a sandbox.
        known: What is known already; it is added to.
    """
    maker = authors.get(task.parts[0].name)
    if maker is None:
        return []
    if maker not in known.made:
        known.made[maker] = _make(task, maker, execute)
    made = known.made[maker]
    if made.structure is None:
        return []
    _judge(task, [*dict.fromkeys(authors.values())], made.structure, execute, known)
    wrong = {name: known.wrong[source, made.structure] for name, source in authors.items()}
    return [
        n
        for n, test in enumerate(hidden_tests(task))
        if n in made.tests
        and all(name in wrong and (n, name) not in wrong[name] for name in test.functions)
    ]


def _make(task: ModuleTask, source: str, execute: Execute) -> Made:
    """Let the maker make the boxes of all tests, before it can see any other box."""
    tests, maker, kind = hidden_tests(task), task.parts[0].name, task.module_kind
    calls = [Call(maker, (test.entries,)) for test in tests]
    [outcome] = execute([Job(source, calls, LIMITS)])
    boxes = [answer.value for answer in outcome.answers]  # None where there is none
    structure = find_structure(kind, task.bound, boxes, [test.fields[0] for test in tests])
    right = (
        n
        for n, (box, test) in enumerate(zip(boxes, tests, strict=True))
        if structure and structure.holds(kind, box, test.fields[0])
    )
    return Made(structure, frozenset(right))


def _judge(
    task: ModuleTask,
    sources: Sequence[str],
    structure: Structure,
    execute: Execute,
    known: Known,
) -> None:
    """Find out in which tests functions of parts are wrong, each part without the others."""
    new = [source for source in sources if (source, structure) not in known.wrong]
    if not new:
        return
    steps = _steps(task, structure)
    shares = [[s for s in steps if s.function in (known.names[part] or ())] for part in new]
    outcomes = execute(
        [
            Job(
                f"{part}\n\n{_judge_code(task, known.names[part] or ())}",
                [Call(CALL + step.function, (step.box, *step.args)) for step in mine],
                LIMITS,
            )
            for part, mine in zip(new, shares, strict=True)
        ]
    )
    for part, mine, outcome in zip(new, shares, outcomes, strict=True):
        known.wrong[part, structure] = frozenset(
            (step.test, step.function)
            for step, answer in zip(mine, outcome.answers, strict=True)
            if not _is_right(task, step, structure, answer)
        )


def _judge_code(task: ModuleTask, names: Collection[str]) -> str:
    return judge_code(task.module_kind, [part for part in task.parts[1:] if part.name in names])


@lru_cache(maxsize=64)
def _steps(task: ModuleTask, structure: Structure) -> list[Step]:
    """Return the calls of all tests, on boxes of a structure."""
    return [
        Step(n, name, args, before, answer, after, fields)
        for n, test in enumerate(hidden_tests(task))
        for (name, args), answer, (before, after), fields in zip(
            test.calls,
            test.answers,
            pairwise(structure.hand(task.module_kind, test.fields)),
            test.fields[1:],
            strict=True,
        )
    ]


def _is_right(task: ModuleTask, step: Step, structure: Structure, answer: Answer) -> bool:
    """Whether a function has answered right and left the box as it should be."""
    said = answer.value
    return (
        answer.status == "ok"
        and isinstance(said, list)
        and len(said) == 2
        and same(said[0], step.answer)
        # Most boxes hold the fields and nothing else, in the usual order.
        and (same(said[1], step.after) or structure.holds(task.module_kind, said[1], step.fields))
    )


def _duplication(task: ModuleTask, sources: Sequence[str]) -> float:
    """Return the share of the definitions of the module's functions that repeat one."""
    names = {part.name for part in task.parts}
    there = Counter(n for source in sources for n in _DEFINITION.findall(source) if n in names)
    return 1 - len(there) / sum(there.values()) if there else 0.0
