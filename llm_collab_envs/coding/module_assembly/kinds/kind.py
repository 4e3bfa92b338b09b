"""What a kind of module is: the fields of its box, and its functions as specifications and code.

The code of a function is written on local variables named like the fields, whatever the structure
of the box: `source.solution` adds the lines that take the fields out of the box and put them back.
In the code these words stand for what a task decides:

    LETTERS(name)    the name, cut as the rule "letters" says
    LIMIT(amount)    the amount, limited as the rule "limit" says
    UNKNOWN          the number of the rule "unknown"
    NAMES(names)     names as they are returned, by the rules "mark" and "order"
    NUMBER(n)        a number as it is returned, by the rule "factor"
    BOX              the box made of the fields
    SAVE             puts the fields back; happens by itself before the last line
    K                a number of the function's own, {k} in its specification
    PICK             one of the function's own choices, {pick} in its specification

Parameters called name and other are cut by the rule "letters", those called amount limited by the
rule "limit", before the code starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

TABLE, SEQUENCE, SCALAR = "table", "sequence", "scalar"
# Not "above": what is limited often equals what it is compared with.
COMPARED = {"below": "<", "not below": ">="}


@dataclass(frozen=True)
class Field:
    """One field of the box.

    Attributes:
        name: What it is called, and its local variable in the code.
        shape: TABLE (from names to values), SEQUENCE or SCALAR.
        item: What a value of it is called.
        text: What it holds, for the public description.
        bags: Whether its values are lists in no order that anybody has to keep to.
    """

    name: str
    shape: str
    item: str
    text: str
    bags: bool = False


@dataclass(frozen=True)
class Function:
    """One function of a kind of module.

    Attributes:
        verb: The first part of its name.
        params: Its parameters after the box, in one string; the maker takes no box.
        fields: The fields it reads or writes, in one string.
        writes: The fields it puts back, in one string.
        spec: What it does, in prose.
        code: Its body.
        k: The least and greatest K.
        picks: Words of the specification, and the code that each stands for.
    """

    verb: str
    params: str
    fields: str
    writes: str
    spec: str
    code: str
    k: tuple[int, int] = (2, 9)
    picks: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Hash by what no other function has."""
        return hash(self.spec)


@dataclass(frozen=True)
class Kind:
    """A kind of module.

    Attributes:
        title: What it is called, with its article.
        fields: The fields of the box.
        functions: Its functions, the one that makes the box first.
    """

    title: str
    fields: tuple[Field, ...]
    functions: tuple[Function, ...]

    def __hash__(self) -> int:
        """Hash by what no other kind has."""
        return hash(self.title)

    @property
    def maker(self) -> Function:
        """The function that makes the box."""
        return self.functions[0]

    def function(self, verb: str) -> Function:
        """Return the function of that verb; raises KeyError where there is none."""
        return self._functions[verb]

    def field(self, name: str) -> Field:
        """Return the field of that name; raises KeyError where there is none."""
        return self._fields[name]

    @cached_property
    def _functions(self) -> dict[str, Function]:
        return {function.verb: function for function in self.functions}

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}
