"""The suite's own tests of the envs, with the PettingZoo and Gymnasium that this venv has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
FILES = "pettingzoo contract core golden menus package spaces tensor_wrappers wrappers"

if __name__ == "__main__":
    files = [str(TESTS / f"test_{name}.py") for name in FILES.split()]
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--disable-warnings", *files]))
