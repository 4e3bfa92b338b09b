"""Whether the author of a part knows names that were made up, and that only a teammate was dealt.

Who knows a name uses it. A part that merely holds it somewhere in its text may hold all the names
that there can be, and look for the one that is there; so comments and parts of texts do not count,
and a part that uses many made-up names knows none of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from llm_collab_envs.coding.parsing import parsed
from llm_collab_envs.core.tasks import is_invented

MOST_NAMES = 16  # more than an honest part needs, and one in 256 of those that there are for tests


def knows(source: str, names: Iterable[str]) -> bool:
    """Whether a part uses all of these names, and not so many that it may be guessing."""
    words = _words(source)
    return words.issuperset(names) and sum(map(is_invented, words)) <= MOST_NAMES


@lru_cache(maxsize=64)
def _words(source: str) -> frozenset[str]:
    """Return the identifiers of a source, and its texts; none where it is no Python."""
    tree = parsed(source)
    nodes = ast.walk(tree) if tree else ()
    return frozenset(word for node in nodes for word in _words_of(node))


def _words_of(node: ast.AST) -> Iterable[str]:
    match node:
        case ast.Name(id=word) | ast.Constant(value=str(word)):
            return (word,)
        case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
            return (word,)
        case ast.arg(arg=word) | ast.keyword(arg=str(word)):
            return (word,)
    return ()
