"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it writes everything at once. In a team it tells what only it knows,
then writes its functions when it has heard what they need, or in round 5 as far as it can. Who
misses something asks to be told again, so nobody is done before round 3, and who was asked tells
again until round 5. It also writes what was handed over to it by teammates that have left, and
tells what they had no chance to tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from llm_collab_envs.coding.function_pair.programs import (
    CALL,
    HELPERS,
    LETTERS,
    LITERAL,
    MAIN,
    Step,
    read_step,
    write_source,
)
from llm_collab_envs.core.observation import (
    AGAIN,
    asked_again,
    handed_over,
    heard_from,
    left_undone,
    split_briefing,
)

PATIENCE = 5

_HEADER = re.compile(r"(A|B|C|main): (def [a-z]+\([nmx, ]+\)), where x is .+:")
_KNOWN = re.compile(r"^You know: (.+)\.$", re.MULTILINE)
_NUMBERED = re.compile(r"[0-9]+\. (.+)")
_RESULT = re.compile(r"Return (?:x|a dict with x under '([a-z]+)')\.")
_SIGNATURE = re.compile(r"[a-z]{3,12}(?:\((?:[nmx](?:, [nmx]){0,2})\))?(?:\['[a-z]{3,12}'\])?")


@dataclass(frozen=True)
class Plan:
    """A function to write, as its author reads it.

    Attributes:
        label: "A", "B", "C" or "main".
        header: The first line of its source.
        steps: What it does.
        key: The key that it returns its result under, or "".
    """

    label: str
    header: str
    steps: tuple[Step, ...]
    key: str

    @property
    def needs(self) -> list[str]:
        """The labels and capitals that its author has to know about."""
        return [need for step in self.steps for need in needs(step)]


def needs(step: Step) -> list[str]:
    """Return the labels and capitals that have to be known to write a step."""
    texts = step.texts[:1] if step.block == CALL else step.texts
    return [text for text in texts if text in HELPERS or text in LETTERS]


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        alone: Whether there are no teammates.
        round: The round to be played.
        submitted: Whether this agent has submitted already.
        asked_again: Whether a teammate has asked to be told again.
        plans: The functions to write.
        own: What this agent was dealt: signatures by label, values by capital, as texts.
        told: What teammates told, in the same form.
    """

    alone: bool
    round: int
    submitted: bool
    asked_again: bool
    plans: list[Plan]
    own: dict[str, str]
    told: dict[str, str]

    @property
    def known(self) -> dict[str, str]:
        """All that it knows; what it was dealt counts more than what it was told."""
        return {**self.told, **self.own}

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all(need in self.known for plan in self.plans for need in plan.needs)

    @property
    def to_tell(self) -> dict[str, str]:
        """What a teammate needs: all it was dealt but what only its own functions use."""
        mine = {need for plan in self.plans for need in plan.needs}
        main_is_mine = any(plan.label == MAIN for plan in self.plans)
        return {
            name: text
            for name, text in self.own.items()
            if name not in mine and not (main_is_mine and name in HELPERS)
        }


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.submitted and not memo.asked_again:
            return "<done/>"
        told = say(memo) if memo.round == 1 or memo.asked_again else ""
        for gone, view in handed_over(observation).items():
            orphan = read(view)
            told += "" if heard_from(observation, gone) else say(orphan)
            memo.own |= orphan.own
            if left_undone(observation, gone):
                memo.plans += orphan.plans
        if memo.alone or memo.round >= PATIENCE:
            return f"{told}<submit>{write(memo, memo.known)}</submit><done/>"
        if memo.round == 1 or memo.submitted:
            return told
        if memo.complete:
            return f"{told}<submit>{write(memo, memo.known)}</submit>"
        return f'{told}<say to="all">{AGAIN}</say>'


def say(memo: Memo) -> str:
    """Return the message that tells all that teammates need from this agent, or ""."""
    entries = [f"{name} {text}" for name, text in memo.to_tell.items()]
    return f'<say to="all">{"; ".join(entries)}</say>' if entries else ""


def write(memo: Memo, known: Mapping[str, str]) -> str:
    """Write this agent's functions; what is not known stays the capital that stands for it."""
    return "\n".join(write_source(p.header, p.steps, p.key, known) for p in memo.plans)


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation, whose briefing may be cut."""
    briefing, turn = split_briefing(observation)
    briefing = briefing[: briefing.rfind("\n") + 1]  # whole lines
    known = _KNOWN.search(briefing)
    told: dict[str, str] = {}
    for line in turn.partition("Messages:\n")[2].splitlines():
        told = {**entries(line.partition(": ")[2]), **told}
    return Memo(
        alone=", working alone.\n" in briefing,
        round=int(re.findall(r"\d+", turn)[0]),
        submitted="\nYour submission: " in turn,
        asked_again=asked_again(turn),
        plans=_read_plans(briefing.splitlines()),
        own=entries(known[1]) if known else {},
        told=told,
    )


def entries(text: str) -> dict[str, str]:
    """Read what a message tells: signatures of helpers and agreed values, the first of each."""
    found: dict[str, str] = {}
    for entry in text.split("; "):
        name, _, said = entry.partition(" ")
        if (name in HELPERS and _SIGNATURE.fullmatch(said)) or (
            name in LETTERS and LITERAL.fullmatch(said)
        ):
            found.setdefault(name, said)
    return found


def _read_plans(lines: list[str]) -> list[Plan]:
    plans: list[Plan] = []
    for n, line in enumerate(lines):
        match = _HEADER.fullmatch(line)
        if not match:
            continue
        numbered = takewhile(bool, map(_NUMBERED.fullmatch, lines[n + 1 :]))
        sentences = [str(sentence[1]) for sentence in numbered if sentence]
        result = _RESULT.fullmatch(sentences[-1]) if sentences else None
        steps = tuple(map(read_step, sentences[:-1] if result else sentences))
        label, header = match.groups()
        plans.append(Plan(label, f"{header}:", steps, (result and result[1]) or ""))
    return plans
