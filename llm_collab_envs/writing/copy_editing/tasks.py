"""Copy-editing tasks: a draft in the manner of four authors, its errors, and the style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llm_collab_envs.core.actions import why_unsent
from llm_collab_envs.core.arguments import check_number, read_number
from llm_collab_envs.core.observation import TURN_MARK
from llm_collab_envs.writing.copy_editing.edits import MAX_LINE_CHARS, fold

MARGIN = 4  # lines that an agent sees beyond its even share, on either side
HEADING, FIGURES, REPEATS = "heading", "figures", "repeats"
FIRST, LAST = "first", "last"
TITLE = "Title"  # stands for the title in the options of the heading
_APART = (";", ", ", " or ", ": ", "(", ")", "\n")  # what names and options are told apart by


@dataclass(frozen=True)
class Point:
    """One point of the style sheet.

    Attributes:
        name: "heading", "figures" (which of two that differ holds), "repeats" (which of two like
            sentences stays), the name of a choice of words, or, for a checked figure, what it is
            the figure of ("cost of the mill").
        options: What may be chosen, in public; a checked figure has none.
        choice: What holds.
    """

    name: str
    options: tuple[str, ...]
    choice: str


@dataclass(frozen=True)
class Section:
    """A section: its title, and the single words that only its own sentences have."""

    title: str
    about: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of the draft, and how it should read; None where it should not be there."""

    text: str
    right: str | None


@dataclass(frozen=True)
class EditingTask:
    """A draft to edit.

    Attributes:
        subject: The made-up place that it is about.
        sections: Its sections, in order.
        points: The style sheet.
        lines: The draft.
        lost: Headings that are missing, as (number of the line before, heading) pairs.
        rotation: Which agent the dealing of points starts with.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    subject: str
    sections: tuple[Section, ...]
    points: tuple[Point, ...]
    lines: tuple[Line, ...]
    lost: tuple[tuple[int, str], ...]
    rotation: int
    talk: int
    max_cycles: int

    def __hash__(self) -> int:
        """Hash by a part that hardly another task has; the lines would take longer."""
        return hash((self.subject, self.sections, self.points))

    @cached_property
    def missing(self) -> dict[int, str]:
        """The lost headings, by the number of the line before."""
        return dict(self.lost)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The lines of the draft as they stand."""
        return tuple(line.text for line in self.lines)

    @cached_property
    def errors(self) -> int:
        """How many errors the draft has."""
        return sum(line.right != line.text for line in self.lines) + len(self.lost)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            "subject": self.subject,
            "sections": [{"title": s.title, "about": list(s.about)} for s in self.sections],
            "points": [
                {"name": p.name, "options": list(p.options), "choice": p.choice}
                for p in self.points
            ],
            "lines": [{"text": line.text, "right": line.right} for line in self.lines],
            "lost": [list(pair) for pair in self.lost],
            "rotation": self.rotation,
            "talk": self.talk,
            "max_cycles": self.max_cycles,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> EditingTask:
        """Read a task as `to_dict` wrote it; a line without "right" is right as it is.

        Raises:
            ValueError: For what cannot be shown, edited or scored: a draft without lines or
                errors, a line of several lines, a point that messages could not tell.
        """
        task = cls(
            subject=str(data["subject"]),
            sections=tuple(
                Section(str(s["title"]), tuple(str(word) for word in s["about"]))
                for s in data["sections"]
            ),
            points=tuple(
                Point(str(p["name"]), tuple(str(o) for o in p["options"]), str(p["choice"]))
                for p in data["points"]
            ),
            lines=tuple(
                Line(str(line["text"]), _text_or_none(line.get("right", line["text"])))
                for line in data["lines"]
            ),
            lost=tuple(
                (check_number("the line before a heading", after, 0), str(text))
                for after, text in data.get("lost", ())
            ),
            rotation=read_number(data, "rotation", 0, 0),
            talk=read_number(data, "talk", 240, 0),
            max_cycles=read_number(data, "max_cycles", 6, 1),
        )
        task._check()
        return task

    def _check(self) -> None:
        if not self.errors:
            raise ValueError("there is no error to mend: give some line another 'right'")
        texts = [line.text for line in self.lines]
        wanted = [line.right for line in self.lines if line.right is not None]
        for text in (self.subject, *texts, *wanted, *(heading for _, heading in self.lost)):
            if not text or text != fold(text) or len(text) > MAX_LINE_CHARS:
                raise ValueError(
                    f"{text[:40]!r} is not one line of 1 to {MAX_LINE_CHARS} characters, without "
                    "white space at its ends or twice in a row, and with plain spaces only"
                )
            unsent = why_unsent(text)
            if unsent:
                raise ValueError(f"{text[:40]!r} cannot be submitted: {unsent}")
            if TURN_MARK in text:
                raise ValueError(f"{text[:40]!r} looks like the start of a round, {TURN_MARK!r}")
        for after, heading in self.lost:
            if not 0 <= after <= len(self.lines):
                raise ValueError(f"there is no line {after} that {heading!r} is missing after")
            beside = self.lines[max(0, after - 1) : after + 1]
            if any(line.right is None for line in beside):
                raise ValueError(
                    f"{heading!r} is missing after line {after}, next to a line that is to go, so "
                    "it would have two places: let another line go, or put the heading elsewhere"
                )
        if len(self.missing) != len(self.lost):
            raise ValueError("two headings are missing after the same line")
        for section in self.sections:
            for part in (section.title, *section.about):
                _check_word(f"section {section.title!r}", part)
            if not all(word.isalnum() for word in section.about):
                raise ValueError(f"section {section.title!r} is about single words only")
        self._check_points()

    def _check_points(self) -> None:
        names = [point.name for point in self.points]
        for point in self.points:
            for part in (point.name, point.choice, *point.options):
                _check_word(f"point {point.name!r}", part)
            if names.count(point.name) > 1:
                raise ValueError(f"there are two points {point.name!r}")
            if point.options and point.choice not in point.options:
                raise ValueError(f"point {point.name!r} has no option {point.choice!r}")
            if point.name in (FIGURES, REPEATS) and set(point.options) != {FIRST, LAST}:
                raise ValueError(f"the options of {point.name!r} are {FIRST!r} and {LAST!r}")
            if point.name == HEADING and not all(TITLE in option for option in point.options):
                raise ValueError(f"every option of {HEADING!r} has {TITLE!r} in it")


def deal_windows(lines: int, team_size: int) -> list[tuple[int, int]]:
    """Return the first and last line that each agent sees: even shares and a margin."""
    shares = [(lines * i // team_size + 1, lines * (i + 1) // team_size) for i in range(team_size)]
    return [(max(1, first - MARGIN), min(lines, last + MARGIN)) for first, last in shares]


def deal_points(task: EditingTask, team_size: int) -> list[list[Point]]:
    """Deal the style sheet out: each point to one agent only."""
    known: list[list[Point]] = [[] for _ in range(team_size)]
    for k, point in enumerate(task.points):
        known[(k + task.rotation) % team_size].append(point)
    return known


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _check_word(what: str, word: str) -> None:
    if not word or word != word.strip() or any(mark in word for mark in _APART):
        raise ValueError(f"{what}: {word!r} has to be words without {', '.join(map(repr, _APART))}")
