"""Stable-Baselines3: PPO with one policy for the whole team, through SuperSuit's vector envs.

Run by `make interop LIB=sb3`. That parameters move and rewards are the env's own shows that the
libraries fit together, and not that anything is learned.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import supersuit
import torch
from ends import Ends
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.wrappers import to_tensor_env

STEPS = 32  # of each agent


class Rewards(BaseCallback):
    """Adds up what Stable-Baselines3 is paid, an entry for each agent that is done."""

    def __init__(self) -> None:
        super().__init__()
        self.paid: Any = 0.0
        self.ends: list[float] = []

    def _on_step(self) -> bool:
        self.paid = self.paid + self.locals["rewards"]
        done = np.flatnonzero(self.locals["dones"])
        self.ends.extend(self.paid[done])
        self.paid[done] = 0.0
        return True


def ppo(env_id: str) -> None:
    """Two teams side by side, every agent a row of the vector env."""
    stack = to_tensor_env(make(env_id), length=256)
    # SuperSuit's infos of an episode's last step are those of the next episode's first.
    stack = Ends(stack)
    team = supersuit.pettingzoo_env_to_vec_env_v1(stack)
    env = supersuit.concat_vec_envs_v1(team, 2, base_class="stable_baselines3")
    torch.manual_seed(0)  # SuperSuit's vector env has no `seed`, so neither takes the model one
    model = PPO("MlpPolicy", env, n_steps=STEPS, batch_size=64, n_epochs=1, device="cpu")
    before = [p.detach().clone() for p in model.policy.parameters()]
    rewards = Rewards()
    Ends.joint_rewards.clear()
    model.learn(STEPS * env.num_envs, callback=rewards)
    assert len(rewards.ends) >= env.num_envs
    joint = np.repeat(Ends.joint_rewards, len(stack.possible_agents))
    assert np.allclose(rewards.ends, joint, atol=1e-5)
    after = list(model.policy.parameters())
    moved = sum(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert moved == len(after)
    print(f"PPO, {env_id}: {env.num_envs} rows, {len(rewards.ends)} ends, {moved} tensors moved")


def main() -> None:
    for env_id in ENV_MODULES:
        ppo(env_id)


if __name__ == "__main__":
    sys.exit(main())
