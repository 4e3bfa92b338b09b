"""Tokenizers, and windows of fixed length on the token ids of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from llm_collab_envs.core.arguments import check_choice, check_number
from llm_collab_envs.core.spaces import sanitise

Tokens = NDArray[Any]

ENDS = ("tail", "head")
DTYPES = ("float32", "int32", "int64")


class Tokenizer(Protocol):
    """What turns text into token ids and back; ids are below `vocab_size`."""

    @property
    def vocab_size(self) -> int:
        """How many ids there are."""
        ...

    @property
    def pad_id(self) -> int:
        """The id that fills up what is too short; it means nothing."""
        ...

    def encode(self, text: str) -> Sequence[int]:
        """Return the ids of any text at all."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of any ids at all, without those of `pad_id`."""
        ...


def check_tokenizer(tokenizer: object) -> None:
    """Raise TypeError, with the remedy, for what lacks a part of a `Tokenizer`."""
    parts = ("encode", "decode", "vocab_size", "pad_id")
    missing = [name for name in parts if not hasattr(tokenizer, name)]
    if missing:
        raise TypeError(
            f"tokenizer must have {', '.join(parts)}; {type(tokenizer).__name__} lacks {missing}. "
            "Put HuggingFaceTokenizer around one of transformers."
        )


class ByteTokenizer:
    """The bytes of UTF-8: no vocabulary to load, and any text there and back.

    NUL, which no observation holds, is the pad. Bytes that are no UTF-8 become U+FFFD.
    """

    vocab_size = 256
    pad_id = 0

    def encode(self, text: str) -> list[int]:
        """Return the bytes."""
        return list(text.encode("utf-8", "replace"))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of bytes."""
        return bytes(i for i in ids if i != self.pad_id).decode("utf-8", "replace")


class HuggingFaceTokenizer:
    """A tokenizer of Hugging Face's `transformers`, as the wrappers want one.

    No special tokens are added. Where it has no pad token, its end-of-sequence token pads.

    Args:
        tokenizer: What `AutoTokenizer.from_pretrained` returns.

    Raises:
        ValueError: For a tokenizer that has neither a pad nor an end-of-sequence token.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Look for a token to pad with."""
        self._tokenizer = tokenizer
        pads = (tokenizer.pad_token_id, tokenizer.eos_token_id)
        pad = next((token for token in pads if token is not None), None)
        if pad is None:
            raise ValueError(
                "the tokenizer has no token to pad with. Set its pad_token to one that no text has."
            )
        self.pad_id = int(pad)
        self.vocab_size = 1 + max(tokenizer.get_vocab().values())  # ids may have gaps

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""
        return list(self._tokenizer.encode(sanitise(text), add_special_tokens=False))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids."""
        return str(self._tokenizer.decode([i for i in ids if i != self.pad_id]))


@dataclass(frozen=True)
class Window:
    """A text as an array of fixed length.

    Attributes:
        length: Tokens in the array.
        tokenizer: Makes the ids.
        keep: Which end of a longer text is kept: "tail" or "head". It has the same place in every
            array, so a shorter text is padded in front ("tail") or behind ("head").
        dtype: "int32" or "int64" for ids, as for an embedding; "float32" for ids divided by
            `vocab_size - 1`, between 0 and 1, as networks of other kinds want their inputs.
    """

    length: int
    tokenizer: Tokenizer
    keep: str
    dtype: str

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_tokenizer(self.tokenizer)
        check_number("length", self.length, 1)
        check_choice("keep", self.keep, ENDS)
        check_choice("dtype", self.dtype, DTYPES)

    def space(self) -> Box:
        """Return a new space of such arrays."""
        top = 1 if self.dtype == "float32" else self.tokenizer.vocab_size - 1
        return Box(0, top, (self.length,), np.dtype(self.dtype).type)

    def view(self, text: str) -> Tokens:
        """Return the array of a text."""
        ids = self.tokenizer.encode(text)
        kept = ids[-self.length :] if self.keep == "tail" else ids[: self.length]
        tokens = np.full(self.length, self.tokenizer.pad_id, dtype=np.int64)
        start = self.length - len(kept) if self.keep == "tail" else 0
        tokens[start : start + len(kept)] = kept
        if self.dtype == "float32":
            return (tokens / (self.tokenizer.vocab_size - 1)).astype(np.float32)
        return tokens.astype(self.dtype)
