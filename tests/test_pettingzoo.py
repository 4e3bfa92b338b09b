"""PettingZoo's own tests over the registry, and its `make`."""

from __future__ import annotations

from types import ModuleType

import pettingzoo
import pytest
from pettingzoo.test import (
    api_test,
    max_cycles_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)
from pettingzoo.test.state_test import state_test

from llm_collab_envs.core.actions import MAX_ACTION_CHARS

CYCLES = 40


def test_parallel_api(module: ModuleType) -> None:
    parallel_api_test(module.parallel_env(), num_cycles=CYCLES)


def test_parallel_seed(module: ModuleType) -> None:
    parallel_seed_test(module.parallel_env, num_cycles=CYCLES)


def test_seed(module: ModuleType) -> None:
    seed_test(module.env, num_cycles=CYCLES)


@pytest.mark.filterwarnings("ignore:Action space for each agent")
@pytest.mark.filterwarnings("ignore:Observation")
@pytest.mark.filterwarnings("ignore:.*not a NumPy array")
def test_aec_api(module: ModuleType) -> None:
    api_test(module.env(), num_cycles=CYCLES)


def test_aec_takes_any_text_and_counts_it_as_the_parallel_env_does(module: ModuleType) -> None:
    env, twin = module.env(team_size=1), module.parallel_env(team_size=1)
    env.reset(seed=0)
    twin.reset(seed=0)
    for text in ("x" * (MAX_ACTION_CHARS + 1), "<submit>x", "<done/>"):
        *_, infos = twin.step({"agent_0": text})
        env.step(text)
        assert env.infos == infos
    assert infos["agent_0"]["malformed"] == 2
    env.reset(seed=0)
    with pytest.raises(AssertionError, match="not in action space"):
        env.step(7)


def test_max_cycles(module: ModuleType) -> None:
    max_cycles_test(module)


def test_render(module: ModuleType) -> None:
    render_test(module.env)


@pytest.mark.filterwarnings("ignore:State is not NumPy array")
@pytest.mark.filterwarnings("ignore:State space for each environment")
def test_state(module: ModuleType) -> None:
    state_test(module.env(), module.parallel_env(), num_cycles=CYCLES)


@pytest.mark.skipif(not hasattr(pettingzoo, "register"), reason="this PettingZoo has no registry")
@pytest.mark.parametrize("kind", ["parallel", "aec"])
@pytest.mark.parametrize("dash", [False, True])
def test_pettingzoo_make(env_id: str, kind: str, dash: bool) -> None:
    name = "llm_collab/" + (env_id.replace("_v", "-v") if dash else env_id)
    env = pettingzoo.make(kind, name, team_size=2)
    assert env.metadata["name"] == env_id
    assert len(env.possible_agents) == 2
