"""Tasks: a problem by its number, and names and an interface of the helper that are made up.

The interface that the authors of helper and function have to agree on grows with the difficulty:
the helper's name; the key that it returns its result under; the keys that it takes its arguments
under. Alone there is no helper, and every difficulty is plain HumanEval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any

import numpy as np

from llm_collab_envs.coding.human_eval.problems import PROBLEMS, Problem, problems
from llm_collab_envs.core.arguments import check_number
from llm_collab_envs.core.tasks import TaskSource, invent_name

TEST_EVERY = 4
MAX_CYCLES = 4  # at every difficulty, as what is harder is told in the same message
TALK = {"easy": 96, "medium": 120, "hard": 144}  # each of two can tell it in polite sentences


@dataclass(frozen=True)
class HumanEvalTask:
    """One problem, dealt to a team.

    Attributes:
        number: The problem's number, 0 to 163.
        function: What the function is called in a team.
        helper: What its helper is called.
        result: The key under which the helper returns its result, or "" where it just returns it.
        keys: The keys under which it takes its arguments, in their order, or none.
        max_cycles: Rounds.
        talk: Message tokens of the whole team.
    """

    number: int
    function: str
    helper: str
    result: str
    keys: tuple[str, ...]
    max_cycles: int
    talk: int

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if not 0 <= self.number < PROBLEMS:
            raise ValueError(f"number must be between 0 and {PROBLEMS - 1}; got {self.number}.")
        names = (self.function, self.helper, *filter(None, (self.result, *self.keys)))
        fine = all(name.isidentifier() and not iskeyword(name) for name in names)
        if not fine or len(set(names)) < len(names):
            raise ValueError(
                "names and keys must be different identifiers that are no keywords of Python; "
                f"got {names}."
            )
        for name in (self.function, self.helper):
            if name in self.problem.words:
                raise ValueError(
                    f"{name!r} stands in the code of problem {self.number}, where it is something "
                    "else: rename function or helper."
                )
        if self.keys and (len(self.keys) != len(self.problem.parameters) or not self.result):
            raise ValueError(
                f"keys must be none, or one for each of {self.problem.parameters} beside a key for "
                f"the result; got {self.keys}."
            )

    @property
    def problem(self) -> Problem:
        """The problem."""
        return problems()[self.number]

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data; the problem's text stays in its package."""
        return {**asdict(self), "keys": list(self.keys)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> HumanEvalTask:
        """Make a task from what `to_dict` returns."""
        return cls(
            number=check_number("number", data["number"], 0),
            function=str(data["function"]),
            helper=str(data["helper"]),
            result=str(data["result"]),
            keys=tuple(map(str, data["keys"])),
            max_cycles=check_number("'max_cycles'", data["max_cycles"], 1),
            talk=check_number("'talk'", data["talk"], 0),
        )


class ProblemSource(TaskSource[HumanEvalTask]):
    """The problems of a split in the order of their numbers, or a user's file.

    Tests play each problem once. For training they come round again and again, each time with other
    names, so that no name can be known from the times before.
    """

    def __init__(self, split: str, difficulty: str, path: str | Path | None) -> None:
        """Check the arguments."""
        super().__init__(self._make, HumanEvalTask.from_dict, split, difficulty, path)
        self._numbers = numbers(split) if path is None else ()

    def __len__(self) -> int:
        """How many tasks there are."""
        tested = self._split == "test" and self._path is None
        return len(self._numbers) if tested else super().__len__()

    def __getitem__(self, index: int) -> HumanEvalTask:
        """Return task `index`, the same one every time."""
        self._index = index
        return super().__getitem__(index)

    def _make(self, rng: np.random.Generator, split: str, difficulty: str) -> HumanEvalTask:
        return deal(rng, split, difficulty, self._numbers[self._index % len(self._numbers)])


def numbers(split: str) -> Sequence[int]:
    """Return the numbers of the problems of a split: every fourth is for tests."""
    return [n for n in range(PROBLEMS) if (n % TEST_EVERY == 0) == (split == "test")]


def deal(rng: np.random.Generator, split: str, difficulty: str, number: int) -> HumanEvalTask:
    """Make up names and an interface for a problem."""
    taken: set[str] = set()
    problem = problems()[number]

    def name() -> str:
        return invent_name(rng, split, taken).lower()

    return HumanEvalTask(
        number=number,
        function=name(),
        helper=name(),
        result="" if difficulty == "easy" else name(),
        keys=tuple(name() for _ in problem.parameters) if difficulty == "hard" else (),
        max_cycles=MAX_CYCLES,
        talk=TALK[difficulty],
    )
