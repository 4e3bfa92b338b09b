"""Copy editing, version 0: see `CopyEditingEnv` for the page."""

from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.writing.copy_editing.env import CopyEditingEnv as parallel_env

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
