"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it writes everything at once. In a team it first tells what only it
knows, then writes its sections when it has heard the rest, or in round 3 whatever it has heard. It
also writes what was handed over to it, and no more than its replies may hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_collab_envs.core.observation import CUT, TURN_MARK, handed_over, heard_from, split_briefing
from llm_collab_envs.writing.replies import submit_within_cap
from llm_collab_envs.writing.section_writing.style import (
    DECISIONS,
    MARKERS,
    SPELLINGS,
    VALUE_FORMS,
)
from llm_collab_envs.writing.section_writing.tasks import PROPERTIES, SectionTask
from llm_collab_envs.writing.values import written_forms

PATIENCE = 3
UNKNOWN = "?"

_HEADING_FORMS = {"hash": "# {}", "colon": "{}:", "bars": "== {} =="}
_ENTRY = re.compile(r"(?:- )?([^:;]+): (.+?)(?: \((?:record of (\d{1,4})|a teammate knows)\))?")
_STYLED = {"amount": "numbers", "date": "dates", "measure": "units"}
_BRITISH = {american: british for british, american in SPELLINGS.items()}
_LATEST_YEAR = "2100"
_KINDS = {prop: kind for kind, props in PROPERTIES.items() for prop in props}


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        alone: Whether there are no teammates.
        round: The round to be played.
        submitted: Whether this agent has submitted already.
        style: The house style, as far as known: its own and what it was told.
        undecided: Decisions of which nothing is known.
        own_style: The decisions that this agent was dealt.
        facts: Facts to write, {attribute: (value, record)}, the latest record kept.
        sections: The attributes to write, in order, by section.
        to_tell: Entries about facts that teammates write, as they stand in the observation.
    """

    alone: bool
    round: int
    submitted: bool
    style: dict[str, str]
    undecided: list[str]
    own_style: dict[str, str]
    facts: dict[str, tuple[str, int]]
    sections: dict[str, list[str]]
    to_tell: list[str]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.undecided and all(value != UNKNOWN for value, _ in self.facts.values())

    def take_over(self, other: Memo) -> None:
        """Add what another agent was to write, and what it knew."""
        self.style = {**other.style, **self.style}
        self.undecided = [decision for decision in self.undecided if decision not in self.style]
        self.facts |= other.facts
        for title, attributes in other.sections.items():
            self.sections.setdefault(title, []).extend(attributes)
        for entry in (*self.to_tell, *other.to_tell):
            _hear(self.facts, entry)


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.submitted:
            return "<done/>"
        if not memo.alone and memo.round == 1:
            return say(memo)
        told = ""
        for gone, view in handed_over(observation).items():
            orphan = read(view)
            memo.take_over(orphan)
            told += "" if heard_from(observation, gone) else say(orphan)
        if memo.complete or memo.alone or memo.round >= PATIENCE:
            return submit_within_cap(told, write(memo, memo.style), observation)
        return told


def say(memo: Memo) -> str:
    """Return the message that tells all that only this agent knows, or ""."""
    entries = [f"{d}: {o}" for d, o in memo.own_style.items()] + memo.to_tell
    return f'<say to="all">{"; ".join(entries)}</say>' if entries else ""


def write(memo: Memo, style: dict[str, str]) -> str:
    """Write this agent's sections in a style; where it says nothing, the first option is taken."""
    choice = {decision: next(iter(options)) for decision, options in DECISIONS.items()} | style
    lines = []
    for title, attributes in memo.sections.items():
        lines.append(_HEADING_FORMS[choice["heading"]].format(title))
        for attribute in attributes:
            value, _ = memo.facts[attribute]
            if value != UNKNOWN:
                lines.append(_sentence(attribute, value, choice, memo.style))
        lines.append(f"Welcome, {choice['audience']}.")
    return "\n".join(lines)


def plain_document(task: SectionTask) -> str:
    """Return the document that one agent writes who knows all of a task."""
    sections: dict[str, list[str]] = {title: [] for title in task.sections}
    for fact in task.facts:
        sections[fact.section].append(fact.attribute)
    facts = {fact.attribute: (fact.value, fact.record) for fact in task.facts}
    style = task.house_style
    return write(Memo(True, 1, False, style, [], style, facts, sections, []), style)


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation."""
    briefing, turn = split_briefing(observation)
    lines = briefing.partition(f"\n{CUT}")[0].splitlines()
    who = next(line for line in lines if line.startswith("You are "))
    listed = {line[2:].partition(": ")[0] for line in lines if line.startswith("- ")}
    known = next((line for line in lines if line.startswith("You know: ")), "")
    own_style = _style_entries(known.removeprefix("You know: ").rstrip("."))
    start = lines.index("Your facts:") if "Your facts:" in lines else len(lines)
    facts, sections = _read_facts(lines[start + 1 :])
    to_tell: list[str] = []
    if "Facts that teammates write:" in lines:
        held = lines[lines.index("Facts that teammates write:") + 1 : start]
        to_tell = [line.removeprefix("- ") for line in held]
    style = dict(own_style)
    for line in turn.partition("Messages:\n")[2].splitlines():
        said = line.partition(": ")[2]
        style = {**_style_entries(said), **style}
        for entry in said.split("; "):
            _hear(facts, entry)
    return Memo(
        alone=", working alone." in who,
        round=int(turn.removeprefix(TURN_MARK).partition(" ")[0]),
        submitted="\nYour submission: " in turn,
        style=style,
        undecided=[d for d in DECISIONS if d in listed and d not in style],
        own_style=own_style,
        facts=facts,
        sections=sections,
        to_tell=to_tell,
    )


def _read_facts(lines: list[str]) -> tuple[dict[str, tuple[str, int]], dict[str, list[str]]]:
    facts: dict[str, tuple[str, int]] = {}
    sections: dict[str, list[str]] = {}
    for line in lines:
        if not line:
            break
        match = _ENTRY.fullmatch(line)
        if line.startswith("- ") and match:
            attribute = match.group(1)
            if attribute not in facts:
                facts[attribute] = (UNKNOWN, 0)
                sections[next(reversed(sections))].append(attribute)
            _take(facts, match)
        else:
            sections[line] = []
    return facts, sections


def _hear(facts: dict[str, tuple[str, int]], entry: str) -> None:
    """Take a value that was told, if it is one of the agent's facts and no older record."""
    if entry.partition(":")[0].removeprefix("- ") in facts:
        match = _ENTRY.fullmatch(entry)
        if match:
            _take(facts, match)


def _take(facts: dict[str, tuple[str, int]], entry: re.Match[str]) -> None:
    attribute, value, record = entry.group(1), entry.group(2), int(entry.group(3) or 0)
    known, of = facts[attribute]
    if value != UNKNOWN and (known == UNKNOWN or record > of):
        facts[attribute] = (value, record)


def _style_entries(text: str) -> dict[str, str]:
    entries = (entry.partition(": ") for entry in text.split("; "))
    return {d: o for d, _, o in entries if o in DECISIONS.get(d, {})}


def _sentence(attribute: str, value: str, choice: dict[str, str], asked: dict[str, str]) -> str:
    spelt = {"American": SPELLINGS, "British": _BRITISH}.get(asked.get("spelling", ""), {})
    attribute = " ".join(spelt.get(word, word) for word in attribute.split())
    verb = "is" if choice["tense"] == "present" else "was"
    kind = _kind(attribute, value)
    option = asked.get(_STYLED.get(kind, ""), "")
    form = written_forms(kind, value).get(option, value) if option else value
    marker = f"{MARKERS[asked['marker']]} " if "marker" in asked else ""
    return f"{marker}The {attribute} {verb} {form}."


def _kind(attribute: str, value: str) -> str:
    """Return the kind of a fact, or "" for a value of no such form, which is written as it is.

    A user's attribute tells no kind, so the value does: up to 2100 it may be a year.
    """
    kind = _KINDS.get(attribute.partition(" of ")[0])
    if kind is None:
        large = len(value) > 4 or value > _LATEST_YEAR
        kinds = ("date", "measure", *["amount"] * large)
        kind = next((k for k in kinds if VALUE_FORMS[k].fullmatch(value)), "")
    return kind if kind and VALUE_FORMS[kind].fullmatch(value) else ""
