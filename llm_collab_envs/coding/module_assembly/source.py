"""Source code of the functions: what a specification, a structure and the rules amount to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llm_collab_envs.coding.module_assembly.kinds.kind import Function, Kind
from llm_collab_envs.coding.module_assembly.layout import (
    BOX,
    Place,
    box_code,
    close_lines,
    open_line,
)
from llm_collab_envs.coding.module_assembly.rules import names_code, number_code

INDENT = "    "
# What the judge's own functions are called.
OUTSIDE = "outside_"
CALL, THERE = f"{OUTSIDE}call_", f"{OUTSIDE}there_"
_RETURNED = re.compile(r"(\s*)return (NAMES|NUMBER)\((.*)\)")


@dataclass(frozen=True)
class Part:
    """A function of a module, as a task has it.

    Attributes:
        verb: Which function of the kind it is.
        name: What it is called.
        k: Its number.
        pick: Its choice among the picks of the function, or "".
    """

    verb: str
    name: str
    k: int = 0
    pick: str = ""


def signature(function: Function, name: str) -> str:
    """Return a call of the function with its parameters."""
    box = [] if function.params == "entries" else [BOX]
    return f"{name}({', '.join([*box, *function.params.split()])})"


def specification(function: Function, part: Part) -> str:
    """Return what the function does, in prose."""
    return function.spec.format(k=part.k, pick=part.pick)


def solution(kind: Kind, part: Part, layout: Sequence[Place], rules: Mapping[str, str]) -> str:
    """Return the source of a function that is right under this structure and these rules."""
    function = kind.function(part.verb)
    places = {place.field: place for place in layout}
    used = [places[name] for name in function.fields.split()]
    closing = [line for n in function.writes.split() for line in close_lines(kind, places[n])]
    body = [] if function is kind.maker else [open_line(kind, place) for place in used]
    body += _given(function, rules)
    code = _substitute(kind, function.code.strip("\n").splitlines(), part, layout, rules)
    code.insert(len(code) - 1, "SAVE")
    for line in code:
        indent = line[: len(line) - len(line.lstrip())]
        body += [indent + c for c in closing] if line.strip() == "SAVE" else [line]
    head = f"def {signature(function, part.name)}:"
    return "\n".join([head, *(INDENT + line for line in body)])


def judge_code(kind: Kind, parts: Sequence[Part]) -> str:
    """Return the judge's functions that call functions on a box, and show the box as well."""
    lines = []
    for part in parts:
        call = signature(kind.function(part.verb), part.name)
        lines.append(f"def {CALL}{call}:\n{INDENT}return [{call}, {BOX}]")
    return "\n".join(lines)


def there_code(parts: Sequence[Part]) -> str:
    """Return the judge's functions that fail where a function is not there."""
    return "\n".join(f"def {THERE}{p.name}():\n{INDENT}return {p.name} is None" for p in parts)


def _given(function: Function, rules: Mapping[str, str]) -> list[str]:
    """Return the lines that bring what is given under the rules."""
    lines = [
        f"{p} = {_macros(f'LETTERS({p})', rules)}"
        for p in function.params.split()
        if p in ("name", "other")
    ]
    if "amount" in function.params.split():
        lines.append(f"amount = {_macros('LIMIT(amount)', rules)}")
    return lines


def _macros(line: str, rules: Mapping[str, str]) -> str:
    line = re.sub(r"LETTERS\((\w+)\)", rf"\1[:{rules['letters']}]", line)
    line = re.sub(r"LIMIT\((\w+)\)", rf"min(\1, {rules['limit']})", line)
    return line.replace("UNKNOWN", rules["unknown"])


def _substitute(
    kind: Kind, code: list[str], part: Part, layout: Sequence[Place], rules: Mapping[str, str]
) -> list[str]:
    """Put what the task decides in the place of the words that stand for it."""
    pick = kind.function(part.verb).picks.get(part.pick, "")
    lines = []
    for line in code:
        filled = re.sub(r"\bK\b", str(part.k), re.sub(r"\bPICK\b", pick, line))
        filled = re.sub(r"\bBOX\b", box_code(kind, layout), _macros(filled, rules))
        returned = _RETURNED.fullmatch(filled)
        if returned:
            indent, what, value = returned.groups()
            written = names_code if what == "NAMES" else number_code
            filled = f"{indent}return {written(rules, value)}"
        lines.append(filled)
    return lines
