"""The Dec-POMDP loop, on the toy env: messages, budgets, time, endings, credit, logs, rendering."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from llm_collab_envs import make
from llm_collab_envs.core import metrics
from llm_collab_envs.core.actions import MAX_ACTION_CHARS
from llm_collab_envs.core.episode import EpisodeLog
from llm_collab_envs.core.observation import (
    MAX_BRIEFING_CHARS,
    MAX_OBSERVATION_CHARS,
    ObservationCollector,
    split_briefing,
)
from llm_collab_envs.core.reward import JointReward
from llm_collab_envs.core.tasks import TaskSource, generated
from relay import MEMBERS, RelayEnv, RelayTask, _generate, _load

A, B, C = "agent_0", "agent_1", "agent_2"


def started(**kwargs: Any) -> RelayEnv:
    env = RelayEnv(**{"team_size": 3, "max_cycles": 9, **kwargs})
    env.reset(seed=0, options={"task": 0})
    return env


def words(env: RelayEnv) -> list[str]:
    return list(env.episode.task["words"])


class TestMessages:
    def test_are_read_in_the_next_round_by_whom_they_are_for(self) -> None:
        env = started()
        first, *_ = env.step({A: f'<say to="{B}">secret one</say><say to="all">open one</say>'})
        assert "agent_0: secret one\nagent_0: open one\n" in first[B]
        assert "agent_0: open one\n" in first[C]
        assert "secret" not in first[C]
        assert "Messages" not in first[A]
        second, *_ = env.step({})
        assert "agent_0: secret one" in second[B]

    def test_cost_their_sender_only(self) -> None:
        env = started(message_budget=10)
        seen, *_, infos = env.step({A: '<say to="all">one two three</say>'})
        assert "Message tokens left: 7." in seen[A]
        assert "Message tokens left: 10." in seen[B]
        assert infos[A]["message_tokens"] == 3

    def test_over_budget_are_dropped_whole_and_still_cost(self) -> None:
        env = started(message_budget=3)
        reply = '<say to="all">one two</say><say to="all">three four</say><say to="all">five</say>'
        seen, *_, infos = env.step({A: reply})
        assert "agent_0: one two\nagent_0: five\n" in seen[B]
        assert "three" not in seen[B]
        over = "1 messages were over your budget and not sent: 2 tokens with 1 left."
        assert f"Notice: {over}" in seen[A]
        assert "Notice" not in seen[B]
        assert infos[A]["message_tokens"] == 5
        assert infos[A]["coordination_cost"] == pytest.approx(5 / 9)

    def test_over_budget_are_told_of_with_what_was_left(self) -> None:
        env = started(message_budget=2)
        seen, *_ = env.step({A: '<say to="all">a b c</say><say to="all">a</say>' * 9})
        told = "16 messages were over your budget and not sent: "
        told += "3 tokens with 2 left, 3 tokens with 1 left, 3 tokens with 0 left."
        assert seen[A].count("Notice") == 1
        assert f"Notice: {told}" in seen[A]

    def test_empty_ones_cost_a_token(self) -> None:
        *_, infos = started().step({A: '<say to="all"></say>'})
        assert infos[A]["message_tokens"] == 1

    def test_default_budget_is_the_tasks_shared_out(self) -> None:
        assert "Message tokens left: 14." in RelayEnv(team_size=3).reset()[0][A]

    def test_alone_there_is_no_talk_of_them(self) -> None:
        seen = RelayEnv(team_size=1).reset()[0][A]
        assert "say" not in seen
        assert "Message tokens" not in seen


class TestBrokenReplies:
    def test_do_nothing_and_are_counted_and_explained_once(self) -> None:
        env = started()
        seen, *_, infos = env.step({A: "<submit>one", B: "fine"})
        assert "Notice: your last reply did nothing: '[submit]' is not closed." in seen[A]
        assert infos[A]["malformed"] == 1
        assert infos[B]["malformed"] == 0
        assert env.parts == {}
        seen, *_, infos = env.step({})
        assert "Notice" not in seen[A]
        assert infos[A]["malformed"] == 1

    def test_cost_their_tokens(self) -> None:
        *_, infos = started().step({A: "<submit>one two"})
        assert infos[A]["critical_path"] == 3


class TestRepliesWithoutATag:
    def test_do_nothing_are_told_so_and_are_not_malformed(self) -> None:
        seen, *_, infos = started().step({A: "def f(): return 1", B: "", C: "<done/>"})
        assert "Notice: your last reply did nothing: it has no tag." in seen[A]
        assert "Notice" not in seen[B], "an empty reply passes the turn"
        assert infos[A]["malformed"] == 0


class TestFeedback:
    def test_is_told_to_its_agent_after_the_round_and_once(self) -> None:
        class AnsweringEnv(RelayEnv):
            def _feedback(self, agent: str) -> list[str]:
                said = self.parts.get(agent)
                return [f"you wrote {said}"] if said and self.episode.rounds == [] else []

        env = AnsweringEnv(team_size=3)
        assert "Notice" not in env.reset(seed=1)[0][A]
        seen, *_ = env.step({A: "<submit>one</submit>"})
        assert "Notice: you wrote one" in seen[A]
        assert "Notice" not in seen[B]
        assert "Notice" not in env.step({})[0][A]


class TestTime:
    def test_a_round_lasts_as_long_as_its_longest_action(self) -> None:
        env = started()
        env.step({A: "one two three", B: "one", C: ""})  # 3
        env.step({})  # 0
        *_, infos = env.step({A: "one", B: f'<say to="{A}">a b</say>'})  # 4: two tags, two words
        assert infos[A]["critical_path"] == 7
        assert metrics.critical_path(env.episode) == 7
        assert metrics.critical_path(env.episode, without=A) == 1 + 0 + 4
        assert metrics.critical_path(env.episode, without=B) == 3 + 0 + 1
        assert metrics.total_tokens(env.episode) == 3 + 1 + 0 + 1 + 4
        assert metrics.message_tokens(env.episode) == 2
        assert metrics.message_tokens(env.episode, without=B) == 0

    def test_speed_up(self) -> None:
        solo, team = started(team_size=1), started()
        solo.step({A: "a b c d e f"})
        team.step({A: "a b", B: "a"})
        assert metrics.speed_up(solo.episode, team.episode) == 3.0

    def test_infos_agree_with_the_log(self) -> None:
        env = started()
        for reply in ("a b", '<say to="all">c</say>', "<submit>", "<submit>d</submit>"):
            *_, infos = env.step({A: reply, B: "x"})
            log = env.episode
            assert infos[A]["critical_path"] == metrics.critical_path(log)
            assert infos[A]["message_tokens"] == metrics.message_tokens(log)
            assert infos[A]["malformed"] == metrics.malformed(log, A)
            for agent in env.agents:
                tally = env._loop.team.tally
                assert tally.critical_path(agent) == metrics.critical_path(log, agent)
                assert tally.message_tokens(agent) == metrics.message_tokens(log, agent)
        assert metrics.malformed(log) == 1


class TestEndings:
    def test_done_agents_wait_for_the_rest(self) -> None:
        env = started()
        _, _, ended, cut, infos = env.step({A: "<done/>"})
        assert not any(ended.values())
        assert not any(cut.values())
        assert env.agents == [A, B, C]
        assert [infos[agent]["done"] for agent in env.agents] == [1, 0, 0]
        _, _, ended, cut, _ = env.step({B: "<done/>", C: "<done/>"})
        assert ended == {A: True, B: True, C: True}
        assert not any(cut.values())
        assert env.agents == []

    def test_done_agents_can_do_nothing_more_and_cost_nothing(self) -> None:
        env = started()
        env.step({A: "<done/>"})
        seen, *_, infos = env.step({A: '<say to="all">hey</say><submit>x</submit> <say>'})
        assert "hey" not in seen[B]
        assert env.parts == {}
        assert infos[A]["malformed"] == 0
        assert infos[A]["critical_path"] == 1

    def test_the_time_limit_truncates(self) -> None:
        env = started(max_cycles=2)
        env.step({})
        _, _, ended, cut, _ = env.step({})
        assert cut == {A: True, B: True, C: True}
        assert not any(ended.values())
        assert env.agents == []

    def test_done_in_the_last_round_terminates(self) -> None:
        env = started(max_cycles=1)
        _, _, ended, cut, _ = env.step(dict.fromkeys([A, B, C], "<done/>"))
        assert all(ended.values())
        assert not any(cut.values())

    def test_a_later_submission_replaces_the_first(self) -> None:
        env = started()
        seen, *_ = env.step({A: "<submit>one two</submit>"})
        assert "Your submission: 2 tokens." in seen[A]
        assert "Your submission" not in seen[B]
        env.step({A: "<submit> three </submit>"})
        assert env.parts == {A: "three"}

    def test_a_later_submission_is_scored_anew(self) -> None:
        env = started()
        *_, infos = env.step({A: "<submit>wrong</submit>"})
        assert infos[A]["quality"] == 0
        *_, infos = env.step({A: f"<submit>{words(env)[1]}</submit>"})
        assert infos[A]["quality"] == pytest.approx(1 / 3)
        *_, infos = env.step({A: "<submit>wrong</submit>"})
        assert infos[A]["quality"] == 0

    def test_after_the_last_round_no_other_is_announced(self) -> None:
        env = started(max_cycles=1)
        seen, *_ = env.step({})
        assert "\n== Round 1 of 1 was the last ==\n" in seen[A]

    def test_where_all_are_done_the_round_was_the_last(self) -> None:
        env = started(max_cycles=5)
        seen, *_ = env.step(dict.fromkeys(env.agents, "<submit>x</submit>"))
        assert "\n== Round 2 of 5 ==\n" in seen[A]
        seen, *_ = env.step(dict.fromkeys(env.agents, "<done/>"))
        assert "\n== Round 2 of 5 was the last ==\n" in seen[A]


class TestReward:
    def test_combine_by_hand(self) -> None:
        parts = JointReward(0.6, 0.4, 0.5).combine(0.5, 30, 40, 0.2)
        assert parts.speed == 0.75
        assert parts.joint_reward == pytest.approx(0.6 * 0.5 + 0.4 * 0.5 * 0.75 - 0.5 * 0.2)
        assert JointReward().combine(1.0, 50, 40, 0.0).speed == 1.0

    def test_speed_is_that_of_the_expert_whatever_the_quality(self) -> None:
        env = started()
        env.step({A: "one " * 2 * env._expert_path()})
        terms = env.episode.rounds[-1].terms
        assert (terms["quality"], terms["speed"]) == (0.0, 0.5)

    def test_speed_of_nothing_earns_nothing(self) -> None:
        assert JointReward().combine(0.0, 30, 1, 0.0).joint_reward == 0.0

    def test_an_episode_by_hand(self) -> None:
        """The expert takes 3 tokens to tell (tags and word) and 4 to submit and be done."""
        env = started(message_budget=10)
        one, two, three = words(env)[:3]
        env.step({A: f'<say to="all">{one}</say>', B: "well well well"})  # 3
        *_, infos = env.step({A: f"<submit>{two}</submit>", C: f"<submit>{one}</submit>"})  # 3
        quality, speed, cost = 2 / 3, 1.0, 1 / 30
        want = 0.7 * quality + 0.3 * quality * speed - 0.2 * cost
        assert infos[A]["joint_reward"] == pytest.approx(want)
        _, _, _, _, infos = env.step({B: f"<submit>{three}</submit> a b c d e"})  # 8, 14 in all
        want = 0.7 + 0.3 * 7 / 14 - 0.2 * cost
        assert infos[B]["joint_reward"] == pytest.approx(want)
        assert infos[B]["speed"] == pytest.approx(0.5)

    def test_difference_rewards_by_hand(self) -> None:
        env = started(message_budget=10, max_cycles=1)
        _, two, three = words(env)[:3]
        replies = {A: f"<submit>{two}</submit>", B: f"<submit>{three}</submit> a b c d e"}
        *_, infos = env.step({**replies, C: '<say to="all">a b c</say>'})
        talk = 0.2 * 3 / 30
        want = 2 / 3 * (0.7 + 0.3 * 7 / 8) - talk  # the expert takes 7 tokens, in two rounds
        without = {
            A: 1 / 3 * (0.7 + 0.3 * 7 / 8) - talk,
            B: 1 / 3 - talk,  # 5 tokens
            C: 2 / 3 * (0.7 + 0.3 * 7 / 8),
        }
        assert infos[A]["joint_reward"] == pytest.approx(want)
        for agent, reward in without.items():
            assert env.counterfactual_reward(agent) == pytest.approx(reward)
            assert infos[agent]["difference_reward"] == pytest.approx(want - reward)

    def test_difference_rewards_come_at_the_end_only(self) -> None:
        env = started()
        *_, infos = env.step({A: f"<submit>{words(env)[1]}</submit>"})
        assert {info["difference_reward"] for info in infos.values()} == {0.0}

    def test_weights_are_the_callers(self) -> None:
        env = started(reward={"quality": 0.5, "speed": 0.0, "coordination": 0.0})
        *_, infos = env.step({A: f'<say to="all">hi</say><submit>{words(env)[1]}</submit>'})
        assert infos[A]["joint_reward"] == pytest.approx(0.5 / 3)

    def test_joint_reward_is_the_envs_own_record(self) -> None:
        env = started()
        assert env.joint_reward == 0.0
        env.step({A: f"<submit>{words(env)[1]}</submit>"})
        assert env.joint_reward == env.episode.rounds[-1].terms["joint_reward"] > 0.2
        with pytest.raises(RuntimeError, match="no episode yet"):
            _ = RelayEnv().joint_reward

    def test_the_experts_time_is_the_same_whatever_may_be_said_or_played(self, env_id: str) -> None:
        usual, short = make(env_id), make(env_id, max_cycles=1, message_budget=0)
        for env in (usual, short):
            env.reset(options={"task": 0})
        assert usual._expert_path() == short._expert_path()

    def test_the_experts_time_does_not_disturb_the_episode(self) -> None:
        plain, disturbed = started(), started()
        disturbed._play_expert()
        for env in (plain, disturbed):
            env.step({A: "hello"})
            env.reset()
        assert plain.episode == disturbed.episode


class TestLog:
    def test_goes_through_json_and_replays(self) -> None:
        env = started(reward={"quality": 0.6, "speed": 0.2, "coordination": 0.1})
        for reply in ("\ud800\x00 lone", '<say to="all">\u00e9\u2028</say>', "<submit>x</submit>"):
            env.step({A: reply, B: "<say>"})
        text = env.episode.to_json()
        assert "\n" not in text
        assert text.isascii()
        log = EpisodeLog.from_json(text)
        assert log == env.episode
        assert log.replay(RelayEnv) == env.episode

    def test_of_another_version_is_refused(self) -> None:
        data = {**json.loads(started().episode.to_json()), "version": 99}
        with pytest.raises(ValueError, match="version must be 1; got 99"):
            EpisodeLog.from_json(json.dumps(data))


class TestObservations:
    def test_stay_within_their_bound_whatever_is_said(self) -> None:
        env = started(message_budget=1_000_000)
        flood = '<say to="all">' + "word " * 6_000 + "</say>"
        for n in range(8):
            seen, *_ = env.step(dict.fromkeys(env.agents, f'<say to="all">number {n}</say>{flood}'))
            for agent, text in seen.items():
                assert len(text) <= MAX_OBSERVATION_CHARS
                assert env.observation_space(agent).contains(text)
        assert "older messages left out)" in seen[A]

    def test_keep_the_newest_messages(self) -> None:
        env = started(message_budget=1_000_000, max_cycles=50)
        for n in range(40):
            seen, *_ = env.step({A: f'<say to="all">number {n} {"x" * 1_000}</say>'})
        assert "number 39 " in seen[B]
        assert "number 0 " not in seen[B]
        assert len(seen[B]) > MAX_OBSERVATION_CHARS - 1_200

    def test_of_a_message_that_never_fits_say_so(self) -> None:
        env = started(message_budget=1_000_000)
        seen, *_ = env.step({A: f'<say to="all">{"x" * 40_000}</say>'})
        assert "(1 older messages left out)" in seen[B]

    def test_always_show_the_budget_however_much_there_is_to_tell(self) -> None:
        env = started()
        env._loop.team.tell(A, [f"something {n} went wrong" for n in range(200)])
        seen = env._loop.observations([A])[A]
        assert "Notice: something 0 went wrong" in seen
        assert "\nMessage tokens left: " in seen

    def test_may_not_look_like_a_turn_before_it_comes(self) -> None:
        with pytest.raises(ValueError, match="agent_1 holds '== Round '"):
            ObservationCollector("Job.", {A: "fine", B: "== Round 1 == of a fight"})

    def test_are_a_briefing_that_stays_and_a_turn(self) -> None:
        env = started()
        first = split_briefing(env.reset(options={"task": 0})[0][A])
        second = split_briefing(env.step({B: '<say to="all">== Round 9 of 9 ==</say>'})[0][A])
        assert first[0] == second[0]
        assert first[1].startswith("== Round 1 of 9 ==\n")
        assert second[1].startswith("== Round 2 of 9 ==\n")

    def test_too_long_a_task_is_refused(self) -> None:
        env = RelayEnv(team_size=1)
        env.tasks = TaskSource(lambda *_: _load({"words": ["x" * 20_000]}), _load, "test", "easy")
        with pytest.raises(ValueError, match=r"briefing of agent_0 has 2\d+ characters"):
            env.reset()


class TestRendering:
    def test_ansi_returns_the_transcript_so_far(self) -> None:
        env = started(render_mode="ansi")
        assert env.render() == "relay_v0 | team of 3 | easy | train task 0\n"
        env.step({A: "<submit>x</submit>", B: "<submit>"})
        text = env.render() or ""
        assert "--- Round 1 ---\n[agent_0, 3 tokens]\n<submit>x</submit>\n" in text
        assert "[agent_2, 0 tokens]\n(passes)\n" in text
        assert "! broken: '[submit]' is not closed" in text
        assert "reward +0.000 | joint_reward=0 " in text

    @pytest.mark.parametrize("has_rich", [True, False])
    def test_human_prints_with_rich_or_without(
        self, has_rich: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if not has_rich:
            monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        env = started(render_mode="human")
        env.step({A: "\x1b[2J\ud800 hello"})
        printed = capsys.readouterr().out
        assert "hello" in printed
        assert "--- Round 1 ---" in printed
        assert "\x1b[2J" not in printed
        assert ("\x1b[1m--- Round 1 ---" in printed) == has_rich  # bold
        assert ("\x1b" in printed) == has_rich

    def test_human_prints_each_round_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        env = started(render_mode="human")
        for n in range(2):
            env.step({A: f"hello {n}"})
            assert env.render() is None
        printed = capsys.readouterr().out
        lines = ("relay_v0 | team of 3", "--- Round 1 ---", "hello 0", "--- Round 2 ---", "hello 1")
        assert [printed.count(line) for line in lines] == [1] * 5
        assert [printed.index(line) for line in lines] == sorted(map(printed.index, lines))
        env.reset(seed=0)
        env.step({})
        assert "relay_v0 | team of 3" in capsys.readouterr().out

    def test_without_a_mode_nothing_is_rendered(self) -> None:
        assert started().render() is None

    def test_overlong_replies_are_cut_and_say_so(self) -> None:
        env = started(render_mode="ansi")
        whole, over = "x" * MAX_ACTION_CHARS, "y" * 2**24
        env.step({A: f" {whole}\n", B: over})
        for text in (env.render() or "", env.state()):
            assert f"tokens]\n{whole}\n" in text
            assert over[:MAX_ACTION_CHARS] + "\n(16711680 characters left out)\n! broken: " in text
        assert env.state() in env.state_space
        log = EpisodeLog.from_json(env.episode.to_json())
        assert log.rounds[0].turns[B].text == over
        assert log.replay(RelayEnv) == env.episode

    def test_state_has_the_private_truth(self) -> None:
        env = started()
        env.step({B: f'<say to="{C}">psst</say>'})
        assert all(word in env.state() for word in words(env))
        assert "psst" in env.state()


class TestTasks:
    def test_are_pure_functions_of_their_index(self) -> None:
        source, again = (TaskSource(_generate, _load, "test", "easy") for _ in range(2))
        later = [source[n] for n in (5, 3, 5)]
        generated.cache_clear()
        assert later == [again[5], again[3], again[5]]
        assert later[0] != later[1]

    def test_come_one_after_the_other(self, env_id: str) -> None:
        tasks = make(env_id, split="test").tasks
        assert list(islice(tasks, 3)) == [tasks[n] for n in range(3)]

    def test_of_a_file_are_shared_by_envs_until_it_changes(self, tmp_path: Path) -> None:
        path = tmp_path / "tasks.jsonl"
        path.write_text('{"words": ["Ab", "Cd", "Ef", "Gh"]}')
        first, again = (RelayEnv(tasks=path) for _ in range(2))
        path.write_text('{"words": ["Xy", "Cd", "Ef", "Gh"]}')
        assert again.tasks[0] is first.tasks[0]
        assert RelayEnv(tasks=path).tasks[0].words[0] == "Xy"

    def test_of_a_file_come_to_an_end(self, tmp_path: Path) -> None:
        path = tmp_path / "tasks.jsonl"
        rows = [json.dumps(RelayEnv().tasks[n].to_dict()) for n in range(2)]
        path.write_text("\n".join(rows))
        assert len(list(RelayEnv(tasks=path).tasks)) == 2

    @pytest.mark.parametrize("line", ["null", "7", "[]", '"x"', "[" * 9_999, "{", '{"words": 7}'])
    def test_of_a_file_are_read_or_their_line_is_named(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "tasks.jsonl"
        path.write_text(f"{json.dumps(RelayEnv().tasks[0].to_dict())}\n\n{line}\n")
        with pytest.raises(ValueError, match=r"tasks\.jsonl, line 3 is not a task: "):
            RelayEnv(tasks=path)

    def test_of_a_file_are_all_checked_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "tasks.jsonl"
        good, long = {"words": ["a"] * MEMBERS}, {"words": ["a" * MAX_BRIEFING_CHARS] * MEMBERS}
        path.write_text(f"{json.dumps(good)}\n{json.dumps(long)}\n")
        with pytest.raises(ValueError, match=r"tasks\.jsonl, line 2: the briefing of agent_0 has"):
            RelayEnv(tasks=path)

    def test_of_a_file_decide_the_largest_team(self, tmp_path: Path) -> None:
        tasks = make("section_writing_v0", difficulty="hard").tasks
        path = tmp_path / "tasks.jsonl"
        fewer = make("section_writing_v0", difficulty="easy").tasks[0]
        path.write_text("\n".join(json.dumps(task.to_dict()) for task in (tasks[0], fewer)))
        assert make("section_writing_v0", team_size=4, tasks=path).largest_team == 4
        with pytest.raises(ValueError, match=r"line 2: team_size must be at most 4"):
            make("section_writing_v0", team_size=5, tasks=path)

    def test_that_cannot_be_played_leave_the_episode_as_it_is(self) -> None:
        env = started(team_size=4)
        word = words(env)[1]
        small = RelayTask(("only", "three", "words"))
        tasks, env.tasks = env.tasks, TaskSource(lambda *_: small, _load, "train", "easy")
        with pytest.raises(IndexError):
            env.reset()
        env.tasks = tasks
        *_, infos = env.step({A: f"<submit>{word}</submit>"})
        assert infos[A]["relayed"] == 1

    def test_do_not_depend_on_the_team(self, env_id: str) -> None:
        tasks = []
        for size in (1, 2, min(4, make(env_id).max_team_size)):
            env = make(env_id, team_size=size)
            env.reset(seed=11)
            tasks.append(env.episode.task)
        assert tasks[0] == tasks[1] == tasks[2]
