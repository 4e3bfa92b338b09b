"""Environments where teams of language-model agents do one job together.

Every env is a PettingZoo `ParallelEnv` with text observations, text actions and one joint reward.
"""

from llm_collab_envs import wrappers
from llm_collab_envs.core.checks import check_env
from llm_collab_envs.core.contract import ContractError
from llm_collab_envs.core.episode import EpisodeLog
from llm_collab_envs.registry import ENV_MODULES, make, register_all

__version__ = "0.1.0"
__all__ = [
    "ENV_MODULES",
    "ContractError",
    "EpisodeLog",
    "__version__",
    "check_env",
    "make",
    "wrappers",
]

register_all()
