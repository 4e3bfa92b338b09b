"""HFPolicy: any causal language model that transformers loads."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer

from baselines.action_selector import ActionSelector
from baselines.policies.base import History, Reply
from baselines.policies.context import Context


class HFPolicy:
    """A language model as a decentralised policy, shared by all agents it is called for.

    Args:
        model: A causal language model.
        tokenizer: Its tokenizer.
        selector: How replies are chosen.
    """

    def __init__(self, model: Any, tokenizer: Any, selector: ActionSelector | None = None) -> None:
        """Keep the model; nothing is copied or moved."""
        self.model = model
        self.tokenizer = tokenizer
        self.selector = selector or ActionSelector()
        self.context = Context(tokenizer, _ends(model))

    @classmethod
    def load(cls, name: str | Path, selector: ActionSelector | None = None) -> HFPolicy:
        """Load a model folder, or a model id of the hub, for inference.

        Raises:
            ValueError: Where there is no such model.
        """
        model, tokenizer = load_model(name, inference_dtype())
        return cls(model.eval(), tokenizer, selector)

    def act(self, histories: Sequence[History]) -> list[Reply]:
        """Return one reply for each history, written together."""
        prompts = [self.context.ids(history) for history in histories]
        tokens = self.selector.select(
            self.model, prompts, self.tokenizer.pad_token_id, self.context.ends
        )
        return [Reply(self._text(ids), tuple(ids)) for ids in tokens]

    def _text(self, ids: list[int]) -> str:
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True)
        return text


def load_model(name: str | Path, dtype: torch.dtype) -> tuple[Any, Any]:
    """Load weights, onto the accelerator where there is one, and the tokenizer.

    Raises:
        ValueError: Where there is no such model, its weights are damaged, or it is of a kind that
            `baselines.generation` cannot write with.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = _weights(name, dtype)
    except (OSError, ValueError) as problem:
        raise ValueError(
            f"no model could be loaded from {str(name)!r} "
            f"({str(problem).strip().splitlines()[0]}). Give a folder that holds config.json "
            "and weights, or the id of a model that this machine can reach."
        ) from problem
    except SafetensorError as problem:
        raise ValueError(
            f"the weights in {str(name)!r} are damaged ({problem}). Save or copy them again."
        ) from problem
    if "past_key_values" not in inspect.signature(model.forward).parameters:
        raise ValueError(
            f"the model in {str(name)!r} ({type(model).__name__}) keeps no past keys and values, "
            "as state-space models do not, and cannot be played or trained here. Give a model with "
            "attention, such as a Llama, a Qwen or a GPT-2."
        )
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token_id is None:
            raise ValueError(
                f"the tokenizer in {str(name)!r} has no token that ends a text. Set its eos_token, "
                "and save it again."
            )
        tokenizer.pad_token = tokenizer.eos_token
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def training_dtype() -> torch.dtype:
    """Return bf16 on a GPU that computes in it natively, else fp32.

    On a processor that does, steps of a small model were hardly shorter, and the demo came to less.
    """
    return inference_dtype() if torch.cuda.is_available() else torch.float32


def _weights(name: str | Path, dtype: torch.dtype) -> Any:
    """Load weights; adapters are merged into those that they were trained on."""
    if not (Path(name) / "adapter_config.json").exists():
        return AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
    from peft import AutoPeftModelForCausalLM  # which takes its time, and few need it

    return AutoPeftModelForCausalLM.from_pretrained(name, dtype=dtype).merge_and_unload()


def _ends(model: Any) -> list[int]:
    """Return the tokens that a model's generation config ends replies with."""
    ends = model.generation_config.eos_token_id
    return ends if isinstance(ends, list) else [] if ends is None else [ends]


def inference_dtype() -> torch.dtype:
    """Return bf16 where the machine computes it natively, else fp32."""
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if native else torch.float32
