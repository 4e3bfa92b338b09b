"""Parsing what a model wrote, which may be anything."""

from __future__ import annotations

import ast
import warnings


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a source, or None where it is no Python; nothing is raised or warned."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
