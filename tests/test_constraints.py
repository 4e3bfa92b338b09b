"""The versions that this repository is tested with are pinned, and are the ones here."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

TESTED = {
    "torch": "2.13.0",
    "trl": "1.16.0",
    "transformers": "5.23.0",
    "pettingzoo": "1.27.0",
    "gymnasium": "1.4.0",
}


@pytest.mark.parametrize("name", TESTED)
def test_is_pinned_and_installed(name: str) -> None:
    pins = (Path(__file__).parents[1] / "constraints.txt").read_text().splitlines()
    assert f"{name}=={TESTED[name]}" in [pin.split(" ;")[0] for pin in pins]
    assert metadata.version(name).split("+")[0] == TESTED[name]
