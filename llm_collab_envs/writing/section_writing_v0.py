"""Section writing, version 0: see `SectionWritingEnv` for the page."""

from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.writing.section_writing.env import SectionWritingEnv as parallel_env

raw_env, env = make_aec(parallel_env)

__all__ = ["env", "parallel_env", "raw_env"]
