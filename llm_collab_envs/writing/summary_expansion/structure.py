"""CoMLRL's structural figures of a short and a long text, and its TL;DR reward.

They are reported so that results can be set beside theirs; no score of this env uses them. The
formula is that of `tldr_combined_reward` in `rewards/tldr_rewards.py` of the public repository
OpenMLRL/LLM_Collab_Writing (commit 45c74e5), which CoMLRL's documentation names as its writing
tasks. The reward is the sum of four levels, each of which has to pay for the next to count:

1. both texts have 8 to 256 words: 0.5;
2. the long text has 1.6 to 3.2 times the characters of the short one: 1, falling to 0 at 1.1 and
   5.0 times;
3. it has 2 times as many different words, or more: 0.5, falling to 0 at 1.3 times (stop words are
   counted, although its description says otherwise);
4. transition words of k categories in the long text: 0.4 (0.4 + 0.05 (k - 1)), and shared words:
   0.6 J / 0.03, for a Jaccard index J of the words that are no stop words, up to 0.03.

The categories are theirs. The lists of transition and stop words are this module's own, so figures
can differ by a little. None of it looks at what the texts are about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

TRANSITIONS = {
    "elaboration": ("also", "besides", "furthermore", "in addition", "moreover"),
    "examples": ("for example", "for instance", "in particular", "namely", "such as"),
    "explanation": ("in fact", "in other words", "that is", "indeed", "simply put"),
    "cause_effect": ("as a result", "consequently", "hence", "therefore", "thus", "owing to"),
    "contrast": ("although", "but", "however", "instead", "whereas", "yet", "still"),
    "sequence": ("afterward", "finally", "first", "later", "next", "second", "then"),
    "emphasis": ("certainly", "clearly", "of course", "surely", "undoubtedly"),
    "summary": ("altogether", "in conclusion", "in short", "in summary", "overall"),
    "comparison": ("equally", "in the same way", "just as", "likewise", "similarly"),
    "concession": ("admittedly", "despite", "even though", "in spite of", "nevertheless"),
    "condition": ("as long as", "if", "in case", "otherwise", "provided that", "unless"),
    "time": ("after", "before", "during", "meanwhile", "since", "until", "when", "while"),
}
STOP_WORDS = frozenset(
    "a about after all also an and any are as at be been before being but by can could did do does "
    "each few for from had has have he her here him his how i if in into is it its just many may "
    "me more most much must my no not now of off on only or other our out own same shall she "
    "should so some such than that the their them then there these they this those through to too "
    "under until up us very was we were what when where which while who whom why will with would "
    "you your".split()
)

_CATEGORY = {word: category for category, words in TRANSITIONS.items() for word in words}
_WORD = re.compile(r"\w+")
_FEWEST_WORDS, _MOST_WORDS = 8, 256
_ENOUGH_SHARED = 0.03


@dataclass(frozen=True)
class Structure:
    """How a short and a long text compare on the surface.

    Attributes:
        length_ratio: Characters of the long text over those of the short one; 0 without either.
        new_word_ratio: Different words of the long text over those of the short one.
        jaccard: Shared over all of their words that are no stop words.
        transitions: Categories of transition words in the long text, of 12.
        tldr_reward: CoMLRL's reward of the pair, in [0, 3].
    """

    length_ratio: float
    new_word_ratio: float
    jaccard: float
    transitions: int
    tldr_reward: float


@dataclass(frozen=True)
class _Surface:
    """A text's size, its different words, those of them that are no stop words, its categories."""

    characters: int
    length: int  # in words with white space between them
    words: frozenset[str]
    content: frozenset[str]
    transitions: frozenset[str]


def compare(short: Sequence[str], long: Sequence[str]) -> Structure:
    """Compare two texts, each in one or more blocks; a pure function of them alone."""
    one, other = _join(tuple(short)), _join(tuple(long))
    length_ratio = other.characters / one.characters if one.characters else 0.0
    new_word_ratio = len(other.words) / len(one.words) if one.words else 0.0
    shared = len(one.content & other.content)
    union = len(one.content) + len(other.content) - shared
    jaccard = shared / union if union else 0.0
    transitions = len(other.transitions)
    fits = all(_FEWEST_WORDS <= text.length <= _MOST_WORDS for text in (one, other))
    reward = _tldr_reward(length_ratio, new_word_ratio, jaccard, transitions) if fits else 0.0
    return Structure(length_ratio, new_word_ratio, jaccard, transitions, reward)


@lru_cache(maxsize=256)
def _join(blocks: tuple[str, ...]) -> _Surface:
    surfaces = [_look(block) for block in blocks]
    return _Surface(
        sum([surface.characters for surface in surfaces]) + max(0, len(blocks) - 1),
        sum([surface.length for surface in surfaces]),
        frozenset().union(*[surface.words for surface in surfaces]),
        frozenset().union(*[surface.content for surface in surfaces]),
        frozenset().union(*[surface.transitions for surface in surfaces]),
    )


@lru_cache(maxsize=256)
def _look(block: str) -> _Surface:
    lower = block.lower()
    words = frozenset(_WORD.findall(lower))
    found = frozenset([category for word, category in _CATEGORY.items() if word in lower])
    return _Surface(len(block), len(block.split()), words, words - STOP_WORDS, found)


def _tldr_reward(
    length_ratio: float, new_word_ratio: float, jaccard: float, transitions: int
) -> float:
    """Return the reward of two texts that are neither too short nor too long."""
    if not 1.1 <= length_ratio <= 5.0:
        return 0.5
    length = min(1.0, (length_ratio - 1.1) / 0.5, (5.0 - length_ratio) / 1.8)
    if new_word_ratio < 1.3:
        return 0.5 + length
    words = 0.5 * min(1.0, (new_word_ratio - 1.3) / 0.7)
    linked = min(1.0, 0.4 + 0.05 * (transitions - 1)) if transitions else 0.0
    shared = min(jaccard, _ENOUGH_SHARED) / _ENOUGH_SHARED
    return 0.5 + length + words + 0.4 * linked + 0.6 * shared
