"""Structures of the box: where each field is kept and in what form, as data, text and code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llm_collab_envs.coding.module_assembly.kinds.kind import SCALAR, SEQUENCE, TABLE, Field, Kind

BOX = "box"


@dataclass(frozen=True)
class Form:
    """A form in which a field of some shape can be kept.

    Attributes:
        text: What it looks like; {} stands for what a value is called.
        opened: Code that makes the local variable's value, a dict or a list, out of {0}.
        closed: Code that makes the form out of the local variable {0}.
        keep: Makes the form of a value.
        take: Makes the value of the form, or None of what is not in this form.
        shared: Whether the local variable is the kept object itself, so that nothing is put back.
    """

    text: str
    opened: str
    closed: str
    keep: Callable[[Any], Any]
    take: Callable[[Any], Any]
    shared: bool = False


def _only(kind: type, kept: Any) -> Any:
    return kept if type(kept) is kind else None


def _table(pairs: Any, name: int) -> dict[str, Any] | None:
    """Return the table of pairs, which may be lists as well, with the names at one of their ends.

    None stands for what is no list of pairs, or has a name twice.
    """
    if type(pairs) is not list or not all(
        type(pair) in (tuple, list) and len(pair) == 2 and type(pair[name]) is str for pair in pairs
    ):
        return None
    table = {pair[name]: pair[1 - name] for pair in pairs}
    return table if len(table) == len(pairs) else None


FORMS: dict[str, dict[str, Form]] = {
    TABLE: {
        "dict": Form(
            "{{name: {}}}",
            "{0}",
            "{0}",
            keep=lambda table: table,
            take=lambda kept: _only(dict, kept),
            shared=True,
        ),
        "pairs": Form(
            "[(name, {}), ..]",
            "dict({0})",
            "list({0}.items())",
            keep=lambda table: list(table.items()),
            take=lambda kept: _table(kept, 0),
        ),
        "swapped": Form(
            "[({}, name), ..]",
            "{{n: v for v, n in {0}}}",
            "[(v, n) for n, v in {0}.items()]",
            keep=lambda table: [(v, n) for n, v in table.items()],
            take=lambda kept: _table(kept, 1),
        ),
    },
    SEQUENCE: {
        "forward": Form(
            "[first, .., last]",
            "{0}",
            "{0}",
            keep=lambda items: items,
            take=lambda kept: _only(list, kept),
            shared=True,
        ),
        "backward": Form(
            "[last, .., first]",
            "{0}[::-1]",
            "{0}[::-1]",
            keep=lambda items: items[::-1],
            take=lambda kept: kept[::-1] if type(kept) is list else None,
        ),
    },
    SCALAR: {
        "plain": Form("{}", "{0}", "{0}", keep=lambda n: n, take=lambda kept: _only(int, kept))
    },
}

_ENTRY = re.compile(r'(\w+): box\[("?)(\w{1,40})\2\] = (.+)')


@dataclass(frozen=True)
class Place:
    """Where and how one field is kept.

    Attributes:
        field: The field.
        key: Its key in the box, a word or a number.
        form: Its form, one of `FORMS` of its shape.
    """

    field: str
    key: str | int
    form: str

    @property
    def at(self) -> str:
        """The code of its place in the box."""
        return f"{BOX}[{self.key}]" if isinstance(self.key, int) else f'{BOX}["{self.key}"]'


Layout = tuple[Place, ...]


def usual_place(kind: Kind, name: str) -> Place:
    """Return the place that a field has where nobody says another: its own name, the first form."""
    return Place(name, name, next(iter(FORMS[kind.field(name).shape])))


def form_of(kind: Kind, place: Place) -> Form:
    """Return the form in which a place of the kind's box is kept."""
    return FORMS[kind.field(place.field).shape][place.form]


def write_place(kind: Kind, place: Place) -> str:
    """Write a place as an entry of an observation or a message: 'log: box[1] = [first, ..]'."""
    item = kind.field(place.field).item
    return f"{place.field}: {place.at} = {form_of(kind, place).text.format(item)}"


def write_layout(kind: Kind, layout: Sequence[Place]) -> str:
    """Write a whole structure in one line."""
    return "; ".join(write_place(kind, place) for place in layout)


def write_forms(field: Field) -> str:
    """Write the forms that a field may have: 'log [first, .., last] or [last, .., first]'."""
    texts = (form.text.format(field.item) for form in FORMS[field.shape].values())
    return f"{field.name} {' or '.join(texts)}"


def read_place(kind: Kind, entry: str) -> Place | None:
    """Read an entry as `write_place` wrote it, or return None where it is no such entry."""
    match = _ENTRY.fullmatch(entry)
    field = next((f for f in kind.fields if match and f.name == match.group(1)), None)
    if match is None or field is None:
        return None
    word = match.group(3)
    if not match.group(2) and not re.fullmatch("[0-9]{1,4}", word):
        return None
    key = word if match.group(2) else int(word)
    forms = {form.text.format(field.item): name for name, form in FORMS[field.shape].items()}
    return Place(field.name, key, forms[match.group(4)]) if match.group(4) in forms else None


def open_line(kind: Kind, place: Place) -> str:
    """Return the line that takes a field out of the box."""
    return f"{place.field} = {form_of(kind, place).opened.format(place.at)}"


def close_lines(kind: Kind, place: Place) -> list[str]:
    """Return the line that puts a field back, or none where it never left."""
    form = form_of(kind, place)
    return [] if form.shared else [f"{place.at} = {form.closed.format(place.field)}"]


def box_code(kind: Kind, layout: Sequence[Place]) -> str:
    """Return the expression that makes the box of the local variables."""
    parts = {p.key: form_of(kind, p).closed.format(p.field) for p in layout}
    if set(parts) == set(range(len(parts))):
        return "[" + ", ".join(parts[n] for n in range(len(parts))) + "]"
    keys = (str(key) if isinstance(key, int) else f'"{key}"' for key in parts)
    return "{" + ", ".join(f"{k}: {v}" for k, v in zip(keys, parts.values(), strict=True)) + "}"
