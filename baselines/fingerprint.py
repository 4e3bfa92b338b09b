"""Fingerprint: what files hold, in a few letters; their names do not say it."""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(*paths: Path | None) -> str | None:
    """Return a fingerprint of what files hold, in their order; None where there is none."""
    files = [path for path in paths if path is not None]
    if not files:
        return None
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest()[:16]
