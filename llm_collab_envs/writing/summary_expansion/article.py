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


@dataclass(frozen=True)
class Field:
    """One thing that is told of every event.

    Attributes:
        cues: Words of which a sentence must have one to tell it.
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
            "By the time that all the bills were in, it had cost {cost} crowns, which is far more "
            "than anyone had dared to guess on the first evening.",
            "The town clerk went through every paper twice before he would say that it had cost "
            "{cost} crowns, and he did not say it gladly.",
            "There had been a good deal of guessing in the taverns, but the books of the town show "
            "that it had cost {cost} crowns to the day of writing.",
        ),
        "A report of {year} says that the {event} cost {cost} crowns, and gives a long list of all "
        "that was lost.",
    ),
    "leader": Field(
        tuple("led leader leads headed under directed response".split()),
        (
            "Those who were there will tell anyone who asks that {leader} led the response from "
            "the first hour to the last, and hardly sat down.",
            "It is agreed on all sides that {leader} led the response, and that few others could "
            "have kept so many tired people in good spirits.",
            "Few would have thought it of someone so quiet, but {leader} led the response, and "
            "nobody who was there has a word to say against it.",
        ),
        "A report of {year} says that {leader} led the response to the {event}, and thanks all who "
        "took part in it.",
    ),
    "cause": Field(
        tuple("cause caused because due after blamed from".split()),
        (
            "The experts argued for weeks, as experts do, and then declared that it had been "
            "caused by a {cause}, which had been there for all to see.",
            "People had blamed the weather, but it turned out to have been caused by a {cause}, as "
            "a boy who lived nearby had said all along.",
            "A commission sat for most of a month to learn what the cook had known on the day, "
            "that it had been caused by a {cause} and by nothing else.",
        ),
    ),
    "helpers": Field(
        tuple("helpers helped people hands volunteers".split()),
        (
            "Word went round as quickly as it always does, and before long {helpers} helpers had "
            "come, some of them on foot and from far away.",
            "There was soup and bread for the {helpers} helpers who came, though most of them were "
            "too tired to do more than fall asleep over it.",
            "The schools were closed so that the {helpers} helpers had somewhere to lie down, "
            "which the children at any rate did not mind.",
        ),
    ),
    "length": Field(
        tuple("lasted days long over length".split()),
        (
            "With bad luck and worse weather it lasted {length} days, and those who lived close by "
            "say that they did not sleep well in all that time.",
            "What had looked like the work of an afternoon lasted {length} days in the end, which "
            "taught everyone a little patience.",
            "Those who kept a diary can tell you that it lasted {length} days, though to everybody "
            "else it seemed a good deal more than that.",
        ),
    ),
    "reach": Field(
        tuple("reached reach spread also too".split()),
        (
            "Before anything could be done about it, it had reached {reach} as well, where people "
            "had gone to bed without a worry.",
            "Nobody thought that it could get any further, and yet it reached {reach}, much to the "
            "dismay of the mayor there.",
            "The wind had turned in the night, or so they say, and before dawn it had reached "
            "{reach}, which is a good hour away on foot.",
        ),
    ),
}
OPENINGS = (
    "People in {place} will long remember the {event} that began on {day}, while most of them were "
    "at breakfast and thought of other things.",
    "Nobody in {place} needs to be told what they were doing on {day}, the day of the {event}, as "
    "they talk of it in the market to this day.",
    "In the archive of {place} there is a whole shelf on the {event}, and the first page of it "
    "bears the date of {day} in a very unsteady hand.",
)
_FILLERS = (
    "The papers wrote of little else.",
    "A song has been made about it since.",
    "It could have been worse, as people say who were somewhere else.",
    "The older people say that such things were handled better in their day.",
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
