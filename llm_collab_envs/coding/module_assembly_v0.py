"""Module assembly, version 0: see `ModuleAssemblyEnv` for the page."""

from llm_collab_envs.coding.module_assembly.env import ModuleAssemblyEnv as parallel_env
from llm_collab_envs.core.aec import make_aec

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
