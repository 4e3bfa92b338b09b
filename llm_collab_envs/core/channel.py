"""Channel: messages between agents, with budgets; what is said in a round is read in the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm_collab_envs.core.actions import EVERYONE, Message, count_tokens


@dataclass(frozen=True)
class Delivery:
    """One message that reached the channel: when (round, from 1), from whom, to whom, what."""

    round: int
    sender: str
    recipient: str
    text: str


class Channel:
    """Routes messages and keeps every agent's budget.

    A message is delivered whole or not at all: one that costs more than its sender has left is
    dropped, and its sender is told. What was attempted counts as message tokens either way.

    Args:
        agents: All agents' names.
        budget: Message tokens that each agent may spend in an episode.
    """

    def __init__(self, agents: Sequence[str], budget: int) -> None:
        """Start with empty inboxes and full budgets."""
        self.left = dict.fromkeys(agents, budget)
        self._inboxes: dict[str, list[Delivery]] = {agent: [] for agent in agents}

    def send(self, round_: int, sender: str, messages: Iterable[Message]) -> tuple[int, int]:
        """Send one agent's messages.

        Returns:
            Message tokens attempted, and how many of the messages were dropped as over budget.
        """
        attempted = dropped = 0
        for message in messages:
            cost = max(1, count_tokens(message.text))
            attempted += cost
            if cost > self.left[sender]:
                dropped += 1
                continue
            self.left[sender] -= cost
            self._deliver(Delivery(round_, sender, message.recipient, message.text))
        return attempted, dropped

    def inbox(self, agent: str) -> Sequence[Delivery]:
        """Return everything said to `agent` so far, oldest first."""
        return self._inboxes[agent]

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.recipient != EVERYONE:
            self._inboxes[delivery.recipient].append(delivery)
            return
        for agent, inbox in self._inboxes.items():
            if agent != delivery.sender:
                inbox.append(delivery)
