"""A backend without isolation that starts no interpreter, for programs that nobody need fear.

Calibration runs tens of thousands of programs, all of them of this repository's own scripted teams,
most of which fail; the sandbox starts an interpreter for each of these. Forks of one run them here.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fork_server import CHILD, ENDING, HEAD, take
from llm_collab_envs.sandbox import Call, Job, Limits, Outcome, Sandbox
from llm_collab_envs.sandbox.process import ENVIRONMENT, Ending, Exchange, run_child, talk

SERVER = Path(__file__).with_name("fork_server.py")


class ForkedBackend:
    """Runs programs in forks of one interpreter, with all rights, and for one thread."""

    name = "forked"

    def __init__(self) -> None:
        """Start the interpreter; it ends with this process."""
        self._server, theirs = socket.socketpair()
        self._ended = False  # whether the last program had to be
        with theirs:
            command = [sys.executable, "-s", "-S", str(SERVER)]
            subprocess.Popen(command, stdin=theirs, env=ENVIRONMENT)

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        return run_child(self._converse, source, calls, limits, self.name)

    def _converse(self, exchange: Exchange) -> Ending:
        payload = marshal.dumps((exchange.payload, "\n".join([*exchange.lines, "pass\n"])))
        ours, theirs = os.pipe()
        socket.send_fds(self._server, [HEAD.pack(len(payload), self._ended)], [theirs])
        os.close(theirs)
        self._server.sendall(payload)
        [child] = CHILD.unpack(take(self._server, CHILD.size))
        with open(os.devnull, "wb", 0) as nowhere:  # no program here acts on what is to come
            cause = talk(exchange, ours, nowhere)
        os.close(ours)
        self._ended = cause != "closed"
        if self._ended:
            os.kill(child, signal.SIGKILL)
        status, cpu_seconds = ENDING.unpack(take(self._server, ENDING.size))
        by = os.WTERMSIG(status)
        return Ending(cause, signal.SIGXCPU if by == signal.SIGPROF else by, cpu_seconds)


class ForkedSandbox(Sandbox):
    """Runs programs in forks one after the other: threads cost more here than they bring."""

    def __init__(self) -> None:
        """Start the interpreter."""
        super().__init__(ForkedBackend())

    def run_many(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Run many programs; outcomes in the order of the jobs."""
        run_many = super().run_many
        return [run_many([job])[0] for job in jobs]
