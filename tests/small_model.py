"""A language model of a few thousand random weights, for tests of what surrounds a model."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
)

from llm_collab_envs import make

END = "<|im_end|>"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA = dict(
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=1,
    num_attention_heads=2,
    max_position_embeddings=4096,
)


def small_tokenizer(template: str | None = None) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE of 300 entries on one observation."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|pad|>", END, "<|im_start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    observations, _ = make("section_writing_v0").reset(options={"task": 0})
    bpe.train_from_iterator(observations.values(), trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token="<|pad|>")
    tokenizer.chat_template = template
    return tokenizer


def save_small_model(
    folder: Path, seed: int = 0, kind: type[PreTrainedConfig] = LlamaConfig, **sizes: int
) -> Path:
    """Save a random model, a Llama of width 32 if left open, and its tokenizer; return the folder.

    Args:
        folder: Where to.
        seed: Of the weights.
        kind: The model's config.
        sizes: What the config takes instead of a small Llama's sizes.
    """
    tokenizer = small_tokenizer(CHATML)
    torch.manual_seed(seed)
    config = kind(
        vocab_size=len(tokenizer),
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **(sizes or LLAMA),
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
