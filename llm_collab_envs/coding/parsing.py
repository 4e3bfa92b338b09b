"""Parsing what a model wrote, which may be anything."""

from __future__ import annotations

import ast
import re
import warnings

_DEFINITION = re.compile(r"^def\s+(\w{1,64})", re.MULTILINE)


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a source, or None where it is no Python; nothing is raised or warned."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def defined_functions(source: str) -> set[str]:
    """Return the names that a source seems to define functions under, whether or not it runs."""
    return set(_DEFINITION.findall(source))
