"""Action Selector: from what the policy network says of the next token to a whole reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch


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
    batch_size: int = 256

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.temperature < 0:
            raise ValueError(f"temperature must be 0 (greedy) or more; got {self.temperature}.")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be in (0, 1]; got {self.top_p}.")
        for name in ("max_new_tokens", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more; got {getattr(self, name)}.")

    def greedy(self) -> ActionSelector:
        """Return the same selector without chance."""
        return replace(self, temperature=0.0)

    def select(
        self, model: Any, prompts: Sequence[list[int]], pad: int, end: int
    ) -> list[list[int]]:
        """Write one reply to each prompt.

        Args:
            model: A causal language model of transformers.
            prompts: Token ids, one list for each reply; lengths may differ.
            pad: The padding token's id.
            end: The end-of-sequence token's id.

        Returns:
            The new tokens of each, the end-of-sequence token included where it was reached.
        """
        replies: list[list[int]] = []
        for at in range(0, len(prompts), self.batch_size):
            replies += self._select(model, prompts[at : at + self.batch_size], pad, end)
        return replies

    @torch.no_grad()
    def _select(
        self, model: Any, prompts: Sequence[list[int]], pad: int, end: int
    ) -> list[list[int]]:
        width = max(len(ids) for ids in prompts)
        ids_BT = torch.full((len(prompts), width), pad)
        mask_BT = torch.zeros_like(ids_BT)
        for n, ids in enumerate(prompts):
            ids_BT[n, width - len(ids) :] = torch.tensor(ids)
            mask_BT[n, width - len(ids) :] = 1
        chance: dict[str, Any] = {"do_sample": False}
        if self.temperature > 0:
            chance = {"do_sample": True, "temperature": self.temperature, "top_k": 0}
            chance["top_p"] = self.top_p
        out_BT = model.generate(
            input_ids=ids_BT.to(model.device),
            attention_mask=mask_BT.to(model.device),
            max_new_tokens=self.max_new_tokens,
            pad_token_id=pad,
            eos_token_id=end,
            **chance,
        )
        return [_until(row, end) for row in out_BT[:, width:].tolist()]


def _until(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end) + 1] if end in ids else ids
