"""The structure that a team keeps to: found in what its maker makes, and made of right values.

The box that a function is handed holds the fields as they should be, in the team's structure, and
nothing else. So nothing that one author knows gets to another one's functions in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_collab_envs.coding.module_assembly.hidden import Fields
from llm_collab_envs.coding.module_assembly.kinds.kind import Field, Kind
from llm_collab_envs.coding.module_assembly.layout import FORMS, Layout, Place, form_of
from llm_collab_envs.sandbox import same

LONGEST_KEY, LARGEST_KEY = 40, 99


@dataclass(frozen=True)
class Kept:
    """Where and how a team keeps a field.

    Attributes:
        place: Where, and in what form.
        pair: What pairs are, where the form has any: tuple or list.
    """

    place: Place
    pair: type = tuple


@dataclass(frozen=True)
class Structure:
    """Where and how a team keeps the fields.

    Attributes:
        box: What the box is, dict or list.
        kept: How each field is kept.
    """

    box: type
    kept: tuple[Kept, ...]

    def hand(self, kind: Kind, states: Iterable[Fields]) -> Iterator[Any]:
        """Yield a box for each state that holds its fields and nothing else."""
        places = [(kept.place.field, form_of(kind, kept.place), kept) for kept in self.kept]
        length = 0 if self.box is dict else 1 + max(int(kept.place.key) for kept in self.kept)
        before: Fields = {}
        held: dict[str | int, Any] = {}
        for fields in states:
            held = {**held}
            for name, form, kept in places:
                if name not in before or before[name] != fields[name]:
                    value = form.keep(fields[name])
                    held[kept.place.key] = [*map(list, value)] if kept.pair is list else value
            before = fields
            yield held if self.box is dict else [held.get(n) for n in range(length)]

    def holds(self, kind: Kind, box: Any, fields: Fields) -> bool:
        """Whether a box holds the fields, whatever else it holds."""
        items = _items(box)
        return type(box) is self.box and all(
            place.key in items and _is_kept(kind, place, items[place.key], fields[place.field])
            for place in (kept.place for kept in self.kept)
        )


def find_structure(
    kind: Kind, bound: Layout, made: Sequence[Any], right: Sequence[Fields]
) -> Structure | None:
    """Find the structure of the boxes that a maker made, or None where some field is in none.

    A field may seem to be in several places, as a list that reads the same backwards does; it is
    where it is in most boxes.

    Args:
        kind: The kind of module.
        bound: The places that are not the team's to choose.
        made: The boxes, or whatever it made instead.
        right: What each should hold.
    """
    types = Counter(type(box) for box in made if _items(box))
    if not types:
        return None
    [(box_type, _)] = types.most_common(1)
    boxes = [(b, fields) for b, fields in zip(made, right, strict=True) if type(b) is box_type]
    structure = []
    for field in kind.fields:
        fixed = [place for place in bound if place.field == field.name]
        kept = _everywhere(kind, field, boxes, fixed) or _mostly(kind, field, boxes, fixed)
        if kept is None:
            return None
        structure.append(kept)
    return Structure(box_type, tuple(structure))


def _everywhere(
    kind: Kind, field: Field, boxes: Sequence[tuple[Any, Fields]], fixed: Sequence[Place]
) -> Kept | None:
    """Find where all boxes keep a field, if that is the first place in the first box.

    It is nearly always, and is soon looked at.
    """
    [first, *others] = boxes
    kept = next(_find(kind, field, *first, fixed), None)
    if kept and all(kept in _find(kind, field, *other, [kept.place]) for other in others):
        return kept
    return None


def _mostly(
    kind: Kind, field: Field, boxes: Sequence[tuple[Any, Fields]], fixed: Sequence[Place]
) -> Kept | None:
    """Find where most boxes keep a field, or None where none does."""
    found = Counter(kept for box in boxes for kept in _find(kind, field, *box, fixed))
    return found.most_common(1)[0][0] if found else None


def _find(
    kind: Kind, field: Field, box: Any, fields: Fields, fixed: Sequence[Place]
) -> Iterator[Kept]:
    """Find where a box may keep a field."""
    items = _items(box)
    places = fixed or [Place(field.name, key, form) for key in items for form in FORMS[field.shape]]
    for place in places:
        held: Any = items.get(place.key)
        if _is_kept(kind, place, held, fields[field.name]):
            paired = place.form in ("pairs", "swapped") and held
            yield Kept(place, type(held[0]) if paired else tuple)


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
