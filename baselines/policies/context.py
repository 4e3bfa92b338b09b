"""Context: one agent's history as the token ids that its language model reads.

The first observation is given whole. Of later ones only the turn is added, as the briefing has
been read. What the model sampled stays as it was sampled, token by token, so that a training row
is exactly what the policy saw and wrote.

An observation is text and nothing else: no teammate's message, and no user's task, opens or closes
a turn by spelling the token that does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from baselines.policies.base import History
from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.core.spaces import sanitise

_SENTINEL = "\u241f"


class Context:
    """Encodes histories for one tokenizer, through its chat template where it has one.

    Args:
        tokenizer: A Hugging Face tokenizer with an end-of-sequence token.
        ends: Further tokens that end a reply, as some chat models have one for the end of a turn.
    """

    def __init__(self, tokenizer: Any, ends: Collection[int] = ()) -> None:
        """Keep the tokenizer."""
        self.tokenizer = tokenizer
        self.eos_id: int = tokenizer.eos_token_id
        self.ends = frozenset({self.eos_id, *ends})
        self._has_template = bool(getattr(tokenizer, "chat_template", None))
        self._spelled = _spelled(tokenizer, self._render(_chat(".")) if self._has_template else "")

    def first(self, observation: str) -> list[int]:
        """Return the ids that ask for the first reply."""
        text = self._text(observation)
        if not self._has_template:
            # A model without a template may still expect its beginning-of-sequence token.
            return self._encode(f"{text}\nReply:\n", special=True)
        return self._encode(self._render([{"role": "user", "content": text}]))

    def next(self, observation: str, ended: bool) -> list[int]:
        """Return the ids between a reply and the one that a later observation asks for.

        Args:
            observation: The later observation.
            ended: Whether the reply before it closed itself (see `ended`).
        """
        turn = self._text(split_briefing(observation)[1])
        if not self._has_template:
            return ([] if ended else [self.eos_id]) + self._encode(f"\n{turn}\nReply:\n")
        # The first sentinel is the reply's; the turn may hold another.
        after = self._encode(self._render(_chat(turn)).partition(_SENTINEL)[2])
        if ended and self.ended(after[:1]):
            return after[1:]
        return after

    def ended(self, tokens: Sequence[int]) -> bool:
        """Whether a reply's tokens close with one that ends it, and were not cut off."""
        return bool(tokens) and tokens[-1] in self.ends

    def ids(self, history: History) -> list[int]:
        """Return all that the model has read and written before it is to reply."""
        first, *later = history.observations
        ids = self.first(first)
        for reply, observation in zip(history.replies, later, strict=True):
            tokens = list(reply.token_ids)
            ids += tokens
            ids += self.next(observation, self.ended(tokens))
        return ids

    def _text(self, observation: str) -> str:
        """Break what spells a token of its own by a space after the first character."""
        return self._spelled.sub(r"\g<0> ", sanitise(observation))

    def _render(self, chat: list[dict[str, str]]) -> str:
        text: str = self.tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=True
        )
        return text

    def _encode(self, text: str, special: bool = False) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=special)["input_ids"]
        return ids


def _chat(turn: str) -> list[dict[str, str]]:
    return [
        {"role": "user", "content": "."},
        {"role": "assistant", "content": _SENTINEL},
        {"role": "user", "content": turn},
    ]


def _spelled(tokenizer: Any, rendered: str) -> re.Pattern[str]:
    """Match the first character of whatever the tokenizer would read as a token of a chat's own.

    Those are its special tokens, and what else the template writes, as some models mark turns by
    added tokens that are not called special. Other added tokens, such as runs of spaces, are text.
    """
    tokens = {
        token.content
        for token in tokenizer.added_tokens_decoder.values()
        if len(token.content.strip()) > 1 and (token.special or token.content in rendered)
    }
    alternatives = "|".join(map(re.escape, sorted(tokens))) or "(?!)"  # which never matches
    return re.compile(f"(?={alternatives}).", re.DOTALL)
