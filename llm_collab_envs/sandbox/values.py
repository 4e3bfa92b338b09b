"""Values on their way in and out: literals in, tagged JSON out, exact types both ways."""

from __future__ import annotations

import json
import marshal
import math
from collections.abc import Callable
from typing import Any, NoReturn

from llm_collab_envs.sandbox.outcome import Ref

DEEPEST = 60
_DIGITS = 4000
_LARGEST = 10**_DIGITS
_ATOMS = {str, int, bool, type(None)}
_SEQUENCES, _SETS = (list, tuple), (set, frozenset)


def literal(value: Any, call: int, depth: int = 0) -> str:
    """An expression that makes an argument of a call in the child.

    Args:
        value: The argument.
        call: Number of the call; a `Ref` names an earlier one.
        depth: How deep in the argument the value is.

    Raises:
        TypeError: If the value is of a type that cannot go in.
        ValueError: If it is nested too deep, holds an int that is too long or a `Ref` to a call
            that has not been made yet.
    """
    if depth > DEEPEST:
        raise ValueError(f"arguments may be nested {DEEPEST} deep; lower the depth.")
    kind = type(value)
    if value is None or kind is bool:
        return repr(value)
    if kind is str:
        return ascii(value)
    if kind is int:
        if not -_LARGEST < value < _LARGEST:
            raise ValueError(f"an int argument may have {_DIGITS} digits; pass a shorter one.")
        return f"({value})"
    if kind is float:
        return f"({value!r})" if math.isfinite(value) else f"_sandbox_float('{value!r}')"
    if kind is Ref:
        if not 0 <= value.call < call:
            raise ValueError(f"call {call} refers to {value!r}; name an earlier call, from 0.")
        return f"_sandbox_values[{value.call}]"
    return _container(value, kind, call, depth)


def _container(value: Any, kind: type, call: int, depth: int) -> str:
    """The same for the types that hold others."""
    if kind is dict:
        pairs = (
            f"{literal(k, call, depth + 1)}: {literal(v, call, depth + 1)}"
            for k, v in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if kind is list:
        return "[" + ", ".join(literal(item, call, depth + 1) for item in value) + "]"
    if kind is tuple:
        return "(" + "".join(literal(item, call, depth + 1) + ", " for item in value) + ")"
    if kind is set or kind is frozenset:
        # Sorted, for the judge's own order of strings differs from process to process.
        items = ", ".join(sorted(literal(item, call, depth + 1) for item in value))
        return f"_sandbox_{kind.__name__}([{items}])"
    raise TypeError(
        "arguments are None, bool, int, float, str, list, tuple, dict, set, frozenset and Ref; "
        f"got {kind.__name__}. Convert it first."
    )


def coded_chars(coded: Any) -> int:
    """How long the child finds an encoded value: as text, and two for all that it is made of."""
    chars, layer = 0, [coded]
    while layer:
        chars += 2 * len(layer) + sum(len(item) for item in layer if isinstance(item, str))
        layer = [inner for item in layer if isinstance(item, list) for inner in item]
    return chars


def decode(coded: Any) -> Any:
    """The value that the child encoded.

    Raises:
        ValueError: If the text is not an encoding; hostile programs send whatever they like.
    """
    if type(coded) is not list:
        return _atom(coded)
    tag = coded[0] if coded else None
    if tag == "i" or tag == "f":
        return _number(coded)
    if type(tag) is not str or tag not in _MAKERS:
        raise ValueError("an unknown tag")
    items = [item if type(item) is str else decode(item) for item in coded[1:]]
    try:
        return _MAKERS[tag](items)
    except TypeError as error:  # keys and members of sets that are not hashable
        raise ValueError(str(error)) from None


def _atom(coded: Any) -> Any:
    """What stands for itself."""
    if coded is None or type(coded) is str or type(coded) is bool:
        return coded
    raise ValueError("not an encoded value")


def _number(coded: list[Any]) -> int | float:
    """An int or a float from its text."""
    if len(coded) != 2 or type(coded[1]) is not str or len(coded[1]) > _DIGITS + 1:
        raise ValueError("not a number")
    return int(coded[1]) if coded[0] == "i" else float(coded[1])


def _dict(values: list[Any]) -> dict[Any, Any]:
    """A dict from keys and values by turns; raises ValueError for a key too many."""
    return dict(zip(values[::2], values[1::2], strict=True))


_MAKERS: dict[str, Callable[[list[Any]], Any]] = {
    "d": _dict,
    "l": list,
    "t": tuple,
    "s": set,
    "z": frozenset,
}


def parse_line(line: str) -> Any:
    """One line of the child as JSON, or None where it is anything else."""
    try:
        return _JSON.decode(line)
    except (ValueError, RecursionError):
        return None


def _refuse(text: str) -> NoReturn:
    """No bare float is part of the encoding."""
    raise ValueError(text)


_JSON = json.JSONDecoder(parse_float=_refuse, parse_int=int, parse_constant=_refuse)


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal and of the same types throughout; nan is the same as nan."""
    if type(a) is type(b) and type(a) not in _ATOMS and a == b and _same_bytes(a, b):
        return True
    return _same(a, b)


def _same_bytes(a: Any, b: Any) -> bool:
    """Whether two equal values are written with the same bytes, which tell all types here apart.

    Sets in sets take long to write; what is not equal to a right value may hold any number of them.
    """
    try:
        return marshal.dumps(a, 2) == marshal.dumps(b, 2)
    except ValueError:  # of some other type, or nested too deep
        return False


def _same(a: Any, b: Any) -> bool:
    """The same for values that may be written in other ways, as dicts and sets of any order are."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind in _ATOMS:
        return bool(a == b)
    if isinstance(a, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, _SEQUENCES):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        # Keys that are equal can still differ in type, as 1 and True do.
        return len(a) == len(b) and _same_sets(a, b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, _SETS):
        return len(a) == len(b) and _same_sets(a, b)
    return bool(a == b)


def _same_sets(a: Any, b: Any) -> bool:
    """Whether two collections of hashable values hold the same ones, of the same types."""
    twins = {item: item for item in b}
    return all(item in twins and _same(item, twins[item]) for item in a)
