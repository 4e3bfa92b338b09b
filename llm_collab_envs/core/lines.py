"""The lines of a submission, without what a writer of Markdown puts around them.

It adds nothing to what a line says, so that each env can read its own grammar strictly.
"""

from __future__ import annotations

import re

MARKER = re.compile(r"\s*(?:([-*+])|\d+[.)])\s+")  # of a list item
FENCE = re.compile(r"```\w*")
_EMPHASIS = re.compile(r"([*_]{1,3}|`)(.+)\1")  # around a whole line
_SHOWN_CHARS = 40


def read_lines(text: str) -> list[str]:
    """Return the lines of a text; no empty ones, and no fences.

    Each is without one list marker, and without bold type or the like around all of it; its white
    space is folded.
    """
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [
        _without_emphasis(without_marker(line))
        for line in lines
        if line and not FENCE.fullmatch(line)
    ]


def without_marker(line: str) -> str:
    """Return a line without its list marker."""
    marker = MARKER.match(line)
    return line[marker.end() if marker else 0 :]


def _without_emphasis(line: str) -> str:
    emphasis = _EMPHASIS.fullmatch(line)
    return emphasis.group(2) if emphasis else line


def quote(line: str) -> str:
    """Return a line as notices quote it: in one line, and shortened."""
    return repr(line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 3] + "...")
