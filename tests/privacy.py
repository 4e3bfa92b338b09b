"""Who reads what: change what one agent alone knows, and no other agent's observation changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs import make


class Privacy:
    """What tests of an env's privacy inherit."""

    env: ClassVar[str]

    def observe(self, task: Any, team_size: int, folder: Path) -> list[str]:
        """Return every agent's first observation of a task of one's own."""
        path = folder / "tasks.jsonl"
        path.write_text(json.dumps(task.to_dict()))
        env = make(self.env, team_size=team_size, tasks=path)
        return [*env.reset(options={"task": 0})[0].values()]

    def changed(self, task: Any, other: Any, team_size: int, folder: Path) -> list[int]:
        """Return the agents that can tell one task from another at the start."""
        before, after = (self.observe(t, team_size, folder) for t in (task, other))
        return [n for n in range(team_size) if before[n] != after[n]]
