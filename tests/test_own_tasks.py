"""The page on one's own tasks: every task on it can be played, and what it says of keys holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_collab_envs import ENV_MODULES, make

PAGE = (Path(__file__).parent.parent / "docs" / "own-tasks.md").read_text()
START, *SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
TEXTS = {section.partition("\n")[0]: section for section in SECTIONS}
TASKS = {
    env_id: json.loads(re.search(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1])
    for env_id, text in TEXTS.items()
}


@pytest.fixture
def own(tmp_path) -> Path:
    return tmp_path / "own.jsonl"


def keys_of(task: Any) -> Iterator[str]:
    """Yield the keys of all objects in a task."""
    if isinstance(task, dict):
        yield from task
    for value in task.values() if isinstance(task, dict) else task:
        if isinstance(value, dict | list):
            yield from keys_of(value)


def test_every_env_has_a_task():
    assert set(TASKS) == set(ENV_MODULES)


def test_the_expert_plays_the_task_alone_and_in_the_largest_team(env_id, own):
    own.write_text(json.dumps(TASKS[env_id]))
    largest = make(env_id, team_size=1, tasks=own).largest_team
    assert largest > 1
    for size in (1, largest):
        env = make(env_id, team_size=size, tasks=own)
        expert = env._expert()
        observations, _ = env.reset()
        while env.agents:
            observations, *_, infos = env.step({a: expert(observations[a]) for a in env.agents})
        assert infos["agent_0"]["quality"] == 1.0


def test_a_transcript_names_the_file_and_no_split(own):
    own.write_text(json.dumps(TASKS["bargaining_v0"]))
    env = make("bargaining_v0", team_size=1, tasks=own, render_mode="ansi")
    env.reset()
    assert env.render().splitlines()[0] == f"bargaining_v0 | team of 1 | task 0 of {own}"


def test_a_task_has_the_keys_that_are_needed_and_no_others(env_id, own):
    for key in TASKS[env_id]:
        own.write_text(json.dumps({k: v for k, v in TASKS[env_id].items() if k != key}))
        with pytest.raises(ValueError, match="line 1 is not a task"):
            make(env_id, team_size=1, tasks=own)


def test_every_key_that_may_be_left_out_is_named(env_id, own):
    own.write_text(json.dumps(TASKS[env_id]))
    loaded = make(env_id, team_size=1, tasks=own).tasks[0].to_dict()
    for key in {*keys_of(loaded)} - {*keys_of(TASKS[env_id])}:
        assert f"`{key}`" in TEXTS[env_id] or f"`{key}`" in START, key
