"""The lines of a submission, without what a writer of Markdown puts around them.

It adds nothing to what a line says, so that each env can read its own grammar strictly.
"""

from __future__ import annotations

import re

MARKER = re.compile(r"\s*(?:([-*+])|\d+[.)])\s+")  # of a list item

_FENCE = re.compile(r"```\w*")
_SHOWN_CHARS = 40


def read_lines(text: str) -> list[str]:
    """Return the lines of a text, each without one list marker; no empty ones, and no fences."""
    lines = (line.strip() for line in text.splitlines())
    return [without_marker(line) for line in lines if line and not _FENCE.fullmatch(line)]


def without_marker(line: str) -> str:
    """Return a line without its list marker."""
    marker = MARKER.match(line)
    return line[marker.end() if marker else 0 :]


def quote(line: str) -> str:
    """Return a line as notices quote it: in one line, and shortened."""
    return repr(line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 3] + "...")
