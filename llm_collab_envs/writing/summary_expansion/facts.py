"""Facts of an article: what each is, and how they are found in a user's own text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_collab_envs.writing.sentences import (
    WORD,
    find_mentions,
    find_value,
    is_assertion,
    split_sentences,
)
from llm_collab_envs.writing.summary_expansion.structure import STOP_WORDS

TEXTS = ("headline", "summary", "account")  # from the shortest to the longest
OWN_ASKS = {
    "headline": "what the article begins with, in one line",
    "summary": "what every paragraph begins with, and no more",
    "account": "every name and figure of the article",
}
_SHORTEST_CUE = 4  # letters
_PUNCTUATION = ".,;:!?()[]{}<>*_`'\"\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026"


@dataclass(frozen=True)
class Fact:
    """One fact of the article.

    Attributes:
        passage: The number of the paragraph that tells it.
        value: A name, a figure or another phrase, as it stands in the article.
        words: Words that a sentence must all have to tell it: its event, in generated articles.
        cues: Words of which a sentence must have one.
        text: The shortest text that owes it; the longer ones do too.
        outdated: What an older report says, or "".
    """

    passage: int
    value: str
    words: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    text: str = "account"
    outdated: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fact as JSON-ready data."""
        return {**vars(self), "words": list(self.words), "cues": list(self.cues)}


def leads(passages: Sequence[str]) -> list[str]:
    """Return each paragraph's first sentence."""
    return [split_sentences(passage)[0] for passage in passages]


def find_facts(passages: Sequence[str]) -> list[Fact]:
    """Return the names and figures of an article, each where it comes first.

    Sentences that deny something, or break off, tell none.
    """
    return [
        Fact(passage, value, (), _cues(sentence, value), text)
        for passage, text, sentence, value in _values(passages)
    ]


def place_fact(passages: Sequence[str], data: Mapping[str, Any]) -> Fact:
    """Read a fact as `to_dict` wrote it, or a user's: a value, and what else was given.

    It is placed where a sentence has its value with its words and a cue, or else with its value.

    Raises:
        ValueError: For a value that is not in the article, or an unknown text.
    """
    value = str(data["value"])
    words, given = _words(data.get("words", ())), _words(data.get("cues", ()))
    places = [
        (not _tells(sentence, words, given), n, _text_of(n, m), sentence)
        for n, passage in enumerate(passages)
        for m, sentence in enumerate(split_sentences(passage))
        if value and find_value(sentence, value) >= 0
    ]
    if not places:
        raise ValueError(f"the value {value!r} of a fact is not in the text")
    _, passage, text, sentence = min(places, key=lambda place: place[0])
    cues = given if "cues" in data or words else _cues(sentence, value)
    own = {**data, "value": value, "words": words, "cues": cues}
    fact = Fact(**{"passage": passage, "text": text, **own})
    if fact.text not in TEXTS or fact.passage not in range(len(passages)):
        raise ValueError(f"fact {value!r} needs a text of {TEXTS} and a paragraph that there is")
    return fact


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    """Read words that were given as one text or as a list."""
    words = given.split() if isinstance(given, str) else given
    return tuple(str(word).lower() for word in words)


def _tells(sentence: str, words: Sequence[str], cues: Sequence[str]) -> bool:
    found = set(WORD.findall(sentence.lower()))
    return found.issuperset(words) and (not cues or not found.isdisjoint(cues))


def _values(passages: Sequence[str]) -> Iterator[tuple[int, str, str, str]]:
    """Yield (paragraph, shortest text that owes it, sentence, value) for every name and figure."""
    seen = set()
    for n, passage in enumerate(passages):
        for m, sentence in enumerate(split_sentences(passage)):
            for value in _mentions(sentence):
                if value not in seen:
                    seen.add(value)
                    yield n, _text_of(n, m), sentence, value


def _mentions(sentence: str) -> list[str]:
    """Return the names and figures that a sentence tells, each as it stands, like '$4bn' for 4."""
    if not is_assertion(sentence, WORD.findall(sentence.lower())):
        return []
    mentions = find_mentions(sentence, ())
    return [m if find_value(sentence, m) >= 0 else _whole(sentence, m) for m in mentions]


def _whole(sentence: str, piece: str) -> str:
    """Return what has no white space around a piece of it, without punctuation at its ends."""
    at = sentence.index(piece)
    start, end = sentence.rfind(" ", 0, at) + 1, sentence.find(" ", at + len(piece))
    return sentence[start : end if end >= 0 else None].strip(_PUNCTUATION)


def _text_of(passage: int, sentence: int) -> str:
    if sentence:
        return "account"
    return "summary" if passage else "headline"


def _cues(sentence: str, value: str) -> tuple[str, ...]:
    """Return the words that a sentence tells a value with."""
    words = dict.fromkeys(WORD.findall(sentence.replace(value, " ").lower()))
    return tuple(w for w in words if len(w) >= _SHORTEST_CUE and w not in STOP_WORDS)
