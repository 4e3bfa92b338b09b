"""Section writing: the expert, what it takes to be as good, privacy, tasks, and cheats."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cheats_section_writing import every_option_named
from llm_collab_envs import make
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.writing.section_writing.expert import Expert, read, write
from llm_collab_envs.writing.section_writing.style import DECISIONS
from llm_collab_envs.writing.section_writing.tasks import (
    LEVELS,
    Fact,
    SectionTask,
    deal_facts,
    deal_style,
)
from play import joint_reward, play
from privacy import Privacy

ENV = "section_writing_v0"


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> SectionTask:
    task: SectionTask = env_of(difficulty).tasks[index]
    return task


class TestExpert:
    def test_that_keeps_its_style_to_itself_loses(self) -> None:
        """A team that does not talk can only guess two thirds of the style."""

        def mute(observation: str) -> str:
            memo = read(observation)
            return f"<submit>{write(memo, memo.style)}</submit><done/>"

        for difficulty in DIFFICULTIES:
            assert joint_reward(env_of(difficulty), mute, 8) < 0.88
            for size, (least, most) in {2: (0.80, 0.85), 4: (0.69, 0.77)}.items():  # docstring
                env = env_of(difficulty, team_size=size)
                kept = joint_reward(env, mute, 60) / joint_reward(env, Expert(), 60)
                assert least < kept < most

    @pytest.mark.parametrize("text", ["", "nothing", "Your facts:\n", "== Round 1 of 6 ==\n"])
    def test_reads_nothing_but_its_observation(self, text: str) -> None:
        with pytest.raises((StopIteration, ValueError)):
            Expert()(text)

    def test_is_not_led_astray_by_what_teammates_say(self) -> None:
        env = env_of("hard")
        said = '<say to="all">hello: a; heading: loud; tense; : ; a: b (record of 999999)</say>'
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions["agent_0"] = said + actions["agent_0"]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0

    def test_waits_for_a_silent_teammate_and_then_writes(self) -> None:
        env = env_of("medium", team_size=2)
        observations, infos = env.reset(options={"task": 0})
        parts = []
        while env.agents:
            actions = {"agent_0": "", "agent_1": Expert()(observations["agent_1"])}
            observations, _, _, _, infos = env.step(actions)
            parts.append(len(env.parts))
        assert parts == [0, 0, 1, 1, 1, 1]
        assert infos["agent_1"]["faithfulness"] == pytest.approx(2 * 24 / (24 + 48))

    def test_keeps_the_later_of_two_records(self) -> None:
        task = task_of("hard")
        fact = next(fact for fact in task.facts if fact.outdated)
        alone = env_of("hard", team_size=1).reset(options={"task": 0})[0]["agent_0"]
        lines = alone.splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith(f"- {fact.attribute}: "))
        assert fact.outdated in lines[at]
        swapped = "\n".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
        for observation in (alone, swapped + "\n"):
            assert read(observation).facts[fact.attribute] == (fact.value, fact.record)

    def test_can_be_lied_to(self) -> None:
        """It writes what it hears, in whatever form it comes."""
        env = env_of("hard", message_budget=10_000)
        lies = "; ".join(f"{f.attribute}: soon (record of 9999)" for f in task_of("hard").facts)
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions["agent_0"] = f'<say to="all">{lies}</say>' + actions["agent_0"]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["faithfulness"] == pytest.approx(0.4)  # one agent's quarter


class TestCheats:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_naming_every_option_earns_no_style(self, difficulty: str) -> None:
        """All facts are there, so faithfulness is paid; consistency is no better than a guess."""
        infos = [play(env_of(difficulty), every_option_named, task) for task in range(8)]
        assert sum(info["consistency"] for info in infos) / 8 < 0.25


class TestPrivacy(Privacy):
    env = ENV

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_facts(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        for writer, share in enumerate(deal_facts(task, size)):
            for fact in (share[0], *(f for f in share if f.shared)):
                teller = (writer + 1) % size if fact.shared else writer
                at = task.facts.index(fact)
                other = dataclasses.replace(fact, value=another_value(fact, fact.value))
                facts = (*task.facts[:at], other, *task.facts[at + 1 :])
                changed = dataclasses.replace(task, facts=facts)
                assert self.changed(task, changed, size, tmp_path) == [teller]
                if fact.outdated:
                    old = dataclasses.replace(fact, outdated=another_value(fact, fact.outdated))
                    facts = (*task.facts[:at], old, *task.facts[at + 1 :])
                    changed = dataclasses.replace(task, facts=facts)
                    assert self.changed(task, changed, size, tmp_path) == [writer]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_decisions(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        for n, (decision, option) in enumerate(task.style):
            other = next(o for o in DECISIONS[decision] if o != option)
            style = (*task.style[:n], (decision, other), *task.style[n + 1 :])
            changed = self.changed(task, dataclasses.replace(task, style=style), size, tmp_path)
            assert changed == [(n + task.rotation) % size]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_facts_are_seen_by_one_agent_until_they_are_said(self, difficulty: str) -> None:
        env = env_of(difficulty)
        task = task_of(difficulty)
        first, _ = env.reset(options={"task": 0})
        for fact in task.facts:
            entry = f"- {fact.attribute}: {fact.value}"
            assert sum(entry in text for text in first.values()) == 1
        told = next(iter(task.facts))
        writer = next(agent for agent, text in first.items() if told.value in text)
        reply = (
            f'<say to="agent_3">{told.attribute}: {told.value}</say><submit>{told.value}</submit>'
        )
        later, *_ = env.step({writer: reply})
        assert [a for a, text in later.items() if told.value in text] == [writer, "agent_3"]

    def test_submissions_are_seen_by_nobody(self) -> None:
        env = env_of()
        env.reset(seed=0)
        later, *_ = env.step({"agent_0": "hush <submit>hush hush</submit>"})
        assert not any("hush" in text for text in later.values())

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_alone_sees_everything(self, difficulty: str) -> None:
        text = env_of(difficulty, team_size=1).reset(options={"task": 0})[0]["agent_0"]
        task = task_of(difficulty)
        for fact in task.facts:
            assert f"- {fact.attribute}: {fact.value}" in text
            assert fact.outdated in text
        assert all(f"{decision}: {option}" in text for decision, option in task.style)


def another_value(fact: Fact, value: str) -> str:
    """Another value of the same kind."""
    return value + "a" if value[-1].isalpha() and fact.kind != "measure" else re.sub(
        r"\d(?=\D*$)", lambda digit: str((int(digit.group()) + 1) % 9), value, count=1
    )  # fmt: skip


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make(ENV, split=split, difficulty=difficulty).tasks
            tasks = [source[n] for n in range(60)]
            values = [v for t in tasks for f in t.facts for v in (f.value, f.outdated)]
            names[split] = {task.subject for task in tasks}
            names[split] |= {v.split()[-1] for v in values if v.replace(" ", "").isalpha()}
            assert {split_of(name) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 400

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for index in range(10):
            task = task_of(difficulty, index)
            assert len(task.sections) == len(set(task.sections)) == level.sections
            assert len(task.facts) == level.sections * len(level.kinds)
            assert len({fact.attribute for fact in task.facts}) == len(task.facts)
            assert len(task.style) == level.decisions
            assert sum(fact.remote for fact in task.facts) == level.remote
            assert sum(bool(fact.outdated) for fact in task.facts) == level.disputed
            assert all(f.record > f.outdated_record for f in task.facts if f.outdated)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
    def test_are_dealt_out_whole_and_evenly(self, size: int) -> None:
        task = task_of("hard")
        shares = deal_facts(task, size)
        assert sum(shares, ()) == task.facts
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
        known = deal_style(task, size)
        assert {d: o for share in known for d, o in share.items()} == task.house_style
        assert sum(map(len, known)) == len(task.style)

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            task = task_of(difficulty)
            assert SectionTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    def test_of_ones_own_can_be_played(self, tmp_path: Path) -> None:
        own = {
            "subject": "Bakovel",
            "sections": ["Ponds", "Kitchens"],
            "style": [["heading", "bars"], ["numbers", "dot"]],
            "facts": [
                {"section": "Ponds", "attribute": "depth", "kind": "amount", "value": "12000"},
                {"section": "Kitchens", "attribute": "head cook", "kind": "person", "value": "Al"},
            ],
        }
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(own))
        env = make(ENV, team_size=2, tasks=path)
        assert play(env, Expert())["quality"] == 1.0
        with pytest.raises(ValueError, match=r"team_size must be at most 2, .* got 4. Lower team"):
            make(ENV, team_size=4, tasks=path)

    @pytest.mark.parametrize(
        ("attribute", "kind", "value", "style"),
        [
            ("number of rooms", "amount", "4500", ["numbers", "comma"]),
            ("year of the fire", "year", "1820", ["numbers", "comma"]),
            ("depth of the harbor", "measure", "30 kg", ["spelling", "British"]),
            ("depth of the harbour", "measure", "30 kg", ["spelling", "American"]),
            ("founder of the clinic", "person", "Dr. J. R. Smith", ["tense", "past"]),
            ("twin town", "place", "St. Gallen", ["marker", "dash"]),
        ],
    )
    def test_of_ones_own_words_are_in_style(
        self, attribute: str, kind: str, value: str, style: list[str], tmp_path: Path
    ) -> None:
        fact = {"section": "Home", "attribute": attribute, "kind": kind, "value": value}
        own = {"subject": "Ulm", "sections": ["Home"], "style": [style], "facts": [fact]}
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(own))
        assert play(make(ENV, team_size=1, tasks=path), Expert())["quality"] == 1.0

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"style": [["heading", "loud"]]}, "there is no style 'heading': 'loud'"),
            ({"style": [["font", "serif"]]}, "there is no style 'font': 'serif'"),
            (
                {"style": [["heading", "hash"], ["tense", "past"], ["heading", "bars"]]},
                "the style must make each decision once",
            ),
            ({"sections": ["Trade", "Food", "trade"]}, "titles must differ in more than case"),
            ({"sections": ["Trade", 7]}, "a title must be a text; got 7"),
            ({"sections": ["Trade", "Trade"]}, "titles must differ in more than case"),
            ({"sections": ["Trade"]}, "every section needs facts, in the order of the sections"),
            ({"sections": []}, "every section needs facts"),
            ({"facts": []}, "every section needs facts"),
            ({"value": "12,000"}, "no amount is written '12,000'"),
            ({"kind": "date", "value": "1800-13-01"}, "no date is written '1800-13-01'"),
            ({"kind": "date", "value": "1873-02-29"}, "no date is written '1873-02-29'"),
            ({"kind": "date", "value": "1873-02-99"}, "no date is written '1873-02-99'"),
            ({"kind": "colour"}, "there is no kind of fact 'colour'"),
            ({"attribute": "cost: total"}, "'cost: total' needs words of its own as attribute"),
            ({"attribute": ""}, "'' needs words of its own as attribute"),
            ({"outdated": "13"}, "the record that holds must be later"),
            (
                {"outdated": "13", "record": 1800, "outdated_record": 1900},
                "the record that holds must be later",
            ),
            ({"sections": ["", "Food"]}, "title '' must be one line"),
            ({"sections": ["- Trade", "Food"]}, "title '- Trade' must be one line"),
            ({"sections": ["Trade\n", "Food"]}, "title 'Trade\\n' must be one line"),
            ({"kind": "place", "value": "Never Summer"}, "does not state it"),
            ({"kind": "place", "value": "Work. Then rest"}, "does not state it"),
            ({"kind": "place", "value": "x" * 400}, "does not state it"),
            ({"attribute": "no of rooms"}, "does not state it"),
            ({"kind": "person", "value": "?"}, "'?' reads like what is said of values"),
            ({"kind": "person", "value": "Ann (record of 12)"}, "reads like what is said"),
            ({"kind": "place", "value": "A<done/>"}, "its document cannot be submitted"),
            ({"extra": 1}, "unexpected keyword argument 'extra'"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        task = task_of("easy").to_dict()
        fact = {"kind": "amount", "value": "12"}
        if change.keys() & task.keys():
            task |= change
        else:
            task["facts"][0] |= fact | change
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make(ENV, tasks=path)


def test_team_larger_than_the_document() -> None:
    with pytest.raises(ValueError, match=r"team_size must be at most 4, .* got 5. Lower team_size"):
        env_of("easy", team_size=5)


def test_quality_is_its_formula() -> None:
    infos = play(env_of(), lambda o: "<done/>" if "agent_2 of" in o else Expert()(o))
    want = infos["faithfulness"] * (1 + infos["consistency"]) / 2
    assert 0.5 < infos["quality"] == pytest.approx(want)
    assert infos["faithfulness"] == pytest.approx(2 * 18 / (18 + 24))
