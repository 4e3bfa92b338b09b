"""Files of episode logs: one line of JSON for each episode, what was said and done in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from baselines.errors import CommandError, reason
from llm_collab_envs import EpisodeLog


class LogsFile:
    """Adds the logs of whole batches to a file, as a batch that is broken off is played again.

    Args:
        path: The file; it need not exist. None writes nothing.

    Raises:
        CommandError: Where it cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        """See that it can be written, before time is spent on playing."""
        self._path = path
        self._waiting: list[str] = []
        if path:
            is_new = not path.exists()
            self._write("")
            if is_new:
                path.unlink()

    def append(self, logs: Iterable[EpisodeLog], batch: int) -> None:
        """Add the logs of episodes that have ended, once as many are here as make their batch."""
        if self._path:
            self._waiting += [log.to_json() + "\n" for log in logs]
        if len(self._waiting) >= batch:
            self._write("".join(self._waiting))
            self._waiting = []

    def _write(self, lines: str) -> None:
        assert self._path
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as problem:
            raise CommandError(
                f"cannot write {self._path}: {reason(problem)}. Mend that, or give another --logs."
            ) from problem


def read_logs(path: Path) -> Iterator[EpisodeLog]:
    """Yield the logs of a file.

    Raises:
        CommandError: For a file that cannot be read, or a line that is no log.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        said = reason(problem) if isinstance(problem, OSError) else "it is no text"
        raise CommandError(f"cannot read {path}: {said}. Give a file of --logs.") from problem
    for number, line in enumerate(lines, 1):
        try:
            yield EpisodeLog.from_json(line)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise CommandError(
                f"{path}, line {number} is no episode's log. Give a file that `llm-collab "
                "evaluate` wrote by --logs."
            ) from problem
