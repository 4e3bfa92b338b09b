"""Bargaining without a word: offers that fit what is known of how values are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cheats_bargaining import Policy, level_of, offer, read
from llm_collab_envs.negotiation.bargaining.expert import Memo, accept
from llm_collab_envs.negotiation.bargaining.nash import Division, _splits
from llm_collab_envs.negotiation.bargaining.tasks import HOUSES, MAX_VALUE

DRAWS = 200  # of what the others' values may be
WALK = "<submit>walk</submit>"


def silent_offers(count: int) -> Policy:
    """The first agent makes offers in turn, the others take what they gain by; at last all walk."""

    def act(observation: str) -> str:
        memo = read(observation)
        if memo.settled:
            return "<done/>"
        if memo.round > 2 * count:
            return "" if memo.walking else WALK
        turn, is_mine = divmod(memo.round, 2)
        if memo.me == memo.agents[0]:
            own = tuple((house, memo.values[house], memo.walk[house]) for house in memo.own)
            offers = likely(memo.stock, own, count)[turn : turn + is_mine]
            return "".join(f"<submit>{offer(memo, division)}</submit>" for division in offers)
        return "".join(
            f"<submit>{accept(memo, agent, division)}</submit>"
            for agent, division in memo.offers.items()
            if suits(memo, division)
        )

    return act


def suits(memo: Memo, division: Division) -> bool:
    gains = memo.bargain.gains(division)
    return all(gains[house] > 0 for house in memo.own)


@lru_cache(maxsize=64)
def likely(
    stock: Sequence[int], own: Sequence[tuple[int, Sequence[int], int]], count: int
) -> list[Division]:
    """Return the division with the best mean Nash ratio over draws of what others may want.

    Each further one is the best of those draws in which the ones before it are refused.
    """
    level = level_of(stock)
    tables = [_splits(units, HOUSES) for units in stock]
    at = np.indices([len(table) for table in tables]).reshape(len(tables), -1)
    shares_GDH = np.stack([table[which] for table, which in zip(tables, at, strict=True)])
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(DRAWS):
        values_HG = rng.integers(MAX_VALUE + 1, size=(HOUSES, len(stock)))
        walk_H = rng.uniform(*level.walk, HOUSES) * (values_HG @ np.array(stock))
        for house, values, walk in own:
            values_HG[house], walk_H[house] = values, walk
        gains_DH = np.einsum("hg,gdh->dh", values_HG, shares_GDH) - walk_H
        product_D = np.maximum(gains_DH, 0).prod(1)
        ratios.append(product_D / max(product_D.max(), 1e-9))
    left_RD, offers = np.array(ratios), []
    for _ in range(count):
        best = int(left_RD.sum(0).argmax())
        offers.append(tuple(map(tuple, shares_GDH[:, best].tolist())))
        left_RD = left_RD[left_RD[:, best] == 0]
    return offers
