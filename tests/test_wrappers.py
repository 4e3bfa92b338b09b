"""Uneven and failing teams: what each wrapper does, that they go together, and that logs replay."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pettingzoo.test import (
    api_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)
from pettingzoo.test.state_test import state_test

from llm_collab_envs import make
from llm_collab_envs.core import metrics
from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.core.conditions import Condition, Conditions
from llm_collab_envs.core.episode import EpisodeLog
from llm_collab_envs.core.observation import CUT, handed_over, split_briefing
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel, Straggler
from play import terms
from relay import RelayEnv

A, B, C = "agent_0", "agent_1", "agent_2"
CYCLES = 12
Wrap = Callable[[Any], Any]


def _limited(env: Any) -> Any:
    return Heterogeneous(env, token_cap=30, message_budget=3, observation_length=900, every=2)


def _lossy(env: Any) -> Any:
    return LossyChannel(env, lost=0.2, late=0.3, duplicated=0.3, cut=0.3, garbled=0.3)


def _all_four(env: Any) -> Any:
    return Straggler(_lossy(AgentDropout(_limited(env), at_round=3, count=2)), factor=1.5)


WRAPS: dict[str, Wrap] = {
    "heterogeneous": _limited,
    "leaves": lambda env: AgentDropout(env),
    "leaves early": lambda env: AgentDropout(env, at_round=2, count=2),
    "away": lambda env: AgentDropout(env, away_rounds=2, announced=False),
    "lossy": _lossy,
    "straggler": Straggler,
    "all four": _all_four,
}


@pytest.fixture(params=WRAPS)
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return WRAPS[str(request.param)]


def started(wrap: Wrap, **kwargs: Any) -> Any:
    env = wrap(RelayEnv(**{"team_size": 3, "max_cycles": 6, **kwargs}))
    env.reset(seed=0, options={"task": 0})
    return env


def play(env: Any, task: int = 0) -> dict[str, float]:
    """Let the env's own expert act, and return the team's terms at the end."""
    expert = env.unwrapped._expert()
    observations, _ = env.reset(seed=0, options={"task": task})
    while env.agents:
        observations, *_ = env.step({agent: expert(observations[agent]) for agent in env.agents})
    terms: dict[str, float] = env.episode.rounds[-1].terms
    return terms


@pytest.mark.filterwarnings("ignore:Action space for each agent")
@pytest.mark.filterwarnings("ignore:Observation")
@pytest.mark.filterwarnings("ignore:.*not a NumPy array")
@pytest.mark.filterwarnings("ignore:State")
class TestEveryEnvUnderEveryWrapper:
    def test_passes_pettingzoos_tests(self, env_id: str, wrap: Wrap) -> None:
        def parallel_env(**kwargs: Any) -> Any:
            return wrap(make(env_id, **kwargs))

        raw_env, env = make_aec(parallel_env)
        parallel_api_test(parallel_env(), num_cycles=CYCLES)
        parallel_seed_test(parallel_env, num_cycles=CYCLES)
        seed_test(env, num_cycles=CYCLES)
        api_test(env(), num_cycles=CYCLES)
        render_test(env)
        state_test(raw_env(), parallel_env(), num_cycles=CYCLES)

    def test_has_the_same_infos_throughout_and_pays_the_change_of_the_joint_reward(
        self, env_id: str, wrap: Wrap
    ) -> None:
        env = wrap(make(env_id))
        expert = env.unwrapped._expert()
        seen, infos = env.reset(seed=1)
        keys, paid = set(infos[A]), dict.fromkeys(env.possible_agents, 0.0)
        while env.agents:
            players = env.agents
            seen, rewards, ended, cut, infos = env.step({a: expert(seen[a]) for a in players})
            assert set(seen) == set(rewards) == set(ended) == set(cut) == set(infos) == {*players}
            assert all(set(info) == keys for info in infos.values())
            for agent, reward in rewards.items():
                paid[agent] += reward
                assert paid[agent] == pytest.approx(infos[agent]["joint_reward"])
                assert not (ended[agent] and cut[agent])
                assert (ended[agent] or cut[agent]) == (agent not in env.agents)

    def test_replays_from_its_log(self, env_id: str, wrap: Wrap) -> None:
        env = wrap(make(env_id, difficulty="hard"))
        play(env, task=3)
        log = EpisodeLog.from_json(env.episode.to_json())
        assert log == env.episode
        assert log.replay(type(env.unwrapped)) == env.episode
        assert log.replay(lambda **kwargs: wrap(make(env_id, **kwargs))) == env.episode

    def test_measures_speed_against_the_even_team(self, env_id: str, wrap: Wrap) -> None:
        even, uneven = make(env_id), wrap(make(env_id))
        for env in (even, uneven):
            env.reset(options={"task": 0})
        assert even._play_expert() == uneven.unwrapped._play_expert()


class TestAllFour:
    def test_go_together_in_any_order(self) -> None:
        makers: list[Wrap] = [
            lambda env: AgentDropout(env, at_round=2, agents=[B]),
            lambda env: Straggler(env, factor=3, agents=[A]),
            lambda env: Heterogeneous(env, token_cap={A: 8}),
            lambda env: LossyChannel(env, duplicated=1.0),
        ]
        records = []
        for order in itertools.permutations(makers):
            env: Any = RelayEnv(team_size=3)
            for maker in order:
                env = maker(env)
            env.reset(seed=0, options={"task": 0})
            seen, *_ = env.step({A: '<say to="all">one two</say> three four five six', B: "b"})
            text = [line for line in seen[C].splitlines() if not line.startswith("Notice")]
            records.append((text, env.agents, metrics.critical_path(env.episode)))
        assert records == records[:1] * 24
        text, agents, path = records[0]
        assert text.count("agent_0: one two") == 2
        assert agents == [A, C]
        assert path == 3 * 8

    def test_are_named_in_infos_and_in_the_transcript(self) -> None:
        env = started(_all_four, render_mode="ansi")
        infos = env.step({A: '<say to="all">hello hello</say>'})[-1]
        names = {"heterogeneous", "agent_dropout", "lossy_channel", "straggler"}
        assert names <= set(infos[A])
        for text in (env.render(), env.state()):
            assert "\nunder Heterogeneous(token_cap=30, message_budget=3, " in text
            assert "\nunder AgentDropout(at_round=3, " in text
            assert "\nunder LossyChannel(lost=0.2, " in text
            assert "\nunder Straggler(factor=1.5, " in text
            assert f"\n* a message of {A} to {B} was " in text

    def test_draw_by_seed_and_task(self) -> None:
        def left(seed: int, task: int) -> tuple[str, ...]:
            env = AgentDropout(RelayEnv(team_size=4), at_round=2, seed=seed)
            env.reset(seed=task + 7, options={"task": task})
            env.step({})
            return tuple(env.agents)

        drawn = [[left(seed, task) for task in range(8)] for seed in range(2)]
        assert drawn == [[left(seed, task) for task in range(8)] for seed in range(2)]
        assert drawn[0] != drawn[1]
        assert len(set(drawn[0])) > 1

    def test_bring_the_same_trouble_to_a_task_every_time(self) -> None:
        env = _all_four(RelayEnv(team_size=4, max_cycles=6))
        logs, figures = [], []
        for _ in range(2):
            _, infos = env.reset(options={"task": 5})
            figures.append(infos)
            while env.agents:
                env.step(dict.fromkeys(env.agents, '<say to="all">a b c</say>'))
            logs.append(env.episode)
        assert logs[0] == logs[1]
        assert figures[0] == figures[1]
        assert any("late" in event for r in logs[0].rounds for event in r.events)
        assert len(logs[0].rounds[-1].turns) == 2

    def test_hold_from_the_next_reset_on(self) -> None:
        env = RelayEnv(team_size=3)
        env.reset(seed=0)
        wrapped = AgentDropout(env, at_round=2)
        env.step({})
        assert len(env.agents) == 3
        wrapped.reset(seed=0)
        wrapped.step({})
        assert len(wrapped.agents) == 2

    def test_hold_from_the_next_reset_on_beside_another_too(self) -> None:
        env = Straggler(RelayEnv(team_size=3), agents=[B])
        env.reset(seed=0)
        wrapped = Heterogeneous(env, token_cap={A: 1})
        seen, *_, infos = env.step({A: "<submit>x</submit>"})
        assert env.parts == {A: "x"}
        assert "heterogeneous" not in infos[A]
        assert "cut after" not in seen[A]
        assert env.episode.replay(RelayEnv) == env.episode
        _, infos = wrapped.reset(seed=0)
        wrapped.step({A: "<submit>x</submit>"})
        assert env.parts == {}
        assert infos[A]["heterogeneous"] == 1


class TestConditions:
    def test_of_the_same_kind_add_up(self) -> None:
        class Half(Condition):
            def slowdown(self, agent: str) -> float:
                return 1.5

            def sight(self, agent: str) -> int | None:
                return {"one": 700, "two": 900}.get(self.name)

            def tell(self, agent: str, round_: int) -> list[str]:
                return [self.name]

        conditions = Conditions()
        assert conditions.sight(A) is None
        for name in ("two", "one", "three"):
            conditions.add(Half(name, {"seed": 1}))
        assert conditions.slowdown(A) == 1.5**3
        assert conditions.sight(A) == 700
        assert conditions.tell(A, 1) == ["two", "one", "three"]
        assert conditions.to_dicts()[0] == {"name": "two", "seed": 1}


class TestAgentDropout:
    def test_leaves_under_the_rules_for_dying_agents(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=3, agents=[B]))
        env.step({})
        seen, rewards, ended, cut, infos = env.step({B: "<submit>x</submit>"})
        assert ended == {A: False, B: True, C: False}
        assert not any(cut.values())
        assert set(seen) == set(rewards) == set(infos) == {A, B, C}
        assert env.agents == [A, C]
        assert "Notice: you have left for good." in seen[B]
        seen, rewards, ended, cut, infos = env.step({B: "<submit>ghost</submit>", A: "<done/>"})
        assert set(seen) == set(rewards) == set(ended) == set(cut) == set(infos) == {A, C}
        assert env.parts == {B: "x"}
        _, _, ended, _, _ = env.step({C: "<done/>"})
        assert ended == {A: True, C: True}
        assert env.agents == []

    def test_at_a_round_that_is_drawn_most_teams_lose_somebody(self) -> None:
        """An expert team is done in two or three rounds."""
        env = AgentDropout(make("section_writing_v0"))
        missed, rounds = 0, set()
        for task in range(40):
            terms(env, env.unwrapped._expert(), task)
            missed += any(len(round_.turns) < 4 for round_ in env.episode.rounds)
            rounds |= {*env._leaves.values()}
        assert missed >= 20
        assert min(rounds) == 2
        assert len(rounds) > 2

    def test_draws_a_round_that_there_is(self) -> None:
        for max_cycles in (1, 2, 3):
            env = AgentDropout(RelayEnv(team_size=4, max_cycles=max_cycles), count=3)
            rounds = set()
            for task in range(20):
                env.reset(options={"task": task})
                rounds |= {*env._leaves.values()}
            assert rounds == {*range(2, max(2, max_cycles) + 1)}

    def test_difference_reward_comes_when_an_agent_leaves(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=2, agents=[B]))
        words = env.episode.task["words"]
        *_, infos = env.step({B: f"<submit>{words[2]}</submit>"})
        assert infos[B]["difference_reward"] == infos[B]["joint_reward"] > 0.3
        assert infos[A]["difference_reward"] == 0.0

    def test_of_the_whole_team_ends_the_episode(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=2, count=9))
        _, _, ended, cut, _ = env.step({})
        assert all(ended.values())
        assert not any(cut.values())
        assert env.agents == []

    @pytest.mark.parametrize("reply", ["<done/>", ""], ids=["all are done", "time is up"])
    def test_nobody_leaves_when_the_episode_is_over(self, reply: str) -> None:
        wrapped = (lambda env: env, lambda env: AgentDropout(env, at_round=2, agents=[B]))
        even, env = (started(wrap, max_cycles=1) for wrap in wrapped)
        replies = dict.fromkeys([A, B, C], reply)
        (_, _, *ends, infos), (_, _, *same, _) = env.step(replies), even.step(replies)
        assert ends == same
        assert infos[A]["agent_dropout"] == 0
        assert not env.episode.rounds[-1].events

    def test_infos_of_one_that_left_are_to_be_had_at_the_end(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=2, agents=[B]))
        words = env.episode.task["words"]
        *_, then = env.step({B: f"<submit>{words[2]}</submit>"})
        *_, infos = env.step({A: f"<submit>{words[1]}</submit><done/>", C: "<done/>"})
        now = env.unwrapped.infos_of([B])[B]
        assert B not in infos
        assert now.keys() == then[B].keys()
        assert now["joint_reward"] == infos[A]["joint_reward"] > then[B]["joint_reward"]
        assert 0.3 < now["difference_reward"] < infos[A]["joint_reward"]

    def test_is_told_and_one_that_is_not_done_takes_over(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=2, agents=[A]), team_size=4)
        word = env.episode.task["words"][0]
        first, *_ = env.step({B: "<done/>", C: "<submit>x</submit>"})
        assert f"Notice: {A} has left for good, with nothing submitted; you take over" in first[C]
        assert f"; {C} takes over its part.\n" in first[B]
        assert f"What {A} knew:\nYour word: {word}\nNext agent: {B}\nThat is all" in first[C]
        assert word not in first[B]
        assert "takes over" not in first[A]
        later, *_ = env.step({})
        assert f"Your word: {word}\n" in later[C]
        assert f"{A} has left for good" in later[B]

    def test_hands_on_what_was_handed_over(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=2, agents=[A, B], count=2))
        words = env.episode.task["words"]
        seen, *_ = env.step({A: "<submit>x</submit>"})
        views = handed_over(seen[C])
        assert list(views) == env.unwrapped._loop.team.inherited(C) == [A, B]
        assert f"{A} has left for good, its submission stays; you take over its part." in seen[C]
        for gone, word in zip((A, B), words, strict=False):
            assert views[gone].startswith(f"You are {gone} of 3: {A}, {B}, {C}.\nJob: ")
            assert f"Your word: {word}\n" in views[gone]
            assert "What " not in views[gone]
            assert views[gone].endswith("\nMessage tokens left: 14.\n")

    def test_hands_on_all_that_one_knew(self) -> None:
        for task in range(10):
            env = make("copy_editing_v0", team_size=2, difficulty="hard", split="test")
            env = AgentDropout(env, at_round=2, agents=[A])
            knew = env.reset(options={"task": task})[0][A]
            seen, *_ = env.step({})
            view = knew.split("\n\n")[1]
            assert len(view) > 2_000
            assert view in seen[B]

    def test_says_so_where_there_is_no_room_for_what_one_knew(self) -> None:
        env = Heterogeneous(
            AgentDropout(make("section_writing_v0", team_size=2), at_round=2, agents=[A]),
            observation_length={B: 2_200},
        )
        env.reset(options={"task": 0})
        lines = env.step({})[0][B].splitlines()
        assert CUT in lines[lines.index(f"What {A} knew:") : lines.index(f"That is all {A} knew.")]

    def test_makes_what_the_heir_has_submitted_count_for_what_it_inherits(self) -> None:
        core = make("resource_allocation_v0", team_size=2, split="test")
        terms(core, core._expert())
        book = "\n".join(core.parts.values())
        env = AgentDropout(core, at_round=2, agents=[A])
        env.reset(options={"task": 0})
        _, rewards, *_, infos = env.step({B: f"<submit>{book}</submit>"})
        assert infos[B]["quality"] == core._score(core._task, core.parts).quality > 0.99
        assert rewards[B] == infos[B]["joint_reward"] > 0.8
        assert infos[A]["difference_reward"] == 0.0

    def test_untold_leaves_no_trace_with_the_others(self) -> None:
        told, untold, even = (
            started(wrap)
            for wrap in (
                lambda env: AgentDropout(env, at_round=2, agents=[A]),
                lambda env: AgentDropout(env, at_round=2, agents=[A], announced=False),
                lambda env: env,
            )
        )
        told_seen, untold_seen, even_seen = (env.step({})[0] for env in (told, untold, even))
        assert untold_seen[B] == even_seen[B] != told_seen[B]
        assert untold_seen[C] == even_seen[C] != told_seen[C]
        assert untold.agents == [B, C]

    def test_for_some_rounds_can_do_nothing_meanwhile(self) -> None:
        env = started(lambda env: AgentDropout(env, at_round=2, away_rounds=2, agents=[B]))
        seen, *_, infos = env.step({A: f'<say to="{B}">psst</say>'})
        assert f"Notice: {B} is away until round 4." in seen[A]
        assert "Notice: you are away until round 4." in seen[B]
        assert infos[A]["agent_dropout"] == 1
        for _ in range(2):
            path = metrics.critical_path(env.episode)
            seen, *_, infos = env.step({B: "<submit>x</submit>", A: ""})
            assert env.parts == {}
            assert metrics.critical_path(env.episode) == path
        assert "away" not in seen[A]
        assert infos[A]["agent_dropout"] == 0
        assert f"{A}: psst" in seen[B]
        env.step({B: "<submit>x</submit>"})
        assert env.parts == {B: "x"}
        assert env.agents == [A, B, C]


class TestHeterogeneous:
    def test_token_cap_cuts_replies(self) -> None:
        env = started(lambda env: Heterogeneous(env, token_cap={A: 3}))
        seen, *_, infos = env.step({A: "<submit>x y z</submit>", B: "<submit>x y z</submit>"})
        assert env.parts == {B: "x y z"}
        assert infos[A]["malformed"] == 1
        assert env.episode.rounds[0].turns[A].tokens == 3
        assert env.episode.rounds[0].turns[A].text == "<submit>x y z</submit>"
        assert "Notice: your replies are cut after 3 tokens." in seen[A]
        assert "Notice" not in seen[B]
        env.step({A: "<submit>x</submit> and more"})
        assert env.parts == {A: "x", B: "x y z"}
        assert [infos[agent]["heterogeneous"] for agent in (A, B)] == [1, 0]

    def test_message_budgets_are_the_agents_own_and_the_cost_of_talk_is_not(self) -> None:
        env = started(lambda env: Heterogeneous(env, message_budget={A: 1}), message_budget=10)
        even = started(lambda env: env, message_budget=10)
        talk = dict.fromkeys([A, B], '<say to="all">one two</say>')
        (seen, *_, infos), (*_, same) = env.step(talk), even.step(talk)
        assert "agent_1: one two" in seen[C]
        assert "agent_0: one two" not in seen[C]
        assert "Message tokens left: 1." in seen[A]
        assert infos[A]["coordination_cost"] == same[A]["coordination_cost"] == 4 / 30

    @pytest.mark.parametrize("length", [256, 400, 900, 1_000, 4_000])
    def test_observation_length_bounds_observations(self, length: int) -> None:
        env = Heterogeneous(make("section_writing_v0"), observation_length=length, agents=[A])
        seen, _ = env.reset(options={"task": 0})
        whole = len(seen[B])
        for n in range(4):
            assert len(seen[A]) <= length
            assert f"== Round {n + 1} of" in seen[A]
            assert (CUT in seen[A]) == (900 <= length < whole)
            seen, *_ = env.step(
                {B: '<say to="all">one two three</say>', C: '<say to="all">x</say>'}
            )
        assert len(seen[B]) > whole
        assert ("agent_1: one two three\n" in seen[A]) == (length >= 400)

    def test_observation_length_leaves_out_what_messages_need_and_no_more(self) -> None:
        whole = make("section_writing_v0").reset(options={"task": 0})[0][A]
        env = Heterogeneous(
            make("section_writing_v0"), observation_length=len(whole) + 50, agents=[A]
        )
        first, _ = env.reset(options={"task": 0})
        assert CUT not in first[A]
        assert first[A].startswith(split_briefing(whole)[0])
        second, *_ = env.step({B: f'<say to="all">{"word " * 9}end</say>'})
        assert CUT in second[A]
        assert "word end\n" in second[A]
        assert len(first[A]) - 100 < len(second[A])

    def test_observation_length_is_told(self) -> None:
        env = started(lambda env: Heterogeneous(env, observation_length={A: 900}))
        seen, *_ = env.step({})
        assert "Notice: you see 900 characters at most.\n" in seen[A]
        assert "characters at most" not in seen[B]

    @pytest.mark.parametrize("length", [None, 400])
    def test_own_limits_are_told_first(self, length: int | None) -> None:
        """Where the observation has no room for all that is told, an agent needs these most."""
        env = make("resource_allocation_v0", team_size=16)
        env = AgentDropout(env, at_round=2, count=13)
        env = Heterogeneous(Straggler(env, count=16), 40, observation_length=length, count=16)
        seen, _ = env.reset(seed=0, options={"task": 0})
        for _ in range(2):
            for agent in env.agents:
                assert "\nNotice: your replies are cut after 40 tokens.\n" in seen[agent]
            seen, *_ = env.step({})
        assert len(env.agents) == 3

    def test_observation_length_bounds_what_is_handed_over(self) -> None:
        env = Heterogeneous(
            AgentDropout(make("section_writing_v0"), at_round=2, agents=[A, B, C]),
            observation_length={"agent_3": 256},
        )
        env.reset(options={"task": 0})
        seen, *_ = env.step(dict.fromkeys(env.agents, '<say to="all">one two three</say>'))
        assert len(seen["agent_3"]) == 256

    def test_keeps_to_its_log_where_the_caller_changes_the_limits(self) -> None:
        limits = {A: 3}
        env = started(lambda env: Heterogeneous(env, token_cap=limits))
        limits[A] = 50
        env.step({A: "<submit>x y z</submit>"})
        assert env.parts == {}
        assert env.episode.replay(RelayEnv) == env.episode

    def test_of_a_rhythm_acts_every_so_many_rounds(self) -> None:
        env = started(lambda env: Heterogeneous(env, every=3, agents=[A]))
        took_effect = []
        for n in range(5):
            seen, *_ = env.step({A: f"<submit>{n}</submit>"})
            took_effect.append(env.parts[A] == str(n))
            now = "you can act now" if n == 2 else "now you cannot act"
            assert f"Notice: you can act in one of 3 rounds; {now}." in seen[A]
        assert took_effect == [True, False, False, True, False]
        assert [r.turns[A].tokens for r in env.episode.rounds] == [3, 0, 0, 3, 0]


class TestLossyChannel:
    def heard(self, rounds: int = 4, **chances: float) -> list[list[str]]:
        """What agent_1 has heard before each round, after one message in round 1."""
        env = started(lambda env: LossyChannel(env, **chances))
        heard = []
        for n in range(rounds):
            seen, *_ = env.step({A: '<say to="all">alpha 12345 beta</say>'} if n == 0 else {})
            heard.append(seen[B].partition("Messages:\n")[2].splitlines())
        return heard

    def test_without_faults_is_the_plain_channel(self) -> None:
        assert self.heard() == [["agent_0: alpha 12345 beta"]] * 4

    def test_loses(self) -> None:
        assert self.heard(lost=1.0, duplicated=1.0) == [[]] * 4

    def test_counts_one_fault_for_a_message_that_is_lost(self) -> None:
        env = started(lambda env: LossyChannel(env, lost=1.0, late=1.0))
        *_, infos = env.step({A: f'<say to="{B}">x</say>'})
        assert infos[C]["lossy_channel"] == 1

    def test_duplicates(self) -> None:
        assert self.heard(duplicated=1.0)[0] == ["agent_0: alpha 12345 beta"] * 2

    def test_is_late(self) -> None:
        heard = self.heard(late=1.0, max_delay=2)
        assert heard[0] == []
        assert heard[2] == ["agent_0: alpha 12345 beta"]

    def test_cuts(self) -> None:
        [text] = self.heard(cut=1.0)[0]
        assert "agent_0: alpha 12345 beta".startswith(text)
        assert len(text) < len("agent_0: alpha 12345 beta")

    def test_garbles(self) -> None:
        [text] = self.heard(garbled=1.0)[0]
        assert text != "agent_0: alpha 12345 beta"
        assert len(text) == len("agent_0: alpha 12345 beta")
        assert [c.isdigit() for c in text] == [c.isdigit() for c in "agent_0: alpha 12345 beta"]

    def test_hits_a_message_whatever_else_is_said(self) -> None:
        heard = []
        for others in ({}, {C: f'<say to="{B}">y</say><say to="{A}"></say>'}):
            env = LossyChannel(RelayEnv(team_size=3, max_cycles=20), lost=0.5, late=0.5)
            for task in range(3):
                env.reset(options={"task": task})
                for n in range(9):
                    seen, *_ = env.step({A: f'<say to="{B}">x{n}</say>', **others})
                heard.append(re.findall(rf"^{A}: .*", seen[B], re.M))
        assert heard[:3] == heard[3:]
        assert len(set(map(tuple, heard))) == 3

    def test_hits_every_reader_by_itself_and_as_often_as_it_says(self) -> None:
        env = LossyChannel(RelayEnv(team_size=3, max_cycles=500), lost=0.25)
        env.reset(options={"task": 0})
        for n in range(400):
            seen, *_, infos = env.step({A: f'<say to="all">{chr(97 + n % 26)}</say>'})
        heard = [re.findall(r"agent_0: \w$", seen[agent], re.M) for agent in (B, C)]
        budget = 14  # messages that A can pay for
        assert heard[0] != heard[1]
        assert sum(map(len, heard)) + infos[A]["lossy_channel"] == 2 * budget
        lost = []
        for task in range(60):
            env.reset(options={"task": task})
            for _ in range(budget):
                *_, infos = env.step({A: '<say to="all">x</say>'})
            lost.append(infos[A]["lossy_channel"])
        assert sum(lost) / (60 * 2 * budget) == pytest.approx(0.25, abs=0.03)

    def test_logs_numpys_numbers_as_they_are_played(self) -> None:
        half, one = np.float32(0.5), np.float32(1)
        env = started(lambda env: LossyChannel(env, half, one, cut=np.int64(1)))
        for _ in range(4):
            env.step({A: '<say to="all">alpha 12345 beta</say>'})
        log = EpisodeLog.from_json(env.episode.to_json())
        assert [log.wrappers[0][name] for name in ("lost", "late", "cut")] == [0.5, 1.0, 1]
        assert log.replay(RelayEnv) == env.episode

    def test_senders_pay_for_what_is_lost(self) -> None:
        *_, infos = started(lambda env: LossyChannel(env, lost=1.0)).step(
            {A: '<say to="all">one two</say>'}
        )
        assert infos[A]["message_tokens"] == 2


class TestStraggler:
    def test_makes_rounds_longer_and_speed_lower(self) -> None:
        slow = started(lambda env: Straggler(env, factor=2.5, agents=[A]))
        reply = "<submit>x</submit>"
        seen, *_, infos = slow.step({A: reply, B: f"{reply} a"})
        assert infos[A]["critical_path"] == metrics.critical_path(slow.episode) == 8
        assert metrics.critical_path(slow.episode, without=A) == 4
        assert [infos[agent]["straggler"] for agent in (A, B)] == [2.5, 1]
        assert "Notice: you are slow: a token takes as long as 2.5." in seen[A]
        assert "Notice: agent_0 is slow: a token takes as long as 2.5." in seen[B]

    @pytest.mark.parametrize(("tokens", "factor", "time"), [(100, 1.1, 110), (101, 1.1, 112)])
    def test_takes_whole_tokens_and_none_by_floating_point(
        self, tokens: int, factor: float, time: int
    ) -> None:
        env = started(lambda env: Straggler(env, factor=factor, agents=[A]))
        *_, infos = env.step({A: "a " * tokens})
        assert infos[A]["critical_path"] == time

    def test_is_felt_by_the_expert_team(self) -> None:
        even = play(make("section_writing_v0"))
        slow = play(Straggler(make("section_writing_v0"), factor=3.0))
        assert even["speed"] == 1.0
        assert slow["speed"] < 0.5
        assert slow["quality"] == even["quality"] == 1.0


class TestTheExpertOfSectionWriting:
    def kept(self, wrap: Wrap, difficulty: str, tasks: int = 8) -> float:
        """Joint reward under a wrapper over that of the even team; silence has 0."""
        even, uneven = (
            sum(play(env, task)["joint_reward"] for task in range(tasks))
            for env in (
                make("section_writing_v0", difficulty=difficulty),
                wrap(make("section_writing_v0", difficulty=difficulty)),
            )
        )
        return even and uneven / even

    @pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
    def test_takes_over_what_a_teammate_leaves(self, difficulty: str) -> None:
        env = AgentDropout(make("section_writing_v0", difficulty=difficulty), at_round=2)
        assert [play(env, task)["quality"] for task in range(8)] == [1.0] * 8
        assert self.kept(lambda env: AgentDropout(env, at_round=2), difficulty) > 0.8

    def test_does_better_when_told(self) -> None:
        told, untold = (
            self.kept(lambda env, a=a: AgentDropout(env, at_round=2, announced=a), "medium")
            for a in (True, False)
        )
        assert told > untold + 0.05

    def test_says_what_a_leaver_had_no_chance_to_say(self) -> None:
        """The leaver's words of round 1 are all lost; its heir tells what it knew."""
        env = AgentDropout(
            LossyChannel(make("section_writing_v0", difficulty="hard"), lost=1.0), at_round=2
        )
        play(env)
        gone = next(iter(set(env.possible_agents) - set(env.episode.rounds[1].turns)))
        heir = next(
            turn.text for turn in env.episode.rounds[1].turns.values() if "<say" in turn.text
        )
        assert env.episode.rounds[0].turns[gone].text in heir

    @pytest.mark.parametrize("difficulty", ["easy", "hard"])
    @pytest.mark.parametrize(
        "wrap",
        [
            lambda env: AgentDropout(env),
            lambda env: AgentDropout(env, at_round=2, count=3),
            lambda env: AgentDropout(env, at_round=2, away_rounds=2),
            lambda env: Straggler(env, factor=3.0),
            lambda env: LossyChannel(env, 0.1, 0.1, 0.1, 0.1, 0.1),
            lambda env: Heterogeneous(env, token_cap=40),
            lambda env: Heterogeneous(env, message_budget=0),
            lambda env: Heterogeneous(env, observation_length=1_200),
            lambda env: Heterogeneous(env, observation_length=256),
            lambda env: Heterogeneous(env, every=2),
        ],
    )
    def test_degrades_gracefully(self, wrap: Wrap, difficulty: str) -> None:
        assert self.kept(wrap, difficulty) > 0.6


class TestMistakes:
    @pytest.mark.parametrize(
        ("wrap", "message"),
        [
            (lambda env: AgentDropout(env, at_round=1), "at_round must be a whole number, 2 or"),
            (lambda env: AgentDropout(env, away_rounds=0), "away_rounds must be a whole number, 1"),
            (lambda env: AgentDropout(env, agents=["bob"]), r"AgentDropout names \['bob'\]; this"),
            (lambda env: AgentDropout(env, count=0), "count must be a whole number, 1 or more"),
            (
                lambda env: Straggler(env, factor=0.5),
                "factor must be a number between 1 .* got 0.5",
            ),
            (lambda env: Straggler(env, factor=math.inf), "got inf. Use AgentDropout for one who"),
            (lambda env: Straggler(env, factor=math.nan), "factor must be .*; got nan"),
            (lambda env: Straggler(env, factor=1e308), "factor must be .*; got 1e\\+308"),
            (lambda env: Straggler(env, factor="2"), "factor must be a number .*; got '2'"),
            (lambda env: Straggler(env, factor=None), "factor must be a number .*; got None"),
            (lambda env: Straggler(env, factor=True), "factor must be a number .*; got True"),
            (lambda env: Straggler(env, seed=None), "seed must be a whole number, .*; got None"),
            (lambda env: LossyChannel(env, late=1.5), "late must be .* got 1.5. It is a prob"),
            (lambda env: LossyChannel(env, lost="0.1"), "lost must be a number .*; got '0.1'"),
            (lambda env: LossyChannel(env, cut=True), "cut must be a number between 0 and 1; got"),
            (lambda env: AgentDropout(env, announced="no"), "announced must be True or False; got"),
            (lambda env: AgentDropout(env, count=None), "count must be a whole number, 1 or more"),
            (lambda env: AgentDropout(env, agents=A), r"got 'agent_0'. Pass agents=\['agent_0'\]"),
            (lambda env: AgentDropout(env, agents=[]), r"is about nobody with agents=\[\]. Name"),
            (lambda env: Straggler(env, agents=[]), r"is about nobody with agents=\[\]. Name"),
            (lambda env: AgentDropout(env, agents=[A], count=3), r"got count=3 beside agents=\["),
            (lambda env: LossyChannel(env, max_delay=2**70), "max_delay must be .*; got 11805"),
            (lambda env: Straggler(env, agents=5), r"must be a list of names; got 5. Pass agents="),
            (Heterogeneous, "Heterogeneous needs a limit.* got none. Give one of token_cap, mess"),
            (lambda env: Heterogeneous(env, every={}), "Heterogeneous needs a limit"),
            (
                lambda env: LossyChannel(env, max_delay=0),
                "max_delay must be a whole number, b.*; got 0",
            ),
            (lambda env: Heterogeneous(env, token_cap={A: -1}), "token_cap must be .*; got -1"),
            (lambda env: Heterogeneous(env, token_cap={"x": 1}), r"names \['x'\]"),
            (lambda env: Heterogeneous(env, every=0), "every must be a whole number, 1 or more"),
            (lambda env: Heterogeneous(env, observation_length=9), "observation_length must be"),
            (lambda env: Straggler(env, seed=-1), "seed must be a whole number, 0 or more"),
            (
                lambda env: Straggler(Straggler(env)),
                "has a Straggler already, as .* Put one Straggler",
            ),
        ],
    )
    def test_raise_at_once(self, wrap: Wrap, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            wrap(RelayEnv())

    def test_of_another_kind_of_env(self) -> None:
        from pettingzoo.test.example_envs import generated_agents_parallel_v0

        with pytest.raises(TypeError, match="Straggler wraps envs of llm_collab_envs; got"):
            Straggler(generated_agents_parallel_v0.parallel_env())

    def test_of_a_log_with_an_unknown_wrapper(self) -> None:
        log = started(lambda env: env).episode
        log.wrappers.append({"name": "Gremlin", "seed": 0})
        with pytest.raises(ValueError, match="there is no wrapper 'Gremlin'; known are"):
            log.replay(RelayEnv)
