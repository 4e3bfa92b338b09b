"""Scores of section writing, on a small task whose every figure can be checked by hand."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llm_collab_envs.writing.section_writing.reading import lexicon_of, read_part
from llm_collab_envs.writing.section_writing.scoring import WritingScore, score
from llm_collab_envs.writing.section_writing.tasks import Fact, SectionTask

TRADE = (
    Fact("Trade", "first keeper of the mill", "person", "Anna Bakodal"),
    Fact("Trade", "total cost of the harbour", "amount", "31540"),
    Fact("Trade", "feast day of the gate", "date", "1873-05-04"),
    Fact("Trade", "net weight of the bell", "measure", "48 kg"),
)
MUSIC = (
    Fact("Music", "opening year of the theatre", "year", "1712"),
    Fact("Music", "sister site of the inn", "place", "Tivokel"),
    Fact("Music", "yearly rent of the well", "amount", "20001"),
    Fact("Music", "survey day of the hall", "date", "1900-12-30"),
    Fact("Music", "lead weight of the ferry", "measure", "11 kg"),
)
STYLE = {
    "heading": "hash",
    "audience": "guests",
    "tense": "past",
    "numbers": "comma",
    "dates": "dayfirst",
    "marker": "star",
    "spelling": "American",
    "units": "long",
}
TASK = SectionTask(
    "Bakovel", ("Trade", "Music"), TRADE + MUSIC, tuple(STYLE.items()), 0, talk=100, max_cycles=6
)
TRADE_TEXT = """\
# Trade
* The first keeper of the mill was Anna Bakodal.
* The total cost of the harbor was 31,540.
* The feast day of the gate was 4 May 1873.
* The net weight of the bell was 48 kilograms.
Welcome, guests."""
MUSIC_TEXT = """\
# Music
* The opening year of the theater was 1712.
* The sister site of the inn was Tivokel.
* The yearly rent of the well was 20,001.
* The survey day of the hall was 30 December 1900.
* The lead weight of the ferry was 11 kilograms.
Welcome, guests."""
PAIRS = 2 * len(STYLE)


def of(*parts: str) -> WritingScore:
    return score(TASK, {f"agent_{n}": part for n, part in enumerate(parts)})


def f1(right: int, wrong: int = 0) -> float:
    """2 PR / (P + R), of the nine facts."""
    return 2 * right / (right + wrong + 9)


def test_a_perfect_document() -> None:
    perfect = WritingScore(quality=1.0, faithfulness=1.0, consistency=1.0, duplication=0.0)
    assert of(TRADE_TEXT, MUSIC_TEXT) == perfect
    assert of(f"{TRADE_TEXT}\n\n{MUSIC_TEXT}") == perfect
    assert of(MUSIC_TEXT, "", TRADE_TEXT) == perfect


def test_nothing_is_worth_nothing() -> None:
    assert of() == of("") == of("# Trade\n# Music") == WritingScore(0.0, 0.0, 0.0, 0.0)


def test_half_a_document() -> None:
    half = of(TRADE_TEXT)
    assert half.faithfulness == pytest.approx(f1(4))
    assert half.consistency == 0.5
    assert half.quality == pytest.approx(f1(4) * 0.75)


@pytest.mark.parametrize(
    ("decision", "old", "new"),
    [
        ("heading", "# Trade", "Trade:"),
        ("heading", "# Trade", "== Trade =="),
        ("heading", "# Trade", "## Trade"),
        ("heading", "# Trade", "Trade"),
        ("heading", "# Trade", "**Trade**"),
        ("heading", "# Trade", "**Trade:**"),
        ("heading", "# Trade", "## **Trade**"),
        ("heading", "# Trade", "1. Trade"),
        ("heading", "# Trade", "## 1. **Trade**:"),
        ("heading", "# Trade", "- Trade:"),
        ("heading", "# Trade", "Section: Trade"),
        ("heading", "# Trade", "### Section 1: Trade"),
        ("heading", "# Trade", "# Title: Trade"),
        ("heading", "# Trade", "# Trade\nTrade:"),
        ("audience", "guests", "visitors"),
        ("audience", "guests", "friends"),
        ("audience", "guests", "guests and patrons"),
        ("tense", " was ", " is "),
        ("tense", "bell was", "bell is and was"),
        ("numbers", "31,540", "31.540"),
        ("numbers", "31,540", "31 540"),
        ("numbers", "31,540", "31\N{NO-BREAK SPACE}540"),
        ("numbers", "31,540", "31540"),
        ("dates", "4 May 1873", "May 4, 1873"),
        ("dates", "4 May 1873", "04.05.1873"),
        ("dates", "4 May 1873", "1873-05-04"),
        ("marker", "* ", "- "),
        ("marker", "* ", ""),
        ("marker", "* The first", "1. The first"),
        ("marker", "* The first", "The first"),
        ("marker", "Welcome", "- Welcome"),
        ("spelling", "harbor", "harbour"),
        ("units", "48 kilograms", "48 kg"),
        ("units", "48 kilograms", "48kg"),
        ("units", "48 kilograms", "48\N{NARROW NO-BREAK SPACE}kg"),
    ],
)
def test_one_decision_violated_in_one_section(decision: str, old: str, new: str) -> None:
    assert old in TRADE_TEXT
    result = of(TRADE_TEXT.replace(old, new), MUSIC_TEXT)
    assert result.faithfulness == 1.0
    assert result.consistency == pytest.approx((PAIRS - 1) / PAIRS)
    assert result.quality == pytest.approx((1 + (PAIRS - 1) / PAIRS) / 2)


@pytest.mark.parametrize("decision", [d for d in STYLE if d != "heading"])
def test_a_decision_that_is_not_shown_is_not_followed(decision: str) -> None:
    """A section with its heading and half of its facts follows what it shows, and no more."""
    text = "# Trade\n* The first keeper of the mill was Anna Bakodal.\n"
    text += "* The total cost of the harbor was 31,540."
    shown = {"heading", "tense", "numbers", "marker", "spelling"}
    assert of(text).consistency == pytest.approx(len(shown) / PAIRS)


@pytest.mark.parametrize("line", ["* Trade winds", "1. Trade 1712", "Section", "1. It was Trade"])
def test_a_line_with_more_than_a_title_is_no_heading(line: str) -> None:
    text = MUSIC_TEXT.replace("* The survey", f"{line}\n* The survey")
    assert of(TRADE_TEXT, text).faithfulness >= f1(9, 1)


def test_headings_without_end_take_no_more_memory() -> None:
    assert len(read_part(lexicon_of(TASK), f"{TASK.sections[0]}:\n" * 5_000)) < 200


def test_a_title_may_look_like_the_mark_of_a_heading() -> None:
    titles = {"Trade": "Section 1", "Music": "2. Music"}
    facts = tuple(dataclasses.replace(fact, section=titles[fact.section]) for fact in TASK.facts)
    task = dataclasses.replace(TASK, sections=tuple(titles.values()), facts=facts)
    text = f"{TRADE_TEXT}\n{MUSIC_TEXT}".replace("# Trade", "Section 1:")
    assert score(task, {"agent_0": text.replace("# Music", "## 2. Music")}).faithfulness == 1.0


def test_a_section_without_half_of_its_facts_is_missing() -> None:
    lines = MUSIC_TEXT.splitlines()
    two, three = "\n".join(lines[:3] + lines[-1:]), "\n".join(lines[:4] + lines[-1:])
    assert of(TRADE_TEXT, two).consistency == 0.5
    assert of(TRADE_TEXT, three).consistency > 0.7
    padded = "# Music\n* It was good.\nWelcome, guests."
    assert of(TRADE_TEXT, padded).consistency == 0.5


@pytest.mark.parametrize(
    "sentence",
    [
        "The opening year of the theater was 1712!",
        "The opening year of the theater was 1712",
        "Opening year, theatre: it was 1712.",
        "In 1712, the year of its opening, was the theatre built.",
        "The old theater has 1712 as its opening year.",
        "1712 was the opening year of the theater.",
        "**The opening year of the theater** was 1712.",
        "*The* opening year of the theater was **1712**",
        "'The opening year of the theater was 1712.'",
        '"The opening year of the theater was 1712."',
        "\N{BULLET} The opening year of the theater was 1712;",
        "The opening year of the theater fell in 1712.",
        "The theater got its opening year in 1712.",
        "1712 became the opening year of the theater.",
    ],
)
def test_a_fact_may_be_put_in_any_words(sentence: str) -> None:
    text = MUSIC_TEXT.replace("The opening year of the theater was 1712.", sentence)
    assert of(TRADE_TEXT, text).faithfulness == 1.0


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("The mill stands. It amounts to much, it belongs to all.", set()),
        ("All guests are welcome.", {("audience", "guests")}),
        ("Welcome, dear guest, as it stands.", {("audience", "guests")}),
        ("## The Mill of Old Bako\nThe first look was good.", set()),
    ],
)
def test_sentences_need_no_marker_and_no_tense_where_they_state_no_fact(
    text: str, options: set[tuple[str, str]]
) -> None:
    (block,) = read_part(lexicon_of(TASK), text)
    assert block.options - {("heading", "")} == options


@pytest.mark.parametrize(
    ("verb", "tense"),
    [("is", "present"), ("falls in", "present"), ("became", "past"), ("will be", None)],
)
def test_tense_is_that_of_sentences_on_facts(verb: str, tense: str | None) -> None:
    (block,) = read_part(lexicon_of(TASK), f"The opening year of the theatre {verb} 1712.")
    shown = {option for decision, option in block.options if decision == "tense"}
    assert shown == ({tense} if tense else set())


def test_a_document_may_have_a_title() -> None:
    assert of(f"# A Short Guide to Bakovel\n{TRADE_TEXT}", MUSIC_TEXT).quality == 1.0


def test_the_record_that_holds_may_be_named_with_its_value() -> None:
    later = {"record": 2015, "outdated": "31541", "outdated_record": 1990}
    fact = dataclasses.replace(TRADE[1], **later)
    task = dataclasses.replace(TASK, facts=(TRADE[0], fact, *TRADE[2:], *MUSIC))

    def faithful(value: str) -> float:
        text = TRADE_TEXT.replace("31,540", value)
        return score(task, {"agent_0": text, "agent_1": MUSIC_TEXT}).faithfulness

    assert faithful("31,540 (record of 2015)") == 1.0
    assert faithful("31,540 (record of 1990)") == pytest.approx(f1(8, 1))
    assert faithful("31,540 (record of 2015), 31,541 (record of 1990)") < f1(8, 1)


def test_facts_may_stand_in_a_paragraph() -> None:
    lines = [line.removeprefix("* ") for line in TRADE_TEXT.splitlines()]
    paragraph = "\n".join([lines[0], " ".join(lines[1:])])
    assert of(paragraph, MUSIC_TEXT).faithfulness == 1.0


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("The opening year of the theater was not 1712.", 1),
        ("The opening year of the theater was never 1712.", 1),
        ("The opening year of the theater wasn't 1712.", 1),
        ("The opening year of the theater was hardly 1712.", 1),
        ("The opening year of the theater was wrongly given as 1712.", 1),
        ("The opening year of the theater was 1712 or so.", 1),
        ("Was the opening year of the theater 1712?", 1),
        ("The opening year of the theater: 1712.", 1),  # no verb
        ("the opening year of the theater was 1712.", 1),  # no capital
        ("'the opening year of the theater was 1712.'", 1),
        ("'Was the opening year of the theater 1712?'", 1),
        ("The opening year of the theater serves, with 1712 -", 1),
        ("The opening year of the theater was 1712,", 1),  # it breaks off
        ("The opening year of the theater was 1712:", 1),
        ("The theater was of 1712.", 1),  # not which property
        ("The opening year was 1712.", 1),  # not of what
        ("The opening year of the theater was 1713.", 1),
        ("The opening year of the theater was 17120.", 1),
        ("The opening year of the theater was 1712-13.", 1),
        ("The opening year of the theater was 1,712.", 1),
        ("The opening year of the theater was 1712 or 1713.", 2),
        ("The opening year of the theater was 1712, 1713, 1714.", 2),
        ("The opening year of the theater was 1711 1712 1713 1714.", 3),
        ("The opening year of the theater was 1712 in Rodovel.", 1),
        ("The opening year of the theater was seventeen twelve.", 0),
        ("It was good.", 0),
    ],
)
def test_what_does_not_state_a_fact(sentence: str, wrong: int) -> None:
    text = MUSIC_TEXT.replace("The opening year of the theater was 1712.", sentence)
    assert sentence in text
    assert of(TRADE_TEXT, text).faithfulness == pytest.approx(f1(8, wrong))


@pytest.mark.parametrize(
    "value", ["Anna Bakodel", "anna bakodal", "Anna", "Bakodal", "Anna-Bakodal", "Bakodal Anna"]
)
def test_names_are_taken_whole(value: str) -> None:
    assert of(TRADE_TEXT.replace("Anna Bakodal", value), MUSIC_TEXT).faithfulness < 0.99


def test_a_fact_in_the_wrong_section_is_wrong() -> None:
    line = "* The opening year of the theater was 1712.\n"
    moved = of(TRADE_TEXT.replace("Welcome", f"{line}Welcome"), MUSIC_TEXT.replace(line, ""))
    assert moved.faithfulness == pytest.approx(f1(8, 1))
    assert moved.duplication == pytest.approx(1 / 9)


def test_a_fact_before_any_heading_is_wrong() -> None:
    line = "The opening year of the theater was 1712.\n"
    assert of(line).faithfulness == pytest.approx(f1(0, 1))
    assert of(line + TRADE_TEXT, MUSIC_TEXT).faithfulness == pytest.approx(f1(9, 1))


@pytest.mark.parametrize("who", ["the same agent", "a teammate"])
def test_repeats_cost_precision_and_coordination(who: str) -> None:
    parts = [f"{TRADE_TEXT}\n{TRADE_TEXT}"] if who == "the same agent" else [TRADE_TEXT] * 2
    result = of(*parts, MUSIC_TEXT)
    assert result.faithfulness == pytest.approx(f1(9, 4))
    assert result.duplication == pytest.approx(4 / 13)
    assert result.consistency == 1.0


def test_unsupported_names_and_figures_cost_precision() -> None:
    extra = "* It was near Rodovel, Madika and Clara Todal, 12 miles off, in 1850.\n"
    text = TRADE_TEXT.replace("Welcome", f"{extra}Welcome")
    assert of(text, MUSIC_TEXT).faithfulness == pytest.approx(f1(9, 5))


def test_an_invented_name_is_one_at_the_start_of_its_sentence_too() -> None:
    extra = "* Rodovel was the first keeper of the mill.\n* Nobody was there.\n"
    text = TRADE_TEXT.replace("Welcome", f"{extra}Welcome")
    assert of(text, MUSIC_TEXT).faithfulness == pytest.approx(f1(8, 2))  # its keeper is another


def test_public_names_are_free() -> None:
    extra = "* Bakovel was famous for its Trade, its Music and its Mill.\n"
    text = TRADE_TEXT.replace("Welcome", f"{extra}Welcome")
    assert of(text, MUSIC_TEXT).faithfulness == 1.0


def test_two_facts_a_sentence_are_read_and_three_are_a_list() -> None:
    two = "* The first keeper of the mill was Anna Bakodal, total cost of the harbor was 31,540.\n"
    lines = TRADE_TEXT.splitlines(keepends=True)
    assert of(lines[0] + two + "".join(lines[3:]), MUSIC_TEXT).faithfulness == 1.0
    three = two.replace(".\n", ", the feast day of the gate was 4 May 1873.\n")
    listed = of(lines[0] + three + "".join(lines[4:]), MUSIC_TEXT)
    assert listed.faithfulness < f1(6, 2)


@pytest.mark.parametrize(
    ("sentence", "right", "wrong"),
    [
        ("The opening year of the theater was 1712 and the inn's sister site Tivokel.", 9, 0),
        ("The theater's opening year and the inn's sister site was 1712 and Tivokel.", 9, 0),
        ("In 1712 was the opening year of the theater; Tivokel was the inn's sister site.", 9, 0),
        ("The opening year of the theater was Tivokel and the inn's sister site was 1712.", 7, 2),
        ("The theater's opening year and the inn's sister site was Tivokel and 1712.", 7, 2),
        ("The opening year of the inn was 1712 and the theater's sister site Tivokel.", 7, 2),
        ("Tivokel was the theater's opening year, and the inn's sister site was 1712.", 7, 2),
    ],
)
def test_two_facts_a_sentence_have_their_own_values(sentence: str, right: int, wrong: int) -> None:
    rest = "".join(line for line in MUSIC_TEXT.splitlines(True) if "1712" not in line)
    rest = rest.replace("* The sister site of the inn was Tivokel.", f"* {sentence}")
    assert of(TRADE_TEXT, rest).faithfulness == pytest.approx(f1(right, wrong))


def test_facts_of_one_kind_keep_their_own_values() -> None:
    """Words that both attributes have, such as "of", do not tell whose a value is."""
    two = "* The total cost of the harbor was 20,001 and the yearly rent of the well was 31,540.\n"
    lines = TRADE_TEXT.splitlines(keepends=True)
    assert of(lines[0] + two + "".join(lines[3:])).faithfulness == pytest.approx(f1(2, 2))


def test_a_fact_with_two_values_is_not_right() -> None:
    """Naming the old and the new value is no way to be right without asking."""
    hedge = "* The opening year of the theater was 1650.\n"
    text = MUSIC_TEXT.replace("Welcome", f"{hedge}Welcome")
    assert of(TRADE_TEXT, text).faithfulness == pytest.approx(f1(8, 2))
    assert of(TRADE_TEXT + f"\n{hedge}", MUSIC_TEXT).faithfulness == pytest.approx(f1(8, 2))


def test_both_tenses_follow_neither_and_repeat_everything() -> None:
    both = "\n".join(
        f"{line}\n{line.replace(' was ', ' is ')}" if " was " in line else line
        for line in (TRADE_TEXT + "\n" + MUSIC_TEXT).splitlines()
    )
    result = of(both)
    assert result.faithfulness == pytest.approx(f1(9, 9))
    assert result.consistency == pytest.approx(14 / PAIRS)
    assert result.duplication == 0.5


def test_naming_every_option_earns_less_than_choosing_one() -> None:
    every = TRADE_TEXT.replace("# Trade", "# Trade\nTrade:\n== Trade ==")
    every = every.replace("guests", "guests, visitors, patrons").replace("was", "is and was")
    chosen = TRADE_TEXT.replace("# Trade", "Trade:").replace("guests", "visitors")
    assert of(every, MUSIC_TEXT).quality < of(chosen, MUSIC_TEXT).quality


def test_only_decisions_that_a_section_can_show_are_asked_of_it() -> None:
    """A user's section without amounts, dates, measures or British words can be perfect."""
    fact = Fact("Food", "first keeper of the inn", "person", "Hugo Rodal")
    small = Fact("Trade", "total cost of the mill", "amount", "540")
    task = dataclasses.replace(TASK, sections=("Food", "Trade"), facts=(fact, small))
    text = "# Food\n* The first keeper of the inn was Hugo Rodal.\nWelcome, guests.\n"
    text += "# Trade\n* The total cost of the mill was 540.\nWelcome, guests."
    assert score(task, {"agent_0": text}) == WritingScore(1.0, 1.0, 1.0, 0.0)


def test_a_date_is_not_taken_for_the_year_in_it() -> None:
    facts = tuple(dataclasses.replace(f, value="1900") if f.kind == "year" else f for f in MUSIC)
    line = (
        "* In the opening year of the theater, the survey day of the hall was 30 December 1900.\n"
    )
    task = dataclasses.replace(TASK, sections=("Music",), facts=facts)
    assert score(task, {"agent_0": f"# Music\n{line}"}).faithfulness == pytest.approx(2 / (1 + 5))


def test_a_month_within_a_word_makes_no_date() -> None:
    assert of(f"{TRADE_TEXT} MidMay 4, 1873.", MUSIC_TEXT).consistency == 1.0


def test_scores_do_not_depend_on_the_hash_seed() -> None:
    """One value, two facts that it might be: which one is taken must be the same every time."""
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_section_writing_scoring import *\n"
        "facts = (dataclasses.replace(TRADE[1], value='20001'), *TRADE[2:], *MUSIC)\n"
        "line = 'The total cost of the harbor and the yearly rent of the well was 20,001.'\n"
        "print(score(dataclasses.replace(TASK, facts=facts), {'': '# Music\\n' + line}))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
