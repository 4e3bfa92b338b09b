"""What the child said, turned into answers; whatever it says, there is one answer for each call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llm_collab_envs.sandbox.outcome import Answer, Call, Outcome, Status
from llm_collab_envs.sandbox.values import decode, literal, parse_line

DRIVER = Path(__file__).with_name("driver.py").read_text(encoding="utf-8")
_LONGEST_DETAIL = 300
_CHILD_STATUSES: tuple[Status, ...] = ("ok", "error", "output")


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
        lines.append(f"_sandbox_call({number}, {call.report}, {output_chars}, {thunk})")
    return "\n".join([*lines, "pass\n"])


def one_line(text: str) -> str:
    """A short line of plain text from whatever a child sent."""
    flat = " ".join(text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").split())
    return flat[:_LONGEST_DETAIL]


def read_answers(text: str, calls: Sequence[Call]) -> dict[int, Answer]:
    """The answers in what the child sent, by call; the first one for a call counts."""
    answers: dict[int, Answer] = {}
    for line in text.split("\n"):
        if not line.startswith("["):
            continue
        message = parse_line(line)
        if not isinstance(message, list) or len(message) != 3:
            continue
        number, status, payload = message
        if type(number) is not int or not 0 <= number < len(calls) or number in answers:
            continue
        answers[number] = _answer(status, payload, calls[number].report)
    return answers


def _answer(status: object, payload: object, report: bool) -> Answer:
    """One answer; what does not decode is a failure."""
    if status not in _CHILD_STATUSES:
        return Answer("error", detail="the answer is garbled")
    if status != "ok":
        return Answer(status, detail=one_line(payload) if isinstance(payload, str) else "")
    if not report:
        return Answer("ok")
    try:
        return Answer("ok", decode(payload))
    except (ValueError, RecursionError):
        return Answer("error", detail="the answer is garbled")


def conclude(
    answers: dict[int, Answer], calls: Sequence[Call], status: Status, detail: str, backend: str
) -> Outcome:
    """An outcome with an answer for every call: those that never came get the run's status."""
    if status == "ok" and len(answers) < len(calls):
        status, detail = "crash", "the program ended before all calls were answered"
    missing = Answer(status, detail=detail)
    every = tuple(answers.get(number, missing) for number in range(len(calls)))
    if status == "ok" and any(answer.status == "output" for answer in every):
        status, detail = "output", "a call returned a value that is too long"
    return Outcome(status, detail, every, backend)
