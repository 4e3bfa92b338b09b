"""The documentation site: its pages are made from what the code says, and hang together."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import re
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from baselines.cli import app
from baselines.policies.load import NAMED
from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.core import reward
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.registry import load

ROOT = Path(__file__).parent.parent
HEADINGS = ("Description", "Observation Space", "Action Space", "Rewards", "Arguments")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("docs") / "pages"
    (folder / "left").mkdir(parents=True)
    (folder / "left" / "over.md").write_text("from an earlier build")
    generator().main(folder)
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.suffix == ".md" else ""
        for path in folder.rglob("*")
        if path.is_file()
    }


def prose(text: str) -> str:
    """Return a page without its code."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^ {4}.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"`[^`]*`", "", text)


def test_every_env_has_a_page_that_its_docstring_and_its_expert_wrote(pages):
    for env_id in ENV_MODULES:
        page = pages[f"envs/{env_id}.md"]
        kind = load(env_id).parallel_env
        assert page.startswith(f"# {env_id}\n")
        assert kind.__doc__.partition("\n")[0] in page
        assert all(f"\n## {heading}\n" in page for heading in HEADINGS)
        assert "You are agent_0 of " in page
        assert f"{env_id} | team of {min(4, kind.max_team_size)} | easy | test task 0" in page
        assert float(re.findall(r"joint_reward=(\S+)", page)[-1]) > 0.9


def test_every_example_has_a_page_with_its_code(pages):
    for path in (ROOT / "examples").glob("*.py"):
        page = pages[f"how-to/{path.stem}.md"]
        code = path.read_text().split('"""', 2)[2].strip()
        assert f"```python\n{code}\n```" in page


def test_concepts_say_what_the_docstrings_say(pages):
    page = " ".join(pages["concepts.md"].split())
    for thing in (reward.JointReward, reward.Score, reward.RewardParts, reward.RewardAggregator):
        assert thing.__doc__.partition("\n")[0] in page
    assert "- `quality`: Weight w_q." in page
    assert (
        "JointReward(quality: float = 0.7, speed: float = 0.3, coordination: float = 0.2)" in page
    )


def test_what_all_envs_share_is_said_on_one_page(pages):
    page = pages["every-env.md"]
    arguments = list(inspect.signature(CollabEnv).parameters)
    assert arguments[0] == "team_size"
    for argument in arguments:
        assert f"\n- `{argument}`: " in page
    public = [name for name in vars(CollabEnv) if name[0] != "_"]
    members = [name for name in public if name not in ("metadata", "max_team_size")]
    assert {"reset", "state", "infos_of", "earned", "episode", "parts"} <= {*members}
    assert re.findall(r"^### (\w+)\n", page, re.MULTILINE) == members
    assert "\nenv.counterfactual_reward(agent: str) -> float\n" in page
    assert "\nenv.state() -> str\n" in page
    for env_id in ENV_MODULES:
        for target in ("every-env", "infos", "own-tasks"):
            assert f"](../{target}.md)" in pages[f"envs/{env_id}.md"]


def test_every_info_that_all_envs_have_is_defined(pages):
    shared = None
    for env_id in ENV_MODULES:
        _, infos = make(env_id, team_size=2).reset(seed=0)
        named = set(infos["agent_0"])
        shared = named if shared is None else shared & named
    assert set(re.findall(r"^\| `(\w+)` \|", pages["infos.md"], re.MULTILINE)) == shared


def test_adapters_say_how_they_are_used(pages):
    page = pages["adapters.md"]
    for line in ("TextTeamEnv", "TensorTeamEnv", "TeamTask", "TextEnvFactory", "plain_speech"):
        assert f"\n### {line}\n" in page
    assert "    PettingZooWrapper(to_tensor_env(env), use_mask=False)\n" in page
    assert "[`TeamTask`](adapters.md)" in pages["interop.md"]


def test_every_page_is_in_one_table_of_contents(pages):
    listed = re.findall(r"^([\w/-]+\.md)$", pages["index.md"], re.MULTILINE)
    assert sorted([*listed, "index.md"]) == sorted(p for p in pages if p.endswith(".md"))
    assert "left/over.md" not in pages


def test_hand_written_pages_and_figures_are_taken_along(pages):
    for path in (ROOT / "docs").rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            assert path.relative_to(ROOT / "docs").as_posix() in pages


def test_every_link_leads_to_a_page(pages):
    found = 0
    for name, text in pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
            if not target.startswith("https://"):
                to = os.path.normpath(os.path.join(os.path.dirname(name), target))
                assert to in pages, f"{name} links to {target}"
                found += 1
    assert found > len(ENV_MODULES)


def test_no_tag_of_the_grammar_is_lost_as_html(pages):
    for name, text in pages.items():
        assert re.findall(r"</?(?:say|submit|done)\b", prose(text)) == [], name


def test_no_page_leaves_out_a_level_of_headings(pages):
    for name, text in pages.items():
        levels = [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]
        steps = [lower - upper for upper, lower in zip([0, *levels], levels, strict=False)]
        assert not levels or levels[0] == 1, name
        assert max(steps, default=1) <= 1, name


def test_links_of_files_elsewhere_are_moved():
    moved = generator()._moved
    text = "[a](../README.md#flow) ![b](demo/learning_curve.png) [c](../baselines/cli.py) [d](#e)"
    assert moved(text, "docs/some.md", "some.md") == (
        "[a](index.md) ![b](demo/learning_curve.png) `c` [d](#e)"
    )


def test_docstrings_become_markdown():
    class Thing:
        """Do a thing.

        Args:
            name: A name,
                on two lines.
            other: Another: with a colon.

        Returns:
            What it
            returns.

        More text.
        """

    text = generator().markdown(inspect.getdoc(Thing))
    assert "- `name`: A name, on two lines.\n- `other`: Another: with a colon." in text
    assert "**Returns**\n\nWhat it\nreturns." in text
    assert text.endswith("More text.")


@pytest.mark.slow
def test_the_page_on_algorithms_runs_and_the_command_line_measures_what_it_trains(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("baselines.policies.load.NAMED", dict(NAMED))
    page = (ROOT / "docs" / "algorithms.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "algorithms.md", "exec"), names)
    rewards = {record["joint_reward"] for record in names["team"]}
    assert 0.1 < min(rewards) <= max(rewards) < 0.8, "one of two seats works"
    assert "Interval(" in capsys.readouterr().out
    (command,) = re.findall(r"`llm-collab (evaluate .* --out best-of.jsonl)`", page)
    done = CliRunner().invoke(app, [*command.split(), "--episodes", "1", "--max-new-tokens", "200"])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "best-of.jsonl").read_text())["weights"]
