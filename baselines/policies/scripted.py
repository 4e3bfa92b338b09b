"""Scripted policies: silent, random, and any env's own expert."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from baselines.policies.base import History, Reply

_WORDS = "the of a plan house style fact section year name done yes no".split()


class ScriptedPolicy:
    """A policy from a function of the last observation, such as an env's expert.

    Args:
        act_on: One observation in, one action out.
    """

    def __init__(self, act_on: Callable[[str], str]) -> None:
        """Keep the function."""
        self._act_on = act_on

    def act(self, histories: Sequence[History]) -> list[Reply]:
        """Return one reply for each history."""
        return [Reply(self._act_on(history.observations[-1])) for history in histories]


def silent(observation: str) -> str:
    """Pass every turn: the floor of the normalised score."""
    return ""


class RandomActions:
    """Samples of the grammar: well-formed actions with random words in them.

    Args:
        seed: Seed of the samples.
    """

    def __init__(self, seed: int = 0) -> None:
        """Seed the samples."""
        self._rng = np.random.default_rng(seed)

    def __call__(self, observation: str) -> str:
        """Return a random action."""
        text = " ".join(self._rng.choice(_WORDS, size=int(self._rng.integers(1, 20))))
        forms = ("", f'<say to="all">{text}</say>', f"<submit>{text}</submit>", "<done/>")
        return str(forms[self._rng.choice(4, p=(0.3, 0.3, 0.3, 0.1))])
