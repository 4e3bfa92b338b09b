"""What a user's task must be, so that it can be played: every text of it may end up in code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.layout import FORMS, Layout
from llm_collab_envs.coding.module_assembly.rules import VALUES
from llm_collab_envs.coding.module_assembly.source import OUTSIDE
from llm_collab_envs.coding.module_assembly.tasks import (
    CHOICE,
    GIVEN,
    LABELS,
    NAMES,
    OPEN,
    ModuleTask,
)
from llm_collab_envs.core.arguments import check_number

_NEEDED = ("letters", "limit", "unknown")
_FUNCTION_NAME = re.compile("[a-z][a-z0-9]*_[a-z][a-z0-9_]*")
_WORD = re.compile("[A-Z][a-z]{6,29}")
_KEY = re.compile("[a-z][a-z0-9_]{0,30}")


def check_task(task: ModuleTask) -> None:
    """Raise ValueError, saying what is wrong, for a task that cannot be played."""
    if task.kind not in KINDS:
        raise ValueError(f"there is no kind {task.kind!r}; the kinds are {', '.join(KINDS)}")
    _check_parts(task)
    words = (task.name, *task.names)
    if len(task.names) < NAMES or len({word.lower() for word in words}) < len(words):
        raise ValueError(f"name and names must be {NAMES + 1} different names or more")
    for word in words:
        if not _WORD.fullmatch(word):
            raise ValueError(f"{word!r} is no name: write a capital and 6 small letters or more")
    for rule, value in task.rules:
        if rule not in VALUES or not VALUES[rule].fullmatch(value):
            raise ValueError(f"there is no rule {rule!r}: {value!r}")
    if len(task.rule_book) < len(task.rules) or not set(_NEEDED) <= set(task.rule_book):
        raise ValueError(f"each rule may stand once, and {', '.join(_NEEDED)} must")
    for layout in (task.layout, *task.alternatives):
        _check_layout(task, layout)
    _check_structure(task)
    check_number("rotation", task.rotation, 0)
    check_number("seed", task.seed, 0)
    check_number("'talk'", task.talk, 0)
    check_number("'max_cycles'", task.max_cycles, 1)


def _check_parts(task: ModuleTask) -> None:
    functions = {function.verb: function for function in task.module_kind.functions}
    _once("function", [part.verb for part in task.parts])
    _once("name", [part.name for part in task.parts])
    if len(task.parts) < 3 or task.parts[0].verb != task.module_kind.maker.verb:
        raise ValueError("parts must be three or more, the one that makes the box first")
    for part in task.parts:
        if part.verb not in functions:
            raise ValueError(f"{task.module_kind.title} has no function {part.verb!r}")
        function = functions[part.verb]
        name = part.name
        if not _FUNCTION_NAME.fullmatch(name) or name.startswith(OUTSIDE) or len(name) > 60:
            raise ValueError(f"{name!r} is no name for a function: write it like put_bako")
        if type(part.k) is not int or not 1 <= part.k <= 99:
            raise ValueError(f"the number of {name} must be from 1 to 99; got {part.k!r}")
        if part.pick not in (function.picks or ("",)):
            raise ValueError(f"{name} cannot pick {part.pick!r}")


def _check_layout(task: ModuleTask, layout: Layout) -> None:
    fields = {field.name: field for field in task.module_kind.fields}
    if [place.field for place in layout] != list(fields):
        raise ValueError(f"a structure must hold {', '.join(fields)}, once each, in this order")
    for place in layout:
        if place.form not in FORMS[fields[place.field].shape]:
            raise ValueError(f"{place.field} has no form {place.form!r}")
        if isinstance(place.key, str):
            if not _KEY.fullmatch(place.key):
                raise ValueError(f"{place.key!r} is no key: write small letters a to z")
        elif type(place.key) is not int or not 0 <= place.key <= 99:
            raise ValueError(f"a key must be a word or a number from 0 to 99; got {place.key!r}")
    _once("key", [place.key for place in layout])


def _check_structure(task: ModuleTask) -> None:
    if task.structure not in (GIVEN, CHOICE, OPEN):
        raise ValueError(f"structure must be {GIVEN}, {CHOICE} or {OPEN}; got {task.structure!r}")
    if (task.structure == CHOICE) != bool(task.alternatives):
        raise ValueError(f"alternatives are for structure {CHOICE!r}, and only for it")
    if task.alternatives:
        _once("alternative", list(task.alternatives))
        if len(task.alternatives) > len(LABELS) or task.layout not in task.alternatives:
            raise ValueError(f"at most {len(LABELS)} alternatives, the layout one of them")
    if set(task.read_outside) - {field.name for field in task.module_kind.fields}:
        raise ValueError(f"read_outside must name fields; got {task.read_outside}")
    if task.read_outside and task.structure != OPEN:
        raise ValueError(f"read_outside is for structure {OPEN!r} only")


def _once(what: str, items: Sequence[object]) -> None:
    twice = [item for item, times in Counter(items).items() if times > 1]
    if twice:
        raise ValueError(f"{what} {twice[0]!r} stands twice")
