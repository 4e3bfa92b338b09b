"""Copy editing: the expert, what it takes to be as good, privacy, tasks, failing teams, cheats."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cheats_copy_editing import CHEATS, submit
from llm_collab_envs import make
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel, MenuActions
from llm_collab_envs.writing.copy_editing.drafting import LEVELS, LOST, SECTIONS
from llm_collab_envs.writing.copy_editing.expert import Expert, mend, read, say
from llm_collab_envs.writing.copy_editing.tasks import (
    FIGURES,
    HEADING,
    MARGIN,
    REPEATS,
    TITLE,
    EditingTask,
    Line,
    deal_points,
    deal_windows,
)
from play import expert_path, joint_reward, play, terms
from privacy import Privacy

ENV = "copy_editing_v0"


def point(name: str, options: list[str], choice: str) -> dict[str, Any]:
    return {"name": name, "options": options, "choice": choice}


OWN = {
    "subject": "Our manual",
    "sections": [{"title": "Ponds", "about": ["pond"]}, {"title": "Kitchens", "about": ["oven"]}],
    "points": [
        point("heading", ["## Title", "*Title*"], "*Title*"),
        point("help", ["e-mail", "email", "mail"], "e-mail"),
        point("sweet", ["ice", "ice cream"], "ice cream"),
        point("figures", ["first", "last"], "last"),
        point("repeats", ["last", "first"], "first"),
    ],
    "lines": [
        {"text": "## Ponds", "right": "*Ponds*"},
        {"text": "Send an email from the pond.", "right": "Send an e-mail from the pond."},
        {"text": "The depth of the pond is 2.5 m.", "right": "The depth of the pond is 3 m."},
        {"text": "The depth of the pond was 3 m."},
        {"text": "Bake ice cream in the oven."},
        {"text": "Bake bread in the oven."},
        {"text": "Bake bread in the oven.", "right": None},
        {"text": "Do nt touch.", "right": "Do not touch."},
    ],
    "lost": [[4, "*Kitchens*"]],
}


GOING = [{"text": "A."}, {"text": "B.", "right": "C."}, {"text": "D.", "right": None}]


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> EditingTask:
    task: EditingTask = env_of(difficulty).tasks[index]
    return task


class TestExpert:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("team_size", [2, 4, 8])
    def test_mends_all_and_makes_no_error(self, difficulty: str, team_size: int) -> None:
        env = env_of(difficulty, team_size)
        for task in range(3):
            figures = terms(env, Expert(), task)
            assert figures["quality"] == figures["mended"] == 1.0
            assert figures["made"] == figures["broken_edits"] == 0

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_teams_of_two_and_eight_are_faster_than_one(self, difficulty: str) -> None:
        one, two, eight = (expert_path(env_of(difficulty, size), 10) for size in (1, 2, 8))
        assert one / two >= 1.7
        assert one / eight >= 5.5

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_that_keeps_its_points_to_itself_does_next_to_nothing(self, difficulty: str) -> None:
        mute = CHEATS["own points only"]
        for team_size, most in ((2, 0.2), (4, 0.1)):
            env = env_of(difficulty, team_size)
            quality = [play(env, mute, task)["quality"] for task in range(8)]
            assert 0.02 < sum(quality) / 8 < most

    def test_that_is_told_all_mends_what_it_sees_and_no_more(self) -> None:
        """Others talk and are done; the first agent edits all of its window."""

        def act(observation: str) -> str:
            memo = read(observation)
            if memo.round == 1:
                done = "" if "You are agent_0" in observation else "<done/>"
                return say(memo) + done
            memo.last = max(memo.lines)
            return submit(mend(memo, memo.known))

        for difficulty in DIFFICULTIES:
            infos = play(env_of(difficulty), act)
            assert 0.2 < infos["quality"] < 0.35
            assert infos["made"] == 0.0

    def test_that_edits_all_it_sees_pays_for_the_overlaps(self) -> None:
        def act(observation: str) -> str:
            memo = read(observation)
            if memo.round == 1:
                return say(memo)
            memo.first, memo.last = min(memo.lines), max(memo.lines)
            return submit(mend(memo, memo.known))

        infos = play(env_of(), act)
        assert infos["quality"] == 1.0
        assert infos["conflicts"] == 0.0
        assert infos["duplication"] > 0.2
        assert infos["speed"] < 0.9
        assert infos["joint_reward"] < joint_reward(env_of(), Expert(), 1) - 0.08

    @pytest.mark.parametrize("text", ["", "nothing", "Your lines, \n", "== Round 1 of 6 ==\n"])
    def test_reads_nothing_but_its_observation(self, text: str) -> None:
        with pytest.raises((IndexError, ValueError)):
            Expert()(text)

    def test_is_not_led_astray_by_what_teammates_say(self) -> None:
        env = env_of("hard")
        said = '<say to="all">heading: loud; tense: soon; figures; : ; a: b; repeats: both</say>'
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions["agent_0"] = said + actions["agent_0"]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0

    def test_waits_for_a_silent_teammate_and_then_edits_what_it_can(self) -> None:
        env = env_of(team_size=2)
        observations, infos = env.reset(options={"task": 0})
        parts = []
        while env.agents:
            actions = {"agent_0": "", "agent_1": Expert()(observations["agent_1"])}
            observations, _, _, _, infos = env.step(actions)
            parts.append(len(env.parts))
        assert parts == [0, 0, 1, 1, 1, 1]
        assert 0.02 < infos["agent_1"]["quality"] < 0.2
        assert infos["agent_1"]["made"] == 0.0

    def test_passes_over_a_checked_figure_that_was_garbled(self) -> None:
        env = env_of("medium", message_budget=10_000)
        names = [p.name for p in task_of("medium").points if not p.options]
        lie = f'<say to="all">{"; ".join(f"{name}: 1" for name in names)}</say>'
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            if "agent_0" in actions and not env.episode.rounds:
                actions = {a: lie + text for a, text in actions.items()}
            observations, _, _, _, infos = env.step(actions)
        assert 0.9 < infos["agent_0"]["quality"] < 1.0
        assert infos["agent_0"]["made"] == 0.0

    @pytest.mark.parametrize("lines", range(1, 40))
    @pytest.mark.parametrize("size", [2, 3, 4, 8])
    def test_teams_share_every_line_out_once(self, lines: int, size: int) -> None:
        """Also where windows are so short that agents see beyond their neighbours."""
        if size > lines:
            return
        rows = tuple(Line(f"x {n}", f"y {n}") for n in range(lines))
        task = dataclasses.replace(task_of("easy"), lines=rows, lost=())
        env = env_of(team_size=size)
        views = {a: env._collector(task)._briefings[a] for a in env.possible_agents}
        own = [
            n
            for view in views.values()
            for memo in [read(f"{view}== Round 1 of 6 ==")]
            for n in range(memo.first, memo.last + 1)
            if n in memo.lines
        ]
        assert own == list(range(1, lines + 1))


class TestCheats:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("verb", ["delete", "replace"])
    def test_knowing_the_wrong_lines_is_not_mending_them(self, verb: str, difficulty: str) -> None:
        """Even one that is told which lines are wrong has to write them anew."""
        task = task_of(difficulty)
        wrong = [n for n, line in enumerate(task.lines, 1) if line.right not in (None, line.text)]
        tail = ": mended" if verb == "replace" else ""
        edits = submit(f"{verb} {n}{tail}" for n in wrong)
        env = env_of(difficulty)
        env.reset(options={"task": 0})
        *_, infos = env.step({"agent_0": edits})
        assert infos["agent_0"]["quality"] == infos["agent_0"]["mended"] == 0.0
        assert infos["agent_0"]["made"] > 0.7

    @pytest.mark.parametrize("cheat", CHEATS)
    def test_score_low_in_a_team_of_two(self, cheat: str) -> None:
        assert joint_reward(env_of("easy", 2), CHEATS[cheat], 3) < 0.24  # a quarter of the expert's


class TestPrivacy(Privacy):
    env = ENV

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_points(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        for n, point in enumerate(task.points):
            other = next((o for o in point.options if o != point.choice), "12121")
            points = list(task.points)
            points[n] = dataclasses.replace(point, choice=other)
            changed = dataclasses.replace(task, points=tuple(points))
            assert self.changed(task, changed, size, tmp_path) == [(n + task.rotation) % size]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_lines(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        windows = deal_windows(len(task.lines), size)
        for at in range(0, len(task.lines), 7):
            lines = list(task.lines)
            lines[at] = dataclasses.replace(lines[at], text=f"{lines[at].text} Really.")
            changed = dataclasses.replace(task, lines=tuple(lines))
            seers = [n for n, (first, last) in enumerate(windows) if first <= at + 1 <= last]
            assert self.changed(task, changed, size, tmp_path) == seers

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_what_is_right(self, difficulty: str, size: int, tmp_path: Path) -> None:
        """Which lines are wrong, and where a heading is missing, is shown to nobody."""
        task = task_of(difficulty)
        for at in range(0, len(task.lines), 7):
            lines = list(task.lines)
            lines[at] = dataclasses.replace(lines[at], right="Quite otherwise.")
            changed = dataclasses.replace(task, lines=tuple(lines), lost=((1, "* Nowhere"),))
            assert self.changed(task, changed, size, tmp_path) == []

    def test_a_point_is_known_to_one_agent_until_it_is_said(self) -> None:
        for difficulty in DIFFICULTIES:
            env = env_of(difficulty)
            first, _ = env.reset(options={"task": 0})
            for point in task_of(difficulty).points:
                entry = re.compile(
                    rf"You know: (?:.*; )?{re.escape(f'{point.name}: {point.choice}')}(?:;|\.\n)"
                )
                [holder] = [agent for agent, text in first.items() if entry.search(text)]
                if not point.options:
                    unseen = [a for a, text in first.items() if point.choice not in text]
                    assert holder not in unseen
            later, *_ = env.step({holder: f'<say to="agent_3">{point.name}: {point.choice}</say>'})
            heard = f"Messages:\n{holder}: {point.name}: {point.choice}\n"
            readers = [agent for agent, text in later.items() if heard in text]
            assert readers == ["agent_3"] or holder == "agent_3"

    def test_submissions_are_seen_by_nobody(self) -> None:
        env = env_of()
        env.reset(seed=0)
        later, *_ = env.step({"agent_0": "hush <submit>replace 2: hush\nhush</submit>"})
        assert [a for a, text in later.items() if "hush" in text] == ["agent_0"]

    @pytest.mark.parametrize(("split", "task"), [("train", 596), ("test", 664)])
    def test_one_agent_alone_has_room_for_long_drafts(self, split: str, task: int) -> None:
        """Each is the longest of 4,000."""
        env = make(ENV, team_size=1, difficulty="hard", split=split)
        observations, _ = env.reset(options={"task": task})
        _, rewards, *_ = env.step({"agent_0": Expert()(observations["agent_0"])})
        assert rewards["agent_0"] == pytest.approx(1.0)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_alone_sees_everything(self, difficulty: str) -> None:
        text = env_of(difficulty, team_size=1).reset(options={"task": 0})[0]["agent_0"]
        task = task_of(difficulty)
        assert all(f"\n{n}: {line.text}\n" in text for n, line in enumerate(task.lines, 1))
        assert all(f"{point.name}: {point.choice}" in text for point in task.points)


class TestFeedback:
    def told(self, *replies: str) -> list[str]:
        env = env_of(team_size=2)
        env.reset(options={"task": 0})
        seen, *_ = env.step({f"agent_{n}": reply for n, reply in enumerate(replies)})
        return [re.findall(r"Notice: (.*)", seen[agent]) for agent in env.possible_agents]

    def test_names_broken_edits(self) -> None:
        broken = "<submit>delete 1\nremove 2\nreplace 900: a\nx\ny\nz</submit>"
        first, second = self.told(broken, "<submit>delete 3</submit>")
        assert second == []
        assert first == [
            "'remove 2' is none of 'replace 12: text', 'insert 12: text' and 'delete 12'.",
            "'replace 900: a' names no line of the draft, which has 76.",
            "'x' is none of 'replace 12: text', 'insert 12: text' and 'delete 12'.",
            "2 more broken edits.",
        ]

    def test_names_edits_of_ones_own_that_cancel_each_other(self) -> None:
        first, second = self.told(
            "<submit>insert 38: a\ndelete 39\nreplace 38: b\ndelete 38\ninsert 38: c</submit>",
            "<submit>delete 39</submit>",
        )
        assert second == []
        assert first == [
            "line 38 has different edits of yours, which cancel each other.",
            "the place after line 38 has different edits of yours, which cancel each other.",
        ]

    def test_says_nothing_of_teammates_edits(self) -> None:
        """A style sheet could be told by which edits come back as cancelled, without a message."""
        edits = "<submit>delete 38\ninsert 38: a</submit>", "<submit>replace 38: b</submit>"
        assert self.told(*edits) == [[], []]

    def test_is_given_as_long_as_it_helps(self) -> None:
        env = env_of(team_size=2)
        env.reset(options={"task": 0})
        notices = []
        for reply in ("<submit>oops</submit>", "", "<submit>delete 2</submit>"):
            seen, *_, infos = env.step({"agent_0": reply})
            notices.append((seen["agent_0"].count("Notice"), infos["agent_0"]["broken_edits"]))
        assert notices == [(1, 1), (1, 1), (0, 0)]
        seen, *_ = env.step({"agent_0": "<submit>oops</submit><done/>"})
        assert "Notice" not in seen["agent_0"]

    def test_a_later_submission_replaces_an_earlier_one(self) -> None:
        env = env_of(team_size=1)
        observation = env.reset(options={"task": 0})[0]["agent_0"]
        *_, infos = env.step({"agent_0": "<submit>delete 1\ndelete 2</submit>"})
        assert infos["agent_0"]["made"] > 0
        *_, infos = env.step({"agent_0": Expert()(observation)})
        assert infos["agent_0"]["quality"] == 1.0


class TestFailingTeams:
    """What the expert team keeps where agents leave, replies are cut and messages are lost."""

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_take_over_what_a_teammate_leaves(self, difficulty: str) -> None:
        env = AgentDropout(env_of(difficulty), at_round=2)
        for task in range(4):
            infos = play(env, Expert(), task)
            assert infos["quality"] == 1.0
            assert infos["duplication"] == infos["conflicts"] == 0.0
            assert infos["joint_reward"] > 0.8

    def test_leave_the_lines_of_one_that_is_not_known_to_have_left(self) -> None:
        env = AgentDropout(env_of(), at_round=2, announced=False)
        quality = [play(env, Expert(), task)["quality"] for task in range(4)]
        assert 0.65 < sum(quality) / 4 < 0.85

    def test_menu_does_not_edit_again_what_a_leaver_had_submitted(self) -> None:
        env = AgentDropout(env_of(), at_round=2, agents=["agent_1"])
        menu = MenuActions(env.unwrapped).menu
        edit = menu.meanings.index("edit as known")
        edits = {}
        for submission in ("", "<submit>delete 1</submit>"):
            env.reset(options={"task": 0})
            seen, *_ = env.step({"agent_1": submission})
            edits[submission] = menu.reply(edit, seen["agent_2"]).count("\n")
        left, stays = edits.values()
        assert left > stays

    def test_do_not_edit_again_what_a_leaver_had_submitted(self) -> None:
        """Here the leaver is two rounds ahead of its teammates."""
        env = AgentDropout(env_of(), at_round=3, agents=["agent_1"])
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(observations[a]) for a in env.agents}
            if len(env.unwrapped.episode.rounds) == 1:
                actions = {"agent_1": actions["agent_1"].replace("<done/>", "")}
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0
        assert infos["agent_0"]["duplication"] == 0.0

    def test_hear_of_what_a_leaver_had_no_chance_to_say(self) -> None:
        env = AgentDropout(LossyChannel(env_of("hard"), lost=1.0), at_round=2, agents=["agent_2"])
        play(env, Expert())
        rounds = env.unwrapped.episode.rounds
        assert rounds[0].turns["agent_2"].text in rounds[1].turns["agent_3"].text

    def test_survive_two_that_leave(self) -> None:
        env = AgentDropout(env_of("medium"), at_round=2, agents=["agent_1", "agent_2"])
        infos = play(env, Expert())
        assert infos["quality"] == 1.0
        assert infos["joint_reward"] > 0.75

    @pytest.mark.parametrize("cap", [20, 60, 150])
    def test_submit_what_their_replies_may_hold(self, cap: int) -> None:
        env = Heterogeneous(env_of(), token_cap=cap, agents=["agent_0"])
        infos = play(env, Expert())
        assert infos["malformed"] == infos["broken_edits"] == 0
        assert infos["made"] == 0.0
        assert 0.7 < infos["quality"] < 1.0

    @pytest.mark.parametrize("length", [256, 400, 1_000, 2_000, 4_000])
    def test_edit_what_they_can_see(self, length: int) -> None:
        env = Heterogeneous(env_of("hard"), observation_length=length, agents=["agent_1"])
        infos = play(env, lambda o: Expert()(o) if len(o) > 400 else "")
        assert infos["made"] == 0.0
        assert infos["quality"] > 0.3

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_make_no_errors_where_messages_are_lost(self, difficulty: str) -> None:
        env = LossyChannel(env_of(difficulty), lost=0.3)
        for task in range(3):
            infos = play(env, Expert(), task)
            assert infos["made"] == 0.0
            assert infos["quality"] > 0.4


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make(ENV, split=split, difficulty=difficulty).tasks
            tasks = [source[n] for n in range(20)]
            texts = " ".join(line.text for task in tasks for line in task.lines)
            names[split] = {task.subject for task in tasks}
            names[split] |= set(re.findall(r"(?<= of )[A-Z]\w+|[A-Z]\w+(?= of [A-Z])", texts))
            assert {split_of(name) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 400

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for index in range(5):
            task = task_of(difficulty, index)
            assert len({s.title for s in task.sections}) == SECTIONS
            assert len({word for s in task.sections for word in s.about}) == 3 * SECTIONS
            assert len({point.name for point in task.points}) == len(task.points)
            checked = [point for point in task.points if not point.options]
            assert len(task.points) == 4 + level.terms + len(checked)
            assert len(checked) == level.checked
            assert len(task.lost) == LOST
            assert len(task.lines) == SECTIONS * (3 + 4 * level.sets + 2 * level.pairs) - LOST
            others = SECTIONS * (level.pairs + 1) + LOST + 3  # of four headings, one is right
            wrong = task.errors - others
            assert 3 * level.sets * SECTIONS < wrong < 4 * level.sets * SECTIONS
            texts = Counter(line.text for line in task.lines)
            assert sorted(texts.values())[-SECTIONS - 1 :] == [1] + [2] * SECTIONS

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_lost_headings_have_one_place(self, difficulty: str) -> None:
        """Beside a line that is to go they could stand before it, or after it."""
        for index in range(100):
            task = task_of(difficulty, index)
            for after, _ in task.lost:
                beside = task.lines[max(0, after - 1) : after + 1]
                assert all(line.right is not None for line in beside)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_the_draft_tells_nothing_of_the_style_sheet(self, difficulty: str) -> None:
        """Every option of a point stands there equally often."""
        for index in range(5):
            task = task_of(difficulty, index)
            for point in task.points:
                if point.name in (HEADING, FIGURES, REPEATS) or not point.options:
                    continue
                shown = Counter(
                    option
                    for line in task.lines
                    for option in point.options
                    if re.search(rf"\b{option}\b", line.text)
                )
                assert set(shown) == set(point.options)
                assert len(set(shown.values())) == 1
            [heading] = [point for point in task.points if point.name == HEADING]
            for option in heading.options:
                forms = {option.replace(TITLE, section.title) for section in task.sections}
                assert sum(line.text in forms for line in task.lines) == 1

    def test_either_choice_of_a_point_is_drawn_alike(self) -> None:
        points = [p for n in range(150) for p in task_of("easy", n).points]
        drawn = Counter((point.name, point.choice) for point in points)
        places = Counter(p.options.index(p.choice) for p in points if len(p.options) == 4)
        assert len(places) == 4  # nor does a choice's place among the options tell
        assert max(places.values()) < 1.4 * min(places.values())
        for name in (FIGURES, REPEATS):
            assert 45 < drawn[name, "first"] < 105
        options = [drawn["tense", option] for option in ("was", "is", "will be", "has been")]
        assert sum(options) == 150
        assert min(options) > 20

    def test_a_checked_figure_holds_against_the_rule_half_of_the_time(self) -> None:
        against = total = 0
        for n in range(40):
            task = task_of("medium", n)
            rule = next(point.choice for point in task.points if point.name == FIGURES)
            for point in task.points:
                if not point.options:
                    pair = [line for line in task.lines if f"the {point.name} " in line.text]
                    assert [point.choice in line.text for line in pair].count(True) == 1
                    assert all(point.choice in (line.right or "") for line in pair)
                    against += point.choice not in pair[rule == "last"].text
                    total += 1
        assert total == 120
        assert 40 < against < 80

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_lines_that_belong_together_are_seen_together(self, difficulty: str) -> None:
        for index in range(10):
            task = task_of(difficulty, index)
            places: dict[str, list[int]] = {}
            for n, line in enumerate(task.lines):
                quantity = re.search(r"\w+ of the \w+(?= (?:comes to|at) \d)", line.text)
                places.setdefault(quantity.group() if quantity else line.text, []).append(n)
            pairs = [where for where in places.values() if len(where) > 1]
            assert len(pairs) == SECTIONS * (1 + LEVELS[difficulty].pairs)
            assert all(last - first <= MARGIN for first, last in pairs)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
    def test_are_dealt_out_whole(self, size: int) -> None:
        task = task_of("hard")
        windows = deal_windows(len(task.lines), size)
        assert windows[0][0] == 1
        assert windows[-1][1] == len(task.lines)
        for (_, last), (first, _) in itertools.pairwise(windows):
            assert last - first + 1 == 2 * MARGIN
        known = deal_points(task, size)
        assert sorted(itertools.chain(*known), key=str) == sorted(task.points, key=str)
        assert max(map(len, known)) - min(map(len, known)) <= 1

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            task = task_of(difficulty)
            assert EditingTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    def test_of_ones_own_can_be_played(self, tmp_path: Path) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(OWN))
        for size in (1, 2, 4):
            env = make(ENV, team_size=size, tasks=path)
            infos = play(env, Expert())
            assert infos["mended"] == pytest.approx(5 / 6)  # but for the letter that is missing
            assert infos["made"] == 0.0
        path.write_text(json.dumps({**OWN, "lines": OWN["lines"][:7]}))
        with pytest.raises(ValueError, match=r"team_size must be at most 7, .* got 8. Lower team"):
            make(ENV, team_size=8, tasks=path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"lines": [{"text": "Fine."}], "lost": []}, "there is no error to mend"),
            ({"lines": [{"text": "a", "right": "a\nb"}]}, "nb' is not one line of 1 to 400"),
            ({"lines": [{"text": "a  b"}]}, "'a  b' is not one line"),
            ({"lines": [{"text": ""}]}, "'' is not one line"),
            ({"lines": [{"text": "a" * 401}]}, "is not one line"),
            ({"lines": [{"text": "== Round 1"}]}, "looks like the start of a round, '== Round '"),
            ({"lines": [{"text": "a <done/>"}]}, "'a <done/>' cannot be submitted: "),
            ({"lines": [{"right": "a"}]}, "the key 'text' is missing"),
            ({"lost": [], "lines": [*GOING, {"text": "Teh.", "rigth": "The."}]}, "no key 'rigth'"),
            ({"lost": [[9, "* End"]]}, "there is no line 9 that '* End' is missing after"),
            ({"lost": [[2, "* End"]], "lines": GOING}, "next to a line that is to go"),
            ({"lost": [[3, "* End"]], "lines": GOING}, "next to a line that is to go"),
            ({"lost": [[2, "a"], [2, "b"]]}, "two headings are missing after the same line"),
            ({"lost": [[2, ""]]}, "'' is not one line"),
            (
                {"sections": [{"title": "A", "about": ["two words"]}]},
                "section 'A' is about single words only",
            ),
            ({"sections": [{"title": "A; B", "about": []}]}, "'A; B' has to be words without ';'"),
            ({"points": [point("tone", ["dry"], "warm")]}, "point 'tone' has no option 'warm'"),
            ({"points": [point("a", [], "1")] * 2}, "there are two points 'a'"),
            ({"points": [point("figures", ["low"], "low")]}, "options of 'figures' are 'first'"),
            ({"points": [point("repeats", ["first"], "first")]}, "options of 'repeats' are"),
            ({"points": [point("heading", ["big"], "big")]}, "every option of 'heading' has"),
            ({"points": [point("a; b", [], "1")]}, "'a; b' has to be words without ';'"),
            ({"points": [point("a", ["b or c", "d"], "d")]}, "'b or c' has to be words without"),
            ({"points": [point("a", [], "")]}, "'' has to be words"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps({**OWN, **change}))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make(ENV, tasks=path)


def test_quality_is_its_formula() -> None:
    """Two agents do not edit, and the first makes an error beside what it mends."""

    def act(observation: str) -> str:
        if "agent_2 of" in observation or "agent_3 of" in observation:
            return "<done/>" if "== Round 2" in observation else Expert()(observation)
        reply = Expert()(observation)
        here = "agent_0 of" in observation and "<submit>" in reply
        return reply.replace("<submit>", "<submit>insert 1: Hear, hear!\n") if here else reply

    infos = play(env_of(), act)
    assert 0.4 < infos["mended"] < 0.6
    assert infos["made"] == pytest.approx(1 / task_of("easy").errors)
    assert infos["quality"] == pytest.approx(infos["mended"] - infos["made"])
