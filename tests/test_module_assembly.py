"""Module assembly: the expert, what it takes to be as good, privacy, tasks, and cheats."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cheats_module_assembly import CHEATS
from llm_collab_envs import make
from llm_collab_envs.coding.module_assembly.dealing import deal_facts, deal_parts
from llm_collab_envs.coding.module_assembly.expert import Expert, read, write
from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.layout import Place, write_place
from llm_collab_envs.coding.module_assembly.rules import RULES, another_value, rules_of
from llm_collab_envs.coding.module_assembly.source import solution, specification
from llm_collab_envs.coding.module_assembly.tasks import LEVELS, ModuleTask
from llm_collab_envs.core.actions import grammar_help
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.wrappers import AgentDropout, LossyChannel
from play import expert_path, joint_reward, play
from privacy import Privacy

ENV = "module_assembly_v0"


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> ModuleTask:
    task: ModuleTask = env_of(difficulty).tasks[index]
    return task


class TestExpert:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("round_", [1, 3])
    def test_does_what_it_can_when_its_briefing_is_cut(self, difficulty: str, round_: int) -> None:
        observations, _ = env_of(difficulty).reset(options={"task": 0})
        briefing, _ = split_briefing(observations["agent_3"])
        turn = f"== Round {round_} of 8 ==\n"
        whole = Expert()(briefing + turn)
        seen = {Expert()(briefing[:length] + turn) for length in range(0, len(briefing), 5)}
        assert {"", whole} <= seen

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_is_not_led_astray_by_what_teammates_say(self, difficulty: str) -> None:
        env = env_of(difficulty, message_budget=1_000)
        said = (
            '<say to="all">hello: a; limit: many; ; : ; not; not X; log: box; stock: box[5]; '
            'rank: box["rank"] = nothing; letters: 99; A. a</say>'
        )
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions["agent_0"] = said + actions["agent_0"]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0

    def test_waits_for_a_silent_teammate_and_then_writes(self) -> None:
        env = env_of("medium", team_size=2)
        observations, _ = env.reset(options={"task": 0})
        parts = []
        while env.agents:
            actions = {"agent_0": "", "agent_1": Expert()(observations["agent_1"])}
            observations, *_ = env.step(actions)
            parts.append(len(env.parts))
        assert parts == [0, 0, 0, 0, 1, 1]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_takes_over_from_one_that_leaves(self, difficulty: str) -> None:
        for gone in ("agent_0", "agent_2"):
            env = AgentDropout(make(ENV, difficulty=difficulty), at_round=2, agents=[gone])
            observations, infos = env.reset(options={"task": 0})
            while env.agents:
                actions = {a: Expert()(observations[a]) for a in env.agents}
                observations, _, _, _, infos = env.step(actions)
            assert next(iter(infos.values()))["quality"] == 1.0

    @pytest.mark.parametrize("difficulty", ["easy", "hard"])
    def test_asks_again_for_what_was_lost(self, difficulty: str) -> None:
        """Where a message in five is lost, few teams hear everything at once."""
        env = LossyChannel(make(ENV, difficulty=difficulty), lost=0.2)
        assert sum(play(env, Expert(), task)["quality"] == 1.0 for task in range(8)) >= 5

    def test_writes_nothing_that_a_leaver_has_submitted(self) -> None:
        env = AgentDropout(make(ENV), at_round=3, agents=["agent_0"])
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(observations[a]) for a in env.agents}
            if len(env.episode.rounds) == 1:
                actions["agent_1"] = ""  # the heir is late
            observations, _, _, _, infos = env.step(actions)
        assert next(iter(infos.values()))["quality"] == 1.0
        assert next(iter(infos.values()))["duplication"] == 0

    def test_follows_what_others_propose(self) -> None:
        """Where the structure is open, any place will do, as long as all agree on it."""

        def odd(observation: str) -> str:
            memo = read(observation)
            odd = [dataclasses.replace(p, key=f"odd_{p.field}") for p in memo.proposals]
            if memo.round == 1:
                told = [*memo.own, *(write_place(memo.kind, place) for place in odd)]
                return f'<say to="all">{"; ".join(told)}</say>' if told else ""
            memo.places |= {place.field: place for place in odd}
            return f"<submit>{write(memo)}</submit><done/>"

        env = env_of("hard")
        for task in range(5):
            assert play(env, odd, task)["quality"] == 1.0
            assert any("odd_" in text for text in env.parts.values())

    def test_that_does_not_agree_on_places_fails(self) -> None:
        def alone(observation: str) -> str:
            memo = read(observation)
            if memo.round == 1:
                return Expert()(observation)
            own = {p.field for p in memo.proposals} | set(memo.read_outside)
            for name in memo.places.keys() - own:
                memo.places[name] = Place(name, f"agent_{memo.me}_{name}", memo.places[name].form)
            return f"<submit>{write(memo)}</submit><done/>"

        assert joint_reward(env_of("hard"), alone, 5) < 0.25

    def test_can_be_lied_to(self) -> None:
        """It writes on what it hears."""
        env = env_of("easy", message_budget=1_000)
        observations, infos = env.reset(options={"task": 0})
        known = deal_facts(task_of("easy"), 4)
        liar = next(n for n, facts in enumerate(known) if facts)
        rule, value = known[liar][0].split(": ")
        lie = f'<say to="all">{rule}: {another_value(rule, value)}</say>'
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            if read(observations["agent_0"]).round == 1:
                actions[f"agent_{liar}"] = lie
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] < 0.5


class TestCheats:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_that_leaves_its_part_out_costs_the_team(self, difficulty: str) -> None:
        def idle(observation: str) -> str:
            act = Expert()(observation)
            return "<done/>" if "agent_2 of" in observation and "<submit>" in act else act

        infos = [play(env_of(difficulty), idle, task) for task in range(4)]
        assert all(info["quality"] < 0.4 for info in infos)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_the_box_hands_nothing_on(self, difficulty: str) -> None:
        """Where two share all that there is to know, least is missing."""
        env = env_of(difficulty, team_size=2)
        expert = joint_reward(env, Expert(), 6)
        for name in ("code in the box", "rules in the keys"):
            assert joint_reward(env, CHEATS[name], 6) < 0.15 * expert, name

    def test_that_finds_all_in_the_box_works_where_there_is_something(self) -> None:
        """So that it is not for a slip of its own that it earns nothing in a team."""
        assert play(env_of("easy", 1), CHEATS["rules in the keys"])["quality"] == 1.0

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_nobody_can_make_the_box_untold(self, difficulty: str) -> None:
        """It is what every test needs."""
        for size in range(2, 1 + LEVELS[difficulty].functions):
            for index in range(30):
                task = task_of(difficulty, index)
                needed = {f"{rule}: {task.rule_book[rule]}" for rule in ("letters", "limit")}
                needed |= {f"not {label}" for label in task.vetoes}
                needed |= {
                    write_place(task.module_kind, place)
                    for place in task.bound
                    if difficulty == "hard"
                }
                assert not any(needed <= {*facts} for facts in deal_facts(task, size))


class TestFeedback:
    def test_says_what_does_not_run_and_what_is_not_there(self) -> None:
        env = env_of()
        task = task_of("easy")
        env.reset(options={"task": 0})
        mine = deal_parts(task, 4)
        right = solution(task.module_kind, mine[2][0], task.layout, task.rule_book)
        seen, *_ = env.step(
            {
                "agent_0": "<submit>def f(:</submit>",
                "agent_1": "<submit>x = 1</submit>",
                "agent_2": f"<submit>{right}</submit>",
            }
        )
        notices = {
            agent: [line for line in text.splitlines() if line.startswith("Notice: ")]
            for agent, text in seen.items()
        }
        assert notices["agent_0"][0].startswith("Notice: your code does not run: SyntaxError")
        name = mine[1][0].name
        assert notices["agent_1"] == [
            f"Notice: {name} failed: NameError: name '{name}' is not defined."
        ]
        assert notices["agent_2"] == notices["agent_3"] == []

    def test_never_tells_of_hidden_tests(self) -> None:
        env = env_of()
        env.reset(options={"task": 0})
        task = task_of("easy")
        wrong = {
            f"agent_{n}": "<submit>"
            + "\n".join(f"def {part.name}(*args):\n    return 1 / 0" for part in share)
            + "</submit>"
            for n, share in enumerate(deal_parts(task, 4))
        }
        seen, *_ = env.step(wrong)
        assert not any("Notice" in text for text in seen.values())


class TestPrivacy(Privacy):
    env = ENV

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_rules(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        known = deal_facts(task, size)
        for n, (rule, value) in enumerate(task.rules):
            holder = next(i for i, facts in enumerate(known) if f"{rule}: {value}" in facts)
            rules = (*task.rules[:n], (rule, another_value(rule, value)), *task.rules[n + 1 :])
            other = dataclasses.replace(task, rules=rules)
            assert self.changed(task, other, size, tmp_path) == [holder]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 8)])
    def test_of_specifications(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        shares = deal_parts(task, size)
        for n, part in enumerate(task.parts):
            function = task.module_kind.function(part.verb)
            twin = dataclasses.replace(part, k=part.k % 9 + 1)
            twin = dataclasses.replace(
                twin, pick=next((p for p in function.picks if p != part.pick), "")
            )
            author = next(i for i, share in enumerate(shares) if part in share)
            other = dataclasses.replace(task, parts=(*task.parts[:n], twin, *task.parts[n + 1 :]))
            differs = specification(function, part) != specification(function, twin)
            assert self.changed(task, other, size, tmp_path) == [author] * differs

    @pytest.mark.parametrize("size", [2, 4, 8])
    def test_of_what_is_ruled_out(self, size: int, tmp_path: Path) -> None:
        task = task_of("medium")
        for layout in task.alternatives:
            if layout != task.layout:
                other = dataclasses.replace(task, layout=layout)
                changed = self.changed(task, other, size, tmp_path)
                holders = [
                    n
                    for n, (a, b) in enumerate(
                        zip(deal_facts(task, size), deal_facts(other, size), strict=True)
                    )
                    if a != b
                ]
                assert changed == holders
        assert len(set(task.vetoes)) == 5

    @pytest.mark.parametrize("size", [2, 4, 8])
    def test_of_places(self, size: int, tmp_path: Path) -> None:
        for index in range(4):
            task = task_of("hard", index)
            known = deal_facts(task, size)
            for n, place in enumerate(task.layout):
                entry = write_place(task.module_kind, place)
                holders = [i for i, facts in enumerate(known) if entry in facts]
                assert len(holders) == (place in task.bound)
                moved = dataclasses.replace(place, key="elsewhere")
                layout = (*task.layout[:n], moved, *task.layout[n + 1 :])
                other = dataclasses.replace(task, layout=layout)
                assert self.changed(task, other, size, tmp_path) == holders

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_facts_are_seen_by_one_agent_until_they_are_said(self, difficulty: str) -> None:
        env = env_of(difficulty)
        task = task_of(difficulty)
        first, _ = env.reset(options={"task": 0})
        known = deal_facts(task, 4)
        for fact in (fact for facts in known for fact in facts):
            assert sum(fact in text for text in first.values()) == 1
        teller = next(n for n, facts in enumerate(known) if facts)
        hearer = (teller + 1) % 4
        told = known[teller][0]
        later, *_ = env.step({f"agent_{teller}": f'<say to="agent_{hearer}">{told}</say>'})
        seen = [agent for agent, text in later.items() if told in text]
        assert seen == sorted([f"agent_{teller}", f"agent_{hearer}"])

    def test_submissions_are_seen_by_nobody(self) -> None:
        env = env_of()
        env.reset(seed=0)
        later, *_ = env.step({"agent_0": "hush <submit>hush = 1</submit>"})
        assert not any("hush" in text for text in later.values())

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_one_agent_alone_sees_everything(self, difficulty: str) -> None:
        text = env_of(difficulty, team_size=1).reset(options={"task": 0})[0]["agent_0"]
        task = task_of(difficulty)
        assert all(f"{rule}: {value}" in text for rule, value in task.rules)
        assert all(f"not {label}" in text for label in task.vetoes)
        assert all(write_place(task.module_kind, place) in text for place in task.bound)
        for part in task.parts:
            assert specification(task.module_kind.function(part.verb), part) in text
        assert "one of you" not in text


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make(ENV, split=split, difficulty=difficulty).tasks
            tasks = [source[n] for n in range(60)]
            names[split] = {name for task in tasks for name in (task.name, *task.names)}
            names[split] |= {part.name.partition("_")[2].title() for t in tasks for part in t.parts}
            if difficulty == "hard":
                keys = [p.key for t in tasks for p in t.layout if isinstance(p.key, str)]
                names[split] |= {key.title() for key in keys}
            assert {split_of(name) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 300

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_are_of_every_kind_and_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        tasks = [task_of(difficulty, index) for index in range(100)]
        assert {task.kind for task in tasks} == set(KINDS)
        for task in tasks:
            assert len(task.parts) == len({part.name for part in task.parts}) == level.functions
            assert task.parts[0].verb == task.module_kind.maker.verb
            assert [rule for rule, _ in task.rules] == list(RULES)[: level.rules]
            assert task.structure == level.structure
            assert len(set(task.alternatives)) == len(task.alternatives)
            assert len(task.alternatives) == (6 if difficulty == "medium" else 0)
            assert len(task.bound) in {"easy": (0,), "medium": (3,), "hard": (1, 2)}[difficulty]
            for rule, _ in task.rules:
                functions = [task.module_kind.function(part.verb) for part in task.parts]
                assert sum(rule in rules_of(function) for function in functions) > 1

    def test_are_many(self) -> None:
        """Not only names differ: so do the functions, their numbers and choices, and the rules."""
        tasks = [task_of("easy", index) for index in range(300)]
        chosen = {(t.kind, tuple(sorted(p.verb for p in t.parts))) for t in tasks}
        assert len(chosen) > 60
        whole = {(t.kind, t.rules, tuple((p.verb, p.k, p.pick) for p in t.parts)) for t in tasks}
        assert len(whole) == len(tasks)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
    @pytest.mark.parametrize("difficulty", ["medium", "hard"])
    def test_are_dealt_out_whole_and_evenly(self, difficulty: str, size: int) -> None:
        for index in range(5):
            task = task_of(difficulty, index)
            shares = deal_parts(task, size)
            assert sorted(p.name for s in shares for p in s) == sorted(p.name for p in task.parts)
            assert max(map(len, shares)) - min(map(len, shares)) <= 1
            facts = [fact for share in deal_facts(task, size) for fact in share]
            places = len(task.bound) if difficulty == "hard" else 0
            assert len(facts) == len(set(facts)) == len(task.rules) + len(task.vetoes) + places

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            task = task_of(difficulty)
            assert ModuleTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    def test_of_ones_own_can_be_played(self, tmp_path: Path) -> None:
        own = {
            "kind": "queue",
            "name": "Bakovel",
            "parts": [
                {"verb": "new", "name": "new_line", "k": 3},
                {"verb": "serve", "name": "serve_next", "k": 2, "pick": "highest"},
                {"verb": "join", "name": "join_line", "k": 2},
            ],
            "names": ["Bakomen", "Toravel", "Kimaron", "Dovedan", "Ratiska", "Vomedal"],
            "rules": [["letters", "3"], ["limit", "40"], ["unknown", "-5"]],
            "layout": [
                {"field": "rank", "key": 0, "form": "pairs"},
                {"field": "line", "key": 1, "form": "backward"},
                {"field": "served", "key": 2, "form": "plain"},
            ],
        }
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(own))
        for size in (1, 2, 3):
            assert play(make(ENV, team_size=size, tasks=path), Expert())["quality"] == 1.0
        with pytest.raises(ValueError, match=r"team_size must be at most 3, .* got 4. Lower team"):
            make(ENV, team_size=4, tasks=path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"kind": "novel"}, "there is no kind 'novel'; the kinds are inventory"),
            ({"name": "os"}, "'os' is no name: write a capital"),
            ({"name": "Bako\nvel"}, "is no name: write a capital"),
            ({"names": ["Bakomen"]}, "must be 7 different names or more"),
            ({"names": ["Bakomen"] * 6}, "must be 7 different names or more"),
            ({"rules": [["letters", "3"], ["limit", "40"]]}, "letters, limit, unknown must"),
            ({"rules": [["limit", "40"]] * 2}, "each rule may stand once"),
            ({"rules": [["limit", "40) or exit("]]}, "there is no rule 'limit': '40) or exit('"),
            ({"rules": [["colour", "red"]]}, "there is no rule 'colour': 'red'"),
            ({"parts": []}, "parts must be three or more"),
            ({"part": {"verb": "fly"}}, "a store with undo has no function 'fly'"),
            ({"part": {"name": "exit()"}}, "'exit()' is no name for a function"),
            ({"part": {"name": "outside_x"}}, "'outside_x' is no name for a function"),
            ({"part": {"name": "import"}}, "'import' is no name for a function"),
            ({"part": {"k": "7"}}, "must be from 1 to 99; got '7'"),
            ({"part": {"k": 0}}, "must be from 1 to 99; got 0"),
            ({"part": {"pick": "max); exit("}}, "cannot pick 'max); exit('"),
            ({"part": {"extra": 1}}, "unexpected keyword argument 'extra'"),
            ({"layout": []}, "a structure must hold values, changes, before, once each"),
            ({"place": {"key": 'a"] = 1; exit('}}, "is no key: write small letters"),
            ({"place": {"key": 1.5}}, "a key must be a word or a number from 0 to 99; got 1.5"),
            ({"place": {"key": True}}, "a key must be a word or a number from 0 to 99; got True"),
            ({"place": {"key": 1}}, "key 1 stands twice"),
            ({"place": {"form": "tree"}}, "values has no form 'tree'"),
            ({"structure": "secret"}, "structure must be given, choice or open; got 'secret'"),
            ({"structure": "choice"}, "alternatives are for structure 'choice', and only for it"),
            ({"read_outside": ["values"]}, "read_outside is for structure 'open' only"),
            ({"seed": "abc"}, "seed must be a whole number, 0 or more; got 'abc'"),
            ({"seed": -1}, "seed must be a whole number, 0 or more; got -1"),
            ({"rotation": "1"}, "rotation must be a whole number, 0 or more; got '1'"),
            ({"read_outside": ["x"]}, "read_outside must name fields; got ('x',)"),
            ({"extra": 1}, "unexpected keyword argument 'extra'"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        source = env_of("easy").tasks
        task = next(source[n] for n in range(100) if source[n].kind == "undo").to_dict()
        for n, place in enumerate(task["layout"]):
            place["key"] = n
        if "part" in change:
            task["parts"][1] |= change["part"]
        elif "place" in change:
            task["layout"][0] |= change["place"]
        else:
            task |= change
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make(ENV, tasks=path)


def test_an_easy_observation_is_short() -> None:
    lengths = [
        len(text) - len(grammar_help(alone=False))
        for index in range(60)
        for text in env_of().reset(options={"task": index})[0].values()
    ]
    assert sum(lengths) / len(lengths) < 1_270
    assert max(lengths) < 1_470


def test_team_larger_than_the_module() -> None:
    with pytest.raises(ValueError, match=r"team_size must be at most 4, .* got 5. Lower team_size"):
        env_of("easy", team_size=5)


def test_harder_tasks_ask_for_more() -> None:
    """More to write in teams of any size, and more to find out, than where it is easy."""
    work, talk = [], []
    for difficulty in DIFFICULTIES:
        team = [play(env_of(difficulty), Expert(), n)["message_tokens"] for n in range(3)]
        work.append(expert_path(env_of(difficulty, 1), 5))
        talk.append(sum(team))
    assert work[0] * 1.8 < min(work[1:])
    assert talk[0] * 2 < talk[1] * 2 < talk[2]
