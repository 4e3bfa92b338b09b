"""Function pair: what each agent sees, and what it does not."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from llm_collab_envs.coding.function_pair.expert import read, write
from llm_collab_envs.coding.function_pair.programs import (
    CALL,
    Function,
)
from llm_collab_envs.coding.function_pair.tasks import PairTask, deal
from llm_collab_envs.core.actions import grammar_help
from llm_collab_envs.core.tasks import DIFFICULTIES
from pair_tasks import TASKS, generated, make, replaced, save
from privacy import Privacy

SIZES = (1, 2, 3, 4)


class TestPrivacy(Privacy):
    env = "function_pair_v0"

    def author(self, task: PairTask, label: str, size: int) -> int:
        shares = deal(task, size)
        return next(n for n, share in enumerate(shares) if label in [f.label for f in share])

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("size", SIZES[1:])
    def test_of_agreed_values(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = generated(difficulty)[0]
        for n, agreed in enumerate(task.agreed):
            value = "'zzz'" if "'" in agreed.value else "10"
            other = (*task.agreed[:n], dataclasses.replace(agreed, value=value))
            changed = dataclasses.replace(task, agreed=(*other, *task.agreed[n + 1 :]))
            knower = self.author(task, agreed.knower, size)
            assert self.changed(task, changed, size, tmp_path) == [knower]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("size", SIZES[1:])
    def test_of_names_keys_and_orders(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = generated(difficulty)[1]
        for n, function in enumerate(task.functions):
            other = dataclasses.replace(
                function,
                name="kokoko",
                key="zzz" if function.key else "",
                parameters=function.parameters[::-1],
            )
            changed = replaced(task, n, other)
            author = self.author(task, function.label, size)
            assert self.changed(task, changed, size, tmp_path) == [author]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_of_specifications(self, difficulty: str, tmp_path: Path) -> None:
        """Change a number or a word of one function's specification."""
        found = 0
        for task in generated(difficulty):
            for n, function in enumerate(task.functions):
                for at, step in enumerate(function.steps):
                    if step.block == CALL or not step.texts or step.texts[-1][0] not in "'5678":
                        continue
                    text = "'zuz'" if step.texts[-1][0] == "'" else "9"
                    other = dataclasses.replace(step, texts=(*step.texts[:-1], text))
                    steps = (*function.steps[:at], other, *function.steps[at + 1 :])
                    changed = replaced(task, n, dataclasses.replace(function, steps=steps))
                    assert self.changed(task, changed, 4, tmp_path) == [n]
                    found += 1
        assert found >= TASKS

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_nobody_sees_a_name_or_value_before_it_is_said(
        self, difficulty: str, tmp_path: Path
    ) -> None:
        task = generated(difficulty)[0]
        env = make(tasks=save(tmp_path / "tasks.jsonl", task))
        first, _ = env.reset(options={"task": 0})
        for function in task.functions:
            assert sum(function.name in text for text in first.values()) == 1
        for agreed in task.agreed:
            assert sum(f"{agreed.letter} {agreed.value}" in t for t in first.values()) == 1
        name = task.functions[0].name
        later, *_ = env.step({"agent_0": f'<say to="agent_3">{name}</say><submit>{name}</submit>'})
        assert [a for a, text in later.items() if name in text] == ["agent_0", "agent_3"]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_alone_sees_everything(self, difficulty: str, tmp_path: Path) -> None:
        task = generated(difficulty)[0]
        [text] = self.observe(task, 1, tmp_path)
        for function in task.functions:
            assert all(line in text for line in function.specification)
        assert all(f"{a.letter} {a.value}" in text for a in task.agreed)

    def test_hidden_tests_are_seen_by_nobody(self, tmp_path: Path) -> None:
        for difficulty in DIFFICULTIES:
            task = generated(difficulty)[0]
            [text] = self.observe(task, 1, tmp_path)
            for function in task.functions:
                assert not any(repr(args[0]) in text for args in function.tests)


class TestObservation:
    def test_is_short_at_easy(self) -> None:
        env, shared = make(), len(grammar_help(alone=False))
        for task in range(12):
            lengths = [len(v) - shared for v in env.reset(options={"task": task})[0].values()]
            assert max(lengths) <= 1_270
            assert sum(lengths) / 4 <= 1_070

    @pytest.mark.parametrize("team_size", SIZES)
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_examples_are_what_the_code_gives(self, difficulty: str, team_size: int) -> None:
        """Written with the sample values, every example of a helper comes out as it is shown."""
        env = make(difficulty=difficulty, team_size=team_size, split="test")
        views = env.reset(options={"task": 0})[0]
        found = 0
        for view in views.values():
            samples = dict(re.findall(r"Examples with ([P-S]) = (\S+):", view))
            names: dict[str, Any] = {}
            exec(write(read(view), samples), names)  # our own reference
            for call, result in re.findall(r"^(\w+\(.*\)) -> ((?:(?!, where).)*)$", view, re.M):
                assert repr(eval(call, names)) == result
                found += 1
        assert found == 6


def test_a_plain_function_can_be_typed(tmp_path: Path) -> None:
    """A call stands where the plan says, with what the signature asks for."""
    main: Function = generated("hard")[0].functions[-1]
    known = {"A": "f(n, x, m)['k']", "B": "g(x, m, n)['k']", "C": "h(m, n, x)['k']"}
    lines = main.source(known).splitlines()
    for step in main.steps:
        if step.block == CALL:
            label, n, m = step.texts
            order = {"A": f"f({n}, x, {m})", "B": f"g(x, {m}, {n})", "C": f"h({m}, {n}, x)"}
            assert f"    x = {order[label]}['k']" in lines
