"""Draws the values that programs work on and the parameters that they are built with."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from llm_collab_envs.coding.function_pair.blocks import RANGES, TAGS

AGREED_NUMBERS = range(11, 100)
WORDS = (
    "acorn amber apple arrow barn bean birch boat bread candle carrot cedar clover cup daisy dove "
    "drum eagle ember fern finch flute fox garlic goat grape hare harp hazel heron honey iris ivy "
    "jay kettle lamp lark lemon lily lion maple melon mint moss needle nut oak olive onion otter "
    "owl pear pine plum quill rabbit raven reed robin rose sage salt seed shell spoon swan thyme "
    "tulip turnip violet walnut wheat willow wren"
).split()
_SMALL = range(1, 30)
_COMMON_LETTERS = frozenset("aeiorlnt")


def draw_value(rand: random.Random, kind: str, small: bool = False) -> Any:
    """Draw an input of a kind; a small one for an example."""
    if kind == "number":
        return rand.randrange(100, 1000)
    if kind == "numbers":
        return rand.choices(_SMALL, k=5 if small else rand.randrange(8, 12))
    words = rand.sample(WORDS, 4 if small else rand.randrange(6, 9))
    if kind in ("words", "text"):
        if not small:  # one word twice
            words[rand.randrange(1, len(words))] = words[0]
        return words if kind == "words" else " ".join(words[:3] if small else words)
    if kind == "groups":
        return {w[0]: [v for v in words if v[0] == w[0]] for w in words}
    sizes = rand.choices(_SMALL, k=len(words))
    if kind == "table":
        return dict(zip(words, sizes, strict=True))
    return [{"name": w, "size": s} for w, s in zip(words, sizes, strict=True)]


def draw_agreed_text(rand: random.Random, domain: str) -> str:
    """Draw an agreed value, as text."""
    return f"'{rand.choice(TAGS)}'" if domain == "tag" else str(rand.choice(AGREED_NUMBERS))


def agreed_values(text: str) -> list[Any]:
    """Return all values that an agreed value like `text` could have been given."""
    return list(TAGS if text.startswith("'") else AGREED_NUMBERS)


def draw_text(rand: random.Random, domain: str, values: Sequence[Any]) -> str | None:
    """Draw a plain parameter of a step that meets some values, or None where none would matter."""
    if domain == "tag":
        return f"'{rand.choice(TAGS)}'"
    if domain in RANGES:
        return str(rand.choice(RANGES[domain]))
    if domain == "letter":
        letters = sorted(_COMMON_LETTERS.intersection(*map(str, values)))
        letters = letters or sorted(_COMMON_LETTERS.intersection("".join(map(str, values))))
        return f"'{rand.choice(letters)}'" if letters else None
    numbers = sorted(number for value in values for number in _measures(value))
    if not numbers:
        return None
    level = numbers[len(numbers) // 3 + rand.randrange(len(numbers) // 3 + 1)]
    return str(level) if 0 < level < 10**6 else None


def _measures(value: Any) -> Iterator[int]:
    """What a threshold could part: numbers, lengths of words, sizes of records."""
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, int):
            yield item
        else:
            yield len(item) if isinstance(item, str) else item["size"]
