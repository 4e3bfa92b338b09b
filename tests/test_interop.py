"""Adapters are imported only when asked for, and say what they need; tests/interop runs them."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from llm_collab_envs.interop._config import text_env
from llm_collab_envs.wrappers import AgentDropout

sys.path.append(str(Path(__file__).parent / "interop"))
from recipes import PAGE, recipe
from versions import pins

ROOT = Path(__file__).parent.parent
ADAPTERS = {  # each adapter, and what is missing where its library is
    "benchmarl": "benchmarl.environments.pettingzoo.common",
    "rllib": "ray.rllib.env.wrappers.pettingzoo_env",
    "torchrl": "tensordict",
}
PACKAGES = {"rllib": "ray[rllib]"}  # where a package has another name than its adapter


@pytest.mark.parametrize("name", ADAPTERS)
def test_says_what_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, ADAPTERS[name], None)
    monkeypatch.delitem(sys.modules, f"llm_collab_envs.interop.{name}", raising=False)
    why = rf"but: import of {ADAPTERS[name]} halted.*pip install -U 'llm-collab-envs\[{name}\]'\.$"
    with pytest.raises(ImportError, match=why):
        importlib.import_module(f"llm_collab_envs.interop.{name}")
    assert re.search(rf"^{name} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


def test_a_configuration_makes_an_env_and_its_wrappers() -> None:
    config = {"env": {"team_size": 2}, "wrap": lambda env: AgentDropout(env, at_round=2)}
    env = text_env("section_writing_v0", config)
    assert isinstance(env, AgentDropout)
    assert env.possible_agents == ["agent_0", "agent_1"]
    assert text_env("section_writing_v0", {}).possible_agents[-1] == "agent_3"


def test_a_configuration_that_says_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match=r"says \['team_size'\]; it may say .* go into 'env'"):
        text_env("section_writing_v0", {"team_size": 2, "tensors": {}}, others=("tensors",))
    with pytest.raises(ValueError, match=r"does not say which env\. Add 'env_id'"):
        text_env(None, {"env": {}})


@pytest.mark.parametrize("name", ADAPTERS)
def test_has_a_run_and_what_it_was_made_with(name: str) -> None:
    assert (ROOT / "tests" / "interop" / f"run_{name}.py").is_file()
    package = PACKAGES.get(name, name)
    assert f"\n{package}==" in (ROOT / "tests" / "interop" / f"{name}.txt").read_text()


def test_page_says_the_versions_that_the_runs_are_pinned_to() -> None:
    """Of each library's row in the table; `make interop` prints what it ran with."""
    runs = {path.stem: pins(path) for path in (ROOT / "tests" / "interop").glob("*.txt")}
    runs = {"trl": pins(ROOT / "constraints.txt"), **runs}
    said = re.findall(r"^\| (\S+ \d.*?) \| \d{4}-\d\d-\d\d \|", PAGE.read_text(), re.MULTILINE)
    for libraries in said:
        versions = dict(library.lower().split() for library in libraries.split(", "))
        name = next(iter(versions))
        pinned = runs[{"stable-baselines3": "sb3"}.get(name, name)]
        for package, version in versions.items():
            assert pinned[PACKAGES.get(package, package)] == version
    assert len(said) == len([name for name in runs if "pettingzoo" not in name])


@pytest.mark.parametrize(
    ("heading", "run"),
    [
        ("SuperSuit and Stable-Baselines3", "run_sb3.py"),
        ("Tianshou", "run_tianshou.py"),
        ("AgileRL", "run_agilerl.py"),
    ],
)
def test_recipe_is_what_the_run_does(heading: str, run: str) -> None:
    """The run makes more of it, but every line of the page is one of its own."""
    code = recipe(heading)
    compile(code, heading, "exec")
    done = {line.strip() for line in (ROOT / "tests" / "interop" / run).read_text().splitlines()}
    said = [line.strip() for line in code.splitlines() if line.strip()]
    assert len(said) > 5
    assert [line for line in said if line not in done] == []


def test_models_are_teammates_as_the_page_says() -> None:
    found: dict[str, Any] = {}
    exec(compile(recipe("Teammates that are models"), "recipe", "exec"), found)
    env = found["env"]
    env.reset(seed=0)
    env.step("<done/>")
    turns = env.unwrapped.env.episode.rounds[0].turns
    assert turns.pop("agent_0").text == "<done/>"
    assert any(turn.text for turn in turns.values())


def test_recipe_for_text_in_rllib_makes_a_config() -> None:
    code = compile(
        recipe("RLlib on raw text"), "recipe", "exec"
    )  # tests/interop/run_rllib.py runs it
    assert {"config", "Writer"} <= set(code.co_names)
