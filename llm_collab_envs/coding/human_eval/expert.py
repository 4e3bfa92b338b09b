"""The scripted expert: it parses its own observation, and knows the canonical solutions.

Alone it writes the canonical solution. In a team the helper's author tells how to call the helper
that it was dealt; then both write at the same time. It recognises the problem by its statement, and
writes the solution as that helper; the function's author does not know what the problem is, and
calls the helper as it was told. Who takes over from a teammate writes what that one has not
submitted; the helper's author stays until it sees whether it has to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_collab_envs.coding.human_eval.modules import (
    call_of_helper,
    function_over,
    parameters_of,
    reference_helper,
)
from llm_collab_envs.coding.human_eval.problems import problems
from llm_collab_envs.coding.human_eval.tasks import HumanEvalTask
from llm_collab_envs.coding.joining import joined
from llm_collab_envs.core.observation import handed_over, left_undone, split_briefing

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


@dataclass(frozen=True)
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        alone: Whether there is no teammate.
        round: The round to be played.
        submitted: Whether this agent has submitted all that it is to write.
        solution: The canonical solution of the problem whose prompt it sees, or "".
        statement: The view that says what the helper is to compute, or "".
        line: The first line of the function that it is to write, or "".
        dealt: How the helper is called, where it is the one to know.
        interface: How the helper is called, as far as it knows at all.
    """

    alone: bool
    round: int
    submitted: bool
    solution: str
    statement: str
    line: str
    dealt: Interface | None
    interface: Interface | None


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.submitted:
            return "<done/>"
        source = memo.solution if memo.alone else part(memo, memo.interface)
        if not source and not memo.alone:
            return ""
        if memo.alone or memo.line:
            return submit(source) + "<done/>"
        return say(memo) if memo.round == 1 else submit(source)


def say(memo: Memo) -> str:
    """Return the message that tells the interface that this agent was dealt, or ""."""
    return f'<say to="all">{memo.dealt.told()}</say>' if memo.dealt else ""


def part(memo: Memo, interface: Interface | None) -> str:
    """Return what this agent writes for an interface: the helper, the function or both; or ""."""
    if interface is None:
        return ""
    helper = helper_in(memo.statement, interface) if memo.statement else ""
    function = function_of(memo.line, interface) if memo.line else ""
    return joined(helper, function)


def submit(source: str) -> str:
    """Return the submission of a source."""
    return f"<submit>\n{source.strip()}\n</submit>"


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation, and from what was handed over."""
    briefing, turn = split_briefing(observation)
    inherited = handed_over(observation)
    undone = [view for gone, view in inherited.items() if left_undone(observation, gone)]
    views = [briefing, *undone]
    known = (interface_in(view) for view in (briefing, *inherited.values()))
    dealt = next((interface for interface in known if interface), None)
    by_itself = "working alone" in briefing
    return Memo(
        alone=by_itself,
        round=int(re.findall(r"\d+", turn)[0]),
        submitted="\nYour submission: " in turn and not undone,
        solution=alone(briefing) if by_itself else "",
        statement=next((view for view in views if interface_in(view)), ""),
        line=next((match[1] for view in views if (match := _FUNCTION.search(view))), ""),
        dealt=dealt,
        interface=dealt or heard(turn),
    )


def alone(briefing: str) -> str:
    """Return the canonical solution of the problem whose prompt is in a briefing."""
    found = (p for p in problems() if p.prompt.strip() in briefing)
    return next((problem.function(problem.entry) for problem in found), "")


def helper_in(view: str, interface: Interface | None = None) -> str:
    """Return the helper that a view asks for, or "" where it asks for none.

    Args:
        view: A briefing.
        interface: How the helper is to be called, if not as the view says.
    """
    interface = interface or interface_in(view)
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
