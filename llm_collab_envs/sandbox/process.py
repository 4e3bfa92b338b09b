"""One child process: started, fed, read up to a cap and a deadline, and never left behind."""

from __future__ import annotations

import contextlib
import marshal
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from types import CodeType
from typing import IO, Literal

from llm_collab_envs.sandbox.child import BOOT, READY
from llm_collab_envs.sandbox.outcome import Call, Limits, Outcome, Status
from llm_collab_envs.sandbox.transcript import (
    DRIVER,
    call_lines,
    conclude,
    output_bytes,
    read_answers,
)

# Sets of strings must come in the same order in every run, which -I would undo: it ignores this
# variable. -s, -S and an environment that is otherwise empty leave nothing of the rest that -I
# keeps out, and the child drops the current folder from its path.
PYTHON_OPTIONS = ("-s", "-S", "-c", BOOT)
ENVIRONMENT = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
_OPEN_FILES = 64
_FILE_BYTES = 1_000_000
_GRACE_SECONDS = 5.0
_PAUSE_SECONDS = 0.0003  # a child that has closed its output is gone within a millisecond or two
_CHUNK = 65_536


@dataclass(frozen=True)
class Ending:
    """How a child came to its end.

    Attributes:
        text: What it wrote.
        cause: Whether it closed its output, or the judge ended it at a limit.
        signal: The signal that ended it, or 0.
        cpu_seconds: Processor time that it used.
    """

    text: str
    cause: Literal["closed", "timeout", "output"]
    signal: int
    cpu_seconds: float


def run_child(
    converse: Callable[[bytes, Limits], Ending],
    source: str,
    calls: Sequence[Call],
    limits: Limits,
    backend: str,
) -> Outcome:
    """Run a program in an interpreter of its own.

    Args:
        converse: Starts the interpreter, gives it what is to be run, and reads what it writes.
        source: The program.
        calls: The calls.
        limits: What the run may use.
        backend: What the outcome says it ran in.

    Raises:
        RuntimeError: If the interpreter did not start, which is no fault of the program.
    """
    job = (source, _driver(), call_lines(calls, limits.output_chars), _rlimits(limits))
    ending = converse(marshal.dumps((_child(), job)), limits)
    if not ending.text.startswith(READY):
        said = ending.text.strip().splitlines() or [f"{ending.cause}, signal {ending.signal}"]
        raise RuntimeError(
            f"The {backend} sandbox did not start: {said[0][:200]}; raise memory_mb and "
            "wall_seconds of the limits, or free some memory and processes of this machine."
        )
    answers = read_answers(ending.text, calls)
    return conclude(answers, calls, *_judge(ending, limits), backend)


def _judge(ending: Ending, limits: Limits) -> tuple[Status, str]:
    """What a run comes to whose child did not say so itself."""
    if ending.cause == "output":
        return "output", f"more than {output_bytes(limits)} bytes of output"
    if ending.cause == "timeout":
        return "timeout", f"still running after {limits.wall_seconds:g} seconds"
    # The kernel kills at the limit, but counts by ticks there and exactly here.
    much = ending.cpu_seconds >= 0.5 * _cpu_seconds(limits)
    if ending.signal == signal.SIGXCPU or (ending.signal == signal.SIGKILL and much):
        return "timeout", f"more than {_cpu_seconds(limits)} seconds of processor time"
    if ending.signal:
        return "crash", f"ended by signal {ending.signal}"
    return "ok", ""


def _rlimits(limits: Limits) -> tuple[tuple[str, int], ...]:
    """Limits of the kernel's, by their names in the module `resource`."""
    shared = (
        ("RLIMIT_CPU", _cpu_seconds(limits)),
        ("RLIMIT_AS", limits.memory_mb * 2**20),
        ("RLIMIT_FSIZE", _FILE_BYTES),
        ("RLIMIT_NOFILE", _OPEN_FILES),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_MEMLOCK", 0),
    )
    # Processes are counted for the whole user, who may have many: none may be added.
    return (*shared, ("RLIMIT_NPROC", 0), *((("RLIMIT_MSGQUEUE", 0),) if _LINUX else ()))


_LINUX = sys.platform == "linux"


def _cpu_seconds(limits: Limits) -> int:
    """Processor time in whole seconds, which is what the kernel counts."""
    return max(1, -int(-limits.seconds // 1))


@cache
def _driver() -> CodeType:
    """The driver, compiled once."""
    return compile(DRIVER, "<sandbox>", "exec", 0, True)


@cache
def _child() -> CodeType:
    """What runs in the child, compiled once."""
    path = Path(__file__).with_name("child.py")
    return compile(path.read_text(encoding="utf-8"), "<sandbox>", "exec", 0, True)


def start(
    payload: bytes, limits: Limits, *, command: Sequence[str], pass_fds: Sequence[int] = ()
) -> Ending:
    """Start a child by a command, read what it writes, and wait until it is gone."""
    with _input(payload) as stdin:
        child = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            pass_fds=pass_fds,
            start_new_session=True,
            bufsize=0,
        )
    cause: Literal["closed", "timeout", "output"] = "timeout"
    text = ""
    waited: tuple[int, float] | None = None
    assert child.stdout is not None
    try:
        deadline = time.monotonic() + limits.wall_seconds
        text, cause = read(child.stdout.fileno(), deadline, output_bytes(limits))
        if cause == "closed":
            waited = _wait(child, _GRACE_SECONDS)
    finally:
        # Without isolation a child may have left others behind in its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        waited = waited or _wait(child, None)
        child.stdout.close()
    assert waited is not None
    return Ending(text, cause, *waited)


def _input(payload: bytes) -> IO[bytes]:
    """A file to read from, so that no child that does not read can hold up the judge."""
    # Whoever asked for the file closes it.
    file: IO[bytes] = os.fdopen(os.memfd_create("job"), "w+b") if _LINUX else TemporaryFile()  # noqa: SIM115
    file.write(payload)
    file.seek(0)
    return file


def read(
    pipe: int, deadline: float, most: int
) -> tuple[str, Literal["closed", "timeout", "output"]]:
    """Read until the pipe is closed, the deadline has passed or too much has come."""
    poller = select.poll()
    poller.register(pipe, select.POLLIN)
    chunks: list[bytes] = []
    size = 0
    cause: Literal["closed", "timeout", "output"] = "closed"
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            cause = "timeout"
            break
        if not poller.poll(min(left, 60.0) * 1000):
            continue
        chunk = os.read(pipe, _CHUNK)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            cause = "output"
            break
    return b"".join(chunks).decode("utf-8", "replace"), cause


def _wait(child: subprocess.Popen[bytes], seconds: float | None) -> tuple[int, float] | None:
    """Reap the child; its signal and processor time, or None where it is still there."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(child.pid, 0 if deadline is None else os.WNOHANG)
        if pid:
            break
        if deadline is not None and time.monotonic() > deadline:
            return None
        time.sleep(_PAUSE_SECONDS)
    child.returncode = code = os.waitstatus_to_exitcode(status)
    # A shell's way of putting it, and bubblewrap's: 128 and the number of the signal.
    ended_by = -code if code < 0 else code - 128 if code > 128 else 0
    return ended_by, usage.ru_utime + usage.ru_stime
