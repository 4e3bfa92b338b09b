"""Scores of bargaining: pure functions of a task and what its agents submitted.

Quality is the Nash product of a deal (the product of all houses' gains over walking away) over
that of the best deal there is, found exactly. Where no deal has all houses gain, walking away is
right: it has quality 1 if all agents say it, and any deal has 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from llm_collab_envs.negotiation.bargaining.nash import best, is_efficient
from llm_collab_envs.negotiation.bargaining.reading import Houses, lay
from llm_collab_envs.negotiation.bargaining.tasks import BargainingTask


@dataclass(frozen=True)
class BargainingScore:
    """What a negotiation came to.

    Attributes:
        quality: The Nash ratio of the deal; or 1 for walking away where that is right.
        agreement: Whether a deal was struck.
        walked: Whether all agents said that they walk away.
        pareto: Whether no deal would give one house more, and none less, than what was reached.
        nash_ratio: The Nash product of the deal over the best one, 0 without a deal.
        fairness: Jain's index of the houses' gains (Jain, Chiu & Hawe 1984), each as a share of the
            whole stock's worth to the house; 0 without a deal.
        conflicts: Offers on the table beside the first one, over all agents.
        gains: What each house gains over walking away; 0 without a deal.
    """

    quality: float
    agreement: bool
    walked: bool
    pareto: bool
    nash_ratio: float
    fairness: float
    conflicts: float
    gains: tuple[int, ...]


def score(
    task: BargainingTask, parts: Mapping[str, str], owners: Houses, inherited: Houses
) -> BargainingScore:
    """Score what is on the table.

    Args:
        task: The task.
        parts: Each agent's submission.
        owners: The houses that each agent of the team speaks for.
        inherited: Those it may sign for as well, as their agent has left; {} where none has.
    """
    table = lay(task, parts, owners, inherited)
    found = best(task.bargain)
    conflicts = max(0, len(table.offers) - 1) / len(owners)
    if table.deal is None:
        return BargainingScore(
            quality=float(table.walked and not found.product),
            agreement=False,
            walked=table.walked,
            pareto=not found.product and is_efficient(task.bargain, (0,) * len(task.houses)),
            nash_ratio=0.0,
            fairness=0.0,
            conflicts=conflicts,
            gains=(0,) * len(task.houses),
        )
    gains = task.bargain.gains(table.deal)
    product = float(math.prod(max(0, gain) for gain in gains))
    ratio = product / found.product if found.product else 0.0
    return BargainingScore(
        quality=ratio,
        agreement=True,
        walked=False,
        pareto=is_efficient(task.bargain, gains),
        nash_ratio=ratio,
        fairness=_jain([gain / task.worth(house) for house, gain in enumerate(gains)]),
        conflicts=conflicts,
        gains=gains,
    )


def _jain(shares: list[float]) -> float:
    """Return (sum x)^2 / (n sum x^2), with losses counted as 0; 0 where nobody gains."""
    gained = [max(0.0, share) for share in shares]
    squares = sum(share * share for share in gained)
    return sum(gained) ** 2 / (len(gained) * squares) if squares else 0.0
