"""Function pair's tasks: blocks, references, hidden tests, splits, a user's own."""

from __future__ import annotations

import dataclasses
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from llm_collab_envs.coding.function_pair.blocks import KINDS, fill
from llm_collab_envs.coding.function_pair.catalogue import BLOCKS
from llm_collab_envs.coding.function_pair.expert import Expert
from llm_collab_envs.coding.function_pair.inputs import draw_value
from llm_collab_envs.coding.function_pair.levels import LEVELS
from llm_collab_envs.coding.function_pair.programs import (
    CALL,
    HELPERS,
    LABELS,
    Function,
    Step,
    bind,
    literal,
    read_step,
)
from llm_collab_envs.coding.function_pair.scoring import suites_of
from llm_collab_envs.coding.function_pair.sequences import split_of_blocks
from llm_collab_envs.coding.function_pair.tasks import PairTask, deal
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.sandbox import Call, Job, Sandbox, same
from pair_tasks import blocks_of, generated, make
from play import play

SIZES = (1, 2, 3, 4)
FEW = 10  # tasks; at "hard" one takes most of a second


class TestBlocks:
    def test_are_many_and_each_says_something_of_its_own(self) -> None:
        assert len(BLOCKS) >= 40
        code = {}
        for block in BLOCKS.values():
            assert code.setdefault(block.sentence, block.code) == block.code
            assert block.name in block.families
            assert {*block.takes, block.gives or block.takes[0]} <= {*KINDS}

    @pytest.mark.parametrize("kind", KINDS)
    def test_do_in_the_sandbox_what_they_do_here(self, kind: str) -> None:
        """The fast backend runs them all: a reference never has to go on to a slower one."""
        rand = random.Random(0)
        jobs, wanted, names = [], [], []
        for block in BLOCKS.values():
            if kind not in block.takes:
                continue
            texts = ["'a'" if d in ("tag", "letter") else "3" for d in block.domains]
            value = draw_value(rand, kind)
            source = f"def f(x):\n    x = {fill(block.code, texts)}\n    return x"
            jobs.append(Job(source, (Call("f", (value,)),)))
            k, l, *_ = (*map(literal, texts), None, None)  # noqa: E741
            wanted.append(block.apply(value, k, l))
            names.append(block.name)
        for name, outcome, value in zip(names, Sandbox().run_many(jobs), wanted, strict=True):
            assert same(outcome.answers[0].value, value), name
            assert outcome.backend == "monty", name

    def test_can_be_read_from_their_sentences(self) -> None:
        for block in BLOCKS.values():
            for texts in (("17", "8"), ("'kam'", "'a'"), ("P", "'kam'"), ("n", "P"), ("'e'", "m")):
                step = Step(block.name, texts[: len(block.domains)])
                again = read_step(step.sentence)
                assert again.sentence == step.sentence
                assert again.code({"P": "9"}) == step.code({"P": "9"})
        for step in (Step(CALL, ("A",)), Step(CALL, ("B", "4")), Step(CALL, ("C", "4", "17"))):
            assert read_step(step.sentence) == step

    @pytest.mark.parametrize(
        "sentence",
        ["", "Call D.", "Call A with m = 4.", "Add x to each number.", "Add 1 to each number. ",
         "Add Z to each number.", "Put 'a' b' after the text.", "reverse the list."],
    )  # fmt: skip
    def test_of_other_sentences_there_are_none(self, sentence: str) -> None:
        with pytest.raises(ValueError, match="no building block says"):
            read_step(sentence)


class TestReferences:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_pass_their_own_tests(self, difficulty: str) -> None:
        """In the sandbox, from their source: all functions alone, and the module."""
        sandbox = Sandbox()
        for task in generated(difficulty, "test", FEW) + generated(difficulty, "train", FEW):
            sources = {f.label: f.source(task.known("value")) for f in task.functions}
            sources["module"] = "\n".join(sources.values())
            for suite in suites_of(task):
                outcome = sandbox.run(f"{sources[suite.label]}\n{suite.after}", suite.calls)
                assert suite.passed(outcome) == len(suite.calls) == 10

    @pytest.mark.parametrize(
        ("difficulty", "count"),
        [
            ("easy", 40),
            pytest.param("medium", 40, marks=pytest.mark.slow),
            pytest.param("hard", 24, marks=pytest.mark.slow),
        ],
    )
    def test_pass_no_other_programs_tests(self, difficulty: str, count: int) -> None:
        """Each against every other with the same kind of argument, over hundreds of programs.

        As in scoring, main calls not its own helpers but the replaced ones of the task it is in.
        """
        groups: dict[Any, list[Any]] = {}
        for split in SPLITS:
            for task in generated(difficulty, split, count):
                scope, swapped = task.scope("value"), task.scope("other")
                *helpers, main = task.functions
                replaced = {helper.label: bind(helper.steps, swapped) for helper in helpers}
                for function in task.functions:
                    run = bind(function.steps, scope | replaced)
                    does = [(s.block, *resolved(s, scope)) for s in function.steps]
                    key = (function is main, function.kind, len(function.parameters))
                    wanted = [run(*args) for args in function.tests]
                    groups.setdefault(key, []).append((function, scope, does, replaced, wanted))
        pairs = 0
        for group in groups.values():
            for one, scope, steps, *_ in group:
                for other, _, other_steps, replaced, wanted in group:
                    if steps == other_steps:
                        continue
                    pairs += 1
                    run = bind(one.steps, scope | replaced)
                    assert not passes(run, other, wanted), (one.steps, other.steps)
        assert pairs > 4_000

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_of_a_task_pass_none_of_its_other_tests(self, difficulty: str) -> None:
        sandbox = Sandbox()
        for task in generated(difficulty):
            suites = {suite.label: suite for suite in suites_of(task)}
            for one in task.functions[:3]:
                for other in task.functions[:3]:
                    source = dataclasses.replace(one, name=other.name).source(task.known("value"))
                    suite = suites[other.label]
                    passed = suite.passed(sandbox.run(source, suite.calls))
                    assert (passed == 10) == (one is other)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_nothing_trivial_passes(self, difficulty: str) -> None:
        """Results all differ, and none is the argument."""
        for task in generated(difficulty, "train", FEW):
            assert [suite.floor for suite in suites_of(task)] == [0.1] * 5

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_no_step_and_no_number_is_idle(self, difficulty: str) -> None:
        for task in generated(difficulty, "test", FEW):
            scope = task.scope("value")
            for function in task.functions[:3]:
                wanted = [bind(function.steps, scope)(*args) for args in function.tests]
                for n, step in enumerate(function.steps):
                    if not BLOCKS[step.block].keeps:
                        continue
                    run = bind(function.steps[:n] + function.steps[n + 1 :], scope)
                    for args, value in zip(function.tests, wanted, strict=True):
                        assert attempted(run, args) != value
                other = bind(function.steps, task.scope("other"))
                assert all(
                    attempted(other, a) != v for a, v in zip(function.tests, wanted, strict=True)
                )


def resolved(step: Step, scope: dict[str, Any]) -> list[str]:
    return [str(scope.get(text, text.strip("'"))) for text in step.texts]


def attempted(run: Any, args: tuple[Any, ...]) -> Any:
    try:
        return run(*args)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def passes(run: Any, function: Function, wanted: list[Any]) -> bool:
    pairs = zip(function.tests, wanted, strict=True)
    return all(same(attempted(run, args), value) for args, value in pairs)


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name_and_no_program(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        programs: dict[str, set[tuple[str, ...]]] = {}
        for split in SPLITS:
            functions = [f for task in generated(difficulty, split, FEW) for f in task.functions]
            names[split] = {f.name for f in functions}
            programs[split] = {tuple(sorted(blocks_of(f))) for f in functions}
            assert {split_of(name.capitalize()) for name in names[split]} == {split}
            assert {split_of_blocks(blocks) for blocks in programs[split]} == {split}
            assert len(names[split]) > 0.9 * len(functions)
            assert len(programs[split]) > 0.6 * len(functions)
        assert not names["train"] & names["test"]
        assert not programs["train"] & programs["test"]

    @pytest.mark.slow
    @pytest.mark.parametrize("split", SPLITS)
    def test_hold_thousands_of_programs(self, split: str) -> None:
        """Different even where names, numbers and agreed values are not looked at."""
        tasks = make(split=split).tasks
        functions = [f for n in range(640) for f in tasks[n].functions]
        assert len({(f.kind, *(step.block for step in f.steps)) for f in functions}) > 2_000

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for task in generated(difficulty, "train", FEW):
            assert tuple(f.label for f in task.functions) == LABELS
            assert len({f.name for f in task.functions}) == 4
            assert [a.knower for a in task.agreed] == ["B", "C", "main", "A"]
            *helpers, main = task.functions
            assert sorted(s.texts[0] for s in main.steps if s.block == CALL) == [*HELPERS]
            assert main.steps[-1].block != CALL
            for function in task.functions:
                tokens = count_tokens(function.source(task.known("value")))
                assert level.tokens[0] <= tokens <= level.tokens[1]
                assert function.letters == {function.letter}
                assert len(function.tests) == 10
                assert len(function.examples) == 2
            for helper in helpers:
                assert len(helper.parameters) == 1 + level.arguments
                assert bool(helper.key) == level.keyed

    def test_get_harder(self) -> None:
        steps, kinds = [], []
        for difficulty in DIFFICULTIES:
            functions = [f for task in generated(difficulty, "train", FEW) for f in task.functions]
            steps.append(sum(len(blocks_of(f)) for f in functions) / len(functions))
            kinds.append(len({BLOCKS[b].gives or f.kind for f in functions for b in blocks_of(f)}))
        assert steps == sorted(steps)
        assert kinds == sorted(set(kinds))

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_thresholds_tell_nothing_of_agreed_values(self, difficulty: str) -> None:
        for task in generated(difficulty, "train", FEW):
            for function in task.functions:
                agreed = False
                for step in function.steps:
                    agreed |= step.block == CALL or function.letter in step.texts
                    domains = () if step.block == CALL else BLOCKS[step.block].domains
                    assert not (agreed and "level" in domains)

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            for task in generated(difficulty):
                assert PairTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    @pytest.mark.parametrize("size", SIZES)
    def test_are_dealt_out_whole_and_evenly(self, size: int) -> None:
        task = generated("easy")[0]
        shares = deal(task, size)
        assert sum(shares, ()) == task.functions
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


class TestOwnTasks:
    def own(self) -> dict[str, Any]:
        """A small task as a user may write it."""
        helpers = [
            {
                "label": label,
                "name": name,
                "kind": "numbers",
                "parameters": ["x"],
                "steps": [[block, text]],
                "tests": [[[1, 2]], [[3, 4, 5]]],
                "examples": [[[1]]],
            }
            for label, name, block, text in (
                ("A", "one", "shift", "5"), ("B", "two", "scale", "P"), ("C", "six", "append", "7")
            )
        ]  # fmt: skip
        main = {
            "label": "main",
            "name": "all",
            "kind": "numbers",
            "parameters": ["x"],
            "steps": [["call", "C"], ["call", "A"], ["reverse"], ["call", "B"]],
            "tests": [[[1, 2]], [[3, 4, 5]]],
            "examples": [[[1]]],
            "stubs": [[[1], [2], [3]]],
        }
        agreed = {"letter": "P", "value": "41", "sample": "12", "other": "13", "knower": "main"}
        return {"functions": [*helpers, main], "agreed": [agreed]}

    @pytest.mark.parametrize("size", SIZES)
    def test_can_be_played(self, size: int, tmp_path: Path) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(self.own()))
        infos = play(make(team_size=size, tasks=path), Expert())
        assert infos["quality"] == infos["pass_rate"] == 1.0

    @pytest.mark.parametrize(
        ("where", "change", "message"),
        [
            (0, {"label": "D"}, "functions must be A, B, C, main"),
            (0, {"name": "two"}, "four different words"),
            (0, {"name": "x y"}, "four different words"),
            (0, {"name": "lambda"}, "that are no keywords of Python; got ['lambda'"),
            (0, {"name": "sorted", "steps": [["ascending"]]}, "none that the steps use; got {'so"),
            (0, {"kind": "trees"}, "function A works on 'trees'; kinds are numbers"),
            (0, {"parameters": ["x", "x"]}, "cannot have the parameters"),
            (0, {"parameters": ["n"]}, "cannot have the parameters"),
            (3, {"parameters": ["x", "n"]}, "function main cannot have the parameters"),
            (0, {"key": "a b"}, "cannot return its result under 'a b'"),
            (3, {"key": "abc"}, "cannot return its result under 'abc'"),
            (0, {"steps": []}, "needs steps, tests and examples"),
            (0, {"tests": []}, "needs steps, tests and examples"),
            (0, {"steps": [["fly"]]}, "'fly', of which there is no block"),
            (0, {"steps": [["shift"]]}, "the parameters of 'shift' are not ()"),
            (0, {"steps": [["shift", "5); import os"]]}, "no parameter of 'shift' is written"),
            (0, {"steps": [["shift", "n"]]}, "no parameter of 'shift' is written 'n'"),
            (0, {"steps": [["shift", "Q"]]}, "each of ['P', 'Q'] must be agreed on once"),
            (0, {"steps": [["shift", "'a'"]]}, "function A fails on ([1, 2],)"),
            (0, {"steps": [["call", "B"]]}, "function A cannot call ('B',)"),
            (0, {"tests": [["a"]]}, "function A fails on ('a',)"),
            (0, {"tests": [[[1], 2]]}, "function A is tested with 2 arguments"),
            (0, {"parameters": ["x", "n"], "tests": [[[1], 2]], "examples": [[[1], 2]]},
             "main must call A with 1 arguments beside x"),
            (0, {"examples": []}, "function A needs steps, tests and examples"),
            (3, {"steps": [["call", "A"], ["call", "B"]]}, "main must call each of A, B, C once"),
            (3, {"steps": [["call", "A", "x"]]}, "function main cannot call ('A', 'x')"),
            (3, {"stubs": []}, "main needs a stub for each helper"),
        ],
    )  # fmt: skip
    def test_that_make_no_sense_are_refused(
        self, where: int, change: dict[str, Any], message: str
    ) -> None:
        task = self.own()
        task["functions"][where] |= change
        self.refused(task, message)

    @pytest.mark.parametrize(
        ("where", "change"),
        [
            (0, {"tests": [[[1, 2]]]}),
            (0, {"tests": [[[1, 2]], [[1, 2]]]}),
            (1, {"steps": [["scale", "0"]], "tests": [[[1, 2]], [[3, 4]]]}),
            (2, {"steps": [["reverse"]], "tests": [[[1, 1]], [[2, 2]]]}),
            (3, {"tests": [[[1, 2]]]}),
        ],
    )
    def test_whose_tests_one_guess_passes_are_refused(
        self, where: int, change: dict[str, Any]
    ) -> None:
        task = self.own()
        task["functions"][where] |= change
        label = task["functions"][where]["label"]
        self.refused(task, f"passes all hidden tests of {label}, so they count for nothing")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"letter": "Z"}, "no author of 'main' can know 'Z'"),
            ({"knower": "D"}, "no author of 'D' can know 'P'"),
            ({"value": "open('x')"}, "an agreed value is like 17 or 'kam'"),
            ({"value": "13"}, "and other differs"),
            ({"unit": "kg"}, "unexpected keyword argument 'unit'"),
        ],
    )
    def test_whose_agreed_values_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str
    ) -> None:
        task = self.own()
        task["agreed"][0] |= change
        self.refused(task, message)

    def refused(self, task: dict[str, Any], message: str) -> None:
        with pytest.raises((ValueError, TypeError), match=re.escape(message)):
            PairTask.from_dict(task)
