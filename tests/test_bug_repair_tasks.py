"""Bug repair: what tasks hold, that faults are proven, and tasks of one's own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

from llm_collab_envs import make
from llm_collab_envs.coding.bug_repair.cases import Case, facts_of
from llm_collab_envs.coding.bug_repair.expert import (
    Expert,
    functions_of,
    read,
    repair,
    say,
    submit_diffs,
)
from llm_collab_envs.coding.bug_repair.faults import everywhere, own_lines
from llm_collab_envs.coding.bug_repair.programs import could_be_drawn
from llm_collab_envs.coding.bug_repair.reference import repair_path
from llm_collab_envs.coding.bug_repair.running import Version
from llm_collab_envs.coding.bug_repair.tasks import LEVELS, RepairTask, deal_files
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.sandbox import Call, Sandbox, same
from play import play, terms

ENV = "bug_repair_v0"


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> RepairTask:
    task: RepairTask = env_of(difficulty).tasks[index]
    return task


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make(ENV, split=split, difficulty=difficulty).tasks
            tasks = [source[n] for n in range(12)]
            texts = [text for t in tasks for file in t.files for text in (file.faulty, file.right)]
            names[split] = {
                name
                for text in texts
                for name in re.findall(r"# (\w+)\.py|def (\w+)\(|kind == '(\w+)'", text)
                for name in name
                if name
            }
            names[split] |= {case.function for t in tasks for case in (*t.hidden, *t.failing)}
            assert {split_of(name.capitalize()) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 150

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for index in range(5):
            task = task_of(difficulty, index)
            assert len(task.files) == 3
            for file in task.files:
                faulty, right = functions_of(file.faulty), functions_of(file.right)
                assert len(right) == level.faults * level.copies
                assert [*faulty] == [*right]
                assert all(faulty[name] != right[name] for name in right)
                changes = {
                    tuple(sorted(set(right[n].split("\n")) ^ set(faulty[n].split("\n"))))
                    for n in right
                }
                assert len(changes) == level.faults
            assert any(case.inner for case in task.failing) == level.across

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_no_number_gives_itself_away(self, difficulty: str) -> None:
        """A fault of one more or less stays within what sound lines are drawn from."""
        for index in range(60 if difficulty == "easy" else 12):
            for file in task_of(difficulty, index).files:
                assert all(map(could_be_drawn, functions_of(file.right).values()))
                assert all(map(could_be_drawn, functions_of(file.faulty).values()))

    def test_differ_from_each_other(self) -> None:
        assert len({task_of("easy", index).files for index in range(60)}) == 60

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_every_reference_passes_and_every_fault_fails(self, difficulty: str) -> None:
        """In the sandbox, for all calls, the hidden ones and those that are shown."""
        sandbox = Sandbox()
        for index in range(4):
            task = task_of(difficulty, index)
            cases = (*task.hidden, *task.failing)
            calls = [Call(case.function, case.args) for case in cases]
            for version, values in (
                ("right", [case.right for case in cases]),
                ("faulty", [case.wrong for case in cases]),
            ):
                program = "\n".join(getattr(file, version) for file in task.files)
                answers = sandbox.run(program, calls).answers
                for answer, value in zip(answers, values, strict=True):
                    assert answer.status == "ok"
                    assert same(answer.value, value)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_every_copy_of_a_fault_is_proven(self, difficulty: str) -> None:
        for index in range(4):
            task = task_of(difficulty, index)
            for file in task.files:
                for name in functions_of(file.faulty):
                    hidden = [case for case in task.hidden if case.function == name]
                    assert sum(case.fails for case in hidden) >= 3
                    assert len({repr(case.args) for case in hidden}) == 8
                    assert len(hidden) == 8

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_hidden_calls_are_none_that_the_tester_sees(self, difficulty: str) -> None:
        for index in range(4):
            task = task_of(difficulty, index)
            shown = {(c.function, repr(c.args)) for f in task.failing for c in (f, *f.inner)}
            assert not shown & {(c.function, repr(c.args)) for c in task.hidden}

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_no_reference_passes_as_another_ones_repair(self, difficulty: str) -> None:
        """A file of another task breaks everything and fixes nothing."""
        env, other = env_of(difficulty), task_of(difficulty, 1)
        env.reset(options={"task": 0})
        for n, file in enumerate(other.files, 1):
            *_, infos = env.step({f"agent_{n}": f"<submit>{file.right}</submit>"})
            assert infos["agent_0"]["quality"] == 0.0

    @pytest.mark.parametrize(("difficulty", "kinds"), [("easy", 4), ("medium", 5), ("hard", 5)])
    def test_all_kinds_of_faults_occur(self, difficulty: str, kinds: int) -> None:
        """A missing case takes lines away; any other slip changes one."""
        seen: set[str] = set()
        for index in range(12):
            for file in task_of(difficulty, index).files:
                lines, faulty = file.right.split("\n"), file.faulty.split("\n")
                if len(lines) != len(faulty):
                    seen.add("missing case")
                    continue
                for line, slip in zip(lines, faulty, strict=True):
                    words, others = (re.findall(r"\w+|[<>]=?", text) for text in (line, slip))
                    change = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
                    if len(change) == 2:
                        seen.add("swapped arguments")
                    elif change and change[0][0].isdigit():
                        assert abs(int(change[0][0]) - int(change[0][1])) == 1
                        seen.add("off by one")
                    elif change:
                        word = change[0][0].isalpha()
                        seen.add("wrong variable" if word else "comparison")
        assert len(seen) == kinds

    @pytest.mark.parametrize("size", [1, 2, 3, 4])
    def test_files_are_dealt_out_whole(self, size: int) -> None:
        task = task_of("easy")
        shares = deal_files(task, size)
        assert len(shares) == size
        assert sum(shares, ()) == task.files
        assert len(shares[0]) == {1: 3, 2: 1}.get(size, 0)
        assert all(shares[1:])

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_go_through_json(self, difficulty: str) -> None:
        task = task_of(difficulty)
        assert RepairTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    def test_of_ones_own_can_be_played(self, tmp_path: Path) -> None:
        faulty = "# pay.py\ndef pay(hours, rate):\n    return hours * rate + 9\n"
        own = {
            "files": [{"name": "pay.py", "faulty": faulty, "right": faulty.replace("9", "8")}],
            "faults": 1,
            "failing": [{"function": "pay", "args": [2, 3], "right": 14, "wrong": 15}],
            "hidden": [{"function": "pay", "args": [1, 1], "right": 9, "wrong": 10}],
        }
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(own))
        for size in (1, 2):
            assert play(make(ENV, team_size=size, tasks=path), Expert())["quality"] == 1.0
        with pytest.raises(ValueError, match=r"team_size must be at most 2, .* got 3. Lower team"):
            make(ENV, team_size=3, tasks=path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"files": []}, "no file has a function"),
            ({"failing": []}, "every call in 'failing' needs a 'wrong'"),
            ({"hidden": []}, "one call in 'hidden' or more needs a 'wrong'"),
            ({"name": "Pay"}, "every file needs a name of its own, like 'pay.py'; got ['Pay'"),
            ({"faulty": "def f():\n    pass\n"}, "must start with the line '# "),
            ({"faulty": "# NAME\ndef f(:\n"}, "is no Python"),
            ({"faulty": "# NAME\n" + "x = 1\n" * 3000}, "at most 12000 characters"),
            ({"function": "nothing"}, "no file has a function 'nothing'"),
            ({"right": 1.5}, "values must be whole numbers, strings"),
            ({"right": None, "wrong": None}, "every call in 'failing' needs a 'wrong'"),
            ({"extra": 1}, "unexpected keyword argument 'extra'"),
            ({"faults": 0}, "faults must be a whole number, 1 or more; got 0"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        task = task_of("easy").to_dict()
        name = task["files"][0]["name"]
        if change.keys() & {"function", "right", "wrong"}:
            task["failing"][0] |= change
        elif change.keys() & task.keys():
            task |= change
        else:
            task["files"][0] |= {
                k: v.replace("NAME", name) if isinstance(v, str) else v for k, v in change.items()
            }
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make(ENV, tasks=path)


class TestOwnTasks:
    """Two files, of which the second calls the first; both are wrong at first."""

    FAULTY: ClassVar[dict[str, str]] = {
        "pay.py": "# pay.py\ndef pay(hours, rate):\n    return hours * rate + 9\n",
        "due.py": "# due.py\ndef due(hours):\n    return pay(hours, 2) - 1\n",
    }
    RIGHT: ClassVar[dict[str, str]] = {
        "pay.py": FAULTY["pay.py"].replace("9", "8"),
        "due.py": FAULTY["due.py"].replace("1", "2"),
    }

    def own(self, faulty: dict[str, str] | None = None, right: dict[str, str] | None = None) -> Any:
        """Return the task, with other sources where some are given."""
        faulty, right = {**self.FAULTY, **(faulty or {})}, {**self.RIGHT, **(right or {})}
        return {
            "files": [{"name": n, "faulty": faulty[n], "right": right[n]} for n in self.FAULTY],
            "faults": 1,
            "failing": [
                {"function": "pay", "args": [2, 3], "right": 14, "wrong": 15},
                {"function": "due", "args": [3], "right": 12, "wrong": 14},
            ],
            "hidden": [
                {"function": "pay", "args": [1, 1], "right": 9, "wrong": 10},
                {"function": "due", "args": [5], "right": 16, "wrong": 18},
            ],
        }

    def refused(self, task: dict[str, Any], message: str, tmp_path: Path) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make(ENV, team_size=1, tasks=path)

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_are_repaired_by_their_right_files(self, size: int, tmp_path: Path) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(self.own()))
        env = make(ENV, team_size=size, tasks=path)
        env.reset(options={"task": 0})
        shares = zip(env.possible_agents, deal_files(env.tasks[0], size), strict=True)
        parts = {a: "\n".join(file.right for file in share) for a, share in shares if share}
        *_, infos = env.step({a: f"<submit>{part}</submit>" for a, part in parts.items()})
        assert infos["agent_0"]["quality"] == infos["agent_0"]["pass_rate"] == 1.0

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_are_timed_by_their_repair_where_the_expert_finds_none(
        self, size: int, tmp_path: Path
    ) -> None:
        """An expert's message, then the diffs, are as fast as can be asked for."""
        faulty = {name: text.replace("-", "%") for name, text in self.FAULTY.items()}
        task = self.own(faulty)
        task["failing"][1]["wrong"] = task["hidden"][1]["wrong"] = 0
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task))
        env = make(ENV, team_size=size, tasks=path)
        assert play(env, Expert())["quality"] < 1.0

        def slow(observation: str) -> str:
            return f"{'word ' * 80}{shown(observation)}"

        def shown(observation: str) -> str:
            memo = read(observation)
            if memo.seen and memo.round == 1 and not memo.alone:
                return say(memo.seen) + ("" if memo.files else "<done/>")
            waiting = not memo.seen and not memo.heard
            return "" if waiting else submit_diffs(memo.files, self.RIGHT) + "<done/>"

        infos = play(env, shown)
        assert infos["quality"] == infos["speed"] == 1.0
        assert play(env, slow)["speed"] < 0.5

    def test_are_told_nothing_of_what_kind_their_faults_are(self, tmp_path: Path) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(self.own()))
        envs = make(ENV, team_size=1, tasks=path), env_of(team_size=1)
        own, other = (env.reset(seed=0)[0]["agent_0"] for env in envs)
        assert "of 2 files. Each file has 1 fault. Score:" in own
        assert "of 3 files. Each file has 1 fault: a slip in a line or a missing case" in other

    @pytest.mark.parametrize("version", ["faulty", "right"])
    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("def pay(hours, rate):\n    return 1\n", "pay.py must start with the line '# pay.py'"),
            ("# pay.py\n" + "x = 1\n" * 3000, "at most 12000 characters"),
            ("# pay.py\ndef pay(:\n", "pay.py is no Python"),
            ("# pay.py\nfrom due import due\n", "pay.py imports due.py, but all files share one"),
            ("# pay.py\nimport math, due as d\n", "call the other file's functions by their names"),
            ("# pay.py\ndef f():\n    from . import due\n", "pay.py imports from its own folder"),
            ("# pay.py\nTAG = '</submit>'\n", "pay.py cannot stand in a reply, write it without"),
        ],
    )
    def test_whose_sources_cannot_be_run_are_refused(
        self, version: str, source: str, message: str, tmp_path: Path
    ) -> None:
        self.refused(self.own(**{version: {"pay.py": source}}), message, tmp_path)

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            (
                "TEXT = '''\n@@ -1 +1 @@\n'''",
                "cannot be submitted as it is: your diff of pay",
            ),
            ("TEXT = '''\n# due.py\n'''", "due.py is not your file"),
            ("# pay.py\nTEXT = 1", "a line of it reads as the start of a diff or another file"),
        ],
    )
    def test_whose_right_files_cannot_be_submitted_are_refused(
        self, source: str, message: str, tmp_path: Path
    ) -> None:
        right = self.RIGHT["pay.py"] + f"\n{source}\n"
        self.refused(self.own(right={"pay.py": right}), message, tmp_path)

    def test_whose_right_files_do_not_run_by_themselves_are_refused(self, tmp_path: Path) -> None:
        right = self.RIGHT["due.py"] + "\nFIRST = pay(1, 1)\n"
        message = "the right due.py cannot be submitted as it is: due.py stays as it was, as yours"
        self.refused(self.own(right={"due.py": right}), message, tmp_path)

    @pytest.mark.parametrize(
        ("calls", "change", "message"),
        [
            ("failing", {"right": 13}, "'right' of pay(2, 3) is 13, but with the right files it"),
            ("hidden", {"right": 7}, "'right' of pay(1, 1) is 7, but with the right files it"),
            ("hidden", {"args": [1]}, "'right' of pay(1) is 9, but with the right files it fa"),
            ("failing", {"wrong": 1}, "'wrong' of pay(2, 3) is 1, but with the faulty files it"),
            ("hidden", {"wrong": 1}, "'wrong' of pay(1, 1) is 1, but with the faulty files it"),
            ("hidden", {"wrong": None}, "is None, but with the faulty files it returns 10"),
            ("failing", {"inner": [{"function": "pay", "args": [0, 0], "right": 9, "wrong": 9}]},
             "'right' of pay(0, 0) is 9, but with the right files it returns 8"),
            ("failing", {"args": ["<done/>", 1]}, "what the tester sees cannot stand in a reply"),
            ("failing", {"inner": [{"function": "f", "args": [], "right": 1, "wrong": 2}]}, "'f'"),
        ],
    )  # fmt: skip
    def test_whose_calls_are_not_as_they_say_are_refused(
        self, calls: str, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        task = self.own()
        task[calls][0] |= change
        self.refused(task, message, tmp_path)

    @pytest.mark.parametrize("fault", ["hours.rate", "hours * rate / 2", "{hours: rate}"])
    def test_may_have_faults_that_raise_or_return_what_no_task_holds(
        self, fault: str, tmp_path: Path
    ) -> None:
        faulty = self.FAULTY["pay.py"].replace("hours * rate + 9", fault)
        task = self.own({"pay.py": faulty})
        for case in (*task["failing"], *task["hidden"]):
            case["wrong"] = None
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task))
        assert len(make(ENV, tasks=path, team_size=1).tasks) == 1

    @pytest.mark.parametrize("size", [1, 2, 3, 4])
    @pytest.mark.parametrize(("difficulty", "index"), [("easy", 0), ("medium", 0), ("hard", 1)])
    def test_take_as_long_as_the_expert_where_it_writes_what_is_right(
        self, difficulty: str, index: int, size: int
    ) -> None:
        """In one task of twelve it writes a line that does the same."""
        env = env_of(difficulty, size)
        assert terms(env, Expert(), index)["critical_path"] == repair_path(env.tasks[index], size)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_may_be_like_those_that_are_generated(self, difficulty: str, tmp_path: Path) -> None:
        tasks = [task_of(difficulty, index) for index in range(4)]
        path = tmp_path / "own.jsonl"
        path.write_text("\n".join(json.dumps(task.to_dict()) for task in tasks))
        assert [*make(ENV, tasks=path).tasks] == tasks


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_shown_calls_tell_each_fault_from_every_other_slip(difficulty: str) -> None:
    """Whoever tries what each function may have been finds what is right on all hidden calls."""
    for index in range(20):
        task = task_of(difficulty, index)
        facts = [fact for case in task.failing for fact in facts_of(case)]
        functions: dict[str, str] = {}
        for file in task.files:
            found = repair({file.name: file.faulty}, facts)
            assert len(found) == task.faults
            better = {old: new for fault in found for old, new in fault.items()}
            functions |= {n: better.get(t, t) for n, t in functions_of(file.faulty).items()}
        repaired = Version(functions)
        assert all(repaired.call(case.function, case.args) == case.right for case in task.hidden)


def test_a_repair_reaches_the_copies_and_no_other_function() -> None:
    texts = [
        "def a(x):\n    y = x + 1\n    y += 2\n    return y",
        "def b(x):\n    y = x + 5\n    y += 2\n    return y",
        "def c(x):\n    y = x + 5\n    y += 3\n    return y",
    ]
    assert own_lines(texts[0], texts[1:]) == 2
    assert own_lines(texts[2], texts[:2]) == 3
    better = texts[0].replace("+= 2", "+= 4")
    assert everywhere(texts[0], better, 2, texts[1:]) == {
        texts[0]: better,
        texts[1]: texts[1].replace("+= 2", "+= 4"),
    }
    assert own_lines(texts[0], []) == 4


def test_the_call_to_tell_is_the_one_inside_that_went_wrong() -> None:
    sound, wrong = Case("inner", (1,), 5, 5), Case("inner", (1,), 5, 6)
    assert [f.function for f in facts_of(Case("outer", (2,), 7, 8, (sound,)))] == ["inner", "outer"]
    assert [f.function for f in facts_of(Case("outer", (2,), 7, 8, (wrong,)))] == ["inner"]
