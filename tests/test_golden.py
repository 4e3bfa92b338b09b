"""Golden transcripts: a change of tasks, observations or scores has to be meant.

`pytest tests/test_golden.py --update-golden` writes them anew.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from llm_collab_envs import make
from play import play

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("difficulty", ["easy", "hard"])
def test_transcript(env_id: str, difficulty: str, request: pytest.FixtureRequest) -> None:
    env = make(env_id, difficulty=difficulty, split="test", render_mode="ansi")
    seen, _ = env.reset(seed=0, options={"task": 0})
    text = "".join(f"##### What {agent} sees first\n{view}" for agent, view in seen.items())
    play(env, env._expert())
    text += f"##### What the expert team does\n{env.render()}"
    if "text_of" in env.metadata:  # a package's text, which is not copied into this repository
        text = f"sha256 {hashlib.sha256(text.encode()).hexdigest()}\n"
    path = FOLDER / f"{env_id}_{difficulty}.txt"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
