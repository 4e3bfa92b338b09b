"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it writes everything at once. In a team everybody tells what only it
knows. Where the structure is open, the first agents also propose a place for one field each of
those that no outside code reads, and the others follow. Then each writes its functions, and those
that an agent left undone, when it has heard the rest. Who misses something asks to be told again,
and in round 5 writes on whatever it has heard; nobody is done while somebody may ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from llm_collab_envs.coding.module_assembly.dealing import VETO
from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.kinds.kind import Function, Kind
from llm_collab_envs.coding.module_assembly.layout import (
    Layout,
    Place,
    read_place,
    usual_place,
    write_place,
)
from llm_collab_envs.coding.module_assembly.rules import RULES, read_rule
from llm_collab_envs.coding.module_assembly.source import Part, signature, solution
from llm_collab_envs.core.observation import (
    AGAIN,
    asked_again,
    handed_over,
    left_undone,
    split_briefing,
)

ASK = (2, 3)  # rounds in which one that misses something asks
ANSWER = (3, 4)  # rounds in which one that was asked tells again
PATIENCE = 5
OPEN_STRUCTURE = "Structure: yours to agree on."
GUESSES = {"letters": "4", "limit": "50", "unknown": "-50"}

_TITLES = {kind.title: kind for kind in KINDS.values()}
_JOB = re.compile(r"^Job: write one Python module, (.+) called \w+\. ", re.MULTILINE)
_KNOWN = re.compile(r"^You know: (.+)\.$", re.MULTILINE)
_READ = re.compile(r"Outside code reads ([a-z ]+):")


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        kind: The kind of module.
        me: Number of the agent, from 0.
        team_size: Agents in the team.
        round: The round to be played.
        submitted: Whether this agent has submitted already.
        asked_again: Whether a teammate has asked to be told again.
        parts: The functions to write.
        asked: The rules that apply.
        own: What this agent alone knows, as entries.
        rules: The rules as far as known: its own and what it was told.
        places: Where fields are kept, as far as known.
        open: Whether the structure is for the team to agree on.
        alternatives: The structures to choose from, by label.
        ruled_out: Labels that do not suit somebody, as far as known.
        read_outside: The fields that outside code reads.
    """

    kind: Kind
    me: int
    team_size: int
    round: int
    submitted: bool
    asked_again: bool
    parts: list[Part]
    asked: list[str]
    own: list[str]
    open: bool
    alternatives: dict[str, Layout]
    read_outside: list[str]
    rules: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    ruled_out: set[str] = field(default_factory=set)

    @property
    def alone(self) -> bool:
        """Whether there are no teammates."""
        return self.team_size == 1

    @property
    def candidates(self) -> list[str]:
        """The labels that nobody is known to rule out."""
        return [label for label in self.alternatives if label not in self.ruled_out]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        fits = len(self.candidates) == 1 if self.alternatives else self.settled
        return fits and all(rule in self.rules for rule in self.asked)

    @property
    def settled(self) -> bool:
        """Whether every field has its place."""
        return len(self.places) == len(self.kind.fields)

    @property
    def proposals(self) -> list[Place]:
        """The places that are this agent's to propose."""
        if self.alone or self.alternatives or not self.open:
            return []
        free = [f.name for f in self.kind.fields if f.name not in self.read_outside]
        return [usual_place(self.kind, name) for name in free[self.me :: self.team_size]]

    @property
    def layout(self) -> Layout:
        """The structure, as well as it is known."""
        if self.alternatives:
            return self.alternatives[(self.candidates or ["A"])[0]]
        usual = {f.name: usual_place(self.kind, f.name) for f in self.kind.fields}
        return tuple((usual | self.places).values())


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo is None:
            return ""
        undone = False
        for gone, view in handed_over(observation).items():
            orphan = read(view)
            if orphan is not None:
                take_over(memo, orphan)
                if left_undone(observation, gone):
                    undone = True
                    memo.parts += orphan.parts
        if memo.alone:
            return f"<submit>{write(memo)}</submit><done/>"
        again = memo.asked_again and memo.round in ANSWER
        told = say(memo) if memo.round == 1 or again else ""
        if memo.submitted and not undone:
            return told or "<done/>"
        if memo.round >= PATIENCE or (memo.complete and memo.round > 1):
            done = "<done/>" if undone or memo.round >= PATIENCE else ""
            return f"{told}<submit>{write(memo)}</submit>{done}"
        return told + (f'<say to="all">{AGAIN}</say>' if memo.round in ASK else "")


def take_over(memo: Memo, gone: Memo) -> None:
    """Take in what one knew that has left."""
    memo.rules = gone.rules | memo.rules
    memo.places = gone.places | memo.places
    memo.ruled_out |= gone.ruled_out


def say(memo: Memo) -> str:
    """Return the message that tells all that only this agent knows, or ""."""
    entries = memo.own + [write_place(memo.kind, place) for place in memo.proposals]
    return f'<say to="all">{"; ".join(entries)}</say>' if entries else ""


def write(memo: Memo) -> str:
    """Write this agent's functions; what it does not know it guesses."""
    rules = GUESSES | memo.rules
    return "\n".join(solution(memo.kind, part, memo.layout, rules) for part in memo.parts)


def read(observation: str) -> Memo | None:
    """Read everything that an agent needs from its observation, or None where it sees too little.

    The end of a briefing may be missing: agents may have a limit on what they see.
    """
    briefing, turn = split_briefing(observation)
    briefing = briefing[: briefing.rfind("\n") + 1]  # whole lines
    lines = briefing.splitlines()
    job, known, outside = (p.search(briefing) for p in (_JOB, _KNOWN, _READ))
    if job is None:
        return None
    kind = _TITLES[job[1]]
    own = known[1].split("; ") if known else []
    memo = Memo(
        kind=kind,
        me=int(re.findall(r"\d+", lines[0])[0]),
        team_size=max(1, len(re.findall(r"agent_\d", lines[0])) - 1),
        round=int(re.findall(r"\d+", turn)[0]),
        submitted="\nYour submission: " in turn,
        asked_again=asked_again(turn),
        parts=list(_read_parts(kind, briefing.partition("\nYour functions:\n")[2].splitlines())),
        asked=[rule for rule in RULES if any(line.startswith(f"- {rule}: ") for line in lines)],
        own=[entry for entry in own if entry != "nothing"],
        open=OPEN_STRUCTURE in briefing,
        alternatives=dict(_read_alternatives(kind, lines)),
        read_outside=outside.group(1).split(" and ") if outside else [],
    )
    given = next((line for line in lines if line.startswith("Structure: ")), "")
    _hear(memo, given.removeprefix("Structure: ").removesuffix(".").split("; "))
    _hear(memo, own)
    memo.places |= {place.field: place for place in memo.proposals}
    for line in turn.partition("Messages:\n")[2].splitlines():
        _hear(memo, line.partition(": ")[2].split("; "))
    return memo


def _hear(memo: Memo, entries: Iterable[str]) -> None:
    """Take in what was said; the first word on a matter holds."""
    for entry in entries:
        rule, place = read_rule(entry), read_place(memo.kind, entry)
        if rule:
            memo.rules.setdefault(*rule)
        elif place and place.key not in {p.key for p in memo.places.values()}:
            memo.places.setdefault(place.field, place)
        elif entry.startswith(VETO):
            memo.ruled_out.add(entry.removeprefix(VETO))


def _read_alternatives(kind: Kind, lines: list[str]) -> Iterable[tuple[str, Layout]]:
    for line in lines:
        label, dot, entries = line.partition(". ")
        places = [read_place(kind, entry) for entry in entries.split("; ")] if dot else []
        if len(label) == 1 and places and all(places):
            yield label, tuple(place for place in places if place)


def _read_parts(kind: Kind, lines: list[str]) -> Iterable[Part]:
    for line in lines:
        if not line.startswith("- "):
            return
        name = line[2:].partition("(")[0]
        verb = name.partition("_")[0]
        yield _read_part(kind.function(verb), name, line)


def _read_part(function: Function, name: str, line: str) -> Part:
    """Read what is a function's own out of its specification."""
    pattern = re.escape(function.spec)
    pattern = pattern.replace(r"\{k\}", r"(?P<k>\d+)", 1).replace(r"\{k\}", r"\d+")
    pattern = pattern.replace(r"\{pick\}", r"(?P<pick>[a-z ]+)")
    found = re.fullmatch(re.escape(f"- {signature(function, name)}: ") + pattern, line)
    own = found.groupdict() if found else {}
    return Part(function.verb, name, int(own.get("k", 0)), own.get("pick", ""))
