"""The scripted expert: it parses its own observation, and knows the canonical solutions.

Alone it writes the canonical solution. In a team the helper's author recognises the problem by its
statement, writes the solution as the helper that it was dealt, and tells how to call it; the
function's author does not know what the problem is, waits to be told, and calls the helper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_collab_envs.coding.human_eval.modules import (
    assemble,
    call_of_helper,
    function_over,
    parameters_of,
    reference_helper,
)
from llm_collab_envs.coding.human_eval.problems import problems
from llm_collab_envs.coding.human_eval.tasks import HumanEvalTask
from llm_collab_envs.core.observation import handed_over, split_briefing

_HELPER = re.compile(r"^Your helper: def (\w+)\(", re.MULTILINE)
_FUNCTION = re.compile(r"^Your function: (def \w+\(.*)$", re.MULTILINE)
_RESULT = re.compile(r"^It returns \{'(\w+)': result\}", re.MULTILINE)
_KEYS = re.compile(r"^given is \{(.*)\}", re.MULTILINE)
_KEY = re.compile(r"'(\w+)': ")
_TOLD = re.compile(r"^\w+: (\w+)(?:\(([\w, ]*)\))?(?: -> (\w+))?$", re.MULTILINE)


@dataclass(frozen=True)
class Interface:
    """How a helper is called, as far as its author was dealt it."""

    helper: str
    keys: tuple[str, ...]
    result: str

    def told(self) -> str:
        """Return it as a message."""
        keys = f"({', '.join(self.keys)})" if self.keys else ""
        return self.helper + keys + (f" -> {self.result}" if self.result else "")


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        briefing, turn = split_briefing(observation)
        if "\nYour submission: " in turn:
            return "<done/>"
        if "working alone" in briefing:
            return _submit(alone(briefing))
        views = [briefing, *handed_over(observation).values()]
        helper = next(filter(None, map(helper_in, views)), "")
        interface = next(filter(None, map(interface_in, views)), None) or heard(turn)
        line = next((match[1] for view in views if (match := _FUNCTION.search(view))), "")
        function = function_of(line, interface) if line and interface else ""
        if not helper and not function:
            return ""
        told = interface.told() if helper and not line and interface else ""
        return (f'<say to="all">{told}</say>' if told else "") + _submit(assemble(helper, function))


def alone(briefing: str) -> str:
    """Return the canonical solution of the problem whose prompt is in a briefing."""
    found = (p for p in problems() if p.prompt.strip() in briefing)
    return next((problem.function(problem.entry) for problem in found), "")


def helper_in(view: str) -> str:
    """Return the helper that a view asks for, or "" where it asks for none."""
    interface = interface_in(view)
    number = next((p.number for p in problems() if "\n".join(p.prose) in view), None)
    if interface is None or number is None:
        return ""
    task = HumanEvalTask(
        number, "the_function", interface.helper, interface.result, interface.keys, 1, 1
    )
    return reference_helper(task)


def interface_in(view: str) -> Interface | None:
    """Return the interface that a helper's author was dealt."""
    helper, result, keys = (p.search(view) for p in (_HELPER, _RESULT, _KEYS))
    if helper is None:
        return None
    return Interface(
        helper[1], tuple(_KEY.findall(keys[1])) if keys else (), result[1] if result else ""
    )


def heard(turn: str) -> Interface | None:
    """Return the interface that was told."""
    told = _TOLD.search(turn.partition("Messages:\n")[2])
    if told is None:
        return None
    keys = tuple(told[2].split(", ")) if told[2] else ()
    return Interface(told[1], keys, told[3] or "")


def function_of(line: str, interface: Interface) -> str:
    """Return the function, given how its helper is called."""
    parameters = parameters_of(line)
    if interface.keys and len(interface.keys) != len(parameters):
        return ""
    call = call_of_helper(interface.helper, parameters, interface.keys, interface.result)
    return function_over(line, call)


def _submit(source: str) -> str:
    return f"<submit>\n{source.strip()}\n</submit><done/>"
