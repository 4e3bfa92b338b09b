"""Summary expansion, version 0: see `SummaryExpansionEnv` for the page."""

from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.writing.summary_expansion.env import SummaryExpansionEnv as parallel_env

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
