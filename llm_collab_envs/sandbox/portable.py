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
from dataclasses import dataclass
from typing import Any

from llm_collab_envs.sandbox.outcome import Call
from llm_collab_envs.sandbox.portable_order import keeps_order
from llm_collab_envs.sandbox.syntax import Syntax

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
)
_NODES = frozenset((*_STATEMENTS, *_EXPRESSIONS))
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
_MOST_NODES = 2000
# It is this process that compiles what may go to Monty, and CPython's compiler crashes (3.12 and
# later) where comprehensions nest 21 deep, and takes seconds over hundreds of nested lambdas.
_DEEPEST = 10
_SCOPES = (
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.Lambda, ast.FunctionDef, ast.ClassDef),
)
_COMPENSATED_SUM = sys.version_info >= (3, 12)


@dataclass(frozen=True)
class Portability:
    """Whether a program means the same in both.

    Attributes:
        known: Whether it is known to, wherever it meets no float.
        floats: Whether it makes floats of its own.
        alike: Whether what it does to floats is known to mean the same.
    """

    known: bool
    floats: bool = False
    alike: bool = False

    def on(self, calls: Sequence[Call]) -> bool:
        """Whether the program and these calls of it are known to mean the same in both."""
        if not self.known:
            return False
        values = [value for call in calls for value in _flat(call.args)]
        types = set(map(type, values))
        if not _values_are_plain(values, types):
            return False
        # Monty keeps the later of two keys that are equal.
        return not (self.floats or float in types) or (self.alike and dict not in types)


def portability(tree: ast.Module) -> Portability:
    """Look at a program."""
    syntax = Syntax(tree, _MOST_NODES)
    known = (
        syntax.is_whole
        and syntax.types <= _NODES
        and _names_are_known(syntax)
        and all(map(_is_plain, syntax.of(*_RULED)))
        and keeps_order(syntax)
        and _is_shallow(syntax)
        and _compiles(tree)
    )
    return Portability(known, _has_floats(syntax), _floats_are_alike(syntax)) if known else _UNKNOWN


_UNKNOWN = Portability(known=False)


def _is_shallow(syntax: Syntax) -> bool:
    """Whether no scope is inside of too many others."""
    for node in syntax.of(*_SCOPES):
        around: ast.AST = node
        depth = 0
        while around is not syntax.tree and depth <= _DEEPEST:
            depth += isinstance(around, _SCOPES)
            around = syntax.parents[around]
        if depth > _DEEPEST:
            return False
    return True


def _compiles(tree: ast.Module) -> bool:
    """Whether CPython's compiler finds none of the faults that its parser, and Monty, let pass."""
    try:
        compile(tree, "<submission>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _bound(syntax: Syntax) -> set[str]:
    """The names and attributes that the program itself makes, but for imports."""
    return {
        *(name.id for name in syntax.of(ast.Name) if isinstance(name.ctx, ast.Store)),
        *(base.attr for base in syntax.of(ast.Attribute) if isinstance(base.ctx, ast.Store)),
        *(defined.name for defined in syntax.of(ast.FunctionDef)),
        *(defined.name for defined in syntax.of(ast.ClassDef)),
        *(parameter.arg for parameter in syntax.of(ast.arg)),
    }


def _names_are_known(syntax: Syntax) -> bool:
    """Whether every name is the program's own, or one that both know."""
    imported = {alias.name for alias in syntax.of(ast.alias)}
    own = _bound(syntax) - imported
    if any(name.startswith("_sandbox") or name in vars(builtins) for name in own):
        return False
    names = {name.id for name in syntax.of(ast.Name)}
    return (
        names <= own | imported | _FUNCTIONS | _RAISED
        and all(_attribute_is_known(node, own, imported) for node in syntax.of(ast.Attribute))
        and not any(alias.asname for alias in syntax.of(ast.alias))
        and all(a.name in _MODULES for node in syntax.of(ast.Import) for a in node.names)
        and all(
            alias.name in _MODULES.get(node.module or "", ())
            for node in syntax.of(ast.ImportFrom)
            for alias in node.names
        )
    )


def _attribute_is_known(node: ast.Attribute, own: set[str], imported: set[str]) -> bool:
    """Whether an attribute is a method, or a function of a module, that both know."""
    base = node.value
    module = base.id if isinstance(base, ast.Name) and base.id in imported else ""
    known = node.attr in (_MODULES[module] if module in _MODULES else _METHODS | own)
    return known and not node.attr.startswith("__")


_RULED = (
    *(ast.Constant, ast.FunctionDef, ast.ClassDef, ast.Try, ast.ExceptHandler, ast.Compare),
    *(ast.Dict, ast.Call, ast.Subscript),
)
_SEARCHES = frozenset("count endswith find index rfind rindex startswith".split())


def _is_plain(node: ast.AST) -> bool:
    """Whether a node of one of these types is used in a way that both take alike."""
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
        return not any(map(_is_truth, node.keys))
    if isinstance(node, ast.Subscript):
        return not (isinstance(node.ctx, ast.Store) and _is_truth(node.slice))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr not in _SEARCHES or len(node.args) < 2 or _is_some_text(node.args[0])
    return True


def _is_truth(key: ast.expr | None) -> bool:
    """Whether a key is a bool as one can see; Monty keeps the later of 1 and True."""
    truths = ast.Compare | ast.BoolOp
    return isinstance(key, truths) or (isinstance(key, ast.Constant) and type(key.value) is bool)


def _is_some_text(node: ast.expr) -> bool:
    """Whether this is a text, not empty: Monty finds an empty one beyond the end, too."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""


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


def _values_are_plain(values: Sequence[Any], types: set[type]) -> bool:
    """Whether arguments hold no sets, no foreign letters, and no bools among the numbers."""
    if set in types or frozenset in types:
        return False
    # 1 and True are one key of a dict; which of the two it keeps is not the same in both.
    if bool in types and (int in types or float in types) and (dict in types or list in types):
        return False
    return all(value.isascii() for value in values if type(value) is str)


def _has_floats(syntax: Syntax) -> bool:
    """Whether a program makes floats, whatever it is called with."""
    return any(map(_makes_floats, syntax.of(ast.Constant, ast.Name, ast.AugAssign, ast.BinOp)))


def _floats_are_alike(syntax: Syntax) -> bool:
    """Whether nothing is done to floats that differs.

    Monty rounds to digits, and breaks ties of the shortest text, in its own way; it keeps the later
    of two keys that are equal; and the sum of floats depends on the version of CPython.
    """
    if syntax.types & {ast.JoinedStr, ast.Dict, ast.DictComp, ast.Set, ast.SetComp}:
        return False
    refused = {*_CONTAINERS, "str", "repr", *(("sum",) if _COMPENSATED_SUM else ())}
    return not (
        any(name.id in refused for name in syntax.of(ast.Name))
        or any(_is_name(c.func, "round") and len(c.args) != 1 for c in syntax.of(ast.Call))
        or any(isinstance(b.op, ast.Mod) and _is_text(b.left) for b in syntax.of(ast.BinOp))
    )


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
