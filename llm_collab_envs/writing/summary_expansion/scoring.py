"""Scores of summary expansion: pure functions of a task and the parts that its agents submitted.

Everything is measured against the article. Coverage is the share of the facts that a text owes and
states rightly; faithfulness F is the F1 of facts over all texts, where what a text states beside
them, repeats, or makes up counts against precision, and so does what an agent writes of a text that
is another's to write. Agreement A compares each text with the next longer one: the share of the
facts that both owe and give with the same value, over all such pairs on average. Growth G is the
least share of what a longer text adds to a shorter one and states rightly. Quality is
F (1 + 4 A G) / 5: facts that are told at one length only are worth a fifth.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from llm_collab_envs.writing.summary_expansion.facts import TEXTS
from llm_collab_envs.writing.summary_expansion.reading import Reading, lexicon_of, read_texts
from llm_collab_envs.writing.summary_expansion.structure import Structure, compare
from llm_collab_envs.writing.summary_expansion.tasks import SummaryTask


@dataclass(frozen=True)
class SummaryScore:
    """What a story at three lengths is worth.

    Attributes:
        quality: F (1 + 4 A G) / 5.
        faithfulness: F, the F1 of facts over all texts.
        agreement: A, the share of shared facts that a text and the next longer one give alike.
        growth: G, the least share of what a longer text adds and states rightly.
        coverage: By text, the share of the facts that it owes and states rightly.
        in_length: The share of the texts whose length is in its bounds.
        duplication: Repeated or misplaced statements over all statements.
        conflicts: The share of the shared facts that one text has right and another denies.
        structure: CoMLRL's figures of summary and account.
    """

    quality: float
    faithfulness: float
    agreement: float
    growth: float
    coverage: dict[str, float]
    in_length: float
    duplication: float
    conflicts: float
    structure: Structure


def score(task: SummaryTask, parts: Mapping[str, str], authors: Sequence[str]) -> SummaryScore:
    """Score the texts made of all agents' parts.

    A fact is right in a text that owes it, states it, and claims it nowhere with another value.

    Args:
        task: The task.
        parts: Each agent's submission.
        authors: Who may write the short texts: their author, and who has taken over its part.
    """
    lexicon = lexicon_of(task)
    owed, readings = lexicon.owed, read_texts(lexicon, parts, authors)
    right = {t: owed[t].intersection(r.stated) - r.denied - r.outdated for t, r in readings.items()}
    stated = sum(len(reading.stated) + reading.misplaced for reading in readings.values())
    rights, owing = (sum(map(len, facts.values())) for facts in (right, owed))
    wrong = stated - rights + sum(reading.unsupported for reading in readings.values())
    faithfulness = 2 * rights / (rights + owing + wrong)
    pairs = list(itertools.pairwise(TEXTS))
    agreement = sum(_alike(owed[s], readings, right, (s, t)) for s, t in pairs) / len(pairs)
    growth = min(_share(right[t], owed[t] - owed[s]) for s, t in pairs)
    shared = owed[TEXTS[-2]]
    denied = set().union(*(r.denied | r.outdated for r in readings.values()))
    return SummaryScore(
        quality=faithfulness * (1 + 4 * agreement * growth) / 5,
        faithfulness=faithfulness,
        agreement=agreement,
        growth=growth,
        coverage={text: _share(right[text], owed[text]) for text in TEXTS},
        in_length=sum(reading.fits for reading in readings.values()) / len(TEXTS),
        duplication=(stated - rights) / stated if stated else 0.0,
        conflicts=_share(shared & denied & set().union(*right.values()), shared) if shared else 0.0,
        structure=compare(readings[TEXTS[-2]].blocks, readings[TEXTS[-1]].blocks),
    )


def _alike(
    facts: Set[int],
    readings: Mapping[str, Reading],
    right: Mapping[str, Set[int]],
    texts: Sequence[str],
) -> float:
    """Return the share of facts that texts give with the same value, right or outdated."""
    both_right = frozenset.intersection(*(frozenset(right[text]) for text in texts))
    both_old = set.intersection(
        *(readings[text].outdated.difference(readings[text].stated) for text in texts)
    )
    return _share(both_right | both_old, facts)


def _share(told: Set[int], facts: Set[int]) -> float:
    """Return the share of some facts that are told; 1 where there is nothing to tell."""
    return len(told & facts) / len(facts) if facts else 1.0
