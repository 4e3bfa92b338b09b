"""A programmer's mistake raises at once, and says the argument, the value and the remedy."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import llm_collab_envs
from llm_collab_envs import ENV_MODULES, check_env, make
from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.core.episode import EpisodeLog
from llm_collab_envs.core.reward import JointReward
from llm_collab_envs.core.spaces import UnicodeText
from llm_collab_envs.wrappers import (
    AgentDropout,
    Centralized,
    Heterogeneous,
    KeepAlive,
    SingleAgentView,
    TokenObs,
)
from relay import RelayEnv

AGENTS = r"\['agent_0', 'agent_1', 'agent_2', 'agent_3'\]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"team_size": 0}, r"team_size must be a whole number, between 1 and \d+; got 0"),
        ({"team_size": 99}, r"team_size must be a whole number, between 1 and \d+; got 99"),
        ({"team_size": "4"}, r"team_size must be a whole number, between 1 and \d+; got '4'"),
        ({"team_size": True}, r"team_size must be a whole number, between 1 and \d+; got True"),
        ({"difficulty": "brutal"}, r"difficulty must be one of .*'hard'\); got 'brutal'"),
        ({"split": "dev"}, r"split must be one of \('train', 'test'\); got 'dev'"),
        ({"max_cycles": 0}, "max_cycles must be a whole number, 1 or more; got 0"),
        ({"max_cycles": 2.5}, "max_cycles must be a whole number, 1 or more; got 2.5"),
        ({"message_budget": -1}, "message_budget must be a whole number, 0 or more; got -1"),
        ({"render_mode": "rgb"}, r"render_mode must be one of \['human', 'ansi'\] .*got 'rgb'"),
        (
            {"reward": {"quality": 0.9}},
            r"quality \+ speed at most 1; got JointReward\(quality=0.9",
        ),
        ({"reward": {"quality": -0.1}}, r"weight 'quality' must be .* between 0 and 1; got -0.1"),
        ({"reward": {"quality": math.nan}}, r"weight 'quality' must be .*; got nan"),
        ({"reward": {"coordination": 2.0}}, r"weight 'coordination' must be .*; got 2.0"),
        ({"reward": {"speed": "0.3"}}, r"weight 'speed' must be a number .*; got '0.3'"),
        ({"reward": {"qualty": 0.5}}, r"some of \['quality', .*\]; got {'qualty': 0.5}"),
        ({"reward": 0.5}, r"reward must be a JointReward, or its weights by name.*got 0.5"),
        ({"reward": "joint"}, r"reward must be .*got 'joint'"),
    ],
)
def test_arguments(env_id: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(env_id, **arguments)


def test_whole_numbers_of_numpy_are_fine(env_id: str) -> None:
    env = make(env_id, team_size=np.int64(2), max_cycles=np.int32(3))
    env.reset(options={"task": np.int64(1)})
    assert env.possible_agents == ["agent_0", "agent_1"]
    wrapped = AgentDropout(env, at_round=np.int64(2), seed=np.int64(3))
    wrapped.reset(seed=0)
    assert env.episode.from_json(env.episode.to_json()) == env.episode


def test_unknown_env() -> None:
    with pytest.raises(ValueError, match=r"env id must be one of \[.*\]; got 'chess_v0'"):
        make("chess_v0")


def test_an_env_of_ones_own_by_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "from llm_collab_envs import ENV_MODULES",
        "from relay import RelayEnv as parallel_env",
        'ENV_MODULES["relay_v0"] = "relays"',
    )
    (tmp_path / "relays.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("llm_collab_envs.ENV_MODULES", dict(ENV_MODULES))
    monkeypatch.setattr("llm_collab_envs.registry.ENV_MODULES", llm_collab_envs.ENV_MODULES)
    env = make("relays:relay_v0", team_size=2)
    env.reset(seed=0)
    assert env.episode.replay() == env.episode
    with pytest.raises(ValueError, match=r"cannot import 'nowhere' .* folder into PYTHONPATH"):
        make("nowhere:relay_v0")
    with pytest.raises(ValueError, match=r"cannot import '\.' "):
        make(".:relay_v0")


def test_tasks_in_place_of_their_file() -> None:
    with pytest.raises(TypeError, match="tasks must be the path of a JSONL file; got list"):
        RelayEnv(tasks=[{"words": ["a"]}])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrap", [AgentDropout, Heterogeneous, KeepAlive, TokenObs, SingleAgentView, Centralized]
)
@pytest.mark.parametrize("env", [make_aec(RelayEnv)[1](), None, "relay_v0"])
def test_an_env_that_is_none_or_no_parallel_one(wrap: Any, env: Any) -> None:
    name = type(env).__name__
    with pytest.raises(TypeError, match=rf"is put on a ParallelEnv; got {name}. .* not by env\("):
        wrap(env)


def test_check_env_wants_what_makes_envs() -> None:
    with pytest.raises(TypeError, match=r"got one RelayEnv. Pass .* check_env\(MyEnv\)"):
        check_env(RelayEnv())  # type: ignore[arg-type]


@pytest.mark.parametrize("task", [-1, 10_000, "first", 1.5, None, True])
def test_task_index(task: Any) -> None:
    env = RelayEnv(split="test")
    with pytest.raises(
        ValueError, match=r"options\['task'\] must be a whole number between 0 and 9999"
    ):
        env.reset(options={"task": task})


def test_unknown_agent() -> None:
    env = RelayEnv()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=rf"actions name \['agent_9'\].* agents are {AGENTS}"):
        env.step({"agent_9": ""})


@pytest.mark.parametrize("action", [None, 3, b"<done/>", ["<done/>"]])
def test_action_that_is_no_string(action: Any) -> None:
    env = RelayEnv()
    env.reset(seed=0)
    name = type(action).__name__
    with pytest.raises(
        TypeError, match=f"action of agent_1 must be a string.* got {name}. Pass ''"
    ):
        env.step({"agent_1": action})


def test_step_out_of_turn() -> None:
    env = RelayEnv(max_cycles=1)
    with pytest.raises(RuntimeError, match=r"before reset\(\), or after the episode's end"):
        env.step({})
    env.reset(seed=0)
    env.step({})
    with pytest.raises(RuntimeError, match=r"Call reset\(\) first"):
        env.step({})


def test_no_episode_yet() -> None:
    env = RelayEnv(render_mode="ansi")
    for look in (env.state, env.render, lambda: env.episode):
        with pytest.raises(RuntimeError, match=r"no episode yet. Call reset\(\) first"):
            look()


def test_weights_by_name() -> None:
    assert RelayEnv(reward={"speed": 0.1}).reward == JointReward(speed=0.1)


def test_space_bound() -> None:
    with pytest.raises(ValueError, match="max_length must be 0 or more; got -1"):
        UnicodeText(-1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"holds no task. Write one JSON object a line"),
        ("\n\n", r"holds no task"),
        (
            "not json\n",
            r"line 1 is not a task: it is no JSON object with the keys that `task.to_dict\(\)` .*"
            r"JSONDecodeError",
        ),
        (
            '{"words": ["a"]}\n{"nothing": 1}\n',
            r"line 2 is not a task: the key 'words' is missing\.",
        ),
        ('{"words": ["a"], "wrods": 1}\n', r"there is no key 'wrods' here, only words\."),
        ("[1]\n", r"line 1 is not a task: it is no JSON object with the keys .* shows\.$"),
    ],
)
def test_tasks_file(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        RelayEnv(tasks=path)


def test_own_tasks_are_played_in_order(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    own = [{"words": [f"{name}{n}" for n in range(4)]} for name in ("Ab", "Cd")]
    path.write_text("\n\n".join(json.dumps(task) for task in own))
    env = RelayEnv(tasks=path)
    for index, task in enumerate(own):
        seen, _ = env.reset(options={"task": index})
        assert env.episode.task == task
        assert f"Your word: {task['words'][0]}" in seen["agent_0"]
    with pytest.raises(ValueError, match="between 0 and 1"):
        env.reset(options={"task": 2})
    assert env.episode.replay(RelayEnv) == env.episode


@pytest.mark.parametrize("limit", ["max_cycles", "talk"])
@pytest.mark.parametrize("value", [-1, 2.5])
def test_task_without_rounds_or_with_less_than_no_talk(
    env_id: str, limit: str, value: float, tmp_path: Path
) -> None:
    task = make(env_id).tasks[0].to_dict() | {limit: value}
    (tmp_path / "own.jsonl").write_text(json.dumps(task))
    with pytest.raises(ValueError, match=rf"line 1 .* '{limit}' must be a whole number"):
        make(env_id, tasks=tmp_path / "own.jsonl")


def test_tasks_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes('{"words": ["Bär"]}'.encode("latin-1"))
    with pytest.raises(ValueError, match=r"tasks\.jsonl is not UTF-8: .*Convert it"):
        RelayEnv(team_size=1, tasks=path)
    path.write_text('{"words": ["Bär"]}', encoding="utf-8-sig")
    assert RelayEnv(team_size=1, tasks=path).tasks[0].words == ("Bär",)


def test_log_of_another_task(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text('{"words": ["Ab"]}')
    env = RelayEnv(team_size=1, tasks=path)
    env.reset()
    path.write_text('{"words": ["Cd"]}')
    with pytest.raises(ValueError, match=r"task 0 of relay_v0 is not the one .*/tasks\.jsonl has"):
        env.episode.replay(RelayEnv)


def test_numpys_numbers() -> None:
    env = RelayEnv(reward={"quality": np.float32(0.5)})
    env.reset(seed=np.int64(3))
    assert EpisodeLog.from_json(env.episode.to_json()) == env.episode
    with pytest.raises(ValueError, match=r"seed must be a whole number, 0 or more; got -1"):
        env.reset(seed=-1)


def test_line_separators_inside_a_task_are_text(tmp_path: Path) -> None:
    task = make("section_writing_v0").tasks[0].to_dict() | {"subject": "Bako\u2028vel"}
    (tmp_path / "own.jsonl").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")
    assert len(make("section_writing_v0", tasks=tmp_path / "own.jsonl").tasks) == 1
