"""How the tiny model is made: its runs can be done again from what was written down."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from baselines.models import TINY, vocabulary
from baselines.models.pretrain import MADE, USUAL_SHARES, again
from baselines.models.recipe import Recipe
from baselines.models.teachers import TEACHERS, Shares
from llm_collab_envs import make
from llm_collab_envs.coding.human_eval.tasks import numbers
from play import play

SMALL = Recipe(
    vocab_size=400,
    hidden=32,
    layers=("conv", "full_attention"),
    heads=2,
    copy_steps=1,
    steps=1,
    batch_tokens=512,
    optimizer="adamw",
    rate=1e-3,
)


def test_what_made_tiny_can_be_read() -> None:
    for run in json.loads((TINY / MADE).read_text()):
        recipe = Recipe.from_dict(run["recipe"])
        assert json.loads(json.dumps(asdict(recipe))) == run["recipe"]
        assert {env: asdict(Shares(**s)) for env, s in run["shares"].items()} == run["shares"]
        assert run["shares"].keys() == {env for env, _ in recipe.envs}
        assert run["steps_done"] == recipe.copy_steps + recipe.steps


@pytest.mark.slow
def test_its_runs_are_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each goes on from the one before, with its own shares and vocabulary."""
    monkeypatch.setattr(vocabulary, "EPISODES", 2)
    later = replace(SMALL, vocab_size=420, copy_steps=0, seed=1, envs=(("function_pair_v0", 1.0),))
    shares = {"function_pair_v0": asdict(Shares(tell=0.5))}
    runs = [
        {"recipe": asdict(SMALL), "shares": {e: asdict(USUAL_SHARES[e]) for e, _ in SMALL.envs}},
        {"recipe": asdict(later), "shares": shares},
    ]
    made = tmp_path / MADE
    made.write_text(json.dumps(runs))
    weights = []
    for name in ("one", "two"):
        again(made, tmp_path / name)
        written = json.loads((tmp_path / name / MADE).read_text())
        assert [{k: run[k] for k in ("recipe", "shares")} for run in written] == json.loads(
            made.read_text()
        )
        weights.append(AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict())
    first = AutoModelForCausalLM.from_pretrained(tmp_path / "one" / "run_1").state_dict()
    one, two = weights
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not all(torch.equal(one[key], first[key]) for key in one if "embed" not in key)


@pytest.mark.parametrize("env_id", sorted(set(TEACHERS) - {"human_eval_v0"}))
def test_teachers_err_in_the_shares_they_are_given(env_id: str) -> None:
    env = make(env_id)
    rng = np.random.default_rng(0)
    perfect = TEACHERS[env_id](rng, Shares(1.0, 1.0, 1.0, chat=0, hasty=0, wait=0, idle=0))
    mute = TEACHERS[env_id](rng, Shares(0.0, 1.0, 1.0, chat=0, hasty=0, wait=0, idle=0))
    assert play(env, perfect)["quality"] == 1.0
    infos = play(env, mute)
    assert infos["quality"] < 0.8
    assert infos["message_tokens"] == 0
    assert play(make(env_id, team_size=1), mute)["quality"] == 1.0


@pytest.mark.parametrize("team_size", [1, 2])
def test_no_solution_of_human_eval_is_taught(team_size: int) -> None:
    """The teacher knows who calls what, and computes nothing."""
    env = make("human_eval_v0", team_size=team_size)
    shares = Shares(1.0, 1.0, 1.0, chat=0, hasty=0, wait=0, idle=0)
    teacher = TEACHERS["human_eval_v0"](np.random.default_rng(0), shares)
    for task in range(len(numbers("train"))):
        infos = play(env, teacher, task)
        assert infos["malformed"] == 0
        parts = "\n".join(env.parts.values())
        returned = re.findall(r"^    (?!return \w+$)(.+)$", parts, re.MULTILINE)
        if team_size == 1:
            assert not returned
        else:
            [call] = returned
            helper = env.tasks[task].helper
            assert re.match(rf"return {helper}\(", call)
