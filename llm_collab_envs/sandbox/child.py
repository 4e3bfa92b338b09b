"""Runs one program in CPython, in a process that the judge has locked up.

The judge starts `python -s -S -c BOOT`, and sends this file and the program on standard input, then
the calls: each comes once all before it are answered, so that no program can act on what is still
to come. Answers leave by standard output, one line each, mixed with whatever the program prints.
"""

import sys
from posix import _exit, close, dup, dup2, pipe, read, write  # before a program changes them

# os, types, typing and annotations would take longer to import than most programs take to run.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

BOOT = "import sys, marshal; c, j = marshal.load(sys.stdin.buffer); exec(c, {'JOB': j})"
READY = "ready\n"
RUN = -1  # the number under which the run as a whole is reported
NAME = "submission"


def main(source: str, driver: "CodeType", limits: tuple[tuple[str, int], ...]) -> None:
    """Run the program, make the calls, and leave without any of Python's own clearing up."""
    calls = take_input()
    write(1, READY.encode())
    set_limits(limits)
    # Python 3.10 and earlier put the current folder first.
    sys.path[:] = [entry for entry in sys.path if entry]
    run(source, driver, lambda: next_line(calls))
    _exit(0)


def run(source: str, driver: "CodeType", next_call: "Callable[[], bytes | CodeType]") -> None:
    """Run the program and make the calls, until there is no next one."""
    from _json import encode_basestring_ascii, make_encoder

    quote = encode_basestring_ascii
    encode = make_encoder(None, repr, quote, None, ":", ",", False, False, False)

    def send(number: int, status: str, detail: "Any") -> None:
        text = "".join(encode([number, status, detail], 0))
        data = f"\n{text}\n".encode()
        while data:
            data = data[write(1, data) :]

    module = sys.modules[NAME] = type(sys)(NAME)
    scope = module.__dict__
    tools: dict[str, Any] = {"_sandbox_send": send}
    exec(driver, tools)
    describe = tools["_sandbox_describe"]
    try:
        exec(compile(source, f"<{NAME}>", "exec", 0, True), scope)
        scope.update((name, tool) for name, tool in tools.items() if name != "__builtins__")
        while not tools["_sandbox_ended"] and (call := next_call()):
            exec(call, scope)
    except MemoryError:
        send(RUN, "memory", "the memory limit was reached")
    except SyntaxError as error:
        send(RUN, "error", f"SyntaxError: {error.msg} (line {error.lineno})")
    except BaseException as error:
        send(RUN, "error", describe(error))


def take_input() -> int:
    """Keep what the calls come by to the driver, and leave the program an input that is empty."""
    calls = dup(0)
    empty, other = pipe()
    dup2(empty, 0)
    close(empty)
    close(other)
    return calls


def next_line(calls: int) -> bytes:
    """Read the next call, or nothing where there is none."""
    line = b""
    while not line.endswith(b"\n"):
        data = read(calls, 65536)
        if not data:
            break
        line += data
    return line


def set_limits(limits: tuple[tuple[str, int], ...]) -> None:
    """Set limits that the program cannot raise again."""
    import resource

    for name, value in limits:
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(number, (value, value))


if "JOB" in globals():
    main(*globals()["JOB"])
