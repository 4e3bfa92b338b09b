"""Pure functions of an EpisodeLog."""

from __future__ import annotations

from llm_collab_envs.core.episode import EpisodeLog


def critical_path(log: EpisodeLog, without: str | None = None) -> int:
    """Sum over rounds of the longest action, in env tokens: what the episode takes in time.

    Args:
        log: The episode.
        without: An agent to leave out, for counterfactuals.
    """
    return sum(
        max((turn.tokens for agent, turn in r.turns.items() if agent != without), default=0)
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
