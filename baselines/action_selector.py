"""Action Selector: from what the policy network says of the next token to a whole reply."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import StaticCache, StoppingCriteria, StoppingCriteriaList

STRETCH = 128  # tokens written at a stretch; the cache is as long as the prompt and this


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
        if self.temperature < 0:
            raise ValueError(f"temperature must be 0 (greedy) or more; got {self.temperature}.")
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
        replies: list[list[int]] = [[]] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda n: len(prompts[n]))
        for at in range(0, len(order), self.batch_size):
            batch = order[at : at + self.batch_size]
            written = self._finish(model, [prompts[n] for n in batch], pad, ends)
            for n, ids in zip(batch, written, strict=True):
                replies[n] = ids
        return replies

    def _finish(
        self, model: Any, prompts: Sequence[list[int]], pad: int, ends: Collection[int]
    ) -> list[list[int]]:
        """Write replies to the end; when few are left open, go on with these alone.

        Short replies come in the same batch as long ones, and every row of a batch costs the same
        whether it is finished or not.
        """
        replies: list[list[int]] = [[] for _ in prompts]
        left = list(range(len(prompts)))
        room = self.max_new_tokens
        while left and room:
            new = self._extend(model, [prompts[n] + replies[n] for n in left], room, pad, ends)
            for n, ids in zip(left, new, strict=True):
                replies[n] += ids
            room -= max(len(ids) for ids in new)
            left = [n for n in left if replies[n][-1] not in ends]
        return replies

    @torch.no_grad()
    def _extend(
        self, model: Any, prompts: Sequence[list[int]], room: int, pad: int, ends: Collection[int]
    ) -> list[list[int]]:
        """Write on until all replies are finished, or few are left open, or there is no room.

        Distinct prompts (U) are read once, however many replies (B) go on from them.
        """
        distinct = list(dict.fromkeys(map(tuple, prompts)))
        width = len(max(distinct, key=len))
        ids_UT = torch.full((len(distinct), width), pad, device=model.device)
        mask_UT = torch.zeros_like(ids_UT)
        for n, ids in enumerate(distinct):
            ids_UT[n, width - len(ids) :] = torch.tensor(ids)
            mask_UT[n, width - len(ids) :] = 1
        which_B = torch.tensor([distinct.index(tuple(ids)) for ids in prompts], device=model.device)
        cache = _read(model, ids_UT, mask_UT, width + STRETCH, pad)
        cache.reorder_cache(which_B)
        chance: dict[str, Any] = {"do_sample": False}
        if self.temperature > 0:
            chance = {"do_sample": True, "temperature": self.temperature, "top_k": 0}
            chance["top_p"] = self.top_p
        out_BT = model.generate(
            input_ids=ids_UT[which_B],
            attention_mask=mask_UT[which_B],
            past_key_values=cache,
            max_new_tokens=min(room, STRETCH),
            use_cache=True,  # trainers turn it off in the config
            disable_compile=True,
            pad_token_id=pad,
            eos_token_id=list(ends),
            stopping_criteria=StoppingCriteriaList([_FewLeft(ends, width)]),
            **chance,
        )
        return [_until(row, ends) for row in out_BT[:, width:].tolist()]


def _read(model: Any, ids_UT: torch.Tensor, mask_UT: torch.Tensor, room: int, pad: int) -> Any:
    """Return the cache of a model that has read all tokens but the last, with `room` in all."""
    out = model.generate(
        input_ids=ids_UT[:, :-1],
        attention_mask=mask_UT[:, :-1],
        past_key_values=StaticCache(config=model.config, max_cache_len=room),
        max_new_tokens=1,
        do_sample=False,
        use_cache=True,
        disable_compile=True,
        pad_token_id=pad,
        return_dict_in_generate=True,
    )
    return out.past_key_values


class _FewLeft(StoppingCriteria):
    """Stops a batch when less than a quarter of its rows are open, or all are finished."""

    def __init__(self, ends: Collection[int], width: int) -> None:
        self._ends = list(ends)
        self._width = width

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        ends = torch.tensor(self._ends, device=input_ids.device)
        finished_B = torch.isin(input_ids[:, self._width :], ends).any(dim=1)
        if (~finished_B).sum() * 4 < len(finished_B):
            finished_B = torch.ones_like(finished_B)
        return finished_B


def _until(ids: list[int], ends: Collection[int]) -> list[int]:
    return next((ids[: n + 1] for n, token in enumerate(ids) if token in ends), ids)
