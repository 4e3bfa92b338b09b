"""The best deal, exactly: every division of the stock is looked at, in numpy.

A division gives every unit of every good to one house. There are too many to list at once, but
what a house gets adds up over goods; so the divisions of the first goods are a table, those of the
rest another, and blocks of rows of one are added to the whole of the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

Division = tuple[tuple[int, ...], ...]  # for each good, how many units each house gets
Table = NDArray[np.float64]

MAX_DIVISIONS = 4_000_000
_BLOCK = 65_536  # divisions that are looked at together: they fit into a core's own cache


@dataclass(frozen=True)
class Bargain:
    """A bargaining problem: all that is private, put together.

    Attributes:
        stock: How many units there are of each good.
        values: For each house, what one unit of each good is worth to it.
        walk: For each house, what walking away is worth to it.
    """

    stock: tuple[int, ...]
    values: tuple[tuple[int, ...], ...]
    walk: tuple[int, ...]

    def gains(self, division: Division) -> tuple[int, ...]:
        """Return what each house gains by a division over walking away; below 0 for a loss."""
        return tuple(
            sum(v * got[house] for v, got in zip(values, division, strict=True)) - self.walk[house]
            for house, values in enumerate(self.values)
        )


@dataclass(frozen=True)
class Best:
    """The best that can be reached.

    Attributes:
        division: The division with the largest Nash product (Nash 1950: the product of all gains);
            of several, the first in the order of enumeration. None where no division has all
            houses gain.
        product: Its Nash product, or 0.
        least: The gain of the house that gains least, in the division where that is most; below 0
            where every division makes some house lose.
    """

    division: Division | None
    product: float
    least: float


@lru_cache(maxsize=4_096)
def best(bargain: Bargain) -> Best:
    """Find the best division by enumeration."""
    product, at, least = 0.0, -1, -math.inf
    for start, gains_H in _blocks(bargain):
        products = reduce(np.multiply, [np.maximum(gains, 0.0) for gains in gains_H])
        here = int(products.argmax())
        if products[here] > product:
            product, at = float(products[here]), start + here
        least = max(least, float(reduce(np.minimum, gains_H).max()))
    return Best(None if at < 0 else _division(bargain, at), product, least)


@lru_cache(maxsize=256)
def is_efficient(bargain: Bargain, gains: tuple[int, ...]) -> bool:
    """Whether no division gives one house more than `gains` and none less (Pareto)."""
    for _, gains_H in _blocks(bargain):
        as_good = reduce(np.logical_and, [g >= own for g, own in zip(gains_H, gains, strict=True)])
        if (reduce(np.add, gains_H)[as_good] > sum(gains)).any():
            return False
    return True


def count_divisions(stock: Sequence[int], houses: int) -> int:
    """Return how many ways there are to divide a stock."""
    return math.prod(math.comb(units + houses - 1, houses - 1) for units in stock)


def _blocks(bargain: Bargain) -> Iterator[tuple[int, list[Table]]]:
    """Yield all divisions in blocks: the number of the first, and each house's gains in them."""
    half = len(bargain.stock) // 2
    first_DH = _worth(bargain, 0, half) - np.array(bargain.walk, float)
    rest_DH = _worth(bargain, half, len(bargain.stock))
    rows = max(1, _BLOCK // len(rest_DH))
    for top in range(0, len(first_DH), rows):
        block = first_DH[top : top + rows]
        houses = range(len(bargain.walk))
        yield top * len(rest_DH), [(block[:, h, None] + rest_DH[:, h]).ravel() for h in houses]


def _worth(bargain: Bargain, start: int, stop: int) -> Table:
    """Return a row for each division of some of the goods: what each house's share is worth."""
    values_HG = np.array(bargain.values, float)
    worth_DH = np.zeros((1, len(values_HG)))
    for good in range(start, stop):
        own = _splits(bargain.stock[good], len(values_HG)) * values_HG[:, good]
        worth_DH = (worth_DH[:, None] + own).reshape(-1, len(values_HG))
    return worth_DH


def _division(bargain: Bargain, number: int) -> Division:
    """Return the division with a number in the order of enumeration: the last good runs fastest."""
    shares: list[tuple[int, ...]] = []
    for units in reversed(bargain.stock):
        splits = _splits(units, len(bargain.walk))
        number, row = divmod(number, len(splits))
        shares.append(tuple(int(n) for n in splits[row]))
    return tuple(reversed(shares))


@lru_cache(maxsize=256)
def _splits(units: int, houses: int) -> NDArray[np.int64]:
    """Return a row for each way to divide units of one good among houses."""
    if houses == 1:
        return np.array([[units]])
    return np.concatenate(
        [
            np.insert(_splits(units - first, houses - 1), 0, first, axis=1)
            for first in range(units, -1, -1)
        ]
    )
