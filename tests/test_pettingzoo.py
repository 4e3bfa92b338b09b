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
