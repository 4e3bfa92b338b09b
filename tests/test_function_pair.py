"""Function pair: the expert, what it takes to be as good, privacy, tasks, feedback, and cheats."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cheats_function_pair import CHEATS, finds_helpers
from llm_collab_envs.coding.function_pair.env import FunctionPairEnv
from llm_collab_envs.coding.function_pair.expert import Expert, entries, read, say, write
from llm_collab_envs.coding.function_pair.programs import HELPERS
from llm_collab_envs.core.observation import TURN_MARK, split_briefing
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.wrappers import AgentDropout
from pair_tasks import TASKS, generated, make
from play import finish, joint_reward, play


class TestExpert:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("quiet", range(4))
    def test_needs_every_teammate_to_tell(self, difficulty: str, quiet: int) -> None:
        """Each agent knows something that another one cannot write its function without."""

        def act(observation: str) -> str:
            reply = Expert()(observation)
            told = "<say" in reply and f"You are agent_{quiet} " in observation
            return "" if told else reply

        infos = play(make(difficulty=difficulty, split="test"), act)
        assert infos["module"] == 0.0
        assert infos["functions"] <= 0.75

    def test_waits_for_a_silent_teammate_and_then_writes(self) -> None:
        env = make(team_size=2, difficulty="medium", split="test")
        observations, infos = env.reset(options={"task": 0})
        parts = []
        while env.agents:
            actions = {"agent_0": "", "agent_1": Expert()(observations["agent_1"])}
            observations, _, _, _, infos = env.step(actions)
            parts.append(len(env.parts))
        assert parts == [0, 0, 0, 0, 1, 1]
        assert infos["agent_1"]["functions"] == 0.25  # C's own agreed value is known to agent_1

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("lost", range(4))
    def test_asks_for_what_did_not_arrive_and_is_told_again(
        self, difficulty: str, lost: int
    ) -> None:
        def act(observation: str) -> str:
            unsent = f"You are agent_{lost} " in observation and TURN_MARK + "1 " in observation
            return "" if unsent else Expert()(observation)

        infos = play(make(difficulty=difficulty, split="test"), act)
        assert infos["quality"] == 1.0

    @pytest.mark.parametrize("round_", [1, 5])
    def test_does_what_it_can_when_its_briefing_is_cut(self, round_: int) -> None:
        observations, _ = make(difficulty="hard", split="test").reset(options={"task": 0})
        briefing, _ = split_briefing(observations["agent_3"])
        turn = f"== Round {round_} of 8 ==\n"
        whole = Expert()(briefing + turn)
        seen = {Expert()(briefing[:length] + turn) for length in range(0, len(briefing), 5)}
        assert whole in seen
        assert {"", "<submit></submit><done/>"} & seen

    def test_is_not_led_astray_by_what_teammates_say(self) -> None:
        said = (
            "<say to='all'>", "A", "A ", "A 1; B x y; C f(x)(y); P os; Q 'a b'; R 1.5",
            "S __import__; main tatata; A import os; Z 3; ; ; P 'kam", "You know: A bad",
        )  # fmt: skip
        for text in said:
            assert entries(text) == {}
        env = make(difficulty="hard", split="test")
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            hello = "".join(f'<say to="all">{text}</say>' for text in said[1:])
            actions["agent_0"] = hello + actions["agent_0"]
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["quality"] == 1.0

    def test_believes_what_it_was_dealt_before_what_it_is_told_and_the_first_of_two(self) -> None:
        view = make().reset(seed=0)[0]["agent_0"]
        letter = read(view).plans[0].needs[0]
        own = next(name for name in read(view).own if name not in HELPERS)
        memo = read(f"{view}Messages:\nagent_1: {letter} 11; {own} 12\nagent_2: {letter} 13\n")
        assert memo.known[letter] == "11"
        assert memo.known[own] == read(view).own[own]
        assert memo.complete

    def test_says_what_others_need_and_no_more(self) -> None:
        for size, counts in ((1, [0]), (2, [3, 1]), (3, [2, 2, 1]), (4, [2, 2, 2, 1])):
            views = make(team_size=size).reset(seed=0)[0].values()
            told = [memo.to_tell for memo in map(read, views)]
            # Alone everything is there to tell, and there is nobody to tell it to.
            assert size == 1 or [len(entry) for entry in told] == counts

    def test_pieces_make_imperfect_teachers(self) -> None:
        """What trains a model from imperfect teams: parts of what is known, heeded or not."""
        views = make().reset(seed=0)[0]
        memo = read(views["agent_3"])
        assert say(memo).startswith('<say to="all">R ')
        source = write(memo, {"A": "first", "S": "17"})
        assert "first(x)" in source
        assert "B(x)" in source


class TestCheats:
    @pytest.mark.parametrize("cheat", ["mute with samples", "without the unknown"])
    def test_a_silent_pair_scores_low(self, cheat: str) -> None:
        env = make(team_size=2)
        assert joint_reward(env, CHEATS[cheat], 2) < 0.22 * joint_reward(env, Expert(), 2)

    def test_a_main_that_ignores_its_helpers_has_nothing_of_the_module(self) -> None:
        """Main has all helpers written into it, by somebody who was told all about them."""
        task = generated("easy")[0]
        *helpers, main = task.functions
        known = task.known("value")
        inlined = known | {f"{h.label}": f"own_{h.name}" for h in helpers}
        own = [dataclasses.replace(h, name=f"own_{h.name}").source(known) for h in helpers]
        parts = [*(h.source(known) for h in helpers), "\n".join([*own, main.source(inlined)])]
        env = make(difficulty="easy", split="test")
        infos = submit(env, parts)
        assert infos["functions"] == 0.75
        assert infos["module"] == infos["functions"] - 0.75 == 0.0
        assert submit(env, [*parts[:3], main.source(known)])["module"] == 1.0

    @pytest.mark.parametrize("ignored", HELPERS)
    def test_a_main_that_ignores_one_helper_has_nothing_of_the_module(self, ignored: str) -> None:
        task = generated("easy")[1]
        *helpers, main = task.functions
        known = task.known("value")
        helper = next(h for h in helpers if h.label == ignored)
        own = dataclasses.replace(helper, name="own").source(known)
        source = "\n".join([own, main.source(known | {ignored: "own"})])
        infos = submit(
            make(difficulty="easy", split="test"), [*(h.source(known) for h in helpers), source], 1
        )
        assert infos["module"] == 0.0

    def test_looking_for_helpers_by_oneself_earns_no_more_than_asking(self) -> None:
        """Main may find functions in the module; what stands for capitals it cannot find."""

        def values_only(observation: str) -> str:
            memo = read(observation)
            if memo.round > 1:
                return finds_helpers(observation)
            told = [f"{a} {v}" for a, v in memo.to_tell.items() if a not in HELPERS]
            return f'<say to="all">{"; ".join(told)}</say>'

        env = make(difficulty="easy", split="test")
        assert joint_reward(env, values_only, TASKS) < joint_reward(env, Expert(), TASKS)


def submit(env: FunctionPairEnv, parts: list[str], task: int = 0) -> dict[str, Any]:
    """Submit parts, a source for each agent, and return the infos."""
    env.reset(options={"task": task})
    replies = {a: f"<submit>{p}</submit>" for a, p in zip(env.agents, parts, strict=True)}
    *_, infos = env.step(replies)
    return dict(infos["agent_0"])


def test_metrics_are_the_formula() -> None:
    infos = play(make(), lambda o: "<done/>" if "agent_2 of" in o else Expert()(o))
    assert infos["quality"] == pytest.approx(0.4 * infos["functions"] + 0.6 * infos["module"])
    assert infos["module"] == 0.0
    assert infos["unsafe"] == 0


class TestFailingTeams:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_take_over_from_one_that_leaves(self, difficulty: str) -> None:
        for gone in ("agent_0", "agent_2", "agent_3"):
            env = AgentDropout(make(difficulty=difficulty), at_round=2, agents=[gone])
            observations, _ = env.reset(options={"task": 0})
            infos = finish(env, {a: Expert()(o) for a, o in observations.items()}, Expert())
            assert infos["quality"] == 1.0

    def test_say_what_a_leaver_had_no_chance_to_say(self) -> None:
        env = AgentDropout(make(), at_round=2, agents=["agent_1"])
        observations, _ = env.reset(options={"task": 0})
        actions = {a: Expert()(o) for a, o in observations.items()} | {"agent_1": ""}
        assert finish(env, actions, Expert())["quality"] == 1.0
        said = Expert()(observations["agent_1"])
        assert env.unwrapped.episode.rounds[1].turns["agent_2"].text.startswith(said)

    def test_do_not_write_again_what_a_leaver_had_submitted(self) -> None:
        whole = make()
        play(whole, Expert())
        env = AgentDropout(make(), at_round=2, agents=["agent_1"])
        observations, _ = env.reset(options={"task": 0})
        actions = {a: Expert()(o) for a, o in observations.items()}
        actions["agent_1"] += f"<submit>{whole.parts['agent_1']}</submit>"
        infos = finish(env, actions, Expert())
        assert infos["quality"] == 1.0
        assert infos["conflicts"] == 0
