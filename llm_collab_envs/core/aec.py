"""The AEC form of an env, as PettingZoo's `_v0` modules export it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pettingzoo.utils.conversions import parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import AssertOutOfBoundsWrapper, OrderEnforcingWrapper


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


def make_aec(
    parallel_env: Callable[..., Any],
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the `raw_env` and `env` functions for a `parallel_env` class or function."""

    def raw_env(**kwargs: Any) -> CollabAEC:
        """Return the bare AEC env; arguments as for `parallel_env`."""
        return CollabAEC(parallel_env(**kwargs))

    def env(**kwargs: Any) -> OrderEnforcingWrapper[str, str, str]:
        """Return the AEC env with PettingZoo's usual checks; arguments as for `parallel_env`."""
        return OrderEnforcingWrapper(AssertOutOfBoundsWrapper(raw_env(**kwargs)))

    return raw_env, env
