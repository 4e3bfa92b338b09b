"""Scores of section writing: pure functions of a task and the parts that its agents submitted.

Faithfulness F looks at the private facts: recall counts those correctly stated in a sentence of
the right section, precision counts the stated names and figures that the facts support.
Consistency K looks at the surface: the share of (section, decision) pairs that follow the house
style. Quality is F * (1 + K) / 2, so style without content is worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from llm_collab_envs.writing.section_writing.tasks import (
    DECISIONS,
    MARKERS,
    MONTHS,
    SPELLINGS,
    UNIT_FORMS,
    Fact,
    SectionTask,
    written_forms,
)

MAX_FACTS_A_SENTENCE = 2
MAX_SENTENCE_CHARS = 400

_HEADINGS = {  # the last two are recognised as headings, but no house style asks for them
    "hash": re.compile(r"# (\S.*)"),
    "colon": re.compile(r"(\S.*?):"),
    "bars": re.compile(r"== (\S.*?) =="),
    "bold": re.compile(r"\*\*(\S.*?)\*\*:?"),
    "loose": re.compile(r"[#=\s]*(\S.*?)[=:\s]*"),
}
_MARKER = re.compile(r"\s*(?:([-*+])|\d+[.)])\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[^\W\d_]+")
_NEGATION = re.compile(r"\b(?:not|never|no|neither|nor|without|or|either)\b|n't\b", re.IGNORECASE)
_FIGURE = re.compile(r"\d+(?:[.,:/ -]\d+)*")
_VERBS = {"present": {"is", "are", "has", "have"}, "past": {"was", "were", "had"}}
_MONTH = "(?:" + "|".join(MONTHS) + ")"
_DATES = {
    "dayfirst": re.compile(rf"\b\d{{1,2}} {_MONTH} \d{{4}}\b"),
    "monthfirst": re.compile(rf"\b{_MONTH} \d{{1,2}}, \d{{4}}\b"),
    "dotted": re.compile(r"\b\d{2}\.\d{2}\.\d{4}\b"),
    "": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
}
_NUMBERS = {
    "comma": re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d)"),
    "dot": re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\d)"),
    "space": re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d)"),
    "": re.compile(r"(?<![\d.,])\d{5,}(?!\d)"),
}


@dataclass(frozen=True)
class WritingScore:
    """What a document is worth.

    Attributes:
        quality: F * (1 + K) / 2.
        faithfulness: F, the F1 of facts.
        consistency: K, the share of (section, decision) pairs that follow the house style.
        duplication: Repeated statements over all correct ones, repeats included.
    """

    quality: float
    faithfulness: float
    consistency: float
    duplication: float


@dataclass
class _Block:
    """What one part says under one heading."""

    form: str
    lines: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    unsupported: int = 0


@dataclass
class _Part:
    """One agent's submission: a block for each section, and what stands outside of them."""

    blocks: dict[str, _Block]
    unsupported: int


@dataclass(frozen=True, eq=False)
class _Lexicon:
    """What a task's documents are read with, made once for each task.

    Attributes:
        titles: Section titles by their case-folded form.
        facts: Facts by the last word of their attribute, with all the words that must be there.
        public: Words that may be capitalised without being a private name.
    """

    titles: dict[str, str]
    facts: dict[str, list[tuple[frozenset[str], Fact]]]
    public: frozenset[str]


def score(task: SectionTask, parts: Mapping[str, str]) -> WritingScore:
    """Score the document made of all agents' parts.

    Args:
        task: The task.
        parts: Each agent's submission.
    """
    lexicon = _lexicon(task)
    read = [_read_part(lexicon, text) for text in parts.values()]
    sections: dict[str, list[_Block]] = {title: [] for title in task.sections}
    for part in read:
        for title, block in part.blocks.items():
            sections[title].append(block)
    stated = [
        (title, fact) for title, bs in sections.items() for b in bs for fact in b.facts
    ]
    right = {fact for title, fact in stated if fact.section == title}
    unsupported = sum(part.unsupported for part in read) + sum(
        block.unsupported for blocks in sections.values() for block in blocks
    )
    wrong = len(stated) - len(right) + unsupported
    faithfulness = 2 * len(right) / (len(right) + len(task.facts) + wrong)
    consistency = _consistency(task, sections)
    return WritingScore(
        quality=faithfulness * (1 + consistency) / 2,
        faithfulness=faithfulness,
        consistency=consistency,
        duplication=(len(stated) - len(right)) / len(stated) if stated else 0.0,
    )


def _consistency(task: SectionTask, sections: Mapping[str, list[_Block]]) -> float:
    followed = [
        _FOLLOWS[decision](option, blocks)
        for blocks in sections.values()
        for decision, option in task.style
    ]
    return sum(followed) / len(followed) if followed else 1.0


# Reading a part


@lru_cache(maxsize=256)
def _read_part(lexicon: _Lexicon, text: str) -> _Part:
    """Cut a submission into blocks; only the first block of a section counts as that section."""
    part = _Part({}, 0)
    current: _Block | None = None
    for line in text.splitlines():
        if not line.strip():
            continue
        heading = _heading(line.strip(), lexicon.titles)
        if heading is None:
            facts, unsupported = _read_line(lexicon, line)
            if current is None:
                part.unsupported += unsupported + len(facts)
                continue
            current.lines.append(line)
            current.facts += facts
            current.unsupported += unsupported
        elif heading[1] in part.blocks:
            current = None
        else:
            current = part.blocks[heading[1]] = _Block(heading[0])
    return part


def _heading(line: str, titles: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (form, title) where a line is the heading of one of the sections."""
    for form, pattern in _HEADINGS.items():
        match = pattern.fullmatch(line)
        if match and match.group(1).casefold() in titles:
            return form, titles[match.group(1).casefold()]
    return None


def _read_line(lexicon: _Lexicon, line: str) -> tuple[list[Fact], int]:
    """Return the facts that a line states and its count of unsupported names and figures."""
    facts: list[Fact] = []
    unsupported = 0
    for sentence in _SENTENCE_END.split(_MARKER.sub("", line, count=1).strip()):
        stated, rest = _read_sentence(lexicon, sentence)
        facts += stated
        unsupported += _mentions(lexicon, rest)
    return facts, unsupported


def _read_sentence(lexicon: _Lexicon, sentence: str) -> tuple[list[Fact], str]:
    """Return the facts that a sentence states, and the sentence without their values.

    A sentence states a fact when it is a sentence (a capital letter first, a verb, a full stop,
    no negation), and has the fact's property, its object and its value. One that claims more than
    two facts is a list in disguise and states none.
    """
    words = {_base_spelling(w) for w in _WORD.findall(sentence.lower())}
    is_sentence = (
        sentence[:1].isupper()
        and sentence[-1:] in ".!?"
        and len(sentence) <= MAX_SENTENCE_CHARS
        and any(words & verbs for verbs in _VERBS.values())
        and not _NEGATION.search(sentence)
    )
    if not is_sentence:
        return [], sentence
    claimed = [
        fact
        for thing in words
        for needed, fact in lexicon.facts.get(thing, ())
        if needed <= words
    ]
    stated, rest = [], sentence
    for fact in claimed:
        for form in sorted(written_forms(fact).values(), key=len, reverse=True):
            at = _find_value(rest, form)
            if at >= 0:
                stated.append(fact)
                rest = rest[:at] + rest[at + len(form) :]
                break
    return ([], sentence) if len(stated) > MAX_FACTS_A_SENTENCE else (stated, rest)


def _mentions(lexicon: _Lexicon, text: str) -> int:
    """Count the names and figures in a text, leaving out what everyone knows."""
    runs = 0
    in_name = False
    for n, match in enumerate(_WORD.finditer(text)):
        word = match.group()
        in_name_before, in_name = in_name, (
            n > 0 and len(word) > 1 and word[0].isupper() and word.casefold() not in lexicon.public
        )
        runs += in_name and not in_name_before
    return runs + len(_FIGURE.findall(text))


@lru_cache(maxsize=64)
def _lexicon(task: SectionTask) -> _Lexicon:
    facts: dict[str, list[tuple[frozenset[str], Fact]]] = {}
    for fact in task.facts:
        words = [_base_spelling(w) for w in _WORD.findall(fact.attribute.lower())]
        facts.setdefault(words[-1], []).append((frozenset(words) - {"of", "the"}, fact))
    text = " ".join((task.subject, *task.sections, *(f.attribute for f in task.facts)))
    options = (option for decision in DECISIONS.values() for option in decision)
    public = {w.casefold() for w in (*_WORD.findall(text), *options, *SPELLINGS.values())}
    titles = {title.casefold(): title for title in task.sections}
    return _Lexicon(titles, facts, frozenset(public | {"the", "welcome"}))


def _find_value(sentence: str, value: str) -> int:
    """Return where a value stands whole, not as a piece of a longer word or figure; -1 if nowhere."""
    at = sentence.find(value)
    while at >= 0:
        before, after = sentence[:at][-1:], sentence[at + len(value) :]
        inside = before.isalnum() or before in tuple("-.,") or after[:1].isalnum()
        if not inside and not (after[:1] in tuple("-.,") and after[1:2].isdigit()):
            return at
        at = sentence.find(value, at + 1)
    return -1


@lru_cache(maxsize=64)
def _lexicon(task: SectionTask) -> _Lexicon:
    facts: dict[str, list[tuple[frozenset[str], Fact]]] = {}
    for fact in task.facts:
        words = [_base_spelling(w) for w in _WORD.findall(fact.attribute.lower())]
        facts.setdefault(words[-1], []).append((frozenset(words) - {"of", "the"}, fact))
    text = " ".join((task.subject, *task.sections, *(f.attribute for f in task.facts)))
    options = (option for decision in DECISIONS.values() for option in decision)
    public = {w.casefold() for w in (*_WORD.findall(text), *options, *SPELLINGS.values())}
    titles = {title.casefold(): title for title in task.sections}
    return _Lexicon(titles, facts, frozenset(public | {"the", "welcome"}))


@lru_cache(maxsize=1024)
def _value_patterns(fact: Fact) -> list[re.Pattern[str]]:
    forms = sorted(set(written_forms(fact).values()), key=len, reverse=True)
    return [re.compile(rf"(?<![\w.,-]){re.escape(form)}(?![\w-]|[.,]\d)") for form in forms]


_BRITISH = {american: british for british, american in SPELLINGS.items()}


def _base_spelling(word: str) -> str:
    return _BRITISH.get(word, word)


# Style: whether the blocks of one section follow one decision


def _text(blocks: Iterable[_Block]) -> str:
    return "\n".join(line for block in blocks for line in block.lines)


def _only(house: str, found: set[str]) -> bool:
    """Whether the house option is found and no other is."""
    return found == {house}


def _follows_heading(house: str, blocks: list[_Block]) -> bool:
    return _only(house, {block.form for block in blocks if block.lines})


def _follows_words(vocabulary: Mapping[str, set[str]]) -> Callable[[str, list[_Block]], bool]:
    def follows(house: str, blocks: list[_Block]) -> bool:
        words = set(_WORD.findall(_text(blocks).lower()))
        return _only(house, {option for option, own in vocabulary.items() if own & words})

    return follows


def _follows_pattern(
    patterns: Mapping[str, re.Pattern[str]],
) -> Callable[[str, list[_Block]], bool]:
    def follows(house: str, blocks: list[_Block]) -> bool:
        text = _text(blocks)
        return _only(house, {option for option, p in patterns.items() if p.search(text)})

    return follows


def _follows_marker(house: str, blocks: list[_Block]) -> bool:
    """Every line that states something is a list item with the house's marker."""
    lines = [line for block in blocks for line in block.lines]
    verbs = set().union(*_VERBS.values())
    found = set()
    for line in lines:
        match = _MARKER.match(line)
        if match or verbs & set(_WORD.findall(line.lower())):
            found.add(match.group(1) if match else None)
    return found == {MARKERS[house]}


_FOLLOWS: dict[str, Callable[[str, list[_Block]], bool]] = {
    "heading": _follows_heading,
    "audience": _follows_words({option: {option} for option in DECISIONS["audience"]}),
    "tense": _follows_words(_VERBS),
    "numbers": _follows_pattern(_NUMBERS),
    "dates": _follows_pattern(_DATES),
    "marker": _follows_marker,
    "spelling": _follows_words(
        {"British": set(SPELLINGS), "American": set(SPELLINGS.values())}
    ),
    "units": _follows_pattern(
        {option: re.compile(rf"\d {unit}\b") for option, unit in UNIT_FORMS.items()}
    ),
}
