"""The scripted expert: it parses its own observation, and nothing else.

Alone it is the solo expert: it edits everything at once. In a team it first tells what it knows of
the style sheet, then edits its lines when it has heard the rest, or in round 3 what it can by then.
Of lines that two agents see, the first half is the former's: so none is edited twice. It edits what
was handed over to it too, and no more than its replies may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.observation import (
    TURN_MARK,
    handed_over,
    heard_from,
    left_undone,
    split_briefing,
)
from llm_collab_envs.writing.copy_editing.tasks import FIGURES, FIRST, HEADING, REPEATS, TITLE

PATIENCE = 3
CHECKED = "a checked figure"

_CAP = re.compile(r"\nNotice: your replies are cut after (\d+) tokens\.")
_LINE = re.compile(r"([0-9]{1,6}): (.+)")
_WINDOW = re.compile(r"(\w+) ([0-9]{1,6}) to ([0-9]{1,6})")
_SECTION = re.compile(r"(\w[^();,]*) \(([^()]*)\)")
_QUANTITY = re.compile(r"\w+ of the \w+")
_FIGURE = re.compile(r"(?<![\w.,])[0-9][0-9.,]*(?<![.,])(?!\w)")
_WORD = re.compile(r"\w+")


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        alone: Whether there are no teammates.
        round: The round to be played.
        submitted: Whether this agent has submitted already.
        sheet: The points of the style sheet, with their options; checked figures have none.
        own: What this agent knows of it.
        known: That, and what it was told.
        titles: The words that each section is about, by title.
        lines: The lines that it sees, by number.
        first: The first line that is its to edit, as teammates see it too.
        last: The last one.
    """

    alone: bool
    round: int
    submitted: bool
    sheet: dict[str, tuple[str, ...]]
    own: dict[str, str]
    known: dict[str, str]
    titles: dict[str, list[str]]
    lines: dict[int, str]
    first: int
    last: int


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.submitted:
            return "<done/>"
        if not memo.alone and memo.round == 1:
            return say(memo)
        told, shares = "", [memo]
        for gone, orphan in orphans(observation).items():
            memo.known = {**orphan.known, **memo.known}
            told += "" if heard_from(observation, gone) else say(orphan)
            if not orphan.submitted:
                shares.append(orphan)
        if memo.alone or memo.round >= PATIENCE or memo.known.keys() >= memo.sheet.keys():
            edits = [edit for share in shares for edit in mend(share, memo.known)]
            return _within_cap(told, edits, observation)
        return told


def orphans(observation: str) -> dict[str, Memo]:
    """Return what was handed over: for each agent that has left, what it knew and had submitted."""
    memos = {gone: read(view) for gone, view in handed_over(observation).items()}
    for gone, memo in memos.items():
        memo.submitted = not left_undone(observation, gone)
    return memos


def say(memo: Memo) -> str:
    """Return the message that tells all that only this agent knows, or ""."""
    entries = [f"{name}: {choice}" for name, choice in memo.own.items()]
    return f'<say to="all">{"; ".join(entries)}</say>' if entries else ""


def mend(memo: Memo, known: Mapping[str, str]) -> Iterator[str]:
    """Yield the edits of an agent's lines that follow from what is known of the style sheet."""
    headings = {
        form.replace(TITLE, title): title
        for form in memo.sheet.get(HEADING, ())
        for title in memo.titles
    }
    words = tuple(
        (options, known.get(name))
        for name, options in memo.sheet.items()
        if options and name not in (HEADING, FIGURES, REPEATS)
    )
    for number, text in memo.lines.items():
        is_own = memo.first <= number <= memo.last
        if is_own and number == 1:
            yield from _lost_heading(memo, headings, known, 0)
        if is_own and _goes(memo, known, number):
            yield f"delete {number}"
        elif is_own:
            mended = _worded(text, words)
            if text in headings and HEADING in known:
                mended = known[HEADING].replace(TITLE, headings[text])
            mended = _with_right_figure(memo, known, number, mended)
            if mended != text:
                yield f"replace {number}: {mended}"
        if is_own:
            yield from _lost_heading(memo, headings, known, number)


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation."""
    briefing, turn = split_briefing(observation)
    lines = briefing.splitlines()
    who = lines[0].split()[2].rstrip(",")
    sheet = dict(_points(lines))
    own = dict(_entries(sheet, _after(lines, "You know: ").removesuffix(".")))
    known: dict[str, str] = {}
    for line in turn.partition("Messages:\n")[2].splitlines():
        for name, choice in _entries(sheet, line.partition(": ")[2]):
            known.setdefault(name, choice)
    windows = {
        agent: (int(first), int(last))
        for agent, first, last in _WINDOW.findall(_after(lines, "Windows: "))
    }
    draft = dict(_draft(lines))
    alone = ", working alone." in f"{lines[0]}."
    first, last = (1, max(draft, default=0)) if alone else _share(windows, who)
    return Memo(
        alone=alone,
        round=int(turn.removeprefix(TURN_MARK).partition(" ")[0]),
        submitted="\nYour submission: " in turn,
        sheet=sheet,
        own=own,
        known={**known, **own},
        titles={t: about.split(", ") for t, about in _SECTION.findall(_after(lines, "Sections: "))},
        lines=draft,
        first=first,
        last=last,
    )


def _goes(memo: Memo, known: Mapping[str, str], number: int) -> bool:
    """Say whether a line is the one of two like sentences that does not stay."""
    text = memo.lines[number]
    others = [n for n, line in memo.lines.items() if line == text and n != number]
    if REPEATS not in known or not others:
        return False
    return number > others[0] if known[REPEATS] == FIRST else number < others[-1]


@lru_cache(maxsize=4096)
def _worded(text: str, words: tuple[tuple[tuple[str, ...], str | None], ...]) -> str:
    """Return a line in the right words; they are given as (options, choice) pairs.

    A line with a word on which nothing is known stays as it is: to mend half of it mends nothing.
    """
    worded = text
    for options, choice in words:
        if choice is not None:
            worded = _any_of(options).sub(choice.replace("\\", r"\\"), worded)
        elif _any_of(options).search(text):
            return text
    return worded


def _with_right_figure(memo: Memo, known: Mapping[str, str], number: int, text: str) -> str:
    """Put the figure that holds where another line gives a quantity differently."""
    stated = _stated(text)
    if stated is None:
        return text
    quantity, figure = stated
    for other, line in memo.lines.items():
        found = _stated(line)
        if found is None or found[0] != quantity or found[1] == figure:
            continue
        right = figure
        if quantity in memo.sheet:
            right = known.get(quantity, figure)
        elif FIGURES in known and (number < other) != (known[FIGURES] == FIRST):
            right = found[1]
        if right in (figure, found[1]):  # a checked figure that was garbled is neither
            return text.replace(figure, right)
    return text


def _lost_heading(
    memo: Memo, headings: Mapping[str, str], known: Mapping[str, str], number: int
) -> Iterator[str]:
    """Yield the heading that is missing after a line, or at the start of the draft."""
    title = _topic(memo, headings, number + 1)
    is_start = number == 0 or (
        number in memo.lines and _topic(memo, headings, number) not in ("", title)
    )
    if title and is_start and HEADING in known and memo.lines[number + 1] not in headings:
        yield f"insert {number}: {known[HEADING].replace(TITLE, title)}"


def _topic(memo: Memo, headings: Mapping[str, str], number: int) -> str:
    """Return the title of the section that a line belongs to, "" where that cannot be said."""
    text = memo.lines.get(number, "")
    if text in headings:
        return headings[text]
    words = _words(text)
    return next((t for t, about in memo.titles.items() if not words.isdisjoint(about)), "")


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


@lru_cache(maxsize=4096)
def _stated(text: str) -> tuple[str, str] | None:
    """Return the quantity that a line gives, and its figure."""
    figures = _FIGURE.findall(text)
    quantity = _QUANTITY.search(text)
    return (quantity.group(), figures[0]) if quantity and len(figures) == 1 else None


@lru_cache(maxsize=256)
def _any_of(options: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any option, the longest where one is the start of another."""
    longest_first = sorted(options, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _within_cap(told: str, edits: Sequence[str], observation: str) -> str:
    """Submit edits, without the last of them where the reply would be cut."""
    cap = _CAP.search(observation)
    kept = list(edits)
    while True:
        reply = told + "<submit>" + "\n".join(kept) + "</submit><done/>"
        if not cap or not kept or count_tokens(reply) <= int(cap.group(1)):
            return reply
        kept.pop()


# Reading the briefing


def _after(lines: Sequence[str], start: str) -> str:
    """Return the rest of the line that starts so, or ""."""
    return next((line[len(start) :] for line in lines if line.startswith(start)), "")


def _points(lines: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in lines:
        if line.startswith("- ") and ": " in line:
            name, _, options = line[2:].partition(": ")
            yield name, () if options == CHECKED else tuple(re.split(", | or ", options))


def _entries(sheet: Mapping[str, tuple[str, ...]], text: str) -> Iterator[tuple[str, str]]:
    """Yield what a message, or the style sheet, says of points that there are."""
    for entry in text.split("; "):
        name, _, choice = entry.partition(": ")
        options = sheet.get(name)
        if options is not None and (choice in options or (not options and choice)):
            yield name, choice


def _draft(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    start = next((n for n, line in enumerate(lines) if line.startswith("Your lines, ")), len(lines))
    for line in lines[start + 1 :]:
        match = _LINE.fullmatch(line)
        if match is None:
            return
        yield int(match.group(1)), match.group(2)


def _share(windows: Mapping[str, tuple[int, int]], who: str) -> tuple[int, int]:
    """Return the lines that are an agent's to edit: overlaps are halved."""
    if who not in windows:
        return 1, 0
    agents, seen = list(windows), list(windows.values())
    at = agents.index(who)
    halves = [(seen[i + 1][0] + seen[i][1]) // 2 for i in range(len(seen) - 1)]
    return ([1] + [half + 1 for half in halves])[at], [*halves, seen[-1][1]][at]
