"""The score of bug repair: hidden calls that were wrong and are right now, less the converse.

    Q = (fixed - broken) / failing, between 0 and 1

`failing` is how many hidden calls the program got wrong at first, `fixed` how many of these it gets
right now, `broken` how many of the others it gets wrong now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llm_collab_envs.coding.bug_repair.cases import Case
from llm_collab_envs.coding.bug_repair.patching import Patched, patch
from llm_collab_envs.coding.bug_repair.tasks import RepairTask
from llm_collab_envs.coding.coding_env import source_of
from llm_collab_envs.sandbox import Answer, Call, Job, same


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
    task: RepairTask, parts: Mapping[str, str], owners: Mapping[str, Sequence[str]]
) -> dict[str, Patched]:
    """Read every agent's submission.

    Args:
        task: The program.
        parts: What was submitted, {agent: text}.
        owners: The names of each agent's files.
    """
    return {
        agent: _patch(task, tuple(owners[agent]), text) for agent, text in parts.items() if text
    }


def job(task: RepairTask, patched: Mapping[str, Patched]) -> Job:
    """Return what to run for a score: the program, on the hidden calls and on the failing ones."""
    sources = {file.name: file.faulty for file in task.files}
    for part in patched.values():
        sources |= part.files
    return Job("\n".join(sources.values()), _calls(task))


def score(task: RepairTask, answers: Sequence[Answer]) -> RepairScore:
    """Score what came of a `job`."""
    right = [is_right(c, a) for c, a in zip(task.hidden, answers[: len(task.hidden)], strict=True)]
    failed = _failed_at_first(task)
    failing = [passed for fails, passed in zip(failed, right, strict=True) if fails]
    sound = [passed for fails, passed in zip(failed, right, strict=True) if not fails]
    fixed, broken = sum(failing), len(sound) - sum(sound)
    return RepairScore(
        quality=min(1.0, max(0.0, (fixed - broken) / len(failing))),
        fixed=fixed / len(failing),
        broken=broken / max(1, len(sound)),
        pass_rate=sum(right) / len(right),
    )


def is_right(case: Case, answer: Answer) -> bool:
    """Whether a call returned what it should."""
    return answer.status == "ok" and same(answer.value, case.right)


# What stays the same while a task is scored again and again


@lru_cache(maxsize=256)
def _patch(task: RepairTask, own: tuple[str, ...], text: str) -> Patched:
    """Read the submission of the agent that has some of the files."""
    sources = {file.name: file.faulty for file in task.files}
    return patch(source_of(text), {name: sources[name] for name in own}, list(sources))


@lru_cache(maxsize=8)
def _calls(task: RepairTask) -> tuple[Call, ...]:
    return tuple(Call(case.function, case.args) for case in (*task.hidden, *task.failing))


@lru_cache(maxsize=8)
def _failed_at_first(task: RepairTask) -> list[bool]:
    return [case.fails for case in task.hidden]
