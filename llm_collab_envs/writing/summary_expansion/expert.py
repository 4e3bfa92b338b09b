"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it writes everything at once. In a team it first tells what the short
texts owe of the events that it read about, what it has read in the author's place, and the reports
on events of teammates; then it writes its texts when it has heard the rest, or in round 3 whatever
it has heard. It also writes what was handed over to it, and no more than its replies may hold. Of a
user's article it reads sentences only: the first of each paragraph make headline and summary, all
make the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from llm_collab_envs.core.observation import TURN_MARK, handed_over, heard_from, split_briefing
from llm_collab_envs.writing.replies import submit_within_cap
from llm_collab_envs.writing.sentences import split_sentences
from llm_collab_envs.writing.summary_expansion.article import read_paragraph
from llm_collab_envs.writing.summary_expansion.dealing import GAP

PATIENCE = 3
OWN = "What you have read of the article:"
LENT = "What you have read of agent_0's paragraphs, in its place:"

_SHORT = re.compile(r"\n- headline, by (\w+): ([^;\n]*)")
_PASSAGE = re.compile(r"([a-z]+(?: \d+)?) \((\w+)\)")
_TOLD = re.compile(
    r"(?<!\S)(\w+)(?: ([A-Z]\w*))?(?: ([0-9]{1,2} [A-Z][a-z]+ [0-9]{4}))?"
    r" ([0-9]{1,12})(?: ([0-9]{4}))?(?!\S)"
)
_REPORTED = re.compile(
    r"(?<!\S)(\w+) (?:cost ([0-9]{1,12})|leader ([A-Z]\w* [A-Z]\w*)) ([0-9]{4})(?!\S)"
)
_SENTENCES = (
    ("place", "The {event} was in {place}."),
    ("reach", "It reached {reach}."),
    ("length", "It lasted {length} days."),
    ("cost", "It cost {cost} crowns."),
    ("cause", "It was caused by a {cause}."),
    ("leader", "{leader} led the response."),
    ("helpers", "It had {helpers} helpers."),
)


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        alone: Whether there are no teammates.
        round: The round to be played.
        submitted: Whether this agent has submitted already.
        writes_short: Whether it writes headline and summary.
        tells_place: Whether those owe places.
        names: What the paragraphs are called, in order.
        own: The paragraphs that it writes the account of, as far as it has read them.
        lent: What it has read of others' paragraphs, in their place.
        facts: What is known, {event: {field: (value, year of the report or 0)}}.
        reports: What it has read of events: (event, field, value, year).
        leads: First sentences of paragraphs of a user's article.
    """

    alone: bool
    round: int
    submitted: bool
    writes_short: bool
    tells_place: bool
    names: list[str]
    own: dict[str, str] = field(default_factory=dict)
    lent: dict[str, str] = field(default_factory=dict)
    facts: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)
    reports: list[tuple[str, str, str, int]] = field(default_factory=list)
    leads: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that this agent has to write."""
        known = (n for n in self.names if "cost" in self.facts.get(n, {}) or n in self.leads)
        return not self.writes_short or len(list(known)) == len(self.names)

    def take(self, event: str, name: str, value: str, year: int) -> None:
        """Take what is told of an event, if no later report says otherwise."""
        known = self.facts.setdefault(event, {})
        if name not in known or year > known[name][1]:
            known[name] = (value, year)

    def read(self, paragraph: str, text: str, into: dict[str, str]) -> None:
        """Take what a paragraph of the article says, or the sentences read in another's place."""
        values, reports = read_paragraph(text)
        into[paragraph] = text
        self.reports += reports
        for name, value in values.items():
            self.take(paragraph, name, value, 0)
        for report in reports:
            self.take(*report)
        if not values and not text.startswith(GAP):
            self.leads[paragraph] = split_sentences(text)[0]

    def take_over(self, other: Memo) -> None:
        """Add what another agent was to write, and what it has read."""
        self.writes_short |= other.writes_short
        for paragraph, text in other.own.items():
            self.read(paragraph, text, self.own)
        for paragraph, text in other.lent.items():
            self.read(paragraph, text, self.lent)


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.submitted:
            return "<done/>"
        if not memo.alone and memo.round == 1:
            return say(memo)
        told = ""
        for gone, view in handed_over(observation).items():
            orphan = read(view)
            memo.take_over(orphan)
            told += "" if heard_from(observation, gone) else say(orphan)
        if memo.complete or memo.alone or memo.round >= PATIENCE:
            return submit_within_cap(told, write(memo), observation)
        return told


def say(memo: Memo) -> str:
    """Return the messages that tell what others have to write, or ""."""
    mine = [] if memo.writes_short else [*memo.lent, *memo.own]
    entries = [_entry(memo, event) for event in mine]
    for event, name, value, year in memo.reports:
        if event not in memo.own:
            entries.append(f"{event} {name} {value} {year}")
    texts = [" ".join(entry for entry in entries if entry)]
    texts += [f"{name}: {memo.leads[name]}" for name in mine if name in memo.leads]
    return "".join(f'<say to="all">{text}</say>' for text in texts if text)


def _entry(memo: Memo, event: str) -> str:
    """Tell what the short texts owe of an event, and the year of the report that it is from.

    Of what it has read in the author's place it tells all, the day too.
    """
    facts = memo.facts.get(event, {})
    if "cost" not in facts:
        return ""
    cost, year = facts["cost"]
    told = ["place"] * memo.tells_place + ["day"] * (event in memo.lent)
    values = [facts[name][0] for name in told if name in facts]
    return " ".join([event, *values, cost, *([str(year)] if year else [])])


def write(memo: Memo) -> str:
    """Write this agent's texts from what it knows."""
    lines = _short_texts(memo) if memo.writes_short else []
    account = [line for event in memo.own for line in _account(memo, event)]
    return "\n".join([*lines, "Account:", *account] if account else lines)


def _short_texts(memo: Memo) -> list[str]:
    told = {n: memo.facts[n] for n in memo.names if "cost" in memo.facts.get(n, {})}
    if not told:
        leads = [memo.leads[name] for name in memo.names if name in memo.leads]
        return ["Headline:", *leads[:1], "Summary:", *leads]
    costliest = max(told, key=lambda event: int(told[event]["cost"][0]))
    headline = _cost_of(memo, costliest, "{event}{place} costs {cost} crowns")
    summary = [_cost_of(memo, event, "The {event}{place} cost {cost} crowns.") for event in told]
    return ["Headline:", headline[0].upper() + headline[1:], "Summary:", *summary]


def _cost_of(memo: Memo, event: str, sentence: str) -> str:
    facts = memo.facts[event]
    place = f" in {facts['place'][0]}" if memo.tells_place and "place" in facts else ""
    return sentence.format(event=event, place=place, cost=facts["cost"][0])


def _account(memo: Memo, event: str) -> Iterable[str]:
    """Yield the sentences of one event's account, its place and day first."""
    facts = {name: value for name, (value, _) in memo.facts.get(event, {}).items()}
    if not facts:
        text = memo.own[event].replace(GAP, memo.leads.get(event, ""), 1)
        yield from split_sentences(text.replace(GAP, ""))
        return
    told = [(name, sentence) for name, sentence in _SENTENCES if name in facts]
    for n, (name, sentence) in enumerate(told):
        text = sentence.format(event=event, **facts)
        day = f" on {facts['day']}." if name == "place" and "day" in facts else "."
        yield (text if n else text.replace("It ", f"The {event} ", 1))[:-1] + day


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation."""
    briefing, turn = split_briefing(observation)
    me = briefing.partition("You are ")[2][:64].replace(",", " ").partition(" ")[0]
    alone = f"You are {me}, working alone." in briefing
    short = _SHORT.search(briefing)
    listed = briefing.partition("\nParagraphs: ")[2].partition("\n")[0]
    memo = Memo(
        alone=alone,
        round=int(re.sub(r"\D.*", "", turn.removeprefix(TURN_MARK), flags=re.S) or 1),
        submitted="\nYour submission: " in turn,
        writes_short=short is not None and short.group(1) in (me, "you"),
        tells_place=short is not None and "place" in short.group(2),
        names=[name for name, _ in _PASSAGE.findall(listed)],
    )
    own, _, lent = briefing.partition(f"\n{OWN}\n")[2].partition(f"\n{LENT}\n")
    for lines, into in ((own, memo.own), (lent, memo.lent)):
        for line in lines.splitlines():
            paragraph, _, text = line.partition(": ")
            if paragraph in memo.names:
                memo.read(paragraph, text, into)
    for line in turn.partition("Messages:\n")[2].splitlines():
        _hear(memo, line.partition(": ")[2])
    return memo


def _hear(memo: Memo, message: str) -> None:
    """Take what was told: costs, reports, or the first sentence of a paragraph."""
    paragraph, _, lead = message.partition(": ")
    if lead and paragraph in memo.names:
        if GAP in memo.own.get(paragraph, GAP):
            memo.leads[paragraph] = lead
        return
    for told in _TOLD.finditer(message):
        event, place, day, cost, year = told.groups()
        if event in memo.names:
            memo.take(event, "cost", cost, int(year or 0))
            if place:
                memo.take(event, "place", place, 0)
            if day:
                memo.take(event, "day", day, 0)
    for report in _REPORTED.finditer(message):
        event, cost, leader, year = report.groups()
        if event in memo.names:
            memo.take(event, "cost" if cost else "leader", cost or leader, int(year))
