"""Imperfect scripted teams, whose transcripts the tiny model's warm start is trained on.

They know the grammar and copy facts without a slip, but coordinate badly, in shares that are
stated here: the warm start is to do every right thing some of the time, so that reinforcement
learning has something to sharpen. Alone, the teacher is the solo expert: a single agent has nobody
to coordinate with, and the solo baseline is to be honest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llm_collab_envs.writing.section_writing import expert
from llm_collab_envs.writing.section_writing.style import DECISIONS

_CHAT = (
    "hello team, I will write {section} now",
    "I am busy with {section}, please wait for me",
    "good luck with your parts, everyone, mine is {section}",
    "has anyone seen the plan? I write {section}, I think",
)


@dataclass(frozen=True)
class Shares:
    """How often an imperfect agent does what.

    Attributes:
        tell: Tells its style decisions in the first round.
        heed: Follows a decision that a teammate told, each on its own.
        keep: Follows a decision that it was dealt itself.
        chat: Adds a needless message in a round.
        hasty: Writes in the first round, before it can have heard anything.
        wait: Lets a later round pass though it could write.
        idle: Declares itself done without writing.
    """

    tell: float = 0.7
    heed: float = 0.7
    keep: float = 0.9
    chat: float = 0.4
    hasty: float = 0.1
    wait: float = 0.25
    idle: float = 0.1


def chatter(rng: np.random.Generator, section: str) -> str:
    """Return a message that helps nobody."""
    return str(rng.choice(_CHAT)).format(section=section)


class ImperfectWriter:
    """One agent of an imperfect section-writing team: observation in, action out.

    Args:
        rng: Decides what it does; the same for all agents of a run.
        shares: How often it does what.
    """

    def __init__(self, rng: np.random.Generator, shares: Shares) -> None:
        """Keep the dice."""
        self._rng = rng
        self._shares = shares

    def __call__(self, observation: str) -> str:
        """Return an action."""
        memo = expert.read(observation)
        if memo.alone:
            return expert.Expert()(observation)
        if memo.submitted:
            return "<done/>"
        shares = self._shares
        if memo.round == 1 and not self._chance(shares.hasty):
            told = expert.say(memo) if self._chance(shares.tell) else ""
            return told + self._chat(memo)
        if self._chance(shares.idle):
            return "<done/>"
        if memo.round > 1 and self._chance(shares.wait):
            return self._chat(memo)
        return f"<submit>{expert.write(memo, self._style(memo))}</submit><done/>"

    def _style(self, memo: expert.Memo) -> dict[str, str]:
        """Follow what is known some of the time; toss a coin for the rest."""
        style = {d: str(self._rng.choice(list(options))) for d, options in DECISIONS.items()}
        for decision, option in memo.style.items():
            own = decision in memo.own_style
            if self._chance(self._shares.keep if own else self._shares.heed):
                style[decision] = option
        return style

    def _chat(self, memo: expert.Memo) -> str:
        if not self._chance(self._shares.chat):
            return ""
        text = chatter(self._rng, next(iter(memo.sections)))
        return f'<say to="all">{text}</say>'

    def _chance(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)
