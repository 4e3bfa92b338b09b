"""Scores of section writing: pure functions of a task and the parts that its agents submitted.

Faithfulness F looks at the private facts: recall counts those correctly stated in a sentence of
the right section, precision counts the stated names and figures that the facts support.
Consistency K looks at the surface: the share of (section, decision) pairs that follow the house
style. A section that states less than half of its facts is missing, and follows nothing. Quality is
F * (1 + K) / 2, so style without content is worth nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from llm_collab_envs.writing.section_writing.reading import (
    Block,
    Lexicon,
    Option,
    lexicon_of,
    read_part,
    unambiguous,
)
from llm_collab_envs.writing.section_writing.tasks import Fact, SectionTask

MIN_SHARE_OF_FACTS = 0.5


@dataclass(frozen=True)
class WritingScore:
    """What a document is worth.

    Attributes:
        quality: F * (1 + K) / 2.
        faithfulness: F, the F1 of facts.
        consistency: K, the share of (section, decision) pairs that follow the house style.
        duplication: Repeated or misplaced statements over all statements.
    """

    quality: float
    faithfulness: float
    consistency: float
    duplication: float


def score(task: SectionTask, parts: Mapping[str, str]) -> WritingScore:
    """Score the document made of all agents' parts.

    A fact is right when it is stated in its own section and nowhere claimed with another value; a
    repeat, a misplaced fact and an unsupported name or figure count against precision.

    Args:
        task: The task.
        parts: Each agent's submission.
    """
    lexicon = lexicon_of(task)
    blocks = [block for text in parts.values() for block in read_part(lexicon, text)]
    stated = sum(len(block.stated) for block in blocks)
    right: set[Fact] = set().union(*(block.placed for block in blocks))
    right.difference_update(*(block.denied for block in blocks))
    wrong = stated - len(right) + sum(block.unsupported for block in blocks)
    faithfulness = 2 * len(right) / (len(right) + len(task.facts) + wrong)
    consistency = _consistency(lexicon, blocks, Counter(map(attrgetter("section"), right)))
    return WritingScore(
        quality=faithfulness * (1 + consistency) / 2,
        faithfulness=faithfulness,
        consistency=consistency,
        duplication=(stated - len(right)) / stated if stated else 0.0,
    )


def _consistency(lexicon: Lexicon, blocks: Iterable[Block], right: Counter[str]) -> float:
    """Return K: a section follows a decision when all it shows of it is the house option."""
    sections: dict[str, list[Block]] = {title: [] for title in lexicon.asked}
    for block in blocks:
        if block.title:
            sections[block.title].append(block)
    followed = pairs = 0
    for title, asked in lexicon.asked.items():
        pairs += len(asked)
        if right[title] >= MIN_SHARE_OF_FACTS * lexicon.sizes[title]:
            followed += len(asked & _unambiguous(sections[title]))
    return followed / pairs if pairs else 1.0


def _unambiguous(blocks: Sequence[Block]) -> set[Option]:
    """Return the options that blocks with one title show, and no other one of their decisions."""
    if len(blocks) == 1:
        return blocks[0].unambiguous
    return unambiguous(set().union(*(block.options for block in blocks)))
