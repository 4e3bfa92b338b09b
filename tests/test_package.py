"""The import stays light, and the package is what its metadata says."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest

import llm_collab_envs

HEAVY = ("torch", "transformers", "trl", "datasets", "pandas", "matplotlib", "rich", "baselines")


@pytest.mark.parametrize("module", ["", ".wrappers", ".interop.trl"])
def test_import_is_fast_and_light(module: str) -> None:
    code = (
        f"import sys, time\nstart = time.process_time()\nimport llm_collab_envs{module}\n"
        "print(time.process_time() - start)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    seconds, heavy = zip(*(run.stdout.splitlines() for run in runs), strict=True)
    assert min(map(float, seconds)) < 1.0
    assert set(heavy) == {"[]"}


def test_types_are_shipped() -> None:
    assert resources.files(llm_collab_envs).joinpath("py.typed").is_file()


TESTED = {
    "torch": "2.13.0",
    "trl": "1.16.0",
    "transformers": "5.23.0",
    "pettingzoo": "1.27.0",
    "gymnasium": "1.4.0",
}


@pytest.mark.parametrize("name", TESTED)
def test_the_tested_versions_are_pinned_and_are_the_ones_here(name: str) -> None:
    pins = (Path(__file__).parents[1] / "constraints.txt").read_text().splitlines()
    assert f"{name}=={TESTED[name]}" in [pin.split(" ;")[0] for pin in pins]
    assert metadata.version(name).split("+")[0] == TESTED[name]
