"""How the tiny model is made, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """How the model is made.

    Attributes:
        seed: Seed of tasks, teachers and weights.
        vocab_size: Entries of the BPE.
        hidden: Width.
        layers: What mixes tokens in each layer: a short convolution or attention.
        window: Tokens that a convolution sees.
        heads: Attention heads.
        copy_steps: Steps on copying exercises.
        steps: Steps on whole histories.
        batch_tokens: Tokens in a batch, padding included.
        optimizer: Of the matrices: "muon", which learns to copy from nothing, or "adamw", several
            times as fast where the processor does not compute in bf16.
        rate: Learning rate of the matrices.
        embedding_rate: Learning rate of AdamW, for embeddings and norms.
        warmup: Steps of linear warm-up.
        decay: The last share of the steps, over which the rate falls linearly to 0.
        envs: Env ids and their share of the episodes.
        team_sizes: Team sizes and their share of the episodes.
    """

    seed: int = 0
    vocab_size: int = 1024
    hidden: int = 256
    layers: tuple[str, ...] = ("conv", "full_attention") * 2
    window: int = 5
    heads: int = 4
    copy_steps: int = 600
    steps: int = 1600
    batch_tokens: int = 8_192
    optimizer: str = "muon"
    rate: float = 0.02
    embedding_rate: float = 0.003
    warmup: int = 50
    decay: float = 0.4
    envs: tuple[tuple[str, float], ...] = (("section_writing_v0", 1.0),)
    team_sizes: tuple[tuple[int, float], ...] = ((4, 0.4), (1, 0.4), (2, 0.1), (3, 0.1))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """Read what `asdict` wrote, after JSON has made lists of its tuples."""
        return cls(**{name: _frozen(value) for name, value in data.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
