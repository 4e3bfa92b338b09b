"""Reading a sentence: the facts that it states, and the names and figures in it.

What makes a sentence claim a fact is each env's own; nothing here judges. Any text can be read, and
in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, islice
from types import MappingProxyType
from typing import Generic, TypeVar

from llm_collab_envs.core.lines import without_marker
from llm_collab_envs.core.tasks import is_invented

MAX_SENTENCE_CHARS = 400
SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[A-Za-z]\.)(?<!\b(?:Dr|Mr|Ms|St|Mt|Jr|Sr|vs)\.)"
    r"(?<!\b(?:Mrs|Rev|Gen|Col|Inc|Ltd)\.)(?<!\b(?:Prof|Capt)\.)\s+"
)
WORD = re.compile(r"[^\W\d_]+")

_NEGATIONS = frozenset(
    "not never no neither nor without or either hardly scarcely barely false falsely untrue wrong "
    "wrongly incorrect incorrectly denied".split()
)
_OPENING = " *_\"'\u2018\u201c\u00ab\u2022\u2013\u2014"  # what may stand before a sentence
_CLOSING = "*_\"'\u2019\u201d\u00bb)"  # and after it
_BROKEN_OFF = tuple("?,:-(\u2013\u2014")
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*(?: \d{3}\b)*")

FactT = TypeVar("FactT")
Places = Mapping[str, Sequence[int]]  # where each word of a sentence stands


@dataclass(frozen=True)
class Entry(Generic[FactT]):
    """How a fact is recognised.

    Attributes:
        fact: The fact.
        words: Words that must all be there.
        forms: Every way to write its value.
        cues: Words of which one must be there, if there are any.
    """

    fact: FactT
    words: frozenset[str]
    forms: tuple[str, ...]
    cues: frozenset[str] = frozenset()


def plain_spaces(text: str) -> str:
    """Return a text with a plain space for each that does not break, as between digits."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def split_sentences(line: str) -> list[str]:
    """Return the sentences of a line, without its list marker."""
    return SENTENCE_END.split(without_marker(line).strip())


def is_assertion(sentence: str, words: Collection[str]) -> bool:
    """Whether a sentence of these words (in small letters) asserts something.

    It begins with a capital letter or a figure, denies nothing, asks nothing and does not break
    off; quotes and what sets it off (bold type, a bullet) do not count. At the end of a line it
    needs no full stop, as items of a list often have none.
    """
    first, last = sentence.lstrip(_OPENING)[:1], sentence.rstrip(_CLOSING)[-1:]
    return (
        (first.isupper() or first.isdigit())
        and last not in _BROKEN_OFF
        and len(sentence) <= MAX_SENTENCE_CHARS
        and not is_negated(sentence, words)
    )


def is_negated(text: str, words: Collection[str]) -> bool:
    """Whether a text of these words (in small letters) denies something, or leaves it open."""
    return not _NEGATIONS.isdisjoint(words) or "n't" in text.lower()


def find_claimed(entries: Iterable[Entry[FactT]], words: Set[str]) -> list[Entry[FactT]]:
    """Return the facts that a sentence of these words says something about."""
    return [e for e in entries if e.words <= words and not (e.cues and e.cues.isdisjoint(words))]


def find_stated(
    claimed: Iterable[Entry[FactT]], sentence: str, most: int, places: Callable[[str], Places]
) -> tuple[list[FactT], str]:
    """Return the claimed facts whose value is there, and the sentence with their values blank.

    The longest values come first, so that a date is not taken for the year in it. A sentence that
    states more than `most` facts is a list in disguise and states none; nor does one that gives two
    facts each other's values.

    Args:
        claimed: The facts that it says something about.
        sentence: It.
        most: Facts that a sentence can state.
        places: Finds the words of a sentence, as entries spell them; asked only where it matters.
    """
    stated: dict[FactT, tuple[Entry[FactT], int]] = {}
    rest = sentence
    pairs = [(form, e) for e in claimed for form in e.forms if form in sentence]
    for form, entry in sorted(pairs, key=lambda pair: -len(pair[0])):
        at = -1 if entry.fact in stated else find_value(rest, form)
        if at >= 0:
            stated[entry.fact] = entry, at
            rest = rest[:at] + " " * len(form) + rest[at + len(form) :]
    if len(stated) > most or (len(stated) > 1 and _crossed(stated.values(), places(rest))):
        return [], sentence
    return list(stated), rest


def find_places(sentence: str, spelling: Mapping[str, str] = MappingProxyType({})) -> Places:
    """Return where each word of a sentence stands, in small letters and one spelling."""
    places: dict[str, list[int]] = {}
    for match in WORD.finditer(sentence):
        word = match.group().lower()
        places.setdefault(spelling.get(word, word), []).append(match.start())
    return places


def _crossed(stated: Iterable[tuple[Entry[FactT], int]], places: Places) -> bool:
    """Whether two facts, each with the place of its value, are not named in that order.

    A fact is named by those of its words that the other one does not have, where each stands
    nearest to its value; all of one fact's come before all of the other's.
    """
    for (one, at), (other, there) in combinations(stated, 2):
        mine = _named(one, other, places, at)
        its = _named(other, one, places, there)
        first, second = (mine, its) if at < there else (its, mine)
        if first and second and max(first) > min(second):
            return True
    return False


def _named(entry: Entry[FactT], other: Entry[FactT], places: Places, at: int) -> list[int]:
    """Return where the words stand that tell a fact from another; of its cues the nearest does."""
    taken = other.words | other.cues
    words = [_nearest([word], places, at) for word in entry.words - taken]
    cue = _nearest(entry.cues - taken, places, at)
    return [place for place in (*words, cue) if place is not None]


def _nearest(words: Iterable[str], places: Places, at: int) -> int | None:
    found = (place for word in words for place in places.get(word, ()))
    return min(found, key=lambda place: (abs(place - at), place), default=None)


def find_mentions(text: str, public: Collection[str]) -> list[str]:
    """Return the names and figures in a text, leaving out names of public (case-folded) words.

    A capitalised word is a name, or a part of it. The first word of a text has a capital anyway,
    and is a name if it could be an invented one.
    """
    spans: list[tuple[int, int]] = []
    only_first = text[1:].islower()
    for n, match in enumerate(islice(WORD.finditer(text), 1 if only_first else None)):
        word = match.group()
        named = len(word) > 1 and word[0].isupper() and (n > 0 or is_invented(word))
        if named and word.casefold() not in public:
            start, end = match.span()
            if spans and text[spans[-1][1] : start] == " ":
                start = spans.pop()[0]
            spans.append((start, end))
    return [text[start:end] for start, end in spans] + _FIGURE.findall(text)


def find_value(sentence: str, value: str) -> int:
    """Return where a value stands whole, not as a piece of a longer word or figure; or -1."""
    at = sentence.find(value)
    while at >= 0:
        end = at + len(value)
        before, after = sentence[max(at - 1, 0) : at], sentence[end : end + 2]
        inside = before.isalnum() or before in tuple("-.,") or after[:1].isalnum()
        if not inside and not (after[:1] in tuple("-.,") and after[1:].isdigit()):
            return at
        at = sentence.find(value, at + 1)
    return -1
