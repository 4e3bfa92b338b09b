"""The README keeps its word: its code runs, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_python_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert "You are agent_0" in capsys.readouterr().out


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_link_leads_somewhere(link):
    assert link.startswith("https://") or (ROOT / link).exists()


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.py")],
    ids=lambda path: path.name,
)
def test_what_is_not_released_is_installed_from_a_clone(path):
    text = path.read_text()
    for line in re.finditer(r"pip install[^`\n]*llm-collab-envs[^`\n]*", text):
        assert text[line.end() :].startswith("` once it is released")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^make (\S+)", README, re.MULTILINE))))
def test_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
