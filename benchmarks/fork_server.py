"""Runs programs in forks of an interpreter that has started once.

Started by `benchmarks/forked.py`, which is at the other end of the socket on standard input.

A program that imports nothing and names nothing with two underscores leaves nothing behind but its
own module. One fork, the worker, runs such programs one after the other, as long as none of them
has to be ended; any other program gets a fork of its own.
"""

import _json  # noqa: F401 (what a program needs is there before it forks)
import marshal
import os
import resource
import signal
import socket
import struct
import sys
import time
from functools import lru_cache
from typing import Any

HEAD, CHILD, ENDING = struct.Struct("<q?"), struct.Struct("<q"), struct.Struct("<qd")
LEAVES_SOMETHING = ("import", "__")
MOST = 500  # programs that one worker runs, so that its memory stays small


class Worker:
    """A fork that runs programs one after the other."""

    def __init__(self, judge: socket.socket, output: int) -> None:
        """Fork, and close what is the server's own in the fork."""
        self.left = MOST
        self.socket, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            judge.close()
            self.socket.close()
            os.close(output)
            work(theirs)
        theirs.close()

    def run(self, payload: bytes, output: int) -> bytes:
        """Run a program; return how it came to its end."""
        self.left -= 1
        socket.send_fds(self.socket, [CHILD.pack(len(payload))], [output])
        os.close(output)
        self.socket.sendall(payload)
        try:
            return take(self.socket, ENDING.size)
        except (EOFError, ConnectionError):
            self.left = 0
            return wait(self.pid)

    def end(self) -> None:
        """End the fork, if it has not ended already."""
        self.socket.close()
        if self.left:
            os.kill(self.pid, signal.SIGKILL)
            wait(self.pid)


def serve(judge: socket.socket) -> None:
    """Run what comes in, one after the other, until the judge is gone."""
    worker: Worker | None = None
    while True:
        head, files, _, _ = socket.recv_fds(judge, HEAD.size, 1)
        if not head:
            return
        size, ended = HEAD.unpack(head)
        payload = take(judge, size)
        source = marshal.loads(marshal.loads(payload)[0])[1][0]
        if any(mark in source for mark in LEAVES_SOMETHING):
            child = os.fork()
            if child == 0:
                judge.close()
                write_to(files[0])
                run(payload, {})
                os._exit(0)
            os.close(files[0])
            judge.sendall(CHILD.pack(child))
            judge.sendall(wait(child))
            continue
        if worker and (ended or not worker.left):
            worker.end()
            worker = None
        worker = worker or Worker(judge, files[0])
        judge.sendall(CHILD.pack(worker.pid))
        judge.sendall(worker.run(payload, files[0]))


def work(server: socket.socket) -> None:
    """Run what comes in, one program after the other, until the server is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    child: dict[str, Any] = {}
    while True:
        head, files, _, _ = socket.recv_fds(server, CHILD.size, 1)
        if not head:
            os._exit(0)
        payload = take(server, *CHILD.unpack(head))
        started = time.process_time()
        write_to(files[0])
        run(payload, child)
        signal.setitimer(signal.ITIMER_PROF, 0)
        write_to(os.dup(nowhere))
        sys.stdout.flush()
        server.sendall(ENDING.pack(0, time.process_time() - started))


def run(payload: bytes, child: dict[str, Any]) -> None:
    """Run a program, and make all calls of it at once."""
    sent, calls = marshal.loads(payload)
    code, (source, driver, limits) = marshal.loads(sent)
    if not child:
        child["compile"] = compiled  # a program comes several times, with other calls
        exec(code, child)
    os.write(1, child["READY"].encode())
    limit(limits)
    calls_code = compiled(calls, "<calls>", "exec", 0, True)
    child["run"](source, driver, iter((calls_code, b"")).__next__)


compiled = lru_cache(maxsize=128)(compile)


def write_to(output: int) -> None:
    """Let all that is printed go there."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def limit(limits: tuple[tuple[str, int], ...]) -> None:
    """Set limits; that of processor time does not count what has been used."""
    for name, value in limits:
        if name == "RLIMIT_CPU":
            signal.setitimer(signal.ITIMER_PROF, value)
            continue
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (most, hard))


def wait(child: int) -> bytes:
    """Wait for the end of a child."""
    _, status, usage = os.wait4(child, 0)
    return ENDING.pack(status, usage.ru_utime + usage.ru_stime)


def take(sender: socket.socket, size: int) -> bytes:
    """Receive so many bytes."""
    received = bytearray()
    while len(received) < size:
        chunk = sender.recv(size - len(received))
        if not chunk:
            raise EOFError("the other end is gone")
        received += chunk
    return bytes(received)


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
