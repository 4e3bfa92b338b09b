"""The expert of every env is near perfect in every team, and nothing less than its work pays.

Bars are held against a team of four, or as large as the env admits.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from benchmarks.episodes import Job, hacks
from benchmarks.episodes import play as play_jobs
from llm_collab_envs import make
from llm_collab_envs.core.env import CollabEnv
from play import expert_path, joint_reward, terms

SPEED_UP = {"bargaining_v0": 1.5, "bug_repair_v0": 2.0, "human_eval_v0": 0.4}
MOST_BY_A_HACK = {"function_pair_v0": 0.1}  # of the expert's joint reward
TASKS = {"bargaining_v0": 32, "module_assembly_v0": 6}  # enough for a hack's luck to even out


def env_of(env_id: str, difficulty: str, **kwargs: Any) -> CollabEnv[Any]:
    return make(env_id, difficulty=difficulty, split="test", **kwargs)


def teams(env_id: str, difficulty: str) -> list[CollabEnv[Any]]:
    """The env with every team that its tasks admit, from two on."""
    sizes = range(2, env_of(env_id, difficulty, team_size=1).largest_team + 1)
    assert sizes, "a team has two agents or more"
    return [env_of(env_id, difficulty, team_size=size) for size in sizes]


def test_is_nearly_perfect_in_every_team(env_id: str, difficulty: str) -> None:
    for env in teams(env_id, difficulty):
        for task in range(2):
            figures = terms(env, env._expert(), task)
            assert figures["joint_reward"] >= 0.95, (env.team_size, task)
            assert figures["quality"] == figures["speed"] == 1.0
            assert figures["duplication"] == figures["conflicts"] == 0
            assert not any(turn.error for r in env.episode.rounds for turn in r.turns.values())


def test_has_no_more_to_do_after_the_last_round(env_id: str) -> None:
    env = env_of(env_id, "easy")
    expert = env._expert()
    observations, _ = env.reset(options={"task": 0})
    while env.agents:
        observations, *_ = env.step({a: expert(observations[a]) for a in env.agents})
    assert all(expert(text).endswith("<done/>") for text in observations.values())


def test_is_perfect_alone(env_id: str, difficulty: str) -> None:
    env = env_of(env_id, difficulty, team_size=1)
    for task in range(3):
        figures = terms(env, env._expert(), task)
        assert figures["joint_reward"] == pytest.approx(1.0)
        assert figures["message_tokens"] == 0
        assert len(env.episode.rounds) == 1


def test_team_is_faster_than_one(env_id: str, difficulty: str) -> None:
    tasks = TASKS.get(env_id, 6)
    team, alone = env_of(env_id, difficulty), env_of(env_id, difficulty, team_size=1)
    speed_up = expert_path(alone, tasks) / expert_path(team, tasks)
    assert speed_up >= SPEED_UP.get(env_id, 3.3)


def test_loses_by_chatter(env_id: str, difficulty: str) -> None:
    env = env_of(env_id, difficulty)
    expert = env._expert()
    rewards = [
        joint_reward(env, lambda seen, n=n: expert(seen) + n * '<say to="all">hello team</say>', 1)
        for n in (0, 1, 2, 4, 8)
    ]
    assert rewards == sorted(rewards, reverse=True)
    assert len(set(rewards)) == 5
    assert rewards[0] - rewards[-1] > 0.05


def test_loses_by_talking_before_it_works(env_id: str) -> None:
    """More rounds of talk, each within the budget, and the same work at the end."""
    env = env_of(env_id, "easy")
    expert = env._expert()

    def talks(rounds: int, seen: str) -> str:
        now = int(re.findall(r"^== Round (\d+) of", seen, re.MULTILINE)[-1])
        return '<say to="all">hello</say>' if 1 < now <= rounds else expert(seen)

    rewards = [joint_reward(env, lambda seen, n=n: talks(n, seen), 2) for n in (1, 2, 3)]
    assert rewards == sorted(rewards, reverse=True)
    assert len(set(rewards)) == 3


def test_nothing_less_than_the_work_pays(env_id: str, difficulty: str) -> None:
    """Silence earns nothing, chance no more than silence, and every hack stays low."""
    size, count = make(env_id).team_size, TASKS.get(env_id, 4)
    players = ["expert", "silent", "random", *hacks(env_id)]
    jobs = [Job(env_id, difficulty, size, player, count) for player in players]
    played = play_jobs(jobs, range(count))
    rewards = {result.job.player: result.joint_reward for result in played}
    most = MOST_BY_A_HACK.get(env_id, 0.25) * rewards.pop("expert")
    assert rewards.pop("random") < rewards["silent"] == 0
    assert {player: reward for player, reward in rewards.items() if reward >= most} == {}
