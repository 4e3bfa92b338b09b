"""Joining what several authors wrote, or an author and the judge, into the source of one module."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from llm_collab_envs.coding.parsing import parsed

_FEATURES = frozenset(__future__.all_feature_names)


def joined(*sources: str) -> str:
    """Return one module of the sources, in order; what is defined later counts.

    A module may import from `__future__` only at its top. So where a source below the first does so
    at its own, all such imports go to one line above everything else, and `pass` is where they
    were: no other statement is at another line of its source, however hostile that is.
    """
    written = [source for source in sources if source]
    if any(_lifted(source)[0] for source in written[1:]):
        lifted = [_lifted(source) for source in written]
        imported = dict.fromkeys(name for names, _ in lifted for name in names)
        written = [f"from __future__ import {', '.join(imported)}", *(rest for _, rest in lifted)]
    return "\n\n".join(written)


@lru_cache(maxsize=64)
def _lifted(source: str) -> tuple[tuple[str, ...], str]:
    """Return what a source imports from `__future__` at its top, and the source without that."""
    tree = parsed(source) if "__future__" in source else None
    imports = list(_imports(tree.body)) if tree else []
    if not imports:
        return (), source
    names = tuple(ast.unparse(alias) for node in imports for alias in node.names)
    return names, _without(source, imports[0], imports[-1])


def _imports(body: Sequence[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """Yield the imports that stand where Python looks for them: only a docstring may be above."""
    for n, node in enumerate(body):
        match node:
            case ast.ImportFrom(module="__future__", level=0):
                if not _FEATURES.issuperset(alias.name for alias in node.names):
                    return
                yield node
            case ast.Expr(value=ast.Constant(value=str())) if n == 0:
                pass
            case _:
                return


def _without(source: str, first: ast.stmt, last: ast.stmt) -> str:
    """Return a source without the statements from first to last; all others keep their lines."""
    assert last.end_lineno is not None
    lines = source.replace("\r\n", "\n").replace("\r", "\n").encode().split(b"\n")  # as Python does
    above = [*lines[: first.lineno - 1], lines[first.lineno - 1][: first.col_offset]]
    below = [lines[last.end_lineno - 1][last.end_col_offset :], *lines[last.end_lineno :]]
    gap = b"\n" * (last.end_lineno - first.lineno) + b"pass"
    return (b"\n".join(above) + gap + b"\n".join(below)).decode()
