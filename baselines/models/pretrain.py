"""Make the shipped tiny model: `python -m baselines.models.pretrain --out FOLDER`.

Three parts, in this order: a byte-level BPE over the suite's own text; a Llama of about 3.5 M
parameters; supervised training on transcripts of imperfect teams (`teachers.py`), first on short
copying exercises, then on whole histories. Everything follows from the seed.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing as mp
import queue
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Lfm2Config, Lfm2ForCausalLM, PreTrainedTokenizerFast

from baselines.models.teachers import ImperfectWriter, Shares
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from llm_collab_envs import make
from llm_collab_envs.writing.section_writing import expert
from llm_collab_envs.writing.section_writing.style import DECISIONS

ENV = "section_writing_v0"
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}<|obs|>{{ m['content'] }}"
    "{% else %}<|act|>{{ m['content'] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|act|>{% endif %}"
)
IGNORE = -100


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
        rate: Learning rate of Muon, for the matrices.
        embedding_rate: Learning rate of AdamW, for embeddings and norms.
        warmup: Steps of linear warm-up.
        decay: The last share of the steps, over which the rate falls linearly to 0.
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
    rate: float = 0.02
    embedding_rate: float = 0.003
    warmup: int = 50
    decay: float = 0.4
    team_sizes: tuple[tuple[int, float], ...] = ((4, 0.4), (1, 0.4), (2, 0.1), (3, 0.1))


_NOISE = "you are the team of it a plan and message round tokens left no style 1 2 3 4 5 6".split()

Row = tuple[list[int], list[bool]]  # ids, and which of them the model is to write


class Teacher:
    """An endless source of training rows.

    Args:
        context: How histories become tokens.
        recipe: Team sizes.
        seed: Its own seed.
    """

    def __init__(self, context: Context, recipe: Recipe, seed: int) -> None:
        """Make one env for each team size."""
        self._context = context
        self._rng = np.random.default_rng(seed)
        self._writer = ImperfectWriter(self._rng, Shares())
        self._sizes = [size for size, _ in recipe.team_sizes]
        shares = np.array([share for _, share in recipe.team_sizes])
        self._weights = shares / shares.sum()
        self._envs = {size: make(ENV, team_size=size) for size in self._sizes}

    def rows(self) -> list[Row]:
        """Play one episode and return a row for each agent."""
        env = self._envs[int(self._rng.choice(self._sizes, p=self._weights))]
        return [self._row(history) for history in self.play(env)]

    def play(self, env: Any) -> list[History]:
        """Play one episode; a finished agent's history ends with its `<done/>`."""
        observations, infos = env.reset(seed=int(self._rng.integers(2**31)))
        histories = {agent: History() for agent in env.agents}
        while env.agents:
            actions = {}
            for agent in env.agents:
                actions[agent] = ""
                if not infos[agent]["done"]:
                    actions[agent] = self._writer(observations[agent])
                    ids = self._encode(actions[agent])
                    histories[agent].observations.append(observations[agent])
                    histories[agent].replies.append(Reply(actions[agent], tuple(ids)))
            observations, _, _, _, infos = env.step(actions)
        return list(histories.values())

    def exercise(self, progress: float) -> list[Row]:
        """Return rows that ask for some of a few sections in a given style, briefing left out.

        The first exercises show one section, always at the same distance from its copy, so that
        what to copy is learned before where to find it. Then come more sections and more noise in
        between, until only the content says what belongs where.

        Args:
            progress: From 0, the easiest, to 1.
        """
        env = self._envs[1]
        observations, _ = env.reset(seed=int(self._rng.integers(2**31)))
        memo = expert.read(observations["agent_0"])
        most = 1 + int(progress * 3.99)
        rows = []
        for _ in range(2):
            shown = self._some(list(memo.sections), 1, most)
            asked = self._some(shown, 1, most)
            style = {d: str(self._rng.choice(list(o))) for d, o in list(DECISIONS.items())[:3]}
            lines = ["You know: " + "; ".join(f"{d}: {o}" for d, o in style.items()) + "."]
            for title in shown:
                lines += [title, *(f"- {a}: {memo.facts[a][0]}" for a in memo.sections[title])]
            lines.append(f"Write: {', '.join(asked)}.")
            noise = self._rng.choice(_NOISE, int(self._rng.integers(0, 1 + int(progress * 100))))
            prompt = self._context.first("\n".join([*lines, " ".join(noise)]))
            part = replace(memo, sections={title: memo.sections[title] for title in asked})
            reply = self._encode(f"<submit>{expert.write(part, style)}</submit><done/>")
            rows.append((prompt + reply, [False] * len(prompt) + [True] * len(reply)))
        return rows

    def _some(self, titles: list[str], low: int, high: int) -> list[str]:
        """Choose some titles, their order kept."""
        count = int(self._rng.integers(low, min(high, len(titles)) + 1))
        chosen = set(self._rng.choice(len(titles), count, replace=False).tolist())
        return [title for n, title in enumerate(titles) if n in chosen]

    def _encode(self, text: str) -> list[int]:
        return [*self._context.tokenizer(text)["input_ids"], self._context.eos_id]

    def _row(self, history: History) -> Row:
        ids = self._context.first(history.observations[0])
        mask = [False] * len(ids)
        later = [*history.observations[1:], None]
        for reply, observation in zip(history.replies, later, strict=True):
            ids += reply.token_ids
            mask += [True] * len(reply.token_ids)
            if observation is not None:
                between = self._context.next(observation, ended=True)
                ids += between
                mask += [False] * len(between)
        return ids, mask


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


def _corpus(recipe: Recipe) -> Iterator[str]:
    rng = np.random.default_rng(recipe.seed)
    writer = ImperfectWriter(rng, Shares())
    for n in range(400):
        env = make(
            ENV, team_size=(1, 4)[n % 2], difficulty=("easy", "easy", "medium", "hard")[n % 4]
        )
        observations, _ = env.reset(seed=n)
        while env.agents:
            actions = {a: writer(observations[a]) for a in env.agents}
            yield from observations.values()
            yield from actions.values()
            observations, *_ = env.step(actions)


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


def batches(rows: Iterator[list[Row]], budget: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Pack rows of similar length into batches of about `budget` tokens: ids and labels, (B, T)."""
    pool: list[Row] = []
    while True:
        while sum(len(ids) for ids, _ in pool) < 8 * budget:
            pool += next(rows)
        pool.sort(key=lambda row: len(row[0]))
        groups: list[list[Row]] = [[]]
        for row in pool:
            if (len(groups[-1]) + 1) * len(row[0]) > budget and groups[-1]:
                groups.append([])
            groups[-1].append(row)
        pool = []
        order = np.random.default_rng(len(groups)).permutation(len(groups))
        for at in order:
            yield collate(groups[at])


def collate(rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad rows on the right: ids and labels, both (B, T)."""
    width = max(len(ids) for ids, _ in rows)
    ids_BT = torch.zeros(len(rows), width, dtype=torch.long)
    labels_BT = torch.full((len(rows), width), IGNORE)
    for n, (ids, mask) in enumerate(rows):
        ids_BT[n, : len(ids)] = torch.tensor(ids)
        labels_BT[n, : len(ids)] = torch.tensor(
            [i if own else IGNORE for i, own in zip(ids, mask, strict=True)]
        )
    return ids_BT, labels_BT


def train(recipe: Recipe, out: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    """Train and save; a checkpoint is written every 250 steps."""
    model = new_model(recipe, tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    optimizers = [
        torch.optim.Muon(matrices, lr=recipe.rate, weight_decay=0.01, adjust_lr_fn="original"),
        torch.optim.AdamW(others, lr=recipe.embedding_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    base = [o.param_groups[0]["lr"] for o in optimizers]
    total = recipe.copy_steps + recipe.steps
    started, window = time.time(), []
    for step, (ids, labels) in enumerate(_prefetched(recipe, tokenizer)):
        if step == total:
            break
        scale = _schedule(step, total, recipe)
        for optimizer, rate in zip(optimizers, base, strict=True):
            optimizer.param_groups[0]["lr"] = rate * scale
        with torch.autocast("cpu", dtype=torch.bfloat16):
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
        if (step + 1) % 250 == 0 or step + 1 == total:
            save(model, tokenizer, recipe, out, step + 1, time.time() - started)


def save(
    model: Lfm2ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    out: Path,
    steps: int,
    seconds: float,
) -> None:
    """Save the weights in bf16, the tokenizer and the recipe."""
    out.mkdir(parents=True, exist_ok=True)
    half = Lfm2ForCausalLM(model.config).to(torch.bfloat16)
    half.load_state_dict(model.state_dict())
    half.save_pretrained(out)
    tokenizer.save_pretrained(out)
    made = {"recipe": asdict(recipe), "shares": asdict(Shares())}
    made |= {"steps_done": steps, "minutes": round(seconds / 60, 1), "torch": torch.__version__}
    (out / "made.json").write_text(json.dumps(made, indent=1) + "\n")


def _schedule(step: int, total: int, recipe: Recipe) -> float:
    falling = (total - step) / max(1, math.ceil(recipe.decay * total))
    return min(1.0, (step + 1) / recipe.warmup, falling)


def _prefetched(
    recipe: Recipe, tokenizer: PreTrainedTokenizerFast
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Make batches in one background process, in a fixed order."""
    spawn = mp.get_context("spawn")
    full: Any = spawn.Queue(maxsize=24)
    worker = spawn.Process(target=_produce, args=(recipe, tokenizer, full), daemon=True)
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


def _produce(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, full: Any) -> None:
    torch.set_num_threads(1)
    teacher = Teacher(Context(tokenizer), recipe, recipe.seed + 1)
    done = 0

    def exercises() -> list[Row]:
        return teacher.exercise(progress=min(1.0, done / recipe.copy_steps))

    for batch in batches(iter(exercises, None), recipe.batch_tokens):
        if done == recipe.copy_steps:
            break
        full.put(tuple(t.numpy() for t in batch))
        done += 1
    for batch in batches(iter(teacher.rows, None), recipe.batch_tokens):
        full.put(tuple(t.numpy() for t in batch))


def main() -> None:
    """Parse the command line, train the tokenizer and the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="steps on histories")
    parser.add_argument("--copy-steps", type=int, default=Recipe.copy_steps)
    parser.add_argument("--rate", type=float, default=Recipe.rate)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    args = parser.parse_args()
    recipe = Recipe(
        seed=args.seed,
        steps=args.steps,
        copy_steps=args.copy_steps,
        rate=args.rate,
    )
    train(recipe, args.out, train_tokenizer(recipe))


if __name__ == "__main__":
    main()
