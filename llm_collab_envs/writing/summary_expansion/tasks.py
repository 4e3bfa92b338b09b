"""Summary-expansion tasks: an article, the facts in it, and the texts that owe them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.writing.summary_expansion.article import (
    EVENTS,
    FIELDS,
    HIGHEST_COST,
    LOWEST_COST,
    draw_leader,
    draw_values,
    write_paragraph,
    write_report,
)
from llm_collab_envs.writing.summary_expansion.facts import (
    OWN_ASKS,
    TEXTS,
    Fact,
    find_facts,
    leads,
    place_fact,
)

SHORT_TEXTS = TEXTS[:-1]
MAX_TEAM = 4
_TOP_COST = 90_000  # that of the costliest event where its cost is disputed
_SPARE = 1.4  # how much longer than plain sentences a text may be


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
    "hard": Level(10, ("place", "cost"), ("cost", "leader"), 640),
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
        passages = tuple(" ".join(p.split()) for p in str(data["text"]).split("\n\n") if p.strip())
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
            talk=int(data.get("talk", LEVELS["hard"].talk)),
            max_cycles=int(data.get("max_cycles", MAX_CYCLES)),
        )
        task._check()
        return task

    def _check(self) -> None:
        if not self.facts:
            raise ValueError("the article has no name or figure to tell")
        if self.events and len(self.events) != len(self.passages):
            raise ValueError("every paragraph needs one of the events, or there must be none")
        if len(set(self.events)) != len(self.events) or not all(e.islower() for e in self.events):
            raise ValueError("every event needs a word of its own, in small letters")


def generate(rng: np.random.Generator, split: str, difficulty: str) -> SummaryTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    taken: set[str] = set()
    events = tuple(str(event) for event in rng.choice(EVENTS, level.events, replace=False))
    year = int(rng.integers(1850, 1950))
    values = [draw_values(rng, split, taken, year) for _ in events]
    costs = rng.choice(np.arange(LOWEST_COST, _TOP_COST), level.events, replace=False)
    for told, cost in zip(values, costs, strict=True):
        told["cost"] = str(cost)
    lengths = _lengths(level)
    disputes = _draw_disputes(rng, level, lengths)
    outdated: dict[tuple[int, str], str] = {}
    reported: list[dict[str, int]] = [{} for _ in events]
    elsewhere: list[list[str]] = [[] for _ in events]
    shown = [dict(told) for told in values]
    for field, (event, holder) in zip(level.disputed, disputes, strict=True):
        top = str(rng.integers(_TOP_COST, HIGHEST_COST + 1))
        pair = [values[event][field], top if field == "cost" else draw_leader(rng, split, taken)]
        pair = [pair[n] for n in rng.permutation(2)]
        years = sorted(int(n) for n in rng.choice(np.arange(year + 1, year + 40), 2, replace=False))
        outdated[event, field], values[event][field] = pair
        near, far = (int(n) for n in rng.permutation(2))  # whether the nearer report is the later
        shown[event][field], reported[event][field] = pair[near], years[near]
        elsewhere[holder].append(write_report(events[event], field, pair[far], years[far]))
    passages = tuple(
        " ".join([write_paragraph(rng, event, told, reports), *more])
        for event, told, reports, more in zip(events, shown, reported, elsewhere, strict=True)
    )
    costliest = max(range(len(events)), key=lambda n: int(values[n]["cost"]))

    def text(event: int, field: str) -> str:
        if field not in level.told:
            return "account"
        return "headline" if event == costliest else "summary"

    facts = tuple(
        Fact(n, told[name], (events[n],), field.cues, text(n, name), outdated.get((n, name), ""))
        for n, told in enumerate(values)
        for name, field in FIELDS.items()
    )
    return SummaryTask(passages, events, facts, _asks(level), lengths, level.talk, MAX_CYCLES)


def deal(task: SummaryTask, team_size: int) -> list[range]:
    """Deal the paragraphs out: agents read, and write the account of, those that they get.

    The first agent writes headline and summary as well, so it gets fewer of them.
    """
    facts = [0] * len(task.passages)
    for fact in task.facts:
        facts[fact.passage] += 1
    account = task.lengths[-1][1]
    weights = tuple(account * n / len(task.facts) for n in facts)
    short = sum(most for _, most in task.lengths[:-1])
    return _share(weights, short, team_size)


@lru_cache(maxsize=64)
def _share(weights: tuple[float, ...], first: float, parts: int) -> list[range]:
    """Cut a row of weights into stretches, the heaviest as light as can be.

    Args:
        weights: The row.
        first: What the first stretch has to bear beside; it may be empty, others may not.
        parts: How many stretches.
    """
    sums = [0.0, *itertools.accumulate(weights)]
    ends = len(weights)

    def cuts_of(inner: Sequence[int]) -> list[range]:
        edges = [0, *inner, ends]
        return [range(a, b) for a, b in itertools.pairwise(edges)]

    def heaviest(stretches: list[range]) -> float:
        loads = [sums[s.stop] - sums[s.start] for s in stretches]
        return max(loads[0] + first, *loads[1:], 0.0)

    options = map(cuts_of, itertools.combinations(range(ends), parts - 1))
    return min(options, key=heaviest)


def _draw_disputes(
    rng: np.random.Generator, level: Level, lengths: tuple[tuple[int, int], ...]
) -> list[tuple[int, int]]:
    """Draw (event, paragraph with the other report) for each dispute.

    In every team, who reads of the event does not read the other report, and in the largest team no
    agent holds two of those.
    """
    if not level.disputed:
        return []
    weights = (lengths[-1][1] / level.events,) * level.events
    short = sum(most for _, most in lengths[:-1])
    readers = [
        [reader for reader, stretch in enumerate(_share(weights, short, size)) for _ in stretch]
        for size in range(2, MAX_TEAM + 1)
    ]
    pairs = [
        (event, holder)
        for event, holder in itertools.permutations(range(level.events), 2)
        if all(reader[event] != reader[holder] for reader in readers)
    ]
    while True:
        drawn = [pairs[n] for n in rng.choice(len(pairs), len(level.disputed), replace=False)]
        events = {event for event, _ in drawn}
        holders = {readers[-1][holder] for _, holder in drawn}
        if len(events) == len(holders) == len(drawn):
            return drawn


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
    summary = round(_SPARE * plain_sentence * level.events)
    account = round(_SPARE * _PLAIN_ACCOUNT * level.events)
    return (3, 12), (summary // 4, summary), (max(account // 4, summary + 1), account)


def _length(text: str, given: Sequence[int]) -> tuple[int, int]:
    if len(given) != 2 or not 1 <= given[0] <= given[1]:
        raise ValueError(f"the lengths of the {text} must be [least, most] tokens")
    return int(given[0]), int(given[1])


def _own_lengths(passages: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Return lengths by which an article's first sentences make its headline and summary."""
    first = [count_tokens(lead) for lead in leads(passages)]
    mosts = max(12, first[0]), max(12, sum(first)), max(12, count_tokens(" ".join(passages)))
    return {text: (max(1, most // 4), most) for text, most in zip(TEXTS, mosts, strict=True)}
