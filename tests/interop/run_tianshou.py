"""Tianshou: a DQN for every agent, on the turn-based form of the tensor stack.

Run by `make interop LIB=tianshou`. That parameters move and rewards are the env's own shows that
the libraries fit together, and not that anything is learned.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from ends import Ends
from pettingzoo.utils import parallel_to_aec
from tianshou.algorithm import DQN
from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
from tianshou.algorithm.multiagent.marl import MultiAgentOffPolicyAlgorithm
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv, PettingZooEnv
from tianshou.utils.net.common import Net
from tianshou.utils.torch_utils import policy_within_training_step
from torch.nn.utils import parameters_to_vector

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.wrappers import to_tensor_env

EPISODES = 4


def dqn(env_id: str) -> None:
    Ends.joint_rewards.clear()
    stack = to_tensor_env(make(env_id))
    stack = Ends(stack)
    env = PettingZooEnv(parallel_to_aec(stack))

    def learner() -> DQN:
        net = Net(
            state_shape=env.observation_space.shape,
            action_shape=env.action_space.n,
            hidden_sizes=[32],
        )
        policy = DiscreteQLearningPolicy(model=net, action_space=env.action_space, eps_training=0.5)
        return DQN(policy=policy, optim=AdamOptimizerFactory(lr=1e-3))

    learners = [learner() for _ in env.agents]
    team = MultiAgentOffPolicyAlgorithm(algorithms=learners, env=env)
    before = [parameters_to_vector(own.parameters()).detach().clone() for own in learners]
    buffer = VectorReplayBuffer(2000, 1)
    collector = Collector(team, DummyVectorEnv([lambda: env]), buffer, exploration_noise=True)
    collector.reset()
    with policy_within_training_step(team.policy):
        stats = collector.collect(n_episode=EPISODES)
        team.update(buffer, sample_size=64)
    joint = np.array(Ends.joint_rewards)
    assert len(joint) == EPISODES
    assert np.allclose(stats.returns, joint[:, None], atol=1e-5), (stats.returns, joint)
    after = [parameters_to_vector(own.parameters()) for own in learners]
    assert not any(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    print(f"DQN, {env_id}: {EPISODES} episodes, {len(after)} networks moved")


def main() -> None:
    torch.manual_seed(0)
    np.random.seed(0)
    for env_id in ENV_MODULES:
        dqn(env_id)


if __name__ == "__main__":
    sys.exit(main())
