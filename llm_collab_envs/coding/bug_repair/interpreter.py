"""A small interpreter for the Python that the programs of this env are written in.

The scripted expert tries what a function may have been. What it runs comes out of its observation,
so this is safe whatever stands there: ints of a bounded size, strings and lists, a bounded number
of steps, and no way to anything else.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

MOST_STEPS = 5_000
LARGEST = 2**63

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}


class Unknown(Exception):  # noqa: N818
    """What is asked cannot be evaluated here."""


class Interpreter:
    """Calls functions of a program.

    Args:
        functions: The source of each function, {name: text}.
        facts: What functions are known to return that are not among them, {(name, args as text):
            value}.
    """

    def __init__(self, functions: Mapping[str, str], facts: Mapping[tuple[str, str], Any]) -> None:
        """Keep the parts; a function is read when it is called."""
        self._functions = functions
        self._facts = facts
        self._steps = 0

    def call(self, text: str, args: Sequence[Any]) -> Any:
        """Return what a function returns.

        Args:
            text: Its source; it may be another version of one of the program's functions.
            args: Ints, strings and lists.

        Raises:
            Unknown: Where it returns nothing within the bounds of this interpreter.
        """
        self._steps = 0
        try:
            return self._call(_parsed(text), args)
        except (
            IndexError,
            KeyError,
            SyntaxError,
            TypeError,
            RecursionError,
            ValueError,
        ) as problem:
            raise Unknown(str(problem)) from None

    def _call(self, function: ast.FunctionDef, args: Sequence[Any]) -> Any:
        names = [argument.arg for argument in function.args.args]
        returned = self._block(function.body, dict(zip(names, args, strict=True)))
        if not returned:
            raise Unknown(f"{function.name} returns nothing")
        return returned[0]

    def _block(self, body: Sequence[ast.stmt], names: dict[str, Any]) -> list[Any]:
        """Carry out statements; return [value] where one of them is a return, and [] otherwise."""
        for statement in body:
            returned: list[Any] = []
            match statement:
                case ast.Return(value=ast.expr() as value):
                    return [self._value(value, names)]
                case ast.Assign(targets=[ast.Name(id=name)]):
                    names[name] = self._value(statement.value, names)
                case ast.AugAssign(target=ast.Name(id=name)):
                    change = self._value(statement.value, names)
                    names[name] = self._operate(statement.op, names[name], change)
                case ast.If():
                    chosen = self._value(statement.test, names)
                    returned = self._block(statement.body if chosen else statement.orelse, names)
                case ast.For(target=ast.Name(id=name), orelse=[]):
                    for item in self._value(statement.iter, names):
                        names[name] = item
                        returned = self._block(statement.body, names)
                        if returned:
                            break
                case _:
                    raise Unknown(type(statement).__name__)
            if returned:
                return returned
        return []

    def _value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Unknown("too many steps")
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.BinOp():
                left, right = self._value(node.left, names), self._value(node.right, names)
                return self._operate(node.op, left, right)
            case ast.Compare(ops=[op], comparators=[other]):
                return self._operate(op, self._value(node.left, names), self._value(other, names))
            case ast.Subscript():
                return self._value(node.value, names)[self._value(node.slice, names)]
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                return self._call_by_name(name, [self._value(arg, names) for arg in node.args])
        raise Unknown(type(node).__name__)

    def _operate(self, op: ast.AST, left: Any, right: Any) -> Any:
        do = _OPERATORS.get(type(op))
        if do is None or (isinstance(op, ast.operator) and {type(left), type(right)} != {int}):
            raise Unknown(type(op).__name__)
        value = do(left, right)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise Unknown("a large number")
        return value

    def _call_by_name(self, name: str, args: Sequence[Any]) -> Any:
        if name in self._functions:
            return self._call(_parsed(self._functions[name]), args)
        if name == "range":
            return range(*args)
        if name == "len":
            return len(*args)
        key = (name, repr(tuple(args)))
        if key not in self._facts:
            raise Unknown(f"{name} is not known for {key[1]}")
        return self._facts[key]


@lru_cache(maxsize=1024)
def _parsed(text: str) -> ast.FunctionDef:
    """Read a function; its tree is only looked at."""
    (function,) = ast.parse(text).body
    if not isinstance(function, ast.FunctionDef):
        raise Unknown("no function")
    return function
