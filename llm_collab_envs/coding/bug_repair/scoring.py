"""The score of bug repair: hidden calls that were wrong and are right now, less the converse.

    Q = (fixed - broken) / failing, between 0 and 1

`failing` is how many hidden calls the program got wrong at first, `fixed` how many of these it gets
right now, `broken` how many of the others it gets wrong now.

A program that saw all hidden calls could try every slip, and keep the one that changes as many
results as are wrong. So a run makes no more than two calls of each function, in an order that tells
nothing, and the calls that the tester sees are run by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from llm_collab_envs.coding.bug_repair.cases import Case
from llm_collab_envs.coding.bug_repair.patching import Patched, patch
from llm_collab_envs.coding.bug_repair.tasks import RepairTask
from llm_collab_envs.coding.coding_env import LIMITS, Execute, short
from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.parsing import parsed
from llm_collab_envs.sandbox import Answer, Call, Job, Outcome, same

_TOGETHER = 2  # hidden calls of a function that one run makes


@dataclass(frozen=True)
class Run:
    """Calls that are made in one run of a program.

    Attributes:
        cases: What is called.
        calls: The same for the sandbox.
        failed: Which of them the program got wrong at first.
    """

    cases: tuple[Case, ...]
    calls: tuple[Call, ...]
    failed: tuple[bool, ...]

    @classmethod
    def of(cls, cases: Sequence[Case]) -> Run:
        """Return the run that makes these calls."""
        return cls(
            tuple(cases),
            tuple(Call(case.function, case.args) for case in cases),
            tuple(case.fails for case in cases),
        )


@dataclass(frozen=True)
class RepairScore:
    """The score of a program and what it was made of.

    Attributes:
        quality: Q in [0, 1].
        fixed: Share of the failing hidden calls that are right now.
        broken: Share of the sound hidden calls that are wrong now.
        pass_rate: Share of all hidden calls that are right now.
    """

    quality: float
    fixed: float
    broken: float
    pass_rate: float


def patch_all(
    task: RepairTask,
    parts: Mapping[str, str],
    owners: Mapping[str, Sequence[str]],
    execute: Execute,
) -> dict[str, Patched]:
    """Read every agent's submission; files that do not run by themselves stay as they were.

    Args:
        task: The program.
        parts: What was submitted, {agent: text}.
        owners: The names of each agent's files.
        execute: Runs jobs in a sandbox.
    """
    patched = {
        agent: _patch(task, tuple(owners[agent]), text) for agent, text in parts.items() if text
    }
    broken = _broken(task, patched.values(), execute)
    return {agent: part.without(broken) for agent, part in patched.items()}


def jobs(task: RepairTask, patched: Mapping[str, Patched]) -> list[Job]:
    """Return what to run for a score: the program, on some of the hidden calls at a time."""
    source = program(task, patched)
    return [Job(source, run.calls, LIMITS) for run in hidden_runs(task)]


def job_shown(task: RepairTask, patched: Mapping[str, Patched]) -> Job:
    """Return the run of the program on the calls that the tester sees."""
    return Job(program(task, patched), shown_run(task).calls, LIMITS)


def program(task: RepairTask, patched: Mapping[str, Patched]) -> str:
    """Return the source of all files as they are now."""
    sources = {file.name: file.faulty for file in task.files}
    for part in patched.values():
        sources |= part.files
    return joined(*sources.values())


def score(task: RepairTask, outcomes: Sequence[Outcome]) -> RepairScore:
    """Score what came of the `jobs`."""
    failing: list[bool] = []
    sound: list[bool] = []
    for run, outcome in zip(hidden_runs(task), outcomes, strict=True):
        for case, fails, answer in zip(run.cases, run.failed, outcome.answers, strict=True):
            (failing if fails else sound).append(is_right(case, answer))
    fixed, broken = sum(failing), len(sound) - sum(sound)
    return RepairScore(
        quality=min(1.0, max(0.0, (fixed - broken) / len(failing))),
        fixed=fixed / len(failing),
        broken=broken / max(1, len(sound)),
        pass_rate=(fixed + sum(sound)) / len(task.hidden),
    )


def is_right(case: Case, answer: Answer) -> bool:
    """Whether a call returned what it should."""
    return answer.status == "ok" and same(answer.value, case.right)


def _broken(task: RepairTask, patched: Iterable[Patched], execute: Execute) -> dict[str, str]:
    """Return why files are no Python, or do not run by themselves though they did so before.

    Nothing is run with them, or else what they raise would tell their author of other files.

    Returns:
        {source: what is wrong with it}.
    """
    names = {source: name for part in patched for name, source in part.files.items()}
    runs = zip(names, execute([Job(source, (), LIMITS) for source in names]), strict=True)
    failed = {source: outcome for source, outcome in runs if outcome.status != "ok"}
    faulty = {file.name: file.faulty for file in task.files}
    before = execute([Job(faulty[names[source]], (), LIMITS) for source in failed])
    return {
        source: short(outcome.detail or outcome.status)
        for (source, outcome), was in zip(failed.items(), before, strict=True)
        if was.status == "ok" or parsed(source) is None
    }


# What stays the same while a task is scored again and again


@lru_cache(maxsize=256)
def _patch(task: RepairTask, own: tuple[str, ...], text: str) -> Patched:
    """Read the submission of the agent that has some of the files."""
    sources = {file.name: file.faulty for file in task.files}
    return patch(text, {name: sources[name] for name in own}, list(sources))


@lru_cache(maxsize=64)
def shown_run(task: RepairTask) -> Run:
    """Return the run of the calls that the tester sees."""
    return Run.of(task.failing)


@lru_cache(maxsize=64)
def hidden_runs(task: RepairTask) -> tuple[Run, ...]:
    """Deal the hidden calls of each function out to runs, by chance that no program can foresee.

    Functions that are called with the same arguments are so in the same run.
    """
    secret = repr([case.right for case in task.hidden])

    def drawn(case: Case) -> bytes:
        return sha256(f"{secret}{case.args}".encode()).digest()

    of_function: dict[str, list[Case]] = {case.function: [] for case in task.hidden}
    for case in sorted(task.hidden, key=drawn):
        of_function[case.function].append(case)
    return tuple(
        Run.of([case for cases in of_function.values() for case in cases[n : n + _TOGETHER]])
        for n in range(0, max(map(len, of_function.values())), _TOGETHER)
    )
