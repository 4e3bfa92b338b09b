"""Structures of the box: where each field is kept and in what form, as data, text and code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_collab_envs.coding.module_assembly.kinds.kind import SCALAR, SEQUENCE, TABLE, Kind

BOX = "box"


@dataclass(frozen=True)
class Form:
    """A form in which a field of some shape can be kept.

    Attributes:
        text: What it looks like; {} stands for what a value is called.
        opened: Code that makes the local variable's value, a dict or a list, out of {0}.
        closed: Code that makes the form out of the local variable {0}.
        outside: Code that reads {0} and nothing but this form; it makes the same of all forms.
        shared: Whether the local variable is the kept object itself, so that nothing is put back.
    """

    text: str
    opened: str
    closed: str
    outside: str
    shared: bool = False


FORMS: dict[str, dict[str, Form]] = {
    TABLE: {
        "dict": Form(
            "{{name: {}}}", "{0}", "{0}", "sorted([n, v] for n, v in {0}.items())", shared=True
        ),
        "pairs": Form(
            "[(name, {}), ..]", "dict({0})", "list({0}.items())", "sorted([n, v] for n, v in {0})"
        ),
        "swapped": Form(
            "[({}, name), ..]",
            "{{n: v for v, n in {0}}}",
            "[(v, n) for n, v in {0}.items()]",
            "sorted([n, v] for v, n in {0})",
        ),
    },
    SEQUENCE: {
        "forward": Form("[first, .., last]", "{0}", "{0}", "[*{0}]", shared=True),
        "backward": Form("[last, .., first]", "{0}[::-1]", "{0}[::-1]", "[*{0}][::-1]"),
    },
    SCALAR: {"plain": Form("{}", "{0}", "{0}", "{0}")},
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
