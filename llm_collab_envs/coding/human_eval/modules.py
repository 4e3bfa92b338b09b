"""The sources that a module is put together from: interface, references and stand-ins."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from llm_collab_envs.coding.human_eval.tasks import HumanEvalTask

GIVEN = "given"
_INNER = "solve"


def helper_line(task: HumanEvalTask) -> str:
    """Return the first line of the helper, without its colon."""
    return f"def {task.helper}({GIVEN if task.keys else ', '.join(task.problem.parameters)})"


def call_of_helper(helper: str, parameters: Sequence[str], keys: Sequence[str], result: str) -> str:
    """Return the expression that gets a result from a helper with this interface."""
    pairs = ", ".join(f"{k!r}: {p}" for k, p in zip(keys, parameters, strict=bool(keys)))
    arguments = f"{{{pairs}}}" if keys else ", ".join(parameters)
    return f"{helper}({arguments})" + (f"[{result!r}]" if result else "")


def function_over(line: str, call: str) -> str:
    """Return a function of this first line that returns what the expression gives."""
    return f"{line}:\n    return {call}"


def reference_function(task: HumanEvalTask) -> str:
    """Return a function that does nothing but call the helper as agreed."""
    parameters = task.problem.parameters
    call = call_of_helper(task.helper, parameters, task.keys, task.result)
    return function_over(f"def {task.function}({', '.join(parameters)})", call)


def reference_helper(task: HumanEvalTask) -> str:
    """Return the canonical solution as the helper that was agreed."""
    if not task.result:
        _, body = task.problem.function(task.helper).split("\n", 1)
        return f"{helper_line(task)}:\n{body}"
    inner = task.problem.function(_INNER).replace("\n", "\n    ")
    taken = ", ".join(f"{GIVEN}[{key!r}]" for key in task.keys)
    call = f"{_INNER}({taken or ', '.join(task.problem.parameters)})"
    return f"{helper_line(task)}:\n    {inner}\n    return {{{task.result!r}: {call}}}"


def stand_in(task: HumanEvalTask, value: object) -> str:
    """Return a helper that knows nothing, and gives this value every time."""
    given = {task.result: value} if task.result else value
    return f"def {task.helper}(*args, **more):\n    return {given!r}"


def parameters_of(line: str) -> tuple[str, ...]:
    """Return the names of the parameters in a function's first line."""
    function = ast.parse(f"{line}: pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    return tuple(argument.arg for argument in function.args.args)
