"""The folder of a training run: one run's alone, and it says what that run is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from baselines.config import TrainConfig
from baselines.errors import CommandError, reason
from baselines.fingerprint import fingerprint
from baselines.locking import lock
from baselines.version import version_of_envs

CONFIG = "run.json"
# Of a run that goes on: how much is done at once does not decide what is trained, nor on what, and
# of files it is what they hold that counts.
_MAY_CHANGE = ("out", "tasks", "rollout_batch", "micro_batch", "save_every")


def prepare_folder(config: TrainConfig, resume: bool, processes: int) -> None:
    """Create the run's folder, or check that the run in it is the one that is to go on.

    Raises:
        CommandError: Where the folder is not empty or cannot be written, or holds no run to resume
            or another one.
    """
    if not resume:
        _claim(config, processes)
        return
    try:
        begun = (config.out / CONFIG).exists()
    except OSError as problem:
        raise _unwritten(config.out, problem) from problem
    if not begun:
        raise CommandError(f"there is no run to resume in {config.out}. Leave out --resume.")
    for name, (stored, now) in started_otherwise(config, processes).items():
        raise CommandError(
            f"the run in {config.out} was started with {name}={stored!r}, not {now!r}. Resume it "
            "with the same, or train anew with another --out."
        )


def started_otherwise(config: TrainConfig, processes: int = 1) -> dict[str, tuple[Any, Any]]:
    """Return what the run in `config.out` has otherwise, {name: (then, now)}; the envs count.

    How much is done at once, and how often it is saved, does not.

    Raises:
        CommandError: Where it cannot be read what the run is.
    """
    asked, stored = _decided(config, processes), _stored(config.out)
    names = [name for name in asked if name not in _MAY_CHANGE]
    return {n: (stored.get(n), asked[n]) for n in names if asked[n] != stored.get(n)}


@contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Keep other processes from going on with the run in a folder, where the system has locks.

    Raises:
        CommandError: Where one does, or the folder cannot be written.
    """
    if sys.platform == "win32":  # has none, and does not let go of a file that is open
        yield
        return
    try:
        file = (folder / CONFIG).open("ab")
    except OSError as problem:
        raise _unwritten(folder, problem) from problem
    with file:
        if not lock(file):
            raise CommandError(
                f"another process is training in {folder}. Wait for it, or choose another --out."
            )
        yield


def _claim(config: TrainConfig, processes: int) -> None:
    """Write down the run in an empty folder; of two at the same time only one succeeds."""
    text = json.dumps(_decided(config, processes), indent=1) + "\n"
    try:
        config.out.mkdir(parents=True, exist_ok=True)
        used = any(config.out.iterdir()) or not _create(config.out / CONFIG, text)
    except OSError as problem:
        raise _unwritten(config.out, problem) from problem
    if used:
        raise CommandError(
            f"the output folder {config.out} exists and is not empty. Choose another --out, or "
            "go on with the run in it by --resume."
        )


def _stored(folder: Path) -> dict[str, Any]:
    try:
        stored = json.loads((folder / CONFIG).read_text())
    except (OSError, ValueError):
        stored = None
    if not isinstance(stored, dict):
        raise CommandError(
            f"{folder / CONFIG} does not say what the run is, as after a kill in its first moment. "
            "Remove the folder, or choose another --out."
        )
    return stored


def _unwritten(folder: Path, problem: OSError) -> CommandError:
    return CommandError(
        f"cannot write to the output folder {folder}: {reason(problem)}. Mend that, or choose "
        "another --out."
    )


def _create(path: Path, text: str) -> bool:
    """Write a new file, all of it or none where the disk is full; False where there is one."""
    try:
        file = path.open("x")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(text)
    except OSError:
        path.unlink()
        raise
    return True


def _decided(config: TrainConfig, processes: int) -> dict[str, Any]:
    """Return what decides a run, as JSON has it; each process has its own chance."""
    decided = {
        **asdict(config),
        "tasks_content": fingerprint(config.tasks),
        "processes": processes,
        "llm_collab_envs": version_of_envs(),
    }
    return dict(json.loads(json.dumps(decided, default=str)))
