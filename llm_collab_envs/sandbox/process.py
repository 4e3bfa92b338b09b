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
from types import CodeType
from typing import IO, Literal

from llm_collab_envs.sandbox.child import BOOT, READY
from llm_collab_envs.sandbox.outcome import Call, Limits, Outcome, Status
from llm_collab_envs.sandbox.transcript import (
    DRIVER,
    Transcript,
    call_lines,
    conclude,
    output_bytes,
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

Cause = Literal["closed", "timeout", "output"]


@dataclass(frozen=True)
class Ending:
    """How a child came to its end.

    Attributes:
        cause: Whether it closed its output, or the judge ended it at a limit.
        signal: The signal that ended it, or 0.
        cpu_seconds: Processor time that it used.
    """

    cause: Cause
    signal: int
    cpu_seconds: float


class Exchange:
    """What passes between judge and child: a call goes out once all before it are answered.

    Args:
        payload: What the child is started with: its own code, and the program.
        calls: The calls.
        limits: What the run may use.

    Attributes:
        payload: As above.
        limits: As above.
        lines: Source that makes the calls, a line each.
        said: What the child has said so far.
    """

    def __init__(self, payload: bytes, calls: Sequence[Call], limits: Limits) -> None:
        """Check the calls; raises as `call_lines`."""
        self.payload = payload
        self.limits = limits
        self.said = Transcript(calls, limits.output_chars)
        self.lines = call_lines(calls, limits.output_chars)
        self._sent = 0

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to send."""
        return self._sent == len(self.lines)

    @property
    def has_started(self) -> bool:
        """Whether the interpreter runs, so that whatever happens now is the program's doing."""
        return self.said.first_line == READY.strip()

    def answer(self, chunk: bytes) -> bytes:
        """Take what the child has written, and return what to send on."""
        self.said.add(chunk)
        due = self._sent
        while due < len(self.lines) and self.has_started and self._is_answered(due - 1):
            due += 1
        lines, self._sent = self.lines[self._sent : due], due
        return "".join(f"{line}\n" for line in lines).encode()

    def _is_answered(self, call: int) -> bool:
        return call < 0 or call in self.said.answers


def run_child(
    converse: Callable[[Exchange], Ending],
    source: str,
    calls: Sequence[Call],
    limits: Limits,
    backend: str,
) -> Outcome:
    """Run a program in an interpreter of its own.

    Args:
        converse: Starts the interpreter, and talks with it until its end.
        source: The program.
        calls: The calls.
        limits: What the run may use.
        backend: What the outcome says it ran in.

    Raises:
        RuntimeError: If the interpreter did not start, which is no fault of the program.
    """
    payload = marshal.dumps((_child(), (source, _driver(), _rlimits(limits))))
    exchange = Exchange(payload, calls, limits)
    ending = converse(exchange)
    if not exchange.has_started:
        said = exchange.said.first_line or f"{ending.cause}, signal {ending.signal}"
        raise RuntimeError(
            f"The {backend} sandbox did not start: {said[:200]}; raise memory_mb and "
            "wall_seconds of the limits, or free some memory and processes of this machine."
        )
    return conclude(exchange.said.answers, calls, *_judge(ending, limits), backend)


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


def start(exchange: Exchange, *, command: Sequence[str], pass_fds: Sequence[int] = ()) -> Ending:
    """Start a child by a command, talk with it, and wait until it is gone."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT,
        pass_fds=pass_fds,
        start_new_session=True,
        bufsize=0,
    )
    cause: Cause = "timeout"
    waited: tuple[int, float] | None = None
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        cause = talk(exchange, child.stdout.fileno(), child.stdin, exchange.payload)
        if cause == "closed":
            waited = _wait(child, _GRACE_SECONDS)
    finally:
        # Without isolation a child may have left others behind in its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        waited = waited or _wait(child, None)
        child.stdout.close()
        child.stdin.close()
    assert waited is not None
    return Ending(cause, *waited)


def talk(exchange: Exchange, source: int, sink: IO[bytes], unsent: bytes = b"") -> Cause:
    """Exchange texts until the child closes its output, its time is over or too much has come.

    Args:
        exchange: What there is to say.
        source: The pipe that the child writes into.
        sink: The pipe that it reads from, which may be full for ever; it is closed at the end.
        unsent: What to begin with.
    """
    deadline = time.monotonic() + exchange.limits.wall_seconds
    left_over = output_bytes(exchange.limits)
    os.set_blocking(sink.fileno(), False)
    reading, both = select.poll(), select.poll()
    both.register(sink, select.POLLOUT)
    for poller in (reading, both):
        poller.register(source, select.POLLIN)
    while True:
        unsent = _send(sink, unsent)
        if exchange.is_over and not unsent:
            sink.close()
        left = deadline - time.monotonic()
        if left <= 0:
            return "timeout"
        poller = both if unsent else reading
        if source not in dict(poller.poll(min(left, 60.0) * 1000)):
            continue
        chunk = os.read(source, _CHUNK)
        if not chunk:
            return "closed"
        left_over -= len(chunk)
        if left_over < 0:
            return "output"
        unsent += exchange.answer(chunk)


def _send(sink: IO[bytes], text: bytes) -> bytes:
    """Send what there is room for, and return the rest."""
    try:
        while text:
            text = text[os.write(sink.fileno(), text) :]
    except BlockingIOError:
        return text
    except BrokenPipeError:  # a child that does not listen
        return b""
    return text


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
