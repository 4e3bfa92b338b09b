"""What a step costs. Processor time, the best of several runs: a busy machine only ever adds."""

from __future__ import annotations

from benchmarks.step_time import _episodes_ms, _steps_ms, step_ms, turn_us
from llm_collab_envs import make


def test_an_agents_turn_costs_about_the_same_in_every_team() -> None:
    alone = turn_us(2)
    assert turn_us(16) <= 1.3 * alone
    assert turn_us(8) <= 1.3 * alone


def test_a_step_is_cheap() -> None:
    """The bar is 2 ms, held by `benchmarks.calibrate`; a slow machine may take twice that."""
    assert step_ms(make("section_writing_v0", team_size=8, difficulty="hard")) < 4


def test_running_agents_code_is_not_the_envs_own_time() -> None:
    env = make("function_pair_v0")
    whole = _steps_ms(env, [0, 1], lambda: 0.0)
    assert _episodes_ms(env, [0, 1]) < 0.7 * whole
