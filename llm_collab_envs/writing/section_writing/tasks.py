"""Section-writing tasks: a made-up place, its sections, their facts, and the house style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np

from llm_collab_envs.core.arguments import read_number
from llm_collab_envs.core.tasks import invent_name
from llm_collab_envs.writing.section_writing.style import DECISIONS, SPELLINGS, VALUE_FORMS

TITLES = (
    "Origins Trade Crafts Faith Leisure Travel Winter Summer Learning Medicine Music Food "
    "Fishing Farming Mining Justice Festivals Markets Sport Industry"
).split()
OBJECTS = (
    "tower gate garden bridge mill hall well library chapel market tunnel barn stable statue "
    "fountain orchard lantern bell clock ferry quarry school inn temple"
).split()
PROPERTIES = {
    "person": ("chief builder", "first keeper", "present owner", "lead painter", "former master"),
    "place": ("stone source", "sister site", "trade partner"),
    "year": ("opening year", "repair year", "charter year"),
    "amount": ("total cost", "annual yield", "yearly rent", "daily traffic"),
    "date": ("opening day", "feast day", "survey day"),
    "measure": ("net weight", "spare weight", "lead weight"),
}
GIVEN_NAMES = (
    "Anna Boris Clara David Emma Felix Greta Hugo Irene Jonas Karin Louis Maria Nils Olga Peter"
).split()

_TITLE = re.compile(r"(?![-+*#] )\S(?:.*\S)?")
_READ_OTHERWISE = re.compile(r"\?|.*\((?:record of \d{1,4}|a teammate knows)\)")
_ATTRIBUTE = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        sections: Sections of the document.
        kinds: The kinds of the facts of each section.
        decisions: How many house-style decisions apply, in the order of `DECISIONS`.
        remote: Facts that sit with another agent than the one who writes them.
        disputed: Facts of which the writer holds an outdated record.
        talk: Message tokens that the whole team may spend, shared out evenly.
        max_cycles: Rounds.
    """

    sections: int
    kinds: tuple[str, ...]
    decisions: int
    remote: int
    disputed: int
    talk: int
    max_cycles: int


_EASY = ("person", "year", "amount", "place", "person", "year")
_MEDIUM = ("person", "year", "amount", "date", "place", "amount", "person", "date")
LEVELS = {
    "easy": Level(4, _EASY, 3, 0, 0, 240, 6),
    "medium": Level(6, _MEDIUM, 5, 0, 0, 320, 6),
    "hard": Level(8, (*_MEDIUM, "measure", "year"), 8, 2, 2, 640, 8),
}


@dataclass(frozen=True)
class Fact:
    """One private fact: an attribute ("total cost of the mill") and its value.

    Attributes:
        section: The title of the section that it belongs in.
        attribute: A property of an object of the place.
        kind: person, place, year, amount, date or measure; it says how the value may be written.
        value: The value in its neutral form: names as they are, "31540", "1873-05-04", "48 kg".
        record: The year of the record that holds the value, or 0 where there is one record only.
        outdated: The value of an older record, or "".
        outdated_record: The year of that older record, or 0.
        remote: Whether the value sits with another agent than the section's writer.
    """

    section: str
    attribute: str
    kind: str
    value: str
    record: int = 0
    outdated: str = ""
    outdated_record: int = 0
    remote: bool = False

    def __hash__(self) -> int:
        """Hash by the attribute, which no other fact of a task has."""
        return hash(self.attribute)

    @property
    def shared(self) -> bool:
        """Whether a teammate must tell the writer the value."""
        return self.remote or bool(self.outdated)


@dataclass(frozen=True)
class SectionTask:
    """A document to write.

    Attributes:
        subject: The made-up place it is about.
        sections: Titles, in order.
        facts: All facts, in the order of the sections.
        style: The house style, as (decision, option) pairs.
        rotation: Which agent the dealing of decisions starts with.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    subject: str
    sections: tuple[str, ...]
    facts: tuple[Fact, ...]
    style: tuple[tuple[str, str], ...]
    rotation: int
    talk: int
    max_cycles: int

    def __hash__(self) -> int:
        """Hash by a part that hardly another task has; the facts would take longer."""
        return hash((self.subject, self.sections, self.style))

    @cached_property
    def house_style(self) -> dict[str, str]:
        """The style as a mapping."""
        return dict(self.style)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            "subject": self.subject,
            "sections": list(self.sections),
            "facts": [dict(vars(fact)) for fact in self.facts],
            "style": [list(pair) for pair in self.style],
            "rotation": self.rotation,
            "talk": self.talk,
            "max_cycles": self.max_cycles,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SectionTask:
        """Read a task as `to_dict` wrote it.

        Raises:
            ValueError: For what no document could be written or read from: an unknown style
                option, kind or section, a decision, title or attribute that is used twice, a value
                in another form, two values without an older and a later record.
        """
        task = cls(
            subject=str(data["subject"]),
            sections=tuple(data["sections"]),
            facts=tuple(Fact(**fact) for fact in data["facts"]),
            style=tuple((str(d), str(o)) for d, o in data["style"]),
            rotation=read_number(data, "rotation", 0, 0),
            talk=read_number(data, "talk", LEVELS["easy"].talk, 0),
            max_cycles=read_number(data, "max_cycles", LEVELS["easy"].max_cycles, 1),
        )
        task._check()
        return task

    def _check(self) -> None:
        for decision, option in self.style:
            if option not in DECISIONS.get(decision, {}):
                raise ValueError(f"there is no style {decision!r}: {option!r}")
        if len(self.house_style) < len(self.style):
            raise ValueError(f"the style must make each decision once; got {self.style}")
        for title in self.sections:
            if not isinstance(title, str):
                raise ValueError(f"a title must be a text; got {title!r}")
            if not _TITLE.fullmatch(title):
                raise ValueError(
                    f"title {title!r} must be one line, without a list marker before it or white "
                    "space around it"
                )
        if len({title.casefold() for title in self.sections}) < len(self.sections):
            raise ValueError(f"titles must differ in more than case; got {self.sections}")
        filled = [title for title, _ in groupby(self.facts, attrgetter("section"))]
        if not filled or filled != [*self.sections]:
            raise ValueError("every section needs facts, in the order of the sections")
        seen: set[str] = set()
        for fact in self.facts:
            if fact.kind not in PROPERTIES:
                raise ValueError(f"there is no kind of fact {fact.kind!r}")
            if fact.attribute in seen or not _ATTRIBUTE.fullmatch(fact.attribute):
                raise ValueError(f"fact {fact.attribute!r} needs words of its own as attribute")
            for value in (fact.value, fact.outdated or fact.value):
                if not _is_written(fact.kind, value):
                    raise ValueError(
                        f"fact {fact.attribute!r}: no {fact.kind} is written {value!r}"
                    )
                if _READ_OTHERWISE.fullmatch(value):
                    raise ValueError(
                        f"fact {fact.attribute!r}: {value!r} reads like what is said of values; "
                        "put it in other words"
                    )
            if fact.outdated and not 0 < fact.outdated_record < fact.record:
                raise ValueError(f"fact {fact.attribute!r}: the record that holds must be later")
            seen.add(fact.attribute)


def generate(rng: np.random.Generator, split: str, difficulty: str) -> SectionTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    taken: set[str] = set()
    subject = invent_name(rng, split, taken)
    sections = tuple(str(t) for t in rng.choice(TITLES, level.sections, replace=False))
    attributes = _attributes(rng, level)
    facts = []
    for section in sections:
        for kind in level.kinds:
            value = _value(rng, kind, split, taken)
            facts.append(Fact(section, next(attributes[kind]), kind, value))
    facts = _complicate(rng, facts, level, split, taken)
    facts = facts if level.decisions < 7 else _spell(rng, facts, level)
    names = list(DECISIONS)[: level.decisions]
    style = tuple((name, str(rng.choice(list(DECISIONS[name])))) for name in names)
    rotation = int(rng.integers(level.sections))
    return SectionTask(
        subject, sections, tuple(facts), style, rotation, level.talk, level.max_cycles
    )


def _is_written(kind: str, value: str) -> bool:
    """Whether a value has the neutral form of its kind; a date is a day that there was."""
    written = VALUE_FORMS[kind].fullmatch(value) is not None
    if kind != "date" or not written:
        return written
    with suppress(ValueError):
        return bool(date.fromisoformat(value))
    return False


def deal_facts(task: SectionTask, team_size: int) -> list[tuple[Fact, ...]]:
    """Cut the facts into one even, contiguous stretch for each agent to write."""
    n = len(task.facts)
    return [task.facts[n * i // team_size : n * (i + 1) // team_size] for i in range(team_size)]


def deal_style(task: SectionTask, team_size: int) -> list[dict[str, str]]:
    """Deal the house style out: each decision to one agent only."""
    known: list[dict[str, str]] = [{} for _ in range(team_size)]
    for k, (decision, option) in enumerate(task.style):
        known[(k + task.rotation) % team_size][decision] = option
    return known


def _attributes(rng: np.random.Generator, level: Level) -> dict[str, Iterator[str]]:
    """Shuffle each kind's attributes, every one used at most once in a document."""
    pools = {}
    for kind in dict.fromkeys(level.kinds):
        pool = [f"{p} of the {o}" for p in PROPERTIES[kind] for o in OBJECTS]
        pools[kind] = iter([pool[i] for i in rng.permutation(len(pool))])
    return pools


def _value(rng: np.random.Generator, kind: str, split: str, taken: set[str]) -> str:
    if kind == "person":
        return f"{rng.choice(GIVEN_NAMES)} {invent_name(rng, split, taken)}"
    if kind == "place":
        return invent_name(rng, split, taken)
    if kind == "year":
        return str(rng.integers(1600, 2000))
    if kind == "amount":
        return str(rng.integers(10_000, 100_000))
    if kind == "date":
        return f"{rng.integers(1600, 2000)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    return f"{rng.integers(11, 100)} kg"


def _complicate(
    rng: np.random.Generator, facts: list[Fact], level: Level, split: str, taken: set[str]
) -> list[Fact]:
    """Move some facts to another agent and give some an outdated record, in different sections."""
    per_section = len(level.kinds)
    spots = rng.choice(level.sections, level.remote + level.disputed, replace=False)
    for n, section in enumerate(spots):
        at = int(section) * per_section + int(rng.integers(per_section))
        fact = facts[at].__dict__
        if n < level.remote:
            facts[at] = Fact(**{**fact, "remote": True})
            continue
        older, newer = sorted(int(y) for y in rng.choice(np.arange(1900, 2020), 2, replace=False))
        outdated = _value(rng, facts[at].kind, split, taken)
        while outdated == facts[at].value:
            outdated = _value(rng, facts[at].kind, split, taken)
        extra = {"record": newer, "outdated": outdated, "outdated_record": older}
        facts[at] = Fact(**{**fact, **extra})
    return facts


def _spell(rng: np.random.Generator, facts: list[Fact], level: Level) -> list[Fact]:
    """Give one fact of each section an object whose spelling differs by variety."""
    words = rng.permutation(list(SPELLINGS))
    per_section = len(level.kinds)
    for section in range(level.sections):
        at = section * per_section + int(rng.integers(per_section))
        prefix = facts[at].attribute.rsplit(" ", 1)[0]
        facts[at] = Fact(**{**facts[at].__dict__, "attribute": f"{prefix} {words[section]}"})
    return facts
