"""Imperfect scripted teams, whose transcripts the tiny model's warm start is trained on.

They know the grammar and do their own part without a slip, but coordinate badly, in shares that are
stated here: the warm start is to do every right thing some of the time, so that reinforcement
learning has something to sharpen. Alone, the teacher makes no mistake: a single agent has nobody to
coordinate with, and the solo baseline is to be honest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import numpy as np

from llm_collab_envs.coding.function_pair import expert as programming
from llm_collab_envs.writing.section_writing import expert as writing
from llm_collab_envs.writing.section_writing.style import DECISIONS

_CHAT = (
    "hello team, I will write {part} now",
    "I am busy with {part}, please wait for me",
    "good luck with your parts, everyone, mine is {part}",
    "has anyone seen the plan? I write {part}, I think",
)


@dataclass(frozen=True)
class Shares:
    """How often an imperfect agent does what.

    Attributes:
        tell: Tells what only it knows, in the first round.
        heed: Uses what a teammate told, each thing on its own.
        keep: Uses what it was dealt itself.
        chat: Adds a needless message in a round.
        hasty: Works in the first round, before it can have heard anything.
        wait: Lets a later round pass though it could work.
        idle: Declares itself done without working.
    """

    tell: float = 0.55
    heed: float = 0.97
    keep: float = 0.98
    chat: float = 0.2
    hasty: float = 0.12
    wait: float = 0.25
    idle: float = 0.1


class ImperfectAgent:
    """One agent of an imperfect team: observation in, action out. Subclasses do the work.

    Args:
        rng: Decides what it does; the same for all agents of a run.
        shares: How often it does what; by default as the class has it.
    """

    expert: ClassVar[Any]  # the env's module of that name
    usual: ClassVar[Shares]

    def __init__(self, rng: np.random.Generator, shares: Shares | None = None) -> None:
        """Keep the dice."""
        self._rng = rng
        self.shares = shares or self.usual

    def __call__(self, observation: str) -> str:
        """Return an action."""
        memo = self.expert.read(observation)
        if memo.submitted:
            return "<done/>"
        if memo.alone:
            return self._submission(memo)
        shares = self.shares
        if memo.round == 1 and not self._chance(shares.hasty):
            told = self.expert.say(memo) if self._chance(shares.tell) else ""
            return told + self._chat(memo)
        if self._chance(shares.idle):
            return "<done/>"
        if memo.round > 1 and self._chance(shares.wait):
            return self._chat(memo)
        return self._submission(memo)

    def _submission(self, memo: Any) -> str:
        return f"<submit>{self._work(memo)}</submit><done/>"

    def _work(self, memo: Any) -> str:
        """Return the agent's part of the product."""
        raise NotImplementedError

    def _part(self, memo: Any) -> str:
        """Return what the agent calls its part when it chats."""
        raise NotImplementedError

    def _chat(self, memo: Any) -> str:
        if not self._chance(self.shares.chat):
            return ""
        text = str(self._rng.choice(_CHAT)).format(part=self._part(memo))
        return f'<say to="all">{text}</say>'

    def _follows(self, memo: Any, own: bool) -> bool:
        return memo.alone or self._chance(self.shares.keep if own else self.shares.heed)

    def _chance(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)


class ImperfectWriter(ImperfectAgent):
    """Section writing: it tosses a coin for every style decision that it does not follow."""

    expert = writing
    usual = Shares()

    def _work(self, memo: writing.Memo) -> str:
        style = {d: str(self._rng.choice(list(options))) for d, options in DECISIONS.items()}
        for decision, option in memo.style.items():
            if self._follows(memo, own=decision in memo.own_style):
                style[decision] = option
        return writing.write(memo, style)

    def _part(self, memo: writing.Memo) -> str:
        return next(iter(memo.sections))


class ImperfectProgrammer(ImperfectAgent):
    """Function pair: what it does not follow stays the capital or label that stands for it.

    Above each line of code it notes the number of the step, and what that step needs from others:
    a small model then copies the step that the note names, and need not keep count on its own.
    """

    expert = programming
    usual = Shares(tell=0.85, heed=0.92, chat=0.25, hasty=0.05, wait=0.25, idle=0.03)

    def _work(self, memo: programming.Memo) -> str:
        own = memo.own
        known = {n: t for n, t in memo.known.items() if self._follows(memo, own=n in own)}
        numbers = count(1)
        return "\n".join(noted(plan, numbers, known) for plan in memo.plans)

    def _part(self, memo: programming.Memo) -> str:
        return memo.plans[0].label


def noted(plan: programming.Plan, numbers: Iterator[int], known: Mapping[str, str]) -> str:
    """Write a function, with a note of the step's number above each line of code."""
    header, *code = programming.write_source(plan.header, plan.steps, plan.key, known).splitlines()
    needs = [*(" ".join(["", *programming.needs(step)]) for step in plan.steps), ""]
    notes = [f"    # {next(numbers)}{need}" for need in needs]
    return "\n".join([header, *(line for pair in zip(notes, code, strict=True) for line in pair)])


TEACHERS: dict[str, type[ImperfectAgent]] = {
    "function_pair_v0": ImperfectProgrammer,
    "section_writing_v0": ImperfectWriter,
}
