"""ObservationCollector: an agent's private view, inbox and budgets, as one bounded text.

An observation has two parts. The *briefing* is the same in every round of an episode: the job, who
you are, your private part, the grammar. The *turn* changes: round, budgets, messages, what was
wrong with your last reply. A memoryless policy reads both; one that keeps its history needs the
briefing only once, and `split_briefing` cuts there.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        agents: All agents' names.
    """

    def __init__(self, job: str, agents: Sequence[str]) -> None:
        """Keep what is public."""
        self.job = job
        self.agents = list(agents)

    def briefing(self, agent: str, private_view: str) -> str:
        """Return the part of `agent`'s observations that stays the same for an episode."""
        if len(self.agents) == 1:
            who = f"You are {agent}, working alone."
        else:
            who = f"You are {agent} of {len(self.agents)}: {', '.join(self.agents)}."
        grammar = grammar_help(alone=len(self.agents) == 1)
        text = f"{who}\n{self.job}\n\n{private_view}\n\n{grammar}\n\n"
        if len(text) > MAX_OBSERVATION_CHARS - 2_048:
            raise ValueError(
                f"the briefing of {agent} has {len(text)} characters, more than observations hold "
                f"({MAX_OBSERVATION_CHARS} with the messages). Use shorter tasks or a larger team."
            )
        return text

    def observe(self, briefing: str, turn: Turn) -> str:
        """Return a whole observation, at most `MAX_OBSERVATION_CHARS` long.

        Where messages do not fit, the oldest are left out and the text says how many.
        """
        head = [f"{TURN_MARK}{turn.round} of {turn.max_cycles} =="]
        head += [f"Notice: {notice}" for notice in turn.notices]
        if len(self.agents) > 1:
            head.append(f"Message tokens left: {turn.budget_left}.")
        if turn.submitted is not None:
            head.append(f"Your submission: {turn.submitted} tokens.")
        start = briefing + "\n".join(head)[:1_024]
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


def _newest_that_fit(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept[::-1]
