"""Backends to test; those that cannot work here are skipped, and say why.

With REQUIRE_BWRAP=1 in the environment the tests of bubblewrap fail instead of being skipped.
"""

from __future__ import annotations

import os

import pytest

from llm_collab_envs.sandbox.bubblewrap import why_bubblewrap_fails


@pytest.fixture
def bwrap() -> str:
    """The full backend."""
    if reason := why_bubblewrap_fails():
        (pytest.fail if os.environ.get("REQUIRE_BWRAP") == "1" else pytest.skip)(reason)
    return "bwrap"


@pytest.fixture(params=["monty", "bwrap"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend in turn."""
    if request.param == "bwrap":
        request.getfixturevalue("bwrap")
    return str(request.param)
