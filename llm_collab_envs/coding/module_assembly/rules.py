"""The rules of a module: what all its functions follow, each known to one agent only."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from llm_collab_envs.coding.module_assembly.kinds.kind import Function

# What every rule decides, as the public text says it.
RULES = {
    "letters": "only this many first letters of a given name count",
    "limit": "a given amount above this number counts as this number",
    "unknown": "the number that is returned where a function says unknown",
    "mark": "names are returned as one text, sorted, with this between them",
    "factor": "all other numbers that are returned are multiplied by this",
    "order": "names are sorted A to Z or Z to A",
}
MARKS = "/ + - | # * ~ = _ !".split()
VALUES = {
    "letters": re.compile("[2-6]"),
    "limit": re.compile("[1-9][0-9]{0,3}"),
    "unknown": re.compile("-[1-9][0-9]{0,3}"),
    "mark": re.compile("[" + re.escape("".join(MARKS)) + "]"),
    "factor": re.compile("[2-9]"),
    "order": re.compile("A to Z|Z to A"),
}


_OPTIONS = {
    "letters": tuple("23456"),
    "mark": tuple(MARKS),
    "order": ("A to Z", "Z to A"),
}


def draw_rule(rng: np.random.Generator, rule: str) -> str:
    """Draw a value of a rule."""
    if rule == "limit":
        return str(rng.integers(21, 80))
    if rule == "unknown":
        return str(-rng.integers(11, 100))
    if rule == "factor":
        return str(rng.integers(2, 10))
    return str(rng.choice(_OPTIONS[rule]))


def another_value(rule: str, value: str) -> str:
    """Return a value of a rule that is not this one."""
    if rule in _OPTIONS:
        options = _OPTIONS[rule]
        return options[(options.index(value) + 1) % len(options)]
    if rule == "limit":
        return str(int(value) + 10)
    return str(int(value) - 1) if rule == "unknown" else str(11 - int(value))


def read_rule(entry: str) -> tuple[str, str] | None:
    """Read an entry 'limit: 47', or return None where it is no such entry."""
    rule, _, value = entry.partition(": ")
    return (rule, value) if rule in VALUES and VALUES[rule].fullmatch(value) else None


def names_code(rules: Mapping[str, str], names: str) -> str:
    """Return the expression that returns names by the rules."""
    code = f"sorted({names})" + ("[::-1]" if rules.get("order") == "Z to A" else "")
    return f'"{rules["mark"]}".join({code})' if "mark" in rules else code


def number_code(rules: Mapping[str, str], number: str) -> str:
    """Return the expression that returns a number by the rules."""
    if "factor" not in rules:
        return number
    atom = re.fullmatch(r"\w+(?:\[\w+\])?", number)
    return f"{rules['factor']} * {number}" if atom else f"{rules['factor']} * ({number})"


def rules_of(function: Function) -> set[str]:
    """Return the rules that bind a function."""
    signs = {
        "letters": r"\b(?:name|other)\b",
        "limit": r"\bamount\b",
        "unknown": r"\bUNKNOWN\b",
        "mark": r"\bNAMES\b",
        "order": r"\bNAMES\b",
        "factor": r"\bNUMBER\b",
    }
    given = function.params.replace("entries", "name amount")
    return {
        rule
        for rule, sign in signs.items()
        if re.search(sign, given if rule in ("letters", "limit") else function.code)
    }
