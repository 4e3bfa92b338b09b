"""UnicodeText: a text space that admits whatever a language model writes."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Space

SAMPLE_ALPHABET = "abcdefghijklmnopqrstuvwxyz .<>/"
SAMPLE_MAX_LENGTH = 32

_UNSAFE = {0: 0xFFFD, **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)}


def sanitise(text: str) -> str:
    """Replace NUL and lone surrogates, which tokenizers and JSON writers choke on, by U+FFFD."""
    return text.translate(_UNSAFE)


class UnicodeText(Space[str]):
    """All strings of at most `max_length` characters, the empty one and any Unicode included.

    `gymnasium.spaces.Text` rejects spaces, newlines and `""` unless given a charset, and a charset
    of all Unicode takes seconds to build. Membership here checks type and length only; samples come
    from a short, ordered alphabet, so that they are the same in every process.

    Args:
        max_length: The longest string admitted, in characters.
        seed: Seed of `sample`.
    """

    def __init__(self, max_length: int, seed: int | np.random.Generator | None = None) -> None:
        """Create the space; raises ValueError for a `max_length` below 0."""
        if max_length < 0:
            raise ValueError(f"max_length must be 0 or more; got {max_length}.")
        self.max_length = max_length
        super().__init__(shape=None, dtype=str, seed=seed)

    @property
    def is_np_flattenable(self) -> bool:
        """False: text has no fixed-length array form; wrappers turn it into token ids."""
        return False

    def sample(self, mask: None = None, probability: None = None) -> str:
        """Draw a short string from the sample alphabet."""
        length = int(self.np_random.integers(min(self.max_length, SAMPLE_MAX_LENGTH) + 1))
        letters = self.np_random.integers(len(SAMPLE_ALPHABET), size=length)
        return "".join(SAMPLE_ALPHABET[i] for i in letters)

    def contains(self, x: Any) -> bool:
        """Whether `x` is a string of at most `max_length` characters."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __eq__(self, other: object) -> bool:
        """Two spaces are equal when their bounds are."""
        return isinstance(other, UnicodeText) and self.max_length == other.max_length

    def __hash__(self) -> int:
        """Hash by the bound, as equality does."""
        return hash((UnicodeText, self.max_length))

    def __repr__(self) -> str:
        """Show the bound."""
        return f"UnicodeText({self.max_length})"
