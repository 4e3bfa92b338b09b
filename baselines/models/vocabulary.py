"""The tiny model's vocabulary: a byte-level BPE over the suite's own text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from baselines.models.recipe import Recipe
from baselines.models.teachers import TEACHERS
from llm_collab_envs import make

TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}<|obs|>{{ m['content'] }}"
    "{% else %}<|act|>{{ m['content'] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|act|>{% endif %}"
)
EPISODES = 400  # that the text comes from, for each env


def train_tokenizer(recipe: Recipe) -> PreTrainedTokenizerFast:
    """Train the BPE on what the envs and the teachers write."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocab_size,
        special_tokens=["<|pad|>", "<|end|>", "<|obs|>", "<|act|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(_corpus(recipe), trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>"
    )
    fast.chat_template = TEMPLATE
    fast.add_special_tokens({"additional_special_tokens": ["<|obs|>", "<|act|>"]})
    fast.model_max_length = 4096
    return fast


def carry_over(
    old: PreTrainedTokenizerFast, rows_VH: torch.Tensor, new: PreTrainedTokenizerFast
) -> torch.Tensor:
    """Return embeddings for a new vocabulary, made of those of an old one.

    Args:
        old: The old vocabulary.
        rows_VH: Its embeddings.
        new: The new vocabulary.

    Returns:
        One row for each new entry: its own where the old vocabulary has the entry too, else the
        mean of the pieces that the old one cuts it into.
    """
    known = old.get_vocab()
    carried_VH = torch.empty(len(new), rows_VH.shape[1], dtype=rows_VH.dtype)
    for entry, number in new.get_vocab().items():
        if entry in known:
            carried_VH[number] = rows_VH[known[entry]]
        else:
            pieces = old(new.convert_tokens_to_string([entry]))["input_ids"]
            carried_VH[number] = rows_VH[pieces].mean(0)
    return carried_VH


def _corpus(recipe: Recipe) -> Iterator[str]:
    rng = np.random.default_rng(recipe.seed)
    for env_id, _ in recipe.envs:
        teacher = TEACHERS[env_id](rng)
        for n in range(EPISODES):
            env = make(env_id, team_size=(1, 4)[n % 2])
            observations, _ = env.reset(seed=n)
            while env.agents:
                actions = {a: teacher(observations[a]) for a in env.agents}
                yield from observations.values()
                yield from actions.values()
                observations, *_ = env.step(actions)
