"""The structure that a team keeps to: found in what its maker makes, and made of right values.

The box that a function is handed holds the fields as they should be, in the team's structure, and
nothing else. So nothing that one author knows gets to another one's functions in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_collab_envs.coding.module_assembly.hidden import Fields
from llm_collab_envs.coding.module_assembly.kinds.kind import Field, Kind
from llm_collab_envs.coding.module_assembly.layout import FORMS, Layout, Place, form_of
from llm_collab_envs.sandbox import same

LONGEST_KEY, LARGEST_KEY = 40, 99


@dataclass(frozen=True)
class Structure:
    """Where and how a team keeps the fields.

    Attributes:
        places: Where, and in what form.
        box: What the box is, list or dict.
        lists: The fields that are kept in pairs which are lists, and not tuples.
    """

    places: Layout
    box: type
    lists: frozenset[str]

    def hand(self, kind: Kind, fields: Fields) -> Any:
        """Return a box that holds the fields."""
        held = {p.key: self._kept(kind, p, fields[p.field]) for p in self.places}
        if self.box is dict:
            return held
        return [held.get(n) for n in range(1 + max(int(key) for key in held))]

    def holds(self, kind: Kind, box: Any, fields: Fields) -> bool:
        """Whether a box holds the fields, whatever else it holds."""
        items = _items(box)
        return type(box) is self.box and all(
            p.key in items and _is_kept(kind, p, items[p.key], fields[p.field]) for p in self.places
        )

    def _kept(self, kind: Kind, place: Place, value: Any) -> Any:
        kept = form_of(kind, place).keep(value)
        return [*map(list, kept)] if place.field in self.lists else kept


def find_structure(
    kind: Kind, bound: Layout, made: Sequence[Any], right: Sequence[Fields]
) -> Structure | None:
    """Find the structure of most boxes that a maker made, or None where none holds every field.

    Args:
        kind: The kind of module.
        bound: The places that are not the team's to choose.
        made: The boxes, or whatever it made instead.
        right: What each should hold.
    """
    fixed = {place.field: place for place in bound}
    found: Counter[Structure] = Counter()
    for box, fields in zip(made, right, strict=True):
        places = [next(_places(kind, f, box, fields, fixed), None) for f in kind.fields]
        if all(places):
            layout = tuple(place for place in places if place)
            found[Structure(layout, type(box), _in_lists(box, layout))] += 1
    return found.most_common(1)[0][0] if found else None


def _places(
    kind: Kind, field: Field, box: Any, fields: Fields, fixed: Mapping[str, Place]
) -> Iterator[Place]:
    """Find where in a box a field is kept."""
    for key, kept in _items(box).items():
        for form in FORMS[field.shape]:
            place = Place(field.name, key, form)
            if fixed.get(field.name, place) == place and _is_kept(
                kind, place, kept, fields[field.name]
            ):
                yield place


def _in_lists(box: Any, layout: Layout) -> frozenset[str]:
    pairs = {p.field: box[p.key] for p in layout if p.form in ("pairs", "swapped")}
    return frozenset(field for field, kept in pairs.items() if kept and type(kept[0]) is list)


def _items(box: Any) -> dict[str | int, Any]:
    """Return what a box has under keys that a team can speak of."""
    if type(box) is list:
        return dict(enumerate(box[: LARGEST_KEY + 1]))
    return {k: v for k, v in box.items() if _is_key(k)} if type(box) is dict else {}


def _is_key(key: Any) -> bool:
    if type(key) is str:
        return len(key) <= LONGEST_KEY
    return type(key) is int and 0 <= key <= LARGEST_KEY


def _is_kept(kind: Kind, place: Place, kept: Any, value: Any) -> bool:
    """Whether what is kept in a place is the value; a table's pairs may stand in any order."""
    taken = form_of(kind, place).take(kept)
    if kind.field(place.field).bags and taken is not None:
        return same(_bags(taken), _bags(value))
    return same(taken, value)


def _bags(table: Mapping[str, Any]) -> dict[str, Any]:
    """Sort the values of a table that are lists of names."""
    return {
        name: sorted(value) if type(value) is list and {*map(type, value)} == {str} else value
        for name, value in table.items()
    }
