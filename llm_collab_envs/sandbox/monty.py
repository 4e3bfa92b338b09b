"""The fast backend: Monty, a Python interpreter in Rust that has no door to the machine."""

from __future__ import annotations

import atexit
import importlib.util
import os
import threading
from collections.abc import Sequence
from typing import Any

from llm_collab_envs.sandbox.outcome import Call, Limits, Outcome, Status
from llm_collab_envs.sandbox.transcript import (
    DRIVER,
    Transcript,
    call_lines,
    conclude,
    one_line,
    output_bytes,
)

# Fewer frames than CPython gives a program, so that what is answered here is answered there.
_RECURSION = 800
# Nothing gets here: the limits of a run are much shorter, and Monty ends a worker that hangs.
_WATCHDOG_SECONDS = 120.0
_pools: dict[int, Any] = {}
_starting = threading.Lock()


_PREAMBLE = """
import json as _sandbox_json
import sys as _sandbox_sys
_sandbox_dumps = _sandbox_json.dumps
_sandbox_print = print
_sandbox_stream = _sandbox_sys.stderr
def _sandbox_send(number, status, detail):
    line = "\\n" + _sandbox_dumps([number, status, detail]) + "\\n"
    _sandbox_print(line, end="", file=_sandbox_stream)
"""


class MontyBackend:
    """Runs programs in Monty's pool of workers, one fresh interpreter for each run."""

    name = "monty"

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        import pydantic_monty as monty

        # No program looks into what is fed to Monty after it: there are no frames.
        lines = "\n".join([*call_lines(calls, limits.output_chars), "pass\n"])
        printed = monty.CollectStreams(max_bytes=output_bytes(limits))
        status: Status = "ok"
        detail = ""
        try:
            with _pool().checkout(
                limits={
                    "max_feed_duration_secs": limits.seconds,
                    "max_memory": limits.memory_mb * 2**20,
                    "max_recursion_depth": _RECURSION,
                },
                assert_message_annotations=False,
                os_policy={"sleep": "zero", "random_start": {"seed": 0}},
            ) as session:
                session.feed_run(_PREAMBLE + DRIVER)
                # A last statement that is no expression: no value comes back by Monty's own way,
                # which knows no limit on its length.
                session.feed_run(source + "\npass\n", print_callback=printed)
                session.feed_run(lines, print_callback=printed)
        except monty.MontyCrashedError as error:
            status, detail = ("timeout" if error.timed_out else "crash"), one_line(str(error))
        except monty.MontyError as error:
            status, detail = _describe(str(error), limits)
        said = Transcript(calls, limits.output_chars)
        said.add("".join(text for stream, text in printed.output if stream == "stderr").encode())
        return conclude(said.answers, calls, status, detail, self.name)


def _describe(message: str, limits: Limits) -> tuple[Status, str]:
    """The status of a run that Monty ended, and why."""
    detail = one_line(message)
    if message.startswith("TimeoutError: feed time limit exceeded"):
        return "timeout", detail
    if message.startswith("MemoryError"):
        printed_too_much = message.endswith(f"> {output_bytes(limits)} bytes")
        return ("output" if printed_too_much else "memory"), detail
    return "error", detail


def why_monty_fails() -> str:
    """Why the backend cannot work here, with the remedy, or "" where it can."""
    if importlib.util.find_spec("pydantic_monty") is None:
        return "pydantic-monty is missing; run pip install 'llm-collab-envs[coding]'"
    return ""


def monty_is_whole() -> bool:
    """Whether Monty works in this process: a fork of one that has used it lacks its threads.

    It would wait for ever, and bring down the process that it was forked from.
    """
    return not _pools or os.getpid() in _pools


def _pool() -> Any:
    """The workers of this process, started when they are first needed."""
    import pydantic_monty as monty

    if not monty_is_whole():
        raise RuntimeError(
            "Monty cannot work in a fork of a process that has used it; start processes with "
            "multiprocessing's 'spawn', or use sandbox='auto', which does without it there."
        )
    with _starting:
        if not _pools:
            pool = monty.Monty(request_timeout=_WATCHDOG_SECONDS)
            pool.__enter__()
            _pools[os.getpid()] = pool
            atexit.register(_close, os.getpid())
    return _pools[os.getpid()]


def _close(pid: int) -> None:
    """End the workers with the process that started them, not with a fork of it."""
    if os.getpid() == pid:
        _pools.pop(pid).__exit__(None, None, None)
