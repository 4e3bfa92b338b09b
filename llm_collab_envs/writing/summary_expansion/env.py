"""The summary-expansion env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.writing.summary_expansion.expert import Expert
from llm_collab_envs.writing.summary_expansion.facts import TEXTS
from llm_collab_envs.writing.summary_expansion.scoring import score
from llm_collab_envs.writing.summary_expansion.tasks import (
    MAX_TEAM,
    SHORT_TEXTS,
    SummaryTask,
    deal,
    generate,
)


class SummaryExpansionEnv(CollabEnv[SummaryTask]):
    """A team tells one story at three lengths, and each agent has read a part of it only.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "summary_expansion_v0"}
    max_team_size: ClassVar[int] = MAX_TEAM

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[SummaryTask]:
        def make(rng: np.random.Generator, split: str) -> SummaryTask:
            return generate(rng, split, difficulty)

        return TaskSource(make, SummaryTask.from_dict, split, difficulty, path)

    def _limits(self, task: SummaryTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: SummaryTask) -> str:
        return (
            "Job: tell one article as a headline, a summary and a full account. Score: the texts "
            "agree with the article and with each other, the longer ones add, little time, few "
            "messages."
        )

    def _private_view(self, task: SummaryTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        readers = zip(self._readers(), deal(task, self.team_size), strict=True)
        listed = [f"{task.names[n]} ({reader})" for reader, own in readers for n in own]
        own = deal(task, self.team_size)[me]
        return "\n".join(
            [
                *self._texts(task),
                _form(task),
                f"Paragraphs: {', '.join(listed)}.",
                "What you have read of the article:",
                *(f"{task.names[n]}: {task.passages[n]}" for n in own),
            ]
        )

    def _score(self, task: SummaryTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts)
        figures = ("faithfulness", "agreement", "growth", "in_length")
        return Score(
            quality=result.quality,
            duplication=result.duplication,
            conflicts=result.conflicts,
            metrics={
                **{name: getattr(result, name) for name in figures},
                **{f"{text}_coverage": result.coverage[text] for text in TEXTS},
                **vars(result.structure),
            },
        )

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _check_team(self, task: SummaryTask) -> None:
        if self.team_size > len(task.passages) + 1:
            raise ValueError(
                f"team_size must be at most {len(task.passages) + 1}, one more than this task's "
                f"article has paragraphs; got {self.team_size}. Lower team_size, or put an empty "
                "line between the paragraphs of your article."
            )

    def _readers(self) -> list[str]:
        return ["you"] if self.team_size == 1 else self.possible_agents

    def _texts(self, task: SummaryTask) -> list[str]:
        """Say who writes which text, what it owes, and how long it may be."""
        lines = []
        for text, ask, (least, most) in zip(TEXTS, task.asks, task.lengths, strict=True):
            who = self._readers()[0]
            if text not in SHORT_TEXTS and self.team_size > 1:
                who = "all, each of the paragraphs that it has read"
            lines.append(f"- {text}, by {who}: {ask}; {least} to {most} tokens")
        return lines


def _form(task: SummaryTask) -> str:
    lines = ["Write each text below its name, like 'Summary:'."]
    if task.events:
        lines += [
            "A headline is one line on one event. A sentence is on the event that it, or the one "
            "before, names; it tells up to three things, like 'The storm was in Avalon on 1 May "
            "1850.', 'It reached Orplid.', 'It lasted 9 days.', 'It cost 500 crowns.', 'It was "
            "caused by a loose tile.', 'Otto Avalon led the response.', 'It had 90 helpers.'."
        ]
    if any(fact.outdated for fact in task.facts):
        lines.append("Of two reports the later holds.")
    return " ".join(lines)
