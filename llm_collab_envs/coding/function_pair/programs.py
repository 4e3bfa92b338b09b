"""Programs: functions composed of building blocks; their specification, source and meaning.

A parameter is kept as the text that stands in the specification: a number (`17`), a quoted string
(`'kam'`), an argument of the function (`n`, `m`), or a capital that stands for an agreed value
(`P`), which somebody else knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm_collab_envs.coding.function_pair.blocks import KINDS, fill
from llm_collab_envs.coding.function_pair.catalogue import BLOCKS

CALL = "call"
MAIN = "main"
HELPERS = ("A", "B", "C")
LABELS = (*HELPERS, MAIN)
LETTERS = ("P", "Q", "R", "S")  # of the agreed values, in the order of LABELS
ARGUMENTS = ("n", "m")
LITERAL = re.compile(r"[0-9]{1,6}|'[a-z]{1,8}'")
PARAMETER = re.compile(rf"{LITERAL.pattern}|[P-S]|[nm]")
NAME = re.compile(r"[a-z]{3,12}")
_CALL_SENTENCE = re.compile(r"Call ([ABC])(?: with n = ([0-9]{1,6})(?: and m = ([0-9]{1,6}))?)?\.")

Args = tuple[Any, ...]  # x, then n and m where the function has them
Scope = Mapping[str, Any]  # what the capitals and the other functions stand for
Run = Callable[..., Any]  # a program as a function of (x, n, m)
_N, _M = object(), object()  # stand for the arguments in a bound program
_GIVEN = dict(zip(ARGUMENTS, (_N, _M), strict=True))


@dataclass(frozen=True)
class Step:
    """One step of a function.

    Attributes:
        block: A key of `BLOCKS`, or "call".
        texts: Its parameters; for a call the helper's label and the values of its n and m.
    """

    block: str
    texts: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What the specification says."""
        if self.block != CALL:
            return fill(BLOCKS[self.block].sentence, self.texts)
        label, *values = self.texts
        given = " and ".join(f"{a} = {v}" for a, v in zip(ARGUMENTS, values, strict=False))
        return f"Call {label} with {given}." if given else f"Call {label}."

    def code(self, known: Mapping[str, str]) -> str:
        """Return the line of code, with what is known of capitals and labels put in."""
        if self.block != CALL:
            texts = [known.get(text, text) for text in self.texts]
            return f"x = {fill(BLOCKS[self.block].code, texts)}"
        label, *values = self.texts
        return f"x = {call_of(known.get(label, label), values)}"


def call_of(signature: str, values: list[str]) -> str:
    """Return the call that a signature like `bakomen(n, x)['mora']` and values for n and m make."""
    if "(" not in signature:
        return f"{signature}({', '.join(['x', *values])})"
    given = dict(zip(ARGUMENTS, values, strict=False))
    head, _, rest = signature.partition("(")
    inside, _, tail = rest.partition(")")
    arguments = [given.get(a.strip(), a.strip()) for a in inside.split(",")]
    return f"{head}({', '.join(arguments)}){tail}"


@dataclass(frozen=True)
class Function:
    """One function to write.

    Attributes:
        label: "A", "B", "C" or "main": what it is called in the plan.
        name: What it is called in the code.
        kind: The kind of its argument x, a key of `KINDS`.
        parameters: Its arguments in order: "x", and "n" and "m" where it has them.
        key: The key of the dict that it returns its result in, or "" for the bare result.
        steps: What it does to x.
        tests: Arguments of its hidden tests: x, then n and m.
        examples: Arguments of the examples that its author sees.
        stubs: For main: what A, B and C give in each example, as the author sees it.
    """

    label: str
    name: str
    kind: str
    parameters: tuple[str, ...]
    key: str
    steps: tuple[Step, ...]
    tests: tuple[Args, ...]
    examples: tuple[Args, ...]
    stubs: tuple[tuple[Any, ...], ...] = ()

    @property
    def letter(self) -> str:
        """The capital that stands for its agreed value."""
        return LETTERS[LABELS.index(self.label)]

    @property
    def signature(self) -> str:
        """What a caller has to know: the name, and order and key where they are not plain."""
        order = f"({', '.join(self.parameters)})" if len(self.parameters) > 1 else ""
        key = f"['{self.key}']" if self.key else ""
        return f"{self.name}{order or ('(x)' if key else '')}{key}"

    @property
    def letters(self) -> set[str]:
        """The capitals that its steps need the values of."""
        return {text for step in self.steps for text in step.texts if text in LETTERS}

    @property
    def header(self) -> str:
        """The first line of its source."""
        return f"def {self.name}({', '.join(self.parameters)}):"

    @property
    def specification(self) -> list[str]:
        """What its author is told: a title, a sentence for each step, and what to return."""
        result = f"Return a dict with x under '{self.key}'." if self.key else "Return x."
        title = f"{self.header[:-1]}, where x is {KINDS[self.kind]}:"
        return [title, *(step.sentence for step in self.steps), result]

    def source(self, known: Mapping[str, str]) -> str:
        """Return its source, with what is known of capitals and labels put in."""
        return write_source(self.header, self.steps, self.key, known)

    def ordered(self, args: Args) -> Args:
        """Put arguments into the order of the parameters."""
        given = dict(zip(("x", *ARGUMENTS), args, strict=False))
        return tuple(given[p] for p in self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return the function as JSON-ready data; a step is its block and its parameters."""
        steps = [[step.block, *step.texts] for step in self.steps]
        rows = {k: [list(r) for r in getattr(self, k)] for k in ("tests", "examples", "stubs")}
        return {**vars(self), "parameters": list(self.parameters), "steps": steps, **rows}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Function:
        """Read a function as `to_dict` wrote it; tasks check whether it makes sense."""
        return cls(
            label=str(data["label"]),
            name=str(data["name"]),
            kind=str(data["kind"]),
            parameters=tuple(data["parameters"]),
            key=str(data.get("key", "")),
            steps=tuple(Step(block, tuple(map(str, texts))) for block, *texts in data["steps"]),
            tests=tuple(tuple(args) for args in data["tests"]),
            examples=tuple(tuple(args) for args in data["examples"]),
            stubs=tuple(tuple(values) for values in data.get("stubs", ())),
        )

    def wrapped(self, value: Any) -> Any:
        """Put a result into the shape that the function returns it in."""
        return {self.key: value} if self.key else value


@dataclass(frozen=True)
class Agreed:
    """An agreed value that one function needs and another function's author knows.

    Attributes:
        letter: The capital that stands for it in the specification.
        value: The value, as text.
        sample: The value that the examples are made with; it tells nothing about `value`.
        other: The value that helpers are replaced with, to see whether main uses them.
        knower: The label of the function whose author knows the value.
    """

    letter: str
    value: str
    sample: str
    other: str
    knower: str

    def scope(self, which: str) -> dict[str, Any]:
        """Return what the letter stands for: its "value", "sample" or "other"."""
        return {self.letter: literal(getattr(self, which))}


def write_source(header: str, steps: tuple[Step, ...], key: str, known: Mapping[str, str]) -> str:
    """Write a function's source."""
    result = f"{{'{key}': x}}" if key else "x"
    return "\n    ".join([header, *(step.code(known) for step in steps), f"return {result}"])


def bind(steps: tuple[Step, ...], scope: Scope) -> Run:
    """Return what the steps do as a function of (x, n, m), with capitals and labels put in."""
    moves: list[tuple[Callable[[Any, Any, Any], Any], Any, Any]] = []
    for step in steps:
        label, *texts = step.texts if step.block == CALL else ("", *step.texts)
        apply = scope[label] if label else BLOCKS[step.block].apply
        values = [scope[t] if t in scope else _GIVEN.get(t) or literal(t) for t in texts]
        k, l, *_ = (*values, None, None)  # noqa: E741
        moves.append((apply, k, l))
    if all(_N not in move and _M not in move for move in moves):

        def fixed(x: Any, n: Any = None, m: Any = None) -> Any:
            for apply, k, l in moves:  # noqa: E741
                x = apply(x, k, l)
            return x

        return fixed

    def run(x: Any, n: Any = None, m: Any = None) -> Any:
        for apply, first, second in moves:
            k = n if first is _N else m if first is _M else first
            l = n if second is _N else m if second is _M else second  # noqa: E741
            x = apply(x, k, l)
        return x

    return run


def stand_ins(values: Sequence[Any]) -> dict[str, Run]:
    """Return helpers that give the same value whatever they are called with."""
    return {
        label: (lambda *args, value=value: value)
        for label, value in zip(HELPERS, values, strict=True)
    }


@lru_cache(maxsize=4096)
def literal(text: str) -> int | str:
    """Return the value of a number or a quoted string."""
    return text[1:-1] if text.startswith("'") else int(text)


def read_step(sentence: str) -> Step:
    """Return the step that a sentence asks for; raises ValueError for a sentence of no block."""
    call = _CALL_SENTENCE.fullmatch(sentence)
    if call:
        return Step(CALL, tuple(text for text in call.groups() if text))
    for start, pattern, name in _SENTENCES:
        if sentence.startswith(start) and (match := pattern.fullmatch(sentence)):
            return Step(name, match.groups())
    raise ValueError(f"no building block says {sentence!r}")


def _pattern(sentence: str) -> re.Pattern[str]:
    quoted = re.escape(sentence).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(fill(quoted, [f"({PARAMETER.pattern})"] * 2))


_SENTENCES = [
    (block.sentence.partition("{")[0], _pattern(block.sentence), name)
    for name, block in BLOCKS.items()
]
