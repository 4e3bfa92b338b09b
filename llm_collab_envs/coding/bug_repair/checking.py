"""Whether a user's program is what its task says: it is run at load, as agents' programs are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from llm_collab_envs.coding.bug_repair.cases import Case, call_text, plain
from llm_collab_envs.coding.bug_repair.patching import Patched
from llm_collab_envs.coding.bug_repair.scoring import (
    Run,
    hidden_runs,
    is_right,
    patch_all,
    program,
    shown_run,
)
from llm_collab_envs.coding.bug_repair.tasks import RepairTask
from llm_collab_envs.coding.coding_env import LIMITS, Execute, short, written
from llm_collab_envs.sandbox import Answer, Job, Sandbox, same

_KEPT = 4096  # tasks that another env of this process need not check again


@lru_cache(maxsize=_KEPT)
def check_runs(task: RepairTask, sandbox: str) -> None:
    """Run the right files and the faulty ones of a task on all its calls.

    Args:
        task: The program.
        sandbox: The backend to run it in.

    Raises:
        ValueError: Where a right file would not be taken from its owner, or a call returns
            something else than its "right" with the right files, or its "wrong" with the faulty.
            What calls inside of others came to, as the tester sees it, is not looked at.
    """
    execute = Sandbox(sandbox).run_many
    runs = (shown_run(task), *hidden_runs(task))
    inner = Run.of([case for outer in task.failing for case in outer.inner])
    for case, answer in _answers((*runs, inner), task, _submitted(task, execute), execute):
        if not is_right(case, answer):
            raise ValueError(_not_so(case, "right", case.right, "right", answer))
    for case, answer in _answers(runs, task, {}, execute):
        if not _is_wrong(case, answer):
            raise ValueError(_not_so(case, "wrong", case.wrong, "faulty", answer))


def _submitted(task: RepairTask, execute: Execute) -> dict[str, Patched]:
    """Return what comes of the right files where each is submitted whole, by an owner of its own.

    Raises:
        ValueError: Where it is not the right file.
    """
    right = {file.name: file.right for file in task.files}
    patched = patch_all(task, right, {name: [name] for name in right}, execute)
    for name, part in patched.items():
        if {k: v.strip() for k, v in part.files.items()} != {name: right[name].strip()}:
            why = part.problems or ["a line of it reads as the start of a diff or another file"]
            raise ValueError(f"the right {name} cannot be submitted as it is: {why[0]}")
    return patched


def _answers(
    runs: Sequence[Run], task: RepairTask, patched: Mapping[str, Patched], execute: Execute
) -> Iterator[tuple[Case, Answer]]:
    """Yield what each call of some runs comes to."""
    source = program(task, patched)
    outcomes = execute([Job(source, run.calls, LIMITS) for run in runs])
    for run, outcome in zip(runs, outcomes, strict=True):
        yield from zip(run.cases, outcome.answers, strict=True)


def _is_wrong(case: Case, answer: Answer) -> bool:
    """Whether a call came to its "wrong", which is null where it has no value for a task."""
    value = answer.value if answer.status == "ok" and plain(answer.value) else None
    return same(value, case.wrong)


def _not_so(case: Case, key: str, said: object, files: str, answer: Answer) -> str:
    came = f"returns {written(answer.value)}"
    if answer.status != "ok":
        came = f"fails: {short(answer.detail or answer.status)}"
    call = call_text(case.function, case.args)
    return f"{key!r} of {call} is {said!r}, but with the {files} files it {came}; mend one"
