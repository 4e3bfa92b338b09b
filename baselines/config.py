"""The configuration of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from baselines.action_selector import ActionSelector
from baselines.errors import CommandError
from baselines.wrapping import read_wrappers, wrapped
from llm_collab_envs import make

MAX_SEED = 2**31 - 1  # that every library takes, and the next ones of other processes too


@dataclass(frozen=True)
class TrainConfig:
    """What to train, on what, and how.

    Attributes:
        env: Env id.
        out: Folder of the run.
        model: "tiny", a model folder or a model id.
        difficulty: Of the tasks.
        tasks: A JSONL file of your own tasks, or None for generated ones of the train split.
            `difficulty` chooses nothing then.
        teams: The team size of each task in a step: (4, 4, 4, 1) is three tasks for teams of 4 and
            one for a single agent, lest the policy forget how to work alone.
        num_generations: Episodes for each task, GRPO's group size.
        steps: Optimisation steps.
        learning_rate: Of AdamW, at its highest.
        schedule: Of the learning rate: "constant_with_warmup", "linear" or "cosine".
        warmup: Steps of linear warm-up.
        lora_rank: Rank of the adapters (LoRA, Hu et al. 2021) that are trained in every linear
            layer in place of the weights themselves, or 0 to train all weights.
        wrappers: What makes the teams uneven or lets them fail, each as in Python with its settings
            by name, such as "LossyChannel(lost=0.1)"; the innermost first. An agent that works
            alone has none.
        kl: Weight of the KL to the policy that training started from.
        difference_weight: Share of the reward that is the agent's difference reward; the rest is
            the joint reward, and 0 leaves that alone.
        entropy_quantile: Share of the tokens that are trained, those of the highest entropy in
            their micro-batch: where a reply could have gone another way, and not where it copies
            (Wang et al. 2025); 1 trains all.
        temperature: Of sampling.
        top_p: Nucleus of sampling.
        max_new_tokens: The longest reply.
        rollout_batch: Replies written at once.
        micro_batch: Most rows in one forward and backward pass.
        save_every: Steps between checkpoints.
        seed: Of tasks, sampling and weights.
    """

    env: str
    out: Path
    model: str = "tiny"
    difficulty: str = "easy"
    tasks: Path | None = None
    teams: tuple[int, ...] = (4, 4, 4, 1)
    num_generations: int = 8
    steps: int = 50
    learning_rate: float = 8e-4
    schedule: str = "linear"
    warmup: int = 3
    lora_rank: int = 0
    wrappers: Sequence[str] = ()
    kl: float = 0.0
    difference_weight: float = 0.5
    entropy_quantile: float = 0.2
    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 768
    rollout_batch: int = 64
    micro_batch: int = 8
    save_every: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what the trainer would only say obscurely."""
        if not self.teams or min(self.teams) < 1:
            raise ValueError(f"teams must hold team sizes of 1 or more; got {self.teams}.")
        if self.num_generations < 2:
            raise ValueError(
                f"num_generations must be 2 or more, as advantages are relative to the group; "
                f"got {self.num_generations}."
            )
        for name in ("steps", "rollout_batch", "micro_batch", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more; got {getattr(self, name)}.")
        if self.lora_rank < 0:
            raise ValueError(f"lora_rank must be 0 or more; got {self.lora_rank}.")
        for name in ("learning_rate", "kl"):
            if not 0 <= getattr(self, name) < inf:
                raise ValueError(
                    f"{name} must be 0 or more, and finite; got {getattr(self, name)}."
                )
        if not 0 <= self.difference_weight <= 1:
            raise ValueError(
                f"difference_weight must be between 0 and 1; got {self.difference_weight}."
            )
        if not 0 < self.entropy_quantile <= 1:
            raise ValueError(
                f"entropy_quantile must be above 0, and 1 at most; got {self.entropy_quantile}."
            )
        if not self.temperature > 0:
            raise ValueError(
                f"temperature must be above 0, as training needs chance; got {self.temperature}."
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"seed must be between 0 and {MAX_SEED}; got {self.seed}.")
        self.selector()
        if read_wrappers(self.wrappers) and max(self.teams) == 1:
            raise ValueError(
                f"wrappers are for teams, and every team of {self.teams} is one agent alone. Leave "
                "them out, or train a larger team."
            )

    def make_env(self, team_size: int) -> Any:
        """Return an env to train in, for a team of a step or for one agent alone."""
        env = make(self.env, team_size=team_size, difficulty=self.difficulty, tasks=self.tasks)
        return wrapped(env, self.wrappers if team_size > 1 else ())

    def micro_batches(self, processes: int) -> tuple[int, int]:
        """Return how many rows a micro-batch has, and how many of them a process has in a step.

        Raises:
            CommandError: Where the rows of a step cannot be shared out evenly.
        """
        rows, left = divmod(sum(self.teams) * self.num_generations, processes)
        if left:
            raise CommandError(
                f"the {rows * processes + left} rows of a step (agents of all teams x generations) "
                f"cannot be shared out over {processes} processes. Choose another number of "
                "generations or processes."
            )
        batch = next(n for n in range(self.micro_batch, 0, -1) if rows % n == 0)
        return batch, rows // batch

    def selector(self) -> ActionSelector:
        """Return how replies are chosen; raises ValueError for values out of their ranges."""
        return ActionSelector(self.temperature, self.top_p, self.max_new_tokens, self.rollout_batch)
