"""Where the order of things could differ between Monty and CPython.

Monty keeps the order in which a set was filled, and it makes lists of what CPython computes step
by step: generator expressions, map, filter, zip, enumerate and reversed. Sets are therefore let
through where no order shows, and the others where they are used up on the spot and nothing can
change, fail or stop in between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from llm_collab_envs.sandbox.syntax import Syntax

_ORDERLESS = frozenset("all any bool len max min set sorted sum".split())
_SET_MAKERS = frozenset("copy difference intersection symmetric_difference union".split())
_SET_METHODS = frozenset("add clear discard isdisjoint issubset issuperset remove update".split())
_STEPWISE = frozenset("enumerate filter map reversed zip".split())
_VIEWS = frozenset("items keys values".split())
_USED_UP_WHOLE = frozenset("dict list max min set sorted sum tuple".split())
_USED_UP = _USED_UP_WHOLE | frozenset("all any enumerate filter map zip".split())
_MUTATORS = frozenset(
    "add append appendleft clear discard extend insert pop popitem popleft remove reverse "
    "setdefault sort update".split()
)
_FRESH_CALLS = frozenset(
    "Counter abs bool defaultdict deque dict divmod float int len list ord range round set sorted "
    "str sum tuple".split()
)
_FRESH_METHODS = frozenset("copy join lower replace rsplit split strip upper".split())
_MOST_PASSES = 5
_MOST_LOOKS = 20_000  # at nodes, by all values that are computed bit by bit
_CHANGING = (ast.Subscript, ast.Attribute, ast.AugAssign, ast.Call)
_Scope = ast.Module | ast.FunctionDef | ast.ClassDef | ast.Lambda


def keeps_order(syntax: Syntax) -> bool:
    """Whether no order that differs can show in an answer."""
    try:
        if _makes_sets(syntax) and not _SetUses(syntax).are_orderless():
            return False
    except RecursionError:  # an expression nested a thousand deep
        return False
    stepwise = [n for n in syntax.of(ast.GeneratorExp, ast.Call, ast.Name) if _is_stepwise(n)]
    if not stepwise:
        return True
    parents = syntax.parents
    if not all(_is_used_up(node, parents[node]) for node in stepwise):
        return False
    effects = _Effects(syntax)
    return not any(_shows_steps(node, parents[node], effects) for node in stepwise)


def _makes_sets(syntax: Syntax) -> bool:
    """Whether a program has any sets at all: none comes in with an argument."""
    return (
        bool(syntax.types & {ast.Set, ast.SetComp})
        or any(name.id == "set" for name in syntax.of(ast.Name))
        or any(base.attr in _SET_MAKERS for base in syntax.of(ast.Attribute))
    )


def _call_name(node: ast.AST) -> str:
    """The plain name that a node calls, or ""."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if called else ""  # type: ignore[attr-defined]


def _method_name(node: ast.AST) -> str:
    """The method that a node calls, or ""."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return node.func.attr if called else ""  # type: ignore[attr-defined]


class _SetUses:
    """The expressions of a program that can be sets, and what happens to them."""

    def __init__(self, syntax: Syntax) -> None:
        self._nodes = syntax.nodes
        self._parents = syntax.parents
        self._names: set[str] = set()
        self._known: dict[ast.AST, bool] = {}
        self._is_settled = False
        for _ in range(_MOST_PASSES):
            before = len(self._names)
            self._known.clear()
            for node in syntax.of(ast.Assign):
                if self._is_set(node.value):
                    names = {t.id for t in node.targets if isinstance(t, ast.Name)}
                    self._names |= names
            if len(self._names) == before:
                self._is_settled = True
                break

    def are_orderless(self) -> bool:
        """Whether every set is used in a way that shows no order."""
        if not self._is_settled:
            return False
        for node in self._nodes:
            if isinstance(node, ast.Name) and node.id == "set" and not self._is_called(node):
                return False
            if isinstance(node, ast.expr) and self._is_set(node) and not self._is_orderless(node):
                return False
        return True

    def _is_called(self, node: ast.AST) -> bool:
        parent = self._parents[node]
        return isinstance(parent, ast.Call) and parent.func is node

    def _is_set(self, node: ast.AST) -> bool:
        if node not in self._known:
            self._known[node] = False
            self._known[node] = self._can_be_set(node)
        return self._known[node]

    def _can_be_set(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Set | ast.SetComp) or _call_name(node) == "set":
            return True
        if isinstance(node, ast.Name):
            return node.id in self._names and isinstance(node.ctx, ast.Load)
        if _method_name(node) in _SET_MAKERS:
            assert isinstance(node, ast.Call)
            assert isinstance(node.func, ast.Attribute)
            return _method_name(node) != "copy" or self._is_set(node.func.value)
        if isinstance(node, ast.BinOp):
            return self._is_set(node.left) or self._is_set(node.right)
        if isinstance(node, ast.IfExp):
            return self._is_set(node.body) or self._is_set(node.orelse)
        if isinstance(node, ast.BoolOp):
            return any(map(self._is_set, node.values))
        return isinstance(node, ast.NamedExpr) and self._is_set(node.value)

    def _is_orderless(self, node: ast.expr) -> bool:
        parent = self._parents[node]
        if isinstance(parent, ast.Compare | ast.BinOp | ast.Expr):
            return True
        if isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node:
            return True
        if isinstance(parent, ast.UnaryOp):
            return isinstance(parent.op, ast.Not)
        if isinstance(parent, ast.Assign):
            return len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name)
        if isinstance(parent, ast.AugAssign):
            return isinstance(parent.target, ast.Name) and parent.target.id in self._names
        if isinstance(parent, ast.Attribute):
            return parent.attr in _SET_METHODS | _SET_MAKERS and self._is_called(parent)
        if isinstance(parent, ast.Call):
            plain = not parent.keywords and len(parent.args) == 1
            methods = _SET_METHODS | _SET_MAKERS
            return plain and (_call_name(parent) in _ORDERLESS or _method_name(parent) in methods)
        return False


def _is_stepwise(node: ast.AST) -> bool:
    """Whether CPython computes a value bit by bit, or keeps it up to date, and Monty does not."""
    return (
        isinstance(node, ast.GeneratorExp)
        or _call_name(node) in _STEPWISE
        or _method_name(node) in _VIEWS
        or (isinstance(node, ast.Name) and node.id in _STEPWISE and isinstance(node.ctx, ast.Load))
    )


def _is_used_up(node: ast.AST, parent: ast.AST) -> bool:
    """Whether such a value is used up where it is made."""
    if isinstance(node, ast.Name):
        return isinstance(parent, ast.Call) and parent.func is node
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is node
    if isinstance(parent, ast.Assign):
        return len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Tuple | ast.List)
    if isinstance(parent, ast.Compare):
        return _method_name(node) in ("keys", "values") and parent.left is not node
    if isinstance(parent, ast.Call):
        first = bool(parent.args) and parent.args[0] is node
        name = _call_name(parent)
        if name in ("map", "zip", "filter"):
            return node in parent.args
        if name in ("max", "min"):
            return first and len(parent.args) == 1
        length = name == "len" and _method_name(node) in _VIEWS
        return first and (length or name in _USED_UP or _method_name(parent) == "join")
    return False


def _shows_steps(node: ast.AST, parent: ast.AST, effects: _Effects) -> bool:
    """Whether something can happen between the steps of such a value."""
    if isinstance(node, ast.Name):
        return False
    if isinstance(parent, ast.comprehension):
        parent = effects.parents[parent]
    whole = _call_name(parent) in _USED_UP_WHOLE or _method_name(parent) == "join"
    can_fail = isinstance(node, ast.GeneratorExp) or _call_name(node) in ("map", "filter")
    if effects.are_caught and can_fail and not whole:
        return True
    names = {n.id for n in effects.inside(node) if isinstance(n, ast.Name)}
    return any(effects.may_change(i, names) for i in effects.inside(parent)) or effects.tired


class _Effects:
    """What in a program can change values that others may be looking at."""

    def __init__(self, syntax: Syntax) -> None:
        self.parents = syntax.parents
        self.are_caught = ast.Try in syntax.types
        self._looks = _MOST_LOOKS
        self._scopes: dict[ast.AST, _Scope] = {}
        for node in syntax.nodes:
            self._scopes[node] = self._scope_of(node)
        self._fresh = self._fresh_names(syntax)
        self._shared = {
            *(name for node in syntax.of(ast.Global) for name in node.names),
            *(name for node in syntax.of(ast.Nonlocal) for name in node.names),
        }
        changed = [self._changed(node) for node in syntax.of(*_CHANGING)]
        targets = {target.id for target in changed if isinstance(target, ast.Name)}
        aliases = {n.value.id for n in syntax.of(ast.Assign) if isinstance(n.value, ast.Name)}
        self._reach_out = bool(aliases & targets) or any(
            target is not None and not self._is_fresh(target) for target in changed
        )

    def inside(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield a node and all in it, as long as not too many have been looked at."""
        for inner in ast.walk(node):
            self._looks -= 1
            if self.tired:
                return
            yield inner

    @property
    def tired(self) -> bool:
        """Whether too much has been looked at to know: what nests or repeats is seen many times."""
        return self._looks < 0

    def may_change(self, node: ast.AST, names: set[str]) -> bool:
        """Whether a node can change one of the names, or what others may see."""
        if isinstance(node, ast.NamedExpr):
            return True
        target = self._changed(node)
        if target is not None:
            return not self._is_fresh(target) or getattr(target, "id", "") in names
        if not self._reach_out or not isinstance(node, ast.Call):
            return False
        name = _call_name(node)
        known = name in _USED_UP | _FRESH_CALLS | _STEPWISE or isinstance(node.func, ast.Attribute)
        if name in ("map", "filter"):
            function = node.args[0] if node.args else node
            known = isinstance(function, ast.Lambda) or _name(function) in _FRESH_CALLS
        return not known

    def _scope_of(self, node: ast.AST) -> _Scope:
        """The innermost scope that holds a node; the module is in itself."""
        parent = self.parents.get(node, node)
        return parent if isinstance(parent, _Scope) else self._scopes[parent]

    def _fresh_names(self, syntax: Syntax) -> dict[tuple[_Scope, str], bool]:
        """By scope and name: whether all that is assigned to it is made on the spot."""
        fresh: dict[tuple[_Scope, str], bool] = {}
        for node in syntax.of(ast.Name):
            if isinstance(node.ctx, ast.Store):
                parent = self.parents[node]
                made = isinstance(parent, ast.AugAssign) or (
                    isinstance(parent, ast.Assign | ast.AnnAssign)
                    and parent.value is not None
                    and _is_made_here(parent.value)
                    and (isinstance(parent, ast.AnnAssign) or len(parent.targets) == 1)
                )
                key = (self._scopes[node], node.id)
                fresh[key] = fresh.get(key, True) and made
        return fresh

    def _changed(self, node: ast.AST) -> ast.expr | None:
        """What a node changes in place, if anything."""
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            return node.value
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            return node.target
        if _method_name(node) in _MUTATORS:
            assert isinstance(node, ast.Call)
            assert isinstance(node.func, ast.Attribute)
            return node.func.value
        return None

    def _is_fresh(self, target: ast.expr) -> bool:
        if not isinstance(target, ast.Name) or target.id in self._shared:
            return False
        return self._fresh.get((self._scopes[target], target.id), False)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_made_here(value: ast.expr) -> bool:
    """Whether nothing else can hold the value of an expression."""
    made = (
        *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp),
        *(ast.DictComp, ast.JoinedStr, ast.BinOp, ast.Compare, ast.UnaryOp),
    )
    if isinstance(value, ast.Subscript):
        return isinstance(value.slice, ast.Slice)
    called = _call_name(value) in _FRESH_CALLS or _method_name(value) in _FRESH_METHODS
    return isinstance(value, made) or called
