"""What a step costs, in calls of functions, which are the same on every machine.

Milliseconds are for `benchmarks.calibrate`.
"""

from __future__ import annotations

import cProfile
import pstats

import pytest

from benchmarks.step_time import _episodes_ms, _steps_ms
from llm_collab_envs import make
from relay import CrowdEnv

ROUNDS = 6


def calls_a_turn(team_size: int) -> float:
    """Return how many functions are called for an agent's turn."""
    env = CrowdEnv(team_size=team_size, max_cycles=ROUNDS)
    talk, work = '<say to="all">two words</say>', "<submit>x y z</submit>"
    profile = cProfile.Profile()
    for _ in range(2):  # what is made once a task is made in the first
        env.reset(options={"task": 0})
        profile.clear()
        for n in range(ROUNDS):
            actions = dict.fromkeys(env.agents, work if n else talk)
            profile.enable()
            env.step(actions)
            profile.disable()
    return pstats.Stats(profile).total_calls / ROUNDS / team_size


@pytest.mark.parametrize("team_size", [4, 8, 16])
def test_an_agents_turn_costs_about_the_same_in_every_team(team_size: int) -> None:
    assert calls_a_turn(team_size) <= 1.3 * calls_a_turn(2)


def test_running_agents_code_is_not_the_envs_own_time() -> None:
    env = make("function_pair_v0")
    whole = _steps_ms(env, [0, 1], lambda: 0.0)
    assert _episodes_ms(env, [0, 1]) < 0.7 * whole
