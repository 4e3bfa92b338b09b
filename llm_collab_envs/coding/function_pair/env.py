"""The function-pair env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.coding.coding_env import CodingEnv, Example
from llm_collab_envs.coding.function_pair.examples import (
    possible_results,
    stub_code,
    write_examples,
)
from llm_collab_envs.coding.function_pair.expert import Expert, Memo
from llm_collab_envs.coding.function_pair.menu import make_menu
from llm_collab_envs.coding.function_pair.programs import HELPERS, MAIN, Function
from llm_collab_envs.coding.function_pair.scoring import score
from llm_collab_envs.coding.function_pair.tasks import PairTask, deal, generate
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.sandbox import Call


class FunctionPairEnv(CodingEnv[PairTask]):
    """A team writes helpers and a main function that has to use them, each agent its own.

    ## Description
    A Python module has three helpers, A, B and C, and a main function that calls each of them once.
    The functions are dealt out evenly; an agent sees the specification of its own only, one
    numbered sentence a step (there are about 150 building blocks). To fit together they need to
    know from each other: what a helper is called, in `medium` also the order of its two arguments
    (unless main names them, at more tokens), in `hard` of three and the key that it returns its
    result under; and one agreed value for each function, a capital in its specification, that the
    author of the next function knows. So all have something to tell, briefly, and then all can
    write at once. Harder programs have more steps and richer types: lists and texts, then dicts,
    then records and groups.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, the plan, what you know
    that teammates may need, the specification of your functions with two examples each, the
    grammar. Examples are made with another agreed value, which is named, and main's with values
    that the helpers are supposed to give, so that they tell nothing of what only teammates know.
    The turn: round, message tokens left, messages so far, what was wrong with your last reply or
    your code.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is the Python source of the agent's functions. It
    runs in the sandbox only, and has to run by itself up to the calls of teammates' functions.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality
    Q = (2 F + 3 M) / 5. F is the mean over functions of the share of their own hidden tests that
    pass (helpers alone, main with its helpers replaced by others), M the share of the module's
    hidden tests that pass, at most main's own: a main that ignores its helpers has neither. Shares
    count from what one constant or the argument itself would pass. Main has to use its helpers'
    names, in `hard` their keys too, and not look for whatever they are called. Cost C is message
    tokens over the team's budget plus the share of functions that more than one part defines.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 6 rounds (8 in `hard`).

    ## Arguments
    `team_size` from 1 (solo: everything visible to one agent) to 4; `difficulty`, `split`,
    `max_cycles`, `message_budget`, `reward`, `tasks` and `render_mode` as in every env; `sandbox`
    as in every coding env. Infos add `pass_rate` (hidden tests passed over all), `functions` (F),
    `module` (M) and `unsafe`.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CodingEnv.metadata, "name": "function_pair_v0"}
    max_team_size: ClassVar[int] = 4

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[PairTask]:
        return TaskSource(generate, PairTask.from_dict, split, difficulty, path)

    def _limits(self, task: PairTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: PairTask) -> str:
        return (
            "Job: write one Python module. Score: hidden tests passed by each function and by "
            "main with its helpers, little time, few messages."
        )

    def _private_view(self, task: PairTask, agent: str) -> str:
        share = self._shares(task)[agent]
        secret = " Only one of you knows what each helper is called and what each capital is."
        lines = [
            f"Functions: {', '.join(self._plan(task))}. main calls the others by their names. "
            f"Capitals stand for agreed values. Words of a text are what split() gives."
            f"{'' if self.team_size == 1 else secret}",
            f"You know: {'; '.join(_known(task, share)) or 'nothing'}.",
            "You write:",
        ]
        numbers = count(1)  # through all functions, so that a number names one step
        for function in share:
            title, *sentences = function.specification
            steps = [f"{next(numbers)}. {sentence}" for sentence in sentences]
            lines += [f"{function.label}: {title}", *steps, *write_examples(task, function)]
        return "\n".join(lines)

    def _score(self, task: PairTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts, self._authors(task, parts), self._execute)
        return Score(
            quality=result.quality,
            conflicts=result.conflicts,
            metrics={
                "pass_rate": result.pass_rate,
                "functions": result.functions,
                "module": result.module,
            },
        )

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Memo]:
        return make_menu()

    def _examples(self, task: PairTask, agent: str) -> Sequence[Example]:
        """Every result that some agreed value would give is right, so that trying tells nothing."""
        examples = []
        for function in self._shares(task)[agent]:
            for n, args in enumerate(function.examples):
                ordered = function.ordered(args)
                examples.append(
                    Example(
                        f"{function.name}({', '.join(map(repr, ordered))})",
                        (Call(function.name, ordered),),
                        possible_results(task, function.label, n),
                        stub_code(task, n, self.parts[agent]) if function.label == MAIN else "",
                    )
                )
        return examples

    def _shares(self, task: PairTask) -> dict[str, tuple[Function, ...]]:
        return dict(zip(self.possible_agents, deal(task, self.team_size), strict=True))

    def _authors(self, task: PairTask, parts: Mapping[str, str]) -> dict[str, tuple[Function, ...]]:
        """Say who writes what: where one has left with nothing submitted, who takes over."""
        authors = self._shares(task)
        for heir in self.possible_agents:
            for gone in self._inherited_from(heir):
                if gone not in parts:
                    authors[heir] += authors.pop(gone)
        return authors

    def _plan(self, task: PairTask) -> list[str]:
        """Say who writes which function."""
        if self.team_size == 1:
            return [function.label for function in task.functions]
        return [f"{f.label} ({agent})" for agent, fs in self._shares(task).items() for f in fs]


def _known(task: PairTask, share: Sequence[Function]) -> list[str]:
    """What the author of some functions was dealt, each entry as it may be told."""
    labels = [function.label for function in share]
    return [
        *(f"{f.label} {f.signature}" for f in share if f.label in HELPERS),
        *(f"{a.letter} {a.value}" for a in task.agreed if a.knower in labels),
    ]
