"""Summary expansion: the expert, what it takes to be as good, privacy, tasks, and cheats."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cheats import once
from cheats_summary_expansion import CHEATS, constant_pair, constant_pair_of_all, mute_expert
from llm_collab_envs import make
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel
from llm_collab_envs.writing.sentences import find_value, split_sentences
from llm_collab_envs.writing.summary_expansion.article import FIELDS, read_paragraph
from llm_collab_envs.writing.summary_expansion.dealing import GAP, share
from llm_collab_envs.writing.summary_expansion.expert import Expert, read
from llm_collab_envs.writing.summary_expansion.facts import TEXTS
from llm_collab_envs.writing.summary_expansion.reading import lexicon_of, load, read_texts
from llm_collab_envs.writing.summary_expansion.tasks import LEVELS, SummaryTask, deal, desks
from play import joint_reward, play, terms

ENV = "summary_expansion_v0"
TEAMS = [(d, size) for d in DIFFICULTIES for size in (2, 3, 4)]


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> SummaryTask:
    return tasks_of(difficulty)[index]


@functools.cache
def tasks_of(difficulty: str) -> list[SummaryTask]:
    source = env_of(difficulty).tasks
    return [source[index] for index in range(60)]


class TestExpert:
    @pytest.mark.parametrize(("difficulty", "team_size"), TEAMS)
    def test_keeps_to_the_lengths(self, difficulty: str, team_size: int) -> None:
        env = env_of(difficulty, team_size)
        for task in range(3):
            figures = terms(env, Expert(), task)
            assert figures["joint_reward"] >= 0.975
            assert figures["in_length"] == 1.0
            assert len(env.episode.rounds) == 2

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize(
        ("plain", "other"),
        [
            (r"The (\w+) in (\w+) cost", r"The \2 \1 cost"),
            (r"The (\w+) in (\w+) cost (\d+) crowns", r"- The \1 (\2): \3 crowns"),
            (r"The (\w+) in (\w+) cost (\d+) crowns", r"- \2: the \1 cost \3 crowns"),
            (r"The (\w+) cost", r"**The \1** cost"),
            (r"The (\w+) cost", r"The \1 had a cost of"),
            (r"The (\w+) was in (\w+) on", r"The \2 \1, of"),
            (r"It reached", "It ended up affecting"),
            (r"It reached", "Its waters were soon extending to"),
            (r"It was caused by", "Investigators point to"),
            (r"(\w+ \w+) led the response", r"\1 coordinated relief"),
            (r"It had (\d+) helpers", r"\1 workers were there"),
        ],
    )
    def test_is_matched_in_other_words(self, plain: str, other: str, difficulty: str) -> None:
        def rewords(observation: str) -> str:
            return re.sub(plain, other, Expert()(observation))

        for task in range(3):
            assert play(env_of(difficulty, 2), rewords, task)["quality"] == 1.0

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_may_name_an_event_by_its_place_in_every_sentence(self, difficulty: str) -> None:
        def names(observation: str) -> str:
            reply = Expert()(observation)
            place = dict(re.findall(r"The (\w+) was in (\w+) on", reply))
            for event, name in place.items():
                reply = reply.replace(f"The {event} was in {name}", f"The {event} began in {name}")
                reply = re.sub(rf"({name} on .*\n)It ", rf"\1The {name} {event} ", reply)
            return reply

        assert play(env_of(difficulty, 2), names)["quality"] == 1.0

    def test_says_what_was_reached_and_not_where_it_was(self) -> None:
        def mixes(observation: str) -> str:
            return re.sub(r"was in (\w+) on", r"reached \1 on", Expert()(observation))

        assert play(env_of(), mixes)["faithfulness"] < 0.95

    @pytest.mark.parametrize(("difficulty", "team_size"), TEAMS)
    def test_that_keeps_what_it_read_to_itself_loses(self, difficulty: str, team_size: int) -> None:
        assert joint_reward(env_of(difficulty, team_size), mute_expert, 6) < 0.2

    def test_that_keeps_other_reports_to_itself_loses(self) -> None:
        """All is told but for the reports on events that teammates read about."""

        def tells_own_only(observation: str) -> str:
            return re.sub(r"(?:, )?\w+ (?:cost|leader) [\w ]+ \d{4}", "", Expert()(observation))

        infos = [play(env_of("hard"), tells_own_only, task) for task in range(12)]
        coverage = [info["headline_coverage"] for info in infos]
        assert coverage.count(1.0) < 10
        assert all(info["quality"] < 1.0 for info in infos if info["headline_coverage"] < 1)
        assert sum(info["quality"] for info in infos) / 12 < 0.92

    def test_is_not_led_astray_by_what_teammates_say(self) -> None:
        env = env_of("hard", message_budget=10_000)
        first, *_, last = task_of("hard").events
        said = f"hello: a, flood, flood x 1, fire cost 12 x, nothing cost 5 1999, , : , {first} 5"
        said += f", {last} cost five 1999, {last} Xylo {'9' * 5_000} 1999, paragraph 1: x"
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions["agent_1"] = f'<say to="all">{said}</say>' + actions["agent_1"]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0

    def test_can_be_lied_to(self) -> None:
        """It writes what it hears from a later report."""
        env = env_of("easy")
        event = task_of("easy").events[-1]
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions["agent_1"] += f'<say to="all">{event} 99999 9999</say>'
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["headline_coverage"] == 0.0
        assert infos["agent_0"]["account_coverage"] < 1.0

    def test_waits_for_a_silent_teammate_and_then_writes(self) -> None:
        env = env_of("medium", team_size=2)
        observations, infos = env.reset(options={"task": 0})
        parts = []
        while env.agents:
            actions = {"agent_0": Expert()(observations["agent_0"]), "agent_1": ""}
            observations, _, _, _, infos = env.step(actions)
            parts.append(len(env.parts))
        assert parts == [0, 0, 1, 1, 1, 1]
        assert infos["agent_0"]["headline_coverage"] == infos["agent_0"]["summary_coverage"] == 0

    @pytest.mark.parametrize("text", ["", "nothing", "== Round 1 of 6 ==\n", "You are agent_0"])
    def test_can_be_shown_anything(self, text: str) -> None:
        assert count_tokens(Expert()(text)) <= 4

    def test_keeps_the_later_of_two_reports(self) -> None:
        env, seen = env_of("hard"), set()
        for index in range(0, 60, 3):
            task = task_of("hard", index)
            play(env, Expert(), index)
            written = "\n".join(env.parts.values())
            for fact in task.facts:
                if fact.outdated:
                    assert fact.value in written
                    assert fact.outdated not in written
                    near = fact.value in task.passages[fact.passage]
                    seen.add((near, fact.text == "headline"))
        assert seen == {(True, True), (True, False), (False, True), (False, False)}


class TestUnevenTeams:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("gone", ["agent_0", "agent_1", "agent_3"])
    def test_someone_takes_over_the_texts_of_one_that_leaves(
        self, gone: str, difficulty: str
    ) -> None:
        env = AgentDropout(env_of(difficulty), at_round=2, agents=[gone])
        for task in range(3):
            infos = self.play(env, task)
            assert infos["quality"] == 1.0
            assert infos["joint_reward"] > 0.8

    def test_an_heir_tells_what_the_leaver_had_no_chance_to_say(self) -> None:
        lossy = LossyChannel(env_of("hard"), lost=1.0)
        env = AgentDropout(lossy, at_round=2, agents=["agent_2"])
        self.play(env, 0)
        said = env.episode.rounds[0].turns["agent_2"].text
        assert said.startswith("<say")
        assert said in env.episode.rounds[1].turns["agent_3"].text

    def test_two_that_leave(self) -> None:
        env = AgentDropout(env_of("medium"), at_round=2, agents=["agent_0", "agent_1"])
        assert self.play(env, 0)["quality"] == 1.0

    def test_replies_are_no_longer_than_they_may_be(self) -> None:
        env = Heterogeneous(env_of("medium"), token_cap={"agent_1": 60})
        infos = self.play(env, 0)
        assert infos["malformed"] == 0
        assert infos["headline_coverage"] == infos["summary_coverage"] == 1.0
        assert 0.7 < infos["account_coverage"] < 1.0

    def play(self, env: Any, task: int) -> dict[str, Any]:
        observations, infos = env.reset(options={"task": task})
        while env.agents:
            actions = {agent: Expert()(observations[agent]) for agent in env.agents}
            observations, _, _, _, infos = env.step(actions)
        return dict(next(iter(infos.values())))


class TestCheats:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("pair", [constant_pair, constant_pair_of_all])
    @pytest.mark.parametrize("team_size", [1, 2])
    def test_a_constant_pair_that_comlrl_pays_in_full_is_worth_nothing_here(
        self, pair: Callable[[str], str], difficulty: str, team_size: int
    ) -> None:
        for task in range(3):
            infos = play(env_of(difficulty, team_size), pair, task)
            assert infos["joint_reward"] < 0.1
            if pair is constant_pair:
                assert infos["tldr_reward"] == pytest.approx(2.98)

    @pytest.mark.parametrize(("difficulty", "team_size"), TEAMS)
    @pytest.mark.parametrize(
        "cheat",
        [
            "all texts of all",
            "all texts of all but a headline",
            "headline above a threshold",
            "report as headline",
            "impostor",
        ],
    )
    def test_nobody_can_write_the_short_texts_without_asking(
        self, cheat: str, difficulty: str, team_size: int
    ) -> None:
        assert joint_reward(env_of(difficulty, team_size), CHEATS[cheat], 4) < 0.2

    def test_both_reports_in_one_text_are_no_way_to_be_right(self) -> None:
        """The account writer states the report that it has read, and the one that it hears of."""

        def hedges(observation: str) -> str:
            reply = Expert()(observation)
            memo = read(observation)
            for event, name, value, _ in memo.reports:
                if event in memo.own and name == "cost":
                    reply = reply.replace("</submit>", f"\nThe {event} cost {value}.</submit>")
            return reply

        for task in range(6):
            infos = play(env_of("hard"), hedges, task)
            assert infos["quality"] < 1.0


class TestPrivacy:
    """Change what one agent alone has read: no other agent's first observation changes."""

    def observe(self, data: dict[str, Any], team_size: int, folder: Path) -> dict[str, str]:
        path = folder / "tasks.jsonl"
        path.write_text(json.dumps(data))
        return make(ENV, team_size=team_size, tasks=path).reset(options={"task": 0})[0]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 2)])
    def test_of_facts(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        before = self.observe(task.to_dict(), size, tmp_path)
        for reader, desk in enumerate(desks(task, size)):
            for passage, text in [*list(desk.own.items())[:1], *desk.lent.items()]:
                once = [f for f in task.facts if f.passage == passage and not f.outdated]
                whole = task.passages[passage]
                once = [f for f in once if len(re.findall(rf"\b{f.value}\b", whole)) == 1]
                alone = [f for f in once if find_value(text, f.value) >= 0]
                assert len(alone) >= (1 if passage in desk.lent else 4)
                for fact in alone:
                    data = task.to_dict()
                    self.change(data, passage, fact.value, "Xylo 1")
                    after = self.observe(data, size, tmp_path)
                    changed = [n for n, agent in enumerate(before) if before[agent] != after[agent]]
                    assert changed == [reader]

    @pytest.mark.parametrize(("difficulty", "size"), TEAMS)
    def test_the_author_has_read_nothing_that_its_texts_owe(
        self, difficulty: str, size: int
    ) -> None:
        """Of its own events; teammates have, each sentence one of them, and it sees the gap."""
        for task in tasks_of(difficulty)[:10]:
            author, *others = desks(task, size)
            for passage, text in author.own.items():
                [lent] = [desk.lent[passage] for desk in others if passage in desk.lent]
                gone = split_sentences(lent)
                assert text.count(GAP) == len(gone) == len(LEVELS[difficulty].told)
                whole = split_sentences(task.passages[passage])
                assert text == " ".join(GAP if line in gone else line for line in whole)
                for fact in task.facts:
                    if fact.passage == passage and fact.text != "account":
                        assert find_value(lent, fact.value) >= 0 > find_value(text, fact.value)

    @pytest.mark.parametrize("size", [2, 3, 4])
    def test_of_reports(self, size: int, tmp_path: Path) -> None:
        """The report in an event's own paragraph, and the one elsewhere, have other readers."""
        for task in tasks_of("hard")[:4]:
            readers = [reader for reader, own in enumerate(deal(task, size)) for _ in own]
            before = self.observe(task.to_dict(), size, tmp_path)
            for fact in (f for f in task.facts if f.outdated):
                changed = []
                for value in (fact.value, fact.outdated):
                    data = task.to_dict()
                    [passage] = [n for n, p in enumerate(task.passages) if value in p]
                    self.change(data, passage, value, "1" if value.isdigit() else "Xylo Tuz")
                    after = self.observe(data, size, tmp_path)
                    found = [n for n, agent in enumerate(before) if before[agent] != after[agent]]
                    assert found == [readers[passage]]
                    changed += found
                assert len(set(changed)) == 2

    def change(self, data: dict[str, Any], passage: int, old: str, new: str) -> None:
        passages = data["text"].split("\n\n")
        assert old in passages[passage]
        passages[passage] = re.sub(rf"\b{old}\b", new, passages[passage])
        data["text"] = "\n\n".join(passages)
        for fact in data["facts"]:
            if fact["value"] == old and find_value(passages[fact["passage"]], old) < 0:
                fact["value"] = new

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_facts_are_seen_by_one_agent_until_they_are_said(self, difficulty: str) -> None:
        env = env_of(difficulty)
        task = task_of(difficulty)
        first, _ = env.reset(options={"task": 0})
        costs = [f for f in task.facts if f.cues == FIELDS["cost"].cues and not f.outdated]
        for fact in costs:
            assert sum(fact.value in text for text in first.values()) == 1
        told = costs[-1]
        reply = f'<say to="agent_1">{told.value}</say><submit>Account: {told.value}</submit>'
        later, *_ = env.step({"agent_3": reply})
        assert [a for a, text in later.items() if told.value in text] == ["agent_1", "agent_3"]

    def test_submissions_are_seen_by_nobody(self) -> None:
        env = env_of()
        env.reset(seed=0)
        later, *_ = env.step({"agent_0": "hush <submit>Headline: hush hush</submit>"})
        assert not any("hush" in text for text in later.values())

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_alone_sees_everything(self, difficulty: str) -> None:
        text = env_of(difficulty, team_size=1).reset(options={"task": 0})[0]["agent_0"]
        assert all(passage in text for passage in task_of(difficulty).passages)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_the_headline_can_hardly_be_known_without_asking(self, difficulty: str) -> None:
        read_by_writer = []
        for task in tasks_of(difficulty):
            headline = next(f for f in task.facts if f.text == "headline")
            read_by_writer.append(headline.passage in deal(task, 4)[0])
        assert sum(read_by_writer) < 0.3 * 60


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make(ENV, split=split, difficulty=difficulty).tasks
            facts = [fact for n in range(20) for fact in source[n].facts]
            values = [v for f in facts for v in (f.value, f.outdated) if v and not v[-1].isdigit()]
            names[split] = {v.split()[-1] for v in values if v[0].isupper()}
            assert {split_of(name) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 300

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for task in tasks_of(difficulty)[:10]:
            assert len(task.passages) == len(set(task.events)) == level.events
            assert len(task.facts) == level.events * len(FIELDS)
            assert task.lengths[0][1] < task.lengths[1][0]
            assert task.lengths[1][1] < task.lengths[2][0]
            assert sum(bool(fact.outdated) for fact in task.facts) == len(level.disputed)
            owed = [sum(f.text == text for f in task.facts) for text in ("headline", "summary")]
            assert owed == [len(level.told), len(level.told) * (level.events - 1)]
            for fact in task.facts:
                assert fact.value in " ".join(task.passages)
                assert fact.outdated in " ".join(task.passages)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_the_headline_is_the_costliest_event(self, difficulty: str) -> None:
        """In hard, the outdated reports would make another headline."""
        for task in tasks_of(difficulty):
            facts = [f for f in task.facts if f.cues == FIELDS["cost"].cues]
            costs = {f.words: int(f.value) for f in facts}
            assert len(set(costs.values())) == len(costs)
            [headline] = [f.words for f in facts if f.text == "headline"]
            assert headline == max(costs, key=costs.__getitem__)
            old = {f.words: int(f.outdated or f.value) for f in facts}
            other = max(old, key=old.__getitem__)
            same = (other, old[other]) == (headline, costs[headline])
            assert same == (difficulty != "hard")

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_sentences_of_the_article_state_its_facts_and_invent_nothing(
        self, difficulty: str
    ) -> None:
        """Also a report's sentence, which names the year of the report."""
        for task in tasks_of(difficulty)[:20]:
            assert load(task.to_dict()) == task
            outdated = [fact.outdated for fact in task.facts if fact.outdated]
            account = "\n".join(
                line
                for passage in task.passages
                for line in split_sentences(passage)
                if all(find_value(line, value) < 0 for value in outdated)
            )
            lexicon = replace(lexicon_of(task), lengths=dict.fromkeys(TEXTS, (1, 10_000)))
            reading = read_texts(lexicon, {"agent_0": f"Account:\n{account}"}, [])["account"]
            assert {*reading.stated} == {*range(len(task.facts))}
            assert reading.unsupported == 0
            assert not reading.denied

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_article_is_longer_than_the_account_may_be(self, difficulty: str) -> None:
        """Copying is no way to write an account."""
        for task in tasks_of(difficulty)[:10]:
            assert count_tokens(" ".join(task.passages)) > 2 * task.lengths[-1][1]

    @pytest.mark.parametrize(("difficulty", "size"), [*TEAMS, ("easy", 1), ("hard", 1)])
    def test_are_dealt_out_whole_and_in_order(self, difficulty: str, size: int) -> None:
        task = task_of(difficulty)
        dealt = deal(task, size)
        assert [n for own in dealt for n in own] == list(range(len(task.passages)))
        assert all(dealt)
        assert len(dealt[0]) == min(map(len, dealt))

    def test_are_the_same_for_every_team(self) -> None:
        tasks = set()
        for size in (1, 2, 3, 4):
            env = env_of("hard", size)
            env.reset(seed=5)
            tasks.add(json.dumps(env.episode.task))
        assert len(tasks) == 1

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            task = task_of(difficulty)
            assert SummaryTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_are_read_back_from_their_prose(self, difficulty: str) -> None:
        """Every way to tell a thing is read by the expert as it was meant."""
        for task in tasks_of(difficulty)[:20]:
            for n, passage in enumerate(task.passages):
                values, reports = read_paragraph(passage)
                told = {f.value for f in task.facts if f.passage == n and not f.outdated}
                assert told == set(values.values())
                assert all(event in task.events for event, *_ in reports)


NEWS = """\
The old bridge at Marlow closed on 3 March 2021, and 412 people lost their way to work.
A crack had been found by the engineer Ines Bower in January. It was 19 cm long, she said.

The council of Marlow voted 31,500 crowns for repairs. They were led by the firm of Otto Grand.
No work was done in 1999.
"""
OWN = {
    "text": NEWS,
    "facts": [
        {"value": "412", "words": "people", "text": "headline"},
        {"value": "31,500", "words": ["crowns"], "cues": ["repairs", "repair"]},
        {"value": "Otto Grand"},
    ],
}


class TestOwnArticles:
    def env(self, folder: Path, *articles: dict[str, Any], team_size: int = 2) -> CollabEnv[Any]:
        path = folder / "own.jsonl"
        path.write_text("\n".join(json.dumps(article) for article in articles))
        return make(ENV, team_size=team_size, tasks=path)

    def test_need_a_text_only(self, tmp_path: Path) -> None:
        task = self.env(tmp_path, {"text": NEWS}).tasks[0]
        owed = {f.value: f.text for f in task.facts}
        assert owed == {
            "Marlow": "headline", "3": "headline", "March": "headline", "2021": "headline",
            "412": "headline", "Ines Bower": "account", "January": "account", "19": "account",
            "31,500": "summary", "Otto Grand": "account",
        }  # fmt: skip

    @pytest.mark.parametrize("team_size", [1, 2, 3])
    def test_can_be_played(self, team_size: int, tmp_path: Path) -> None:
        env = self.env(tmp_path, {"text": NEWS}, task_of("hard").to_dict(), team_size=team_size)
        for task in (0, 1):
            infos = play(env, Expert(), task)
            assert infos["quality"] == 1.0
            assert infos["speed"] == 1.0

    def test_may_be_told_in_other_words(self, tmp_path: Path) -> None:
        text = """\
Headline: Bridge at Marlow closed on 3 March 2021: 412 people cut off
Summary: The bridge at Marlow has been closed since 3 March 2021, which 412 people feel.
Its council voted for 31500 crowns.
Account: The bridge at Marlow closed on 3 March 2021. 412 people had used it for work.
In January the engineer Ines Bower found a crack, which is 19 cm long.
The council voted to spend 31 500 crowns. The firm of Otto Grand led the repairs."""
        env = self.env(tmp_path, {"text": NEWS}, team_size=1)
        infos = play(env, lambda observation: once(text))
        assert infos["headline_coverage"] == infos["summary_coverage"] == 1.0
        assert infos["account_coverage"] == 1.0
        wrong = text.replace("19 cm", "91 cm").replace("Ines Bower", "Ines Grand")
        worse = play(env, lambda observation: once(wrong))
        assert worse["account_coverage"] == pytest.approx(7 / 10)
        assert worse["faithfulness"] < infos["faithfulness"]

    def test_may_bring_their_facts(self, tmp_path: Path) -> None:
        env = self.env(tmp_path, OWN, team_size=1)
        facts = env.tasks[0].facts
        assert [(f.passage, f.value, f.text) for f in facts] == [
            (0, "412", "headline"),
            (1, "31,500", "summary"),
            (1, "Otto Grand", "account"),
        ]
        assert facts[0].words == ("people",)
        assert facts[1].cues == ("repairs", "repair")
        assert facts[2].cues == ("led", "firm")[1:]
        infos = play(env, Expert())
        assert infos["account_coverage"] == 1.0

    def test_figures_and_names_are_taken_whole(self, tmp_path: Path) -> None:
        text = (
            "In the 1990s the firm of Jean-Pierre Martin made $4bn in Q3 with COVID-19 masks. "
            "The 20th plant, 30km from the sea at \u201cPort Marie\u201d, ran at -5 degrees. "
            "It cost \u20ac1.2bn (2.5m a day) and 12% more."
        )
        env = self.env(tmp_path, {"text": text}, team_size=1)
        values = {fact.value for fact in env.tasks[0].facts}
        assert values == {
            "1990s", "Jean-Pierre Martin", "$4bn", "Q3", "COVID-19", "20th", "30km", "Port Marie",
            "-5", "\u20ac1.2bn", "2.5m", "12",
        }  # fmt: skip
        assert play(env, Expert())["quality"] == 1.0

    def test_days_may_be_written_as_ordinals(self, tmp_path: Path) -> None:
        text = (
            "On the 30th of May the firm of Ann Bell opened. On May 3rd, 1990 it had 9 men. "
            "It fell on the 4th of July."
        )
        given = ("30th of May", "May 3rd, 1990", "the 4th of July")
        for facts in ({}, {"facts": [{"value": value} for value in given]}):
            env = self.env(tmp_path, {"text": text, **facts}, team_size=1)
            values = {fact.value for fact in env.tasks[0].facts}
            assert values.issuperset(given if facts else {"30th", "3rd", "1990", "4th"})
            assert play(env, Expert())["quality"] == 1.0

    @pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n"])
    def test_have_paragraphs_between_empty_lines(self, gap: str, tmp_path: Path) -> None:
        env = self.env(tmp_path, {"text": f"It had 9 doors.{gap}It had 8 beds.\nAll were red."})
        assert env.tasks[0].passages == ("It had 9 doors.", "It had 8 beds. All were red.")

    def test_owe_nothing_in_common_where_only_the_account_has_facts(self, tmp_path: Path) -> None:
        text = "It was a dark night. London had 42 bridges in 1999."
        env = self.env(tmp_path, {"text": text}, team_size=1)
        _, infos = env.reset()
        assert infos["agent_0"]["conflicts"] == infos["agent_0"]["joint_reward"] == 0.0
        assert play(env, Expert())["joint_reward"] == 1.0

    def test_may_have_abbreviations(self, tmp_path: Path) -> None:
        text = "Dr. Smith and J. R. Otto moved to St. Louis in 1954.\n\nMrs. Bower had 3 children."
        env = self.env(tmp_path, {"text": text}, team_size=1)
        assert {fact.text for fact in env.tasks[0].facts} == {"headline", "summary"}
        assert play(env, Expert())["quality"] == 1.0

    def test_may_be_copied_with_a_sentence_that_denies(self, tmp_path: Path) -> None:
        text = "Ines Bower came in 1999. But Carl Otto did not come.\n\nShe had 42 friends."
        env = self.env(tmp_path, {"text": text}, team_size=1)
        assert play(env, Expert())["faithfulness"] == 1.0

    def test_facts_are_placed_where_their_words_are(self, tmp_path: Path) -> None:
        text = "The council met 412 times.\n\nIn spring 412 people came."
        facts = [{"value": "412", "words": "people"}, {"value": "412", "words": "council"}]
        task = self.env(tmp_path, {"text": text, "facts": facts}).tasks[0]
        assert [(fact.passage, fact.text) for fact in task.facts] == [
            (1, "summary"),
            (0, "headline"),
        ]

    def test_of_many_paragraphs_are_dealt_out_without_trying_every_way(self) -> None:
        dealt = share((1.0,) * 1_000, 200.0, 4)
        assert [len(own) for own in dealt] == [100, 300, 300, 300]
        assert share((1.0, 1.0), 9.0, 3) == [range(0), range(1), range(1, 2)]

    def test_are_dealt_out_evenly_beside_an_author_with_much_to_write(self) -> None:
        dealt = share((1.0,) * 20, 20.0, 4)
        assert [len(own) for own in dealt] == [0, 6, 7, 7]

    def test_may_have_causes_with_a_capital(self, tmp_path: Path) -> None:
        env = self.env(tmp_path, task_of("easy").to_dict(), team_size=1)
        best = play(env, Expert())

        def capital(observation: str) -> str:
            return re.sub(
                r"It was caused by a ([a-z])",
                lambda match: f"Cause: {match[1].upper()}",
                Expert()(observation),
            )

        assert play(env, capital)["faithfulness"] == best["faithfulness"] == 1.0

    def test_briefing_says_what_is_asked(self, tmp_path: Path) -> None:
        asks = {"headline": "who won"}
        article = {"text": NEWS, "asks": asks, "lengths": {"summary": [5, 55]}}
        seen, _ = self.env(tmp_path, article).reset()
        assert "- headline, by agent_0: who won; " in seen["agent_0"]
        assert (
            "- summary, by agent_0: what every paragraph begins with, and no more; 5 to 55 "
            in (seen["agent_1"])
        )
        assert "paragraph 1 (agent_1), paragraph 2 (agent_1)." in seen["agent_0"]
        assert "What you have read of the article:\nnothing\n" in seen["agent_0"]
        assert "\nparagraph 2: The council of Marlow voted" in seen["agent_1"]
        assert "voted" not in seen["agent_0"]

    @pytest.mark.parametrize("team_size", [2, 3])
    def test_have_an_author_that_has_to_ask(self, team_size: int, tmp_path: Path) -> None:
        text = "\n\n".join(
            f"In town {n} a bridge fell. The {n + 50} who saw it ran. All {n + 70} got home."
            for n in range(11, 24)
        )
        env = self.env(tmp_path, {"text": text}, team_size=team_size)
        seen, _ = env.reset()
        assert "\nparagraph 1: [...] The 61 who saw it ran. All 81 got home.\n" in seen["agent_0"]
        assert sum("\nparagraph 1: In town 11 a bridge fell.\n" in t for t in seen.values()) == 1
        infos = play(env, Expert())
        assert infos["quality"] == 1.0
        mute = play(env, mute_expert)
        assert mute["headline_coverage"] == mute["summary_coverage"] == 0.0

    def test_of_few_paragraphs_are_for_small_teams(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"team_size must be at most 3, .* got 4. Lower team"):
            self.env(tmp_path, {"text": NEWS}, team_size=4)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"text": " \n\n "}, "the text is empty"),
            ({"text": "It rained. It did not stop."}, "no name or figure to tell"),
            ({"facts": []}, "no name or figure to tell"),
            ({"facts": [{"value": "413"}]}, "the value '413' of a fact is not in the text"),
            ({"facts": [{"value": ""}]}, "the value '' of a fact is not in the text"),
            ({"facts": [{"value": "412", "text": "song"}]}, "fact '412' needs a text of"),
            ({"facts": [{"value": "412", "passage": 7}]}, "a paragraph that there is"),
            ({"facts": [{"value": "412", "colour": 1}]}, "unexpected keyword argument 'colour'"),
            ({"facts": [{}]}, "the key 'value' is missing"),
            (
                {"asks": {"titel": "who won"}},
                "no key 'titel' here, only account, headline, summary",
            ),
            ({"lengths": {"headline": [1, 1], "summary": [1, 1]}}, "the summary owes"),
            (
                {"lengths": {"headline": [1, 9.5]}},
                "a length of the headline must be a whole number",
            ),
            ({"text": f"{NEWS} A sign said <done/>."}, "the text cannot be quoted in a submission"),
            (
                {"facts": [{"value": "412", "words": "k2"}]},
                "no sentence of the text states the fact",
            ),
            ({"facts": [{"value": "412"}] * 2}, "no sentence of the text states the fact '412'"),
            ({"facts": [{"value": "1999"}]}, "no sentence of the text states the fact '1999'"),
            ({"text": f"{NEWS}\nSummary: it was 7 m."}, "begins with the name of one of the texts"),
            ({"lengths": {"summary": [9]}}, "lengths of the summary must be [least, most]"),
            ({"lengths": {"summary": [9, 3]}}, "lengths of the summary must be [least, most]"),
            ({"events": ["flood"]}, "every paragraph needs one of the events"),
            ({"events": ["flood", "flood"]}, "every event needs a word of its own"),
            ({"events": ["flood", "Fire"]}, "every event needs a word of its own"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            self.env(tmp_path, {**OWN, **change} if "text" not in change else change)


def test_quality_is_its_formula() -> None:
    infos = play(env_of(), lambda o: "<done/>" if "agent_2 of" in o else Expert()(o))
    linked = infos["agreement"] * infos["growth"]
    assert 0.3 < infos["quality"] < 0.8
    assert infos["quality"] == pytest.approx(infos["faithfulness"] * (1 + 4 * linked) / 5)
