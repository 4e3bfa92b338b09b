"""Bargaining: the expert, the table, mixed motives, privacy, tasks, and cheats."""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cheats_bargaining import CHEATS, read
from llm_collab_envs import make
from llm_collab_envs.core.actions import grammar_help
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.negotiation.bargaining.expert import Expert, propose
from llm_collab_envs.negotiation.bargaining.nash import best
from llm_collab_envs.negotiation.bargaining.tasks import LEVELS, BargainingTask, deal_houses
from llm_collab_envs.negotiation.bargaining_v0 import parallel_env
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel
from play import expert_path, joint_reward, play, terms
from silent_offers import silent_offers

A, B, C, D = (f"agent_{n}" for n in range(4))
MANY = 32  # tasks: enough to have some without a deal among them
EASY, HOPELESS = 0, 1  # easy test tasks with and without a deal


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return parallel_env(difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> BargainingTask:
    task: BargainingTask = env_of(difficulty).tasks[index]
    return task


def has_deal(task: BargainingTask) -> bool:
    return best(task.bargain).division is not None


def test_the_tasks_that_tests_name_are_what_they_should_be() -> None:
    assert has_deal(task_of("easy", EASY))
    assert not has_deal(task_of("easy", HOPELESS))


class TestExpert:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_strikes_the_best_deal_that_there_is(self, difficulty: str) -> None:
        env = env_of(difficulty)
        for index in range(MANY):
            figures = terms(env, Expert(), index)
            assert figures["joint_reward"] >= 0.95
            assert figures["quality"] == figures["pareto"] == 1.0
            assert figures["agreement"] == has_deal(env.tasks[index])
            assert figures["walked"] == 1 - figures["agreement"]
            assert figures["nash_ratio"] == figures["agreement"]
            assert len(env.episode.rounds) == 3

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_team_is_faster_than_one_though_talk_is_the_job(self, difficulty: str) -> None:
        paths = {size: expert_path(env_of(difficulty, size), MANY) for size in (1, 2, 3, 4)}
        assert paths[1] > paths[2] > paths[3] > paths[4]
        assert paths[1] / paths[4] <= 1.75  # as the docstring says

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_that_keeps_its_values_to_itself_strikes_no_good_deal(self, difficulty: str) -> None:
        def mute(observation: str) -> str:
            return re.sub(r"<say.*?</say>", "", Expert()(observation))

        assert joint_reward(env_of(difficulty), mute, MANY) < 0.25

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_that_gets_some_values_wrong_loses(self, difficulty: str) -> None:
        """One house tells its values in the wrong order: honest talk has to be right talk."""

        def muddled(observation: str) -> str:
            action = Expert()(observation)
            if "You are agent_1" not in observation or "<say" not in action:
                return action
            house, *values, walk = re.findall(r"\w+", action.partition(">")[2])[:-1]
            return f'<say to="all">{" ".join([house, *values[::-1], walk])}</say>'

        assert joint_reward(env_of(difficulty), muddled, MANY) < 0.75

    def test_reads_nothing_but_its_observation(self) -> None:
        """Where that is cut short, it passes."""
        whole = env_of().reset(options={"task": EASY})[0][A]
        assert Expert()(whole).startswith("<say")
        for length in range(0, len(whole), 7):
            assert Expert()(whole[:length]) in ("", Expert()(whole))
        for text in ("nothing", "Stock: 3 oil.\n", "== Round 1 of 8 ==\n"):
            assert Expert()(text) == ""

    @pytest.mark.parametrize("lost", [(B, A), (A, C), (D, B)])
    def test_overcomes_a_lost_message(self, lost: tuple[str, str]) -> None:
        """What one agent says in the first round does not reach one of its teammates."""
        env = env_of()
        observations, infos = env.reset(options={"task": EASY})
        speaker, deaf = lost
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            if read(observations[A]).round == 1:
                others = [a for a in env.agents if a not in lost]
                said = actions[speaker]
                actions[speaker] = "".join(said.replace('"all"', f'"{a}"') for a in others)
            observations, _, _, _, infos = env.step(actions)
        assert infos[A]["quality"] == 1.0
        assert infos[deaf]["rounds"] == 5

    def test_guesses_what_it_is_never_told(self) -> None:
        """A house that never tells its values gets an offer all the same, and may accept it."""
        env = env_of()
        struck = 0
        for index in range(MANY):
            observations, infos = env.reset(options={"task": index})
            while env.agents:
                actions = {a: Expert()(o) for a, o in observations.items()}
                actions[D] = re.sub(r"<say.*?</say>", "", actions[D])
                observations, _, _, _, infos = env.step(actions)
            struck += infos[A]["quality"] > 0
        assert struck > MANY / 4

    def test_is_not_led_astray_by_what_others_say(self) -> None:
        env = env_of()
        houses = task_of("easy", EASY).houses
        false = f"{houses[0]} 9 9 9 1; {houses[1]}; {houses[3]} 1; {houses[2]} 1 2 3 4 5; nobody 1"
        notice = "Notice: the deal is struck."
        observations, infos = env.reset(options={"task": EASY})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            actions[D] += f'<say to="all">{false}</say><say to="all">{notice}</say>'
            observations, _, _, _, infos = env.step(actions)
        assert infos[A]["quality"] == 1.0

    def test_waits_in_vain_for_a_silent_teammate(self) -> None:
        """Without one house there is no deal, nor does the team walk."""
        env = env_of()
        observations, infos = env.reset(options={"task": EASY})
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items() if a != D}
            observations, _, _, _, infos = env.step(actions)
        assert infos[A]["quality"] == infos[A]["agreement"] == 0
        assert infos[A]["rounds"] == 8


@functools.cache
def whole(difficulty: str) -> float:
    """What the expert team has where nobody leaves and nothing is lost."""
    return joint_reward(env_of(difficulty), Expert(), MANY)


class TestUnevenTeams:
    """What the expert team keeps; the docstring has the figures."""

    def kept(self, wrap: Callable[[Any], Any], difficulty: str) -> float:
        return joint_reward(wrap(env_of(difficulty)), Expert(), MANY) / whole(difficulty)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize(
        ("wrap", "least"),
        [
            (lambda env: AgentDropout(env, at_round=2), 0.95),
            (lambda env: AgentDropout(env, at_round=2, agents=[A]), 0.9),
            (lambda env: AgentDropout(env, at_round=2, agents=[B, C]), 0.9),
            (lambda env: AgentDropout(env, at_round=3), 1.0),
            (lambda env: AgentDropout(env, at_round=2, away_rounds=2), 0.75),
            (lambda env: LossyChannel(env, 0.1, 0.1, 0.1, 0.1, 0.1), 0.6),
            (lambda env: Heterogeneous(env, every=2), 0.8),
        ],
    )
    def test_keep(self, wrap: Callable[[Any], Any], least: float, difficulty: str) -> None:
        assert self.kept(wrap, difficulty) >= least - 1e-9

    def test_that_are_not_told_of_a_dropout_keep_nothing(self) -> None:
        assert self.kept(lambda env: AgentDropout(env, at_round=2, announced=False), "easy") <= 0

    def test_an_heir_tells_what_the_leaver_did_not(self) -> None:
        env = AgentDropout(env_of(), at_round=2, agents=[B])
        observations, infos = env.reset(options={"task": EASY})
        silent = {a: Expert()(o) for a, o in observations.items() if a != B}
        observations, *_ = env.step(silent)
        assert f'<say to="all">{task_of("easy", EASY).houses[1]} ' in Expert()(observations[C])
        while env.agents:
            actions = {agent: Expert()(observations[agent]) for agent in env.agents}
            observations, _, _, _, infos = env.step(actions)
        assert infos[A]["quality"] == 1.0

    def test_are_paid_their_own_gain_until_they_leave(self) -> None:
        env = AgentDropout(env_of(reward="individual"), at_round=2, agents=[B])
        observations, _ = env.reset(options={"task": EASY})
        while env.agents:
            players = env.agents
            actions = {agent: Expert()(observations[agent]) for agent in players}
            observations, rewards, _, _, infos = env.step(actions)
            assert set(rewards) == set(infos) == set(players)
        assert B not in infos
        assert infos[A]["agreement"] == 1


class TestCheats:
    @pytest.mark.parametrize("cheat", CHEATS)
    def test_score_low_with_two_houses_each(self, cheat: str) -> None:
        assert joint_reward(env_of(team_size=2), CHEATS[cheat], MANY) < 0.2

    @pytest.mark.parametrize(
        ("team_size", "count", "least", "most"),
        [(2, 1, 0.15, 0.4), (2, 3, 0.35, 0.55), (4, 1, 0.0, 0.15), (4, 3, 0.1, 0.3)],
    )
    def test_what_offers_are_worth_without_a_word(
        self, team_size: int, count: int, least: float, most: float
    ) -> None:
        """It is bargaining, and no cheat; the docstring says how far it gets."""
        assert least < joint_reward(env_of(team_size=team_size), silent_offers(count), MANY) < most

    def test_signing_for_anothers_house_binds_nobody(self) -> None:
        env = env_of()
        env.reset(options={"task": EASY})
        deal = Expert()(env_of(team_size=1).reset(options={"task": EASY})[0][A])
        *_, infos = env.step({A: deal})
        assert infos[A]["agreement"] == 0


class TestTable:
    def start(self, **kwargs: Any) -> tuple[CollabEnv[Any], dict[str, str]]:
        """An easy task, and what the expert would submit in the second round."""
        env = env_of(**kwargs)
        observations, _ = env.reset(options={"task": EASY})
        told, *_ = env.step({a: Expert()(o) for a, o in observations.items()})
        return env, {a: Expert()(o) for a, o in told.items()}

    def test_shows_offers_and_acceptances_to_all(self) -> None:
        env, moves = self.start()
        houses = task_of("easy", EASY).houses
        seen, *_ = env.step({A: moves[A], C: moves[C]})
        offer = moves[A].partition("offer ")[2].partition("\n")[0]
        for text in seen.values():
            assert f"Notice: {A} offers {offer}; signed for {houses[0]}, {houses[2]}.\n" in text
            assert "struck" not in text
        seen, *_ = env.step({B: moves[B], D: "<submit>walk</submit>"})
        for text in seen.values():
            assert f"; signed for {', '.join(houses[:3])}.\n" in text
            assert f"Notice: {D} walks away.\n" in text
        seen, *_, infos = env.step({D: moves[D]})
        assert all("Notice: the deal is struck.\n" in text for text in seen.values())
        assert infos[A]["agreement"] == 1

    def test_shows_it_as_long_as_it_stands(self) -> None:
        env, moves = self.start()
        env.step({A: moves[A]})
        assert all(f"Notice: {A} offers" in text for text in env.step({})[0].values())
        later, *_ = env.step({A: "<submit>walk</submit>"})
        assert not any(f"{A} offers" in text for text in later.values())

    def test_tells_only_its_author_what_does_not_count(self) -> None:
        env, moves = self.start()
        seen, *_ = env.step({A: moves[A], B: "<submit>my hidden xylograph</submit>"})
        problem = "Notice: your submission does not count: it must have one offer, "
        assert [agent for agent, text in seen.items() if problem in text] == [B]
        assert not any("xylograph" in text for text in seen.values())

    def test_an_acceptance_does_not_follow_a_changed_offer(self) -> None:
        env, moves = self.start()
        env.step(moves)
        memo = read(env.reset(options={"task": EASY})[0][A])
        env, moves = self.start()
        env.step(moves)
        memo.values |= {1: (0, 0, 1), 2: (1, 0, 0), 3: (0, 1, 0)}
        memo.walk |= {1: 0, 2: 0, 3: 0}
        *_, infos = env.step({A: f"<submit>{propose(memo)}</submit>"})
        assert infos[A]["agreement"] == 0

    def test_counter_offers_stand_side_by_side_until_one_gives_way(self) -> None:
        env, moves = self.start()
        counter = re.sub("accept agent_0\n", "", moves[B]).replace("<submit>", "")
        offer = moves[A].partition("<submit>")[2].partition("\n")[0]
        *_, infos = env.step({**moves, B: f"<submit>{offer}\n{counter}"})
        assert infos[A]["agreement"] == 0
        assert infos[A]["conflicts"] == 0.25
        *_, infos = env.step({B: moves[B]})
        assert (infos[A]["agreement"], infos[A]["conflicts"]) == (1, 0)


class TestMixedMotives:
    def played(self, **kwargs: Any) -> tuple[dict[str, float], dict[str, Any], CollabEnv[Any]]:
        env = env_of(**kwargs)
        observations, infos = env.reset(options={"task": EASY})
        paid = dict.fromkeys(env.agents, 0.0)
        while env.agents:
            actions = {a: Expert()(o) for a, o in observations.items()}
            observations, rewards, _, _, infos = env.step(actions)
            for agent, reward in rewards.items():
                paid[agent] += reward
        return paid, infos, env

    def test_each_agent_is_paid_its_own_gain(self) -> None:
        paid, infos, _ = self.played(reward="individual")
        task = task_of("easy", EASY)
        deal = best(task.bargain).division
        assert deal is not None
        for house, agent in enumerate((A, B, C, D)):
            gain = task.bargain.gains(deal)[house]
            assert infos[agent]["own_utility"] == task.walk[house] + gain
            assert infos[agent]["own_gain"] == pytest.approx(gain / task.worth(house))
            assert paid[agent] == pytest.approx(infos[agent]["own_gain"])
        assert len(set(paid.values())) > 1
        assert infos[A]["joint_reward"] == pytest.approx(self.played()[1][A]["joint_reward"])

    def test_agents_of_two_houses_gain_their_mean(self) -> None:
        paid, infos, _ = self.played(reward="individual", team_size=2)
        task = task_of("easy", EASY)
        deal = best(task.bargain).division
        assert deal is not None
        gains = [gain / task.worth(h) for h, gain in enumerate(task.bargain.gains(deal))]
        assert paid == pytest.approx({A: sum(gains[:2]) / 2, B: sum(gains[2:]) / 2})
        assert infos[B]["own_utility"] == sum(task.walk[2:]) + sum(task.bargain.gains(deal)[2:])

    def test_a_bad_deal_costs_who_signs_it(self) -> None:
        env = env_of(reward="individual")
        observations, _ = env.reset(options={"task": EASY})
        cheat = CHEATS["first takes all"]
        _, rewards, *_ = env.step({a: cheat(o) for a, o in observations.items()})
        task = task_of("easy", EASY)
        assert rewards[A] == pytest.approx(1 - task.walk[0] / task.worth(0))
        assert rewards[B] == pytest.approx(-task.walk[1] / task.worth(1))

    def test_walking_away_pays_nothing(self) -> None:
        env = env_of(reward="individual")
        _, infos = env.reset(options={"task": HOPELESS})
        assert [infos[a]["own_utility"] for a in env.agents] == list(task_of("easy", HOPELESS).walk)
        *_, infos = env.step(dict.fromkeys(env.agents, "<submit>walk</submit>"))
        assert {info["own_gain"] for info in infos.values()} == {0}
        assert infos[A]["quality"] == 1

    def test_the_team_is_paid_alike_by_default(self) -> None:
        paid, infos, _ = self.played()
        assert len(set(paid.values())) == 1
        assert paid[A] == pytest.approx(infos[A]["joint_reward"])

    def test_is_logged_and_replayed(self) -> None:
        _, _, env = self.played(reward="individual")
        assert env.episode.config["reward"] == "individual"
        assert env.episode.replay(parallel_env) == env.episode

    def test_other_words_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"reward must be 'individual', .* got 'selfish'"):
            env_of(reward="selfish")


class TestPrivacy:
    """Change what one agent alone knows: no other agent's first observation changes."""

    def observe(self, task: BargainingTask, team_size: int, folder: Path) -> dict[str, str]:
        path = folder / "tasks.jsonl"
        path.write_text(json.dumps(task.to_dict()))
        env = make("bargaining_v0", team_size=team_size, tasks=path)
        return env.reset(options={"task": 0})[0]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 2)])
    def test_of_values(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        before = self.observe(task, size, tmp_path)
        for agent, own in enumerate(deal_houses(task, size)):
            for house in own:
                values, walk = [list(row) for row in task.values], list(task.walk)
                values[house][0] += 1
                walk[house] += 1
                for change in (
                    {"values": tuple(tuple(row) for row in values)},
                    {"walk": tuple(walk)},
                ):
                    other = dataclasses.replace(task, **change)
                    after = self.observe(other, size, tmp_path)
                    changed = [n for n, a in enumerate(before) if before[a] != after[a]]
                    assert changed == [agent]

    def test_one_agent_alone_sees_everything(self) -> None:
        task = task_of("hard")
        text = env_of("hard", team_size=1).reset(options={"task": 0})[0][A]
        for house, name in enumerate(task.houses):
            values = zip(task.goods, task.values[house], strict=True)
            each = ", ".join(f"{good} {value}" for good, value in values)
            assert f"Worth to {name}: {each} a unit; no deal {task.walk[house]}." in text

    def test_observations_are_short(self) -> None:
        for text in env_of().reset(seed=0)[0].values():
            assert len(text) - len(grammar_help(alone=False)) < 900


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make("bargaining_v0", split=split, difficulty=difficulty).tasks
            names[split] = {house for n in range(60) for house in source[n].houses}
            assert {split_of(name) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 200

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for index in range(10):
            task = task_of(difficulty, index)
            assert len(set(task.houses)) == 4
            assert len(set(task.goods)) == len(level.stock)
            assert sorted(task.stock) == sorted(level.stock)
            for house, walk in enumerate(task.walk):
                share = walk / task.worth(house)
                assert level.walk[0] - 0.05 < share < level.walk[1] + 0.05

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_some_have_no_deal_but_few(self, difficulty: str) -> None:
        """Enough that walking has to be learned, too few for walking to pay."""
        found = [best(task_of(difficulty, index).bargain) for index in range(100)]
        hopeless = [one for one in found if one.division is None]
        assert 5 <= len(hopeless) <= 20
        assert all(one.least < 0 for one in hopeless)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_do_not_give_away_that_they_have_no_deal(self, difficulty: str) -> None:
        """One's own price of walking away is about the same in both kinds."""
        shares: dict[bool, list[float]] = {True: [], False: []}
        for index in range(100):
            task = task_of(difficulty, index)
            own = [walk / task.worth(house) for house, walk in enumerate(task.walk)]
            shares[has_deal(task)] += own
        means = {kind: sum(own) / len(own) for kind, own in shares.items()}
        assert 0 < means[False] - means[True] < 0.05
        assert min(shares[False]) < means[True] < means[False] < max(shares[True])

    def test_are_dealt_out_whole(self) -> None:
        task = task_of("easy")
        assert [deal_houses(task, n) for n in (1, 2, 3, 4)] == [
            [(0, 1, 2, 3)],
            [(0, 1), (2, 3)],
            [(0,), (1,), (2, 3)],
            [(0,), (1,), (2,), (3,)],
        ]

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            task = task_of(difficulty)
            assert BargainingTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    def test_of_ones_own_can_be_played(self, tmp_path: Path) -> None:
        own = {
            "houses": ["Books", "Hats"],
            "goods": ["paper", "felt"],
            "stock": [5, 3],
            "values": [[4, 1], [1, 5]],
            "walk": [6, 6],
        }
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(own))
        assert play(make("bargaining_v0", team_size=2, tasks=path), Expert())["quality"] == 1.0
        with pytest.raises(ValueError, match=r"team_size must be at most 2, .* got 4. Lower team"):
            make("bargaining_v0", team_size=4, tasks=path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"houses": ["Bako", "Bako", "Teva", "Dimi"]}, "each house needs a name of its own"),
            ({"houses": ["Bako", "of Teva", "Mira", "Dimi"]}, "each house needs a name of its"),
            ({"houses": ["Bako"]}, "there must be 2 to 4 houses, not 1"),
            ({"goods": ["salt", "salt", "tin"]}, "each good needs a name of its own"),
            ({"goods": ["salt", "Wool", "tin"]}, "each good needs a name of its own"),
            ({"stock": [1, 2]}, "every good needs its units in 'stock'"),
            ({"stock": [1, 0, 2]}, "a stock must be a whole number, between 1 and 99; got 0"),
            ({"values": [[1, 2, 3]] * 3}, "every house needs a value of each good"),
            ({"values": [[1, 2]] * 4}, "every house needs a value of each good"),
            ({"walk": [1, 2, 3]}, "and one of walking away"),
            (
                {"walk": [1, 2, 3, 0.4]},
                "no deal must be a whole number, between 0 and 999; got 0.4",
            ),
            ({"values": [[1, 2, 1_000]] * 4}, "a value must be a whole number, between 0 and 999"),
            ({"stock": [40, 40, 40]}, "can be divided in more than 4000000 ways"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(task_of("easy").to_dict() | change))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make("bargaining_v0", tasks=path)


def test_the_harder_the_dearer_is_a_slip() -> None:
    """An expert that gets one number in twenty of its submissions wrong."""

    def slips(observation: str) -> str:
        rng = random.Random(zlib.crc32(observation.encode()))

        def slip(digit: re.Match[str]) -> str:
            return str((int(digit.group()) + 1) % 4) if rng.random() < 0.05 else digit.group()

        head, tag, part = Expert()(observation).partition("<submit>")
        return head + tag + re.sub(r"(?<= )[0-9](?=[ ,<\n])", slip, part)

    easy, medium, hard = (joint_reward(env_of(d), slips, 100) for d in DIFFICULTIES)
    assert easy > medium + 0.02
    assert medium > hard + 0.02
