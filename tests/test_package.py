"""The import stays light, and the package is what its metadata says."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata, resources

import pytest

import llm_collab_envs

HEAVY = ("torch", "transformers", "trl", "datasets", "pandas", "matplotlib", "rich", "baselines")


@pytest.mark.parametrize("module", ["", ".wrappers", ".interop.trl"])
def test_import_is_fast_and_light(module: str) -> None:
    """In CPU seconds, which other processes on the machine do not lengthen."""
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


def test_depends_on_no_more_than_it_says() -> None:
    """What is needed beyond these three is an extra."""
    core = [line for line in metadata.requires("llm-collab-envs") or () if "extra ==" not in line]
    names = {re.split(r"[^\w-]", line)[0] for line in core}
    assert names == {"numpy", "gymnasium", "pettingzoo"}


def test_types_are_shipped() -> None:
    assert resources.files(llm_collab_envs).joinpath("py.typed").is_file()
