"""Make the shipped tiny model: `python -m baselines.models.pretrain --out FOLDER`.

Three parts, in this order: a byte-level BPE over the suite's own text (`vocabulary.py`); an LFM2 of
about 3.5 M parameters; supervised training (`lessons.py`) on transcripts of imperfect teams
(`teachers.py`), first on short copying exercises, then on whole histories. Everything follows from
the seed. With `--start FOLDER`, training goes on from a model made before, which may have learned
fewer envs, with a smaller vocabulary; with `--again made.json`, all the runs that made a model are
done again, one after the other.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing as mp
import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Lfm2Config,
    Lfm2ForCausalLM,
    PreTrainedTokenizerFast,
)

from baselines.models.lessons import EXERCISES, IGNORE, Lessons, Row, batches
from baselines.models.recipe import Recipe
from baselines.models.teachers import TEACHERS, Shares
from baselines.models.vocabulary import carry_over, train_tokenizer
from baselines.policies.context import Context
from baselines.policies.hf import inference_dtype

MADE = "made.json"
USUAL_SHARES = {env: teacher.usual for env, teacher in TEACHERS.items()}


def new_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Lfm2ForCausalLM:
    """Return an untrained model."""
    torch.manual_seed(recipe.seed)
    return Lfm2ForCausalLM(
        Lfm2Config(
            vocab_size=recipe.vocab_size,
            hidden_size=recipe.hidden,
            intermediate_size=704,
            block_auto_adjust_ff_dim=False,
            num_hidden_layers=len(recipe.layers),
            layer_types=list(recipe.layers),
            conv_L_cache=recipe.window,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=4096,
            rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def grown_model(start: Path, recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Lfm2ForCausalLM:
    """Return a model made before, with a new vocabulary."""
    old = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    model = new_model(recipe, tokenizer)
    weights = old.state_dict()
    rows_VH = old.get_input_embeddings().weight.detach()
    carried_VH = carry_over(AutoTokenizer.from_pretrained(start), rows_VH, tokenizer)
    tied = {name for name, value in weights.items() if value.shape == rows_VH.shape}
    model.load_state_dict({n: carried_VH if n in tied else v for n, v in weights.items()})
    return model


def again(made: Path, out: Path) -> None:
    """Do the runs that made a model again, each from the one before.

    They are what was done, with the envs' text of today, so the weights may come out otherwise.

    Args:
        made: The made.json of the model.
        out: Folder for the last run's model; the others' are below it, `run_1` and so on.
    """
    runs = json.loads(made.read_text())
    start, tokenizer = None, None
    for number, run in enumerate(runs, 1):
        recipe = Recipe.from_dict(run["recipe"])
        if tokenizer is None or len(tokenizer) != recipe.vocab_size:
            tokenizer = train_tokenizer(recipe)
        folder = out if number == len(runs) else out / f"run_{number}"
        print(f"run {number} of {len(runs)}: {folder}", flush=True)
        shares = {env: Shares(**values) for env, values in run["shares"].items()}
        train(recipe, folder, tokenizer, start, shares)
        start = folder


def train(
    recipe: Recipe,
    out: Path,
    tokenizer: PreTrainedTokenizerFast,
    start: Path | None = None,
    shares: Mapping[str, Shares] = USUAL_SHARES,
) -> None:
    """Train and save; a checkpoint is written every 100 steps."""
    model = grown_model(start, recipe, tokenizer) if start else new_model(recipe, tokenizer)
    before = json.loads((start / MADE).read_text()) if start else []
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    optimizers = _optimizers(model, recipe)
    base = [o.param_groups[0]["lr"] for o in optimizers]
    total = recipe.copy_steps + recipe.steps
    started, window = time.time(), []
    for step, (ids, labels) in enumerate(_prefetched(recipe, tokenizer, shares)):
        if step == total:
            break
        scale = _schedule(step, total, recipe)
        for optimizer, rate in zip(optimizers, base, strict=True):
            optimizer.param_groups[0]["lr"] = rate * scale
        with torch.autocast("cpu", torch.bfloat16, enabled=inference_dtype() == torch.bfloat16):
            hidden = model.model(ids).last_hidden_state[:, :-1]
            targets = labels[:, 1:]
            written = targets != IGNORE
            logits = model.lm_head(hidden[written])
        loss = torch.nn.functional.cross_entropy(logits.float(), targets[written])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        window.append(loss.item())
        if (step + 1) % 25 == 0:
            pace = (time.time() - started) / (step + 1)
            print(
                f"step {step + 1} loss {np.mean(window):.4f} {pace:.2f} s/step {tuple(ids.shape)}",
                flush=True,
            )
            window = []
        if (step + 1) % 100 == 0 or step + 1 == total:
            stage = {
                "recipe": asdict(recipe),
                "shares": {env: asdict(shares[env]) for env, _ in recipe.envs},
                "steps_done": step + 1,
                "minutes": round((time.time() - started) / 60, 1),
                "torch": torch.__version__,
            }
            save(model, tokenizer, out, [*before, stage])


def save(
    model: Lfm2ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    out: Path,
    stages: list[dict[str, Any]],
) -> None:
    """Save the weights in bf16, the tokenizer, and how they were made, run by run."""
    out.mkdir(parents=True, exist_ok=True)
    half = Lfm2ForCausalLM(model.config).to(torch.bfloat16)
    half.load_state_dict(model.state_dict())
    half.save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / MADE).write_text(json.dumps(stages, indent=1) + "\n")


def _optimizers(model: Lfm2ForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    adam: dict[str, Any] = {"betas": (0.9, 0.95), "weight_decay": 0.0}
    if recipe.optimizer == "muon":
        first: torch.optim.Optimizer = torch.optim.Muon(
            matrices, lr=recipe.rate, weight_decay=0.01, adjust_lr_fn="original"
        )
    else:
        first = torch.optim.AdamW(matrices, lr=recipe.rate, **adam)
    return [first, torch.optim.AdamW(others, lr=recipe.embedding_rate, **adam)]


def _schedule(step: int, total: int, recipe: Recipe) -> float:
    falling = (total - step) / max(1, math.ceil(recipe.decay * total))
    return min(1.0, (step + 1) / recipe.warmup, falling)


def _prefetched(
    recipe: Recipe, tokenizer: PreTrainedTokenizerFast, shares: Mapping[str, Shares]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Make batches in one background process, in a fixed order."""
    spawn = mp.get_context("spawn")
    full: Any = spawn.Queue(maxsize=24)
    worker = spawn.Process(target=_produce, args=(recipe, tokenizer, shares, full), daemon=True)
    worker.start()
    try:
        while True:
            try:
                ids, labels = full.get(timeout=120)
            except queue.Empty as silence:
                raise RuntimeError("the data process stopped; its error is above.") from silence
            yield torch.from_numpy(ids), torch.from_numpy(labels)
    finally:
        worker.terminate()


def _produce(
    recipe: Recipe, tokenizer: PreTrainedTokenizerFast, shares: Mapping[str, Shares], full: Any
) -> None:
    torch.set_num_threads(1)
    lessons = Lessons(Context(tokenizer), recipe, recipe.seed + 1, shares)
    done = 0

    def exercises() -> list[Row]:
        return lessons.exercise(progress=min(1.0, done / recipe.copy_steps))

    for batch in islice(batches(iter(exercises, None), recipe.batch_tokens), recipe.copy_steps):
        full.put(tuple(t.numpy() for t in batch))
        done += 1
    for batch in batches(iter(lessons.rows, None), recipe.batch_tokens):
        full.put(tuple(t.numpy() for t in batch))


def main() -> None:
    """Parse the command line, train the tokenizer and the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--start", type=Path, help="folder of a model to go on from")
    parser.add_argument(
        "--again", type=Path, metavar=MADE, help="do all runs of that file; no other option counts"
    )
    parser.add_argument(
        "--env",
        action="append",
        choices=TEACHERS,
        help="an env to learn; several in equal shares, one named twice has two (default: "
        "section_writing_v0)",
    )
    parser.add_argument("--vocab-size", type=int, help="by default that of --start, or 1024")
    parser.add_argument("--copy-steps", type=int, default=Recipe.copy_steps)
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="steps on histories")
    parser.add_argument("--optimizer", choices=("muon", "adamw"), default=Recipe.optimizer)
    for name in ("rate", "embedding_rate", "decay"):
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, default=getattr(Recipe, name))
    for name in ("batch_tokens", "warmup", "seed"):
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=int, default=getattr(Recipe, name))
    chosen = vars(parser.parse_args())
    made = chosen.pop("again")
    if made:
        again(made, chosen["out"])
        return
    out, start, envs = chosen.pop("out"), chosen.pop("start"), chosen.pop("env")
    without = sorted({*(envs or ())} - EXERCISES.keys())
    if without and chosen["copy_steps"]:
        parser.error(f"--copy-steps must be 0, as {', '.join(without)} has no copying exercises.")
    kept = start and not chosen["vocab_size"]
    tokenizer = AutoTokenizer.from_pretrained(start) if kept else None
    chosen["vocab_size"] = len(tokenizer) if tokenizer else chosen["vocab_size"] or 1024
    recipe = Recipe(**chosen)
    if envs:
        recipe = replace(recipe, envs=tuple((env, 1 / len(envs)) for env in envs))
    train(recipe, out, tokenizer or train_tokenizer(recipe), start)


if __name__ == "__main__":
    main()
