"""Adapters are imported only when asked for, and say what they need; tests/interop runs them."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ADAPTERS = {  # each adapter, and what is missing where its library is
    "benchmarl": "benchmarl.environments.pettingzoo.common",
    "rllib": "ray.rllib.env.wrappers.pettingzoo_env",
    "torchrl": "tensordict",
}
PACKAGES = {"rllib": "ray[rllib]"}  # where a package has another name than its adapter


@pytest.mark.parametrize("name", ADAPTERS)
def test_says_how_to_install_what_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, ADAPTERS[name], None)
    monkeypatch.delitem(sys.modules, f"llm_collab_envs.interop.{name}", raising=False)
    with pytest.raises(ImportError, match=rf"pip install 'llm-collab-envs\[{name}\]'\.$"):
        importlib.import_module(f"llm_collab_envs.interop.{name}")
    assert re.search(rf"^{name} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", ADAPTERS)
def test_has_a_run_and_what_it_was_made_with(name: str) -> None:
    assert (ROOT / "tests" / "interop" / f"run_{name}.py").is_file()
    package = PACKAGES.get(name, name)
    assert f"\n{package}==" in (ROOT / "tests" / "interop" / f"{name}.txt").read_text()
