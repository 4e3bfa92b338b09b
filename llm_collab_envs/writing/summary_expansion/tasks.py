"""Summary-expansion tasks: an article, the facts in it, and the texts that owe them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from llm_collab_envs.core.actions import count_tokens, why_unsent
from llm_collab_envs.core.arguments import check_number, read_number
from llm_collab_envs.writing.summary_expansion.article import (
    EVENTS,
    FIELDS,
    draw_values,
    write_paragraph,
    write_report,
)
from llm_collab_envs.writing.summary_expansion.dealing import (
    MAX_TEAM,
    Desk,
    deal_sentences,
    share,
)
from llm_collab_envs.writing.summary_expansion.disputes import (
    LOWEST_COST,
    TOP_COST,
    Dispute,
    draw_dispute,
    draw_spots,
)
from llm_collab_envs.writing.summary_expansion.facts import (
    OWN_ASKS,
    TEXTS,
    Fact,
    find_facts,
    leads,
    place_fact,
)

_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n")
_SPARE = 1.4  # how much longer than plain sentences an account may be
_SPARE_SUMMARY = 1.6  # whose sentences are short, so that one word more is much


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        events: Events of the article.
        told: The fields that headline and summary owe of an event.
        disputed: Fields of which two reports disagree, for one event each.
        talk: Message tokens that the whole team may spend, shared out evenly.
    """

    events: int
    told: tuple[str, ...]
    disputed: tuple[str, ...]
    talk: int


LEVELS = {
    "easy": Level(7, ("cost",), (), 240),
    "medium": Level(10, ("place", "cost"), (), 400),
    "hard": Level(13, ("place", "cost"), ("cost", "leader"), 640),
}
MAX_CYCLES = 6
_PLAIN_ACCOUNT = 43  # tokens of an event in plain sentences


@dataclass(frozen=True)
class SummaryTask:
    """An article to tell at three lengths.

    Attributes:
        passages: Its paragraphs.
        events: The one word that names each paragraph's event; () for a user's article.
        facts: What is owed, in the order of the paragraphs.
        asks: What each text is to tell, in words, in the order of `TEXTS`.
        lengths: The least and most tokens of each text, in that order.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    passages: tuple[str, ...]
    events: tuple[str, ...]
    facts: tuple[Fact, ...]
    asks: tuple[str, ...]
    lengths: tuple[tuple[int, int], ...]
    talk: int
    max_cycles: int

    def __hash__(self) -> int:
        """Hash by a part that hardly another task has; the facts would take longer."""
        return hash(self.passages)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each paragraph is called."""
        return self.events or tuple(f"paragraph {n + 1}" for n in range(len(self.passages)))

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            "text": "\n\n".join(self.passages),
            "events": list(self.events),
            "facts": [fact.to_dict() for fact in self.facts],
            "asks": dict(zip(TEXTS, self.asks, strict=True)),
            "lengths": {t: list(n) for t, n in zip(TEXTS, self.lengths, strict=True)},
            "talk": self.talk,
            "max_cycles": self.max_cycles,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SummaryTask:
        """Read a task as `to_dict` wrote it, or a user's article.

        An article needs its `text` only, paragraphs apart by an empty line. Then its facts are its
        names and figures: the headline owes those of the first sentence, the summary those of each
        paragraph's first sentence, the account all. `facts` of one's own need a `value` each, as it
        stands in the text; `words` (all needed in a sentence that states it), `cues` (one needed)
        and `text` (the shortest text that owes it) are optional.

        Raises:
            ValueError: For an article that nothing could be written of: no paragraph, no fact, a
                fact whose value is not in it, an unknown text, lengths that hold nothing.
        """
        paragraphs = _EMPTY_LINE.split(str(data["text"]).replace("\r\n", "\n"))
        passages = tuple(" ".join(p.split()) for p in paragraphs if p.strip())
        if not passages:
            raise ValueError("the text is empty")
        given = data.get("facts")
        facts = find_facts(passages) if given is None else [place_fact(passages, f) for f in given]
        asks, lengths = data.get("asks", {}), data.get("lengths", {})
        task = cls(
            passages=passages,
            events=tuple(data.get("events", ())),
            facts=tuple(facts),
            asks=tuple(str(asks.get(text, OWN_ASKS[text])) for text in TEXTS),
            lengths=tuple(
                _length(text, lengths.get(text, default))
                for text, default in _own_lengths(passages).items()
            ),
            talk=read_number(data, "talk", LEVELS["hard"].talk, 0),
            max_cycles=read_number(data, "max_cycles", MAX_CYCLES, 1),
        )
        task._check()
        return task

    def _check(self) -> None:
        if not self.facts:
            raise ValueError("the article has no name or figure to tell")
        for text, (_, most) in zip(TEXTS, self.lengths, strict=True):
            owed = [f.value for f in self.facts if TEXTS.index(f.text) <= TEXTS.index(text)]
            if count_tokens(" ".join(owed)) > most:
                raise ValueError(
                    f"the {text} owes {' '.join(owed)[:40]!r}, more than its {most} tokens: raise "
                    f"'lengths', or let a longer text owe some of it"
                )
        unsent = why_unsent(" ".join(self.passages))
        if unsent:
            raise ValueError(f"the text cannot be quoted in a submission: {unsent}")
        if self.events and len(self.events) != len(self.passages):
            raise ValueError("every paragraph needs one of the events, or there must be none")
        if len(set(self.events)) != len(self.events) or not all(e.islower() for e in self.events):
            raise ValueError("every event needs a word of its own, in small letters")


def deal(task: SummaryTask, team_size: int) -> list[range]:
    """Deal the paragraphs out: agents write the account of those that they get.

    The first agent writes headline and summary as well, so it gets fewer of them.
    """
    facts = [0] * len(task.passages)
    for fact in task.facts:
        facts[fact.passage] += 1
    account = task.lengths[-1][1]
    weights = tuple(account * n / len(task.facts) for n in facts)
    return share(weights, sum(most for _, most in task.lengths[:-1]), team_size)


def desks(task: SummaryTask, team_size: int) -> list[Desk]:
    """Deal out what each agent reads."""
    owed: list[list[str]] = [[] for _ in task.passages]
    for fact in task.facts:
        if fact.text != TEXTS[-1]:
            owed[fact.passage] += filter(None, (fact.value, fact.outdated))
    return deal_sentences(task.passages, deal(task, team_size), owed)


def generate(rng: np.random.Generator, split: str, difficulty: str) -> SummaryTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    taken: set[str] = set()
    events = tuple(str(event) for event in rng.choice(EVENTS, level.events, replace=False))
    year = int(rng.integers(1850, 1950))
    costs = LOWEST_COST + rng.choice(TOP_COST - LOWEST_COST, level.events, replace=False)
    values = [draw_values(rng, split, taken, year) | {"cost": str(cost)} for cost in costs]
    lengths = _lengths(level)
    spots = draw_spots(rng, _readers(level, lengths), level.disputed)
    disputes = [
        draw_dispute(rng, field, spot, values[spot[0]], split, taken)
        for field, spot in zip(level.disputed, spots, strict=True)
    ]
    for dispute in disputes:
        values[dispute.event][dispute.field] = dispute.values[0]
    passages = tuple(_paragraph(rng, events, n, told, disputes) for n, told in enumerate(values))
    for dispute in disputes:
        values[dispute.event][dispute.field] = dispute.right
    facts = tuple(_facts(level, events, values, disputes))
    return SummaryTask(passages, events, facts, _asks(level), lengths, level.talk, MAX_CYCLES)


def _paragraph(
    rng: np.random.Generator,
    events: Sequence[str],
    number: int,
    values: Mapping[str, str],
    disputes: Sequence[Dispute],
) -> str:
    """Write an event's paragraph, with the reports on other events that stand in it."""
    reported = {d.field: d.years[0] for d in disputes if d.event == number}
    more = (
        write_report(events[d.event], d.field, d.values[1], d.years[1])
        for d in disputes
        if d.holder == number
    )
    return " ".join([write_paragraph(rng, events[number], values, reported), *more])


def _facts(
    level: Level,
    events: Sequence[str],
    values: Sequence[Mapping[str, str]],
    disputes: Sequence[Dispute],
) -> Iterator[Fact]:
    """Yield the facts, each with the shortest text that owes it."""
    costliest = max(range(len(events)), key=lambda n: int(values[n]["cost"]))
    outdated = {(d.event, d.field): d.outdated for d in disputes}
    for n, told in enumerate(values):
        short = "headline" if n == costliest else "summary"
        for name, field in FIELDS.items():
            text = short if name in level.told else "account"
            old = outdated.get((n, name), "")
            yield Fact(n, told[name], (events[n],), field.cues, text, old)


def _readers(level: Level, lengths: tuple[tuple[int, int], ...]) -> list[list[int]]:
    """Return, for every size of a team, which agent reads each paragraph."""
    weights = (lengths[-1][1] / level.events,) * level.events
    short = sum(most for _, most in lengths[:-1])
    return [
        [reader for reader, own in enumerate(share(weights, short, size)) for _ in own]
        for size in range(2, MAX_TEAM + 1)
    ]


def _asks(level: Level) -> tuple[str, ...]:
    told = " and ".join(level.told)
    fields = list(FIELDS)
    return (
        f"the event that cost most, and its {told}",
        f"the {told} of every event, and no more",
        f"the {', '.join(fields[:-1])} and {fields[-1]} of every event",
    )


def _lengths(level: Level) -> tuple[tuple[int, int], ...]:
    plain_sentence = 4 + 2 * len(level.told)  # "The flood in Bakovel cost 4500 crowns."
    summary = round(_SPARE_SUMMARY * plain_sentence * level.events)
    account = round(_SPARE * _PLAIN_ACCOUNT * level.events)
    return (3, 12), (summary // 4, summary), (max(account // 4, summary + 1), account)


def _length(text: str, given: Sequence[int]) -> tuple[int, int]:
    if len(given) != 2 or not 1 <= given[0] <= given[1]:
        raise ValueError(f"the lengths of the {text} must be [least, most] tokens")
    least, most = (check_number(f"a length of the {text}", tokens, 1) for tokens in given)
    return least, most


def _own_lengths(passages: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Return lengths by which an article's first sentences make its headline and summary."""
    first = [count_tokens(lead) for lead in leads(passages)]
    mosts = max(12, first[0]), max(12, sum(first)), max(12, count_tokens(" ".join(passages)))
    return {text: (max(1, most // 4), most) for text, most in zip(TEXTS, mosts, strict=True)}
