"""Module-assembly tasks: a kind of module, its functions, its rules, and what its box must be."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.kinds.kind import SCALAR, SEQUENCE, TABLE, Kind
from llm_collab_envs.coding.module_assembly.layout import FORMS, Layout, Place
from llm_collab_envs.coding.module_assembly.rules import RULES, draw_rule, rules_of
from llm_collab_envs.coding.module_assembly.source import Part, solution
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.tasks import invent_name

GIVEN, CHOICE, OPEN = "given", "choice", "open"
LABELS = "ABCDEF"
NAMES = 6

# Where a few functions are chosen: the longest over their mean, and the least sets to choose from.
_EVEN, _LEAST_SETS = 1.05, 6
_PLAIN_FORMS = {TABLE: ("dict",), SEQUENCE: ("forward", "backward"), SCALAR: ("plain",)}
_ALL_FORMS = {shape: tuple(forms) for shape, forms in FORMS.items()}
# What outside code reads is never as one would have it.
_ODD_FORMS = {TABLE: ("pairs", "swapped"), SEQUENCE: ("backward",), SCALAR: ("plain",)}


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        functions: Functions of the module.
        rules: How many rules apply, in the order of `RULES`.
        structure: GIVEN, CHOICE (alternatives, of which one suits everybody) or OPEN.
        talk: Message tokens that the whole team may spend, shared out evenly.
        max_cycles: Rounds.
    """

    functions: int
    rules: int
    structure: str
    talk: int
    max_cycles: int


LEVELS = {
    "easy": Level(4, 3, GIVEN, 160, 6),
    "medium": Level(8, 4, CHOICE, 320, 6),
    "hard": Level(8, 6, OPEN, 640, 6),
}


@dataclass(frozen=True)
class ModuleTask:
    """A module to write.

    Attributes:
        kind: The kind of module, one of `KINDS`.
        name: What the module is called.
        parts: Its functions, the one that makes the box first.
        names: Names that the hidden tests use.
        rules: The rules that all functions follow, as (rule, value) pairs.
        layout: The structure that is given, or the one that suits everybody; where the structure
            is open, its places bind only where outside code reads them.
        structure: GIVEN, CHOICE or OPEN.
        alternatives: The structures to choose from, `layout` among them; for CHOICE only.
        read_outside: The fields that outside code reads at their place; for OPEN only.
        rotation: Which agent the dealing starts with.
        seed: Seeds the hidden tests.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    kind: str
    name: str
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    layout: Layout
    structure: str = GIVEN
    alternatives: tuple[Layout, ...] = ()
    read_outside: tuple[str, ...] = ()
    rotation: int = 0
    seed: int = 0
    talk: int = LEVELS["easy"].talk
    max_cycles: int = LEVELS["easy"].max_cycles

    def __hash__(self) -> int:
        """Hash by a part that hardly another task has; all of it would take longer."""
        return hash((self.name, self.seed))

    @cached_property
    def module_kind(self) -> Kind:
        """The kind itself."""
        return KINDS[self.kind]

    @cached_property
    def rule_book(self) -> Mapping[str, str]:
        """The rules as a mapping."""
        return dict(self.rules)

    @cached_property
    def bound(self) -> Layout:
        """The places at which the judge reads the box."""
        if self.structure == CHOICE:
            return self.layout
        return tuple(place for place in self.layout if place.field in self.read_outside)

    @cached_property
    def vetoes(self) -> tuple[str, ...]:
        """The labels of the alternatives that do not suit somebody."""
        return tuple(
            label
            for label, layout in zip(LABELS, self.alternatives, strict=False)
            if layout != self.layout
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "parts": [dict(vars(part)) for part in self.parts],
            "names": list(self.names),
            "rules": [list(pair) for pair in self.rules],
            "layout": [dict(vars(place)) for place in self.layout],
            "alternatives": [[dict(vars(p)) for p in layout] for layout in self.alternatives],
            "read_outside": list(self.read_outside),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ModuleTask:
        """Read a task as `to_dict` wrote it.

        Raises:
            ValueError: For what cannot be played: an unknown kind, function, rule or form, a name
                that is no plain name, or a structure that does not hold every field once.
        """
        from llm_collab_envs.coding.module_assembly.checking import check_task

        task = cls(
            **{
                **data,
                "parts": tuple(Part(**part) for part in data["parts"]),
                "names": tuple(data["names"]),
                "rules": tuple((str(rule), str(value)) for rule, value in data["rules"]),
                "layout": _read_layout(data["layout"]),
                "alternatives": tuple(map(_read_layout, data.get("alternatives", ()))),
                "read_outside": tuple(data.get("read_outside", ())),
            }
        )
        check_task(task)
        return task


def generate(rng: np.random.Generator, split: str, difficulty: str) -> ModuleTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    taken: set[str] = set()
    name, *names = (invent_name(rng, split, taken) for _ in range(1 + NAMES))
    kind_name = str(rng.choice(list(KINDS)))
    kind = KINDS[kind_name]
    rules = {rule: draw_rule(rng, rule) for rule in list(RULES)[: level.rules]}
    layout, alternatives = _structures(rng, kind, level, split)
    parts = [_part(rng, kind, function.verb, name) for function in kind.functions]
    if level.functions < len(parts):
        parts = _even(rng, kind, parts, layout, rules, level.functions)
    else:
        parts = [parts[0], *(parts[1 + i] for i in rng.permutation(len(parts) - 1))]
    read_outside: tuple[str, ...] = ()
    if level.structure == OPEN:
        order = rng.permutation(len(layout))[: int(rng.integers(1, len(layout)))]
        read_outside = tuple(layout[i].field for i in sorted(order))
    return ModuleTask(
        kind_name,
        name,
        tuple(parts),
        tuple(names),
        tuple(rules.items()),
        layout,
        level.structure,
        alternatives,
        read_outside,
        rotation=int(rng.integers(level.functions)),
        seed=int(rng.integers(2**31)),
        talk=level.talk,
        max_cycles=level.max_cycles,
    )


def _part(rng: np.random.Generator, kind: Kind, verb: str, name: str) -> Part:
    """Name a function and draw what is its own."""
    function = kind.function(verb)
    pick = str(rng.choice(list(function.picks))) if function.picks else ""
    return Part(verb, f"{verb}_{name.lower()}", int(rng.integers(*function.k, endpoint=True)), pick)


def _even(
    rng: np.random.Generator,
    kind: Kind,
    parts: list[Part],
    layout: Layout,
    rules: Mapping[str, str],
    size: int,
) -> list[Part]:
    """Choose the maker and others of about the same length, such that each rule binds two."""
    lengths = {p: count_tokens(solution(kind, p, layout, rules)) for p in parts}
    bound = {p: rules_of(kind.function(p.verb)) for p in parts}
    sets = [
        [parts[0], *rest]
        for rest in itertools.combinations(parts[1:], size - 1)
        if all(sum(r in bound[p] for p in (parts[0], *rest)) > 1 for r in rules)
    ]
    uneven = {
        n: max(lengths[p] for p in chosen) * size / sum(lengths[p] for p in chosen)
        for n, chosen in enumerate(sets)
    }
    most = max(_EVEN, sorted(uneven.values())[_LEAST_SETS - 1])
    fitting = [n for n, ratio in uneven.items() if ratio <= most]
    maker, *rest = sets[fitting[int(rng.integers(len(fitting)))]]
    return [maker, *(rest[i] for i in rng.permutation(len(rest)))]


def _structures(
    rng: np.random.Generator, kind: Kind, level: Level, split: str
) -> tuple[Layout, tuple[Layout, ...]]:
    """Draw the structure, and the alternatives where there is a choice."""
    if level.structure == GIVEN:
        return _draw_layout(rng, kind, _plain_keys(rng, kind), _PLAIN_FORMS), ()
    if level.structure == OPEN:
        return _draw_layout(rng, kind, _odd_keys(rng, kind, split), _ODD_FORMS), ()
    layouts: list[Layout] = []
    while len(layouts) < len(LABELS):
        layout = _draw_layout(rng, kind, _plain_keys(rng, kind), _ALL_FORMS)
        if layout not in layouts:
            layouts.append(layout)
    return layouts[int(rng.integers(len(layouts)))], tuple(layouts)


def _draw_layout(
    rng: np.random.Generator,
    kind: Kind,
    keys: list[str | int],
    forms: Mapping[str, tuple[str, ...]],
) -> Layout:
    return tuple(
        Place(field.name, key, str(rng.choice(forms[field.shape])))
        for field, key in zip(kind.fields, keys, strict=True)
    )


def _plain_keys(rng: np.random.Generator, kind: Kind) -> list[str | int]:
    """The fields' own names, or places in a list."""
    if rng.integers(2):
        return [field.name for field in kind.fields]
    return [int(i) for i in rng.permutation(len(kind.fields))]


def _odd_keys(rng: np.random.Generator, kind: Kind, split: str) -> list[str | int]:
    """Made-up words and numbers, which nobody guesses."""
    numbers = rng.permutation(10)
    words = [invent_name(rng, split, set()).lower() for _ in kind.fields]
    return [int(n) if rng.integers(2) else w for n, w in zip(numbers, words, strict=False)]


def _read_layout(data: list[dict[str, Any]]) -> Layout:
    return tuple(Place(**place) for place in data)
