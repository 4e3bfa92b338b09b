"""Channel: messages between agents, with budgets; what is said in a round is read in the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from llm_collab_envs.core.actions import EVERYONE, Message, count_tokens


@dataclass(frozen=True)
class Delivery:
    """One message that reached the channel: when (round, from 1), from whom, to whom, what."""

    round: int
    sender: str
    recipient: str
    text: str


Carry = Callable[[Delivery, str], Sequence[Delivery]]


class Channel:
    """Routes messages and keeps every agent's budget.

    A message is delivered whole or not at all: one that costs more than its sender has left is
    dropped, and its sender is told. What was attempted counts as message tokens either way.

    Args:
        budgets: Message tokens that each agent may spend in an episode; all agents are in it.
        carry: What reaches a reader of a message, if anything; by default the message itself. A
            delivery of a later round is read after that round.
    """

    def __init__(self, budgets: Mapping[str, int], carry: Carry | None = None) -> None:
        """Start with empty inboxes and full budgets."""
        self.left = dict(budgets)
        self._carry = carry
        self._inboxes: dict[str, list[Delivery]] = {agent: [] for agent in budgets}
        self._late: list[tuple[str, Delivery]] = []

    def send(
        self, round_: int, sender: str, messages: Iterable[Message]
    ) -> tuple[int, list[tuple[int, int]]]:
        """Send one agent's messages.

        Returns:
            Message tokens attempted, and of each message that was dropped as over budget its tokens
            and those that were left.
        """
        attempted = 0
        dropped: list[tuple[int, int]] = []
        for message in messages:
            cost = max(1, count_tokens(message.text))
            attempted += cost
            if cost > self.left[sender]:
                dropped.append((cost, self.left[sender]))
                continue
            self.left[sender] -= cost
            delivery = Delivery(round_, sender, message.recipient, message.text)
            for reader in self._inboxes if message.recipient == EVERYONE else [message.recipient]:
                if reader != sender:
                    self._deliver(delivery, reader)
        return attempted, dropped

    def arrive(self, round_: int) -> None:
        """Put what was held back until `round_` into the inboxes."""
        due = [(reader, late) for reader, late in self._late if late.round <= round_]
        self._late = [(reader, late) for reader, late in self._late if late.round > round_]
        for reader, delivery in due:
            self._inboxes[reader].append(delivery)

    def inbox(self, agent: str) -> Sequence[Delivery]:
        """Return everything said to `agent` so far, oldest first."""
        return self._inboxes[agent]

    def _deliver(self, delivery: Delivery, reader: str) -> None:
        for carried in self._carry(delivery, reader) if self._carry else (delivery,):
            if carried.round > delivery.round:
                self._late.append((reader, carried))
            else:
                self._inboxes[reader].append(carried)
