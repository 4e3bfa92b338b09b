"""Menu: a fixed list of choices, each of which writes a reply from one agent's own observation.

Policies that choose among actions, as most of multi-agent reinforcement learning has them, play a
text env by the numbers of a menu. What stands at a number means the same in every round and task;
names and figures in it come from the observation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

CHAT = '<say to="all">How is it going with you?</say>'

MemoT = TypeVar("MemoT")


@dataclass(frozen=True)
class Menu(Generic[MemoT]):
    """The choices of an agent.

    Attributes:
        read: Reads an observation, most likely as the env's expert does; None where there is
            nothing to be read, as where an observation was cut short.
        entries: For each choice, {what it means: how its reply is written}. A reply is "", which
            passes the turn, where an agent cannot do what the entry means.
    """

    read: Callable[[str], MemoT | None]
    entries: Mapping[str, Callable[[MemoT], str]]

    @property
    def meanings(self) -> tuple[str, ...]:
        """What the choices mean, in the order of their numbers."""
        return tuple(self.entries)

    def reply(self, choice: int, observation: str) -> str:
        """Return the reply of one choice.

        Args:
            choice: Its number, from 0.
            observation: What the agent sees now.

        Raises:
            ValueError: For a number that is not on the menu.
        """
        if not 0 <= choice < len(self.entries):
            raise ValueError(
                f"choice must be between 0 and {len(self.entries) - 1}, one of {self.meanings}; "
                f"got {choice}."
            )
        memo = self.read(observation)
        return "" if memo is None else self.entries[self.meanings[choice]](memo)


def always(reply: str) -> Callable[[object], str]:
    """Return an entry that is the same whatever is seen."""
    return partial(_same, reply)


def _same(reply: str, memo: object) -> str:
    return reply


PASS = always("")
DONE = always("<done/>")
