"""Print the day, and what this venv has of the packages that a file of requirements pins."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path


def pins(path: Path) -> dict[str, str]:
    """The versions that a file of requirements pins, by package."""
    return dict(re.findall(r"^(\S+)==(\S+)", path.read_text(), re.MULTILINE))


if __name__ == "__main__":
    found = [f"{name} {version(name.partition('[')[0])}" for name in pins(Path(sys.argv[1]))]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}: {', '.join(found)}")
