"""HumanEval, version 0: see `HumanEvalEnv` for the page."""

from llm_collab_envs.coding.human_eval.env import HumanEvalEnv as parallel_env
from llm_collab_envs.core.aec import make_aec

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
