"""Scores of module assembly: what a module has to be, whatever else is submitted with it."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from llm_collab_envs.coding.module_assembly.dealing import deal_parts
from llm_collab_envs.coding.module_assembly.env import ModuleAssemblyEnv
from llm_collab_envs.coding.module_assembly.hidden import hidden_tests, passes, reference
from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.layout import FORMS, Layout, Place, usual_place
from llm_collab_envs.coding.module_assembly.rules import another_value, rules_of
from llm_collab_envs.coding.module_assembly.scoring import ModuleScore, score
from llm_collab_envs.coding.module_assembly.source import CALL, THERE, Part, solution
from llm_collab_envs.coding.module_assembly.structure import find_structure
from llm_collab_envs.coding.module_assembly.tasks import LEVELS, ModuleTask
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.sandbox import Job, Outcome, Sandbox

PERFECT = ModuleScore(1.0, 0.0)
SANDBOX = Sandbox()


def task_of(difficulty: str, index: int = 0) -> ModuleTask:
    task: ModuleTask = ModuleAssemblyEnv(difficulty=difficulty, split="test").tasks[index]
    return task


def of(task: ModuleTask, *parts: str) -> ModuleScore:
    return score(task, {f"agent_{n}": part for n, part in enumerate(parts)}, SANDBOX.run_many)


def write(
    task: ModuleTask, parts: Sequence[Part], layout: Layout | None = None, **rules: str
) -> str:
    book = {**task.rule_book, **rules}
    return "\n".join(solution(task.module_kind, p, layout or task.layout, book) for p in parts)


def wrap(part: Part, *body: str) -> str:
    """Code that puts another function around one that is defined already, as `inner`."""
    lines = [f"inner = inner_{part.name}", *body]
    head = f"inner_{part.name} = {part.name}\ndef {part.name}(*args):"
    return "\n    ".join([head, *lines])


def rate_without(task: ModuleTask, *parts: Part) -> float:
    """The share of tests that do not need these functions."""
    names = {part.name for part in parts}
    tests = hidden_tests(task)
    if task.parts[0] in parts:
        return 0.0
    return sum(not names & {name for name, _ in t.calls} for t in tests) / len(tests)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_a_right_module_passes_however_it_is_dealt_out(difficulty: str) -> None:
    for index in range(4):
        task = task_of(difficulty, index)
        assert of(task, write(task, task.parts)) == PERFECT
        for size in (2, 4):
            assert of(task, *(write(task, p) for p in deal_parts(task, size))) == PERFECT


def test_nothing_is_worth_nothing() -> None:
    task = task_of("easy")
    assert of(task) == of(task, "") == of(task, "", "pass") == ModuleScore(0.0, 0.0)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_a_missing_function_costs_the_tests_that_need_it(difficulty: str) -> None:
    task = task_of(difficulty)
    for missing in task.parts:
        rest = write(task, [part for part in task.parts if part != missing])
        want = rate_without(task, missing)
        assert of(task, rest).pass_rate == pytest.approx(want)
        assert want <= 0.6
        assert (want == 0) == (missing == task.parts[0])


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_one_function_alone_or_with_the_maker_passes_none(difficulty: str) -> None:
    task = task_of(difficulty)
    maker, *others = task.parts
    for part in others:
        assert of(task, write(task, [part])).pass_rate == 0
        assert of(task, write(task, [maker, part])).pass_rate == 0


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_a_function_on_another_rule_costs_tests(difficulty: str) -> None:
    task = task_of(difficulty)
    rates = []
    for part in task.parts[1:]:
        rest = write(task, [p for p in task.parts if p != part])
        bound = rules_of(task.module_kind.function(part.verb)).intersection(task.rule_book)
        for rule in sorted(bound):
            wrong = write(task, [part], **{rule: another_value(rule, task.rule_book[rule])})
            rates.append(of(task, rest, wrong).pass_rate)
    assert max(rates) < 1
    assert sum(rates) / len(rates) < 0.75


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_all_wrong_about_one_rule_pass_hardly_any(difficulty: str) -> None:
    """Not even if all are wrong in the same way, as copies of one model would be."""
    rates = [
        of(task, write(task, task.parts, **{rule: another_value(rule, value)})).pass_rate
        for task in (task_of(difficulty, index) for index in range(6))
        for rule, value in task.rules
    ]
    assert max(rates) < 1
    assert sum(rates) / len(rates) < 0.25


class TestStructure:
    def test_that_is_given_may_be_another_one_if_all_share_it(self) -> None:
        task = task_of("easy")
        other = tuple(Place(p.field, f"my_{p.field}", p.form) for p in task.layout)
        assert of(task, write(task, task.parts, other)) == PERFECT
        mixed = write(task, task.parts[:2]), write(task, task.parts[2:], other)
        assert of(task, *mixed).pass_rate == 0

    def test_to_choose_must_be_the_one_that_suits_everybody(self) -> None:
        for index in range(3):
            task = task_of("medium", index)
            rates = {
                layout == task.layout: of(task, write(task, task.parts, layout)).pass_rate
                for layout in task.alternatives
            }
            assert rates == {True: 1.0, False: 0.0}

    def test_that_is_open_is_free_where_nobody_looks(self) -> None:
        for index in range(3):
            task = task_of("hard", index)
            free = tuple(
                p
                if p in task.bound
                else Place(p.field, f"my_{p.field}", list(FORMS[shape_of(task, p)])[-1])
                for p in task.layout
            )
            assert free != task.layout
            assert of(task, write(task, task.parts, free)) == PERFECT

    def test_that_is_open_is_bound_where_outside_code_reads(self) -> None:
        for index in range(3):
            task = task_of("hard", index)
            for place in task.bound:
                for other in (
                    dataclasses.replace(place, key="elsewhere"),
                    *(
                        dataclasses.replace(place, form=form)
                        for form in FORMS[shape_of(task, place)]
                        if form != place.form
                    ),
                ):
                    layout = tuple(other if p == place else p for p in task.layout)
                    assert of(task, write(task, task.parts, layout)).pass_rate < 0.1


def shape_of(task: ModuleTask, place: Place) -> str:
    return task.module_kind.field(place.field).shape


class TestParts:
    def test_may_stand_in_a_fence_with_functions_of_their_own(self) -> None:
        task = task_of("easy")
        half, rest = write(task, task.parts[:2]), write(task, task.parts[2:])
        fenced = f"```python\nimport math\n\ndef helper():\n    return math.pi\n{half}\n```"
        assert of(task, fenced, rest) == PERFECT

    @pytest.mark.parametrize(
        "broken", ["def f(:", "raise ValueError", "1 / 0", "import nothing_of_that_name", "(" * 500]
    )
    def test_that_do_not_run_are_left_out(self, broken: str) -> None:
        task = task_of("easy")
        last = task.parts[-1]
        rest = write(task, task.parts[:-1])
        want = rate_without(task, last)
        assert of(task, rest, f"{write(task, [last])}\n{broken}").pass_rate == pytest.approx(want)

    def test_may_define_functions_in_any_way(self) -> None:
        task = task_of("easy")
        *rest, last = task.parts
        renamed = write(task, [dataclasses.replace(last, name="other")])
        assert of(task, write(task, rest), f"{renamed}\n{last.name} = other") == PERFECT

    @pytest.mark.parametrize("author", ["the same agent", "a teammate"])
    @pytest.mark.parametrize("define", ["def ", "def  ", "def\t"])
    def test_defined_twice_cost_coordination(self, author: str, define: str) -> None:
        task = task_of("easy")
        whole, again = write(task, task.parts), write(task, task.parts[:2])
        again = again.replace("def ", define)
        parts = [f"{again}\n{whole}"] if author == "the same agent" else [again, whole]
        assert of(task, *parts) == ModuleScore(1.0, pytest.approx(2 / 6))

    def test_are_put_together_in_the_order_of_the_agents(self) -> None:
        task = task_of("easy")
        whole = write(task, task.parts)
        nothing = "\n".join(f"def {part.name}(*args):\n    return 0" for part in task.parts)
        assert of(task, nothing, whole).pass_rate == 1.0
        assert of(task, whole, nothing).pass_rate == 0.0
        swapped = score(task, {"agent_1": whole, "agent_0": nothing}, SANDBOX.run_many)
        assert swapped.pass_rate == 1.0

    def test_cannot_take_the_place_of_what_the_judge_calls(self) -> None:
        task = task_of("medium")
        last = task.parts[-1]
        forged = "\n".join(
            f"def {name}{last.name}(*args):\n    return [0, {{}}]" for name in (CALL, THERE)
        )
        assert of(task, write(task, task.parts), forged) == PERFECT

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_do_not_run_on_teammates_variables(self, difficulty: str) -> None:
        """Else what one agent knows would reach the others without a word."""
        task = task_of(difficulty)
        known = {"limit": "LIMIT", "unknown": "UNKNOWN", "letters": "LETTERS"}
        values = "\n".join(f"{name} = {task.rule_book[rule]}" for rule, name in known.items())
        shares = [write(task, share, **known) for share in deal_parts(task, 2)]
        assert of(task, f"{values}\n{shares[0]}\n{shares[1]}") == PERFECT
        assert of(task, *(f"{values}\n{share}" for share in shares)) == PERFECT
        assert of(task, f"{values}\n{shares[0]}", shares[1]).pass_rate < 0.1
        assert of(task, shares[0], f"{values}\n{shares[1]}").pass_rate < 0.1

    @pytest.mark.parametrize("sharing", ["import builtins\nbuiltins.LIMIT = {}", "LIMIT = {}"])
    def test_do_not_run_on_what_they_look_up(self, sharing: str) -> None:
        task = task_of("easy")
        limit = "getattr(__import__('builtins'), 'LIMIT', 7) if 'LIMIT' not in globals() else LIMIT"
        maker, rest = (write(task, p, limit=f"({limit})") for p in deal_parts(task, 2))
        told = sharing.format(task.rule_book["limit"])
        assert of(task, f"{told}\n{maker}", rest).pass_rate < 0.5

    @pytest.mark.parametrize("value", ["9" * 4001, "[" * 90 + "]" * 90])
    def test_answers_that_no_child_would_send_raise_nothing(self, value: str) -> None:
        task = task_of("easy")
        coded = f'["i", "{value}"]' if value[0] == "9" else value.replace("[", '["l", ', 89)
        coded = coded.replace("[]", '["l"]')
        forged = "".join(f'\n[{n}, "ok", {coded}]\n' for n in range(200))
        source = (
            f"import os\ndef {task.parts[0].name}(entries):\n    os.write(1, {forged!r}.encode())"
        )
        names = "\n".join(f"def {part.name}(*args): pass" for part in task.parts[1:])
        assert of(task, source, names).pass_rate == 0

    def test_need_answers_of_the_right_type(self) -> None:
        task = task_of("easy")
        source = write(task, task.parts)
        wrapped = "".join(
            f"\ninner_{n} = {p.name}\ndef {p.name}(*args):\n    value = inner_{n}(*args)\n"
            "    return float(value) if type(value) is int else value"
            for n, p in enumerate(task.parts[1:])
        )
        assert of(task, source + wrapped).pass_rate < 0.4

    def test_that_never_end_pass_nothing_that_comes_later(self) -> None:
        task = task_of("easy")
        *rest, last = task.parts
        endless = f"def {last.name}(*args):\n    while True:\n        pass"
        assert of(task, write(task, rest), endless).pass_rate <= rate_without(task, last)


class TestBox:
    @pytest.mark.parametrize("made", ["Box()", "Box", "len(args)", "None", "[*args]", "{}", "[[]]"])
    def test_that_is_none_is_worth_nothing(self, made: str) -> None:
        task = task_of("easy")
        clever = f"class Box(dict):\n    pass\n{wrap(task.parts[0], f'return {made}')}"
        assert of(task, f"{write(task, task.parts)}\n{clever}").pass_rate == 0

    def test_hands_on_its_fields_and_nothing_else(self) -> None:
        """What else a function puts there is not forbidden, and nobody ever sees it."""
        task = task_of("easy")
        layout = tuple(Place(p.field, f"my_{p.field}", p.form) for p in task.layout)
        keys = [place.key for place in layout]
        maker, *others = task.parts
        adds = [wrap(maker, "box = inner(*args)", 'box["rules"] = box[7] = 2', "return box")]
        for part in others:
            strict = f"assert [*args[0]] == {keys}"
            adds.append(wrap(part, strict, 'args[0]["rules"] = args[1:]', "return inner(*args)"))
        assert of(task, "\n".join([write(task, task.parts, layout), *adds])).pass_rate == 1.0

    def test_is_right_whatever_teammates_have_left_there(self) -> None:
        """Who spoils the box fails, and nobody with it."""
        task = task_of("hard")
        spoilt = task.parts[2]
        spoils = wrap(spoilt, "answer = inner(*args)", "args[0].clear()", "return answer")
        rest, mine = [p for p in task.parts if p != spoilt], write(task, [spoilt])
        rate = of(task, write(task, rest), f"{mine}\n{spoils}").pass_rate
        assert rate == pytest.approx(rate_without(task, spoilt))

    def test_holds_what_it_should_after_every_call(self) -> None:
        """A function that answers right and leaves the box as it was fails its tests."""
        task = task_of("hard")
        writer = next(p for p in task.parts[1:] if task.module_kind.function(p.verb).writes)
        copy = wrap(writer, "import copy", "return inner(copy.deepcopy(args[0]), *args[1:])")
        rest = write(task, [part for part in task.parts if part != writer])
        rate = of(task, rest, f"{write(task, [writer])}\n{copy}").pass_rate
        assert rate < rate_without(task, writer) + 0.2

    def test_may_be_a_list_or_a_dict_with_numbers_and_pairs_may_be_lists(self) -> None:
        task = next(t for t in (task_of("easy", n) for n in range(20)) if t.kind == "graph")
        forms = {"weight": "pairs", "links": "swapped", "edges": "plain"}
        layout = tuple(Place(p.field, n, forms[p.field]) for n, p in enumerate(task.layout))
        source = write(task, task.parts, layout)
        of_lists = re.sub(r"list\((\w+)\.items\(\)\)", r"[[*pair] for pair in \1.items()]", source)
        of_lists = of_lists.replace("[(v, n) for", "[[v, n] for")
        assert of_lists != source
        maker, *others = task.parts
        as_dict = wrap(maker, "return dict(enumerate(inner(*args)))")
        for whole, box, pair in (
            (source, list, tuple),
            (of_lists, list, list),
            (f"{of_lists}\n{as_dict}", dict, list),
        ):
            types = f"[type(args[0]), type(args[0][0][0])] == [{box.__name__}, {pair.__name__}]"
            strict = [wrap(part, f"assert {types}", "return inner(*args)") for part in others]
            assert of(task, "\n".join([whole, *strict])).pass_rate == 1.0

    def test_keeps_links_in_any_order(self) -> None:
        kind, fields = KINDS["graph"], {"weight": {"a": 1}, "links": {"a": ["b", "a"]}, "edges": 1}
        structure = find_structure(kind, (), [fields], [fields])
        assert structure is not None
        for links, right in ((["a", "b"], True), (["b"], False), (["a", "b", "b"], False)):
            assert structure.holds(kind, fields | {"links": {"a": links}}, fields) == right

    def test_is_read_where_most_boxes_have_a_field(self) -> None:
        """A list that reads the same backwards is in two forms; a number may stand twice."""
        kind = KINDS["undo"]
        right = [
            {"values": {"a": n}, "changes": ["a"] * 3, "before": before}
            for n, before in enumerate([[1, 2, 1], [1, 1, 2], [2, 2, 2]])
        ]
        boxes = [{"x": f["before"][::-1], 2: f["values"], "y": f["changes"]} for f in right]
        boxes[2]["x"] = "spoilt"
        structure = find_structure(kind, (), boxes, right)
        assert structure is not None
        kept = {it.place.field: (it.place.key, it.place.form) for it in structure.kept}
        assert kept["before"] == ("x", "backward")
        assert kept["values"] == (2, "dict")
        holds = [structure.holds(kind, *pair) for pair in zip(boxes, right, strict=True)]
        assert holds == [True, True, False]

    def test_is_soon_found_in_boxes_of_many_keys(self) -> None:
        kind = KINDS["undo"]
        right = [{"values": {"a": n}, "changes": ["a"], "before": [n]} for n in range(21)]
        copies = [{f"k{k}": fields["before"] for k in range(2_000)} for fields in right[:-1]]
        boxes = [fields | more for fields, more in zip(right, [*copies, {}], strict=True)]
        del boxes[-1]["before"]
        started = time.process_time()
        structure = find_structure(kind, (), boxes, right)
        assert structure is not None
        assert structure.kept[-1].place.key == "before"
        assert time.process_time() - started < 2.0

    @pytest.mark.parametrize("key", ["x" * 41, 100, -1, True, 1.0, None, (1, 2)])
    def test_has_keys_that_a_team_can_speak_of(self, key: object) -> None:
        kind = KINDS["undo"]
        fields = {"values": {"a": 1}, "changes": ["a"], "before": [1]}
        box = {key: {"a": 1}, "changes": ["a"], "before": [1]}
        assert find_structure(kind, (), [box], [fields]) is None


def test_what_is_missing_is_not_run() -> None:
    """Half a module costs half of the time, and no failed calls, which only CPython answers."""
    task = task_of("hard")
    outcomes: list[Outcome] = []

    def execute(jobs: Sequence[Job]) -> list[Outcome]:
        ran = SANDBOX.run_many(jobs)
        outcomes.extend(ran)
        return ran

    score(task, {"agent_0": write(task, task.parts[:6])}, execute)
    assert sum(len(outcome.answers) for outcome in outcomes) < 400
    assert all(answer.status == "ok" for outcome in outcomes for answer in outcome.answers)


class TestHiddenTests:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_are_passed_by_their_own_reference_and_no_other(self, difficulty: str) -> None:
        tasks = [task_of(difficulty, index) for index in range(12)]
        modules = [reference(task) for task in tasks]
        for task, module in zip(tasks, modules, strict=True):
            tests = hidden_tests(task)
            maker = task.parts[0].name
            assert all(passes(test, maker, module) for test in tests)
            for other, foreign in zip(tasks, modules, strict=True):
                if other is not task:
                    renamed = dict(
                        zip((p.name for p in task.parts), foreign.values(), strict=False)
                    )
                    assert not any(passes(test, maker, renamed) for test in tests)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_show_more_than_constants_of_every_function(self, difficulty: str) -> None:
        shown = total = 0
        for index in range(12):
            task = task_of(difficulty, index)
            unknown = int(task.rule_book["unknown"])
            for test in hidden_tests(task):
                for called in {name for name, _ in test.calls}:
                    pairs = zip(test.calls, test.answers, strict=True)
                    mine = [answer for (name, _), answer in pairs if name == called]
                    shown += any(a not in (unknown, 0, 1, -1, "", []) for a in mine)
                    total += 1
        assert shown / total > 0.95

    def test_there_is_none_that_a_constant_passes(self) -> None:
        for difficulty in DIFFICULTIES:
            for index in range(12):
                task = task_of(difficulty, index)
                for test in hidden_tests(task):
                    values = {repr(answer) for answer in test.answers}
                    assert len(values) > 1

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_need_all_functions_equally_often(self, difficulty: str) -> None:
        task = task_of(difficulty)
        tests = hidden_tests(task)
        width = {"easy": 2, "medium": 3, "hard": 4}[difficulty]
        names = [{name for name, _ in test.calls} for test in tests]
        assert len(tests) == 3 * (LEVELS[difficulty].functions - 1)
        assert all(len(called) == width for called in names)
        times = {part.name: sum(part.name in called for called in names) for part in task.parts[1:]}
        assert set(times.values()) == {3 * width}

    def test_catch_what_is_written_on_a_wrong_rule_or_number(self) -> None:
        """Nearly every wrong version of a function fails some test; most tests fail it."""
        caught = survived = total = 0.0
        for difficulty in DIFFICULTIES:
            for index in range(8):
                task = task_of(difficulty, index)
                for name, version in wrong_versions(task):
                    mine = [t for t in hidden_tests(task) if name in {n for n, _ in t.calls}]
                    passed = sum(passes(test, task.parts[0].name, version) for test in mine)
                    caught += passed < len(mine)
                    survived += passed / len(mine)
                    total += 1
        assert caught / total > 0.95
        assert survived / total < 0.25

    def test_do_not_depend_on_the_hash_seed(self) -> None:
        code = (
            "from llm_collab_envs.coding.module_assembly.env import ModuleAssemblyEnv\n"
            "from llm_collab_envs.coding.module_assembly.hidden import hidden_tests\n"
            "source = ModuleAssemblyEnv(difficulty='hard').tasks\n"
            "print([hidden_tests(source[n]) for n in range(4)])"
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


def wrong_versions(task: ModuleTask) -> list[tuple[str, dict[str, object]]]:
    """Right modules but for one function: another rule, number or choice."""
    right = reference(task)
    kind, versions = task.module_kind, []
    usual = [usual_place(kind, field.name) for field in kind.fields]
    for part in task.parts[1:]:
        function = kind.function(part.verb)
        twins = [(dataclasses.replace(part, k=part.k + 1), task.rule_book)]
        twins = twins if "{k}" in function.spec else []
        twins += [
            (dataclasses.replace(part, pick=pick), task.rule_book)
            for pick in function.picks
            if pick != part.pick
        ]
        twins += [
            (part, {**task.rule_book, rule: another_value(rule, value)})
            for rule, value in task.rules
            if rule in rules_of(function)
        ]
        for twin, rules in twins:
            module: dict[str, object] = {}
            exec(solution(kind, twin, usual, rules), module)
            versions.append((part.name, {**right, part.name: module[part.name]}))
    return versions


@pytest.mark.parametrize("name", KINDS)
def test_the_reference_takes_the_fast_path(name: str) -> None:
    """All backends answer alike, but only what Monty can run is scored in milliseconds."""
    for difficulty in DIFFICULTIES:
        source = ModuleAssemblyEnv(difficulty=difficulty).tasks
        task = next(source[n] for n in range(200) if source[n].kind == name)
        backends = set()

        def execute(jobs: Sequence[Job], backends: set[str] = backends) -> list[Outcome]:
            outcomes = SANDBOX.run_many(jobs)
            backends |= {outcome.backend for outcome in outcomes}
            return outcomes

        parts = {f"agent_{n}": write(task, [part]) for n, part in enumerate(task.parts)}
        assert score(task, parts, execute) == PERFECT
        assert backends == {"monty"}
