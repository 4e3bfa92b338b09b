"""The score of function pair: what passes, what counts for nothing, what hostile code does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from llm_collab_envs.coding.function_pair.examples import possible_results
from llm_collab_envs.coding.function_pair.programs import Step
from llm_collab_envs.coding.function_pair.scoring import PairScore, Suite, score, suites_of
from llm_collab_envs.coding.function_pair.tasks import PairTask, deal
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.sandbox import Answer, Call, Outcome, Sandbox
from pair_tasks import generated, replaced

SANDBOX = Sandbox()


def parts_of(task: PairTask) -> list[str]:
    return [function.source(task.known("value")) for function in task.functions]


def scored(task: PairTask, parts: list[str | None], backend: str = "auto") -> PairScore:
    """Score parts, one for each agent; None where one submitted nothing."""
    agents = [f"agent_{n}" for n in range(len(parts))]
    shares = dict(zip(agents, deal(task, len(parts)), strict=True))
    given = {a: part for a, part in zip(agents, parts, strict=True) if part is not None}
    sandbox = SANDBOX if backend == "auto" else Sandbox(backend)
    return score(task, given, shares, sandbox.run_many)


@pytest.fixture(scope="module", params=DIFFICULTIES)
def task(request: pytest.FixtureRequest) -> PairTask:
    return generated(request.param)[0]


def test_an_example_may_have_no_result_under_another_agreed_value() -> None:
    task = generated("easy")[0]
    steps = (Step("undivided", ("P",)), Step("spread", ()))
    helper = replace(
        task.functions[0], kind="numbers", steps=steps, examples=(([60],), ([60, 77],))
    )
    agreed = (replace(task.agreed[0], value="13", sample="17"), *task.agreed[1:])
    task = replaced(replace(task, agreed=agreed), 0, helper)
    assert set(possible_results(task, helper.label, 0)) == {0}  # [60], and 12 leaves nothing
    assert set(possible_results(task, helper.label, 1)) == {17, 0}  # 12 leaves [77]


class TestQuality:
    def test_of_the_references_is_one(self, task: PairTask) -> None:
        assert scored(task, [*parts_of(task)]) == PairScore(1.0, 1.0, 1.0, 1.0, 0.0)

    def test_is_the_same_however_the_functions_are_dealt_out(self, task: PairTask) -> None:
        a, b, c, main = parts_of(task)
        assert scored(task, [f"{a}\n{b}\n{c}\n{main}"]).quality == 1.0
        assert scored(task, [f"{b}\n{a}", f"{main}\n\n{c}"]).quality == 1.0
        assert scored(task, [a, b, f"{c}\n{main}"]).quality == 1.0

    def test_of_nothing_is_zero(self, task: PairTask) -> None:
        nothing = PairScore(0.0, 0.0, 0.0, 0.0, 0.0)
        for parts in ([None] * 4, [""] * 4, ["```python\n```"] * 4, [" "] * 4, ["pass"] * 4):
            assert scored(task, [*parts]) == nothing

    @pytest.mark.parametrize("missing", range(4))
    def test_without_one_function_is_three_quarters_of_two_fifths(
        self, task: PairTask, missing: int
    ) -> None:
        for instead in (None, "def other(x):\n    return x", "def broken(:"):
            parts: list[str | None] = [*parts_of(task)]
            parts[missing] = instead
            result = scored(task, parts)
            assert (result.functions, result.module) == (0.75, 0.0)
            assert result.quality == pytest.approx(0.75 * 2 / 5)
            assert result.pass_rate == pytest.approx(30 / 50)

    def test_is_not_lowered_by_what_teammates_break(self, task: PairTask) -> None:
        """A function's own tests look at its author's part alone."""
        a, b, c, main = parts_of(task)
        names = [function.name for function in task.functions]
        hostile = "\n".join(f"{name} = None" for name in names)
        assert scored(task, [a, b, c, f"{main}\nimport sys\nsys.exit()"]).functions == 0.75
        assert scored(task, [hostile, b, c, main]).functions == 0.75
        assert scored(task, ["while True: pass", b, c, main]).functions == 0.75

    def test_counts_a_fence_and_comments_for_nothing(self, task: PairTask) -> None:
        parts = [f"```python\n{part}  # done\n```" for part in parts_of(task)]
        assert scored(task, [*parts]).quality == 1.0

    def test_of_another_style_is_the_same(self, task: PairTask) -> None:
        """What counts is what functions do: other lines, names of variables and helpers."""
        a, *rest = parts_of(task)
        lines = a.splitlines()
        body = "\n".join(["    helper = 1", *lines[1:]])
        assert scored(task, [f"import re\n\n{lines[0]}\n{body}\n", *rest]).quality == 1.0

    def test_of_parts_that_import_from_the_future_is_the_same(self, task: PairTask) -> None:
        parts = [f"from __future__ import annotations\n{part}" for part in parts_of(task)]
        for n in range(4):
            assert scored(task, [*parts_of(task)[:n], *parts[n:]]).quality == 1.0


class TestShares:
    def passing(self, task: PairTask, right: int) -> PairScore:
        """The score where A passes only some of its tests."""
        a, *rest = parts_of(task)
        first = task.functions[0]
        good = a.replace(f"def {first.name}(", "def good(")
        header = a.splitlines()[0]
        known = [call.args[first.parameters.index("x")] for call in suites_of(task)[0].calls]
        order = ", ".join(first.parameters)
        body = f"    return good({order}) if x in {known[:right]!r} else None"
        return scored(task, [f"{good}\n{header}\n{body}", *rest])

    @pytest.mark.parametrize("right", [0, 1, 2, 5, 10])
    def test_count_from_what_one_constant_would_pass(self, right: int) -> None:
        task = generated("easy")[0]
        share = max(0.0, (right / 10 - 0.1) / 0.9)
        result = self.passing(task, right)
        assert result.functions == pytest.approx((3 + share) / 4)

    def test_of_a_constant_is_zero(self, task: PairTask) -> None:
        suite = suites_of(task)[0]
        header, *_ = parts_of(task)[0].splitlines()
        for value in suite.expected:
            result = scored(task, [f"{header}\n    return {value!r}", None, None, None])
            assert result.functions == 0.0
            assert result.pass_rate == pytest.approx(1 / 50)

    def test_of_all_equal_results_are_zero(self) -> None:
        suite = Suite("A", (Call("f"),) * 4, (1, 1, 1, 1), "", 1.0)
        outcome = Outcome("ok", "", (Answer("ok", 1),) * 4)
        assert suite.passed(outcome) == 4
        assert suite.share(4) == 0.0

    @pytest.mark.parametrize(
        "wrong", [True, 1.0, "1", [1], (1,), None, {1}], ids=lambda value: repr(value)
    )
    def test_take_values_of_the_right_type_only(self, wrong: Any) -> None:
        suite = Suite("A", (Call("f"),), (1,), "", 0.0)
        assert suite.passed(Outcome("ok", "", (Answer("ok", 1),))) == 1
        assert suite.passed(Outcome("ok", "", (Answer("ok", wrong),))) == 0
        assert suite.passed(Outcome("error", "", (Answer("error", 1),))) == 0


class TestModule:
    def test_is_never_better_than_main_is_with_other_helpers(self, task: PairTask) -> None:
        """A main that knows the module's answers by heart, and does not call its helpers."""
        *helpers, main = parts_of(task)
        suite = suites_of(task)[-1]
        table = [
            (call.args[0], value) for call, value in zip(suite.calls, suite.expected, strict=True)
        ]
        cheat = f"{main.splitlines()[0]}\n    return [v for a, v in {table!r} if a == x][0]"
        result = scored(task, [*helpers, cheat])
        assert result.pass_rate == pytest.approx(30 / 50)  # it does not even name them
        assert (result.functions, result.module) == (0.75, 0.0)
        names = ", ".join([h.name for h in task.functions[:-1]])
        keys = [h.key for h in task.functions]
        result = scored(task, [*helpers, f"{cheat}\n\ndef idle():\n    return {names}, {keys!r}"])
        assert result.pass_rate == pytest.approx(40 / 50)
        assert (result.functions, result.module) == (0.75, 0.0)

    def test_needs_helpers_that_are_right(self, task: PairTask) -> None:
        a, _, c, main = parts_of(task)
        wrong = task.functions[1].source(task.known("other"))
        result = scored(task, [a, wrong, c, main])
        assert (result.functions, result.module) == (0.75, 0.0)

    def test_is_missed_where_one_author_writes_all(self, task: PairTask) -> None:
        result = scored(task, ["pass", "pass", "pass", "\n".join(parts_of(task))])
        assert (result.functions, result.module) == (0.25, 0.0)

    def test_is_missed_where_a_helper_lives_on_what_main_leaves_about(self, task: PairTask) -> None:
        a, b, c, main = parts_of(task)
        header, *body = a.splitlines()
        moved = "\n".join([f"def elsewhere{header[header.index('(') :]}", *body])
        given = header[header.index("(") : -1]
        result = scored(task, [f"{header}\n    return elsewhere{given}", b, c, f"{moved}\n{main}"])
        assert result.pass_rate == pytest.approx(40 / 50)
        assert (result.functions, result.module) == (0.75, 0.0)


class TestConflicts:
    def test_are_functions_that_two_parts_define(self, task: PairTask) -> None:
        a, b, c, main = parts_of(task)
        assert scored(task, [a, b, c, f"{a}\n{main}"]).conflicts == 0.25
        assert scored(task, [f"{a}\n{b}\n{c}\n{main}"] * 4).conflicts == 1.0
        assert scored(task, [f"{a}\n{a}", b, c, main]).conflicts == 0.0


HOSTILE = (
    "raise SystemExit",
    "import os; os._exit(0)",
    "def f(): f()\nf()",
    "x = '9' * 10**12",
    "print('spam' * 10**6)",
    "\x00",
    "\ud800",
    "(" * 5_000,
    "-" * 20_000 + "1",
    "x = " + "1+" * 20_000 + "1",
    "def a" + "b" * 40_000 + "(): pass",
    "def f(x):\n" * 3_000,
    "\n" * 60_000,
    "class C:\n    def __eq__(self, other): return True\n    __hash__ = None",
    "import builtins\nbuiltins.len = None\nlen = sorted = sum = list = None",
)


class TestHostileCode:
    @pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
    def test_earns_nothing_and_raises_nothing(self, source: str) -> None:
        task = generated("easy")[0]
        assert scored(task, [source] * 4).quality == 0.0
        a, _, c, main = parts_of(task)
        assert scored(task, [a, source, c, main]).quality <= 0.375

    @pytest.mark.parametrize(
        "body",
        [
            "return type('S', (list,), {'__eq__': lambda s, o: True})()",
            "return globals()",
            "return lambda: x",
            "import sys; sys.exit(0)",
            "while True: x = x",
            "return 10 ** 10 ** 5",
            "raise BaseException('no')",
            "return [x] * 10 ** 7",
            "y = []; y.append(y); return y",
        ],
    )
    def test_returns_nothing_that_passes(self, body: str) -> None:
        task = generated("easy")[1]
        bodies = [f"{part.splitlines()[0]}\n    {body}" for part in parts_of(task)]
        result = scored(task, [*bodies])
        assert (result.quality, result.pass_rate) == (0.0, 0.0)


def cases() -> list[Callable[[list[str]], list[str]]]:
    return [
        lambda parts: parts,
        lambda parts: [part.replace("return x", "return [x]") for part in parts],
        lambda parts: [parts[0], "def broken(:", *parts[2:]],
        lambda parts: [*parts[:3], parts[3].replace("x = ", "x = x or ", 1)],
        lambda parts: [part.replace("return", "yield") for part in parts],
    ]


@pytest.mark.parametrize("case", range(len(cases())))
def test_every_backend_gives_the_same_score(case: int) -> None:
    task = generated("medium")[0]
    parts: list[str | None] = [*cases()[case](parts_of(task))]
    assert scored(task, parts) == scored(task, parts, "bwrap")
