"""Scores a module by the hidden tests of its problem; plain HumanEval where one agent works alone.

In a team an assertion counts where it holds for the whole module, holds too when the function is
replaced by one that only calls the helper as agreed, and does not hold when the helper is replaced
by ones that know nothing: both authors have done their part, and neither has done the other's. Both
have to use the helper's name, who writes the function its keys too, and neither more than a few
other made-up names: so that neither looking for names in the module nor answering to any name at
all replaces being told. The helper may take its arguments without a word of their keys. What a
function would pass that knows only the visible examples counts for nothing:

    Q = max(0, (passed - floor) / (total - floor))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from llm_collab_envs.coding import coding_env
from llm_collab_envs.coding.coding_env import Execute, source_of
from llm_collab_envs.coding.human_eval.modules import reference_function, stand_in
from llm_collab_envs.coding.human_eval.replay import held, hidden
from llm_collab_envs.coding.human_eval.tasks import HumanEvalTask
from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.naming import knows
from llm_collab_envs.coding.parsing import defined_functions
from llm_collab_envs.sandbox import Call, Job

LIMITS = replace(coding_env.LIMITS, seconds=3.0, wall_seconds=6.0)
_IGNORANT = (None, "nothing that a test asks for")


@dataclass(frozen=True)
class HumanEvalScore:
    """How good a module is; everything is in [0, 1].

    Attributes:
        quality: Q.
        pass_rate: Hidden tests passed over all.
        solved: 1 where all are passed, which is what HumanEval counts, else 0.
        conflicts: Share of the functions that both parts define.
    """

    quality: float
    pass_rate: float
    solved: int
    conflicts: float


def score(
    task: HumanEvalTask, parts: Mapping[str, str], alone: bool, execute: Execute
) -> HumanEvalScore:
    """Score the parts submitted so far, {agent: text}; whatever they are, nothing raises."""
    sources = [source_of(parts[agent]) for agent in sorted(parts)]
    total, floor = hidden(task.number).total, hidden(task.number).floor
    passed = sum(_passed(task, sources, alone, execute))
    return HumanEvalScore(
        quality=max(0.0, (passed - floor) / (total - floor)),
        pass_rate=passed / total,
        solved=int(passed == total),
        conflicts=_conflicts(sources),
    )


def _passed(
    task: HumanEvalTask, sources: Sequence[str], alone: bool, execute: Execute
) -> list[bool]:
    """Return which assertions count."""
    module = joined(task.problem.given, *sources)
    if not any(sources):
        return []
    (whole,) = _held(task, [module], task.problem.entry if alone else task.function, execute)
    if alone or not any(whole):
        return whole
    if not all(knows(source, (task.helper,)) for source in sources if source):
        return []
    if not any(calls_as_agreed(task, source) for source in sources):
        return []
    replaced = [reference_function(task), *(stand_in(task, value) for value in _IGNORANT)]
    modules = [joined(module, source) for source in replaced]
    called, *without = _held(task, modules, task.function, execute)
    idle = [all(held) for held in zip(*without, strict=True)]
    return [w and c and not i for w, c, i in zip(whole, called, idle, strict=True)]


def calls_as_agreed(task: HumanEvalTask, source: str) -> bool:
    """Whether a part has the function, and uses the names that its author has to be told for it."""
    return knows(source, filter(None, (task.function, task.helper, task.result, *task.keys)))


def _held(
    task: HumanEvalTask, modules: Sequence[str], name: str, execute: Execute
) -> list[list[bool]]:
    """Return which assertions hold for a function of each module."""
    tests = hidden(task.number)
    calls = tuple(Call(name, args) for args in tests.calls)
    outcomes = execute([Job(module, calls, LIMITS) for module in modules])
    return [held(task.number, outcome.answers, tests.total) for outcome in outcomes]


def _conflicts(sources: Sequence[str]) -> float:
    names = [defined_functions(source) for source in sources]
    every = set().union(*names)
    twice = len(names) == 2 and len(names[0] & names[1])
    return twice / len(every) if every else 0.0
