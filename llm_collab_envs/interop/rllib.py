"""RLlib: any env of this package as a multi-agent env, of tensors or of text.

    from ray.rllib.algorithms.ppo import PPOConfig
    from llm_collab_envs.interop.rllib import TensorTeamEnv, log_joint_reward

    config = (
        PPOConfig()
        .environment(TensorTeamEnv, env_config={"env_id": "section_writing_v0"})
        .multi_agent(policies={"team"}, policy_mapping_fn=lambda agent, episode, **more: "team")
        .callbacks(on_episode_end=log_joint_reward)
    )
    results = config.build_algo().train()
    print(results["env_runners"]["joint_reward"])

RLlib's own `episode_return_mean` is a sum over agents: the joint reward as many times as there are
agents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_collab_envs.interop._config import text_env
from llm_collab_envs.wrappers.keep_alive import KeepAlive
from llm_collab_envs.wrappers.tensor_env import to_tensor_env

try:
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
except ImportError as problem:
    raise ImportError(
        f"llm_collab_envs.interop.rllib needs RLlib, but: {problem}. "
        "Run pip install -U 'llm-collab-envs[rllib]'."
    ) from problem


class TensorTeamEnv(ParallelPettingZooEnv):
    """A team of agents that see tokens, as float32, and choose from the env's menu.

    Args:
        config: {"env_id": which env, "env": arguments of `make`, "wrap": a function that puts
            wrappers of teams around it, "tensors": arguments of `to_tensor_env`}; all but the
            first may be left out.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Make the env."""
        env = text_env(config.get("env_id"), config, others=("env_id", "tensors"))
        super().__init__(to_tensor_env(env, **config.get("tensors", {})))


class TextTeamEnv(ParallelPettingZooEnv):
    """A team of agents that read and write text, for an `RLModule` of your own.

    Set `normalize_actions=False` and `clip_actions=False` in RLlib's `environment`.

    Args:
        config: {"env_id": which env, "env": arguments of `make`, "wrap": a function that puts
            wrappers of teams around it}; all but the first may be left out.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Make the env."""
        env = text_env(config.get("env_id"), config, others=("env_id",))
        super().__init__(KeepAlive(env))


def log_joint_reward(*, env: Any, env_index: int, metrics_logger: Any, **more: Any) -> None:
    """Log the joint reward of an episode, once; a callback for `on_episode_end`."""
    team = env.envs[env_index].unwrapped.par_env.unwrapped  # infos of who has left are old ones
    metrics_logger.log_value("joint_reward", team.joint_reward, reduce="mean", window=100)
