"""Metrics of an episode: pure functions of its log, and a tally that keeps them up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llm_collab_envs.core.episode import EpisodeLog, Turn


def critical_path(log: EpisodeLog, without: str | None = None) -> int:
    """Sum over rounds of the longest action, in env tokens: what the episode takes in time.

    A slow agent's tokens count as often as it is slower.

    Args:
        log: The episode.
        without: An agent to leave out, for counterfactuals.
    """
    return sum(
        max((turn.time for agent, turn in r.turns.items() if agent != without), default=0)
        for r in log.rounds
    )


def message_tokens(log: EpisodeLog, without: str | None = None) -> int:
    """Env tokens of all messages, delivered or not, each counted once however many read it."""
    return sum(
        turn.message_tokens
        for r in log.rounds
        for agent, turn in r.turns.items()
        if agent != without
    )


def total_tokens(log: EpisodeLog) -> int:
    """Env tokens that all agents wrote together: the compute, where the critical path is time."""
    return sum(turn.tokens for r in log.rounds for turn in r.turns.values())


def malformed(log: EpisodeLog, agent: str | None = None) -> int:
    """Broken replies, of one agent or of all."""
    return sum(
        bool(turn.error)
        for r in log.rounds
        for name, turn in r.turns.items()
        if agent in (None, name)
    )


def speed_up(solo: EpisodeLog, team: EpisodeLog) -> float:
    """Solo critical path over team critical path; raises ZeroDivisionError for a silent team."""
    return critical_path(solo) / critical_path(team)


class Tally:
    """Running metrics, so that a step costs the same however many rounds were played.

    Args:
        agents: All agents' names.
    """

    def __init__(self, agents: Sequence[str]) -> None:
        """Start at zero."""
        self._path: dict[str | None, int] = dict.fromkeys((None, *agents), 0)
        self._talk: dict[str | None, int] = dict.fromkeys((None, *agents), 0)
        self.malformed = dict.fromkeys(agents, 0)

    def add(self, turns: Mapping[str, Turn]) -> None:
        """Count one more round."""
        talk = sum(turn.message_tokens for turn in turns.values())
        times: dict[str | None, int] = {agent: turn.time for agent, turn in turns.items()}
        longest, second = (*sorted(times.values(), reverse=True), 0, 0)[:2]
        for without in self._path:
            self._path[without] += second if times.get(without) == longest else longest
            self._talk[without] += talk
        for agent, turn in turns.items():
            self._talk[agent] -= turn.message_tokens
            self.malformed[agent] += bool(turn.error)

    def critical_path(self, without: str | None = None) -> int:
        """As the function of that name."""
        return self._path[without]

    def message_tokens(self, without: str | None = None) -> int:
        """As the function of that name."""
        return self._talk[without]
