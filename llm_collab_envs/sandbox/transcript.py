"""What the child said, turned into answers; whatever it says, there is one answer for each call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from llm_collab_envs.sandbox.child import RUN
from llm_collab_envs.sandbox.outcome import Answer, Call, Limits, Outcome, Status
from llm_collab_envs.sandbox.values import coded_chars, decode, literal, parse_line

DRIVER = Path(__file__).with_name("driver.py").read_text(encoding="utf-8")
_LONGEST_DETAIL = 300
_LINE = re.compile(rb'\[(-?[0-9]{1,6}),\s?"')
_CHILD_STATUSES: tuple[Status, ...] = ("ok", "error", "output", "memory")
_ENDING_STATUSES: tuple[Status, ...] = ("output", "memory")


def call_lines(calls: Sequence[Call], output_chars: int) -> list[str]:
    """Source that makes the calls and sends the answers, a line each.

    Raises:
        ValueError: If a `Ref` does not name an earlier call.
        TypeError: If an argument is of a type that cannot go in.
    """
    lines = []
    for number, call in enumerate(calls):
        arguments = ", ".join(literal(value, number) for value in call.args)
        thunk = f"lambda: {call.function}({arguments})"
        settings = f"_sandbox_send, {number}, {call.report}, {output_chars}"
        lines.append(f"_sandbox_call({settings}, {thunk})")
    return lines


def output_bytes(limits: Limits) -> int:
    """How much a child may write in all: answers, and what the program prints."""
    return 8 * limits.output_chars + 10_000


def one_line(text: str) -> str:
    """A short line of plain text from whatever a child sent."""
    plain = text[: 4 * _LONGEST_DETAIL].encode("utf-8", "replace").decode("utf-8")
    return " ".join(plain.replace("\0", "").split())[:_LONGEST_DETAIL]


class Transcript:
    """The answers in what a child sends, read as it comes; the first one for a call counts.

    Args:
        calls: The calls.
        output_chars: The longest answer as text. The driver keeps to it; a program that writes
            answers of its own need not.

    Attributes:
        answers: The answers so far, by call; under `RUN` what became of the run as a whole.
        first_line: The first line of all, or "" as long as there is none.
    """

    def __init__(self, calls: Sequence[Call], output_chars: int) -> None:
        """Start with no answer."""
        self.answers: dict[int, Answer] = {}
        self.first_line = ""
        self._calls = calls
        self._output_chars = output_chars
        self._begun: list[bytes] = []

    def add(self, chunk: bytes) -> None:
        """Read on."""
        end, *lines = chunk.split(b"\n")
        self._begun.append(end)
        for line in lines:
            self._read(b"".join(self._begun))
            self._begun = [line]

    def _read(self, line: bytes) -> None:
        self.first_line = self.first_line or one_line(line.decode("utf-8", "replace"))
        start = _LINE.match(line)
        number = int(start[1]) if start else len(self._calls)
        if not RUN <= number < len(self._calls) or number in self.answers:
            return
        message = parse_line(line.decode("utf-8", "replace"))
        if isinstance(message, list) and len(message) == 3:
            _, status, payload = message
            if len(line) > self._output_chars < coded_chars(payload):
                status, payload = "output", "returned a value that is too long"
            report = number != RUN and self._calls[number].report
            self.answers[number] = _answer(status, payload, report)


def _answer(status: object, payload: object, report: bool) -> Answer:
    """One answer; what does not decode is a failure."""
    known = next((name for name in _CHILD_STATUSES if name == status), None)
    if known is None:
        return Answer("error", detail="the answer is garbled")
    if known != "ok":
        return Answer(known, detail=one_line(payload) if isinstance(payload, str) else "")
    if not report:
        return Answer("ok")
    try:
        return Answer("ok", decode(payload))
    except (ValueError, RecursionError):
        return Answer("error", detail="the answer is garbled")


def conclude(
    answers: Mapping[int, Answer], calls: Sequence[Call], status: Status, detail: str, backend: str
) -> Outcome:
    """An outcome with an answer for every call: those that never came get the run's status."""
    said = [answers[number] for number in sorted(answers)]
    ended = next((answer for answer in said if answer.status in _ENDING_STATUSES), None)
    if status == "ok" and ended is not None:
        status, detail = ended.status, ended.detail
    if RUN in answers and answers[RUN].status != "ok" and status in ("ok", "crash"):
        status, detail = answers[RUN].status, answers[RUN].detail
    if status == "ok" and any(number not in answers for number in range(len(calls))):
        status, detail = "crash", "the program ended before all calls were answered"
    missing = Answer(status, detail=detail)
    every = tuple(answers.get(number, missing) for number in range(len(calls)))
    return Outcome(status, detail, every, backend)
