"""Bug-repair tasks: a program of three files with faults, calls that fail, and hidden tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_collab_envs.coding.bug_repair.cases import Case, facts_of, failures_text
from llm_collab_envs.coding.bug_repair.injection import break_program
from llm_collab_envs.coding.bug_repair.patching import MAX_CHARS
from llm_collab_envs.coding.bug_repair.programs import Module, generate_program
from llm_collab_envs.coding.parsing import defined_functions
from llm_collab_envs.core.actions import count_tokens, why_unsent
from llm_collab_envs.core.arguments import check_number, read_number

_FILE_NAME = re.compile(r"[a-z_][a-z0-9_]*\.py")
TALK = 5  # message tokens of the team, in lists of the failing calls: room for one in each share


@dataclass(frozen=True)
class Level:
    """A difficulty.

    Attributes:
        faults: Faults of each file, each in a family of functions.
        copies: How many functions a family has: where a fault stands.
        across: Whether files call each other, so that a fault may show in another file's function.
        max_cycles: Rounds.
    """

    faults: int
    copies: int
    across: bool
    max_cycles: int


LEVELS = {
    "easy": Level(faults=1, copies=4, across=False, max_cycles=6),
    "medium": Level(faults=2, copies=4, across=False, max_cycles=6),
    "hard": Level(faults=3, copies=4, across=True, max_cycles=8),
}


@dataclass(frozen=True)
class SourceFile:
    """One file of a program.

    Attributes:
        name: Its name, "bakomen.py".
        faulty: Its source as the team gets it; the first line is "# " and the name.
        right: Its source without faults.
    """

    name: str
    faulty: str
    right: str


@dataclass(frozen=True)
class RepairTask:
    """A program to repair.

    Attributes:
        files: Its files, which share one namespace: a later one may call the functions of an
            earlier one, and imports none.
        faults: Faults of each file.
        failing: The failing calls that the tester sees.
        hidden: The calls that quality is measured by.
        talk: Message tokens for the whole team.
        max_cycles: Rounds.
    """

    files: tuple[SourceFile, ...]
    faults: int
    failing: tuple[Case, ...]
    hidden: tuple[Case, ...]
    talk: int
    max_cycles: int

    def __hash__(self) -> int:
        """Hash by the files, which hardly another task has."""
        return hash(self.files)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        return {
            **vars(self),
            "files": [dict(vars(file)) for file in self.files],
            "failing": [case.to_dict() for case in self.failing],
            "hidden": [case.to_dict() for case in self.hidden],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RepairTask:
        """Read a task as `to_dict` wrote it.

        Raises:
            ValueError: For what cannot be repaired or shown: a file that is no Python or imports
                another one, calls of functions that the program does not have, no failing call for
                the tester or none that is hidden.
        """
        failing = tuple(map(Case.from_dict, data["failing"]))
        task = cls(
            files=tuple(SourceFile(**file) for file in data["files"]),
            faults=check_number("faults", data["faults"], 1),
            failing=failing,
            hidden=tuple(map(Case.from_dict, data["hidden"])),
            talk=read_number(data, "talk", _talk(failing), 0),
            max_cycles=read_number(data, "max_cycles", LEVELS["easy"].max_cycles, 1),
        )
        task._check()
        return task

    def _check(self) -> None:
        names = [file.name for file in self.files]
        if len({*names}) < len(names) or not all(map(_FILE_NAME.fullmatch, names)):
            raise ValueError(f"every file needs a name of its own, like 'pay.py'; got {names}")
        defined = {name for file in self.files for name in _defined(file, names)}
        inner = (case for outer in self.failing for case in outer.inner)
        for case in (*self.failing, *inner, *self.hidden):
            if case.function not in defined:
                raise ValueError(f"no file has a function {case.function!r}")
        if not self.failing or not all(case.fails for case in self.failing):
            raise ValueError("every call in 'failing' needs a 'wrong' that is not its 'right'")
        _check_sendable("what the tester sees", failures_text(self.failing))
        if not any(case.fails for case in self.hidden):
            raise ValueError("one call in 'hidden' or more needs a 'wrong' that is not its 'right'")


def generate(rng: np.random.Generator, split: str, difficulty: str) -> RepairTask:
    """Make a task; the rng alone decides which."""
    level = LEVELS[difficulty]
    broken = None
    while broken is None:
        modules = generate_program(rng, split, level.faults, level.copies, level.across)
        broken = break_program(rng, modules)
    return RepairTask(
        files=tuple(_file(module, broken.sources) for module in modules),
        faults=level.faults,
        failing=broken.failing,
        hidden=broken.hidden,
        talk=_talk(broken.failing),
        max_cycles=level.max_cycles,
    )


def deal_files(task: RepairTask, team_size: int) -> list[tuple[SourceFile, ...]]:
    """Deal the files out: none to the tester, agent 0, and to each owner its even stretch.

    In a team of two the tester has a third of the files, or two would be slower than one.
    """
    if team_size == 1:
        return [task.files]
    n, owners = len(task.files), team_size - 1
    if team_size == 2:
        return [task.files[: n // 3], task.files[n // 3 :]]
    shares = [task.files[n * i // owners : n * (i + 1) // owners] for i in range(owners)]
    return [(), *shares]


def deal_failing(task: RepairTask, team_size: int) -> list[tuple[Case, ...]]:
    """Deal the failing calls out: all to the tester, and none to owners.

    In a team of two both have files, and each sees the calls that the other's files get wrong: a
    tester that saw its own would repair them without a word.
    """
    if team_size != 2:
        return [task.failing, *[()] * (team_size - 1)]
    first = {name for file in deal_files(task, 2)[0] for name in defined_functions(file.faulty)}
    at_fault = [(facts_of(case)[-1].function in first, case) for case in task.failing]
    return [tuple(case for its, case in at_fault if its is whose) for whose in (False, True)]


def _talk(failing: Sequence[Case]) -> int:
    return TALK * count_tokens(failures_text(failing))


def _file(module: Module, sources: dict[str, str]) -> SourceFile:
    functions = [function for family in module.families for function in family.functions]
    faulty = [sources[function.name] for function in functions]
    right = [function.text for function in functions]
    texts = (f"# {module.name}\n" + "\n\n".join(text) + "\n" for text in (faulty, right))
    return SourceFile(module.name, *texts)


def _defined(file: SourceFile, names: Sequence[str]) -> list[str]:
    """Return the functions of a user's file; raises ValueError where it cannot be played."""
    faulty, _ = (_read(file.name, source, names) for source in (file.faulty, file.right))
    return [node.name for node in faulty.body if isinstance(node, ast.FunctionDef)]


def _read(name: str, source: str, names: Sequence[str]) -> ast.Module:
    """Return the tree of a source; raises ValueError where a program of such files cannot be."""
    if not source.startswith(f"# {name}\n") or len(source) > MAX_CHARS:
        raise ValueError(
            f"{name} must start with the line '# {name}' and have at most {MAX_CHARS} characters, "
            "both faulty and right"
        )
    try:
        tree = ast.parse(source)
    except SyntaxError as problem:
        raise ValueError(f"{name} is no Python: {problem}") from None
    _check_sendable(name, source)
    for imported in _imported(tree):
        if not imported or f"{imported}.py" in names:
            raise ValueError(
                f"{name} imports {f'{imported}.py' if imported else 'from its own folder'}, but "
                "all files share one namespace: leave the import out, and call the other file's "
                "functions by their names"
            )
    return tree


def _check_sendable(what: str, text: str) -> None:
    """Raise ValueError where a reply could not hold a text, as it has tags of the grammar."""
    unsent = why_unsent(text)
    if unsent:
        raise ValueError(f"{what} cannot stand in a reply, write it without tags: {unsent}")


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the outermost module of each import, or "" for one that starts with a dot."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name.partition(".")[0] for alias in aliases)
            case ast.ImportFrom(module=module, level=level):
                yield "" if level or not module else module.partition(".")[0]
