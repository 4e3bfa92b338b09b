"""Reading a document: what a part says under which heading, and the style options that it shows.

Nothing here judges; `scoring` does. Any text can be read, and in linear time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from functools import lru_cache

from llm_collab_envs.core.lines import MARKER
from llm_collab_envs.writing.section_writing.style import (
    DECISIONS,
    MARKERS,
    SPELLINGS,
)
from llm_collab_envs.writing.section_writing.tasks import Fact, SectionTask
from llm_collab_envs.writing.sentences import (
    WORD,
    Entry,
    Places,
    find_claimed,
    find_mentions,
    find_places,
    find_stated,
    is_assertion,
    plain_spaces,
    split_sentences,
)
from llm_collab_envs.writing.values import MONTHS, UNIT_FORMS, written_forms

MAX_FACTS_A_SENTENCE = 2

Option = tuple[str, str]  # (decision, option)

_HEADINGS = {  # the last three are recognised as headings, but no house style asks for them
    "hash": re.compile(r"# (\S.*)"),
    "colon": re.compile(r"(\S.*?):"),
    "bars": re.compile(r"== (\S.*?) =="),
    "bold": re.compile(r"\*\*(\S.*?)\*\*:?"),
    "loose": re.compile(r"[#=*\s]*(\S.*?)[*=:\s]*"),
    "listed": re.compile(
        r"[#*\s]*(?:[-+]|\d{1,2}[.)]|(?:section|title)(?: \d{1,2})?:?)\s[*\s]*(\S.*?)[*:\s]*", re.I
    ),
}
_MOST_HEADINGS = 100  # in one part; what comes after is read under the last
_HEADING_EXTRAS = 20  # characters that a heading may have beside its title
_MONTH = "(?:" + "|".join(MONTHS) + ")"
# No letter before it, said after the first one, so that a search can skip.
_MONTH_ALONE = "(?:" + "|".join(rf"{m[0]}(?<!\w{m[0]}){m[1:]}" for m in MONTHS) + ")"
_FIRST = r"\d(?<![\d.,]\d)"  # a figure's first digit; a digit in front lets the search skip
# Of other verbs those that are hardly ever a participle of a passive, or a noun.
_VERBS = {
    "present": set(
        "is are has have stands serves amounts totals remains comes belongs falls becomes gets "
        "gives takes begins lies holds reaches".split()
    ),
    "past": set(
        "was were had stood served amounted totalled totaled remained came belonged fell became "
        "got gave took began lay".split()
    ),
}
_ALL_VERBS = set().union(*_VERBS.values())
_BRITISH = {american: british for british, american in SPELLINGS.items()}
_MARKERS = {marker: option for option, marker in MARKERS.items()}

# How a section shows which options it uses: by its words, or by a pattern ("" is no house option).
_WORDS = {
    "audience": {option: {option, option.removesuffix("s")} for option in DECISIONS["audience"]},
    "spelling": {"British": set(SPELLINGS), "American": set(_BRITISH)},
}
_PATTERNS = {
    "numbers": {
        "comma": re.compile(rf"{_FIRST}\d{{0,2}}(?:,\d{{3}})+(?!\d)"),
        "dot": re.compile(rf"{_FIRST}\d{{0,2}}(?:\.\d{{3}})+(?!\d)"),
        "space": re.compile(rf"{_FIRST}\d{{0,2}}(?: \d{{3}})+(?!\d)"),
        "": re.compile(rf"{_FIRST}\d{{4,}}(?!\d)"),
    },
    "dates": {
        "dayfirst": re.compile(rf"\d(?<!\w\d)\d? {_MONTH} \d{{4}}\b"),
        "monthfirst": re.compile(rf"{_MONTH_ALONE} \d{{1,2}}, \d{{4}}\b"),
        "dotted": re.compile(r"\d(?<!\w\d)\d\.\d{2}\.\d{4}\b"),
        "": re.compile(r"\d(?<!\w\d)\d{3}-\d{2}-\d{2}\b"),
    },
    "units": {option: re.compile(rf"\d ?{unit}\b") for option, unit in UNIT_FORMS.items()},
}


@dataclass
class Block:
    """What one part says under one heading, or before its first one.

    Attributes:
        title: The section's title, or "" before the first heading.
        form: The form of the heading.
        lines: Its lines.
        words: Their words, in small letters.
        verbs: The verbs of its sentences that state or deny a fact.
        stated: The facts that it states, repeats included.
        placed: Those of them that belong in this section.
        denied: The facts that a sentence claims with a value that nothing supports.
        unsupported: How many names and figures nothing supports.
        options: The style options that it shows, (decision, option).
        unambiguous: Those of them that are its only one of their decision.
    """

    title: str
    form: str
    lines: list[str] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    verbs: set[str] = field(default_factory=set)
    stated: list[Fact] = field(default_factory=list)
    placed: set[Fact] = field(default_factory=set)
    denied: set[Fact] = field(default_factory=set)
    unsupported: int = 0
    options: set[Option] = field(default_factory=set)
    unambiguous: set[Option] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """What a task's documents are read with, made once for each task.

    Attributes:
        titles: Section titles by their case-folded form.
        longest: Length of the longest title.
        entries: How facts are recognised, by the last word of their attribute.
        public: Words that may be capitalised without being a private name.
        sizes: How many facts each section has.
        asked: The (decision, option) pairs that each section can follow.
    """

    titles: dict[str, str]
    longest: int
    entries: dict[str, list[Entry[Fact]]]
    public: frozenset[str]
    sizes: Counter[str]
    asked: dict[str, frozenset[Option]]


@lru_cache(maxsize=64)
def read_part(lexicon: Lexicon, text: str) -> list[Block]:
    """Cut a submission into blocks, one for each heading, and read them."""
    blocks = [Block("", "")]
    for line in plain_spaces(text).splitlines():
        heading = _heading(lexicon, line.strip())
        if heading and len(blocks) <= _MOST_HEADINGS:
            blocks.append(Block(*heading))
        elif line.strip() and not line.lstrip().startswith("#"):  # a heading of something else
            _read_line(lexicon, line, blocks[-1])
    for block in blocks:
        block.options |= _options(block)
        block.unambiguous = unambiguous(block.options)
        block.placed = {fact for fact in block.stated if fact.section == block.title}
    return blocks


def _heading(lexicon: Lexicon, line: str) -> tuple[str, str] | None:
    """Return (title, form) where a line is the heading of one of the sections."""
    if len(line) > lexicon.longest + _HEADING_EXTRAS:
        return None
    for form, pattern in _HEADINGS.items():
        match = pattern.fullmatch(line)
        if match and match.group(1).casefold() in lexicon.titles:
            return lexicon.titles[match.group(1).casefold()], form
    return None


def _read_line(lexicon: Lexicon, line: str, block: Block) -> None:
    """Add a line to its block: its words and list marker, what it states, denies and makes up.

    A sentence with a name or figure that nothing supports states no fact, and denies those that it
    claims; so naming several values, in one sentence or in two, is no way to hit the right one.
    """
    block.lines.append(line)
    verbal = False
    for sentence in split_sentences(line):
        words = dict.fromkeys(WORD.findall(sentence.lower()))  # in their order
        block.words.update(words)
        claimed = _claims(lexicon, sentence, words)
        if claimed:
            verbal = True
            block.verbs.update(_ALL_VERBS.intersection(words))
        stated, rest = find_stated(claimed, sentence, MAX_FACTS_A_SENTENCE, _places)
        for fact in stated:
            if fact.record:  # that it is the later one may be said
                rest = rest.replace(str(fact.record), "", 1)
        unsupported = len(find_mentions(rest, lexicon.public))
        block.unsupported += unsupported
        if unsupported:
            block.denied.update(entry.fact for entry in claimed)
        else:
            block.stated += stated
    marker = MARKER.match(line)
    if marker or verbal:
        block.options.add(("marker", _MARKERS.get(marker.group(1), "") if marker else ""))


def _places(sentence: str) -> Places:
    return find_places(sentence, _BRITISH)


def _claims(lexicon: Lexicon, sentence: str, words: dict[str, None]) -> list[Entry[Fact]]:
    """Return the facts that a sentence of these words claims something about.

    It has to be a sentence (a capital letter or a figure first, a verb, an end, no negation, no
    question), and to name the fact's property and object.
    """
    if _ALL_VERBS.isdisjoint(words) or not is_assertion(sentence, words):
        return []
    if not _BRITISH.keys().isdisjoint(words):
        words = dict.fromkeys(_BRITISH.get(word, word) for word in words)
    entries = [e for w in words if w in lexicon.entries for e in lexicon.entries[w]]
    return find_claimed(entries, frozenset(words))


def unambiguous(options: Set[Option]) -> set[Option]:
    """Return the options that are the only one of their decision among these."""
    ways = Counter(decision for decision, _ in options)
    return {option for option in options if ways[option[0]] == 1}


def _options(block: Block) -> set[Option]:
    """Return the style options that a block shows by its heading, its words and its figures."""
    found = {("heading", block.form)}
    if not block.lines:
        return found
    for decision, vocabulary in _WORDS.items():
        found |= {(decision, option) for option, own in vocabulary.items() if own & block.words}
    found |= {("tense", option) for option, own in _VERBS.items() if own & block.verbs}
    text = "\n".join(block.lines)
    for decision, patterns in _PATTERNS.items():
        found |= {(decision, option) for option, p in patterns.items() if p.search(text)}
    return found


# What a task's documents are read with


@lru_cache(maxsize=64)
def lexicon_of(task: SectionTask) -> Lexicon:
    """Return what a task's documents are read with."""
    entries: dict[str, list[Entry[Fact]]] = {}
    by_section: dict[str, list[tuple[Fact, dict[str, str]]]] = {}
    for fact in task.facts:
        words = [_BRITISH.get(word, word) for word in WORD.findall(fact.attribute.lower())]
        forms = written_forms(fact.kind, fact.value)
        distinct = tuple(dict.fromkeys(forms.values()))
        entry = Entry(fact, frozenset(words) - {"of", "the"}, distinct)
        entries.setdefault(words[-1], []).append(entry)
        by_section.setdefault(fact.section, []).append((fact, forms))
    text = " ".join((task.subject, *task.sections, *(f.attribute for f in task.facts)))
    options = (option for decision in DECISIONS.values() for option in decision)
    public = {w.casefold() for w in (*WORD.findall(text), *options, *_BRITISH)}
    return Lexicon(
        titles={title.casefold(): title for title in task.sections},
        longest=max(len(title) for title in task.sections),
        entries=entries,
        public=frozenset(public | {"the", "welcome"}),
        sizes=Counter(fact.section for fact in task.facts),
        asked={title: _asked(task, by_section[title]) for title in task.sections},
    )


def _asked(task: SectionTask, facts: list[tuple[Fact, dict[str, str]]]) -> frozenset[Option]:
    """Return the decisions that a section can follow: one on dates needs a date to show it."""
    words = {word for fact, _ in facts for word in WORD.findall(fact.attribute.lower())}

    def shows(decision: str, option: str) -> bool:
        if decision in _PATTERNS:
            pattern = _PATTERNS[decision][option]
            return any(option in forms and pattern.search(forms[option]) for _, forms in facts)
        return decision != "spelling" or any(w in SPELLINGS or w in _BRITISH for w in words)

    return frozenset(
        (decision, option) for decision, option in task.style if shows(decision, option)
    )
