"""The shipped model: small enough for git, and complete."""

from __future__ import annotations

import json

from baselines.models import TINY
from baselines.policies.hf import HFPolicy


def test_fits_into_git():
    assert sum(path.stat().st_size for path in TINY.iterdir()) <= 8_000_000


def test_has_three_to_four_million_parameters_and_says_how_it_was_made():
    policy = HFPolicy.load(TINY)
    assert 3_000_000 <= policy.model.num_parameters() <= 4_000_000
    made = json.loads((TINY / "made.json").read_text())
    assert made["steps_done"] == made["recipe"]["copy_steps"] + made["recipe"]["steps"]
