"""Files of episode logs: one line of JSON for each episode, what was said and done in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from baselines.errors import CommandError, reason
from baselines.locking import lock
from llm_collab_envs import EpisodeLog

_BEGIN = b'{"version": '  # of a log


class LogsFile:
    """Adds the logs of whole batches to a file, as a batch that is broken off is played again.

    What a kill has left of a line at the end is dropped. The file is this run's alone until it
    leaves its `with`; not on Windows, and not on a file system that has no locks.

    Args:
        path: The file; it need not exist.

    Raises:
        CommandError: Where it holds something else, another run uses it, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        """See that it can be written, before time is spent on playing."""
        self._path = path
        self._waiting: list[str] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+", encoding="utf-8")
        except OSError as problem:
            raise self._unwritten(problem) from problem
        try:
            self._take()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> LogsFile:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the file to other runs; where nothing was written, none."""
        self._file.close()
        if not self._path.stat().st_size:
            self._path.unlink()

    def append(self, logs: Iterable[EpisodeLog], batch: int) -> None:
        """Add the logs of episodes that have ended, once as many are here as make their batch."""
        self._waiting += [log.to_json() + "\n" for log in logs]
        if len(self._waiting) < batch:
            return
        try:
            self._file.writelines(self._waiting)
            self._file.flush()
        except OSError as problem:
            raise self._unwritten(problem) from problem
        self._waiting = []

    def _take(self) -> None:
        """Keep other runs out, and see what is there."""
        if not lock(self._file):
            raise CommandError(
                f"another run is writing {self._path}. Wait for it, or give another --logs."
            )
        lines = self._path.read_bytes().splitlines(keepends=True)
        if lines and lines[0].endswith(b"\n"):
            _read(self._path, lines[0].decode(errors="replace"), 1)
        elif lines and not _BEGIN.startswith(lines[0][: len(_BEGIN)]):
            raise _foreign(self._path, 1)
        if lines and not lines[-1].endswith(b"\n"):
            self._file.truncate(sum(map(len, lines[:-1])))

    def _unwritten(self, problem: OSError) -> CommandError:
        return CommandError(
            f"cannot write {self._path}: {reason(problem)}. Mend that, or give another --logs."
        )


def read_logs(path: Path) -> Iterator[EpisodeLog]:
    """Yield the logs of a file, but for one at its end that a kill cut off.

    Raises:
        CommandError: For a file that cannot be read, or a line that is no log.
    """
    try:
        *lines, _ = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        said = reason(problem) if isinstance(problem, OSError) else "it is no text"
        raise CommandError(f"cannot read {path}: {said}. Give a file of --logs.") from problem
    return (_read(path, line, number) for number, line in enumerate(lines, 1))


def _read(path: Path, line: str, number: int) -> EpisodeLog:
    try:
        return EpisodeLog.from_json(line)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise _foreign(path, number) from problem


def _foreign(path: Path, number: int) -> CommandError:
    return CommandError(
        f"{path}, line {number} is no episode's log. Give a file that `llm-collab evaluate` wrote "
        "by --logs."
    )
