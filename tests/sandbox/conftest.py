"""Backends to test; those that cannot work here are skipped, and say why."""

from __future__ import annotations

import pytest

from llm_collab_envs.sandbox.bubblewrap import why_bubblewrap_fails


@pytest.fixture
def bwrap() -> str:
    """The full backend."""
    if reason := why_bubblewrap_fails():
        pytest.skip(reason)
    return "bwrap"


@pytest.fixture(params=["monty", "bwrap"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend in turn."""
    if request.param == "bwrap":
        request.getfixturevalue("bwrap")
    return str(request.param)
