"""Uneven and failing teams: wrappers for any env, which can be put around each other."""

from llm_collab_envs.wrappers.dropout import AgentDropout
from llm_collab_envs.wrappers.heterogeneous import Heterogeneous
from llm_collab_envs.wrappers.lossy import LossyChannel
from llm_collab_envs.wrappers.straggler import Straggler

__all__ = ["AgentDropout", "Heterogeneous", "LossyChannel", "Straggler"]
