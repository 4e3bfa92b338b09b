"""Which programs mean the same in Monty as in CPython: no score may depend on a backend.

A program that Monty rejects, or that fails there for whatever reason, is run again in CPython,
whose word is final. That leaves programs that run in both and answer differently. These rules,
which are lists of what is known to be alike (tests/sandbox runs a corpus through both), keep them
out of Monty: what is not on a list goes to CPython at once, and costs time but no score. They are
no part of what keeps hostile programs in.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from llm_collab_envs.sandbox.outcome import Call
from llm_collab_envs.sandbox.portable_order import keeps_order

_STATEMENTS = (
    *(ast.Module, ast.FunctionDef, ast.ClassDef, ast.Return, ast.Assign, ast.AugAssign),
    *(ast.AnnAssign, ast.For, ast.While, ast.If, ast.Raise, ast.Try, ast.ExceptHandler, ast.Assert),
    *(ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Expr, ast.Pass, ast.Break),
    *(ast.Continue, ast.arguments, ast.arg, ast.alias),
)
_EXPRESSIONS = (
    *(ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Compare),
    *(ast.Call, ast.keyword, ast.JoinedStr, ast.FormattedValue, ast.Constant, ast.Attribute),
    *(ast.Subscript, ast.Starred, ast.Name, ast.List, ast.Tuple, ast.Slice),
    *(ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop),
)
_NODES = (*_STATEMENTS, *_EXPRESSIONS)
_FUNCTIONS = frozenset(
    "abs all any bin bool chr dict divmod enumerate filter float hex int isinstance len list map "
    "max min oct ord pow print range repr reversed round set sorted str sum tuple zip".split()
)
_RAISED = frozenset(
    "AssertionError AttributeError Exception IndexError KeyError LookupError NameError "
    "NotImplementedError OverflowError RuntimeError StopIteration TypeError ValueError "
    "ZeroDivisionError".split()
)
# A handler for any other exception could swallow what Monty raises where CPython does not.
_CAUGHT = frozenset("IndexError KeyError LookupError ValueError ZeroDivisionError".split())
_METHODS = frozenset(
    "add append appendleft capitalize center clear copy count difference discard endswith "
    "expandtabs extend find get index insert intersection isalnum isalpha isascii isdecimal "
    "isdigit isdisjoint isidentifier islower isnumeric isspace issubset issuperset istitle "
    "isupper items join keys ljust lower lstrip most_common partition pop popitem popleft "
    "remove removeprefix removesuffix replace reverse rfind rindex rjust rpartition rsplit "
    "rstrip setdefault sort split splitlines startswith strip swapcase symmetric_difference "
    "title union update upper values zfill".split()
)
_MODULES = {
    "collections": frozenset("Counter defaultdict deque".split()),
    "functools": frozenset(["reduce"]),
    "math": frozenset("ceil comb fabs factorial floor gcd inf isqrt lcm pi prod sqrt".split()),
    "typing": frozenset(
        "Any Callable Dict Iterable List Optional Sequence Set Tuple Union".split()
    ),
}
_CONTAINERS = frozenset("Counter defaultdict dict set".split())
# A limit on the time that the rules take, which hostile programs could stretch.
_MOST_NODES = 3000
_COMPENSATED_SUM = sys.version_info >= (3, 12)


def portable(tree: ast.Module, calls: Sequence[Call]) -> bool:
    """Whether a program and its calls are known to mean the same in both."""
    nodes = list(islice(ast.walk(tree), _MOST_NODES + 1))
    if len(nodes) > _MOST_NODES or not all(isinstance(node, _NODES) for node in nodes):
        return False
    imported = set(_imported(nodes))
    bound = set(_bound(nodes)) | imported
    arguments = [value for call in calls for value in _flat(call.args)]
    return (
        _names_are_known(nodes, bound, imported)
        and all(_is_plain(node) for node in nodes)
        and _values_are_plain(arguments)
        and _numbers_are_alike(nodes, arguments)
        and keeps_order(tree, nodes)
        and _compiles(tree)
    )


def _compiles(tree: ast.Module) -> bool:
    """Whether CPython's compiler finds none of the faults that its parser, and Monty, let pass."""
    try:
        compile(tree, "<submission>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _imported(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names that imports bind; one that is not known makes a name that is not known."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _bound(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names and attributes that the program itself makes."""
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def _names_are_known(nodes: Sequence[ast.AST], bound: set[str], imported: set[str]) -> bool:
    """Whether every name is the program's own, or one that both know."""
    own = bound - imported
    if any(name.startswith("_sandbox") or name in vars(builtins) for name in own):
        return False
    for node in nodes:
        if isinstance(node, ast.Name):
            if node.id not in bound and node.id not in _FUNCTIONS and node.id not in _RAISED:
                return False
        elif isinstance(node, ast.Attribute):
            base = node.value
            module = base.id if isinstance(base, ast.Name) and base.id in imported else ""
            known = _MODULES[module] if module in _MODULES else _METHODS | own
            if node.attr not in known or node.attr.startswith("__"):
                return False
        elif isinstance(node, ast.Import):
            if any(alias.asname or alias.name not in _MODULES for alias in node.names):
                return False
        elif isinstance(node, ast.ImportFrom):
            known = _MODULES.get(node.module or "", frozenset())
            if any(alias.asname or alias.name not in known for alias in node.names):
                return False
    return True


def _is_plain(node: ast.AST) -> bool:
    """Whether this node is used in a way that both take alike."""
    if isinstance(node, ast.Constant):
        return _constant_is_plain(node)
    if isinstance(node, ast.FunctionDef):
        special = node.name.startswith("__") and node.name != "__init__"
        return not node.decorator_list and not special
    if isinstance(node, ast.ClassDef):
        return not (node.bases or node.keywords or node.decorator_list)
    if isinstance(node, ast.Try):
        return not node.finalbody
    if isinstance(node, ast.ExceptHandler):
        types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        # The words of an exception differ, so it may not have a name.
        return node.name is None and all(
            isinstance(kind, ast.Name) and kind.id in _CAUGHT for kind in types
        )
    if isinstance(node, ast.Compare):
        pairs = zip(node.ops, node.comparators, strict=True)
        return all(
            not isinstance(op, ast.Is | ast.IsNot)
            or (isinstance(right, ast.Constant) and right.value in (None, True, False))
            for op, right in pairs
        )
    if isinstance(node, ast.Dict):
        return not any(isinstance(key, ast.Constant) and key.value is True for key in node.keys)
    return True


def _constant_is_plain(node: ast.Constant) -> bool:
    """Whether a constant is of a plain type; Monty knows other tables of Unicode, no surrogates."""
    if isinstance(node.value, str):
        return node.value.isascii()
    return node.value is None or isinstance(node.value, bool | int | float)


def _flat(values: Any) -> Iterator[Any]:
    """Every value in the arguments, containers included."""
    for value in values:
        yield value
        if isinstance(value, dict):
            yield from _flat(value.keys())
            yield from _flat(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            yield from _flat(value)


def _values_are_plain(values: Sequence[Any]) -> bool:
    """Whether arguments hold no sets, no foreign letters, and no bools among the numbers."""
    types = {type(value) for value in values}
    if set in types or frozenset in types:
        return False
    # 1 and True are one key of a dict; which of the two it keeps is not the same in both.
    if bool in types and (int in types or float in types) and (dict in types or list in types):
        return False
    return all(value.isascii() for value in values if type(value) is str)


def _numbers_are_alike(nodes: Sequence[ast.AST], arguments: Sequence[Any]) -> bool:
    """Whether there are no floats, or nothing is done to them that differs.

    Monty rounds to digits, and breaks ties of the shortest text, in its own way; it keeps the later
    of two keys that are equal; and the sum of floats depends on the version of CPython.
    """
    if not any(map(_makes_floats, nodes)) and not any(type(v) is float for v in arguments):
        return True
    for node in nodes:
        if isinstance(node, ast.JoinedStr | ast.Dict | ast.DictComp | ast.Set | ast.SetComp):
            return False
        if isinstance(node, ast.Name) and (node.id in _CONTAINERS or node.id in ("str", "repr")):
            return False
        if isinstance(node, ast.Name) and node.id == "sum" and _COMPENSATED_SUM:
            return False
        if isinstance(node, ast.Call) and _is_name(node.func, "round") and len(node.args) != 1:
            return False
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
            return False
    return not any(type(value) is dict for value in arguments)


def _makes_floats(node: ast.AST) -> bool:
    """Whether an expression can be where a float comes from."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Name):
        return node.id in ("float", "math", "pow", *_MODULES["math"])
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, ast.Div | ast.Pow)
    if isinstance(node, ast.BinOp):
        power = node.right
        whole = isinstance(power, ast.Constant) and isinstance(power.value, int)
        return isinstance(node.op, ast.Div) or (isinstance(node.op, ast.Pow) and not whole)
    return False


def _is_text(node: ast.AST) -> bool:
    """Whether a node is a text that is written out."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_name(node: ast.AST, name: str) -> bool:
    """Whether a node is this name."""
    return isinstance(node, ast.Name) and node.id == name
