"""Draws sequences of blocks: of given length, between given kinds of value, of one split."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from llm_collab_envs.coding.function_pair.blocks import RANGES, Block
from llm_collab_envs.coding.function_pair.catalogue import BLOCKS
from llm_collab_envs.coding.function_pair.programs import ARGUMENTS, Step

SHORTEST = 6  # env tokens of the shortest step
LAST = 26  # env tokens that a last step may have
AGREED = ("any", "tag")  # domains of the parameters that may be agreed values
TEST_SHARE = 4  # one sequence in four belongs to the test split

Slots = list[Block | Step]  # a step is a call, with its parameters


@dataclass(frozen=True)
class Shape:
    """What the steps of a function are to be like.

    Attributes:
        split: What the blocks together belong to.
        kinds: The kinds of value they may go through.
        converts: Whether they may change the kind.
        arguments: How many arguments there are beside x.
        tokens: Least and most env tokens.
        longest: Most env tokens of a step.
    """

    split: str
    kinds: tuple[str, ...]
    converts: bool
    arguments: int
    tokens: tuple[int, int]
    longest: int


@lru_cache(maxsize=1024)
def share(name: str) -> int:
    """Return what a block adds to the number that says which split blocks belong to."""
    return zlib.crc32(name.encode()) % TEST_SHARE


def split_of_blocks(names: Sequence[str]) -> str:
    """Return the split that blocks belong to, in whatever order; every set belongs to one only."""
    return split_of_shares(sum(map(share, names)))


def split_of_shares(total: int) -> str:
    """Return the split that shares add up to."""
    return "train" if total % TEST_SHARE else "test"


@lru_cache(maxsize=4096)
def keepers(kind: str, longest: int) -> tuple[Block, ...]:
    """Return the blocks that keep a kind."""
    return tuple(b for b in BLOCKS.values() if kind in b.takes and b.keeps and b.tokens <= longest)


@lru_cache(maxsize=1024)
def routes(start: str, end: str, kinds: tuple[str, ...]) -> tuple[tuple[Block, ...], ...]:
    """Return the ways from one kind to another in at most two conversions."""
    steps = [b for b in BLOCKS.values() if not b.keeps and b.gives in kinds]
    one = [(b,) for b in steps if start in b.takes and b.gives == end]
    two = [
        (a, b)
        for a, b in product(steps, steps)
        if start in a.takes and a.gives in b.takes and b.gives == end and a.gives != start
    ]
    stay: list[tuple[Block, ...]] = [()] * 8 if start == end else []
    return (*stay, *one, *two)


def draw_blocks(rand: random.Random, start: str, end: str, shape: Shape) -> Slots | None:
    """Draw blocks that lead from one kind to another and fill the tokens, or None for bad luck."""
    ways = routes(start, end, shape.kinds) if shape.converts else ((),) * (start == end)
    if not ways:
        return None
    way = rand.choice(ways)
    return fill_legs(rand, [start, *(block.gives for block in way)], way, shape)


def fill_legs(
    rand: random.Random, kinds: Sequence[str], way: Sequence[Block | Step], shape: Shape
) -> Slots | None:
    """Put blocks before, between and after the steps of a way, or return None for bad luck.

    Args:
        rand: The dice.
        kinds: The kinds of value before the first step of the way, and after each.
        way: Conversions, or calls.
        shape: What the blocks are to be like; of a way of calls the tokens are not counted.
    """
    fixed = [step for step in way if isinstance(step, Block)]
    legs: list[list[Block]] = [[] for _ in kinds]
    used = frozenset(family for block in fixed for family in block.families)
    least, most = (bound - sum(block.tokens for block in fixed) for bound in shape.tokens)
    total = sum(share(block.name) for block in fixed)
    while least > 0:
        pool: list[tuple[int, Block]] = []
        if least <= LAST:  # one more may do, of any leg, if it makes the split right
            pool = [
                (leg, block)
                for leg, kind in enumerate(kinds)
                for block in keepers(kind, min(shape.longest, most))
                if block.tokens >= least
                and not block.families & used
                and split_of_shares(total + share(block.name)) == shape.split
            ]
        if not pool or (least > 2 * SHORTEST and rand.random() < 0.5):
            leg = rand.randrange(len(kinds))
            roomy = keepers(kinds[leg], min(shape.longest, least - SHORTEST))
            pool = [(leg, block) for block in roomy if not block.families & used] or pool
        if not pool:
            return None
        leg, block = rand.choice(pool)
        legs[leg].append(block)
        used |= block.families
        least, most = least - block.tokens, most - block.tokens
        total += share(block.name)
    if most < 0 or split_of_shares(total) != shape.split:
        return None
    slots: Slots = [*legs[0]]
    for step, blocks in zip(way, legs[1:], strict=True):
        slots += [step, *blocks]
    return slots


def place_texts(
    rand: random.Random, slots: Slots, letter: str, arguments: int
) -> list[list[str]] | None:
    """Choose which parameters are the agreed value and the arguments; the others stay empty."""
    domains = [() if isinstance(slot, Step) else slot.domains for slot in slots]
    spots = [(n, p, d) for n, own in enumerate(domains) for p, d in enumerate(own)]
    first = next((n for n, slot in enumerate(slots) if isinstance(slot, Step)), len(slots))
    last_level = max((n for n, _, d in spots if d == "level"), default=0)
    # A threshold after it would tell how large the agreed value is.
    agreed = [(n, p) for n, p, d in spots if d in AGREED and n >= last_level <= first]
    if not agreed:
        return None
    at, p = rand.choice(agreed)
    texts = [[""] * len(own) for own in domains]
    texts[at][p] = letter
    free = [(n, q) for n, q, d in spots if d in RANGES and (n, q) != (at, p)]
    if len(free) < arguments:
        return None
    for name, (n, q) in zip(ARGUMENTS, rand.sample(free, arguments), strict=False):
        texts[n][q] = name
    return texts


def domains_of(slots: Slots, texts: list[list[str]]) -> dict[str, str]:
    """Return the domains of what a capital and the arguments stand for."""
    return {
        text: domain
        for slot, own in zip(slots, texts, strict=True)
        if not isinstance(slot, Step)
        for text, domain in zip(own, slot.domains, strict=True)
        if text
    }
