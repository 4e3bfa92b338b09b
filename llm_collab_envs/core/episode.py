"""EpisodeLog: the record of an episode, JSON out and in, replayable."""

from __future__ import annotations

import json
import math
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
        slowdown: How many times as long as others the agent takes over a token.
    """

    text: str
    tokens: int
    message_tokens: int
    error: str
    slowdown: float = 1.0

    @property
    def time(self) -> int:
        """What the reply takes in time: its env tokens, more for an agent that is slow."""
        return math.ceil(round(self.tokens * self.slowdown, 6))  # 100 times 1.1 is 110


@dataclass
class Round:
    """One step of the env.

    Attributes:
        turns: What each live agent did.
        reward: The joint step reward.
        terms: The team's terms after this round, as in `infos`.
        events: What the wrappers did, as sentences.
    """

    turns: dict[str, Turn]
    reward: float
    terms: dict[str, float]
    events: list[str] = field(default_factory=list)


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
        wrappers: Each wrapper's name and settings, the innermost first.
    """

    env: str
    config: dict[str, Any]
    task_index: int
    task: dict[str, Any]
    agents: list[str]
    rounds: list[Round] = field(default_factory=list)
    wrappers: list[dict[str, Any]] = field(default_factory=list)

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
            Round(**{**r, "turns": {a: Turn(**t) for a, t in r["turns"].items()}})
            for r in data.pop("rounds")
        ]
        return cls(**data, rounds=rounds)

    def replay(self, make: Callable[..., Any] | None = None) -> EpisodeLog:
        """Play the same actions again and return the new log, which equals this one.

        Args:
            make: The env's `parallel_env`; it is called with this log's `config`, and gets this
                log's wrappers, but for those that it puts on by itself. None for that of the env
                that is registered by this log's id.

        Raises:
            ValueError: Where the env's task of that number is not the one of this log, as it comes
                from a file that has changed, or from another version of the env.
        """
        from llm_collab_envs.core.wrapper import rewrap  # these import the env, and so this
        from llm_collab_envs.registry import load

        make = make or load(self.env).parallel_env
        env = rewrap(make(**self.config), self.wrappers)
        env.reset(options={"task": self.task_index})
        if env.episode.task != self.task:
            raise ValueError(
                f"task {self.task_index} of {self.env} is not the one that this log was played on, "
                f"as {self.config.get('tasks') or 'the env'} has changed. Replay it with what it "
                "was played with."
            )
        for round_ in self.rounds:
            env.step({agent: turn.text for agent, turn in round_.turns.items()})
        log: EpisodeLog = env.episode
        return log
