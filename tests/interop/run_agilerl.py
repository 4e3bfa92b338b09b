"""AgileRL: IPPO, every agent with its own networks, by AgileRL's own training loop.

Run by `make interop LIB=agilerl`. That parameters move and rewards are the env's own shows that the
libraries fit together, and not that anything is learned.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from agilerl.algorithms import IPPO
from agilerl.training.train_multi_agent_on_policy import train_multi_agent_on_policy
from ends import Ends

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.wrappers import to_tensor_env

STEPS = 48


def ippo(env_id: str) -> None:
    Ends.joint_rewards.clear()
    env = to_tensor_env(make(env_id), length=256)
    env = Ends(env)
    agents = env.possible_agents
    learner = IPPO(
        [env.observation_space(agent) for agent in agents],
        [env.action_space(agent) for agent in agents],
        agents,
        learn_step=STEPS,
        update_epochs=1,
    )
    before = [p.detach().clone() for p in parameters(learner)]
    scores: list[list[float]] = []
    learner.add_scores = scores.extend
    train_multi_agent_on_policy(
        env,
        env_id,
        "IPPO",
        [learner],
        sum_scores=False,
        max_steps=STEPS,
        evo_steps=STEPS,
        eval_steps=1,
        verbose=False,
    )
    assert len(scores) >= 3
    joint = np.array(Ends.joint_rewards[: len(scores)])
    assert np.allclose(scores, joint[:, None], atol=1e-5), (scores, joint)
    after = list(parameters(learner))
    moved = sum(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert moved == len(after) > 4, (moved, len(after))
    print(f"IPPO, {env_id}: {len(scores)} episodes, {moved} tensors moved")


def parameters(learner: IPPO) -> Any:
    for networks in (learner.actors, learner.critics):
        yield from networks.parameters()


def main() -> None:
    torch.manual_seed(0)
    for env_id in ENV_MODULES:
        ippo(env_id)


if __name__ == "__main__":
    sys.exit(main())
