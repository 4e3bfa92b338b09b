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

    Raises:
        ValueError: For a value that is not in the article, or an unknown text.
    """
    value = str(data["value"])
    found = next(
        (
            (n, _text_of(n, m), sentence)
            for n, passage in enumerate(passages)
            for m, sentence in enumerate(split_sentences(passage))
            if find_value(sentence, value) >= 0
        ),
        None,
    )
    if not value or found is None:
        raise ValueError(f"the value {value!r} of a fact is not in the text")
    passage, text, sentence = found
    words = _words(data.get("words", ()))
    cues = _words(data.get("cues", () if words else _cues(sentence, value)))
    own = {**data, "value": value, "words": words, "cues": cues}
    fact = Fact(**{"passage": passage, "text": text, **own})
    if fact.text not in TEXTS or fact.passage not in range(len(passages)):
        raise ValueError(f"fact {value!r} needs a text of {TEXTS} and a paragraph that there is")
    return fact


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    """Read words that were given as one text or as a list."""
    words = given.split() if isinstance(given, str) else given
    return tuple(str(word).lower() for word in words)


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
    asserts = is_assertion(sentence, WORD.findall(sentence.lower()))
    return find_mentions(sentence, ()) if asserts else []


def _text_of(passage: int, sentence: int) -> str:
    if sentence:
        return "account"
    return "summary" if passage else "headline"


def _cues(sentence: str, value: str) -> tuple[str, ...]:
    """Return the words that a sentence tells a value with."""
    words = dict.fromkeys(WORD.findall(sentence.replace(value, " ").lower()))
    return tuple(w for w in words if len(w) >= _SHORTEST_CUE and w not in STOP_WORDS)
