"""EpisodeLog: the record of an episode, JSON out and in, replayable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 1


@dataclass
class Turn:
    """What one agent did in one round.

    Attributes:
        text: The reply, as it came.
        tokens: Its env tokens.
        message_tokens: Env tokens of the messages in it, delivered or not.
        error: What broke the grammar, or "".
    """

    text: str
    tokens: int
    message_tokens: int
    error: str


@dataclass
class Round:
    """One step of the env.

    Attributes:
        turns: What each live agent did.
        reward: The joint step reward.
        terms: The team's terms after this round, as in `infos`.
    """

    turns: dict[str, Turn]
    reward: float
    terms: dict[str, float]


@dataclass
class EpisodeLog:
    """The record of one episode.

    Attributes:
        env: The env's id.
        config: The arguments that its constructor was called with, JSON-ready.
        task_index: Which task of the split was played.
        task: The task itself.
        agents: All agents' names.
        rounds: What happened.
    """

    env: str
    config: dict[str, Any]
    task_index: int
    task: dict[str, Any]
    agents: list[str]
    rounds: list[Round] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the log as one line of JSON."""
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> EpisodeLog:
        """Read a log as `to_json` wrote it; raises ValueError for another version."""
        data = json.loads(text)
        version = data.pop("version", None)
        if version != VERSION:
            raise ValueError(f"episode log version must be {VERSION}; got {version!r}.")
        rounds = [
            Round({a: Turn(**t) for a, t in r["turns"].items()}, r["reward"], r["terms"])
            for r in data.pop("rounds")
        ]
        return cls(**data, rounds=rounds)

    def replay(self, make: Callable[..., Any]) -> EpisodeLog:
        """Play the same actions again and return the new log, which equals this one.

        Args:
            make: The env's `parallel_env`; it is called with this log's `config`.
        """
        env = make(**self.config)
        env.reset(options={"task": self.task_index})
        for round_ in self.rounds:
            env.step({agent: turn.text for agent, turn in round_.turns.items()})
        log: EpisodeLog = env.episode
        return log
