"""Faults: small slips in a function, as text in and text out.

Each slip but one can be undone by another, so whoever has a faulty function can list what it may
have been. The exception is a case that is missing: only calls can tell what it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

COMPARISON = "comparison"
OFF_BY_ONE = "off by one"
WRONG_VARIABLE = "wrong variable"
SWAPPED_ARGUMENTS = "swapped arguments"
MISSING_CASE = "missing case"
KINDS = (COMPARISON, OFF_BY_ONE, WRONG_VARIABLE, SWAPPED_ARGUMENTS, MISSING_CASE)

_OTHER_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
}
# Names that have one place in a program, and would be out of place anywhere else.
_FIXED = frozenset({"items", "kind", "place", "total"})
_BUILTINS = frozenset({"len", "max", "min", "range"})


@dataclass(frozen=True)
class Mutation:
    """One slip: which kind, and the whole function with it."""

    kind: str
    text: str


@dataclass(frozen=True)
class _Span:
    """Part of one line, lines from 1, and what is to stand there."""

    kind: str
    line: int
    start: int
    end: int
    text: str


@lru_cache(maxsize=1024)
def mutations(text: str, own: int = 0) -> tuple[Mutation, ...]:
    """Return all slips that can be made in a function.

    Args:
        text: The source of one function.
        own: How many lines to leave as they are, from the first on.

    Raises:
        SyntaxError: Where the text is no Python; ValueError where it is no function.
    """
    body = ast.parse(text).body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise ValueError(f"a function was expected; got {text[:40]!r}.")
    lines = text.split("\n")
    found = [
        Mutation(span.kind, _replaced(lines, span))
        for span in _spans(body[0], lines)
        if span.line > own
    ]
    cases = [s for s in body[0].body if isinstance(s, ast.If) and _is_case(s)]
    if len(cases) > 1:
        for case in (case for case in cases if case.lineno > own):
            kept = lines[: case.lineno - 1] + lines[case.end_lineno :]
            found.append(Mutation(MISSING_CASE, "\n".join(kept)))
    return tuple(found)


def own_lines(text: str, others: Iterable[str]) -> int:
    """Return how many of a function's lines no other one shares; what follows was copied.

    Args:
        text: The source of the function.
        others: The other functions of the file.
    """
    lines = text.split("\n")
    return len(lines) - max((_shared(lines, other.split("\n")) for other in others), default=0)


def everywhere(text: str, repaired: str, own: int, others: Iterable[str]) -> dict[str, str]:
    """Return what a repair means for a function and its copies, {text: repaired text}.

    Args:
        text: A function.
        repaired: The function with changes; those in its first `own` lines mean nothing to others.
        own: How many of its lines are its own, as `own_lines` says.
        others: The other functions of the file.
    """
    copied, better = (t.split("\n")[own:] for t in (text, repaired))
    found = {text: repaired}
    for other in others if copied != better else ():
        lines = other.split("\n")
        if lines[-len(copied) :] == copied:
            found[other] = "\n".join(lines[: -len(copied)] + better)
    return found


def _shared(lines: list[str], others: list[str]) -> int:
    """Count the lines that two functions have in common at their ends."""
    count = 0
    for line, other in zip(reversed(lines[1:]), reversed(others[1:]), strict=False):
        if line != other:
            break
        count += 1
    return count


def _is_case(statement: ast.If) -> bool:
    """Whether a statement is `if kind == "..":` and nothing more."""
    test = statement.test
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "kind"
        and isinstance(test.ops[0], ast.Eq)
        and not statement.orelse
    )


def _replaced(lines: list[str], span: _Span) -> str:
    line = lines[span.line - 1]
    changed = line[: span.start] + span.text + line[span.end :]
    return "\n".join([*lines[: span.line - 1], changed, *lines[span.line :]])


def _spans(function: ast.FunctionDef, lines: list[str]) -> Iterator[_Span]:
    names = [argument.arg for argument in function.args.args if argument.arg not in _FIXED]
    for node, scope in _in_scope(function.body, names, []):
        if isinstance(node, ast.Compare):
            yield from _comparison(node)
        elif isinstance(node, ast.Constant):
            yield from _off_by_one(node)
        elif isinstance(node, ast.Name) and node.id in scope:
            yield from (_span(WRONG_VARIABLE, node, node, n) for n in scope if n != node.id)
        elif isinstance(node, ast.Call) and _calls_program(node):
            yield from _swapped(node, lines)


def _in_scope(
    body: list[ast.stmt], given: list[str], made: list[str]
) -> Iterator[tuple[ast.AST, list[str]]]:
    """Yield every expression that may be mutated, with the variables that could stand there.

    Args:
        body: Statements.
        given: Parameters and loop variables; conditions and ranges are of these only.
        made: Variables that were assigned before.
    """
    made = list(made)
    for statement in body:
        compound = isinstance(statement, ast.For | ast.If | ast.While)
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                known = given if compound else [*given, *made]
                yield from ((node, known) for node in _mutable(child))
        target = statement.target if isinstance(statement, ast.For) else None
        inner = [*given, *_new(target)]
        yield from _in_scope(getattr(statement, "body", []), inner, made)
        yield from _in_scope(getattr(statement, "orelse", []), inner, made)
        made += _new(statement.targets[0]) if isinstance(statement, ast.Assign) else []


def _new(target: ast.expr | None) -> list[str]:
    """Return the variable that is assigned to, if it may stand for others."""
    return [target.id] if isinstance(target, ast.Name) and target.id not in _FIXED else []


def _mutable(expression: ast.expr) -> Iterator[ast.AST]:
    """Yield the nodes of an expression, but for factors and what a program's function is given."""
    fixed: set[ast.expr] = set()
    for node in ast.walk(expression):  # from the outside to the inside
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            fixed |= {side for side in (node.left, node.right) if isinstance(side, ast.Constant)}
        elif isinstance(node, ast.Call) and _calls_program(node):
            fixed |= {*node.args}
        if node not in fixed:
            yield node


def _calls_program(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id not in _BUILTINS


def _comparison(node: ast.Compare) -> Iterator[_Span]:
    other = _OTHER_COMPARISON.get(type(node.ops[0]))
    right = node.comparators[0]
    if other and len(node.ops) == 1 and node.left.end_lineno == right.lineno:
        start = node.left.end_col_offset or 0
        yield _Span(COMPARISON, right.lineno, start, right.col_offset, f" {other} ")


def _off_by_one(node: ast.Constant) -> Iterator[_Span]:
    """A number of one more or less, above 0 and of as many digits."""
    value = node.value
    if type(value) is int:
        for other in (value - 1, value + 1):
            if other > 0 and len(str(other)) == len(str(value)):
                yield _span(OFF_BY_ONE, node, node, str(other))


def _swapped(node: ast.Call, lines: list[str]) -> Iterator[_Span]:
    if len(node.args) == 2 and not node.keywords:
        first, second = node.args
        line = lines[first.lineno - 1]
        texts = [line[side.col_offset : side.end_col_offset] for side in (second, first)]
        if first.lineno == second.end_lineno and texts[0] != texts[1]:
            yield _span(SWAPPED_ARGUMENTS, first, second, ", ".join(texts))


def _span(kind: str, first: ast.expr, last: ast.expr, text: str) -> _Span:
    return _Span(kind, first.lineno, first.col_offset, last.end_col_offset or 0, text)
