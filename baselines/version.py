"""The version of the envs that are installed, to the letter of their sources."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import llm_collab_envs


@cache
def version_of_envs() -> str:
    """Return the version of `llm_collab_envs` and a fingerprint of its sources: "0.1.0+4f1c...".

    Between two releases observations and scores change, and the version does not. What was played
    or trained with one of them does not go on with the other.
    """
    root = Path(llm_collab_envs.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{llm_collab_envs.__version__}+{digest.hexdigest()[:12]}"
