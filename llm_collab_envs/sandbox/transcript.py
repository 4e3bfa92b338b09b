"""What the child said, turned into answers; whatever it says, there is one answer for each call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from llm_collab_envs.sandbox.child import RUN
from llm_collab_envs.sandbox.outcome import Answer, Call, Limits, Outcome, Status
from llm_collab_envs.sandbox.values import decode, literal, parse_line

DRIVER = Path(__file__).with_name("driver.py").read_text(encoding="utf-8")
_LONGEST_DETAIL = 300
_LINE = re.compile(r'\[(-?[0-9]{1,6}),\s?"')
_CHILD_STATUSES: tuple[Status, ...] = ("ok", "error", "output", "memory")
_ENDING_STATUSES: tuple[Status, ...] = ("output", "memory")


def call_lines(calls: Sequence[Call], output_chars: int) -> str:
    """Source that makes the calls and sends the answers.

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
    return "\n".join([*lines, "pass\n"])


def output_bytes(limits: Limits) -> int:
    """How much a child may write in all: answers, and what the program prints."""
    return 8 * limits.output_chars + 10_000


def one_line(text: str) -> str:
    """A short line of plain text from whatever a child sent."""
    plain = text[: 4 * _LONGEST_DETAIL].encode("utf-8", "replace").decode("utf-8")
    return " ".join(plain.replace("\0", "").split())[:_LONGEST_DETAIL]


def read_answers(text: str, calls: Sequence[Call]) -> dict[int, Answer]:
    """The answers in what the child sent, by call; the first one for a call counts."""
    answers: dict[int, Answer] = {}
    for line in text.split("\n"):
        start = _LINE.match(line)
        number = int(start[1]) if start else len(calls)
        if not RUN <= number < len(calls) or number in answers:
            continue
        message = parse_line(line)
        if isinstance(message, list) and len(message) == 3:
            _, status, payload = message
            report = number != RUN and calls[number].report
            said = line[start.end(1) :] if start else ""
            answers[number] = _answer(status, payload, report, said)
    return answers


def _answer(status: object, payload: object, report: bool, said: str) -> Answer:
    """One answer; what does not decode is a failure."""
    known = next((name for name in _CHILD_STATUSES if name == status), None)
    if known is None:
        return Answer("error", detail="the answer is garbled")
    if known != "ok":
        return Answer(known, detail=one_line(payload) if isinstance(payload, str) else "")
    if not report:
        return Answer("ok")
    try:
        return Answer("ok", decode(payload), said=said)
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
