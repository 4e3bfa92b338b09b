"""GRPO over joint episodes, on TRL's trainer.

Where this departs from single-agent GRPO: a training row is one agent's whole episode, what the env
wrote is masked out of the loss, and a step's episodes are played together, round by round, by the
one policy that all their agents share. What is relative to the group is the joint reward and the
agent's difference reward, in the shares that `TrainConfig` says, and of the tokens a share is
trained. Each step is on-policy, so no ratio is ever clipped. Loss, KL, optimiser, logging,
checkpoints, resumption and multi-process are TRL's and accelerate's.
"""

from __future__ import annotations

import inspect
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from datasets import Dataset
from peft import LoraConfig, PeftModel
from peft.tuners.lora import LoraLayer
from transformers import AutoModelForCausalLM, PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from baselines.advantages import difference_reward, joint_reward
from baselines.config import TrainConfig
from baselines.policies.hf import HFPolicy, training_dtype
from baselines.rollout import Row, play, training_row

EpisodeKey = tuple[int, int, int]  # team size, task, and which of the group's episodes


class JointRollout:
    """TRL's `rollout_func`: plays the joint episodes that a batch of prompts asks for.

    Of several processes each plays a part of a step's episodes, and all get what they train on.

    Args:
        config: What is trained on.
        tokenizer: The policy's tokenizer.
    """

    def __init__(self, config: TrainConfig, tokenizer: Any) -> None:
        """Build nothing yet; envs are made when they are first needed."""
        self._config = config
        self._tokenizer = tokenizer
        self._selector = config.selector()
        self._envs: dict[int, list[Any]] = defaultdict(list)
        self._actor: Any = None

    def __call__(self, prompts: Sequence[str], trainer: GRPOTrainer) -> dict[str, Any]:
        """Play and return rows.

        Args:
            prompts: One JSON object for each row, {"task": i, "agent": name, "team_size": n}; each
                (task, agent) comes `num_generations` times, and its k-th row is episode k.
            trainer: Holds the current weights.

        Returns:
            TRL's fields, and the env's terms for reward functions and logs.
        """
        state = PartialState()
        seats = seats_of(gather_object(list(prompts)))
        own = share(list(dict.fromkeys(key for key, _ in seats)), state)
        envs, used = [], defaultdict(int)
        for size, _, _ in own:
            envs.append(self._env(size, used[size]))
            used[size] += 1
        policy = HFPolicy(self._sync(trainer), self._tokenizer, self._selector)
        episodes = play(envs, [task for _, task, _ in own], policy)
        played = [
            ((key, agent), (training_row(policy.context, history), episode.infos[agent]))
            for key, episode in zip(own, episodes, strict=True)
            for agent, history in episode.histories.items()
        ]
        by_seat = dict(gather_object(played))
        first = state.process_index * len(prompts)
        own_seats = seats[first : first + len(prompts)]
        fields = _fields([by_seat[seat] for seat in own_seats])
        return fields | {"episode_share": [1 / size for (size, _, _), _ in own_seats]}

    def _env(self, team_size: int, number: int) -> Any:
        """Return env `number` of a team size; envs are kept from step to step."""
        pool = self._envs[team_size]
        if number == len(pool):
            pool.append(self._config.make_env(team_size))
        return pool[number]

    def _sync(self, trainer: GRPOTrainer) -> Any:
        """Return the current weights in the dtype that is trained in, ready to generate.

        The trainer's own model computes under autocast, which casts every weight anew for every
        token; a copy is cast once a step.
        """
        model = base_model(trainer.model)
        if self._actor is None:
            # New weights are drawn and thrown away; a resumed run must not draw them twice.
            with torch.random.fork_rng():
                plain = AutoModelForCausalLM.from_config(model.config, dtype=training_dtype())
            plain.generation_config = model.generation_config
            self._actor = plain.to(model.device).eval()
        copy_weights(model, self._actor)
        return self._actor


def base_model(model: Any) -> Any:
    """Return the model within what several processes, and adapters, wrap around it."""
    model = getattr(model, "module", model)
    return model.get_base_model() if isinstance(model, PeftModel) else model


@torch.no_grad()
def copy_weights(model: torch.nn.Module, plain: torch.nn.Module) -> None:
    """Copy a model's weights into one without adapters; what the adapters do is added to them."""
    weights = model.state_dict()
    plain.load_state_dict(
        {n.replace(".base_layer.", "."): w for n, w in weights.items() if ".lora_" not in n}
    )
    for name, layer in model.named_modules():
        if isinstance(layer, LoraLayer):
            for adapter in layer.active_adapters:
                plain.get_submodule(name).weight.add_(layer.get_delta_weight(adapter))


def seats_of(prompts: Sequence[str]) -> list[tuple[EpisodeKey, str]]:
    """Return which agent of which episode each prompt of a step asks for.

    Args:
        prompts: Of all processes, in their order.
    """
    seen: dict[str, int] = defaultdict(int)
    seats = []
    for prompt in prompts:
        row = json.loads(prompt)
        seats.append(((row["team_size"], row["task"], seen[prompt]), row["agent"]))
        seen[prompt] += 1
    return seats


def share(episodes: Sequence[EpisodeKey], state: PartialState) -> Sequence[EpisodeKey]:
    """Return what a process plays: each episode whole, and of every group as many as the others."""
    return episodes[state.process_index :: state.num_processes]


def _fields(rows: Sequence[tuple[Row, dict[str, Any]]]) -> dict[str, Any]:
    """Return TRL's fields, and the env's terms."""
    return {
        "prompt_ids": [row.prompt_ids for row, _ in rows],
        "completion_ids": [row.completion_ids for row, _ in rows],
        "env_mask": [row.env_mask for row, _ in rows],
        "logprobs": None,
        "joint": [info["joint_reward"] for _, info in rows],
        "difference": [info["difference_reward"] for _, info in rows],
        "terms": [info for _, info in rows],
    }


class JointTrainer(GRPOTrainer):
    """TRL's trainer, where rows with the same prompt share it and nothing is padded needlessly.

    A step's micro-batches add up to one gradient, so it hardly matters which row is in which: only
    the threshold of `entropy_quantile` is a micro-batch's own. The episodes of a group start from
    the same observation, which is longer than what follows: it is read once for all of them, and
    gradients flow back into it from all of them.
    """

    _packed: Any = None

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        """Return the next micro-batch."""
        super()._prepare_inputs(generation_batch)
        if self._buffered_inputs is not self._packed:
            self._packed = self._buffered_inputs = pack_by_prompt(self._buffered_inputs)
        return self._buffered_inputs[self._step % self.args.steps_per_generation]

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **_: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        """Return log-probabilities and entropies of the completions, both (B, T).

        The last token of a prompt is read with the completion, as it predicts its first token.
        """
        logps, entropies = [], []
        size = batch_size or len(input_ids)
        for ids_BT, mask_BT in zip(input_ids.split(size), attention_mask.split(size), strict=True):
            start = ids_BT.shape[1] - logits_to_keep - 1
            labels_BT = ids_BT.masked_fill(mask_BT == 0, -100)[:, start:]
            labels_BT[:, 0] = -100
            with self.accelerator.autocast():
                out = model(
                    input_ids=ids_BT[:, start:],
                    attention_mask=mask_BT,
                    **positions(model, mask_BT, start),
                    past_key_values=shared_cache(model, ids_BT[:, :start], mask_BT[:, :start]),
                    labels=labels_BT,
                    fused_lm_head=True,
                )
            logps.append(out.log_probs[:, -logits_to_keep:])
            if compute_entropy:  # the reference model of the KL gives none
                entropies.append(out.entropy[:, -logits_to_keep:])
        return torch.cat(logps), torch.cat(entropies) if compute_entropy else None, None


def shared_cache(model: Any, ids_BT: torch.Tensor, mask_BT: torch.Tensor) -> Any:
    """Return the cache of a model that has read prompts, each distinct one (U) once."""
    prompts_BT = torch.where(mask_BT == 1, ids_BT, -1)
    _, which_B = torch.unique(prompts_BT, dim=0, return_inverse=True)
    first_U = torch.stack([(which_B == n).nonzero()[0, 0] for n in range(int(which_B.max()) + 1)])
    out = model(
        input_ids=ids_BT[first_U],
        attention_mask=mask_BT[first_U],
        **positions(model, mask_BT[first_U]),
        use_cache=True,  # trainers turn it off in the config
        logits_to_keep=1,
    )
    out.past_key_values.reorder_cache(which_B)
    return out.past_key_values


def positions(model: Any, mask_BT: torch.Tensor, start: int = 0) -> dict[str, torch.Tensor]:
    """Return where tokens stand, padding on the left not counted, as `generate` has it.

    Models that have learned a vector for each position would otherwise read another text than the
    one that was sampled from.
    """
    if "position_ids" not in inspect.signature(base_model(model).forward).parameters:
        return {}
    return {"position_ids": (mask_BT.cumsum(1) - 1).clamp(min=0)[:, start:]}


def pack_by_prompt(batches: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deal rows out anew, those with the same prompt together, and cut padding off both ends.

    Args:
        batches: TRL's micro-batches: tensors of shape (B,) and (B, T), prompts padded on the left
            and completions on the right, and figures of the whole step.
    """
    rows = {
        name: torch.cat([batch[name] for batch in batches])
        for name, value in batches[0].items()
        if isinstance(value, torch.Tensor) and value.dim()
    }
    prompt_B, completion_B = (rows[f"{part}_mask"].sum(1) for part in ("prompt", "completion"))
    keys = [
        (int(n), ids[len(ids) - n :].tolist())
        for n, ids in zip(prompt_B, rows["prompt_ids"], strict=True)
    ]
    order = torch.tensor(sorted(range(len(keys)), key=keys.__getitem__))
    packed = []
    for index in order.to(prompt_B.device).chunk(len(batches)):
        prompt, completion = int(prompt_B[index].max()), int(completion_B[index].max())
        batch = dict(batches[0])
        for name, values in rows.items():
            if values.dim() > 1:
                values = (
                    values[:, -prompt:] if name.startswith("prompt") else values[:, :completion]
                )
            batch[name] = values[index]
        packed.append(batch)
    return packed


def team_reward(
    joint: Sequence[float],
    terms: Sequence[dict[str, float]],
    episode_share: Sequence[float],
    log_metric: Any,
    **_: Any,
) -> list[float]:
    """Pay the joint reward, and log the mean of each of the env's terms over a step's episodes.

    The rows of an episode may lie in several processes, and a process may have more of an episode
    than another, so the mean is taken over the rows of all of them; that of a wrapper's term over
    those that are under the wrapper.
    """
    rows = gather_object(list(zip(terms, episode_share, strict=True)))
    for name in dict.fromkeys(name for row, _ in rows for name in row):
        if name not in ("difference_reward", "done"):
            values, shares = zip(*((r[name], share) for r, share in rows if name in r), strict=True)
            log_metric(f"env/{name}", float(np.average(values, weights=shares)))
    return joint_reward(joint)


def dataset(config: TrainConfig) -> Dataset:
    """Return one prompt for each (task, agent), in the order in which steps use them.

    Tasks are drawn one by one, so that a file of few may have one twice in a step: two groups.
    """
    rng = np.random.default_rng(config.seed)
    size = len(config.make_env(team_size=1).tasks)
    prompts = []
    for _ in range(config.steps):
        for team_size in config.teams:
            task = int(rng.integers(size))
            prompts += [
                {
                    "prompt": json.dumps(
                        {"task": task, "agent": f"agent_{a}", "team_size": team_size}
                    )
                }
                for a in range(team_size)
            ]
    return Dataset.from_list(prompts)


def adapters(rank: int) -> LoraConfig | None:
    """Return what adapters of a rank are trained, or None where all weights are."""
    if not rank:
        return None
    return LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"
    )


def build_trainer(
    config: TrainConfig, model: Any, tokenizer: Any, callbacks: list[TrainerCallback]
) -> GRPOTrainer:
    """Return a TRL trainer for joint episodes.

    Args:
        config: What to train, and how.
        model: The policy; in fp32, unless adapters are trained.
        tokenizer: Its tokenizer.
        callbacks: Progress and metrics.
    """
    batch, batches = config.micro_batches(PartialState().num_processes)
    arguments = GRPOConfig(
        output_dir=str(config.out),
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type=config.schedule,
        warmup_steps=config.warmup,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=batches,
        steps_per_generation=batches,
        num_generations=config.num_generations,
        temperature=config.temperature,
        top_p=config.top_p,
        beta=config.kl,
        top_entropy_quantile=config.entropy_quantile,
        loss_type="dapo",
        scale_rewards="group",
        reward_weights=[1.0 - config.difference_weight, config.difference_weight],
        shuffle_dataset=False,
        bf16=training_dtype() == torch.bfloat16,
        use_cpu=model.device.type == "cpu",
        gradient_checkpointing=False,
        weight_decay=0.0,
        max_grad_norm=1.0,
        seed=config.seed,
        logging_steps=1,
        save_steps=config.save_every,
        save_total_limit=2,
        report_to=["tensorboard"],
        disable_tqdm=True,
        remove_unused_columns=False,
        use_vllm=False,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # TRL refuses DataParallel; more GPUs by torchrun
    trainer = JointTrainer(
        model=model,
        reward_funcs=[team_reward, difference_reward],
        args=arguments,
        train_dataset=dataset(config),
        processing_class=tokenizer,
        callbacks=callbacks,
        rollout_func=JointRollout(config, tokenizer),
        peft_config=adapters(config.lora_rank),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer
