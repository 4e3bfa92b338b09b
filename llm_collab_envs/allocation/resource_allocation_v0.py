"""`resource_allocation_v0` as PettingZoo expects an environment module to look."""

from llm_collab_envs.allocation.resource_allocation.env import (
    ResourceAllocationEnv as parallel_env,
)
from llm_collab_envs.core.aec import make_aec

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
