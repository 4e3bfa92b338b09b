"""Who reads what: an article dealt out so that all have as much to write, and the author must ask.

Paragraphs go to agents whole, but for the first agent, the author of the short texts: of its own
paragraphs, the sentences that tell what the short texts owe have been read by teammates instead. So
nobody can write those texts of what it has read itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from llm_collab_envs.writing.sentences import find_value, split_sentences

MAX_TEAM = 4
GAP = "[...]"  # stands for a sentence that a teammate has read instead


@dataclass(frozen=True)
class Desk:
    """What one agent has read, by number of the paragraph.

    Attributes:
        own: Its paragraphs, of which it writes the account.
        lent: What it has read, instead of the author, of the author's paragraphs.
    """

    own: dict[int, str]
    lent: dict[int, str] = field(default_factory=dict)


def deal_sentences(
    passages: Sequence[str], stretches: Sequence[range], owed: Sequence[Sequence[str]]
) -> list[Desk]:
    """Deal out what each agent reads.

    Each of the author's paragraphs has its gaps filled by one teammate, in turn, the one with the
    fewest paragraphs first.

    Args:
        passages: The paragraphs.
        stretches: Each agent's own paragraphs, the author's first.
        owed: By paragraph, the values that short texts owe of it, or have in an older report.
    """
    desks = [Desk({n: passages[n] for n in own}) for own in stretches]
    author, *others = desks
    helpers = itertools.cycle(sorted(others, key=lambda desk: len(desk.own)))
    for n in stretches[0] if others else ():
        sentences = split_sentences(passages[n])
        lent = [s for s in sentences if any(find_value(s, value) >= 0 for value in owed[n])]
        if lent:
            author.own[n] = " ".join(GAP if s in lent else s for s in sentences)
            next(helpers).lent[n] = " ".join(lent)
    return desks


@lru_cache(maxsize=64)
def share(weights: tuple[float, ...], first: float, parts: int) -> list[range]:
    """Cut a row of paragraphs into stretches, the heaviest as light as can be, and then the others.

    Args:
        weights: What it takes to write of each paragraph.
        first: What the first agent has to write beside: its stretch may be empty, others may not.
        parts: How many stretches, at most one more than there are paragraphs.
    """
    end, sums = len(weights), [0.0, *itertools.accumulate(weights)]
    if parts == 1:
        return [range(end)]
    # By number of stretches and first paragraph: the heaviest of the best cut of what is left.
    rests = [[sums[end] - sums[start] for start in range(end)]]
    for _ in range(parts - 2):
        rests.append([_best(sums, start, rests[-1])[0] for start in range(end)])
    cuts = [min(range(end), key=lambda cut: max(sums[cut] + first, rests[-1][cut]))]
    for rest in reversed(rests[:-1]):  # each as good as can be after those before it
        cuts.append(_best(sums, cuts[-1], rest)[1])
    return [range(a, b) for a, b in itertools.pairwise([0, *cuts, end])]


def _best(sums: Sequence[float], start: int, rest: Sequence[float]) -> tuple[float, int]:
    """Return the heaviest stretch from `start` on, and where the first is to end for that."""
    cuts = range(start + 1, len(rest))
    loads = ((max(sums[cut] - sums[start], rest[cut]), cut) for cut in cuts)
    return min(loads, default=(math.inf, start))
