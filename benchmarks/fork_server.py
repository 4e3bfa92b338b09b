"""Forks an interpreter that has started once for every program that comes in.

Started by `benchmarks/forked.py`, which is at the other end of the socket on standard input.
"""

import _json  # noqa: F401 (what a program needs is there before it forks)
import marshal
import os
import resource  # noqa: F401
import socket
import struct

LENGTH, ENDING = struct.Struct("<q"), struct.Struct("<qd")


def serve(judge: socket.socket) -> None:
    """Run what comes in, one after the other, until the judge is gone."""
    while True:
        head, files, _, _ = socket.recv_fds(judge, LENGTH.size, 2)
        if not head:
            return
        code, job = marshal.loads(take(judge, LENGTH.unpack(head)[0]))
        child = os.fork()
        if child == 0:
            judge.close()
            for number, file in enumerate((files[0], files[1], files[1])):
                os.dup2(file, number)
            for file in files:
                os.close(file)
            exec(code, {"JOB": job})
        for file in files:
            os.close(file)
        judge.sendall(LENGTH.pack(child))
        _, status, usage = os.wait4(child, 0)
        judge.sendall(ENDING.pack(status, usage.ru_utime + usage.ru_stime))


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
