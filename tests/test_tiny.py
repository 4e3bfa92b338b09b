"""The shipped model: small enough for git, complete, and as good and as bad as its card says."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from baselines.evaluate import EvalConfig, evaluate
from baselines.models import TINY
from baselines.policies.hf import HFPolicy
from llm_collab_envs import make

EPISODES = 32
STAGES = json.loads((TINY / "made.json").read_text())
# What it is to be worth as a team of 4, as shares of the expert, and its least quality alone.
TEAM = {
    "function_pair_v0": (0.10, 0.75),
    "module_assembly_v0": (0.05, 0.75),
    "section_writing_v0": (0.30, 0.75),
}
ALONE = {"function_pair_v0": 0.75, "module_assembly_v0": 0.15, "section_writing_v0": 0.95}
SPOKEN = {env for stage in STAGES for env, _ in stage["recipe"]["envs"]}


def test_fits_into_git():
    assert sum(path.stat().st_size for path in TINY.iterdir()) <= 8_000_000


def test_is_there_offline_in_bf16_with_a_vocabulary_of_its_own():
    tokenizer = AutoTokenizer.from_pretrained(TINY, local_files_only=True)
    text = "<submit># Trade</submit>"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    weights = load_file(TINY / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    assert len(tokenizer) in {weight.shape[0] for weight in weights.values()}


def test_has_three_to_four_million_parameters_and_says_how_it_was_made():
    policy = HFPolicy.load(TINY)
    assert 3_000_000 <= policy.model.num_parameters() <= 4_000_000
    assert {"bug_repair_v0", "human_eval_v0", *TEAM} == SPOKEN
    assert TEAM.keys() == ALONE.keys()
    for stage in STAGES:
        assert stage["steps_done"] == stage["recipe"]["copy_steps"] + stage["recipe"]["steps"]


def mean(env: str, policy: str, team_size: int, figure: str) -> float:
    config = EvalConfig(env, policy, team_size, episodes=EPISODES, max_new_tokens=1024)
    return sum(record[figure] for record in evaluate(config)) / EPISODES


@pytest.mark.slow
@pytest.mark.parametrize("env", TEAM)
def test_coordinates_badly_and_so_has_something_to_learn(env):
    """Sampled at temperature 1, as in training."""
    least, most = TEAM[env]
    expert = mean(env, "expert", 4, "joint_reward")
    assert least * expert <= mean(env, "tiny", 4, "joint_reward") <= most * expert


@pytest.mark.slow
@pytest.mark.parametrize("env", ALONE)
def test_is_an_honest_solo_baseline(env):
    assert mean(env, "tiny", 1, "quality") >= ALONE[env]


@pytest.mark.slow
@pytest.mark.parametrize("team_size", [1, 4])
@pytest.mark.parametrize("env", sorted(SPOKEN))
def test_keeps_to_the_grammar(env, team_size):
    """Replies of one episode in eight are broken at most, and a reply has an end."""
    size = min(team_size, make(env, team_size=1).largest_team)
    assert mean(env, "tiny", size, "malformed") <= 1 / 8
    assert mean(env, "tiny", size, "cut_replies") <= 1 / 8
