"""The prose of generated articles: events, what is told of each, and the sentences that tell it.

An article has a paragraph for each event. Its sentences are wordy, so that a text that copies them
runs over its length; `read_paragraph` is their inverse, for the scripted expert.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from llm_collab_envs.core.tasks import invent_name
from llm_collab_envs.writing.values import MONTHS

EVENTS = (
    "flood fire crash explosion leak blackout spill derailment breach collapse breakdown jam "
    "shutdown sinking blaze rupture"
).split()
GIVEN_NAMES = (
    "Anna Boris Clara David Emma Felix Greta Hugo Irene Jonas Karin Louis Maria Nils Olga Peter"
).split()

_FLAWS = "cracked loose rusty blocked faulty worn frozen broken".split()
_PIECES = "valve pipe beam bolt chain gauge wire pump gate hinge brake seal".split()
CAUSE = re.compile(rf"\b(?:{'|'.join(_FLAWS)}) (?:{'|'.join(_PIECES)})\b")


@dataclass(frozen=True)
class Field:
    """One thing that is told of every event.

    Attributes:
        cues: Words of which a sentence must have one to tell it, unless the value tells by its form
            what it is, as a date does.
        sentences: Ways to tell it; the event is "it". Place and day are told by an opening.
        report: How a dated report tells it, or "".
    """

    cues: tuple[str, ...]
    sentences: tuple[str, ...] = ()
    report: str = ""


FIELDS = {
    "place": Field(tuple("in at near hit struck came place".split())),
    "day": Field(tuple("on day date began since happened".split())),
    "cost": Field(
        tuple("cost costs costing crowns bill damage".split()),
        (
            "By the time that all the bills were in, it had cost {cost} crowns, more than anyone "
            "had feared.",
            "The clerk went through every paper twice before he would say that it had cost {cost} "
            "crowns.",
            "There had been guesses in the taverns, but the books show that it had cost {cost} "
            "crowns.",
        ),
        "A report of {year} says that the {event} cost {cost} crowns, and lists all that was lost.",
    ),
    "leader": Field(
        tuple("led leader leads headed under directed response charge".split()),
        (
            "Those who were there say that {leader} led the response from the first hour to the "
            "last.",
            "It is agreed on all sides that {leader} led the response, and kept tired people in "
            "good spirits.",
            "Few would have thought it of someone so quiet, but {leader} led the response, and led "
            "it well.",
        ),
        "A report of {year} says that {leader} led the response to the {event}, and thanks all "
        "others.",
    ),
    "cause": Field(
        tuple("cause caused because due after blamed from triggered traced".split()),
        (
            "The experts argued for weeks and then declared that it had been caused by a {cause}, "
            "plain to see.",
            "People had blamed the weather, but it had been caused by a {cause}, as a boy nearby "
            "had said.",
            "A commission sat for a month to learn what the cook knew, that it had been caused by "
            "a {cause}.",
        ),
    ),
    "helpers": Field(
        tuple("helpers helped people hands volunteers responders workers".split()),
        (
            "Word went round as it always does, and soon {helpers} helpers had come, some of them "
            "on foot.",
            "There was soup for the {helpers} helpers who came, though most of them fell asleep "
            "over it.",
            "The schools were closed so that the {helpers} helpers had somewhere to lie down for "
            "the night.",
        ),
    ),
    "length": Field(
        tuple("lasted lasting days long over length".split()),
        (
            "With bad luck and worse weather it lasted {length} days, and few who lived close by "
            "slept well.",
            "What had looked like the work of an afternoon lasted {length} days, and taught people "
            "patience.",
            "Those who kept a diary can tell that it lasted {length} days, though it seemed a good "
            "deal more.",
        ),
    ),
    "reach": Field(
        tuple(
            "reached reach reaching spread extended extending affected affecting also too".split()
        ),
        (
            "Before anything could be done it had reached {reach} as well, where people had gone "
            "to bed early.",
            "Nobody thought that it could get any further, and yet it reached {reach}, to the "
            "mayor's dismay.",
            "The wind had turned in the night, and before dawn it had reached {reach}, an hour "
            "away on foot.",
        ),
    ),
}
OPENINGS = (
    "People in {place} still speak of the {event} that began on {day}, while most of them were at "
    "breakfast.",
    "Nobody in {place} needs to be told what they did on {day}, the day of the {event}, and with "
    "whom.",
    "In the archive of {place} a whole shelf is on the {event}, and its first page bears the date "
    "of {day}.",
)
_FILLERS = (
    "The papers wrote of little else.",
    "A song has been made about it since.",
    "It could have been worse, say those who were elsewhere.",
    "Such things were handled better once, say the old.",
)
_FORMS = {
    "event": r"[a-z]+",
    "year": r"[0-9]{4}",
    "place": r"[A-Z][a-z]+",
    "day": r"[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}",
    "leader": r"[A-Z][a-z]+ [A-Z][a-z]+",
    "cause": r"[a-z]+ [a-z]+",
    "reach": r"[A-Z][a-z]+",
}
_REPORTS = {name: field.report for name, field in FIELDS.items() if field.report}


def draw_values(rng: np.random.Generator, split: str, taken: set[str], year: int) -> dict[str, str]:
    """Draw what is to be told of one event of a year, by field; but for its cost."""
    day = f"{rng.integers(1, 29)} {_pick(rng, MONTHS)} {year}"
    return {
        "place": invent_name(rng, split, taken),
        "day": day,
        "leader": draw_leader(rng, split, taken),
        "cause": f"{_pick(rng, _FLAWS)} {_pick(rng, _PIECES)}",
        "helpers": str(rng.integers(100, 1_000)),
        "length": str(rng.integers(3, 100)),
        "reach": invent_name(rng, split, taken),
    }


def draw_leader(rng: np.random.Generator, split: str, taken: set[str]) -> str:
    """Draw a person's name."""
    return f"{_pick(rng, GIVEN_NAMES)} {invent_name(rng, split, taken)}"


def write_paragraph(
    rng: np.random.Generator, event: str, values: Mapping[str, str], reported: Mapping[str, int]
) -> str:
    """Write an event's paragraph; fields in `reported` come from a report of that year."""
    sentences = [_pick(rng, OPENINGS).format(event=event, **values)]
    fields = [name for name, field in FIELDS.items() if field.sentences]
    for number in rng.permutation(len(fields)):
        name = fields[number]
        if name in reported:
            sentences.append(write_report(event, name, values[name], reported[name]))
        else:
            sentences.append(_pick(rng, FIELDS[name].sentences).format(**values))
    sentences.insert(int(rng.integers(1, len(sentences) + 1)), _pick(rng, _FILLERS))
    return " ".join(sentences)


def write_report(event: str, field: str, value: str, year: int) -> str:
    """Write the sentence by which a dated report tells something of an event."""
    return _REPORTS[field].format(event=event, year=year, **{field: value})


def read_paragraph(text: str) -> tuple[dict[str, str], list[tuple[str, str, str, int]]]:
    """Return what an event's paragraph tells by field, and its reports.

    A report is (event, field, value, year). A text that is no paragraph of a generated article
    tells nothing.
    """
    values: dict[str, str] = {}
    for pattern in _PATTERNS:
        match = pattern.search(text)
        if match:
            values |= {name: match[name] for name in match.groupdict() if name != "event"}
    reports = [
        (match["event"], field, match[field], int(match["year"]))
        for field, pattern in _REPORT_PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    return values, reports


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _pattern(sentence: str) -> re.Pattern[str]:
    """Compile the pattern that a sentence's template was filled from."""
    pieces = re.split(r"\{(\w+)\}", sentence)
    return re.compile(
        "".join(
            f"(?P<{piece}>{_FORMS.get(piece, '[0-9]+')})" if n % 2 else re.escape(piece)
            for n, piece in enumerate(pieces)
        )
    )


_PATTERNS = [
    _pattern(sentence)
    for sentence in (*OPENINGS, *(s for field in FIELDS.values() for s in field.sentences))
]
_REPORT_PATTERNS = {field: _pattern(report) for field, report in _REPORTS.items()}
