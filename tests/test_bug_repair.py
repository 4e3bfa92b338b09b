"""Bug repair: the expert, what it takes to be as good, privacy, feedback, tasks, and cheats."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from cheats_bug_repair import CHEATS
from llm_collab_envs import make
from llm_collab_envs.coding.bug_repair.cases import call_text, fact_text, facts_of
from llm_collab_envs.coding.bug_repair.expert import Expert, functions_of, read, repair, submit
from llm_collab_envs.coding.bug_repair.tasks import RepairTask, SourceFile, deal_failing, deal_files
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.wrappers import AgentDropout
from play import expert_path, finish, joint_reward, play, terms
from privacy import Privacy

ENV = "bug_repair_v0"


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> RepairTask:
    task: RepairTask = env_of(difficulty).tasks[index]
    return task


class TestExpert:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_breaks_nothing(self, difficulty: str) -> None:
        env = env_of(difficulty)
        for task in range(4):
            figures = terms(env, Expert(), task)
            assert figures["quality"] == figures["pass_rate"] == figures["fixed"] == 1.0
            assert figures["broken"] == figures["unapplied_diffs"] == figures["syntax_errors"] == 0

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_teams_of_two_and_three_are_faster_than_one(self, difficulty: str) -> None:
        """One of them has to tell the others first, so only the team of four is twice as fast."""
        one, two, three = (expert_path(env_of(difficulty, size), 4) for size in (1, 2, 3))
        assert one / two >= 1.2
        assert one / three >= 1.2

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_cannot_repair_what_the_tester_keeps_to_itself(self, difficulty: str) -> None:
        def mute(observation: str) -> str:
            return Expert()(observation) if read(observation).files else "<done/>"

        infos = play(env_of(difficulty), mute)
        assert infos["quality"] == 0.0
        assert infos["fixed"] == infos["broken"] == 0.0

    def test_repairs_as_much_as_it_is_told(self) -> None:
        """Only one owner hears of its fault."""
        task = task_of("easy")
        names = functions_of(task.files[1].faulty)
        told = [fact_text(c.fact) for c in task.failing if c.function in names]

        def terse(observation: str) -> str:
            if read(observation).files:
                return Expert()(observation)
            return f'<say to="agent_2">{"; ".join(told)}</say><done/>'

        infos = play(env_of(), terse)
        assert infos["quality"] == pytest.approx(1 / 3, abs=0.15)
        assert infos["quality"] == infos["fixed"]

    def test_waits_for_a_silent_tester_and_then_gives_up(self) -> None:
        env = env_of()
        observations, _ = env.reset(options={"task": 0})
        done = []
        for _ in range(3):
            actions = {a: Expert()(observations[a]) for a in env.agents if a != "agent_0"}
            observations, _, _, _, infos = env.step(actions)
            done.append(infos["agent_1"]["done"])
        assert done == [0, 0, 1]

    def test_repairs_every_copy(self) -> None:
        """A repair of the one function that was told about is a quarter of a repair."""
        task = task_of("easy")
        fixed = []
        for copies in (1, 4):
            parts = {}
            for number, file in enumerate(task.files, 1):
                facts = [fact for case in task.failing for fact in facts_of(case)]
                (fault,) = repair({file.name: file.faulty}, facts)
                assert len(fault) == 4
                told = dict(list(fault.items())[:copies])
                parts[f"agent_{number}"] = submit({file.name: file.faulty}, [told])
            env = env_of()
            env.reset(options={"task": 0})
            *_, infos = env.step(parts)
            fixed.append(infos["agent_0"]["quality"])
        assert fixed == [0.25, 1.0]

    @pytest.mark.parametrize("text", ["", "nothing", "Your file:\n"])
    def test_reads_nothing_but_its_observation(self, text: str) -> None:
        with pytest.raises(IndexError):
            Expert()(text)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_is_not_led_astray_by_what_teammates_say(self, difficulty: str) -> None:
        task = task_of(difficulty)
        noise = "hello: a; zzz 1: 2; : ; a b: c; 1 2: 3; x [[[: 1; y {1}: 2; z 1e999: 1; w '': {}; "
        noise += "; ".join(f"{name} 1: None" for name in ("print", "range", "len", "solve"))
        noise += f"; {task.failing[0].function} x: 1; {task.failing[0].function} (: 1"
        env = env_of(difficulty, message_budget=10_000)
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            for agent in ("agent_0", "agent_2"):
                actions[agent] = f'<say to="all">{noise}</say>' + actions[agent]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0

    def test_can_be_lied_to(self) -> None:
        """It believes what it hears, and repairs nothing where no slip explains it."""
        lies = "; ".join(fact_text(c.fact._replace(value=10**6)) for c in task_of("easy").failing)

        def liar(observation: str) -> str:
            if read(observation).files:
                return Expert()(observation)
            return f'<say to="all">{lies}</say><done/>'

        assert play(env_of(), liar)["quality"] == 0.0


class TestCheats:
    @pytest.mark.parametrize("cheat", ["looks ahead", "remembers"])
    def test_a_program_cannot_tell_by_its_calls_what_is_wrong(self, cheat: str) -> None:
        assert joint_reward(env_of("easy"), CHEATS[cheat], 8) < 0.12

    @pytest.mark.parametrize("size", [2, 3, 4])
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_nobody_sees_what_its_own_files_get_wrong(self, difficulty: str, size: int) -> None:
        """Or else it could repair them without a word."""
        assert joint_reward(env_of(difficulty, size), CHEATS["mute"], 8) < 0.25 * 0.95

    @pytest.mark.parametrize("size", [2, 4])
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_statistics_say_little_of_what_is_wrong(self, difficulty: str, size: int) -> None:
        env = env_of(difficulty, size)
        tasks = {"easy": 20, "medium": 6, "hard": 3}[difficulty]
        assert joint_reward(env, CHEATS["likeliest slip undone"], tasks) < 0.25 * 0.95

    def test_guesses_pay_nothing_in_the_long_run(self) -> None:
        """The best guess, over more tasks: one slip of one kind is undone everywhere."""
        for guess in ("every comparison moved", "first slip undone", "some slip undone"):
            assert joint_reward(env_of("easy"), CHEATS[guess], 20) < 0.2


class TestPrivacy(Privacy):
    env = ENV

    def observe(self, task: RepairTask, team_size: int, folder: Path) -> list[str]:
        """Without a file, which no program may come from that is not what its task says."""
        env: Any = env_of(team_size=team_size)
        env.tasks = [task]
        return [*env.reset(options={"task": 0})[0].values()]

    @pytest.mark.parametrize("size", [2, 3, 4])
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_of_files(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        for owner, share in enumerate(deal_files(task, size)):
            for file in share:
                text = re.sub(
                    r"= (\d) \*", lambda m: f"= {int(m[1]) % 9 + 1} *", file.faulty, count=1
                )
                at = task.files.index(file)
                other = (*task.files[:at], SourceFile(file.name, text, file.right))
                changed = dataclasses.replace(task, files=(*other, *task.files[at + 1 :]))
                assert self.changed(task, changed, size, tmp_path) == [owner]

    @pytest.mark.parametrize("size", [2, 3, 4])
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_of_failing_calls(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        for at, case in enumerate(task.failing):
            other = dataclasses.replace(case, right=case.right + 1, wrong=case.wrong - 1)
            failing = (*task.failing[:at], other, *task.failing[at + 1 :])
            changed = dataclasses.replace(task, failing=failing)
            seers = [a for a, cases in enumerate(deal_failing(task, size)) if case in cases]
            assert self.changed(task, changed, size, tmp_path) == seers

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_in_a_team_of_two_each_sees_what_the_other_gets_wrong(self, difficulty: str) -> None:
        env, task = env_of(difficulty, 2), task_of(difficulty)
        files, failing = deal_files(task, 2), deal_failing(task, 2)
        assert sorted(map(repr, sum(failing, ()))) == sorted(map(repr, task.failing))
        seen, _ = env.reset(options={"task": 0})
        for agent in (0, 1):
            assert all(file.faulty.rstrip() in seen[f"agent_{agent}"] for file in files[agent])
            others = "\n".join(file.faulty for file in files[1 - agent])
            assert failing[agent]
            for case in failing[agent]:
                assert f"def {facts_of(case)[-1].function}(" in others
                assert call_text(case.function, case.args) in seen[f"agent_{agent}"]
                assert f"- {call_text(case.function, case.args)}" not in seen[f"agent_{1 - agent}"]

    @pytest.mark.parametrize("size", [1, 4])
    def test_of_hidden_calls_and_of_the_solution(self, size: int, tmp_path: Path) -> None:
        task = task_of("hard")
        hidden = tuple(dataclasses.replace(c, right=c.right + 1) for c in task.hidden)
        files = tuple(dataclasses.replace(file, right="") for file in task.files)
        changed = dataclasses.replace(task, hidden=hidden, files=files)
        assert self.changed(task, changed, size, tmp_path) == []

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_the_tester_sees_no_source_and_owners_no_call(self, difficulty: str) -> None:
        seen, _ = env_of(difficulty).reset(options={"task": 0})
        task = task_of(difficulty)
        assert "def " not in seen["agent_0"]
        for n, file in enumerate(task.files, 1):
            assert file.faulty.rstrip() in seen[f"agent_{n}"]
            assert [a for a, text in seen.items() if file.faulty[20:60] in text] == [f"agent_{n}"]
        for case in task.failing:
            holders = [a for a, o in seen.items() if call_text(case.function, case.args) in o]
            assert holders == ["agent_0"]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_alone_sees_everything(self, difficulty: str) -> None:
        text = env_of(difficulty, team_size=1).reset(options={"task": 0})[0]["agent_0"]
        task = task_of(difficulty)
        assert all(file.faulty.rstrip() in text for file in task.files)
        for case in task.failing:
            assert f"{call_text(case.function, case.args)} gave {case.wrong}, " in text
            assert f"should give {case.right}" in text

    def test_submissions_are_seen_by_nobody(self) -> None:
        env = env_of()
        env.reset(seed=0)
        later, *_ = env.step({"agent_1": "hush <submit>hush = 1</submit>"})
        assert not any("hush" in text for text in later.values())

    @pytest.mark.parametrize("team_size", [1, 4])
    def test_no_hidden_call_is_ever_shown(self, team_size: int) -> None:
        """Whatever is submitted, what comes back never names a hidden call."""
        env, task = env_of("hard", team_size), task_of("hard")
        hidden = {call_text(case.function, case.args) for case in task.hidden}
        env.reset(options={"task": 0})
        for text in (task.files[0].right, task.files[0].faulty, "def a(:", "@@ -1 +1 @@\n-x\n+y"):
            later, *_ = env.step(dict.fromkeys(env.agents, f"<submit>{text}</submit>"))
            for seen in later.values():
                calls = {f"{name}({args})" for name, args in re.findall(r"(\w+)\(([^()]*)\)", seen)}
                assert not calls & hidden


class TestFeedback:
    def notices(self, agent: str, parts: dict[str, str], **kwargs: Any) -> list[str]:
        env = env_of(**kwargs)
        env.reset(options={"task": 0})
        seen, *_ = env.step({a: f"<submit>{text}</submit>" for a, text in parts.items()})
        return re.findall("Notice: (.*)", seen[agent])

    def test_says_why_a_diff_does_not_apply(self) -> None:
        (notice,) = self.notices("agent_1", {"agent_1": "@@ -3 +3 @@\n-no such line\n+x = 1"})
        name = task_of("easy").files[0].name
        assert notice.startswith(f"your diff of {name} does not apply: Hunk #1 failed")
        env = env_of()
        env.reset(options={"task": 0})
        *_, infos = env.step({"agent_1": "<submit>@@ -3 +3 @@\n-no\n+x</submit>"})
        assert infos["agent_2"]["unapplied_diffs"] == 1

    def test_says_where_a_file_is_no_python(self) -> None:
        (notice,) = self.notices("agent_1", {"agent_1": "def f():\n    return ("})
        assert "stays as it was, as yours does not run" in notice
        assert "SyntaxError: '(' was never closed (line 2)" in notice

    def test_says_where_a_file_does_not_compile(self) -> None:
        file = task_of("easy").files[0]
        text = f"{file.right}return 1"
        line = len(text.splitlines())
        (notice,) = self.notices("agent_1", {"agent_1": text})
        assert notice == (
            f"{file.name} stays as it was, as yours does not run by itself: "
            f"SyntaxError: 'return' outside function (line {line})."
        )
        assert self.notices("agent_2", {"agent_1": text}) == []
        env = env_of()
        env.reset(options={"task": 0})
        *_, infos = env.step({"agent_1": f"<submit>{text}</submit>"})
        assert infos["agent_2"]["syntax_errors"] == 1

    def test_is_for_the_author_only_and_lasts_until_it_is_mended(self) -> None:
        env, file = env_of(), task_of("easy").files[0]
        env.reset(options={"task": 0})
        seen, *_ = env.step({"agent_1": "<submit>def</submit>"})
        assert ["Notice" in text for text in seen.values()] == [False, True, False, False]
        seen, *_ = env.step({})
        assert "Notice" in seen["agent_1"]
        seen, *_ = env.step({"agent_1": f"<submit>{file.faulty}</submit>"})
        assert "Notice" not in seen["agent_1"]

    def test_tells_nothing_to_who_is_done(self) -> None:
        env = env_of()
        env.reset(options={"task": 0})
        seen, *_ = env.step({"agent_1": "<submit>def</submit><done/>"})
        assert not any("Notice" in text for text in seen.values())

    def test_tells_an_owner_nothing_about_calls(self) -> None:
        """Otherwise nobody would have to ask the tester."""
        parts = {f"agent_{n}": file.faulty for n, file in enumerate(task_of("easy").files, 1)}
        for agent in parts:
            assert self.notices(agent, parts) == []

    def test_tells_the_tester_what_still_fails(self) -> None:
        task = task_of("easy")
        parts = {f"agent_{n}": file.faulty for n, file in enumerate(task.files, 1)}
        calls = "; ".join(call_text(case.function, case.args) for case in task.failing[:3])
        (notice,) = self.notices("agent_0", parts)
        assert notice.startswith(f"with what is submitted now, still wrong: {calls}")
        parts = {f"agent_{n}": file.right for n, file in enumerate(task.files, 1)}
        (notice,) = self.notices("agent_0", parts)
        assert notice == "with what is submitted now, no call of your list fails."
        assert self.notices("agent_0", {}) == []

    def test_tells_each_of_two_what_still_fails_of_what_it_sees(self) -> None:
        task = task_of("easy")
        shares, failing = deal_files(task, 2), deal_failing(task, 2)
        parts = {f"agent_{n}": "\n".join(f.faulty for f in share) for n, share in enumerate(shares)}
        for n, cases in enumerate(failing):
            calls = "; ".join(call_text(case.function, case.args) for case in cases[:3])
            (notice,) = self.notices(f"agent_{n}", parts, team_size=2)
            assert notice.startswith(f"with what is submitted now, still wrong: {calls}")

    def test_alone_there_is_both(self) -> None:
        right = "\n".join(file.right for file in task_of("easy").files)
        assert self.notices("agent_0", {"agent_0": right}, team_size=1) == [
            "with what is submitted now, no call of your list fails."
        ]
        (notice,) = self.notices("agent_0", {"agent_0": "x = 1"}, team_size=1)
        assert notice.startswith("it is not clear which file you mean: start each file with")

    def test_says_whose_file_it_is_not(self) -> None:
        files = task_of("easy").files
        (notice,) = self.notices("agent_1", {"agent_1": files[1].right})
        assert notice == f"{files[1].name} is not your file."
        (notice,) = self.notices("agent_0", {"agent_0": files[1].right})
        assert notice == "you have no file, so your submission does nothing."


def test_team_larger_than_the_program() -> None:
    with pytest.raises(ValueError, match="team_size must be a whole number, between 1 and 4"):
        env_of(team_size=5)


def test_more_messages_are_not_needed_than_there_are_failing_calls() -> None:
    for difficulty in DIFFICULTIES:
        env = env_of(difficulty)
        infos = play(env, Expert())
        told = {fact_text(f) for case in env.tasks[0].failing for f in facts_of(case)}
        assert infos["message_tokens"] == count_tokens("; ".join(told))
        said = [
            turn.message_tokens for round_ in env.episode.rounds for turn in round_.turns.values()
        ]
        assert sum(map(bool, said)) == 1


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_tester_may_tell_its_list_as_it_is_shown(difficulty: str) -> None:
    env = env_of(difficulty)
    for task in range(8):
        seen, _ = env.reset(options={"task": task})
        shown = re.search(r"Calls that fail:(\n- .*)+", seen["agent_0"])
        assert shown
        pasted = " ".join(shown[0].split())
        seen, *_, infos = env.step({"agent_0": f'<say to="all">{pasted}</say>'})
        assert "Notice" not in seen["agent_0"]
        assert all(f"agent_0: {pasted}" in seen[f"agent_{n}"] for n in (1, 2, 3))
        assert infos["agent_0"]["coordination_cost"] <= 0.25


class TestFailingTeams:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_take_over_from_one_that_leaves(self, difficulty: str) -> None:
        for gone in ("agent_0", "agent_1", "agent_3"):
            env = AgentDropout(env_of(difficulty), at_round=2, agents=[gone])
            observations, _ = env.reset(options={"task": 0})
            infos = finish(env, {a: Expert()(o) for a, o in observations.items()}, Expert())
            assert infos["quality"] == 1.0
            assert infos["conflicts"] == 0

    def test_say_what_the_tester_had_no_chance_to_say(self) -> None:
        env = AgentDropout(env_of(), at_round=2, agents=["agent_0"])
        observations, _ = env.reset(options={"task": 0})
        actions = {a: Expert()(o) for a, o in observations.items()} | {"agent_0": ""}
        assert finish(env, actions, Expert())["quality"] == 1.0
        said = Expert()(observations["agent_0"]).removesuffix("<done/>")
        assert env.unwrapped.episode.rounds[1].turns["agent_1"].text.startswith(said)

    def test_only_an_heir_may_repair_a_leavers_file(self) -> None:
        env = AgentDropout(env_of(), at_round=2, agents=["agent_1"])
        observations, _ = env.reset(options={"task": 0})
        observations, *_ = env.step({a: Expert()(o) for a, o in observations.items()})
        file = task_of("easy").files[0]
        foreign = f"<submit>{file.right}</submit>"
        *_, infos = env.step({"agent_2": foreign})
        assert infos["agent_2"]["conflicts"] == 0
        *_, infos = env.step({"agent_2": "<submit></submit>", "agent_3": foreign})
        assert infos["agent_3"]["conflicts"] > 0
