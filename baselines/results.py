"""ResultsFile: one JSON line for each episode, safe against being killed at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from baselines.errors import CommandError, reason
from baselines.locking import lock
from baselines.version import version_of_envs

Record = dict[str, Any]

FIGURES = (  # that every episode has; others are an env's own, or what a server may not count
    "joint_reward",
    "quality",
    "speed",
    "coordination_cost",
    "critical_path",
    "message_tokens",
    "malformed",
    "rounds",
    "env_tokens",
    "seconds",
)


class ResultsFile:
    """The episodes of one configuration, appended batch by batch.

    A record says by "batch" how many were played with it, itself among them; these stand together.
    A batch that is not whole at the end of the file, as a kill or a full disk leaves it, is dropped
    and its episodes count as missing. The file is this run's alone until it is closed, or leaves a
    `with`; not on Windows, and not on a file system that has no locks. One that holds all the tasks
    is only read, wherever it is and whoever writes it.

    Args:
        path: The file; it need not exist.
        identity: The fields that all its lines share, the first of them "env"; what differs there,
            or in the sources of llm_collab_envs, is another configuration.
        tasks: What is to be in it in the end.

    Raises:
        CommandError: Where the file holds something else, another run uses it, or it cannot be
            read or written.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], tasks: Iterable[int]) -> None:
        """Read what is there."""
        self.path = path
        self._identity = dict(identity)
        self.records: dict[int, Record] = {}
        self._waiting: list[Record] = []
        self._is_new = self._is_missing()
        self._lock: IO[bytes] | None = None
        if not self._is_new:
            self._read_all()
        if self.records.keys() >= set(tasks):
            return
        self._lock = self._locked()
        try:
            keep = self._read_all()  # once more, as another run may have written until now
            if keep is not None:
                self._write(b"", keep)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ResultsFile:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Leave the file to other runs; where there was none, and nothing was written, none."""
        if self._lock is None:
            return
        self._lock.close()
        if self._is_new and self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()

    def append(self, records: Sequence[Record]) -> None:
        """Write records to the disk, all the way, once all of their batch are here.

        Raises:
            CommandError: Where the disk does not take them.
        """
        self._waiting += records
        if not self._waiting or len(self._waiting) < self._waiting[0]["batch"]:
            return
        whole = sorted(self._waiting, key=lambda record: record["task"])
        self._write("".join(json.dumps(record) + "\n" for record in whole).encode())
        self.records.update({record["task"]: record for record in whole})
        self._waiting = []

    def _is_missing(self) -> bool:
        """Whether there is no file yet; what cannot be one shows here."""
        try:
            missing = not self.path.exists()
            if not missing and not self.path.is_file():
                raise CommandError(f"{self.path} is not a file. Give another --out.")
        except OSError as problem:
            raise self._unread(problem) from problem
        return missing

    def _locked(self) -> IO[bytes]:
        """Open the file and keep other runs out; what cannot be written shows here."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("ab")
        except OSError as problem:
            raise self._unwritten(problem) from problem
        if not lock(file):
            file.close()
            raise CommandError(
                f"another run is writing {self.path}. Wait for it, or give another --out."
            )
        return file

    def _read_all(self) -> int | None:
        """Read the whole batches; return how many bytes they are, where there is more."""
        try:
            data = self.path.read_bytes()
        except OSError as problem:
            raise self._unread(problem) from problem
        *lines, cut_off = data.split(b"\n")
        batch: list[Record] = []
        read = whole = 0  # bytes
        for number, line in enumerate(lines, 1):
            batch.append(self._read(line, number))
            read += len(line) + 1
            if len(batch) >= batch[0]["batch"]:
                self.records.update({record["task"]: record for record in batch})
                batch, whole = [], read
        if not self._is_cut_record(cut_off):
            raise self._foreign(len(lines) + 1)
        return whole if whole < len(data) else None

    def _write(self, lines: bytes, keep: int | None = None) -> None:
        """Append lines, after cutting the file to `keep` bytes if that is given."""
        try:
            with self.path.open("ab") as file:
                if keep is not None:
                    file.truncate(keep)
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise self._unwritten(problem) from problem

    def _unread(self, problem: OSError) -> CommandError:
        return CommandError(f"cannot read {self.path}: {reason(problem)}. Give another --out.")

    def _unwritten(self, problem: OSError) -> CommandError:
        mend = "The episodes that are in it are kept: mend" if self.records else "Mend"
        return CommandError(
            f"cannot write {self.path}: {reason(problem)}. {mend} that and run the same command "
            "again, or give another --out."
        )

    def _read(self, line: bytes, number: int) -> Record:
        try:
            record: Record = json.loads(line)
            found = {name: record[name] for name in self._identity}
            found["llm_collab_envs"] = record["versions"]["llm_collab_envs"]
            if any(type(record[name]) is not int for name in ("task", "batch")):
                raise TypeError
            if not all(isinstance(record[name], int | float) for name in FIGURES):
                raise TypeError
            if not isinstance(record["cut_replies"], int | None):
                raise TypeError
        except (ValueError, TypeError, KeyError) as problem:
            raise self._foreign(number) from problem
        for name, value in {**self._identity, "llm_collab_envs": version_of_envs()}.items():
            if found[name] != value:
                raise CommandError(
                    f"{self.path} holds results of another configuration: {name} is "
                    f"{found[name]!r} there and {value!r} here. Give another --out, or delete it."
                )
        return record

    def _is_cut_record(self, tail: bytes) -> bool:
        """Whether the end of the file can be what a killed `append` left."""
        begin = f'{{"{next(iter(self._identity))}": '.encode()
        written = tail.rstrip(b"\0")[: len(begin)]  # a power cut may leave zeros
        return begin.startswith(written)

    def _foreign(self, number: int) -> CommandError:
        return CommandError(
            f"{self.path}, line {number} is not a line of results. Give another --out."
        )
