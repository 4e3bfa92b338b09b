"""Bug repair: what a submission does to the files, and what a repaired program is worth."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter

import numpy as np
import pytest

from llm_collab_envs.coding.bug_repair.cases import Case
from llm_collab_envs.coding.bug_repair.patching import MAX_CHARS, Patched, patch
from llm_collab_envs.coding.bug_repair.scoring import RepairScore, jobs, patch_all, score
from llm_collab_envs.coding.bug_repair.tasks import RepairTask, SourceFile, generate
from llm_collab_envs.sandbox import Sandbox

PAY = """\
# pay.py
def pay(hours, rate):
    total = hours * rate
    if hours > 8:
        return total + rate
    return total

def bonus(hours):
    return 3 * hours + 1
"""
TAX = """\
# tax.py
def tax(total):
    return total // 5
"""
NAMES = ["pay.py", "tax.py"]
RIGHT_PAY = PAY.replace("> 8", ">= 8")
DIFF = "@@ -4 +4 @@\n-    if hours > 8:\n+    if hours >= 8:"
RIGHT_TAX = TAX.replace("5", "4")
TAX_DIFF = "@@ -3 +3 @@\n-    return total // 5\n+    return total // 4"


def one(text: str) -> Patched:
    """The submission of an agent that has the first file."""
    return patch(text, {"pay.py": PAY}, NAMES)


def both(text: str) -> Patched:
    return patch(text, {"pay.py": PAY, "tax.py": TAX}, NAMES)


class TestWholeFiles:
    def test_replaces_the_file(self) -> None:
        assert one(RIGHT_PAY) == Patched({"pay.py": RIGHT_PAY})

    def test_needs_no_name_where_there_is_one_file(self) -> None:
        assert one("x = 1").files == {"pay.py": "x = 1\n"}

    def test_are_told_apart_by_their_first_lines(self) -> None:
        text = f"{RIGHT_TAX}\n\n{RIGHT_PAY}"
        assert both(text) == Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})
        assert both(RIGHT_TAX).files == {"tax.py": RIGHT_TAX}

    def test_of_which_it_is_not_said(self) -> None:
        result = both("x = 1")
        assert not result.files
        assert result.problems[0].startswith("it is not clear which file you mean")
        assert both(f"x = 1\n{RIGHT_TAX}").files == {"tax.py": RIGHT_TAX}

    def test_of_teammates_stay_as_they_are(self) -> None:
        result = one(f"{RIGHT_PAY}\n{RIGHT_TAX}")
        assert result.files == {"pay.py": RIGHT_PAY}
        assert result.foreign == {"tax.py"}
        assert result.problems == ["tax.py is not your file"]

    def test_of_an_agent_that_has_none(self) -> None:
        result = patch(RIGHT_PAY, {}, NAMES)
        assert not result.files
        assert len(result.foreign) == 1

    def test_that_are_too_long(self) -> None:
        result = one("x = 1\n" * MAX_CHARS)
        assert not result.files
        assert result.problems == [f"your submission is longer than {MAX_CHARS} characters"]

    def test_with_windows_line_ends(self) -> None:
        assert one(RIGHT_PAY.replace("\n", "\r\n")).files == {"pay.py": RIGHT_PAY}

    @pytest.mark.parametrize("above", ["# {0}", "**{0}**", "`{0}`:", "src/{0} is now:\n"])
    @pytest.mark.parametrize("first", ["", "# {0}\n"])
    def test_are_told_apart_by_the_lines_above_their_fences(self, above: str, first: str) -> None:
        named = {"tax.py": RIGHT_TAX, "pay.py": RIGHT_PAY}
        rests = {name: source.partition("\n")[2] for name, source in named.items()}
        text = "\n\n".join(
            f"{above}\n```python\n{first}".format(name) + f"{rest}```"
            for name, rest in rests.items()
        )
        assert both(text) == Patched(named)

    def test_below_lines_that_name_another_or_two(self) -> None:
        fence = f"```python\n{RIGHT_PAY}```"
        for above in ("Nothing is wrong in tax.py, but", "pay.py and tax.py belong together:"):
            assert one(f"{above}\n{fence}") == Patched({"pay.py": RIGHT_PAY})
        text = f"pay.py and tax.py:\n```\n{RIGHT_PAY}\n{RIGHT_TAX}```"
        assert both(text) == Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})

    @pytest.mark.filterwarnings("error")
    def test_that_python_warns_of(self) -> None:
        assert one("x = '\\d'\ny = 0 is 0").files


class TestDiffs:
    @pytest.mark.parametrize(
        "text",
        [
            DIFF,
            f"--- pay.py\n+++ pay.py\n{DIFF}",
            f"--- a/pay.py\n+++ b/pay.py\n{DIFF}\n",
            f"diff --git a/pay.py b/pay.py\nindex 1..2 100644\n--- a/pay.py\n+++ b/pay.py\n{DIFF}",
            f"Here it is:\n{DIFF}",
            DIFF.replace("-4 +4", "-7 +7"),  # found by its lines
            DIFF.replace("-4 +4", "-4,2 +4,2"),  # cut short
            DIFF.replace("@@ -4 +4 @@", "@@ -4,1 +4,1 @@ def pay"),
            "@@ -3,3 +3,3 @@\n     total = hours * rate\n-    if hours > 8:\n+    if hours >= 8:\n"
            "         return total + rate",
            DIFF.replace("\n", "\r\n"),
            DIFF.replace("-4 +4", "-4,3 +4"),  # wrong counts
            DIFF.replace("-4 +4", "-4,0 +4,7"),
            DIFF.replace("-4 +4", "-1,999999999 +1," + "9" * 5_000),
            f"{DIFF}\n\\ No newline at end of file",
            f"{DIFF}\n\nThis is the slip.",
            *(DIFF.replace("@@ -4 +4 @@", header) for header in ("@@", "@@ ... @@", "@@ def pay")),
            DIFF.replace("-4", "-" + "9" * 5_000),
            f"--- ./pay.py\n+++ ./pay.py\n{DIFF}",
            f"```diff\n--- a/pay.py\n+++ b/pay.py\n{DIFF}\n```",
        ],
    )
    def test_apply(self, text: str) -> None:
        assert one(text) == Patched({"pay.py": RIGHT_PAY})

    def test_of_several_files(self) -> None:
        text = f"--- pay.py\n+++ pay.py\n{DIFF}\n--- tax.py\n+++ tax.py\n{TAX_DIFF}"
        assert both(text) == Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})

    def test_of_several_hunks(self) -> None:
        more = "@@ -9 +9 @@\n-    return 3 * hours + 1\n+    return 3 * hours + 2"
        assert one(f"{DIFF}\n{more}").files == {"pay.py": RIGHT_PAY.replace("+ 1", "+ 2")}

    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize(
        "between", ["\n", "\n\nAnd then:\n\n", "\ndiff --git a/x b/x\nindex 1..2\n"]
    )
    def test_of_one_file_in_several_pieces(self, order: int, between: str) -> None:
        more = "@@ -9 +9 @@\n-    return 3 * hours + 1\n+    return 3 * hours + 2"
        pieces = [f"--- a/pay.py\n+++ b/pay.py\n{diff}" for diff in (DIFF, more)][::order]
        assert one(between.join(pieces)) == Patched({"pay.py": RIGHT_PAY.replace("+ 1", "+ 2")})

    def test_of_one_file_count_its_lines_as_they_were(self) -> None:
        """Or else lines that stand in many places would be found in another one."""
        copies = "".join(f"def f{n}(x):\n    y = x\n    return y\n" for n in range(8))
        diffs = [
            f"--- a.py\n+++ a.py\n@@ -{3 * n + 2} +{3 * n + 2} @@\n     y = x\n+    y += {n}\n"
            for n in (6, 0, 2, 1, 4)
        ]
        [source] = patch("".join(diffs), {"a.py": copies}, ["a.py"]).files.values()
        for n, function in enumerate(source.split("def ")[1:]):
            assert (f"y += {n}" in function) == (n in (6, 0, 2, 1, 4))

    @pytest.mark.parametrize("order", [1, -1])
    def test_without_numbers_stand_where_their_lines_do(self, order: int) -> None:
        copies = "".join(f"def f{n}(x):\n    y = x\n    return y\n" for n in range(8))
        hunks = [
            f"@@\n def f{n}(x):\n-    y = x\n+    y = {n}\n     return y\n" for n in (6, 0, 2, 1, 4)
        ]
        text = "--- a.py\n+++ a.py\n" + "".join(hunks[::order])
        [source] = patch(text, {"a.py": copies}, ["a.py"]).files.values()
        for n, function in enumerate(source.split("def ")[1:]):
            assert (f"y = {n}" in function) == (n in (6, 0, 2, 1, 4))

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_one_file_with_lines_that_are_not_counted(self, order: int) -> None:
        hunks = [
            "@@ -1 +1 @@\n-    return 3 * hours + 1\n+    return 3 * hours + 2",
            "@@ -1 +1 @@\n-    if hours > 8:\n+    if hours >= 8:",
        ]
        text = "\n".join(f"--- pay.py\n+++ pay.py\n{hunk}" for hunk in hunks[::order])
        assert one(text) == Patched({"pay.py": RIGHT_PAY.replace("+ 1", "+ 2")})

    def test_of_what_the_one_before_has_made(self) -> None:
        again = DIFF.replace(">= 8", ">= 7").replace("> 8", ">= 8")
        text = f"--- pay.py\n+++ pay.py\n{DIFF}\n--- pay.py\n+++ pay.py\n{again}"
        assert one(text) == Patched({"pay.py": PAY.replace("> 8", ">= 7")})

    def test_said_twice_are_applied_once(self) -> None:
        text = f"--- pay.py\n+++ pay.py\n{DIFF}\n"
        assert one(f"{text}\n{text}") == Patched({"pay.py": RIGHT_PAY})

    def test_of_one_file_of_which_one_does_not_apply(self) -> None:
        bad = DIFF.replace("hours > 8", "hours > 9")
        result = one(f"--- pay.py\n+++ pay.py\n{DIFF}\n--- pay.py\n+++ pay.py\n{bad}")
        assert not result.files
        assert result.unapplied_diffs == 1
        assert result.problems[0].startswith("your diff of pay.py does not apply: Hunk #1 failed")

    @pytest.mark.parametrize(
        "above", ["", "Here they are:\n", "# tax.py\n# a slip\n", "# tax.py\n"]
    )
    def test_among_whole_files(self, above: str) -> None:
        diff = f"--- tax.py\n+++ tax.py\n{TAX_DIFF}"
        for git in ("", "diff --git a/tax.py b/tax.py\nindex 1..2 100644\n"):
            for text in (f"{RIGHT_PAY}\n{git}{diff}", f"{git}{diff}\n{RIGHT_PAY}"):
                assert both(above + text) == Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})

    def test_of_a_whole_file_above(self) -> None:
        longer = PAY.replace("3 *", "4 *")
        text = f"{longer}--- pay.py\n+++ pay.py\n{DIFF}"
        assert one(text) == Patched({"pay.py": RIGHT_PAY.replace("3 *", "4 *")})

    def test_below_the_name_of_a_file(self) -> None:
        text = f"# pay.py\n{DIFF}\n# tax.py\n{TAX_DIFF}"
        assert both(text) == Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})
        assert one(f"--- pay.py\n+++ pay.py\n# pay.py\n{DIFF}") == Patched({"pay.py": RIGHT_PAY})
        text = f"**pay.py**\n```diff\n{DIFF}\n```\n\n**tax.py**\n```diff\n{TAX_DIFF}\n```"
        assert both(text) == Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})

    def test_below_a_heading(self) -> None:
        diff = f"--- pay.py\n+++ pay.py\n{DIFF}"
        for name in NAMES:
            text = f"# {name}\nHere is what I found.\n\n{diff}"
            assert one(text) == Patched({"pay.py": RIGHT_PAY})

    def test_below_a_whole_file_that_is_no_python(self) -> None:
        text = f"{RIGHT_PAY}x = (\n--- tax.py\n+++ tax.py\n{TAX_DIFF}"
        assert both(text).files == {"pay.py": f"{RIGHT_PAY}x = (\n", "tax.py": RIGHT_TAX}

    def test_below_a_teammates_whole_file(self) -> None:
        result = one(f"{RIGHT_TAX}\n--- pay.py\n+++ pay.py\n{DIFF}")
        assert result.files == {"pay.py": RIGHT_PAY}
        assert result.foreign == {"tax.py"}

    def test_that_add_lines(self) -> None:
        text = "@@ -2,0 +3,2 @@\n+    if hours < 0:\n+        return 0"
        assert "rate):\n    if hours < 0:\n        return 0\n    total" in one(text).files["pay.py"]

    @pytest.mark.parametrize("counts", ["-3 +3", "-3,9 +3", "-2,1 +2,1", "-9,2 +9,4"])
    @pytest.mark.parametrize("after", ["", "     if hours > 8:\n", "     if hours > 8:\n\n\n"])
    def test_that_add_a_case_with_counts_that_are_wrong(self, counts: str, after: str) -> None:
        case = "+    if hours < 0:\n+        return 0\n"
        text = f"@@ {counts} @@\n     total = hours * rate\n{case}{after}"
        assert "* rate\n    if hours < 0:\n        return 0\n    if h" in one(text).files["pay.py"]

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (DIFF.replace("hours > 8", "hours > 9"), "Hunk #1 failed to apply"),
            (
                "@@\n-    if hours > 9:\n+    if hours >= 8:",
                "its old lines stand nowhere in the file",
            ),
            ("@@ ... @@\n         return total", "no line numbers like '@@ -4 +4 @@', and its old"),
            ("@@\n-\n+    x = 1\n", "stand in 2 places; write the numbers, or more of the lines"),
            ("@@\n+    x = 1", "write the numbers, or more of the lines around them"),
            (f"{DIFF}\n{DIFF}", "Hunk #2 failed to apply"),
            ("@@ -4 +4 @@\n     if hours > 8:", "Hunk #1 contains no changed lines"),
            ("@@ -4 +4 @@", "Hunk #1 contains no changed lines"),
            ("@@ -4 +4 @@\n+    x = 1", "'@@ -4 +4 @@' only adds lines: put the line above before"),
        ],
    )
    def test_that_do_not_apply_say_why(self, text: str, why: str) -> None:
        start = time.perf_counter()
        result = one(text)
        assert time.perf_counter() - start < 5
        assert not result.files
        assert result.unapplied_diffs == 1
        assert result.problems[0].startswith("your diff of pay.py does not apply: ")
        assert why in result.problems[0]

    def test_of_which_the_file_is_not_said(self) -> None:
        result = both(DIFF)
        assert result.unapplied_diffs == 1
        assert result.problems == [
            "it is not clear which file you mean: put '--- name' and '+++ name' above its hunks"
        ]

    def test_of_a_teammates_file(self) -> None:
        result = one(f"--- tax.py\n+++ tax.py\n{TAX_DIFF}\n--- pay.py\n+++ pay.py\n{DIFF}")
        assert result.files == {"pay.py": RIGHT_PAY}
        assert result.foreign == {"tax.py"}
        assert result.unapplied_diffs == 1

    def test_that_make_a_file_too_long(self) -> None:
        long = "\n".join(f"+# {'x' * 910}" for _ in range(13))
        result = one(f"@@ -1,0 +2,13 @@\n{long}")
        assert not result.files
        assert result.problems == [
            f"pay.py stays as it was, as yours is longer than {MAX_CHARS} characters"
        ]

    def test_many_hunks_take_little_time(self) -> None:
        start = time.perf_counter()
        one("@@ -1,0 +1 @@\n+a\n" * 700)
        one("@@ -1 +1,2 @@\n-# pay.py\n+# pay.py\n+a\n" * 300)
        pieces = [f"--- pay.py\n+++ pay.py\n@@ -1,0 +1 @@\n+{n}\n" for n in range(280)]
        one("".join(pieces))
        one("".join([*pieces, "@@ -1 +1 @@\n-a\n+b\n"]))
        one("@@ -1 +1 @@\n-a\n" + "\n" * 11_900)
        both("# tax.py\n" + "\n" * 11_900 + "@@")
        assert time.perf_counter() - start < 5


def case(function: str, args: tuple[int, ...], right: int, wrong: int) -> Case:
    return Case(function, args, right, wrong)


TASK = RepairTask(
    files=(SourceFile("pay.py", PAY, RIGHT_PAY), SourceFile("tax.py", TAX, RIGHT_TAX)),
    faults=1,
    failing=(case("pay", (8, 2), 18, 16), case("tax", (4,), 1, 0)),
    hidden=(
        case("pay", (8, 3), 27, 24),
        case("pay", (8, 5), 45, 40),
        case("pay", (7, 3), 21, 21),
        case("pay", (9, 3), 30, 30),
        case("bonus", (2,), 7, 7),
        case("tax", (9,), 2, 1),
        case("tax", (8,), 2, 1),
        case("tax", (1,), 0, 0),
    ),
    talk=60,
    max_cycles=6,
)
NESTED = [("[", " for x in y]"), ("(", ")"), ("-", "")]  # 90 deep is too much for some Pythons
OWNERS = {"agent_0": [], "agent_1": ["pay.py"], "agent_2": ["tax.py"]}
SANDBOX = Sandbox()


def of(**parts: str) -> RepairScore:
    """Score what owners 1 and 2 submit."""
    return score(TASK, SANDBOX.run_many(jobs(TASK, patched(**parts))))


def patched(**parts: str) -> dict[str, Patched]:
    """What becomes of the submissions of owners 1 and 2."""
    texts = {f"agent_{name[-1]}": text for name, text in parts.items()}
    return patch_all(TASK, texts, OWNERS, SANDBOX.run_many)


def test_a_run_tells_little_of_the_hidden_calls() -> None:
    """It makes two calls of each function, alike in a family; as many fail in one as in another."""
    shares = []
    for seed in range(20):
        task = generate(np.random.default_rng(seed), "test", "medium")
        fails = {(case.function, repr(case.args)): case.fails for case in task.hidden}
        runs = [[(c.function, repr(c.args)) for c in job.calls] for job in jobs(task, {})]
        assert sorted(call for run in runs for call in run) == sorted(fails)
        for run in runs:
            assert set(Counter(function for function, _ in run).values()) == {2}
            assert len({args for _, args in run}) <= 2 * task.faults * len(task.files)
        shares += [[sum(fails[call] for call in run) / len(run) for run in runs]]
    assert all(0.2 < share < 0.5 for share in np.mean(shares, axis=0))


def test_nothing_is_worth_nothing() -> None:
    assert of() == RepairScore(quality=0.0, fixed=0.0, broken=0.0, pass_rate=0.5)


def test_the_reference_is_perfect() -> None:
    assert of(p1=RIGHT_PAY, p2=TAX_DIFF) == RepairScore(1.0, 1.0, 0.0, 1.0)


def test_half_of_the_repair_is_worth_half() -> None:
    assert of(p1=DIFF) == RepairScore(0.5, 0.5, 0.0, 0.75)


def test_what_is_broken_is_taken_off() -> None:
    assert of(p1=RIGHT_PAY.replace("3 *", "4 *"), p2=RIGHT_TAX) == RepairScore(0.75, 1, 0.25, 7 / 8)


def test_quality_is_not_below_nothing() -> None:
    assert of(p1="x = 1", p2=TAX_DIFF) == RepairScore(0.0, 0.5, 0.75, 3 / 8)


def test_a_broken_file_does_not_cost_the_teammate_its_repair() -> None:
    assert of(p1="def f(:", p2=RIGHT_TAX).quality == 0.5


def test_python_fences_are_taken_off() -> None:
    assert of(p1=f"```python\n{RIGHT_PAY}```").quality == 0.5
    assert of(p1=f"```diff\n{DIFF}\n```").quality == 0.5


@pytest.mark.parametrize(("pay", "tax"), [(RIGHT_PAY, RIGHT_TAX), (DIFF, TAX_DIFF)])
def test_each_file_may_stand_in_a_fence_of_its_own(pay: str, tax: str) -> None:
    parts = [("pay.py", pay), ("tax.py", tax)]
    if pay == DIFF:
        parts = [(name, f"--- {name}\n+++ {name}\n{diff}") for name, diff in parts]
    text = "".join(f"**{name}**\n```python\n{part}\n```\n- a slip\n" for name, part in parts)
    result = patch_all(TASK, {"agent_1": text}, {"agent_1": NAMES}, SANDBOX.run_many)
    assert result == {"agent_1": Patched({"pay.py": RIGHT_PAY, "tax.py": RIGHT_TAX})}


def test_each_file_may_import_from_the_future() -> None:
    pay, tax = (
        text.replace("\n", "\nfrom __future__ import annotations\n", 1)
        for text in (RIGHT_PAY, RIGHT_TAX.replace("(total)", "(total: Missing)"))
    )
    for first in (pay, RIGHT_PAY):
        assert of(p1=first, p2=tax).quality == 1.0


def test_the_examples_alone_fix_nothing() -> None:
    hard_coded = "@@ -2,0 +3,2 @@\n+    if (hours, rate) == (8, 2):\n+        return 18"
    assert of(p1=hard_coded) == of()


@pytest.mark.parametrize(
    ("value", "right"),
    [("2", True), ("2.0", False), ("True + 1", True), ("'2'", False), ("[2]", False)],
)
def test_types_count(value: str, right: bool) -> None:
    text = f"# tax.py\ndef tax(total):\n    return {value} if total > 1 else 0\n"
    assert (of(p2=text).fixed == 0.5) == right


@pytest.mark.parametrize(
    "body", ["while True: pass", "raise ValueError", "return tax(total)", "return 1 // 0", "pass"]
)
def test_calls_that_do_not_return_are_wrong(body: str) -> None:
    result = of(p1=RIGHT_PAY, p2=f"def tax(total):\n    {body}")
    assert result.fixed == 0.5
    assert result.broken == 0.25


class TestFilesThatDoNotRunByThemselves:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (
                RIGHT_PAY.replace("    return total\n", "return total\n"),
                "'return' outside function",
            ),
            (RIGHT_PAY.replace("(hours, rate)", "(hours, hours)"), "duplicate argument 'hours'"),
            ("@@ -3,0 +4 @@\n+    break", "'break' outside loop"),
            (DIFF.replace("hours >= 8:", "hours >= 8"), "expected ':' (line 4)"),
            ("def f(:", "SyntaxError"),
            ("x = '\0'", "null"),
            ("(" * 5_000, ""),
            ("if x:\n", "expected an indented block"),
            *((around * 90 + "x" + after * 90, "") for around, after in NESTED),
            ("from tax import tax", "No module named 'tax'"),
            ("x = tax(5)", "name 'tax' is not defined"),
            ("raise ValueError('one\\n' * 200)", "ValueError: one one one"),
            ("raise SystemExit", "SystemExit"),
            ("while True: pass", ""),
        ],
    )
    def test_stay_as_they_were_and_cost_teammates_nothing(self, text: str, why: str) -> None:
        assert of(p1=text, p2=RIGHT_TAX) == of(p2=RIGHT_TAX)
        [result] = patched(p1=text).values()
        assert not result.files
        assert result.syntax_errors == 1
        [problem] = result.problems
        assert problem.startswith("pay.py stays as it was, as yours does not run by itself: ")
        assert why in problem
        assert len(problem) < 300
        assert "\n" not in problem

    def test_keep_no_other_file_of_their_author_from_being_taken(self) -> None:
        parts = {"agent_1": f"{RIGHT_PAY}return 1\n{RIGHT_TAX}", "agent_2": ""}
        [result] = patch_all(TASK, parts, {"agent_1": NAMES}, SANDBOX.run_many).values()
        assert (result.files, result.syntax_errors) == ({"tax.py": RIGHT_TAX}, 1)

    def test_are_mended_by_the_next_submission(self) -> None:
        broken = f"{RIGHT_PAY}return 1"
        assert [of(p1=text).quality for text in (RIGHT_PAY, broken, RIGHT_PAY)] == [0.5, 0, 0.5]

    def test_are_taken_where_they_did_not_before(self) -> None:
        """The files of a user's task may need each other, as nothing but a function's call does."""
        text = f"{TAX}rest = pay(8, 2)\n"
        files = (TASK.files[0], SourceFile("tax.py", text, ""))
        task = dataclasses.replace(TASK, files=files)
        parts = {"agent_2": text.replace("// 5", "// 4")}
        [result] = patch_all(task, parts, OWNERS, SANDBOX.run_many).values()
        assert result == Patched({"tax.py": parts["agent_2"]})
        parts["agent_2"] += "x = ("
        [result] = patch_all(task, parts, OWNERS, SANDBOX.run_many).values()
        assert (result.files, result.syntax_errors) == ({}, 1)


@pytest.mark.parametrize("text", ["'pay' in globals() and 1 // 0", "import os\nos._exit(0)"])
def test_a_program_that_does_not_load_is_all_wrong(text: str) -> None:
    assert of(p1=RIGHT_PAY, p2=text).pass_rate == 0.0


def test_what_is_always_equal_is_not_right() -> None:
    equal = "class Equal:\n    def __eq__(self, other):\n        return True\n"
    assert of(p2=f"{equal}def tax(total):\n    return Equal()").fixed == 0.0
