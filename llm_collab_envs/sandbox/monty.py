"""The fast backend: Monty, a Python interpreter in Rust that has no door to the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from llm_collab_envs.sandbox.outcome import Call, Limits, Outcome, Status
from llm_collab_envs.sandbox.transcript import (
    DRIVER,
    call_lines,
    conclude,
    one_line,
    read_answers,
)

_LIMIT_ERRORS: dict[str, tuple[str, Status]] = {
    "TimeoutError: feed time limit exceeded": ("the time limit was reached", "timeout"),
    "MemoryError: memory limit exceeded": ("the memory limit was reached", "memory"),
}
# Fewer frames than CPython gives a program, so that what is answered here is answered there.
_RECURSION = 800


class MontyBackend:
    """Runs programs in Monty's pool of workers, one fresh interpreter for each run."""

    name = "monty"

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        import pydantic_monty as monty

        lines = call_lines(calls, limits.output_chars)
        printed = monty.CollectStreams(max_bytes=4 * limits.output_chars + 1000)
        status: Status = "ok"
        detail = ""
        try:
            with _pool(os.getpid()).checkout(
                limits={
                    "max_feed_duration_secs": limits.seconds,
                    "max_memory": limits.memory_mb * 2**20,
                    "max_recursion_depth": _RECURSION,
                },
                assert_message_annotations=False,
                os_policy={"sleep": "zero", "random_start": {"seed": 0}},
            ) as session:
                session.feed_run(DRIVER)
                session.feed_run(source, print_callback=printed)
                session.feed_run(lines, print_callback=printed)
        except monty.MontyCrashedError as error:
            status, detail = ("timeout" if error.timed_out else "crash"), one_line(str(error))
        except monty.MontyError as error:
            status, detail = _describe(str(error))
        sent = "".join(text for stream, text in printed.output if stream == "stderr")
        return conclude(read_answers(sent, calls), calls, status, detail, self.name)


def _describe(message: str) -> tuple[Status, str]:
    """The status of a run that Monty ended, and why."""
    for start, (detail, status) in _LIMIT_ERRORS.items():
        if message.startswith(start):
            return status, detail
    return "error", one_line(message)


@cache
def _pool(pid: int) -> Any:
    """The workers of this process; a forked child must not share its parent's."""
    import atexit

    import pydantic_monty as monty

    pool = monty.Monty(min_processes=1, request_timeout=60.0)
    pool.__enter__()
    atexit.register(lambda: pool.__exit__(None, None, None) if os.getpid() == pid else None)
    return pool
