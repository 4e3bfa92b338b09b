"""Scores of summary expansion, on a small article whose every figure can be checked by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cheats_summary_expansion import CONCISE, ELABORATE
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.writing.summary_expansion.article import FIELDS
from llm_collab_envs.writing.summary_expansion.facts import OWN_ASKS, Fact
from llm_collab_envs.writing.summary_expansion.reading import lexicon_of, say_what_is_not_read
from llm_collab_envs.writing.summary_expansion.scoring import SummaryScore, score
from llm_collab_envs.writing.summary_expansion.structure import TRANSITIONS, compare
from llm_collab_envs.writing.summary_expansion.tasks import SummaryTask

VALUES = {
    "flood": {"place": "Bakovel", "day": "4 May 1873", "cost": "45210", "cause": "rusty valve"},
    "fire": {"place": "Tivekon", "day": "30 July 1873", "cost": "31540", "leader": "Anna Bakodal"},
}
FACTS = tuple(
    Fact(
        passage=n,
        value=value,
        words=(event,),
        cues=FIELDS[name].cues,
        text="account"
        if name not in ("place", "cost")
        else "headline"
        if event == "flood"
        else "summary",
        outdated="52000" if value == "45210" else "",
    )
    for n, (event, told) in enumerate(VALUES.items())
    for name, value in told.items()
)
TASK = SummaryTask(
    ("A flood.", "A fire."),
    ("flood", "fire"),
    FACTS,
    tuple(OWN_ASKS.values()),
    ((3, 12), (8, 40), (20, 80)),
    talk=100,
    max_cycles=6,
)
HEADLINE = "Flood in Bakovel costs 45210 crowns"
SUMMARY = "The flood in Bakovel cost 45210 crowns.\nThe fire in Tivekon cost 31540 crowns."
FLOOD = "The flood was in Bakovel on 4 May 1873. It cost 45210 crowns, because of a rusty valve."
FIRE = "The fire was in Tivekon on 30 July 1873. It cost 31540 crowns. Anna Bakodal led the crews."
OWED = 2 + 4 + 8
WORDS = [f"{'bcdfghjklmpr'[n // 10]}{n % 10}q" for n in range(120)]  # none means anything


def texts(headline: str = HEADLINE, summary: str = SUMMARY, account: str = "") -> str:
    account = account or f"{FLOOD}\n{FIRE}"
    return f"Headline: {headline}\nSummary:\n{summary}\nAccount:\n{account}"


def of(*parts: str) -> SummaryScore:
    return score(TASK, {f"agent_{n}": part for n, part in enumerate(parts)}, ["agent_0"])


def f1(right: int, wrong: int = 0) -> float:
    """2 PR / (P + R), of the facts that the three texts owe together."""
    return 2 * right / (right + wrong + OWED)


def quality(faithfulness: float, agreement: float, growth: float) -> float:
    return faithfulness * (1 + 4 * agreement * growth) / 5


def test_a_perfect_story() -> None:
    perfect = of(texts())
    assert perfect.quality == perfect.faithfulness == perfect.agreement == perfect.growth == 1.0
    assert perfect.coverage == {"headline": 1.0, "summary": 1.0, "account": 1.0}
    assert perfect.in_length == 1.0
    assert perfect.duplication == perfect.conflicts == 0.0


@pytest.mark.parametrize(
    "parts",
    [
        (f"Headline:\n{HEADLINE}\nSummary:\n{SUMMARY}", f"Account: {FLOOD}", f"Account:\n{FIRE}"),
        (f"# Account\n{FIRE}\n\n**Summary:**\n{SUMMARY}\n## HEADLINE\n{HEADLINE}", "",
         f"Account:\n{FLOOD}"),
        (texts().replace("Headline: ", "== headline ==\n"),),
        (texts(account=f"{FLOOD} {FIRE}"),),
        (texts(account=f"Flood:\n- {FLOOD.replace('The flood', 'It')}\nFire:\n* {FIRE}"),),
        (f"Here are my texts.\n{texts()}",),
        (texts().replace("Account:", "Full Account:"),),
        (texts().replace("Headline: ", "1. **Headline**:\n").replace("Account:", "- Account:"),),
        (texts(account=f"flood: {FLOOD.replace('The flood', 'It')}\n{FIRE}"),),
        (texts(account=f"**flood:** {FLOOD.replace('The flood', 'It')}\n{FIRE}"),),
        (texts(account=f"1. **The flood**: {FLOOD.replace('The flood', 'It')}\n{FIRE}"),),
        (texts(summary=SUMMARY.replace("The fire in Tivekon", "fire: It hit Tivekon and")),),
        (texts(HEADLINE + "\n\n---", SUMMARY + "\n***"),),
        (f"```text\n{texts()}\n```",),
        (texts(f"\n```markdown\n{HEADLINE}\n```", f"```\n{SUMMARY}\n```"),),
        (texts(HEADLINE.upper()),),
        (texts().replace("Account:", "_Account:_").replace("Summary:", "*Summary* -"),),
        (texts().replace("Account:", "Account (both paragraphs):"),),
        (texts(account=FLOOD), f"Account by agent_1:\n{FIRE}"),
        (texts(summary="1. " + SUMMARY.replace("\n", "\n2. ")),),
    ],
)  # fmt: skip
def test_texts_may_come_in_any_order(parts: tuple[str, ...]) -> None:
    assert of(*parts).quality == 1.0


@pytest.mark.parametrize("part", ["", HEADLINE, f"{FLOOD}\n{FIRE}", "Headline:\nSummary:\nAccount"])
def test_nothing_is_worth_nothing(part: str) -> None:
    result = of(part)
    assert result.quality == result.faithfulness == result.agreement == result.growth == 0.0
    assert result.in_length == 0.0


def test_an_account_alone() -> None:
    result = of(f"Account:\n{FLOOD}\n{FIRE}")
    assert result.faithfulness == pytest.approx(f1(8))
    assert result.agreement == result.growth == 0.0
    assert result.quality == pytest.approx(f1(8) / 5)
    assert result.coverage == {"headline": 0.0, "summary": 0.0, "account": 1.0}


def test_short_texts_alone() -> None:
    result = of(f"Headline: {HEADLINE}\nSummary: {SUMMARY}")
    assert result.agreement == 0.5  # of headline and summary, and of summary and account
    assert result.growth == 0.0
    assert result.quality == pytest.approx(f1(6) / 5)


def test_half_an_account() -> None:
    result = of(texts(account=FLOOD))
    assert result.agreement == pytest.approx((1 + 2 / 4) / 2)
    assert result.growth == pytest.approx(2 / 4)  # of day, cause, day and leader
    assert result.quality == pytest.approx(quality(f1(10), 0.75, 0.5))


def test_a_longer_text_that_adds_nothing() -> None:
    padding = "\nIt was a hard year." * 5
    result = of(texts(account=SUMMARY + padding))
    assert result.agreement == 1.0
    assert result.growth == 0.0
    assert result.quality == pytest.approx(f1(10) / 5)


def test_growth_is_that_of_the_weakest_step() -> None:
    result = of(texts(summary=SUMMARY.splitlines()[0]))
    assert result.growth == 0.0  # the summary adds nothing to the headline; the account does
    assert result.agreement == pytest.approx((1 + 2 / 4) / 2)


class TestSentences:
    @pytest.mark.parametrize(
        "sentence",
        [
            "The flood in Bakovel cost 45,210 crowns.",
            "In Bakovel, the damage of the flood came to 45 210 crowns!",
            "Floods happen, but the flood at Bakovel had a bill of 45210.",
            "The flood hit Bakovel.\nIt cost 45210 crowns.",
            "The flood hit Bakovel. The damage was great. 45210 crowns was the bill.",
            "**The flood** hit Bakovel, and it cost 45\N{NO-BREAK SPACE}210 crowns.",
            "\N{BULLET} The flood in Bakovel cost 45210 crowns;",
            "'The flood in Bakovel cost 45210 crowns.'",
            "1. The flood in Bakovel cost 45210 crowns.",
            "The flood in Bakovel cost 45210 crowns in May.",
            "The flood in Bakovel, of 4 May 1873, cost 45210 crowns. The flood, 45 210, was wet.",
        ],
    )
    def test_may_put_facts_in_any_words(self, sentence: str) -> None:
        lines = SUMMARY.splitlines()
        assert of(texts(summary=f"{sentence}\n{lines[1]}")).quality == 1.0

    @pytest.mark.parametrize(
        "sentence",
        [
            "The flood was in Bakovel on May 4, 1873.",
            "On 4 May 1873 the flood came to Bakovel.",
            "The flood was in Bakovel on May 4 1873.",
            "The flood was in Bakovel on May 4th, 1873.",
            "The flood was in Bakovel on the 4th of May 1873.",
            "The flood was in Bakovel on 4th May, 1873.",
            "The flood came to Bakovel. It was the day of 04.05.1873.",
        ],
    )
    def test_may_write_dates_in_any_form(self, sentence: str) -> None:
        account = FLOOD.replace("The flood was in Bakovel on 4 May 1873.", sentence)
        assert of(texts(account=f"{account}\n{FIRE}")).quality == 1.0

    @pytest.mark.parametrize(
        ("sentence", "wrong"),
        [
            ("The flood cost not 45210 crowns.", 0),
            ("The flood didn't cost 45210 crowns.", 0),
            ("The flood cost 45210 crowns or so.", 0),
            ("Did the flood cost 45210 crowns?", 0),
            ("the flood cost 45210 crowns.", 0),
            ("The flood cost 45210 crowns,", 0),  # it breaks off
            ("The flood: 45210.", 0),  # no cue
            ("flood: 45210.", 0),
            ("storm: It cost 45210 crowns.", 1),  # there was none
            ("The flood cost 452100 crowns.", 1),
            ("The flood cost 4521 crowns.", 1),
            ("The flood cost 31540 crowns.", 1),  # the fire did
            ("The flood cost 45210 or 31540 crowns.", 1),
            ("The flood cost 45210, 31540, 12 crowns.", 2),
            ("The flood cost 45210 crowns, said Anna Bakodal.", 1),
            ("The flood cost a lot.", 0),
            ("It cost 45210 crowns.", 1),  # what did?
        ],
    )
    def test_that_do_not_state_a_fact(self, sentence: str, wrong: int) -> None:
        fire = SUMMARY.splitlines()[1]
        result = of(texts(summary=f"{sentence}\nThe flood was in Bakovel.\n{fire}"))
        assert result.coverage["summary"] == 0.75
        assert result.faithfulness == pytest.approx(f1(13, wrong))
        assert result.agreement == pytest.approx((1 / 2 + 3 / 4) / 2)

    def test_may_name_what_their_event_supports(self) -> None:
        account = FIRE.replace("crowns.", "crowns, said Anna Bakodal.")
        assert of(texts(account=f"{FLOOD}\n{account}")).quality == 1.0

    def test_go_on_about_the_event_named_last(self) -> None:
        swapped = "The flood was in Bakovel. The fire was in Tivekon. It cost 45210 crowns."
        result = of(texts(summary=swapped))
        assert result.coverage["summary"] == 0.5
        assert result.faithfulness == pytest.approx(f1(12, 1))

    def test_go_on_about_the_last_of_two_events(self) -> None:
        both = "The flood was in Bakovel before the fire in Tivekon. It cost 31540 crowns."
        assert of(texts(summary=f"{both} The flood cost 45210 crowns.")).quality == 1.0

    def test_of_another_agent_do_not_go_on(self) -> None:
        cost = "It cost 31540 crowns."
        account = f"{FLOOD}\n{FIRE.replace(cost, '')}"
        assert of(texts(account=f"{account} The fire burned. {cost}")).quality == 1.0
        parts = texts(account=account), f"Account:\n{cost}"
        assert of(*parts).coverage["account"] == pytest.approx(7 / 8)

    def test_of_two_events(self) -> None:
        both = "The flood in Bakovel and the fire cost 45210 and 31540 crowns."
        result = of(texts(summary=f"{both} The fire was in Tivekon."))
        assert result.quality == 1.0

    def test_with_more_than_three_facts_state_none(self) -> None:
        soup = "The flood, in Bakovel on 4 May 1873, cost 45210 because of a rusty valve."
        result = of(texts(account=f"{soup}\n{FIRE}"))
        assert result.coverage["account"] == 0.5
        assert result.faithfulness == pytest.approx(f1(10))

    def test_with_two_values_in_one_text_are_not_right(self) -> None:
        """Naming two costs is no way to be right without asking."""
        for other in ("31540", "52000"):
            result = of(texts(account=f"{FLOOD} It cost {other} crowns.\n{FIRE}"))
            assert result.coverage["account"] == pytest.approx(7 / 8)
            assert result.faithfulness == pytest.approx(f1(13, 2))
            assert result.conflicts == pytest.approx(1 / 4)
            assert result.agreement == pytest.approx((1 + 3 / 4) / 2)

    def test_with_a_cause_that_is_not_theirs_deny_their_own(self) -> None:
        """To list what might have caused it is no way to be right either."""
        listed = FLOOD.replace("a rusty valve", "a worn gate, a rusty valve and a loose wire")
        result = of(texts(account=f"{listed}\n{FIRE}"))
        assert result.coverage["account"] < 1.0
        beside = of(texts(account=f"{FLOOD} Frozen pumps were the cause of it.\n{FIRE}"))
        assert beside.coverage["account"] == 1.0
        denied = of(texts(account=f"{FLOOD} A frozen pump was the cause of it.\n{FIRE}"))
        assert denied.coverage["account"] == pytest.approx(7 / 8)

    def test_deny_all_that_they_claim_with_a_name_that_is_not_theirs(self) -> None:
        fire = SUMMARY.splitlines()[1]
        result = of(texts(summary=f"{SUMMARY} The flood in Tivekon cost 45210 crowns.\n{fire}"))
        assert result.coverage["summary"] == 0.5

    def test_that_belong_elsewhere_or_repeat_cost_precision(self) -> None:
        result = of(texts(summary=f"{SUMMARY} It was on 30 July 1873.", account=f"{FLOOD}\n{FIRE}\n"
                          + FIRE.partition(". ")[0] + "."))  # fmt: skip
        assert result.faithfulness == pytest.approx(f1(14, 3))
        assert result.duplication == pytest.approx(3 / 17)
        assert result.agreement == result.growth == 1.0

    def test_with_unsupported_names_cost_precision(self) -> None:
        extra = "They talked of it as far as Rodovel, Clara Todal and 12 Rodovel men did."
        result = of(texts(account=f"{FLOOD}\n{FIRE}\n{extra}"))
        assert result.faithfulness == pytest.approx(f1(14, 4))


class TestHeadlines:
    @pytest.mark.parametrize(
        "line",
        [
            "Flood in Bakovel costs 45,210 crowns",
            "Bakovel flood: 45210 crowns lost",
            "Great Flood Costs Bakovel 45,210 Crowns",
            "The Flood in Bakovel Cost 45,210 crowns",
            "45210 crowns: the bill for Bakovel's flood.",
        ],
    )
    def test_may_put_it_in_any_words(self, line: str) -> None:
        assert of(texts(headline=line)).quality == 1.0

    @pytest.mark.parametrize(
        ("line", "right", "wrong"),
        [
            ("Flood costs 45210 crowns", 1, 0),
            ("Flood in Bakovel costs 31540 crowns", 0, 1),
            ("Fire in Tivekon costs 31540 crowns", 0, 2),  # true, but not the headline
            ("Flood and fire cost 45210 and 31540", 0, 0),  # two events
            ("No flood in Bakovel for 45210 crowns", 0, 0),
            ("Did a flood in Bakovel cost 45210?", 0, 0),
            ("Bakovel: 45210 crowns lost", 0, 2),  # by what?
            ("The Flood in Bakovel Cost Rodovel 45210 crowns", 0, 1),
            ("Flood in Bakovel\ncosts 45210 crowns", 0, 0),  # two lines
            ("45210", 0, 0),  # too short
            ("Flood " + "and more " * 6 + "in Bakovel costs 45210 crowns", 0, 0),  # cut off
        ],
    )
    def test_that_are_wrong(self, line: str, right: int, wrong: int) -> None:
        result = of(texts(headline=line))
        assert result.coverage["headline"] == right / 2
        assert result.faithfulness == pytest.approx(f1(12 + right, wrong))
        assert result.agreement == pytest.approx((right / 2 + 1) / 2)


class TestAuthors:
    """The short texts are their author's; an heir writes what the author has not."""

    def of(self, *parts: str, authors: Sequence[str] = ("agent_0",)) -> SummaryScore:
        return score(TASK, {f"agent_{n}": part for n, part in enumerate(parts)}, authors)

    def test_others_cannot_write_their_texts(self) -> None:
        for authors in ((), ("agent_1",)):
            result = self.of(texts(), authors=authors)
            assert result.coverage == {"headline": 0.0, "summary": 0.0, "account": 1.0}
            assert result.faithfulness == pytest.approx(f1(8, 6))
            assert result.duplication == pytest.approx(6 / 14)

    def test_others_cannot_fill_the_gaps_of_their_texts(self) -> None:
        flood, fire = SUMMARY.splitlines()
        result = self.of(texts(summary=flood), f"Summary: {fire}")
        assert result.coverage["summary"] == 0.5
        assert result.faithfulness == pytest.approx(f1(12, 2))
        assert result.duplication == pytest.approx(2 / 14)

    def test_a_headline_of_others_without_end_says_nothing(self) -> None:
        assert self.of(texts(), "Headline: Flood" + " 12" * 200).faithfulness == 1.0

    def test_what_others_make_up_under_their_names_costs_too(self) -> None:
        result = self.of(texts(), "Headline: All was well\nSummary: The flood cost 12 crowns.")
        assert set(result.coverage.values()) == {1.0}
        assert result.faithfulness == pytest.approx(f1(14, 1))
        assert result.duplication == result.conflicts == 0.0

    def test_an_heir_may_write_them(self) -> None:
        assert self.of("", texts(), authors=("agent_0", "agent_1")).quality == 1.0

    def test_what_the_author_has_written_stands(self) -> None:
        result = self.of(texts(), f"Headline: {HEADLINE}", authors=("agent_0", "agent_1"))
        assert result.coverage["headline"] == 1.0
        assert result.faithfulness == pytest.approx(f1(14, 2))
        other = self.of(f"Summary: {SUMMARY}", texts(), authors=("agent_0", "agent_1"))
        assert other.coverage["headline"] == 1.0


class TestLengths:
    def test_what_is_over_is_not_read(self) -> None:
        flood = SUMMARY.splitlines()[0]
        late = of(
            texts(summary=f"{flood}{' It was so.' * 8} The fire in Tivekon cost 31540 crowns.")
        )
        assert late.in_length == pytest.approx(2 / 3)
        assert late.coverage["summary"] == 0.5

    def test_agents_share_the_room_in_order(self) -> None:
        long = "The flood was bad." * 1 + " It was bad." * 19  # 5 + 19 * 4 = 81 tokens
        first = of(f"Account:\n{long}", texts())
        assert first.coverage["account"] == 0.0
        assert of(texts(), f"Account:\n{long}").coverage["account"] == 1.0

    def test_what_is_too_short_says_nothing(self) -> None:
        short = of(texts(summary="The flood cost 45210 crowns."))
        assert short.coverage["summary"] == 0.0
        assert short.in_length == pytest.approx(2 / 3)

    def test_list_markers_are_no_part_of_it(self) -> None:
        line, filler = "It was a hard year.", "So it goes."
        summary = "\n".join(f"{n}. {text}" for n, text in enumerate([filler, *[line] * 6], 1))
        assert count_tokens(summary) > 40 >= count_tokens("\n".join([filler, *[line] * 6]))
        assert of(texts(summary=summary)).in_length == 1.0


class TestNotices:
    """What an agent is told of what is not read, by `say_what_is_not_read`."""

    @staticmethod
    def told(*parts: str, agent: int = 0) -> list[str]:
        named = {f"agent_{n}": part for n, part in enumerate(parts)}
        return say_what_is_not_read(lexicon_of(TASK), named, ["agent_0"], f"agent_{agent}")

    def test_there_are_none_where_all_is_read(self) -> None:
        assert self.told(texts()) == []

    def test_a_submission_without_a_text(self) -> None:
        for part in ("", HEADLINE, f"Accounts:\n{FLOOD}"):
            (notice,) = self.told(texts(), part, agent=1)
            assert notice.startswith("nothing of your submission is read: write 'Headline:', ")

    def test_texts_that_are_too_long_or_too_short(self) -> None:
        assert self.told(texts(headline=f"{HEADLINE} {' '.join(WORDS[:10])}", summary="Hot.")) == [
            "the headline has more than 12 tokens: what comes after is not read.",
            "the summary has fewer than 8 tokens by now: none of it is read.",
        ]

    def test_all_of_an_account_counts_for_each_of_its_authors(self) -> None:
        parts = (f"Account: {FLOOD}", f"Account: {' '.join(WORDS[:40])}.")
        for agent in range(2):
            (notice,) = self.told(*parts, agent=agent)
            assert notice == "the account has more than 80 tokens: what comes after is not read."

    def test_a_text_that_is_not_ones_own_to_write(self) -> None:
        for author in ("", texts()):
            told = self.told(author, f"Summary:\n{SUMMARY}\nAccount: {FLOOD} {FIRE}", agent=1)
            assert told[0] == "the summary is not yours to write: yours is not read."
        assert self.told(texts(account=FLOOD), texts(account=FIRE)) == []


class TestReports:
    def test_texts_that_are_outdated_alike_agree_but_are_not_faithful(self) -> None:
        old = texts().replace("45210", "52000")
        result = of(old)
        assert result.agreement == 1.0
        assert result.coverage == {"headline": 1 / 2, "summary": 3 / 4, "account": 7 / 8}
        assert result.faithfulness == pytest.approx(f1(11, 3))
        assert result.growth == 1.0
        assert result.conflicts == 0.0

    def test_a_text_that_has_both_agrees_with_none(self) -> None:
        both = f"{SUMMARY} The flood cost 52000 crowns."
        old = texts(summary=both).replace("costs 45210", "costs 52000")
        assert of(old).agreement == pytest.approx((1 / 2 + 3 / 4) / 2)

    def test_texts_that_keep_different_reports_conflict(self) -> None:
        old = FLOOD.replace("It cost 45210", "It cost 52000")
        result = of(texts(account=f"{old}\n{FIRE}"))
        assert result.agreement == pytest.approx((1 + 3 / 4) / 2)
        assert result.conflicts == pytest.approx(1 / 4)


def test_scores_do_not_depend_on_the_hash_seed() -> None:
    """One value, two facts that it might be: which one is taken must be the same every time."""
    code = (
        "import dataclasses, sys; sys.path.insert(0, 'tests')\n"
        "from test_summary_expansion_scoring import *\n"
        "from llm_collab_envs.writing.sentences import Entry, find_places, find_stated\n"
        "facts = [dataclasses.replace(f, value='45210') if f.value == '31540' else f"
        " for f in FACTS]\n"
        "line = 'The flood in Bakovel and the fire cost 45210 crowns.'\n"
        "task = dataclasses.replace(TASK, facts=tuple(facts))\n"
        "print(score(task, {'': texts(summary=line)}, ['']))\n"
        "fields = (('cost', '42733'), ('helpers', '511'))\n"
        "entries = [Entry(field, frozenset({'flood'}), (value,), frozenset(FIELDS[field].cues))"
        " for field, value in fields]\n"
        'as_near = "The flood bill was about: 42733: helpers\' crowns, 511."\n'
        "print(find_stated(entries, as_near, 3, find_places))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in "123"
    }
    assert len(printed) == 1


class TestStructure:
    def test_figures_by_hand(self) -> None:
        figures = compare(["The cat sat."], ["The cat sat. However, the dog ran on the mat."])
        assert figures.length_ratio == 45 / 12
        assert figures.new_word_ratio == 8 / 3  # the, cat, sat, however, dog, ran, on, mat
        assert figures.jaccard == pytest.approx(2 / 6)  # however is no stop word; the and on are
        assert figures.transitions == 1
        assert figures.tldr_reward == 0.0  # too few words

    def test_blocks_are_lines_of_one_text(self) -> None:
        one, two = ["A flood came, however."], ["The fire\ncame too.", "It was hot, in short."]
        assert compare(one, two) == compare(one, ["\n".join(two)])

    def test_nothing_has_no_figures(self) -> None:
        assert vars(compare([], [])) == dict.fromkeys(vars(compare([], [])), 0)

    @pytest.mark.parametrize(
        ("length", "new", "shared", "reward"),
        [
            (10, 10, 0, 0.5),  # as long: 0.5 and no more
            (13.5, 13.5, 0, 1.045),  # 107 of 79 characters: 0.509; 1.35 times the words: 0.036
            (16, 12, 0, 1.5),  # 1.6 times as long, but 1.2 times the words
            (16, 16, 0, 1.714),
            (20, 20, 0, 2.0),
            (41, 20, 0, 1.478),  # 327 of 79 characters: 0.478
            (52, 20, 0, 0.5),  # 5.2 times as long
            (20, 20, 10, 2.6),
        ],
    )
    def test_reward_by_hand(self, length: float, new: float, shared: int, reward: float) -> None:
        """Of 20 words, and so many times half that, with so many different and shared ones."""
        short = WORDS[:20]
        pool = short[: 2 * shared] + WORDS[20 : 20 + round(2 * new) - 2 * shared]
        long = [pool[n % len(pool)] for n in range(round(2 * length))]
        figures = compare([" ".join(short)], [" ".join(long)])
        assert figures.tldr_reward == pytest.approx(reward, abs=0.001)
        assert figures.transitions == 0

    def test_transitions_count_by_category(self) -> None:
        assert len(TRANSITIONS) == 12
        short, long = " ".join(WORDS[:40]), " ".join(WORDS[40:])
        one_of_each = [own[-1] for own in TRANSITIONS.values()]
        for linked, reward in ([], 2.0), (["moreover"], 2.16), (one_of_each, 2.38):
            figures = compare([short], [" ".join([long, *linked])])
            assert figures.transitions == len(linked)
            assert figures.tldr_reward == pytest.approx(reward)

    def test_of_texts_that_are_too_short_or_too_long_is_nothing(self) -> None:
        for short, long in ((7, 20), (20, 257)):
            figures = compare([" ".join(WORDS[:short])], [" ".join(WORDS[:20] * 13)[: 4 * long]])
            assert figures.tldr_reward == 0.0
        assert compare([" ".join(WORDS[:8])], [" ".join(WORDS[8:24])]).tldr_reward == 2.0

    def test_a_constant_pair_has_nearly_full_marks(self) -> None:
        figures = compare([CONCISE], [ELABORATE])
        assert figures.transitions == 12
        assert figures.tldr_reward == pytest.approx(2.98)
