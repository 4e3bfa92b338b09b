"""The whole flow in one file, without a trainer library: REINFORCE on the shipped tiny model.

    python examples/03_reinforce.py

    Observation Collector -> Policy Network -> Action Selector -> Environment
          ^                                                          |
          |                                                          v
    Updated Policy Network <- Trainer <- Reward Aggregator <---------+

Training is centralised: the joint reward of the whole team trains the one network that all agents
share. Execution is not: each agent's reply is made from its own observations and replies alone.
`04_train_grpo.py` does the same with TRL, clipping, checkpoints and a mix of team sizes.

It took six minutes of CPU time in one thread, without bf16, and printed joint rewards of 0.408,
0.544, 0.437, 0.667 and 0.471 in the first five steps (mean 0.505), and 0.640, 0.628, 0.712, 0.737
and 0.699 in the last five (0.683). A step plays one task of the train split eight times, so each
number is rough. What a trained team is worth on held-out tasks is what `make demo` measures.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from baselines.action_selector import ActionSelector
from baselines.models import TINY
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from baselines.policies.hf import inference_dtype, load_model
from baselines.rollout import training_row
from llm_collab_envs import make

Team = dict[str, History]


def rollout(
    envs: Sequence[Any],
    tasks: Sequence[int],
    network: Any,
    context: Context,
    selector: ActionSelector,
) -> tuple[list[Team], list[float]]:
    """Play one episode in each env, side by side, and return histories and joint rewards."""
    # Observation Collector: it lives in the env, and writes one private text for each agent.
    started = [env.reset(options={"task": task}) for env, task in zip(envs, tasks, strict=True)]
    observations, infos = ([part[n] for part in started] for n in (0, 1))
    teams: list[Team] = [{agent: History() for agent in env.possible_agents} for env in envs]

    while any(env.agents for env in envs):
        seats = [
            (n, agent)
            for n, env in enumerate(envs)
            for agent in env.agents
            if not infos[n][agent]["done"]
        ]
        for n, agent in seats:
            teams[n][agent].observations.append(observations[n][agent])

        # Policy Network and Action Selector: all agents of all episodes in one batch. The prompt of
        # each is its own history; nothing of a teammate's gets into it but what was said to it.
        prompts = [context.ids(teams[n][agent]) for n, agent in seats]
        pad = context.tokenizer.pad_token_id
        replies = selector.select(network, prompts, pad, context.ends)

        actions: list[dict[str, str]] = [{} for _ in envs]
        for (n, agent), ids in zip(seats, replies, strict=True):
            text = context.tokenizer.decode(ids, skip_special_tokens=True)
            teams[n][agent].replies.append(Reply(text, tuple(ids)))
            actions[n][agent] = text

        # Environment: parses the replies, delivers the messages, scores the product.
        for n, env in enumerate(envs):
            if env.agents:
                observations[n], _, _, _, infos[n] = env.step(actions[n])

    # Reward Aggregator: R = 0.7 Q + 0.3 Q S - 0.2 C. The steps paid its changes; this is their sum.
    return teams, [info["agent_0"]["joint_reward"] for info in infos]


def leave_one_out(returns_TK: np.ndarray) -> np.ndarray:
    """Advantages of K episodes of each of T tasks: the return less the mean of the others.

    Tasks differ in how hard they are, so an episode is compared with others of the same task; it is
    left out of its own baseline, which keeps the gradient unbiased.
    """
    episodes = returns_TK.shape[1]
    others_TK = (returns_TK.sum(axis=1, keepdims=True) - returns_TK) / (episodes - 1)
    return returns_TK - others_TK


def log_probs(network: Any, prompt: list[int], completion: list[int]) -> torch.Tensor:
    """Log-probability of every token of a completion, given what comes before it."""
    ids_BT = torch.tensor([prompt + completion], device=network.device)
    fast = inference_dtype()
    with torch.autocast(network.device.type, fast, enabled=fast is not torch.float32):
        logits_TV = network(ids_BT).logits[0, len(prompt) - 1 : -1].float()
    return torch.log_softmax(logits_TV, dim=-1).gather(1, ids_BT[0, len(prompt) :, None])[:, 0]


def update(
    network: Any,
    optimizer: torch.optim.Optimizer,
    context: Context,
    teams: Sequence[Team],
    advantages: Sequence[float],
) -> None:
    """Trainer: one step of REINFORCE, on every token that an agent wrote.

    All agents of an episode share its advantage, as they share its reward. What the env wrote
    between two replies is context, not choice, so the mask keeps it out of the loss.
    """
    rows = [
        (training_row(context, history), advantage)
        for team, advantage in zip(teams, advantages, strict=True)
        for history in team.values()
    ]
    written = sum(sum(row.env_mask) for row, _ in rows)
    optimizer.zero_grad()
    for row, advantage in rows:
        if advantage == 0:
            continue  # all episodes of the task did equally well: nothing to tell apart
        mask = torch.tensor(row.env_mask, device=network.device)
        log_probs_T = log_probs(network, row.prompt_ids, row.completion_ids)
        # Gradients add up over the rows, so that one row at a time is in memory.
        (-advantage * (log_probs_T * mask).sum() / written).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()


def main(
    steps: int = 15,
    tasks: int = 1,
    episodes: int = 8,
    team_size: int = 4,
    learning_rate: float = 5e-4,
    max_new_tokens: int = 320,
    seed: int = 0,
) -> list[float]:
    """Train, and return the mean joint reward of every step."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)

    # Two copies of the Policy Network: one in full precision learns, one in the precision that the
    # machine is fast in acts.
    learner, tokenizer = load_model(TINY, torch.float32)
    actor, _ = load_model(TINY, inference_dtype())
    learner.train()
    actor.eval()
    context = Context(tokenizer)
    selector = ActionSelector(temperature=1.0, max_new_tokens=max_new_tokens)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=learning_rate, weight_decay=0.0)

    envs = [make("section_writing_v0", team_size=team_size) for _ in range(tasks * episodes)]
    curve = []
    for step in range(1, steps + 1):
        drawn = rng.integers(len(envs[0].tasks), size=tasks).repeat(episodes)
        teams, returns = rollout(envs, drawn.tolist(), actor, context, selector)
        advantages_TK = leave_one_out(np.array(returns).reshape(tasks, episodes))
        update(learner, optimizer, context, teams, advantages_TK.flatten().tolist())

        # Updated Policy Network: the next episodes are played with what was learnt from these.
        actor.load_state_dict(learner.state_dict())
        curve.append(float(np.mean(returns)))
        print(f"step {step}: joint reward {curve[-1]:.3f}", flush=True)
    return curve


if __name__ == "__main__":
    main()
