"""The building blocks that programs are composed of.

A block is one step of a function on its running value `x`: a sentence that asks for it, and the
expression that does it. References, hidden tests and the expert's code all come from the one
expression. Sentences are unique, so that code can be written from a sentence alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llm_collab_envs.core.actions import count_tokens

KINDS = {  # what a value is called in a specification
    "numbers": "a list of numbers",
    "words": "a list of words",
    "text": "a text",
    "table": "a dict from words to numbers",
    "number": "a number",
    "records": "a list of records like {'name': 'kam', 'size': 3}",
    "groups": "a dict from words to lists of words",
}
TAGS = tuple(c + v + e for c in "bdklmrtv" for v in "aeio" for e in "klmnrs")

# Where the value of a parameter comes from: the numbers a specification may hold.
RANGES = {"any": range(2, 10), "count": range(2, 5), "modulus": range(3, 10)}
DRAWN = ("level", "letter")  # chosen by what the values at that step are
PLACEHOLDERS = ("{k}", "{l}")


@dataclass(frozen=True)
class Block:
    """One step that a function can take.

    Attributes:
        name: Its name, unique.
        takes: Kinds of value that it works on.
        gives: The kind that it makes, or "" for the kind that it took.
        sentence: What a specification says, with {k} and {l} for the parameters.
        code: The expression, a function of x.
        domains: Where each parameter comes from: a key of `RANGES`, "tag", "level" or "letter".
        families: Blocks that share a family undo, repeat or commute with each other in a way that
            would make two programs the same, so a function has at most one of each.
        apply: The expression as a function of (x, k, l).
        tokens: Env tokens of its line of code.
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    sentence: str
    code: str
    domains: tuple[str, ...] = ()
    families: frozenset[str] = frozenset()
    apply: Callable[[Any, Any, Any], Any] = field(init=False, compare=False)
    tokens: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the expression, which is this file's own text and nobody else's."""
        expression = fill(self.code, ("k", "l"))
        object.__setattr__(self, "apply", eval(f"lambda x, k, l: {expression}", {}))
        texts = ["'kam'" if d in ("tag", "letter") else "3" for d in self.domains]
        object.__setattr__(self, "tokens", count_tokens(f"x = {fill(self.code, texts)}"))

    def kind_after(self, kind: str) -> str:
        """Return what the step makes of a value of a kind."""
        return self.gives or kind

    @property
    def keeps(self) -> bool:
        """Whether the value keeps its kind."""
        return not self.gives

    def positions(self, *domains: str) -> list[int]:
        """Return which parameters come from one of some domains."""
        return [n for n, domain in enumerate(self.domains) if domain in domains]


def fill(template: str, texts: tuple[str, ...] | list[str]) -> str:
    """Put parameters into a sentence or an expression."""
    for placeholder, text in zip(PLACEHOLDERS, texts, strict=False):
        template = template.replace(placeholder, text)
    return template
