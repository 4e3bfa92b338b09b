"""Conditions: what makes a team uneven or lets it fail; the loop asks them at every turn.

A condition changes what agents can do, say, hear and see, and never what is scored: the joint
reward, the team's budget in the coordination cost and the expert's time that speed is measured
against stay those of the even team, so results with and without a condition compare.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_collab_envs.core.channel import Delivery


@dataclass(frozen=True)
class Departure:
    """An agent leaves for good.

    Attributes:
        agent: Who.
        announced: Whether its teammates are told, and one of them takes over.
    """

    agent: str
    announced: bool


class Condition:
    """One thing that is not even; every hook of this class changes nothing.

    Args:
        name: What logs and transcripts call it.
        settings: What it was made with; kept as JSON has it, with numpy's numbers as Python's.

    Attributes:
        events: What happened since they were last taken, as sentences for the transcript.
    """

    def __init__(self, name: str = "", settings: Mapping[str, Any] | None = None) -> None:
        """Start with nothing to tell."""
        self.name = name
        ready = json.dumps(dict(settings or {}), default=np.generic.item)
        self.settings: dict[str, Any] = json.loads(ready)
        self.events: list[str] = []

    def start(self, agents: Sequence[str], max_cycles: int, task: int) -> None:
        """Begin an episode: all that is random follows from the seed and the task's index."""

    def budget(self, agent: str, budget: int) -> int:
        """Return the message tokens that an agent has."""
        return budget

    def sight(self, agent: str) -> int | None:
        """Return the most characters an agent's observation has, or None for no own limit."""
        return None

    def reply(self, agent: str, round_: int, text: str) -> str:
        """Return what the env gets of a reply; "" where the agent cannot act."""
        return text

    def slowdown(self, agent: str) -> float:
        """Return how many times as long as others an agent takes over a token."""
        return 1.0

    def carry(self, delivery: Delivery, reader: str) -> list[Delivery]:
        """Return what reaches a reader of a message; one of a later round arrives after that."""
        return [delivery]

    def departures(self, round_: int) -> list[Departure]:
        """Return who leaves for good after a round."""
        return []

    def limits(self, agent: str, round_: int) -> list[str]:
        """Return what an agent is told of its own limits before a round, before all else."""
        return []

    def tell(self, agent: str, round_: int) -> list[str]:
        """Return what else an agent is told, after what the loop says of departures."""
        return []

    def figures(self, agent: str) -> dict[str, float]:
        """Return numbers for an agent's infos, the same keys every time."""
        return {}

    def take_events(self) -> list[str]:
        """Return the events since the last call."""
        events, self.events = self.events, []
        return events


class Conditions(Condition):
    """Several conditions as one; each works on what the one before it leaves.

    Attributes:
        parts: The conditions, the innermost wrapper's first.
    """

    def __init__(self) -> None:
        """Start with none: an even team, in which nothing fails."""
        super().__init__()
        self.parts: list[Condition] = []

    def add(self, condition: Condition) -> None:
        """Add a condition, which holds from the next `start` on.

        Raises:
            ValueError: For a second condition of one name.
        """
        if any(condition.name == part.name for part in self.parts):
            raise ValueError(
                f"this env has a {condition.name} already, as wrappers change the env that they "
                f"are put on for good. Put one {condition.name} on it for all the agents that it "
                "is about, or on an env that is made anew."
            )
        self.parts.append(condition)

    def active(self) -> Condition:
        """Return those added by now as one, or where there are none, one that costs no time."""
        now = Conditions()
        now.parts = self.parts[:]
        return now if now.parts else Condition()

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return every part's name and settings, for a log."""
        return [{"name": part.name, **part.settings} for part in self.parts]

    def start(self, agents: Sequence[str], max_cycles: int, task: int) -> None:
        """Begin an episode in every part."""
        for part in self.parts:
            part.start(agents, max_cycles, task)

    def budget(self, agent: str, budget: int) -> int:
        """Return the budget that every part has had a say in."""
        for part in self.parts:
            budget = part.budget(agent, budget)
        return budget

    def sight(self, agent: str) -> int | None:
        """Return the shortest limit."""
        limits = (part.sight(agent) for part in self.parts)
        return min((limit for limit in limits if limit is not None), default=None)

    def reply(self, agent: str, round_: int, text: str) -> str:
        """Return what every part lets through."""
        for part in self.parts:
            text = part.reply(agent, round_, text)
        return text

    def slowdown(self, agent: str) -> float:
        """Return the product."""
        return math.prod(part.slowdown(agent) for part in self.parts)

    def carry(self, delivery: Delivery, reader: str) -> list[Delivery]:
        """Return what reaches the reader through all parts."""
        carried = [delivery]
        for part in self.parts:
            carried = [copy for one in carried for copy in part.carry(one, reader)]
        return carried

    def departures(self, round_: int) -> list[Departure]:
        """Return who leaves by any part."""
        return [departure for part in self.parts for departure in part.departures(round_)]

    def limits(self, agent: str, round_: int) -> list[str]:
        """Return what all parts tell of the agent's limits."""
        return [line for part in self.parts for line in part.limits(agent, round_)]

    def tell(self, agent: str, round_: int) -> list[str]:
        """Return what all parts tell."""
        return [line for part in self.parts for line in part.tell(agent, round_)]

    def figures(self, agent: str) -> dict[str, float]:
        """Return all parts' figures."""
        return {key: value for part in self.parts for key, value in part.figures(agent).items()}

    def take_events(self) -> list[str]:
        """Return all parts' events."""
        return [event for part in self.parts for event in part.take_events()]
