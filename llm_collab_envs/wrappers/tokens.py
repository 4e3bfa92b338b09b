"""Text as token ids: observations, actions and the state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, MultiDiscrete
from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_number
from llm_collab_envs.core.spaces import UnicodeText
from llm_collab_envs.core.translation import Translation
from llm_collab_envs.wrappers.tokenizers import (
    ByteTokenizer,
    Tokenizer,
    Tokens,
    Window,
    check_tokenizer,
)

ACTION_LENGTH = 2048  # bytes; no reply of an expert team at easy takes more


class TokenObs(Translation):
    """Observations as arrays of token ids, of one length.

    Args:
        env: An env of this package, wrapped or not.
        length: Tokens that an agent sees.
        tokenizer: Makes the ids; by default the bytes of UTF-8.
        keep: Which end of a longer observation is kept: "tail", where the round and the messages
            are, or "head".
        dtype: "float32" for numbers between 0 and 1, "int32" or "int64" for ids; see `Window`.
        agents: Whose observations, or None for all.
    """

    def __init__(
        self,
        env: ParallelEnv[str, Any, Any],
        length: int = 1024,
        tokenizer: Tokenizer | None = None,
        keep: str = "tail",
        dtype: str = "float32",
        agents: Sequence[str] | None = None,
    ) -> None:
        """Check the arguments and build the spaces."""
        super().__init__(env, agents)
        self._require_text("observations", self.observation_spaces)
        self._window = Window(length, tokenizer or ByteTokenizer(), keep, dtype)
        for agent in self._translated:
            self.observation_spaces[agent] = self._window.space()

    def _see(self, agent: str, observation: str) -> Tokens:
        return self._window.view(observation)


class TokenActions(Translation):
    """Actions as arrays of token ids, of one length; what follows the first pad is left out.

    A reply that is longer than an action cannot be written. The expert teams' longest at easy
    have about 100 bytes (bargaining) to 1,800 (copy editing), at hard up to 2,800, and those of
    solo experts up to four times as many; a tokenizer of words needs fewer ids.

    Args:
        env: An env of this package, wrapped or not.
        length: Tokens of an action; the job's replies have to fit.
        tokenizer: Turns ids into text; by default the bytes of UTF-8.
        agents: Whose actions, or None for all.
    """

    def __init__(
        self,
        env: ParallelEnv[str, Any, Any],
        length: int = ACTION_LENGTH,
        tokenizer: Tokenizer | None = None,
        agents: Sequence[str] | None = None,
    ) -> None:
        """Check the arguments and build the spaces."""
        super().__init__(env, agents)
        self._require_text("actions", self.action_spaces)
        check_number("length", length, 1)
        self._tokenizer = tokenizer or ByteTokenizer()
        check_tokenizer(self._tokenizer)
        for agent in self._translated:
            self.action_spaces[agent] = MultiDiscrete([self._tokenizer.vocab_size] * length)

    def _act(self, agent: str, action: Any) -> str:
        """Return the text; raises ValueError for what the agent's action space does not hold."""
        ids = np.asarray(action)
        space = self.action_spaces[agent]
        if not (np.issubdtype(ids.dtype, np.integer) and space.contains(ids)):
            raise ValueError(
                f"the action of {agent} must be an array of {space.shape} token ids below "
                f"{self._tokenizer.vocab_size}; got {action!r}."
            )
        pads = np.flatnonzero(ids == self._tokenizer.pad_id)
        return self._tokenizer.decode(ids[: pads[0] if len(pads) else None].tolist())


class TokenState(Translation):
    """The state, for centralised training, as an array of token ids of one length.

    Args:
        env: An env of this package, wrapped or not.
        length: Tokens of the state.
        tokenizer: Makes the ids; by default the bytes of UTF-8.
        keep: Which end of a longer state is kept: "tail", what was said and done last, or "head",
            the task.
        dtype: "float32" for numbers between 0 and 1, "int32" or "int64" for ids; see `Window`.

    Attributes:
        state_space: The space of such arrays.
    """

    def __init__(
        self,
        env: ParallelEnv[str, Any, Any],
        length: int = 4096,
        tokenizer: Tokenizer | None = None,
        keep: str = "tail",
        dtype: str = "float32",
    ) -> None:
        """Check the arguments and build the space."""
        super().__init__(env, agents=())
        if not isinstance(env.state_space, UnicodeText):
            raise TypeError(
                f"TokenState needs a state of text; this one is {env.state_space}. Put one "
                "TokenState on an env."
            )
        self._window = Window(length, tokenizer or ByteTokenizer(), keep, dtype)
        self.state_space: Box = self._window.space()

    def state(self) -> Tokens:
        """Return the state."""
        return self._window.view(self.env.state())
