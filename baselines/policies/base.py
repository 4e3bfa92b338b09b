"""What a policy is: histories in, replies out.

A history holds one agent's own observations and replies, and nothing else; decentralised execution
is therefore a property of the type. A memoryless policy reads the last observation only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Reply:
    """What a policy answers.

    Attributes:
        text: The action, as text.
        token_ids: The tokens that were sampled, the end-of-sequence token included; () where the
            policy has none.
        served_tokens: How many tokens a server says that it wrote; it does not say which. None
            where it does not say, or there is none.
        cut: Whether a server cut the reply, as it was as long as allowed; None where there is none.
    """

    text: str
    token_ids: tuple[int, ...] = ()
    served_tokens: int | None = None
    cut: bool | None = None


@dataclass
class History:
    """One agent's action-observation history in one episode.

    Attributes:
        observations: The observations so far; the last one awaits a reply.
        replies: One fewer than the observations.
    """

    observations: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)


class Policy(Protocol):
    """A decentralised policy, called in batches over agents and episodes."""

    def act(self, histories: Sequence[History]) -> list[Reply]:
        """Return one reply for each history, in order, each from that history alone."""
        ...
