"""Who reads what: the paragraphs of an article, dealt out so that all have as much to write."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

MAX_TEAM = 4


@lru_cache(maxsize=64)
def share(weights: tuple[float, ...], first: float, parts: int) -> list[range]:
    """Cut a row of paragraphs into stretches, the heaviest as light as can be.

    Args:
        weights: What it takes to write of each paragraph.
        first: What the first agent has to write beside: its stretch may be empty, others may not.
        parts: How many stretches.
    """
    sums = [0.0, *itertools.accumulate(weights)]

    def stretches(cuts: Sequence[int]) -> list[range]:
        return [range(a, b) for a, b in itertools.pairwise([0, *cuts, len(weights)])]

    def heaviest(dealt: list[range]) -> float:
        loads = [sums[own.stop] - sums[own.start] for own in dealt]
        return max(loads[0] + first, *loads[1:], 0.0)

    options = map(stretches, itertools.combinations(range(len(weights)), parts - 1))
    return min(options, key=heaviest)
