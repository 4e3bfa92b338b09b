"""Edits: their grammar, one edit a line, and how those of several agents become one.

    replace 12: the whole line as it should be
    insert 12: a line to stand after line 12 (after 0: before the first)
    delete 12

A line is read strictly and never guessed at: one that breaks the grammar does nothing, and is told
to its author. But a list marker, a capital, 'line' or 'after' before the number, 'with' or an arrow
after it, white space and what is said of a deletion are no matter, nor is bold type or a fence;
quotes around a text and the number of its line before it are taken off, where the draft has none.
Where edits of one line differ, none of them is made, whoever wrote them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from llm_collab_envs.core.lines import quote, read_lines

MAX_LINE_CHARS = 400
SHOWN = 3  # broken lines, and places of contradictory edits, that one observation names

_EDIT = re.compile(
    r"(?i:(replace|insert) (?:after )?(?:line )?)([0-9]{1,6}) ?(?i:with ?)?(?::|->|=>) ?(\S.*)"
    r"|(?i:delete (?:line )?)([0-9]{1,6})(?:\.|:.*| ?[(#].*| [-\u2013\u2014] (?![0-9]).*)?"
)
_BOLD_START = re.compile(r"([*_]{1,3}|`)([^*_`]+)\1(?= ?\S)")  # of a line, as '**replace 3:** a'
_QUOTED = re.compile(r"([\"'`\u201c\u2018])(.+)[\"'`\u201d\u2019]")


class Place(NamedTuple):
    """Where an edit works: on a line, or in the gap after it."""

    line: int
    gap: bool

    def __str__(self) -> str:
        """Name the place, as agents are told of it."""
        return f"the place after line {self.line}" if self.gap else f"line {self.line}"


class Edit(NamedTuple):
    """One edit: where, and what is to stand there; None deletes."""

    place: Place
    text: str | None


@dataclass(frozen=True)
class Reading:
    """What a submission says.

    Attributes:
        edits: Its edits, in order.
        broken: How many lines break the grammar.
        problems: What is wrong with the first of these.
    """

    edits: tuple[Edit, ...]
    broken: int
    problems: tuple[str, ...]


@dataclass
class Merged:
    """What the submissions of a team come to.

    Attributes:
        made: The edits that are made, by place.
        repeated: How many edits another one makes already.
        cancelled: Places whose edits differ.
        broken: How many lines break the grammar.
    """

    made: dict[Place, Edit] = field(default_factory=dict)
    repeated: int = 0
    cancelled: set[Place] = field(default_factory=set)
    broken: int = 0


@lru_cache(maxsize=64)
def read_edits(text: str, draft: tuple[str, ...]) -> Reading:
    """Read a submission about the lines of a draft."""
    edits, broken, problems = [], 0, []
    for line in read_lines(text):
        edit = _read(line, draft)
        if isinstance(edit, Edit):
            edits.append(edit)
            continue
        broken += 1
        if broken <= SHOWN:
            problems.append(edit)
    return Reading(tuple(edits), broken, tuple(problems))


def merge(parts: Mapping[str, str], draft: tuple[str, ...]) -> Merged:
    """Put the edits of all agents, {agent: submission}, together."""
    merged = Merged()
    repeated: Counter[Place] = Counter()
    for text in parts.values():
        reading = read_edits(text, draft)
        merged.broken += reading.broken
        for edit in reading.edits:
            first = merged.made.get(edit.place)
            if first is None:
                merged.made[edit.place] = edit
            elif first == edit:
                repeated[edit.place] += 1
            else:
                merged.cancelled.add(edit.place)
    for place in merged.cancelled:
        del merged.made[place], repeated[place]
    merged.repeated = repeated.total()
    return merged


def fold(text: str) -> str:
    """Fold white space, which no line is judged by."""
    return " ".join(text.split())


def _read(line: str, draft: Sequence[str]) -> Edit | str:
    bold, lines = _BOLD_START.match(line), len(draft)
    match = _EDIT.fullmatch(bold.group(2) + line[bold.end() :] if bold else line)
    if match is None:
        return f"{quote(line)} is none of 'replace 12: text', 'insert 12: text' and 'delete 12'"
    verb, number, text, deleted = match.groups()
    at, inserts = int(number or deleted), (verb or "").lower() == "insert"
    if at > lines or (at == 0 and not inserts):
        return f"{quote(line)} names no line of the draft, which has {lines}"
    if text is None:
        return Edit(Place(at, gap=False), None)
    if len(text) > MAX_LINE_CHARS:
        return f"{quote(line)} is longer than {MAX_LINE_CHARS} characters"
    return Edit(Place(at, gap=inserts), _bare(fold(text), at, draft))


def _bare(text: str, at: int, draft: Sequence[str]) -> str:
    """Return the text of a line without its number before it, or quotes around it."""
    number = f"{at}: "
    if text.startswith(number) and not any(line.startswith(number) for line in draft):
        text = text.removeprefix(number)
    quoted = _QUOTED.fullmatch(text)
    if quoted and not any(line.startswith(quoted.group(1)) for line in draft):
        return quoted.group(2)
    return text
