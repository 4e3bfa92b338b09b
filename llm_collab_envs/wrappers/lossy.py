"""LossyChannel: messages that are lost, late, duplicated, cut or garbled."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_number, check_real
from llm_collab_envs.core.channel import Delivery
from llm_collab_envs.core.wrapper import TeamWrapper

FAULTS = ("lost", "late", "duplicated", "cut", "garbled")
LONGEST_DELAY = 1_000_000
GARBLED_SHARE = 0.3  # of the letters and digits of a garbled message

_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class LossyChannel(TeamWrapper):
    """Messages between agents suffer on their way, for each reader by itself.

    Senders pay as ever, and nobody is told. A message may have several faults; one that is lost has
    no other. Infos add `lossy_channel`, how many faults there have been in the episode.

    Args:
        env: Any env of this package; it is changed for good.
        lost: Probability that a message does not arrive.
        late: That it arrives one to `max_delay` rounds later than it would.
        duplicated: That it arrives twice.
        cut: That its end is missing.
        garbled: That some of its letters and digits are others.
        max_delay: Rounds that a message may be late, 1 to 1,000,000.
        seed: Of the faults.
    """

    def __init__(
        self,
        env: ParallelEnv[str, str, str],
        lost: float = 0.0,
        late: float = 0.0,
        duplicated: float = 0.0,
        cut: float = 0.0,
        garbled: float = 0.0,
        max_delay: int = 2,
        seed: int = 0,
    ) -> None:
        """Check the arguments."""
        chances = dict(zip(FAULTS, (lost, late, duplicated, cut, garbled), strict=True))
        for name, chance in chances.items():
            check_real(name, chance, 0, 1, "It is a probability.")
        check_number("max_delay", max_delay, 1, LONGEST_DELAY)
        super().__init__(env, seed, **chances, max_delay=max_delay)
        self._chances = chances
        self._max_delay = max_delay
        self._task = 0
        self._sent: Counter[tuple[int, str, str]] = Counter()
        self._faults = 0

    def start(self, agents: Sequence[str], max_cycles: int, task: int) -> None:
        """Begin the episode's own chance."""
        self._task = task
        self._sent.clear()
        self._faults = 0

    def carry(self, delivery: Delivery, reader: str) -> list[Delivery]:
        """Return what reaches a reader.

        Each message has a chance of its own: by its round, its sender, its reader, and how many
        there were between these two in this round. So other messages do not change its lot.
        """
        way = (delivery.round, delivery.sender, reader)
        rng = self._rng(self._task, *map(str, way), str(self._sent[way]))
        self._sent[way] += 1
        drawn = rng.random(len(FAULTS))
        delay = int(rng.integers(1, self._max_delay + 1))
        chances = zip(self._chances.items(), drawn, strict=True)
        faults = [name for (name, chance), draw in chances if draw < chance]
        if "lost" in faults:
            faults = ["lost"]
        self._faults += len(faults)
        if faults:
            what = f"a message of {delivery.sender} to {reader} was {', '.join(faults)}"
            self.events.append(what)
        return _damage(delivery, faults, delay, rng)

    def figures(self, agent: str) -> dict[str, float]:
        """Return how many faults there have been."""
        return {"lossy_channel": float(self._faults)}


def _damage(
    delivery: Delivery, faults: Sequence[str], delay: int, rng: np.random.Generator
) -> list[Delivery]:
    if "lost" in faults:
        return []
    text = delivery.text
    if "cut" in faults:
        text = text[: int(rng.integers(len(text) + 1))].rstrip()
    if "garbled" in faults:
        text = _LETTER_OR_DIGIT.sub(lambda match: _other(match.group(), rng), text)
    round_ = delivery.round + (delay if "late" in faults else 0)
    carried = dataclasses.replace(delivery, round=round_, text=text)
    return [carried] * (2 if "duplicated" in faults else 1)


def _other(character: str, rng: np.random.Generator) -> str:
    if rng.random() >= GARBLED_SHARE:
        return character
    if character.isdigit():
        return str(rng.integers(10))
    return str(rng.choice(list(_LETTERS)))
