"""Bug repair: the programs, their faults, and the interpreter that the expert tries them in."""

from __future__ import annotations

import ast
import time
from typing import Any

import numpy as np
import pytest

from llm_collab_envs.coding.bug_repair.cases import Fact, fact_text, read_facts
from llm_collab_envs.coding.bug_repair.faults import KINDS, MISSING_CASE, Mutation, mutations
from llm_collab_envs.coding.bug_repair.interpreter import Interpreter, Unknown
from llm_collab_envs.coding.bug_repair.programs import (
    Family,
    arguments,
    could_be_drawn,
    generate_program,
)
from llm_collab_envs.coding.bug_repair.running import Version


def families(seed: int, across: bool = True) -> list[Family]:
    modules = generate_program(np.random.default_rng(seed), "train", 3, 4, across)
    return [family for module in modules for family in module.families]


def kinds_of(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mutation in mutations(text):
        found.setdefault(mutation.kind, []).append(mutation.text)
    return found


class TestPrograms:
    def test_are_written_as_python_writes_itself(self) -> None:
        for family in families(0):
            for function in family.functions:
                assert ast.unparse(ast.parse(function.text)) == function.text

    def test_are_the_same_for_the_same_seed(self) -> None:
        assert families(3) == families(3) != families(4)

    def test_functions_of_a_family_differ_in_one_line(self) -> None:
        for family in families(1):
            lines = [function.text.split("\n") for function in family.functions]
            assert len({tuple(text[2:]) for text in lines}) == 1
            assert len({text[1] for text in lines}) == len(lines) == 4

    def test_call_functions_of_earlier_files_in_the_end(self) -> None:
        made = families(2)
        for last in (made[5], made[8]):
            assert last.calls in {f.name for family in made[:6] for f in family.functions}

    def test_arguments_fit_and_differ(self) -> None:
        for family in families(5):
            drawn = arguments(np.random.default_rng(0), family, 40)
            assert len({repr(args) for args in drawn}) == len(drawn) == 40
            assert {len(args) for args in drawn} == {len(family.parameters)}

    @pytest.mark.parametrize(
        ("line", "could"),
        [
            ("if days < 18:", False),
            ("if days < 17:", True),
            ("return 7 * rate + days + 1", False),
            ("return total - 31", False),
            ("return total - 30", True),
            ("for step in range(7, days + 2):", False),
            ("for step in range(6, days + 7):", False),
            ("for step in range(6, days + 6):", True),
            ("for place in range(4, len(items)):", False),
            ("if items[place] < items[place - 4]:", False),
            ("if items[place] < items[place - 3]:", True),
        ],
    )
    def test_are_made_with_numbers_of_some_ranges(self, line: str, could: bool) -> None:
        assert could_be_drawn(f"def f(days):\n    {line}\n    return days + 2") == could


class TestMutations:
    TEXT = (
        "def f(a, b):\n    c = a + 1\n    if b < 9:\n        return 2 * c - 15\n    return g(a, c)"
    )

    def test_are_all_there(self) -> None:
        assert kinds_of(self.TEXT) == {
            "off by one": [
                self.TEXT.replace("+ 1", "+ 2"),
                self.TEXT.replace("< 9", "< 8"),
                self.TEXT.replace("15", "14"),
                self.TEXT.replace("15", "16"),
            ],
            "wrong variable": [
                self.TEXT.replace("= a", "= b"),
                self.TEXT.replace("if b", "if a"),
                self.TEXT.replace("2 * c", "2 * a"),
                self.TEXT.replace("2 * c", "2 * b"),
            ],
            "comparison": [self.TEXT.replace("<", "<=")],
            "swapped arguments": [self.TEXT.replace("a, c", "c, a")],
        }

    def test_leave_own_lines_alone(self) -> None:
        assert all("c = a + 1" in mutation.text for mutation in mutations(self.TEXT, 2))

    def test_take_a_case_away_if_one_is_left(self) -> None:
        one = "    if kind == 'x':\n        return a"
        two = "    if kind == 'y':\n        return 2"
        text = f"def f(kind, a):\n{one}\n{two}\n    return 3"
        cases = kinds_of(text)[MISSING_CASE]
        assert cases == [text.replace(f"{one}\n", ""), text.replace(f"{two}\n", "")]
        assert MISSING_CASE not in kinds_of(cases[0])

    @pytest.mark.parametrize("seed", range(3))
    def test_can_be_undone_but_for_a_missing_case(self, seed: int) -> None:
        seen = set()
        for family in families(seed):
            text = family.functions[0].text
            for mutation in mutations(text):
                seen.add(mutation.kind)
                assert mutation.text != text
                back = Mutation(mutation.kind, text)
                assert (back in mutations(mutation.text)) == (mutation.kind != MISSING_CASE)
        assert seen <= {*KINDS}
        assert len(seen) >= 4

    def test_are_made_of_functions_only(self) -> None:
        with pytest.raises(ValueError, match="a function was expected; got 'x = 1'"):
            mutations("x = 1")
        with pytest.raises(SyntaxError):
            mutations("def")


class TestInterpreter:
    @pytest.mark.parametrize("seed", range(3))
    def test_returns_what_python_returns(self, seed: int) -> None:
        made = families(seed)
        version = Version({f.name: f.text for family in made for f in family.functions})
        interpreter = Interpreter(version.sources, {})
        for family in made:
            function = family.functions[-1]
            calls = arguments(np.random.default_rng(seed), family, 12)
            options = [function.text, *(m.text for m in mutations(function.text, 2))]
            for text in options:
                run = version.variant(text)
                for args in calls:
                    assert interpreter.call(text, args) == run(*args)

    def test_knows_what_it_is_told_of_other_functions(self) -> None:
        text = "def f(a):\n    return g(a, a) + 1"
        interpreter = Interpreter({}, {("g", "(2, 2)"): 7})
        assert interpreter.call(text, (2,)) == 8
        with pytest.raises(Unknown, match=r"g is not known for \(3, 3\)"):
            interpreter.call(text, (3,))

    @pytest.mark.parametrize(
        "body",
        [
            "for x in range(10 ** 9):\n        a = a + 1",
            "for x in range(1000000000):\n        a += 1",
            "for x in range(60):\n        a = a * a + 2",
            "return f(a)",
            "while a:\n        a += 1",
            "return [a] * 1000000000",
            "return 'x' * 1000000000",
            "return a ** a",
            "return a.real",
            "return __import__('os')",
            "return open('x')",
            "return (lambda: a)()",
            "return [x for x in range(a)]",
            "import os",
            "return missing",
            "missing += 1",
            "return a[0]",
            "return [1][a]",
            "return len(a)",
            "return range(a, a, a, a)",
            "pass",
            "a = 1",
            "return",
            "return 1 < a < 3",
            "return f()",
        ],
    )
    def test_gives_up_on_anything_else(self, body: str) -> None:
        text = f"def f(a):\n    {body}"
        start = time.perf_counter()
        with pytest.raises(Unknown):
            Interpreter({"f": text}, {}).call(text, (3,))
        assert time.perf_counter() - start < 2

    @pytest.mark.parametrize("text", ["", "x = 1", "def f(", "def f(): pass\ndef g(): pass", "\0"])
    def test_gives_up_on_what_is_no_function(self, text: str) -> None:
        with pytest.raises(Unknown):
            Interpreter({}, {}).call(text, ())


class TestFacts:
    @pytest.mark.parametrize(
        "fact",
        [
            Fact("f", (1, -2), 3),
            Fact("f", ([1, 2], 3), -4),
            Fact("f", ("word", 3), 4),
            Fact("f", (), None),
            Fact("f", (True,), [1, "a"]),
        ],
    )
    def test_are_read_as_they_are_written(self, fact: Fact) -> None:
        assert read_facts(fact_text(fact)) == [fact]
        assert read_facts(f"{fact_text(fact)}; nonsense; {fact_text(fact)}") == [fact, fact]

    @pytest.mark.parametrize(
        "text",
        ["", ":", "f", "f 1", "f 1:", "f : ", "f 1: x", "f x: 1", "f 1: 1.5", "f {1: 2}: 3",
         "f (1): ()", "f 1: 2 + 3j", "f " + "[" * 500 + ": 1", "f 1: " + "9" * 5_000,
         "f 1: 0x" + "f" * 99, "1 2: 3"],
    )  # fmt: skip
    def test_that_are_none_are_left_out(self, text: str) -> None:
        facts: list[Any] = read_facts(text)
        assert facts == []
