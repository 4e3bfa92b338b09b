"""Seeded tasks: pure functions of (split, index, difficulty), train and test disjoint by name.

Names are put together from shared syllables, so that a small model has seen all the parts, but
each whole name belongs to one split only. Nothing real is named, so nothing can be recited.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

SPLITS = ("train", "test")
DIFFICULTIES = ("easy", "medium", "hard")
SPLIT_SIZES = {"train": 1_000_000, "test": 10_000}
KEPT = 256  # generated tasks that the envs of a process share

_STARTS = tuple(c + v for c in "bdklmrtv" for v in "aeio")
_ENDS = (*(c + v + e for c in "dkmrv" for v in "aeo" for e in "ln"), "ska", "tuz")
_INVENTED = re.compile(rf"(?:{'|'.join(_STARTS)}){{2}}(?:{'|'.join(_ENDS)})")
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_TEST_SHARE = 8  # one name in eight belongs to the test split


class Task(Protocol):
    """What every env's task can do."""

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready data."""
        ...


TaskT = TypeVar("TaskT", bound=Task)


class TaskSource(Generic[TaskT]):
    """Where an env's tasks come from: a generator, or a user's JSONL file.

    Args:
        generate: Makes a task from (rng, split, difficulty), a pure function; called with a
            generator seeded by the index. Sources of the same function share what it made.
        load: Makes a task from one JSON object of a file.
        split: "train" or "test".
        difficulty: "easy", "medium" or "hard".
        path: A JSONL file, one task a line, to be used instead of generated tasks.
    """

    def __init__(
        self,
        generate: Callable[[np.random.Generator, str, str], TaskT],
        load: Callable[[dict[str, Any]], TaskT],
        split: str,
        difficulty: str,
        path: str | Path | None = None,
    ) -> None:
        """Check the arguments and read the file, if there is one."""
        if split not in SPLITS:
            raise ValueError(f"split must be one of {SPLITS}; got {split!r}.")
        if difficulty not in DIFFICULTIES:
            raise ValueError(f"difficulty must be one of {DIFFICULTIES}; got {difficulty!r}.")
        if path is not None and not isinstance(path, (str, Path)):
            raise TypeError(
                f"tasks must be the path of a JSONL file; got {type(path).__name__}. Write a task "
                "on each line, as task.to_dict() gives it, and name the file."
            )
        self._generate = generate
        self._split = split
        self._difficulty = difficulty
        self._path = path
        self._loaded = None if path is None else _read_jsonl(Path(path), load)

    def __len__(self) -> int:
        """How many tasks there are."""
        return SPLIT_SIZES[self._split] if self._loaded is None else len(self._loaded)

    def __getitem__(self, index: int) -> TaskT:
        """Return task `index`, the same one every time."""
        whole = isinstance(index, (int, np.integer)) and not isinstance(index, bool)
        if not whole or not 0 <= index < len(self):
            raise ValueError(
                f"options['task'] must be a whole number between 0 and {len(self) - 1}, as "
                f"{self._path or f'the {self._split} split'} has {len(self)} tasks; got {index!r}."
            )
        if self._loaded is not None:
            return self._loaded[index][1]
        task: TaskT = generated(self._generate, self._split, self._difficulty, int(index))
        return task

    def __iter__(self) -> Iterator[TaskT]:
        """Yield the tasks in order, each generated when it is reached."""
        return (self[index] for index in range(len(self)))

    def samples(self) -> list[TaskT]:
        """Return tasks that speak for all: those of a user's file, or a generated one."""
        return [self[0]] if self._loaded is None else [task for _, task in self._loaded]

    def check(self, check: Callable[[TaskT], object]) -> None:
        """Call `check` on the samples; of a ValueError about a file's task, name the line."""
        if self._loaded is None:
            check(self[0])
            return
        for line, task in self._loaded:
            try:
                check(task)
            except ValueError as problem:
                raise ValueError(f"tasks file {self._path}, line {line}: {problem}") from problem


@lru_cache(maxsize=KEPT)
def generated(
    generate: Callable[[np.random.Generator, str, str], Any],
    split: str,
    difficulty: str,
    index: int,
) -> Any:
    """Generate a task, or return it if it was generated a short time ago."""
    key = [SPLITS.index(split), DIFFICULTIES.index(difficulty), index]
    return generate(np.random.default_rng(key), split, difficulty)


def invent_name(rng: np.random.Generator, split: str, taken: set[str]) -> str:
    """Invent a capitalised name that belongs to `split`, is not in `taken`, and add it there."""
    while True:
        parts = [_STARTS[rng.integers(len(_STARTS))] for _ in range(2)]
        parts.append(_ENDS[rng.integers(len(_ENDS))])
        name = "".join(parts).capitalize()
        if name not in taken and split_of(name) == split:
            taken.add(name)
            return name


def is_invented(word: str) -> bool:
    """Whether a word could be an invented name, of either split and in any case."""
    return _INVENTED.fullmatch(word.lower()) is not None


def split_of(name: str) -> str:
    """Return the split that an invented name belongs to."""
    return "test" if zlib.crc32(name.encode()) % _TEST_SHARE == 0 else "train"


def _read_jsonl(path: Path, load: Callable[[dict[str, Any]], TaskT]) -> list[tuple[int, TaskT]]:
    """Return the tasks of a file, each with the number of its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"tasks file {path} is not UTF-8: {problem}. Convert it.") from problem
    tasks: list[tuple[int, TaskT]] = _read_lines(path, text, load)
    return tasks


@lru_cache(maxsize=4)
def _read_lines(path: Path, text: str, load: Callable[[dict[str, Any]], Any]) -> Any:
    """Return the tasks of a text; the last ones are kept, as many envs may have the same."""
    tasks = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            task = _read_json(line, load)
        except _UNREADABLE as problem:
            raise ValueError(
                f"tasks file {path}, line {number} is not a task: {_reason(problem)}"
            ) from problem
        tasks.append((number, task))
    if not tasks:
        raise ValueError(f"tasks file {path} holds no task. Write one JSON object a line.")
    return tasks


def _read_json(line: str, load: Callable[[dict[str, Any]], TaskT]) -> TaskT:
    data = json.loads(line)
    if not isinstance(data, dict):
        raise TypeError
    task = load(data)
    unknown = _unknown_key(data, task.to_dict())
    if unknown:
        raise ValueError(f"there is no key {unknown[0]!r} here, only {', '.join(unknown[1])}")
    return task


def _unknown_key(given: Any, known: Any) -> tuple[str, list[str]] | None:
    """Return a key of JSON data that a task as it was read does not have, and those that it has."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            if key not in known:
                return key, sorted(known)
            if found := _unknown_key(value, known[key]):
                return found
    if isinstance(given, list) and isinstance(known, list) and len(given) == len(known):
        return next(filter(None, map(_unknown_key, given, known)), None)
    return None


def _reason(problem: Exception) -> str:
    """Say what is wrong with a line."""
    if type(problem) is ValueError:
        return str(problem).rstrip(".") + "."
    if type(problem) is KeyError:
        return f"the key {problem} is missing."
    what = "" if type(problem) is TypeError and not problem.args else f" {problem!r}."
    return (
        f"it is no JSON object with the keys that `task.to_dict()` of a generated task shows.{what}"
    )
