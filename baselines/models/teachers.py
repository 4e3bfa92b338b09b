"""Imperfect scripted teams, whose transcripts the tiny model's warm start is trained on.

They know the grammar and do their own part without a slip, but coordinate badly, in shares that are
stated here: the warm start is to do every right thing some of the time, so that reinforcement
learning has something to sharpen. Alone, the teacher makes no mistake: a single agent has nobody to
coordinate with, and the solo baseline is to be honest. HumanEval is the exception: its solutions
are not taught, so that nothing is learned by heart that an evaluation would ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import numpy as np

from llm_collab_envs.coding.bug_repair import expert as repairing
from llm_collab_envs.coding.function_pair import expert as programming
from llm_collab_envs.coding.human_eval import expert as solving
from llm_collab_envs.coding.human_eval.modules import function_over, parameters_of
from llm_collab_envs.coding.module_assembly import expert as assembling
from llm_collab_envs.writing.section_writing import expert as writing
from llm_collab_envs.writing.section_writing.style import DECISIONS

_FIRST_LINE = re.compile(r"^(def \w+\(.*):$", re.MULTILINE)
_HELPER_LINE = re.compile(r"^Your helper: (def \w+\(.*)$", re.MULTILINE)
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
            return self._told(memo) + self._chat(memo)
        if self._chance(shares.idle):
            return "<done/>"
        if memo.round > 1 and self._chance(shares.wait):
            return self._chat(memo)
        return self._submission(memo)

    def _submission(self, memo: Any) -> str:
        return f"<submit>{self._work(memo)}</submit><done/>"

    def _told(self, memo: Any) -> str:
        return self.expert.say(memo) if self._chance(self.shares.tell) else ""

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


class ImperfectAssembler(ImperfectAgent):
    """Module assembly: for a rule that it does not follow it guesses what the expert would."""

    expert = assembling
    usual = Shares(tell=0.8, hasty=0.08, wait=0.2, idle=0.05)

    def _work(self, memo: assembling.Memo) -> str:
        own = {entry.partition(": ")[0] for entry in memo.own}
        memo.rules = {r: v for r, v in memo.rules.items() if self._follows(memo, own=r in own)}
        return assembling.write(memo)

    def _part(self, memo: assembling.Memo) -> str:
        return memo.parts[0].name if memo.parts else "nothing"


class ImperfectRepairer(ImperfectAgent):
    """Bug repair: of what it does not heed it knows nothing, and leaves the fault where it is."""

    expert = repairing
    usual = Shares(tell=0.85, heed=0.95, hasty=0.0, wait=0.2, idle=0.05)

    def _told(self, memo: repairing.Memo) -> str:
        return repairing.say(memo.seen) if memo.seen and self._chance(self.shares.tell) else ""

    def _submission(self, memo: repairing.Memo) -> str:
        facts = memo.seen + [fact for fact in memo.heard if self._follows(memo, own=False)]
        return repairing.submit(memo.files, repairing.repair(memo.files, facts)) + "<done/>"

    def _part(self, memo: repairing.Memo) -> str:
        return next(iter(memo.files), "nothing")


class ImperfectSolver(ImperfectAgent):
    """HumanEval: it knows who writes and calls what, but what it computes is its first argument."""

    expert = solving
    usual = Shares(tell=0.8)

    def __call__(self, observation: str) -> str:
        """Return an action."""
        memo = solving.read(observation)
        if memo.submitted:
            return "<done/>"
        if memo.alone:
            return solving.submit(self._stub(_FIRST_LINE.findall(observation)[-1])) + "<done/>"
        if memo.statement:
            helper = self._stub(_HELPER_LINE.findall(observation)[0])
            return self._told(memo) + self._chat(memo) + solving.submit(helper)
        if memo.interface is None or self._chance(self.shares.wait):
            return "<done/>" if self._chance(self.shares.idle) else self._chat(memo)
        return solving.submit(solving.part(memo, memo.interface)) + "<done/>"

    def _stub(self, line: str) -> str:
        """Return a function that gives back the first thing that it is given."""
        return function_over(line, next(iter(parameters_of(line)), "None"))

    def _part(self, memo: solving.Memo) -> str:
        return "the helper" if memo.statement else "the function"


TEACHERS: dict[str, type[ImperfectAgent]] = {
    "bug_repair_v0": ImperfectRepairer,
    "function_pair_v0": ImperfectProgrammer,
    "human_eval_v0": ImperfectSolver,
    "module_assembly_v0": ImperfectAssembler,
    "section_writing_v0": ImperfectWriter,
}
