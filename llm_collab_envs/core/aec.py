"""The AEC form of an env, as PettingZoo's `_v0` modules export it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pettingzoo.utils.conversions import parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import AssertOutOfBoundsWrapper, OrderEnforcingWrapper

from llm_collab_envs.core.spaces import UnicodeText


class TextObservation(str):
    """A string with the `dtype` that PettingZoo's AEC tests read from every observation."""

    __slots__ = ()
    dtype = np.dtype(str)


class CollabAEC(parallel_to_aec_wrapper):
    """An env whose agents are asked one after the other; the round is played after the last."""

    def observe(self, agent: str) -> Any:
        """Return the agent's observation of this round; wrappers may have made it an array."""
        seen = super().observe(agent)
        return TextObservation(seen) if isinstance(seen, str) else seen


class ActionCheck(AssertOutOfBoundsWrapper):
    """PettingZoo's check of actions, but for text: where it is too long, it counts as broken."""

    def step(self, action: Any) -> None:
        """Pass on a text; assert that all else is in the agent's action space."""
        of_text = isinstance(self.action_space(self.agent_selection), UnicodeText)
        if of_text and isinstance(action, str):
            self.env.step(action)
        else:
            super().step(action)


def make_aec(
    parallel_env: Callable[..., Any],
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the `raw_env` and `env` functions for a `parallel_env` class or function."""

    def raw_env(**kwargs: Any) -> CollabAEC:
        """Return the bare AEC env; arguments as for `parallel_env`."""
        return CollabAEC(parallel_env(**kwargs))

    def env(**kwargs: Any) -> OrderEnforcingWrapper[str, str, str]:
        """Return the AEC env with PettingZoo's usual checks; arguments as for `parallel_env`."""
        return OrderEnforcingWrapper(ActionCheck(raw_env(**kwargs)))

    return raw_env, env
