"""Fixtures over the registry: a registered env is a tested env."""

from __future__ import annotations

from types import ModuleType

import pytest

from llm_collab_envs import ENV_MODULES
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.registry import load


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden transcripts anew"
    )


@pytest.fixture(params=sorted(ENV_MODULES))
def env_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=DIFFICULTIES)
def difficulty(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def module(env_id: str) -> ModuleType:
    return load(env_id)
