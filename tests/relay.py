"""RelayEnv: a toy env for tests of the core; it shows how little an env has to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource, invent_name

MEMBERS = 4


@dataclass(frozen=True)
class RelayTask:
    words: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"words": list(self.words)}


def _generate(rng: np.random.Generator, split: str, difficulty: str) -> RelayTask:
    taken: set[str] = set()
    return RelayTask(tuple(invent_name(rng, split, taken) for _ in range(MEMBERS)))


def _load(data: dict[str, Any]) -> RelayTask:
    return RelayTask(tuple(data["words"]))


def _expert(observation: str) -> str:
    """Tell your word to everyone, then submit the word that the next agent told."""
    briefing, turn = split_briefing(observation)
    mine, source = (line.partition(": ")[2] for line in briefing.splitlines()[3:5])
    if "working alone" in briefing:
        return f"<submit>{mine}</submit><done/>"
    if turn.startswith("== Round 1 "):
        return f'<say to="all">{mine}</say>'
    word = turn.partition(f"{source}: ")[2].partition("\n")[0]
    return f"<submit>{word}</submit><done/>"


class RelayEnv(CollabEnv[RelayTask]):
    """Every agent submits the word that only the next agent knows."""

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "relay_v0"}
    max_team_size: ClassVar[int] = MEMBERS

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[RelayTask]:
        return TaskSource(_generate, _load, split, difficulty, path)

    def _limits(self, task: RelayTask) -> tuple[int, int]:
        return 3, 40

    def _job(self, task: RelayTask) -> str:
        return "Job: submit the word of the next agent."

    def _next(self, agent: str) -> str:
        return self.possible_agents[(self.possible_agents.index(agent) + 1) % self.team_size]

    def _word(self, task: RelayTask, agent: str) -> str:
        return task.words[self.possible_agents.index(agent)]

    def _private_view(self, task: RelayTask, agent: str) -> str:
        return f"Your word: {self._word(task, agent)}\nNext agent: {self._next(agent)}"

    def _score(self, task: RelayTask, parts: Mapping[str, str]) -> Score:
        right = [parts.get(a) == self._word(task, self._next(a)) for a in self.possible_agents]
        return Score(quality=sum(right) / len(right), metrics={"relayed": sum(right)})

    def _expert(self) -> Callable[[str], str]:
        return _expert


class CrowdEnv(RelayEnv):
    """A relay of up to 16 agents, in which scoring costs hardly anything, to measure the core."""

    max_team_size: ClassVar[int] = 16

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[RelayTask]:
        words = tuple(f"word{n}" for n in range(self.max_team_size))
        return TaskSource(lambda *_: RelayTask(words), _load, split, difficulty, path)

    def _limits(self, task: RelayTask) -> tuple[int, int]:
        return 6, 100 * self.team_size

    def _score(self, task: RelayTask, parts: Mapping[str, str]) -> Score:
        return Score(quality=len(parts) / self.team_size)
