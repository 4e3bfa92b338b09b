"""Drafts with errors, generated: what the style sheet holds is drawn apart from what the draft has.

A sentence in the wrong words shows two points of the style sheet, which no team deals to one agent:
so nobody mends it without a teammate. Of every four sentences on these points, each shows another
of the four options of either, and of two figures that differ, or two like sentences, either may
hold. So nothing in the draft tells which option is the house's, and a guess makes more errors than
it mends.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from llm_collab_envs.writing.copy_editing.tasks import (
    FIGURES,
    FIRST,
    HEADING,
    LAST,
    REPEATS,
    TITLE,
    EditingTask,
    Line,
    Point,
    Section,
)
from llm_collab_envs.writing.copy_editing.wording import (
    HEADINGS,
    OBJECTS,
    PEOPLE,
    QUANTITIES,
    TENSE,
    TENSES,
    THINGS,
    TITLES,
    Scribe,
)

SECTIONS = 6
LOST = 2  # sections whose heading is missing
_ABOUT = 3  # objects of a section


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        terms: Points on words for one thing, beside those that every draft has.
        sets: On how many pairs of these points and the tense a section has a sentence in each
            option of either.
        pairs: Contradictory pairs of figures in a section.
        checked: Of all pairs, how many a checked figure is known of.
        talk: Message tokens that the whole team may spend, shared out evenly.
        max_cycles: Rounds.
    """

    terms: int
    sets: int
    pairs: int
    checked: int
    talk: int
    max_cycles: int


LEVELS = {
    "easy": Level(3, 2, 1, 0, 240, 6),
    "medium": Level(4, 3, 1, 3, 400, 6),
    "hard": Level(6, 3, 2, 6, 640, 6),
}


def generate(rng: np.random.Generator, split: str, difficulty: str) -> EditingTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    scribe = Scribe(rng, split)
    titles = rng.permutation(TITLES)[:SECTIONS]
    objects = rng.permutation(OBJECTS)[: SECTIONS * _ABOUT].reshape(SECTIONS, _ABOUT)
    sections = tuple(
        Section(str(title), tuple(map(str, about)))
        for title, about in zip(titles, objects, strict=True)
    )
    points = _points(rng, level)
    drafter = _Drafter(rng, scribe, level, points)
    lines, lost = drafter.draft(sections)
    return EditingTask(
        scribe.subject,
        sections,
        (*points.values(), *drafter.checked),
        tuple(lines),
        tuple(lost),
        int(rng.integers(len(points))),
        level.talk,
        level.max_cycles,
    )


def _points(rng: np.random.Generator, level: Level) -> dict[str, Point]:
    """Draw the points of the style sheet, and what it says on each."""
    terms = {**PEOPLE, **THINGS}
    drawn = [list(terms)[i] for i in rng.permutation(len(terms))[: level.terms]]
    options = {
        HEADING: HEADINGS,
        TENSE: TENSES,
        **{name: terms[name] for name in drawn},
        FIGURES: (FIRST, LAST),
        REPEATS: (FIRST, LAST),
    }
    points = {}
    for name, choices in options.items():
        shown = tuple(choices[i] for i in rng.permutation(len(choices)))
        points[name] = Point(name, shown, shown[rng.integers(len(shown))])
    return points


class _Drafter:
    """Drafts the sections of one task.

    Args:
        rng: Draws what goes where.
        scribe: Writes the sentences.
        level: The difficulty.
        points: The style sheet, by name.

    Attributes:
        checked: The checked figures of what has been drafted.
    """

    def __init__(
        self, rng: np.random.Generator, scribe: Scribe, level: Level, points: dict[str, Point]
    ) -> None:
        """Start with nothing drafted."""
        self.checked: list[Point] = []
        self._rng = rng
        self._scribe = scribe
        self._level = level
        self._points = points
        wordings = [p for p in points.values() if p.name not in (HEADING, FIGURES, REPEATS)]
        neighbours = [*itertools.pairwise(wordings)]  # on the sheet, so dealt to different agents
        self._wordings = [neighbours[i] for i in rng.permutation(len(neighbours))]
        pairs = SECTIONS * level.pairs
        self._is_checked = iter(rng.permutation([n < level.checked for n in range(pairs)]))

    def draft(self, sections: tuple[Section, ...]) -> tuple[list[Line], list[tuple[int, str]]]:
        """Return the lines of a draft, and the headings that are missing."""
        lines: list[Line] = []
        lost = []
        heading = self._points[HEADING]
        forms = [heading.options[i % len(heading.options)] for i in range(SECTIONS - LOST)]
        shown = [(*forms, *[""] * LOST)[i] for i in self._rng.permutation(SECTIONS)]
        for n, section in enumerate(sections):
            right = heading.choice.replace(TITLE, section.title)
            if shown[n]:
                lines.append(Line(shown[n].replace(TITLE, section.title), right))
            else:
                lost.append((len(lines), right))
            lines += self._section(n, section)
        return lines, lost

    def _section(self, number: int, section: Section) -> list[Line]:
        """Return a section's sentences, those that belong together at most `MARGIN` apart.

        The one that is there twice is at neither end: a heading that is missing beside the one
        that goes would have two places.
        """
        sets, wordings = self._level.sets, self._wordings
        singles = [
            line
            for i in range(sets)
            for line in self._set(wordings[(number * sets + i) % len(wordings)], section)
        ]
        pairs = [*self._figures(section), self._repeat(section)]
        while True:
            body = [*singles, *(first for first, _ in pairs)]
            body = [body[i] for i in self._rng.permutation(len(body))]
            for first, second in pairs:
                body.insert(body.index(first) + int(self._rng.integers(1, 3)), second)
            twice = pairs[-1][0].text
            if twice not in (body[0].text, body[-1].text):
                return body

    def _set(self, points: tuple[Point, Point], section: Section) -> Iterator[Line]:
        """Yield a sentence for each option of two points, in random pairs."""
        names = tuple(point.name for point in points)
        right = {point.name: point.choice for point in points}
        for shown in zip(*(self._rng.permutation(p.options).tolist() for p in points), strict=True):
            sentence = self._scribe.wording(names, self._about(section))
            draft = dict(zip(names, shown, strict=True))
            yield Line(sentence.format_map(draft), sentence.format_map(right))

    def _figures(self, section: Section) -> Iterator[tuple[Line, Line]]:
        """Yield pairs of sentences that give one quantity differently."""
        names = [f"{quantity} of the {thing}" for quantity in QUANTITIES for thing in section.about]
        for i in self._rng.permutation(len(names))[: self._level.pairs]:
            figures = self._two_figures()
            right = figures[self._points[FIGURES].choice == LAST]
            if next(self._is_checked):
                right = figures[self._rng.integers(2)]
                self.checked.append(Point(names[i], (), right))
            sentences = self._scribe.figures(names[i])
            first, second = (
                Line(sentence.format(figure), sentence.format(right))
                for sentence, figure in zip(sentences, figures, strict=True)
            )
            yield first, second

    def _repeat(self, section: Section) -> tuple[Line, Line]:
        """Return a sentence twice, of which one is to go."""
        plain = self._scribe.plain(self._about(section))
        stays, goes = Line(plain, plain), Line(plain, None)
        return (stays, goes) if self._points[REPEATS].choice == FIRST else (goes, stays)

    def _two_figures(self) -> tuple[str, str]:
        """Draw two figures of five digits that differ by two neighbours changed about."""
        digits = [str(d) for d in self._rng.permutation(np.arange(1, 10))[:5]]
        at = int(self._rng.integers(4))
        swapped = digits[:]
        swapped[at : at + 2] = swapped[at + 1], swapped[at]
        return "".join(digits), "".join(swapped)

    def _about(self, section: Section) -> str:
        return section.about[self._rng.integers(len(section.about))]
