"""The menu of every env: what it takes to play well by it, and that chance does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from llm_collab_envs import make
from llm_collab_envs.core.actions import parse
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.menu import Menu, always
from llm_collab_envs.wrappers import MenuActions
from menu_policies import POLICIES
from play import joint_reward

LEAST = 0.6  # of the expert's joint reward
MOST_BY_CHANCE = 0.45


def by_menu(env: CollabEnv[Any], choose: Callable[[str], str]) -> Callable[[str], str]:
    """Return the text policy that plays by the menu of an env."""
    menu = MenuActions(env).menu
    return lambda observation: menu.reply(menu.meanings.index(choose(observation)), observation)


def by_chance(env: CollabEnv[Any]) -> Callable[[str], str]:
    menu, rng = MenuActions(env).menu, np.random.default_rng(0)
    return lambda observation: menu.reply(int(rng.integers(len(menu.meanings))), observation)


class TestEveryMenu:
    def test_can_be_played_well(self, env_id: str, difficulty: str) -> None:
        usual = make(env_id, difficulty=difficulty, split="test")
        for team_size in {1, 2, usual.team_size, usual.largest_team}:
            env = make(env_id, difficulty=difficulty, split="test", team_size=team_size)
            best = joint_reward(env, by_menu(env, POLICIES[env_id]), 2)
            assert best >= LEAST * joint_reward(env, env._expert(), 2)

    def test_is_not_played_by_chance(self, env_id: str, difficulty: str) -> None:
        env = make(env_id, difficulty=difficulty, split="test")
        chance = joint_reward(env, by_chance(env), 4)
        assert chance <= MOST_BY_CHANCE * joint_reward(env, env._expert(), 4)

    def test_has_no_choice_that_plays_the_game_alone(self, env_id: str) -> None:
        """Done at the end, one and the same choice before: what no coordination brings."""
        env = make(env_id, split="test")
        expert = joint_reward(env, env._expert(), 4)
        for meaning in MenuActions(env).menu.meanings:
            entry = by_menu(env, lambda seen, meaning=meaning: meaning)  # type: ignore[misc]

            def once(observation: str, entry: Callable[[str], str] = entry) -> str:
                first = "\n== Round 1 of" in observation
                return entry(observation) if first else "<done/>"

            assert joint_reward(env, once, 4) < 0.85 * expert

    def test_means_the_same_in_every_team_and_task(self, env_id: str, difficulty: str) -> None:
        menus = [
            MenuActions(make(env_id, difficulty=difficulty, team_size=size)).menu for size in (1, 2)
        ]
        assert {menu.meanings for menu in menus} == {MenuActions(make(env_id)).menu.meanings}
        assert menus[0].meanings[0] == "pass"
        assert menus[0].meanings[-1] == "done"

    def test_offers_replies_that_keep_to_the_grammar(self, env_id: str) -> None:
        """None is ever malformed, alone or in a team, and each can be made at some time."""
        made: set[str] = set()
        for team_size in (1, make(env_id).team_size):
            env = make(env_id, difficulty="hard", team_size=team_size)
            menu = MenuActions(env).menu

            def in_turn(observation: str, step: int, menu: Menu[Any] = menu) -> str:
                number = int(observation.partition("\n== Round ")[2].partition(" ")[0])
                return menu.meanings[step * number % (len(menu.meanings) - 1)]

            for choose in (POLICIES[env_id], partial(in_turn, step=1), partial(in_turn, step=-1)):
                policy = by_menu(env, choose)
                observations, _ = env.reset(options={"task": 0})
                while env.agents:
                    for agent, seen in observations.items():
                        mates = {*env.possible_agents} - {agent}
                        replies = [menu.reply(n, seen) for n in range(len(menu.meanings))]
                        assert not any(parse(reply, mates).error for reply in replies)
                        made |= {m for m, r in zip(menu.meanings, replies, strict=True) if r}
                    observations, *_ = env.step({a: policy(observations[a]) for a in env.agents})
        assert made == {*menu.meanings[1:]}


class TestMenu:
    def test_reads_only_what_it_is_given(self) -> None:
        menu = Menu(str.upper, {"pass": always(""), "echo": lambda memo: memo * 2})
        assert menu.meanings == ("pass", "echo")
        assert menu.reply(1, "ab") == "ABAB"
        assert menu.reply(0, "ab") == ""
        with pytest.raises(ValueError, match=r"choice must be between 0 and 1, one of .*; got 2"):
            menu.reply(2, "ab")


def test_best_policies_need_what_they_tell() -> None:
    """The same policies fall short where they chat in place of telling."""
    for env_id, choose in POLICIES.items():
        env = make(env_id, split="test")

        def mute(observation: str, choose: Callable[[str], str] = choose) -> str:
            meaning = choose(observation)
            return "chat" if meaning.startswith("tell") else meaning

        assert joint_reward(env, by_menu(env, mute), 8) <= 0.85 * joint_reward(
            env, by_menu(env, choose), 8
        )
