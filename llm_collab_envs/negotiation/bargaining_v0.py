"""`bargaining_v0` as PettingZoo expects an environment module to look."""

from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.negotiation.bargaining.env import BargainingEnv as parallel_env

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
