"""A backend without isolation that starts no interpreter, for programs that nobody need fear.

Calibration runs tens of thousands of programs, all of them of this repository's own scripted teams,
most of which fail; the sandbox starts an interpreter for each of these. Here, one forks for each.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fork_server import ENDING, LENGTH, take
from llm_collab_envs.sandbox import Call, Limits, Outcome
from llm_collab_envs.sandbox.process import ENVIRONMENT, Ending, Exchange, run_child, talk

SERVER = Path(__file__).with_name("fork_server.py")


class ForkedBackend:
    """Runs programs in forks of one interpreter, with all rights."""

    name = "forked"

    def __init__(self) -> None:
        """Start the interpreter; it ends with this process."""
        self._server, theirs = socket.socketpair()
        self._turn = threading.Lock()
        with theirs:
            command = [sys.executable, "-s", "-S", str(SERVER)]
            subprocess.Popen(command, stdin=theirs, env=ENVIRONMENT)

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        with self._turn:
            return run_child(self._converse, source, calls, limits, self.name)

    def _converse(self, exchange: Exchange) -> Ending:
        their_source, our_sink = os.pipe()
        our_source, their_sink = os.pipe()
        theirs = [their_source, their_sink]
        socket.send_fds(self._server, [LENGTH.pack(len(exchange.payload))], theirs)
        for end in theirs:
            os.close(end)
        self._server.sendall(exchange.payload)
        [child] = LENGTH.unpack(take(self._server, LENGTH.size))
        with os.fdopen(our_sink, "wb", 0) as sink:
            cause = talk(exchange, our_source, sink)
        os.close(our_source)
        if cause != "closed":
            os.kill(child, signal.SIGKILL)
        status, cpu_seconds = ENDING.unpack(take(self._server, ENDING.size))
        return Ending(cause, os.WTERMSIG(status), cpu_seconds)
