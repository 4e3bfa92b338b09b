"""The three difficulties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llm_collab_envs.coding.function_pair.programs import Function
from llm_collab_envs.coding.function_pair.sequences import Shape
from llm_collab_envs.core.actions import count_tokens


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        kinds: Kinds of value that the programs work on.
        converts: Whether programs go from one kind to another.
        arguments: Arguments of a helper beside x, in an order that only its author knows.
        keyed: Whether a helper returns its result in a dict.
        tokens: Least and most env tokens of a function's source.
        longest: Most env tokens of a step.
        talk: Message tokens that the whole team may spend, shared out evenly.
        max_cycles: Rounds.
    """

    kinds: tuple[str, ...]
    converts: bool
    arguments: int
    keyed: bool
    tokens: tuple[int, int]
    longest: int
    talk: int
    max_cycles: int

    def shape(
        self, split: str, function: Function, known: Mapping[str, str] | None = None
    ) -> Shape:
        """Return what the steps that a function still needs are to be like."""
        spent = count_tokens(function.source(known or {}))
        return Shape(
            split,
            self.kinds,
            self.converts,
            len(function.parameters) - 1,
            (self.tokens[0] - spent, self.tokens[1] - spent),
            self.longest,
        )


_EASY = ("numbers", "words", "text")
LEVELS = {
    "easy": Level(_EASY, False, 0, False, (58, 60), 15, 240, 6),
    "medium": Level((*_EASY, "table"), True, 1, False, (86, 88), 29, 360, 6),
    "hard": Level(
        (*_EASY, "table", "number", "records", "groups"), True, 2, True, (118, 120), 37, 640, 8
    ),
}
