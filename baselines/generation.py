"""Generation: whole batches of replies by transformers, short ones not waiting for long ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from transformers import GenerationConfig, StaticCache, StoppingCriteria, StoppingCriteriaList

from baselines.errors import CommandError

if TYPE_CHECKING:
    from baselines.action_selector import ActionSelector

STRETCH = 128  # tokens that are written before the rest is read anew, in a cache for as many
READ = 8_192  # tokens read at once: what more would leave behind in between is slow to move
LEAST = 64  # of each prompt
GROWTH = 4  # each stretch is so many times the last: few replies are long, and those very long


def finish(
    how: ActionSelector,
    model: Any,
    prompts: Sequence[list[int]],
    pad: int,
    ends: Collection[int],
) -> list[list[int]]:
    """Write one batch of replies to the end, in stretches.

    What is unfinished after one is read anew, in a cache that has room for the next.

    Args:
        how: How the tokens are chosen.
        model: A causal language model of transformers.
        prompts: Token ids, one list for each reply.
        pad: The padding token's id.
        ends: The tokens that end a reply.

    Raises:
        CommandError: Where the model has learned a vector for each position, and not for so many.
    """
    _check_positions(model, max(map(len, prompts), default=0), how.max_new_tokens)
    replies: list[list[int]] = [[] for _ in prompts]
    left = list(range(len(prompts)))
    room, stretch = how.max_new_tokens, STRETCH
    with _no_other_rules(model):
        while left and room:
            unfinished = [prompts[n] + replies[n] for n in left]
            new = _extend(how, model, unfinished, min(room, stretch), pad, ends)
            for n, ids in zip(left, new, strict=True):
                replies[n] += ids
            room -= max(len(ids) for ids in new)
            stretch *= GROWTH
            left = [n for n in left if replies[n][-1] not in ends]
    return replies


def _check_positions(model: Any, read: int, written: int) -> None:
    """Refuse what a table of positions has no room for; other models only get worse."""
    most = getattr(model.config, "max_position_embeddings", None)
    if most is None or read + written <= most:
        return
    if sum(isinstance(module, torch.nn.Embedding) for module in model.modules()) > 1:
        raise CommandError(
            f"a history of {read} tokens and a reply of up to {written} do not fit into the {most} "
            "positions that the model has learned. Allow fewer new tokens, play easier tasks or "
            "larger teams, or use a model with a longer context."
        )


@contextmanager
def _no_other_rules(model: Any) -> Iterator[None]:
    """Leave out what a model's own generation config adds, such as a penalty on repetition.

    What is sampled has to be what is trained: the model's own distribution.
    """
    its_own = model.generation_config
    model.generation_config = GenerationConfig()
    try:
        yield
    finally:
        model.generation_config = its_own


@torch.no_grad()
def _extend(
    how: ActionSelector,
    model: Any,
    prompts: Sequence[list[int]],
    stretch: int,
    pad: int,
    ends: Collection[int],
) -> list[list[int]]:
    """Write on until all replies are finished, or the stretch is full.

    Distinct prompts (U) are read once, however many replies (B) go on from them. What is finished
    leaves the batch whenever half of it is, so that few long replies do not keep many short ones.
    """
    distinct = list(dict.fromkeys(map(tuple, prompts)))
    width = len(max(distinct, key=len))
    ids_UT = torch.full((len(distinct), width), pad, device=model.device)
    mask_UT = torch.zeros_like(ids_UT)
    for n, ids in enumerate(distinct):
        ids_UT[n, width - len(ids) :] = torch.tensor(ids)
        mask_UT[n, width - len(ids) :] = 1
    which_B = torch.tensor([distinct.index(tuple(ids)) for ids in prompts], device=model.device)
    cache = _read(model, ids_UT, mask_UT, width + stretch, pad)
    cache.reorder_cache(which_B)
    ids_BT, mask_BT = ids_UT[which_B], mask_UT[which_B]
    chance: dict[str, Any] = {"do_sample": False}
    if how.temperature > 0:
        chance = {"do_sample": True, "temperature": how.temperature, "top_k": 0}
        chance["top_p"] = how.top_p

    written: list[list[int]] = [[] for _ in prompts]
    rows_B = torch.arange(len(prompts), device=model.device)
    full = width + stretch
    while True:
        ids_BT = model.generate(
            input_ids=ids_BT,
            attention_mask=mask_BT,
            past_key_values=cache,
            max_new_tokens=full - ids_BT.shape[1],
            use_cache=True,  # trainers turn it off in the config
            disable_compile=True,
            pad_token_id=pad,
            eos_token_id=list(ends),
            stopping_criteria=StoppingCriteriaList([_HalfFinished(ends, width)]),
            **chance,
        )
        open_B = _open(ids_BT[:, width:], ends)
        enough = ids_BT.shape[1] == full or not open_B.any()
        for n, row in zip(rows_B.tolist(), ids_BT[:, width:].tolist(), strict=True):
            written[n] = _until(row, ends)
        if enough:
            return written
        kept_B = open_B.nonzero().flatten()
        cache.reorder_cache(kept_B)
        rows_B, ids_BT, mask_BT = rows_B[kept_B], ids_BT[kept_B], mask_BT[kept_B]
        mask_BT = torch.nn.functional.pad(mask_BT, (0, ids_BT.shape[1] - mask_BT.shape[1]), value=1)


def _read(model: Any, ids_UT: torch.Tensor, mask_UT: torch.Tensor, room: int, pad: int) -> Any:
    """Return the cache of a model that has read all tokens but the last, with `room` in all.

    Recurrent models read them at one go: not all of them can go on from a state.
    """
    at_once = None if model._is_stateful else max(LEAST, READ // len(ids_UT))
    out = model.generate(
        input_ids=ids_UT[:, :-1],
        attention_mask=mask_UT[:, :-1],
        past_key_values=StaticCache(config=model.config, max_cache_len=room),
        max_new_tokens=1,
        do_sample=False,
        use_cache=True,
        disable_compile=True,
        prefill_chunk_size=at_once,
        pad_token_id=pad,
        return_dict_in_generate=True,
    )
    return out.past_key_values


class _HalfFinished(StoppingCriteria):
    """Stops a batch when at least half of its rows are finished."""

    def __init__(self, ends: Collection[int], width: int) -> None:
        self._ends = ends
        self._width = width

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        open_B = _open(input_ids[:, self._width :], self._ends)
        return (~open_B).fill_(True) if open_B.sum() * 2 <= len(open_B) else ~open_B


def _open(ids_BT: torch.Tensor, ends: Collection[int]) -> torch.Tensor:
    """Return which replies (B,) hold no token that ends them."""
    return ~torch.isin(ids_BT, torch.tensor(list(ends), device=ids_BT.device)).any(dim=1)


def _until(ids: list[int], ends: Collection[int]) -> list[int]:
    return next((ids[: n + 1] for n, token in enumerate(ids) if token in ends), ids)
