"""Working programs of made-up rules: three files of small functions, drawn from six shapes.

Functions come in families: the first line of each is its own, the lines after it were copied from
one to the next. Every number, comparison, variable and order of arguments is drawn at random from
what could stand in its place, so that a program with a slip in it looks like any other: without a
call that fails, nobody can tell what is wrong. All values are ints but `items`, a list of ints, and
`kind`, a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from llm_collab_envs.core.tasks import invent_name

FILES = 3
LARGEST = 20  # of the ints that a function is called with
ITEMS = (3, 4)  # least and most of a list

# Least and most of the numbers that a function holds.
_THRESHOLDS = (4, 17)
_CONSTANTS = (2, 30)
_STARTS = (1, 6)  # where a range begins
_ENDS = (2, 6)  # what is added to where it ends
_PLACES = (1, ITEMS[0])

_WORDS = "size rate days cost level rank width depth speed price stock share".split()
_COMPARISONS = ("<", "<=", ">", ">=")
_DRAWN = [  # where a number stands in a line, and what it was drawn from
    (re.compile(r"[<>]=? (\d+):"), _THRESHOLDS),
    (re.compile(r"[-+] (\d+)$", re.MULTILINE), _CONSTANTS),
    (re.compile(r"range\((\d+), \w+ \+"), _STARTS),
    (re.compile(r"\+ (\d+)\):"), _ENDS),
    (re.compile(r"range\((\d+), len|place - (\d+)"), _PLACES),
]


@dataclass(frozen=True)
class Function:
    """One function of a program.

    Attributes:
        name: Its made-up name.
        text: Its source, without a line break at the end.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Family:
    """Functions of one file that share all lines but their first.

    Attributes:
        functions: The functions.
        parameters: Their names; `items` is a list of ints, `kind` a word, any other an int.
        kinds: The words that they may be called with as `kind`; the last is no case of its own.
        calls: The function that all of them call, or "".
    """

    functions: tuple[Function, ...]
    parameters: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    calls: str = ""


@dataclass(frozen=True)
class Module:
    """One file of a program: its name and its families, in order."""

    name: str
    families: tuple[Family, ...]


class _Draw:
    """Draws the parts of functions, and names of one split, none of them twice."""

    def __init__(self, rng: np.random.Generator, split: str) -> None:
        self.rng = rng
        self._split = split
        self._taken: set[str] = set()

    def name(self) -> str:
        return invent_name(self.rng, self._split, self._taken).lower()

    def one_of(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def number(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def comparison(self) -> str:
        return self.one_of(_COMPARISONS)

    def condition(self, names: Sequence[str]) -> str:
        return f"{self.one_of(names)} {self.comparison()} {self.number(*_THRESHOLDS)}"

    def formula(self, names: Sequence[str]) -> str:
        first, second = self.one_of(names), self.one_of(names)
        return f"{self.number(2, 9)} * {first} {self.one_of('+-')} {second} {self.constant()}"

    def constant(self) -> str:
        return f"{self.one_of('+-')} {self.number(*_CONSTANTS)}"


def generate_program(
    rng: np.random.Generator, split: str, families: int, members: int, across: bool
) -> tuple[Module, ...]:
    """Make a program.

    Args:
        rng: Decides everything.
        split: Which split its names belong to.
        families: How many families each file has.
        members: How many functions each family has.
        across: Whether later files call functions of earlier ones.
    """
    draw = _Draw(rng, split)
    modules: list[Module] = []
    for _ in range(FILES):
        made: list[Family] = []
        name = f"{draw.name()}.py"
        before = [family for module in modules for family in module.families] if across else []
        while len(made) < families:
            shapes = _shapes(len(made), families, bool(before))
            made.append(_family(draw, shapes, members, before or made))
        modules.append(Module(name, tuple(made)))
    return tuple(modules)


def could_be_drawn(text: str) -> bool:
    """Whether the numbers of a function are such as programs are made with."""
    return all(
        low <= int(number) <= high
        for place, (low, high) in _DRAWN
        for found in place.finditer(text)
        for number in found.groups()
        if number
    )


def arguments(rng: np.random.Generator, family: Family, count: int) -> list[tuple[object, ...]]:
    """Draw different arguments for a family; half of the ints are near numbers in its source."""
    words = family.functions[0].text.replace(":", " ").split()
    found = {int(word) for word in words if word.isdigit()}
    near = sorted({n + d for n in found for d in (-1, 0, 1) if 1 <= n + d <= LARGEST})
    wide = np.concatenate([np.resize(near, LARGEST), np.arange(1, LARGEST + 1)])
    width = len(family.parameters) + ITEMS[1]
    rows = wide[rng.integers(len(wide), size=(2 * count, width))].tolist()
    more = rng.integers(1 << 16, size=2 * count).tolist()
    drawn = (_arguments(family, row, n) for row, n in zip(rows, more, strict=True))
    return list({repr(args): args for args in drawn}.values())[:count]


def _arguments(family: Family, row: list[int], more: int) -> tuple[object, ...]:
    """Make arguments from numbers."""
    values: list[object] = []
    for parameter, value in zip(family.parameters, row, strict=False):
        if parameter == "items":
            values.append(row[-(ITEMS[0] + more % (ITEMS[1] - ITEMS[0] + 1)) :])
        elif parameter == "kind":
            values.append(family.kinds[more % len(family.kinds)])
        else:
            values.append(value)
    return tuple(values)


def _shapes(made: int, families: int, across: bool) -> list[str]:
    """Return the shapes that the next family of a file may have, after so many that are made.

    The first can be called by others; the last calls a function of another file, if it may.
    """
    if families == 1:
        return ["tiers", "steps", "items", "places", "kinds", "kinds"]
    if made == 0:
        return ["tiers", "steps"]
    if made == families - 1 and across:
        return ["calls"]
    return ["tiers", "steps", "items", "places", "kinds", "kinds", "calls"]


def _family(draw: _Draw, shapes: Sequence[str], members: int, others: Sequence[Family]) -> Family:
    """Draw a family of one of the shapes; a function that it calls takes two ints, calls none."""
    shape = draw.one_of(shapes)
    able = [f for f in others if not f.calls and not {"items", "kind"} & {*f.parameters}]
    first, second = (_WORDS[int(i)] for i in draw.rng.choice(len(_WORDS), 2, replace=False))
    names = (first,) if shape in ("items", "places", "kinds") else (first, second)
    parameters = {"items": ("items",), "places": ("items",), "kinds": ("kind",)}.get(shape, ())
    kinds: tuple[str, ...] = ()
    called = ""
    if shape == "kinds":
        kinds = tuple(draw.name() for _ in range(draw.number(3, 4)))
        shared = _kinds(draw, kinds[:-1])
    elif shape == "calls":
        family = able[draw.number(0, len(able) - 1)]
        called = family.functions[draw.number(0, len(family.functions) - 1)].name
        shared = _calls(draw, names, called)
    else:
        shared = _SHAPES[shape](draw, names)
    result = "base" if shape in ("tiers", "calls") else "total"
    own: dict[str, None] = {}
    while len(own) < members:
        own[f"{result} = {draw.formula(names)}"] = None
    header = f"({', '.join(parameters + names)}):"
    made = [_function(f"{draw.name()}", header, [line, *shared]) for line in own]
    return Family(tuple(made), parameters + names, kinds, called)


def _function(name: str, header: str, body: Sequence[str]) -> Function:
    return Function(name, "\n".join([f"def {name}{header}", *(f"    {line}" for line in body)]))


def _tiers(draw: _Draw, names: tuple[str, ...]) -> list[str]:
    """A result by threshold."""
    inside = [*names, "base"]
    return [
        f"if {draw.condition(names)}:",
        f"    return {draw.formula(inside)}",
        f"return {draw.formula(inside)}",
    ]


def _steps(draw: _Draw, names: tuple[str, ...]) -> list[str]:
    """A sum over a range, by threshold."""
    inside = [*names, "step"]
    start, end = draw.number(*_STARTS), f"{draw.one_of(names)} + {draw.number(*_ENDS)}"
    return [
        f"for step in range({start}, {end}):",
        f"    if {draw.condition(inside)}:",
        f"        total += {draw.formula(inside)}",
        f"return total {draw.constant()}",
    ]


def _items(draw: _Draw, names: tuple[str, ...]) -> list[str]:
    """A sum over the items of a list, by threshold."""
    inside = [*names, "item"]
    return [
        "for item in items:",
        f"    if {draw.condition(inside)}:",
        f"        total += {draw.formula(inside)}",
        f"return total {draw.constant()}",
    ]


def _places(draw: _Draw, names: tuple[str, ...]) -> list[str]:
    """A sum over what a list has at one place and at another before it."""
    before = draw.number(*_PLACES)
    return [
        f"for place in range({draw.number(*_PLACES)}, len(items)):",
        f"    if items[place] {draw.comparison()} items[place - {before}]:",
        f"        total += {draw.number(2, 9)} * items[place] {draw.constant()}",
        f"return total {draw.constant()}",
    ]


def _kinds(draw: _Draw, kinds: tuple[str, ...]) -> list[str]:
    """A result by case."""
    lines = []
    for kind in kinds:
        lines += [
            f"if kind == '{kind}':",
            f"    return {draw.number(2, 9)} * total {draw.constant()}",
        ]
    return [*lines, f"return {draw.number(2, 9)} * total {draw.constant()}"]


def _calls(draw: _Draw, names: tuple[str, ...], called: str) -> list[str]:
    """A result by what another function returns."""
    inside = [*names, "base", "part"]
    order = names if draw.number(0, 1) else names[::-1]
    return [
        f"part = {called}({', '.join(order)})",
        f"if {draw.condition(names)}:",
        f"    return {draw.formula(inside)}",
        f"return {draw.formula(inside)}",
    ]


_SHAPES: dict[str, Callable[[_Draw, tuple[str, ...]], list[str]]] = {
    "tiers": _tiers,
    "steps": _steps,
    "items": _items,
    "places": _places,
}
