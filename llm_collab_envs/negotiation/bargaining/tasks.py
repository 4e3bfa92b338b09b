"""Bargaining tasks: houses, a stock of goods, and what it is worth to each house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from llm_collab_envs.core.arguments import check_number, read_number
from llm_collab_envs.core.tasks import invent_name
from llm_collab_envs.negotiation.bargaining.nash import (
    MAX_DIVISIONS,
    Bargain,
    best,
    count_divisions,
)

GOODS = "salt wool tin oil wax silk iron clay corn hemp wine rice tea coal".split()
HOUSES = 4
MAX_VALUE = 9  # of a unit, in generated tasks
NO_DEAL_SHARE = 0.1  # of the tasks: always walking away must not pay

_HOUSE = re.compile(r"[A-Z][a-z]{1,15}")
_GOOD = re.compile(r"[a-z]{2,15}")


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        stock: Units of each good, in some order.
        walk: Walking away is worth a share of the whole stock's worth, drawn between these two.
        talk: Message tokens that the whole team may spend, shared out evenly.
        max_cycles: Rounds.
    """

    stock: tuple[int, ...]
    walk: tuple[float, float]
    talk: int
    max_cycles: int


LEVELS = {
    "easy": Level((3, 3, 2), (0.18, 0.28), 240, 8),
    "medium": Level((3, 3, 2, 2), (0.24, 0.34), 280, 8),
    "hard": Level((2, 2, 2, 2, 2), (0.28, 0.38), 320, 8),
}


@dataclass(frozen=True)
class BargainingTask:
    """A stock to divide.

    Attributes:
        houses: The names of the parties.
        goods: The names of the goods.
        stock: How many units there are of each good.
        values: For each house, what a unit of each good is worth to it.
        walk: For each house, what walking away is worth to it.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    houses: tuple[str, ...]
    goods: tuple[str, ...]
    stock: tuple[int, ...]
    values: tuple[tuple[int, ...], ...]
    walk: tuple[int, ...]
    talk: int
    max_cycles: int

    @cached_property
    def bargain(self) -> Bargain:
        """The task without its names."""
        return Bargain(self.stock, self.values, self.walk)

    def worth(self, house: int) -> int:
        """Return what the whole stock is worth to a house; at least 1, so that it divides."""
        return max(1, sum(v * n for v, n in zip(self.values[house], self.stock, strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            "houses": list(self.houses),
            "goods": list(self.goods),
            "stock": list(self.stock),
            "values": [list(values) for values in self.values],
            "walk": list(self.walk),
            "talk": self.talk,
            "max_cycles": self.max_cycles,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BargainingTask:
        """Read a task as `to_dict` wrote it.

        Raises:
            ValueError: For what nobody could bargain over: names that are no single word, numbers
                that do not fit the houses and goods, or too many divisions to look at them all.
        """
        task = cls(
            houses=tuple(data["houses"]),
            goods=tuple(data["goods"]),
            stock=tuple(check_number("a stock", n, 1, 99) for n in data["stock"]),
            values=tuple(
                tuple(check_number("a value", v, 0, 999) for v in values)
                for values in data["values"]
            ),
            walk=tuple(check_number("the worth of no deal", v, 0, 999) for v in data["walk"]),
            talk=read_number(data, "talk", LEVELS["easy"].talk, 0),
            max_cycles=read_number(data, "max_cycles", LEVELS["easy"].max_cycles, 1),
        )
        task._check()
        return task

    def _check(self) -> None:
        for kind, names, pattern in (
            ("house", self.houses, _HOUSE),
            ("good", self.goods, _GOOD),
        ):
            if len(set(names)) < len(names) or not all(pattern.fullmatch(n) for n in names):
                raise ValueError(f"each {kind} needs a name of its own, {pattern.pattern}: {names}")
        houses, goods = len(self.houses), len(self.goods)
        if not 2 <= houses <= HOUSES:
            raise ValueError(f"there must be 2 to {HOUSES} houses, not {houses}")
        if goods < 1 or len(self.stock) != goods:
            raise ValueError("every good needs its units in 'stock', and nothing else does")
        if [len(v) for v in self.values] != [goods] * houses or len(self.walk) != houses:
            raise ValueError("every house needs a value of each good, and one of walking away")
        if count_divisions(self.stock, houses) > MAX_DIVISIONS:
            raise ValueError(f"the stock can be divided in more than {MAX_DIVISIONS} ways")


def generate(rng: np.random.Generator, split: str, difficulty: str) -> BargainingTask:
    """Make a task; the rng alone decides which.

    Values are drawn until there is a deal by which every house gains, or, in one task of ten,
    none by which no house loses. Both kinds draw from the same ranges, so that no house can tell
    from its own values which kind it is in.
    """
    level = LEVELS[difficulty]
    taken: set[str] = set()
    houses = tuple(invent_name(rng, split, taken) for _ in range(HOUSES))
    goods = tuple(str(g) for g in rng.choice(GOODS, len(level.stock), replace=False))
    stock = tuple(int(n) for n in rng.permutation(level.stock))
    hopeless = rng.random() < NO_DEAL_SHARE
    while True:
        values_HG = rng.integers(MAX_VALUE + 1, size=(HOUSES, len(goods)))
        walk_H = np.rint(rng.uniform(*level.walk, HOUSES) * (values_HG @ stock)).astype(int)
        values = tuple(tuple(row) for row in values_HG.tolist())
        task = BargainingTask(
            houses, goods, stock, values, tuple(walk_H.tolist()), level.talk, level.max_cycles
        )
        found = best(task.bargain)
        if found.least < 0 if hopeless else found.division:
            return task


def deal_houses(task: BargainingTask, team_size: int) -> list[tuple[int, ...]]:
    """Deal the houses out: the numbers of those that each agent speaks for."""
    n = len(task.houses)
    return [tuple(range(n * i // team_size, n * (i + 1) // team_size)) for i in range(team_size)]
