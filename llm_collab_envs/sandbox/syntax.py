"""The syntax of a program, walked through once."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeVar, cast

_NodeT = TypeVar("_NodeT", bound=ast.AST)
# Operators, and whether a name is read or written, are read off the nodes that hold them.
_LEFT_OUT = ("ctx", "op", "ops")


class Syntax:
    """All nodes of a program but operators and contexts.

    Args:
        tree: The program.
        most: Nodes after which to stop, as hostile programs can be long.

    Attributes:
        tree: The program.
        nodes: The nodes, parents first.
        parents: The node that holds each but the first.
        is_whole: Whether `most` were enough for all.
    """

    def __init__(self, tree: ast.Module, most: int) -> None:
        """Walk through the program."""
        self.tree = tree
        self.nodes: list[ast.AST] = [tree]
        self.parents: dict[ast.AST, ast.AST] = {}
        self._by_type: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in self.nodes:  # it grows on the way
            self._by_type[type(node)].append(node)
            for child in _children(node):
                self.parents[child] = node
                self.nodes.append(child)
            if len(self.nodes) > most:
                break
        self.is_whole = len(self.nodes) <= most

    @property
    def types(self) -> set[type[ast.AST]]:
        """The types of all nodes."""
        return set(self._by_type)

    def of(self, *types: type[_NodeT]) -> Iterator[_NodeT]:
        """Return the nodes of exactly these types, type by type."""
        for kind in types:
            yield from cast("list[_NodeT]", self._by_type.get(kind, []))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        if name in _LEFT_OUT:
            continue
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
