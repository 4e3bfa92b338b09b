"""ObservationCollector: an agent's private view, inbox and budgets, as one bounded text.

An observation has two parts. The *briefing* is the same in every round of an episode: the job, who
you are, your private part, the grammar. The *turn* changes: round, budgets, messages, what was
wrong with your last reply. A memoryless policy reads both; one that keeps its history needs the
briefing only once, and `split_briefing` cuts there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llm_collab_envs.core.actions import grammar_help
from llm_collab_envs.core.channel import Delivery

MAX_OBSERVATION_CHARS = 16_384
TURN_MARK = "== Round "


@dataclass(frozen=True)
class Turn:
    """What changes from round to round for one agent.

    Attributes:
        round: The round about to be played, from 1.
        max_cycles: How many rounds there are.
        budget_left: Message tokens left to this agent.
        submitted: Env tokens of this agent's current submission, or None.
        inbox: Everything said to this agent so far.
        notices: What went wrong with the last reply, and the env's own feedback.
    """

    round: int
    max_cycles: int
    budget_left: int
    submitted: int | None
    inbox: Sequence[Delivery]
    notices: Sequence[str]


class ObservationCollector:
    """Writes observations.

    Args:
        job: One paragraph, public: what the team makes and how it is judged.
        views: What only each agent knows, and its share of the job; all agents are in it.

    Raises:
        ValueError: Where an agent's briefing is too long for an observation.
    """

    def __init__(self, job: str, views: Mapping[str, str]) -> None:
        """Write the part of each agent's observations that stays the same for an episode."""
        self._alone = len(views) == 1
        names = ", ".join(views)
        grammar = grammar_help(self._alone)
        self._briefings = {}
        for agent, view in views.items():
            who = f"{agent}, working alone" if self._alone else f"{agent} of {len(views)}: {names}"
            self._briefings[agent] = f"You are {who}.\n{job}\n\n{view}\n\n{grammar}\n\n"
            _check_length(agent, self._briefings[agent])

    def observe(self, agent: str, turn: Turn) -> str:
        """Return a whole observation of `agent`, at most `MAX_OBSERVATION_CHARS` long.

        Where messages do not fit, the oldest are left out and the text says how many.
        """
        head = [f"{TURN_MARK}{turn.round} of {turn.max_cycles} =="]
        head += [f"Notice: {notice}" for notice in turn.notices]
        if not self._alone:
            head.append(f"Message tokens left: {turn.budget_left}.")
        if turn.submitted is not None:
            head.append(f"Your submission: {turn.submitted} tokens.")
        start = self._briefings[agent] + "\n".join(head)[:1_024]
        lines = [f"{d.sender}: {d.text}" for d in turn.inbox]
        room = MAX_OBSERVATION_CHARS - len(start) - 64
        kept = _newest_that_fit(lines, room)
        if len(kept) < len(lines):
            kept.insert(0, f"({len(lines) - len(kept)} older messages left out)")
        if kept:
            start += "\nMessages:\n" + "\n".join(kept)
        return start + "\n"


def split_briefing(observation: str) -> tuple[str, str]:
    """Split an observation into its briefing and its turn; the turn is "" where there is none."""
    at = observation.find(TURN_MARK)
    return (observation, "") if at < 0 else (observation[:at], observation[at:])


def _check_length(agent: str, briefing: str) -> None:
    if len(briefing) > MAX_OBSERVATION_CHARS - 2_048:
        raise ValueError(
            f"the briefing of {agent} has {len(briefing)} characters, more than observations hold "
            f"({MAX_OBSERVATION_CHARS} with the messages). Use shorter tasks or a larger team."
        )


def _newest_that_fit(lines: Sequence[str], room: int) -> list[str]:
    if sum(map(len, lines)) + len(lines) <= room:
        return list(lines)
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept[::-1]
