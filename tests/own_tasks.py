"""A file of one's own tasks: generated ones, so that it is known what is to come of them."""

from __future__ import annotations

import json
from pathlib import Path

from llm_collab_envs import make


def save_tasks(path: Path, number: int) -> Path:
    """Write the first tasks of the train split to a file, and return its path."""
    tasks = [make("section_writing_v0").tasks[index].to_dict() for index in range(number)]
    path.write_text("".join(f"{json.dumps(task)}\n" for task in tasks))
    return path
