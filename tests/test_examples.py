"""The examples run, with short settings, and do what they say."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from baselines.models import TINY
from baselines.policies.chat_server import API_KEY
from baselines.policies.hf import load_model
from llm_collab_envs import make
from served import Answer, Server, expert

FOLDER = Path(__file__).parent.parent / "examples"
ENV = "section_writing_v0"


def example(number: str) -> SimpleNamespace:
    (path,) = FOLDER.glob(f"{number}_*.py")
    return SimpleNamespace(**runpy.run_path(str(path)))


def test_every_example_is_tested_and_says_how_to_run_it():
    source = Path(__file__).read_text()
    for path in FOLDER.glob("*.py"):
        assert f'example("{path.name[:2]}")' in source, path.name
        assert f"    python examples/{path.name}" in path.read_text()


def test_01_play_a_seat(capsys):
    """One who types what the expert would write has the expert's reward."""
    env = make(ENV, team_size=2)
    act = env._expert()
    observations, _ = env.reset(seed=0)
    lines = []
    while env.agents:
        actions = {agent: act(observations[agent]) for agent in env.agents}
        lines += [*actions["agent_0"].splitlines(), ""]
        observations, _, _, _, infos = env.step(actions)
    typed = iter(lines)
    assert example("01").main(lambda: next(typed)) == infos["agent_0"]["joint_reward"] > 0.9
    assert next(typed, None) is None
    shown = capsys.readouterr().out
    assert "You are agent_0 of 2" in shown
    assert "You are agent_1" not in shown


def test_02_write_an_env(capsys):
    module = example("02")
    assert "quality=1 " in module.main()
    assert "market_v0 keeps the contract" in capsys.readouterr().out
    for size in (1, 2, 4):
        env = module.MarketEnv(team_size=size, split="test", difficulty="hard")
        observations, infos = env.reset(seed=3)
        while env.agents:
            actions = {agent: module.expert(observations[agent]) for agent in env.agents}
            observations, _, _, _, infos = env.step(actions)
        assert infos["agent_0"]["joint_reward"] > 0.95


def test_03_advantages_by_hand():
    advantages = example("03").leave_one_out(np.array([[1.0, 0.0, 0.5], [0.2, 0.2, 0.2]]))
    assert advantages == pytest.approx(np.array([[0.75, -0.75, 0.0], [0.0, 0.0, 0.0]]))


@pytest.mark.parametrize("advantage", [1.0, -1.0])
def test_03_an_update_favours_what_was_paid(advantage, monkeypatch):
    module = example("03")
    exact = module.log_probs.__globals__  # what bf16 rounds away is more than one update
    monkeypatch.setitem(exact, "inference_dtype", lambda: torch.float32)
    network, tokenizer = load_model(TINY, torch.float32)
    context = module.Context(tokenizer)
    teams = []
    env = make(ENV, team_size=2)
    observations, _ = env.reset(options={"task": 0})
    for text in ("<submit>a</submit><done/>", "<done/>"):
        ids = (*tokenizer(text)["input_ids"], tokenizer.eos_token_id)
        reply = module.Reply(text, ids)
        teams.append({a: module.History([seen], [reply]) for a, seen in observations.items()})

    def likelihoods() -> list[float]:
        rows = [module.training_row(context, team["agent_1"]) for team in teams]
        with torch.no_grad():
            return [
                float(module.log_probs(network, row.prompt_ids, row.completion_ids).sum())
                for row in rows
            ]

    before = likelihoods()
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    module.update(network, optimizer, context, teams, [advantage, -advantage])
    after = likelihoods()
    assert advantage * (after[0] - after[1]) > advantage * (before[0] - before[1])


SHORT = {"tasks": 1, "episodes": 2, "max_new_tokens": 200}


def test_03_reinforce():
    (reward,) = example("03").main(steps=1, **SHORT)
    assert 0.2 < reward < 0.9, "the warm start plays, which is neither hopeless nor perfect"


@pytest.mark.slow
def test_03_the_second_step_is_played_by_what_was_learnt_in_the_first():
    untaught, overtaught = (
        example("03").main(steps=2, **SHORT, learning_rate=rate)[1] for rate in (0.0, 1e-2)
    )
    assert overtaught < untaught - 0.1


@pytest.mark.slow
def test_04_train_grpo(tmp_path):
    settings = {"teams": (2, 1), "num_generations": 2, "micro_batch": 6, "steps": 1}
    out = example("04").main(tmp_path, 2, 2, **settings, max_new_tokens=320)
    assert (out / "policy" / "model.safetensors").exists()
    rewards = {
        name: [json.loads(line)["joint_reward"] for line in (out / f"{name}.jsonl").open()]
        for name in ("before", "after", "expert")
    }
    assert {len(of) for of in rewards.values()} == {2}
    assert max(rewards["before"]) < min(rewards["expert"])
    assert example("04").main(tmp_path, 2, 2, **settings, max_new_tokens=320) == out


def test_05_evaluate_endpoint(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(API_KEY, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    out = tmp_path / "endpoint.jsonl"
    with Server(expert(ENV, 4)) as server:
        assert example("05").main(server.url, "served", 3, out) == 0
    assert len(out.read_text().splitlines()) == 3
    assert {body["model"] for body in server.bodies} == {"served"}
    shown = capsys.readouterr().out
    assert "served" in shown
    assert "expert" in shown
    with Server(lambda body: Answer(400, b"[red]no[/red]")) as server:
        assert example("05").main(server.url, "served", 3, tmp_path / "other.jsonl") == 2
    said = " ".join(capsys.readouterr().out.split())
    assert "answered 400 ([red]no[/red]). 0 of 3 episodes are saved" in said


def test_06_marl(tmp_path, capsys):
    pytest.importorskip("benchmarl", reason="tests/interop/run_benchmarl.py runs it too")
    rewards = example("06").main(tmp_path, iterations=2, frames=120, test_tasks=2)
    assert rewards["random menu"] < 0.6
    assert rewards["expert"] > 0.9
    assert "MAPPO: joint reward" in capsys.readouterr().out
    assert (tmp_path / "learning_curve.png").stat().st_size > 10_000
