"""Wrappers for any env: uneven and failing teams, and from text to tensors.

Those of teams (`AgentDropout`, `Heterogeneous`, `LossyChannel`, `Straggler`) can be put around each
other. Those to tensors go around them; `to_tensor_env` is the usual stack.
"""

from llm_collab_envs.wrappers.centralized import Centralized
from llm_collab_envs.wrappers.dropout import AgentDropout
from llm_collab_envs.wrappers.heterogeneous import Heterogeneous
from llm_collab_envs.wrappers.keep_alive import KeepAlive
from llm_collab_envs.wrappers.lossy import LossyChannel
from llm_collab_envs.wrappers.menu import MenuActions
from llm_collab_envs.wrappers.single_agent import SingleAgentView
from llm_collab_envs.wrappers.straggler import Straggler
from llm_collab_envs.wrappers.tensor_env import to_tensor_env
from llm_collab_envs.wrappers.tokenizers import ByteTokenizer, HuggingFaceTokenizer, Tokenizer
from llm_collab_envs.wrappers.tokens import TokenActions, TokenObs, TokenState

__all__ = [
    "AgentDropout",
    "ByteTokenizer",
    "Centralized",
    "Heterogeneous",
    "HuggingFaceTokenizer",
    "KeepAlive",
    "LossyChannel",
    "MenuActions",
    "SingleAgentView",
    "Straggler",
    "TokenActions",
    "TokenObs",
    "TokenState",
    "Tokenizer",
    "to_tensor_env",
]
