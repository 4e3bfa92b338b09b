"""Reading the texts that a team wrote: which facts each states, denies and makes up.

Nothing here judges; `scoring` does. Any text can be read, and in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from llm_collab_envs.core.actions import count_tokens, cut_tokens
from llm_collab_envs.core.lines import FENCE, without_marker
from llm_collab_envs.writing.sentences import (
    MAX_SENTENCE_CHARS,
    WORD,
    Entry,
    find_claimed,
    find_mentions,
    find_places,
    find_stated,
    find_value,
    is_assertion,
    is_negated,
    plain_spaces,
    split_sentences,
)
from llm_collab_envs.writing.summary_expansion.article import CAUSE, FIELDS, read_paragraph
from llm_collab_envs.writing.summary_expansion.facts import TEXTS, Fact
from llm_collab_envs.writing.summary_expansion.tasks import SummaryTask
from llm_collab_envs.writing.values import MONTHS, written_forms

HEADLINE, ACCOUNT = TEXTS[0], TEXTS[-1]
MOST_FACTS_A_SENTENCE = 3
_SHORT_WORD = 3  # letters: too short to have a capital in a headline
_HEADING = re.compile(  # '## Account:', 'Account (my paragraphs):', 'Account by agent_1: It ..'
    rf"[#*=_ ]{{0,8}}(?:full )?({'|'.join(TEXTS)})"
    r"(?: \([^()]{1,40}\)| (?:by|of) agent_\d{1,2})?"
    r"[*=_ ]{0,8}(?:(?::|[-\u2013\u2014](?: |$))[*_ ]{0,8}(.*))?",
    re.I,
)
_BOLD = re.compile(r"\*\*|__|`")  # which no text is the longer for
_MONTH, _ORDINAL = "|".join(MONTHS), "([0-9]{1,2})(?:st|nd|rd|th)"
_DAY_FIRST = re.compile(rf"\b{_ORDINAL}(?: of)?(?= (?:{_MONTH})\b)")  # '1st of May'
_MONTH_FIRST = re.compile(rf"\b({_MONTH}) {_ORDINAL}\b")
_TOPIC = re.compile(r"[#*_ ]{0,8}((?:the )?([^\W\d_]+))[*_]{0,3}:[*_]{0,3}(?=\s)", re.I)
_AMOUNT = re.compile(r"[0-9]{1,3}(?:[, ]?[0-9]{3}){0,4}|[0-9]{1,15}")
_DATE = re.compile(rf"([0-9]{{1,2}}) ({_MONTH}) ([0-9]{{4}})")
_PERSON = re.compile(r"[A-Z]\w+ [A-Z]\w+")
_PUBLIC = frozenset("the a it in on headline summary account".split())


@dataclass
class Reading:
    """What a text says, or one agent's block of it; facts are numbers into those of the task.

    Attributes:
        blocks: The text, as far as its length allows, in blocks of one agent each.
        fits: Whether its length is in its bounds; a text that is too short says nothing.
        stated: The facts that it states, repeats included.
        told: The facts that it states, or tells without a cue; that may be how it names an event,
            so it is no repeat.
        denied: The facts that a sentence claims with a value that nothing supports.
        outdated: The facts that are given as an older report has them.
        unsupported: How many names, figures and causes nothing supports.
        misplaced: How many facts others state under its name, who are not to write it.
    """

    blocks: list[str] = field(default_factory=list)
    fits: bool = False
    stated: list[int] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    denied: set[int] = field(default_factory=set)
    outdated: set[int] = field(default_factory=set)
    unsupported: int = 0
    misplaced: int = 0

    def add(self, block: Reading) -> None:
        """Add another block of the same text."""
        self.blocks += block.blocks
        self.stated += block.stated
        self.told |= block.told
        self.denied |= block.denied
        self.outdated |= block.outdated
        self.unsupported += block.unsupported


@dataclass(frozen=True, eq=False)
class Lexicon:
    """What a task's texts are read with, made once for each task.

    Attributes:
        lengths: The least and most tokens of each text.
        entries: How facts are recognised, by event; by "" in an article without named events.
        owed: The facts that each text owes: those of the shorter texts, and its own.
        evident: Those whose value tells by itself what it is, by text and event, each with the
            words of which a sentence must then have none.
        outdated: The forms of the values that older reports give, by fact.
        events: The words that name events.
        known: The words and figures that an article has, likewise.
        public: Words that may be capitalised without being a private name.
        most_facts: How many facts one sentence may state.
    """

    lengths: dict[str, tuple[int, int]]
    entries: dict[str, list[Entry[int]]]
    owed: dict[str, frozenset[int]]
    evident: dict[tuple[str, str], list[tuple[Entry[int], frozenset[str]]]]
    outdated: dict[int, tuple[str, ...]]
    events: frozenset[str]
    known: dict[str, frozenset[str]]
    public: frozenset[str]
    most_facts: int

    def supports(self, events: Collection[str], mention: str) -> bool:
        """Whether a name or figure, whole or in its parts, is known of one of some events."""
        known = [self.known[event] for event in events if event in self.known]
        return any(mention in words or words.issuperset(mention.split()) for words in known)

    def of(self, events: Collection[str]) -> list[Entry[int]]:
        """Return how the facts of some events are recognised."""
        return [entry for event in events for entry in self.entries.get(event, ())]

    def told(self, text: str, events: Collection[str], words: Set[str]) -> list[Entry[int]]:
        """Return how the facts are recognised that a sentence of these words tells uncued."""
        return [
            entry
            for event in events
            for entry, others in self.evident.get((text, event), ())
            if entry.words <= words and others.isdisjoint(words)
        ]


def read_texts(
    lexicon: Lexicon, parts: Mapping[str, str], authors: Sequence[str]
) -> dict[str, Reading]:
    """Put the texts together from all agents' parts, and read them.

    Args:
        lexicon: What to read with.
        parts: Each agent's submission.
        authors: Who may write the short texts, each of which is the first's that has written it.
    """
    readings = {}
    for text in TEXTS:
        own, strays = _blocks(parts, text, authors)
        readings[text] = _read(lexicon, text, [*own.values()])
        for stray in (_read_block(lexicon, text, block) for block in strays.values()):
            readings[text].misplaced += len(stray.stated)
            readings[text].unsupported += stray.unsupported
    return readings


def say_what_is_not_read(
    lexicon: Lexicon, parts: Mapping[str, str], authors: Sequence[str], agent: str
) -> list[str]:
    """Return what an agent is told of its submission: what of it is not read, and why.

    How long others' blocks of the same text are is not told, but for whether all are too long.
    """
    texts = _split(parts[agent])
    if not texts:
        return [
            "nothing of your submission is read: write 'Headline:', 'Summary:' or 'Account:' above "
            "each text of yours."
        ]
    said = []
    for text in texts:
        least, most = lexicon.lengths[text]
        own, strays = _blocks(parts, text, authors)
        size = sum(map(_count, own.values()))
        if agent in strays:
            said.append(f"the {text} is not yours to write: yours is not read.")
        elif size > most:
            said.append(f"the {text} has more than {most} tokens: what comes after is not read.")
        elif size < least:
            said.append(f"the {text} has fewer than {least} tokens by now: none of it is read.")
    return said


def _blocks(
    parts: Mapping[str, str], text: str, authors: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the blocks that make a text, and those of agents who are not to write it."""
    split = ((agent, _split(part)) for agent, part in parts.items())
    blocks = {agent: texts[text] for agent, texts in split if text in texts}
    writers = list(blocks) if text == ACCOUNT else [a for a in authors if a in blocks][:1]
    return {agent: blocks.pop(agent) for agent in writers}, blocks


@lru_cache(maxsize=256)
def _split(part: str) -> dict[str, str]:
    """Cut a part into texts: each begins with its name, alone or with a colon, dash or brackets.

    Lines are without what Markdown puts around them: fences, rules, bold type, list markers. Days
    are in one form, '1st of May' as '1 May'.
    """
    lines: dict[str, list[str]] = {}
    text = ""
    for written in _plain_days(plain_spaces(part)).splitlines():
        if FENCE.fullmatch(written.strip()):
            continue
        line = without_marker(_BOLD.sub("", written).strip())
        heading = _HEADING.fullmatch(line)
        if heading:
            text = heading.group(1).lower()
            line = (heading.group(2) or "").strip()
        if text and any(map(str.isalnum, line)):
            lines.setdefault(text, []).append(line)
    return {text: "\n".join(own) for text, own in lines.items()}


def _plain_days(text: str) -> str:
    """Return a text with '1 May' for '1st of May', and 'May 1' for 'May 1st'."""
    return _MONTH_FIRST.sub(r"\1 \2", _DAY_FIRST.sub(r"\1", text))


def _read(lexicon: Lexicon, text: str, blocks: Sequence[str]) -> Reading:
    """Read one text; what is over its length is not read, and a shorter one says nothing."""
    least, most = lexicon.lengths[text]
    sizes = [_count(block) for block in blocks]
    fits = least <= sum(sizes) <= most
    if sum(sizes) < least:
        return Reading(list(blocks), fits)
    reading = Reading(fits=fits)
    left = most
    for block, size in zip(blocks, sizes, strict=True):
        reading.add(_read_block(lexicon, text, block if size <= left else cut_tokens(block, left)))
        left = max(0, left - size)
    reading.stated += sorted(reading.told.difference(reading.stated))
    return reading


@lru_cache(maxsize=256)
def _count(block: str) -> int:
    return count_tokens(block)


@lru_cache(maxsize=256)
def _read_block(lexicon: Lexicon, text: str, block: str) -> Reading:
    reading = Reading([block])
    if text == HEADLINE:
        _read_headline(lexicon, reading)
        return reading
    event = ""
    for line in block.splitlines():
        for sentence in split_sentences(_plain_topic(lexicon, line)):
            found = WORD.findall(sentence.lower())
            named = [word for word in found if word in lexicon.events]
            event = named[-1] if named else event  # a sentence that names none goes on
            words, events = {*found, event}, list(dict.fromkeys(named)) or [event]
            claimed, told = [], []
            if is_assertion(sentence, words):
                claimed = find_claimed(lexicon.of(events), words)
                told = lexicon.told(text, events, words)
            _take(lexicon, sentence, claimed, events, reading, told=told)
    return reading


def _plain_topic(lexicon: Lexicon, line: str) -> str:
    """Return a line, with 'Flood:' first where that is 'flood:' or '**Flood**:', as in a list."""
    plain = without_marker(line)
    topic = _TOPIC.match(plain)
    if topic is None or topic.group(2).lower() not in lexicon.events:
        return line
    return f"{topic.group(1).capitalize()}:{plain[topic.end() :]}"


def _read_headline(lexicon: Lexicon, reading: Reading) -> None:
    """Read a headline: one line on one event, which needs no verb, no cue and no full stop."""
    line = reading.blocks[0].strip()
    words = set(WORD.findall(line.lower()))
    events = lexicon.events & words or {""}
    if "\n" in line or len(line) > MAX_SENTENCE_CHARS or len(events) > 1:
        return
    if is_negated(line, words) or line.endswith("?"):
        return
    long_words = [word for word in WORD.findall(line) if len(word) > _SHORT_WORD]
    has_names = not all(word[0].isupper() for word in long_words)
    entries = lexicon.of(events)
    if line.isupper():
        entries = [replace(e, forms=tuple(form.upper() for form in e.forms)) for e in entries]
    _take(lexicon, line, entries, events, reading, has_names)


def _take(
    lexicon: Lexicon,
    sentence: str,
    claimed: Sequence[Entry[int]],
    events: Collection[str],
    reading: Reading,
    has_names: bool = True,
    told: Sequence[Entry[int]] = (),
) -> None:
    """Add what a sentence, or a headline, states, denies and makes up.

    With a name, figure or cause that its events do not support it states no fact, and denies those
    that it claims; so naming several values, in one sentence or in two, is no way to hit the right
    one.

    Args:
        lexicon: What to read with.
        sentence: It.
        claimed: What it claims something about.
        events: The events that it names, or goes on about.
        reading: What to add to.
        has_names: Whether names can be told by their capitals.
        told: What it tells without a cue, if it has the value.
    """
    facts = {entry.fact for entry in claimed}
    entries = [*claimed, *(entry for entry in told if entry.fact not in facts)]
    stated, rest = find_stated(entries, sentence, lexicon.most_facts, find_places)
    for entry in entries:
        for form in lexicon.outdated.get(entry.fact, ()):
            at = find_value(rest, form)
            if at >= 0:
                rest = rest[:at] + rest[at + len(form) :]
                reading.outdated.add(entry.fact)
                reading.unsupported += 1
    mentions = find_mentions(rest, lexicon.public)
    if not has_names:
        mentions = [mention for mention in mentions if mention[0].isdigit()]
    if lexicon.events:  # a user's article may name such a thing beside its facts
        mentions += CAUSE.findall(rest.lower())
    unsupported = [m for m in mentions if not lexicon.supports(events, m)]
    reading.unsupported += len(unsupported)
    if unsupported:
        reading.denied.update(entry.fact for entry in claimed if entry.words)
    else:
        reading.stated += filter(facts.__contains__, stated)
        reading.told.update(stated)


def load(data: dict[str, Any]) -> SummaryTask:
    """Read a task as `SummaryTask.from_dict` does, and see that a text can state its facts.

    Of those that were found in the article, the others are left out.

    Raises:
        ValueError: Also where a fact that was given is stated by none of the article's sentences,
            or where one of these would be read as the beginning of another text.
    """
    task = SummaryTask.from_dict(data)
    stated = _stated_by_a_copy(task)
    lost = [fact.value for n, fact in enumerate(task.facts) if n not in stated]
    if lost and data.get("facts") is not None:
        raise ValueError(
            f"no sentence of the text states the fact {lost[0]!r} by its words and cues, in at "
            f"most {MAX_SENTENCE_CHARS} characters and without a 'not'"
        )
    return replace(task, facts=tuple(task.facts[n] for n in sorted(stated))) if lost else task


def _stated_by_a_copy(task: SummaryTask) -> set[int]:
    sentences = [line for passage in task.passages for line in split_sentences(passage)]
    if any(_HEADING.fullmatch(without_marker(sentence)) for sentence in sentences):
        raise ValueError(
            f"a sentence of the text begins with the name of one of the texts ({', '.join(TEXTS)}) "
            "and a colon, a dash or brackets, or is that name. Put it in other words"
        )
    texts = _split("\n".join([f"{ACCOUNT}:", *sentences]))
    return {*_read_block(lexicon_of(task), ACCOUNT, texts[ACCOUNT]).stated}


# What a task's texts are read with


@lru_cache(maxsize=64)
def lexicon_of(task: SummaryTask) -> Lexicon:
    """Return what a task's texts are read with."""
    known: dict[str, set[str]] = {event: set() for event in task.events or ("",)}
    entries: dict[str, list[Entry[int]]] = {event: [] for event in known}
    levels = [TEXTS.index(fact.text) for fact in task.facts]
    evident: dict[tuple[str, str], list[tuple[Entry[int], frozenset[str]]]] = {}
    for n, fact in enumerate(task.facts):
        event = task.events[fact.passage] if task.events else ""
        forms = _forms(fact.value)
        entry = Entry(n, frozenset(fact.words), forms, frozenset(fact.cues))
        entries[event].append(entry)
        others = _rival_cues(fact) if task.events else None
        if others is not None:
            for text in TEXTS[levels[n] :]:
                evident.setdefault((text, event), []).append((entry, others))
        known[event].update(forms if _AMOUNT.fullmatch(fact.value) else fact.value.split())
    public = _PUBLIC.union(task.events, *(fact.cues for fact in task.facts))
    if not task.events:
        for sentence in (s for passage in task.passages for s in split_sentences(passage)):
            known[""].update(find_mentions(sentence, ()), find_mentions(sentence, public))
    for passage in task.passages if task.events else ():
        for event, _, _, year in read_paragraph(passage)[1]:
            if event in known:
                known[event].add(str(year))  # of a report, which a text may name
    return Lexicon(
        lengths=dict(zip(TEXTS, task.lengths, strict=True)),
        entries=entries,
        owed={
            text: frozenset(n for n, level in enumerate(levels) if level <= TEXTS.index(text))
            for text in TEXTS
        },
        evident=evident,
        outdated={n: _forms(f.outdated) for n, f in enumerate(task.facts) if f.outdated},
        events=frozenset(task.events),
        known={event: frozenset(words) for event, words in known.items()},
        public=public,
        most_facts=max(MOST_FACTS_A_SENTENCE, _most_in_a_sentence(task)),
    )


def _rival_cues(fact: Fact) -> frozenset[str] | None:
    """Return the words without which a fact's value tells by itself what it is, if it ever does.

    Days, leaders and causes do, by their form, and places, if nothing is said to be reached. In a
    user's article any name or date may be told of anything.
    """
    if fact.cues == FIELDS["place"].cues:
        return frozenset(FIELDS["reach"].cues)
    by_form = any(form.fullmatch(fact.value) for form in (_DATE, _PERSON, CAUSE))
    return frozenset() if by_form else None


def _most_in_a_sentence(task: SummaryTask) -> int:
    """Return how many facts a sentence of a user's article tells."""
    if task.events:
        return 0
    return max(
        sum(find_value(sentence, fact.value) >= 0 for fact in task.facts)
        for passage in task.passages
        for sentence in split_sentences(passage)
    )


def _forms(value: str) -> tuple[str, ...]:
    """Return every way to write a value that texts may use."""
    if _AMOUNT.fullmatch(value):
        number = value.replace(",", "").replace(" ", "")
        return tuple(dict.fromkeys([value, *written_forms("amount", number).values()]))
    date = _DATE.fullmatch(value)
    if date:
        day, month, year = date.groups()
        neutral = f"{year}-{MONTHS.index(month) + 1:02d}-{int(day):02d}"
        loose = f"{day} {month}, {year}", f"{month} {day} {year}"
        return tuple(dict.fromkeys([value, *written_forms("date", neutral).values(), *loose]))
    ordinal = re.fullmatch(_ORDINAL, value)
    plain = ordinal.group(1) if ordinal else _plain_days(value)  # as `_split` reads '1st of May'
    return tuple(dict.fromkeys([value, value[:1].upper() + value[1:], plain]))
