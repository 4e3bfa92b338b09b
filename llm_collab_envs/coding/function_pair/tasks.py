"""Tasks of function pair: three helpers, a main function that uses them, and what was agreed.

A task is one program in four functions. Each function has one agreed value, a capital in its
specification, that the author of the next function knows; a helper's name, the order of its
arguments and the form of its result are known to its own author. So all have something to tell and
something to wait for, and then all can write at the same time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_collab_envs.coding.function_pair.composing import compose
from llm_collab_envs.coding.function_pair.levels import LEVELS
from llm_collab_envs.coding.function_pair.programs import LABELS, Agreed, Function, literal
from llm_collab_envs.coding.function_pair.validation import check
from llm_collab_envs.core.arguments import read_number
from llm_collab_envs.core.tasks import invent_name


@dataclass(frozen=True)
class PairTask:
    """A module to write.

    Attributes:
        functions: A, B, C and main.
        agreed: The agreed values.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    functions: tuple[Function, ...]
    agreed: tuple[Agreed, ...]
    talk: int
    max_cycles: int

    def __hash__(self) -> int:
        """Hash by the names and values, which hardly another task has; tests are not hashable."""
        return hash((*(f.name for f in self.functions), self.agreed))

    def scope(self, which: str) -> dict[str, Any]:
        """Return what the capitals stand for: the "value", "sample" or "other" of each."""
        return {a.letter: literal(getattr(a, which)) for a in self.agreed}

    def known(self, which: str) -> dict[str, str]:
        """Return all that the authors have to know from each other, as it stands in code."""
        values = {a.letter: getattr(a, which) for a in self.agreed}
        return values | {f.label: f.signature for f in self.functions}

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            "functions": [function.to_dict() for function in self.functions],
            "agreed": [dict(vars(a)) for a in self.agreed],
            "talk": self.talk,
            "max_cycles": self.max_cycles,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PairTask:
        """Read a task as `to_dict` wrote it.

        Raises:
            ValueError: For what could not be written or tested: an unknown block, a parameter of
                another form, an agreed value that nobody knows, a test that the program fails on,
                tests that one constant passes.
        """
        from llm_collab_envs.coding.function_pair.scoring import check_suites

        level = LEVELS["easy"]
        task = cls(
            functions=tuple(Function.from_dict(function) for function in data["functions"]),
            agreed=tuple(Agreed(**{k: str(v) for k, v in a.items()}) for a in data["agreed"]),
            talk=read_number(data, "talk", level.talk, 0),
            max_cycles=read_number(data, "max_cycles", level.max_cycles, 1),
        )
        check(task.functions, task.agreed)
        check_suites(task)
        return task


def deal(task: PairTask, team_size: int) -> list[tuple[Function, ...]]:
    """Deal the functions out, contiguously, and as evenly as they go."""
    n = len(task.functions)
    return [task.functions[n * i // team_size : n * (i + 1) // team_size] for i in range(team_size)]


def generate(rng: np.random.Generator, split: str, difficulty: str) -> PairTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    taken: set[str] = set()
    names = [invent_name(rng, split, taken).lower() for _ in LABELS]
    # Thousands of small draws: the standard library's dice are ten times as fast as numpy's.
    rand = random.Random(int(rng.integers(2**63)))
    while True:
        module = compose(rand, split, level, names)
        if module is not None:
            return PairTask(*module, level.talk, level.max_cycles)
