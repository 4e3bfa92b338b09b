"""Edits and scores of copy editing, on a small draft whose every figure can be checked by hand."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from llm_collab_envs.writing.copy_editing.edits import (
    MAX_LINE_CHARS,
    Edit,
    Place,
    merge,
    read_edits,
)
from llm_collab_envs.writing.copy_editing.scoring import EditingScore, score
from llm_collab_envs.writing.copy_editing.tasks import EditingTask, Line, Point, Section

DRAFT = (
    Line("# Trade", "== Trade =="),
    Line("At the mill the warden keeps the keys.", "At the mill the sentry keeps the keys."),
    Line("At the mill the sentry lights the lamps.", "At the mill the sentry lights the lamps."),
    Line("From the mill one sees the hills.", "From the mill one sees the hills."),
    Line("From the mill one sees the hills.", None),
    Line("The cost of the mill comes to 4820.", "The cost of the mill comes to 4280."),
    Line("The door of the inn was mended.", "The door of the inn is mended."),
)
TASK = EditingTask(
    "Bakovel",
    (Section("Trade", ("mill",)), Section("Music", ("inn",))),
    (
        Point("heading", ("# Title", "== Title =="), "== Title =="),
        Point("guard", ("warden", "sentry"), "sentry"),
    ),
    DRAFT,
    ((6, "== Music =="),),
    rotation=0,
    talk=100,
    max_cycles=6,
)
ALL_RIGHT = """\
replace 1: == Trade ==
replace 2: At the mill the sentry keeps the keys.
delete 5
replace 6: The cost of the mill comes to 4280.
insert 6: == Music ==
replace 7: The door of the inn is mended."""
ERRORS = 6


def of(*parts: str) -> EditingScore:
    return score(TASK, {f"agent_{n}": part for n, part in enumerate(parts)})


def share(count: int) -> float:
    return pytest.approx(count / ERRORS)


class TestScore:
    def test_of_a_perfect_edit(self) -> None:
        perfect = EditingScore(1.0, 1.0, 0.0, 0.0, 0.0, 0)
        assert TASK.errors == ERRORS
        assert of(ALL_RIGHT) == perfect
        lines = ALL_RIGHT.splitlines()
        assert of("\n".join(lines[3:]), "", "\n\n".join(lines[:3])) == perfect
        for order in itertools.islice(itertools.permutations(lines), 0, 720, 97):
            assert of("\n".join(order)) == perfect

    def test_of_nothing(self) -> None:
        nothing = EditingScore(0.0, 0.0, 0.0, 0.0, 0.0, 0)
        assert of() == of("") == of("", " \n ") == nothing

    @pytest.mark.parametrize("edit", ALL_RIGHT.splitlines())
    def test_of_one_error_mended(self, edit: str) -> None:
        one = of(edit)
        assert (one.mended, one.made, one.quality) == (share(1), 0.0, share(1))

    @pytest.mark.parametrize(
        "edit",
        [
            "delete 1",  # an error is not mended by deleting its line
            "delete 2",
            "delete 3",
            "replace 5: From the mill one sees the hills and the sea.",
            "replace 1: Trade",
            "replace 1: == Music ==",
            "replace 2: At the mill the watchman keeps the keys.",
            "replace 2: At the mill the sentry keeps the key.",
            "replace 2: at the mill the sentry keeps the keys.",
            "replace 2: At the mill the sentry keeps the keys",
            "replace 2: At the mill the warden sentry keeps the keys.",
            "replace 2: sentry",
            "replace 3: At the mill the warden lights the lamps.",
            "replace 6: The cost of the mill comes to 4280 or 4820.",
            "insert 6: # Music",
            "insert 5: == Music ==",
            "insert 7: == Music ==",
            "insert 1: == Trade ==",
            "insert 0: == Trade ==",
            "insert 2: At the mill the sentry keeps the keys.",
        ],
    )
    def test_of_one_error_made(self, edit: str) -> None:
        one = of(edit)
        assert (one.mended, one.made, one.quality) == (0.0, share(1), 0.0)
        assert one.broken_edits == 0
        lines = [line for line in ALL_RIGHT.splitlines() if target(line) != target(edit)]
        rest = of("\n".join([*lines, edit]))
        assert rest.quality == share(len(lines) - 1)

    def test_of_two_like_neighbours_either_can_go_but_not_both(self) -> None:
        assert of("delete 4") == of("delete 5")
        both = of("delete 4", "delete 5")
        assert (both.mended, both.made) == (share(1), share(1))
        assert of("delete 4\nreplace 5: x").mended == 0.0
        assert of("delete 4\nreplace 5: From the mill one sees the hills.").mended == share(1)

    def test_takes_errors_made_from_errors_mended_and_no_more(self) -> None:
        edits = [*ALL_RIGHT.splitlines()[:2], "delete 3", "delete 6", "insert 3: x"]
        assert of("\n".join(edits[:3])).quality == share(1)
        assert of("\n".join(edits)).quality == 0.0
        assert of("\n".join(edits)).made == share(3)

    def test_copying_a_line_back_changes_nothing(self) -> None:
        back = "\n".join(f"replace {n}: {line.text}" for n, line in enumerate(DRAFT, 1))
        assert of(back) == of("")
        assert of(back + "\ninsert 6: == Music ==").mended == share(1)

    def test_white_space_is_folded(self) -> None:
        assert of("  replace 2: At the  mill\tthe sentry keeps the keys.  ").mended == share(1)

    def test_either_half_of_the_team_counts_alike(self) -> None:
        lines = ALL_RIGHT.splitlines()
        for cut in range(len(lines) + 1):
            two = of("\n".join(lines[:cut]), "\n".join(lines[cut:]))
            assert two == of(ALL_RIGHT)

    def test_errors_of_the_draft_are_what_counts(self) -> None:
        more = dataclasses.replace(TASK, lost=((0, "* Intro"), *TASK.lost))
        assert more.errors == ERRORS + 1
        assert score(more, {"a": ALL_RIGHT}).quality == pytest.approx(6 / 7)
        assert score(more, {"a": f"{ALL_RIGHT}\ninsert 0: * Intro"}).quality == 1.0


def target(edit: str) -> tuple[bool, str]:
    verb, number, *_ = edit.replace(":", " ").split()
    return verb == "insert", number


class TestSeveralAgents:
    def test_different_edits_of_a_line_cancel(self) -> None:
        right = "replace 2: At the mill the sentry keeps the keys."
        for other in ("delete 2", "replace 2: x", f"replace 2: {DRAFT[1].text}"):
            for pair in ((right, other), (other, right), (f"{right}\n{other}", "")):
                both = of(*pair)
                assert (both.mended, both.made) == (0.0, 0.0)
                assert both.conflicts == share(1)
                assert both.duplication == 0.0

    def test_a_line_and_the_place_after_it_are_two_places(self) -> None:
        both = of(
            "insert 6: == Music ==", "replace 6: The cost of the mill comes to 4280.\ndelete 5"
        )
        assert (both.mended, both.conflicts) == (share(3), 0.0)

    def test_different_insertions_after_a_line_cancel(self) -> None:
        both = of("insert 6: == Music ==", "insert 6: # Music")
        assert (both.mended, both.made, both.conflicts) == (0.0, 0.0, share(1))

    def test_like_edits_are_made_once_and_are_work_done_twice(self) -> None:
        twice = of("delete 5", "delete 5\ndelete 5")
        assert (twice.mended, twice.made) == (share(1), 0.0)
        assert (twice.duplication, twice.conflicts) == (share(2), 0.0)
        assert of(ALL_RIGHT, ALL_RIGHT).quality == 1.0
        assert of(ALL_RIGHT, ALL_RIGHT).duplication == 1.0
        assert of(*[ALL_RIGHT] * 4).duplication == 1.0

    def test_a_third_edit_that_differs_cancels_two_that_agree(self) -> None:
        for order in itertools.permutations(["delete 5", "delete 5", "replace 5: x"]):
            three = of(*order)
            assert (three.mended, three.made) == (0.0, 0.0)
            assert (three.conflicts, three.duplication) == (share(1), 0.0)

    def test_padding_does_not_thin_conflicts_out(self) -> None:
        pad = "\n".join(f"replace {n}: {DRAFT[n - 1].text}" for n in (1, 3, 4, 6, 7))
        padded = of(f"{pad}\ndelete 2", "replace 2: x")
        assert padded.conflicts == of("delete 2", "replace 2: x").conflicts == share(1)

    def test_of_many_broken_lines_few_are_kept(self) -> None:
        reading = read_edits("a\n" * 5_000, TASK.texts)
        assert (reading.broken, len(reading.problems), reading.edits) == (5_000, 3, ())

    def test_a_place_is_cancelled_once_however_many_edits_differ_there(self) -> None:
        parts = {"a": "delete 2", "b": "delete 3", "c": "replace 2: x\nreplace 2: y"}
        assert merge(parts, TASK.texts).cancelled == {Place(2, False)}


class TestGrammar:
    @pytest.mark.parametrize(
        ("line", "edit"),
        [
            ("replace 3: a b", Edit(Place(3, False), "a b")),
            ("insert 3: a: b", Edit(Place(3, True), "a: b")),
            ("insert 0: a", Edit(Place(0, True), "a")),
            ("insert 7: a", Edit(Place(7, True), "a")),
            ("delete 7", Edit(Place(7, False), None)),
            ("replace 03: a", Edit(Place(3, False), "a")),
            ("replace 3: delete 4", Edit(Place(3, False), "delete 4")),
            ("Replace 3: a b", Edit(Place(3, False), "a b")),
            ("INSERT 0: a.", Edit(Place(0, True), "a.")),
            ("replace line 3: a b", Edit(Place(3, False), "a b")),
            ("Insert line 3: Line 4", Edit(Place(3, True), "Line 4")),
            ("Delete line 7", Edit(Place(7, False), None)),
            ("delete 7.", Edit(Place(7, False), None)),
            ("- delete 7", Edit(Place(7, False), None)),
            ("* replace 3: - a", Edit(Place(3, False), "- a")),
            ("3. replace 4: a", Edit(Place(4, False), "a")),
            ("replace 3:a b", Edit(Place(3, False), "a b")),
            ("replace  3 :\ta\u00a0b", Edit(Place(3, False), "a b")),
            ("delete\u00a07.", Edit(Place(7, False), None)),
            ("**delete 7**", Edit(Place(7, False), None)),
            ("- `replace 3: *a*`", Edit(Place(3, False), "*a*")),
            ("insert 3: **a**", Edit(Place(3, True), "**a**")),
            ("**replace 3:** a b", Edit(Place(3, False), "a b")),
            ("replace 3 with: a b", Edit(Place(3, False), "a b")),
            ("replace line 3 with a b".replace("with", "->"), Edit(Place(3, False), "a b")),
            ("insert after line 3: a b", Edit(Place(3, True), "a b")),
            ("replace 3: 3: a b", Edit(Place(3, False), "a b")),
            ("replace 3: 4: a b", Edit(Place(3, False), "4: a b")),
            ('replace 3: "a b"', Edit(Place(3, False), "a b")),
            ("replace 3: `a b`", Edit(Place(3, False), "a b")),
            ("replace 3: \u201ca b\u201d", Edit(Place(3, False), "a b")),
            ('replace 3: "a" b', Edit(Place(3, False), '"a" b')),
            ("delete 7:", Edit(Place(7, False), None)),
            ("delete 7: From the mill", Edit(Place(7, False), None)),
            ("delete 7 (repeated)", Edit(Place(7, False), None)),
            ("delete 7 - repeated", Edit(Place(7, False), None)),
            ("Delete line 7 # twice", Edit(Place(7, False), None)),
            ("```\ndelete 7\n```", Edit(Place(7, False), None)),
            ("replace 3: " + "a" * MAX_LINE_CHARS, Edit(Place(3, False), "a" * MAX_LINE_CHARS)),
        ],
    )
    def test_what_is_an_edit(self, line: str, edit: Edit) -> None:
        assert read_edits(line, TASK.texts).edits == (edit,)
        assert not read_edits(line, TASK.texts).problems

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("replace 3 a", "'replace 3 a' is none of 'replace 12: text'"),
            ("- - delete 3", "is none of"),
            ("delete lines 3", "is none of"),
            ("delete 3 - 7", "is none of"),
            ("delete 3 \u2013 7", "is none of"),
            ("delete 3..", "is none of"),
            ("Delete line 0", "names no line"),
            ("replace 3:", "is none of"),
            ("replace: a", "is none of"),
            ("replace 3: ", "is none of"),
            ("replace -3: a", "is none of"),
            ("replace 3.0: a", "is none of"),
            ("replace 3, 4: a", "is none of"),
            ("**replace 3: a", "is none of"),
            ("**- delete 3**", "is none of"),
            ("delete 3 4", "is none of"),
            ("delete", "is none of"),
            ("3: a", "is none of"),
            ("\u0663", "is none of"),
            ("delete \u0663", "is none of"),
            ("delete 1000000", "is none of"),
            ("replace 8: a", "names no line of the draft, which has 7"),
            ("replace 0: a", "names no line"),
            ("delete 0", "names no line"),
            ("insert 8: a", "names no line"),
            ("insert 3: " + "a" * (MAX_LINE_CHARS + 1), "is longer than 400 characters"),
        ],
    )
    def test_what_is_none(self, line: str, problem: str) -> None:
        reading = read_edits(f"delete 1\n{line}\ndelete 2", TASK.texts)
        assert [edit.place.line for edit in reading.edits] == [1, 2]
        [told] = reading.problems
        assert problem in told
        assert len(told) < 140
        assert of(f"delete 1\n{line}\ndelete 5").broken_edits == 1

    def test_quotes_and_numbers_stay_where_the_draft_has_them(self) -> None:
        draft = ('"To let"', "2: the mill", "a")
        for line in ('replace 1: "Let"', "replace 2: 2: mill"):
            [edit] = read_edits(line, draft).edits
            assert edit.text == line.partition(": ")[2]

    def test_lines_are_quoted_in_one_line(self) -> None:
        [told] = read_edits("say \x00\t'hi' " + "x" * 90, TASK.texts).problems
        assert told.isprintable()
        assert told.startswith("\"say \\x00 'hi' x")
        assert "..." in told

    def test_broken_lines_are_counted_over_all_agents(self) -> None:
        assert of("a\nb\n\ndelete 5", "c").broken_edits == 3
