"""ObservationCollector: an agent's private view, inbox and budgets, as one bounded text.

An observation has two parts. The *briefing* is the same in every round of an episode: the job, who
you are, your private part, the grammar. The *turn* changes: round, budgets, messages, what was
wrong with your last reply. A memoryless policy reads both; one that keeps its history needs the
briefing only once, and `split_briefing` cuts there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llm_collab_envs.core.actions import grammar_help
from llm_collab_envs.core.channel import Delivery

MAX_OBSERVATION_CHARS = 32_768
MAX_BRIEFING_CHARS = 16_384  # so that there is room for what one who leaves knew
MAX_NOTICE_CHARS = 2_048
TURN_MARK = "== Round "
CUT = "(the rest is more than you can see)"
AGAIN = "again?"  # what an expert says that misses something

_FRAME = 64  # characters for the words around messages
_HANDED_OVER = re.compile(
    r"\nWhat (?P<gone>\S+) knew:\n(?P<view>.*?)\nThat is all (?P=gone) knew\.(?=\n)", re.DOTALL
)


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
        inherited: Agents that have left, and whose part this agent has taken over.
        limit: The most characters that this agent sees, or None for no limit of its own.
        over: Whether the episode is, and `round` was its last.
    """

    round: int
    max_cycles: int
    budget_left: int
    submitted: int | None
    inbox: Sequence[Delivery]
    notices: Sequence[str]
    inherited: Sequence[str] = ()
    limit: int | None = None
    over: bool = False


class ObservationCollector:
    """Writes observations.

    Args:
        job: One paragraph, public: what the team makes and how it is judged.
        views: What only each agent knows, and its share of the job; all agents are in it.

    Raises:
        ValueError: Where an agent's briefing is too long, or looks like more than a briefing.
    """

    def __init__(self, job: str, views: Mapping[str, str]) -> None:
        """Write the part of each agent's observations that stays the same for an episode."""
        self._alone = len(views) == 1
        self._views = dict(views)
        self._grammar = grammar_help(self._alone)
        self._intros = {}
        self._briefings = {}
        for agent in views:
            who = f"{agent} of {len(views)}: {', '.join(views)}"
            who = f"{agent}, working alone" if self._alone else who
            self._intros[agent] = f"You are {who}.\n{job}"
            self._briefings[agent] = self._briefing(agent, views[agent])
            _check(agent, self._briefings[agent])

    def observe(self, agent: str, turn: Turn) -> str:
        """Return a whole observation of `agent`, at most `MAX_OBSERVATION_CHARS` long.

        Where messages do not fit, the oldest are left out and the text says how many. Where an
        agent's own limit is shorter, the end of its private view is left out: as much as the turn
        needs, of which messages, and what those who left knew, get up to a quarter of the limit.
        """
        limit = MAX_OBSERVATION_CHARS if turn.limit is None else turn.limit
        head = f"{TURN_MARK}{turn.round} of {turn.max_cycles}"
        head += " was the last ==" if turn.over else " =="
        figures = "" if self._alone else f"\nMessage tokens left: {turn.budget_left}."
        if turn.submitted is not None:
            figures += f"\nYour submission: {turn.submitted} tokens."
        room = min(MAX_NOTICE_CHARS, limit // 2) - len(head) - len(figures)
        notices = "".join(f"\nNotice: {notice}" for notice in turn.notices)
        start = head + notices[: max(0, room)] + figures
        lines = [f"{d.sender}: {d.text}" for d in turn.inbox]
        if turn.limit is None:
            start = self._briefings[agent] + start
        else:
            kept_free = limit // 4 if turn.inherited else min(limit // 4, _length(lines))
            start = self._shortened(agent, limit - len(start) - kept_free) + start
        for gone in turn.inherited:
            start += _hand_over(gone, self._views[gone], limit - len(start) - limit // 16)
        room = limit - len(start) - _FRAME
        kept = _newest_that_fit(lines, room)
        if len(kept) < len(lines):
            kept.insert(0, f"({len(lines) - len(kept)} older messages left out)")
        if kept:
            start += "\nMessages:\n" + "\n".join(kept)
        return (start + "\n")[:limit]

    def _briefing(self, agent: str, view: str) -> str:
        return f"{self._intros[agent]}\n\n{view}\n\n{self._grammar}\n\n"

    def _shortened(self, agent: str, room: int) -> str:
        """Return as much of a briefing as fits: whole lines of the private view, or its start."""
        if len(self._briefings[agent]) <= room:
            return self._briefings[agent]
        room_for_view = room - len(self._briefing(agent, CUT))
        if room_for_view < 0:
            return self._briefings[agent][: max(0, room)]
        kept = _first_that_fit(self._views[agent].splitlines(), room_for_view)
        return self._briefing(agent, "\n".join([*kept, CUT]))


def split_briefing(observation: str) -> tuple[str, str]:
    """Split an observation into its briefing and its turn; the turn is "" where there is none."""
    at = observation.find(TURN_MARK)
    return (observation, "") if at < 0 else (observation[:at], observation[at:])


def handed_over(observation: str) -> dict[str, str]:
    """Return what was handed over to an agent, {who left: what it would see in this agent's place}.

    An expert that can read its own observation can read these, and do the work of those who left.
    """
    briefing, turn = split_briefing(observation)
    intro, _, _ = briefing.partition("\n\n")
    _, to, rest = intro.partition(" of ")
    grammar = briefing[briefing.rfind(grammar_help(alone=False)) :]
    own_turn = _HANDED_OVER.sub("", turn)
    return {
        match[
            "gone"
        ]: f"You are {match['gone']}{to}{rest}\n\n{match['view']}\n\n{grammar}{own_turn}"
        for match in _HANDED_OVER.finditer(turn)
    }


def left_undone(observation: str, gone: str) -> bool:
    """Whether an observation says that an agent left for good with nothing submitted."""
    return f"{gone} has left for good, with nothing submitted" in observation


def heard_from(observation: str, agent: str) -> bool:
    """Whether an observation shows a message of an agent."""
    return f"\n{agent}: " in observation


def asked_again(turn: str) -> bool:
    """Whether a turn shows that a teammate asks to be told again."""
    return f": {AGAIN}\n" in turn


def _hand_over(gone: str, view: str, room: int) -> str:
    start, end = f"\nWhat {gone} knew:\n", f"\nThat is all {gone} knew."
    room -= len(start) + len(end)
    if len(view) > room:
        view = "\n".join([*_first_that_fit(view.splitlines(), room - len(CUT)), CUT])
    return f"{start}{view[: max(0, room)]}{end}"


def _check(agent: str, briefing: str) -> None:
    if len(briefing) > MAX_BRIEFING_CHARS:
        raise ValueError(
            f"the briefing of {agent} has {len(briefing)} characters, more than the "
            f"{MAX_BRIEFING_CHARS} that it may have. Use shorter tasks or a larger team."
        )
    if TURN_MARK in briefing:
        raise ValueError(
            f"the briefing of {agent} holds {TURN_MARK!r}, which starts the part of an observation "
            "that changes from round to round. Put the task in other words."
        )


def _length(lines: Sequence[str]) -> int:
    """Return how many characters messages take, with what frames them."""
    return _FRAME + sum(map(len, lines)) + len(lines) if lines else 1


def _newest_that_fit(lines: Sequence[str], room: int) -> list[str]:
    if sum(map(len, lines)) + len(lines) <= room:
        return list(lines)
    return _first_that_fit(lines[::-1], room)[::-1]


def _first_that_fit(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept
