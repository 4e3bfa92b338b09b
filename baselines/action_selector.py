"""Action Selector: from what the policy network says of the next token to a whole reply."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

COLDEST = 0.001  # what is divided by less is no number any more


@dataclass(frozen=True)
class ActionSelector:
    """How replies are chosen.

    Attributes:
        temperature: Of sampling; 0 is greedy.
        top_p: Nucleus of sampling.
        max_new_tokens: The longest reply, in the model's tokens.
        batch_size: How many replies are written at once.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 512
    batch_size: int = 64

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.temperature and not COLDEST <= self.temperature < inf:
            raise ValueError(
                f"temperature must be 0 (greedy), or {COLDEST} or more; got {self.temperature}."
            )
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be in (0, 1]; got {self.top_p}.")
        for name in ("max_new_tokens", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more; got {getattr(self, name)}.")

    def select(
        self, model: Any, prompts: Sequence[list[int]], pad: int, ends: Collection[int]
    ) -> list[list[int]]:
        """Write one reply to each prompt.

        Args:
            model: A causal language model of transformers.
            prompts: Token ids, one list for each reply; lengths may differ.
            pad: The padding token's id.
            ends: The tokens that end a reply.

        Returns:
            The new tokens of each, the one that ends it included where it was reached.
        """
        # Imported here, so that those who only say how to choose do not wait seconds for torch.
        from baselines.generation import finish

        replies: list[list[int]] = [[]] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda n: len(prompts[n]))
        for at in range(0, len(order), self.batch_size):
            batch = order[at : at + self.batch_size]
            written = finish(self, model, [prompts[n] for n in batch], pad, ends)
            for n, ids in zip(batch, written, strict=True):
                replies[n] = ids
        return replies
