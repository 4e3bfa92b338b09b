"""What goes into the sandbox and what comes out of it."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from llm_collab_envs.core.arguments import check_number, check_real

Status = Literal["ok", "timeout", "memory", "output", "crash", "refused", "error"]
_SECONDS = (0.001, 86_400)  # the shortest and the longest run that one may ask for


@dataclass(frozen=True)
class Ref:
    """Stands for what an earlier call of the same run returned.

    The value stays in the child: it is passed on by reference and may be of any type.

    Attributes:
        call: Number of that call, from 0.
    """

    call: int


@dataclass(frozen=True)
class Call:
    """One call of a function of the submitted program.

    Attributes:
        function: Name of a global of the program.
        args: None, bool, int, float, str, list, tuple, dict, set and frozenset, nested, and `Ref`.
        report: Whether the value is sent to the judge; where it is not, it may be of any type.
    """

    function: str
    args: tuple[Any, ...] = ()
    report: bool = True

    def __post_init__(self) -> None:
        """Refuse a function that is no plain name."""
        if not self.function.isidentifier() or keyword.iskeyword(self.function):
            raise ValueError(
                f"function must be the name of a global of the program; got {self.function!r}."
            )


@dataclass(frozen=True)
class Limits:
    """What a run may use; each limit that is reached ends the run with an outcome of its own.

    Attributes:
        seconds: Processor time, in whole seconds where the kernel counts; reaching it is a
            "timeout".
        wall_seconds: Time on the clock, ten times as long by default, so that a busy machine does
            not change a score; reaching it is a "timeout" too.
        memory_mb: Memory in MiB, Python itself included; reaching it is "memory".
        output_chars: The longest answer, in characters of its texts and ints and two for every
            value; the judge counts them too. All answers and all that is printed may take eight
            times as many bytes, and 10,000. Reaching either is "output".
        source_chars: The longest program; a longer one is "refused".
    """

    seconds: float = 2.0
    wall_seconds: float = 20.0
    memory_mb: int = 256
    output_chars: int = 100_000
    source_chars: int = 50_000

    def __post_init__(self) -> None:
        """Refuse a limit that nothing can keep to."""
        for name, value in vars(self).items():
            if name in ("seconds", "wall_seconds"):
                check_real(name, value, *_SECONDS)
            else:
                check_number(name, value, 1)


@dataclass(frozen=True)
class Answer:
    """What came of one call.

    Attributes:
        status: "ok", or what went wrong.
        value: What the call returned, where status is "ok" and the call is reported.
        detail: What went wrong, in a line; for "error" the last line of the traceback.
    """

    status: Status
    value: Any = None
    detail: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a run: one answer for every call, always.

    Attributes:
        status: "ok" where the program loaded and every call was made and none reached a limit.
        detail: What went wrong, in a line.
        answers: One for each call, in order.
        backend: What ran the program: "monty", "bwrap", "unsafe", or the name of a backend of your
            own; "" where nothing did.
    """

    status: Status
    detail: str
    answers: tuple[Answer, ...]
    backend: str = ""


@dataclass(frozen=True)
class Job:
    """One run, for `Sandbox.run_many`.

    Attributes:
        source: The program.
        calls: The calls, made in order in the same module state.
        limits: What the run may use; the sandbox's own limits by default.
    """

    source: str
    calls: Sequence[Call] = field(default_factory=tuple)
    limits: Limits | None = None
