"""RLlib: PPO on the tensor stack, and on raw text by the recipe of docs/interop.md.

Run by `make interop LIB=rllib`. That parameters move and rewards are the env's own shows that the
libraries fit together, and not that anything is learned.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import ray
from ends import Ends
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from recipes import PAGE, recipe

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.interop.rllib import TensorTeamEnv, log_joint_reward
from llm_collab_envs.wrappers import AgentDropout, to_tensor_env

ended: list[float] = []


def check_episode(*, episode: Any, **more: Any) -> None:
    """What an episode pays each agent is the joint reward at its end, as the infos have it."""
    joint = {info["joint_reward"] for info in episode.get_infos(-1).values()}
    paid = [agent.get_return() for agent in episode.agent_episodes.values()]
    assert len(joint) == 1
    assert np.allclose(paid, joint.pop(), atol=1e-5), (paid, joint)
    ended.append(paid[0])
    log_joint_reward(episode=episode, **more)


def tensors(env_id: str) -> PPOConfig:
    return (
        PPOConfig()
        .environment(TensorTeamEnv, env_config={"env_id": env_id, "tensors": {"length": 256}})
        .multi_agent(policies={"team"}, policy_mapping_fn=lambda agent, episode, **more: "team")
    )


def text(env_id: str) -> PPOConfig:
    """The config of the recipe, as the page has it, for any env."""
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(recipe("RLlib on raw text"), str(PAGE), "exec"), names)
    return names["config"].environment(env_config={"env_id": env_id})


def train(label: str, config: PPOConfig) -> None:
    """Train two iterations, and check that rewards are the env's and parameters move."""
    config.env_runners(num_env_runners=0).learners(num_learners=0)
    config.training(train_batch_size_per_learner=24, minibatch_size=24, num_epochs=2)
    config.callbacks(on_episode_end=check_episode).debugging(seed=0)
    algorithm = config.build_algo()
    before = state(algorithm)
    returns: list[float] = []
    for _ in range(2):
        ended.clear()
        logged = algorithm.train()["env_runners"]["joint_reward"]
        assert np.isclose(logged, np.mean(ended), atol=1e-5), (logged, ended)
        returns += ended
    after = state(algorithm)
    algorithm.stop()
    still = [name for name in before if np.array_equal(before[name], after[name])]
    assert not still, still
    assert len(before) > 4
    print(
        f"{label}: {len(returns)} returns, mean {np.mean(returns):.3f}, the env's own; "
        f"{len(before)} tensors moved"
    )


class WithoutTheFirst(ParallelPettingZooEnv):
    """A team on the tensor stack that loses its first agent after a round."""

    def __init__(self, config: Any) -> None:
        team = AgentDropout(make(config["env_id"]), at_round=2, agents=["agent_0"])
        super().__init__(to_tensor_env(Ends(team), **config["tensors"]))


def leaving(env_id: str) -> None:
    """What is logged is the joint reward of the team that goes on."""
    config = tensors(env_id).environment(WithoutTheFirst)
    config.env_runners(num_env_runners=0).learners(num_learners=0)
    config.training(train_batch_size_per_learner=24, minibatch_size=24, num_epochs=1)
    config.callbacks(on_episode_end=log_joint_reward).debugging(seed=0)
    algorithm = config.build_algo()
    Ends.joint_rewards.clear()
    logged = algorithm.train()["env_runners"]["joint_reward"]
    algorithm.stop()
    assert len(set(Ends.joint_rewards)) > 1
    assert np.isclose(logged, np.mean(Ends.joint_rewards), atol=1e-5), (logged, Ends.joint_rewards)
    print(f"PPO without the first agent, {env_id}: mean {logged:.3f}, the env's own")


def state(algorithm: Any) -> dict[str, Any]:
    """The parameters that are trained; RLlib has constants among the weights."""
    weights = algorithm.learner_group.get_weights()["team"]
    return {name: value for name, value in weights.items() if not name.endswith("_const")}


def main() -> None:
    ray.init(num_cpus=1, include_dashboard=False)
    for env_id in ENV_MODULES:
        train(f"PPO on the tensor stack, {env_id}", tensors(env_id))
        train(f"PPO on raw text, {env_id}", text(env_id))
    leaving("section_writing_v0")


if __name__ == "__main__":
    sys.exit(main())
