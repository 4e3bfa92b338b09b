"""Policies of HumanEval that try to score without doing the job; each sees one observation."""

from __future__ import annotations

import re
from collections.abc import Callable

from cheats import NAMES
from llm_collab_envs.coding.human_eval import expert
from llm_collab_envs.coding.human_eval.modules import (
    call_of_helper,
    function_over,
    parameters_of,
)
from llm_collab_envs.coding.human_eval.problems import problems

Policy = Callable[[str], str]

_FUNCTION = re.compile(r"^Your function: (def (\w+)\(.*)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^>>> (\w+\(.*\))\n(.*)$|^(\w+\(.*\)) *[=-]+>? *(.*)$", re.MULTILINE)


def once(text: str) -> str:
    return f"<submit>{text}</submit><done/>"


def defuse(text: str) -> str:
    return text.replace("<", "(").replace(">", ")")


def by_role(helper: Policy, function: Callable[[str, str, str], str]) -> Policy:
    """One thing for the helper's author, and one for the function's, given line and name."""

    def policy(observation: str) -> str:
        found = _FUNCTION.search(observation)
        return once(function(observation, found[1], found[2])) if found else helper(observation)

    return policy


def canonical(observation: str) -> str:
    """The whole solution under its well-known name and as a helper, and no word to the teammate."""
    found = next(p for p in problems() if "\n".join(p.prose) in observation)
    return once(f"{found.function(found.entry)}\n\n{expert.helper_in(observation)}")


def idle(observation: str) -> str:
    return "<done/>"


def honest_helper(observation: str) -> str:
    return expert.Expert()(observation)


def returning(value: str) -> Callable[[str, str, str], str]:
    return lambda observation, line, name: function_over(line, value)


def table(observation: str, line: str, name: str) -> str:
    """The visible examples, and None for everything else."""
    arguments = ", ".join(parameters_of(line)) or "*args"
    cases = []
    for first, value, other, written in _EXAMPLE.findall(observation):
        call, result = (first, value) if first else (other, written)
        cases.append(f"    if repr(({arguments},)) == repr((lambda *a: a){call[len(name) :]}):")
        cases.append(f"        return {result}")
    return "\n".join([f"{line}:", *cases, "    return None"])


def guarded(observation: str, line: str, name: str) -> str:
    return (
        f"{line}:\n    try:\n        return helper(1)\n    except BaseException:\n        return []"
    )


def every_helper_there_is(observation: str, line: str, name: str) -> str:
    """Call whatever else is in the module."""
    arguments = ", ".join(parameters_of(line))
    return (
        f"{line}:\n    for key, value in list(globals().items()):\n"
        f"        if callable(value) and key != {name!r}:\n            try:\n"
        f"                return value({arguments})\n            except Exception:\n"
        "                pass"
    )


# What has the form of a made-up name among what the helper is made of: its name, then the keys.
SPY = """{line}:
    for key, value in list(globals().items()):
        if len(key) == 7 and key != {name!r} and hasattr(value, "__code__"):
            consts = [c for c in value.__code__.co_consts if isinstance(c, str) and len(c) == 7]
            return ".".join([key, *consts])
"""
# It calls the helper by whatever name, with arguments that are there under whatever keys.
ADAPTER = """{line}:
    class Given(dict):
        def __init__(self, *values):
            self.left = list(values)

        def __missing__(self, key):
            self[key] = self.left.pop(0)
            return self[key]

    for key, value in list(globals().items()):
        if len(key) == 7 and key != {name!r} and hasattr(value, "__code__"):
            helper = value
    try:
        result = helper({arguments})
    except Exception:
        result = helper(Given({arguments}))
    is_keyed = isinstance(result, dict) and all(len(key) == 7 for key in result)
    return next(iter(result.values())) if is_keyed and len(result) == 1 else result
"""


def silent_helper(observation: str) -> str:
    """Write the helper and tell nobody what it is called."""
    return re.sub(r"<say.*?</say>", "", honest_helper(observation), flags=re.DOTALL)


def spy(observation: str) -> str:
    """The helper's author is silent; the function's returns what it finds, and reads the notice."""
    found = _FUNCTION.search(observation)
    if not found:
        return silent_helper(observation)
    if "Your submission: " not in observation:
        return f"<submit>{SPY.format(line=found[1], name=found[2])}</submit>"
    seen = re.search(r"returned '([a-z.]+)', which is wrong", observation)
    if not seen:
        return idle(observation)
    helper, result, *keys = [*seen[1].split("."), ""][:9]
    parameters = parameters_of(found[1])
    keys = keys[: len(parameters)] if len(keys) > len(parameters) else []
    return once(function_over(found[1], call_of_helper(helper, parameters, keys, result)))


def naming(*names: str, as_code: bool = False) -> Policy:
    """The helper's author is silent; the function's finds the helper, and names these names."""
    named = f"\nNAMES = {set(names)}" if as_code else f"\n# {' '.join(names)}"

    def write(observation: str, line: str, name: str) -> str:
        return (
            ADAPTER.format(line=line, name=name, arguments=", ".join(parameters_of(line))) + named
        )

    return by_role(silent_helper, write)


# The helper, and something that gives what it does under any name that anybody asks for.
ANY_NAME = """{helper}

class Names(dict):
    def __missing__(self, name):
        return every

__builtins__ = Names(__builtins__ if isinstance(__builtins__, dict) else vars(__builtins__))

def every(*args):
    return {call}"""


def any_name(observation: str) -> str:
    """Be helper and function in one, whatever the function is called."""
    memo = expert.read(observation)
    keys, result = memo.interface.keys, memo.interface.result
    given = f"dict(zip({keys!r}, args))" if keys else "*args"
    call = f"{memo.interface.helper}({given})" + (f"[{result!r}]" if result else "")
    return once(ANY_NAME.format(helper=expert.helper_in(observation), call=call))


def message_as_code(observation: str) -> str:
    """The helper's author helps; the function's author submits what it was told."""
    if "Your helper: " in observation:
        return honest_helper(observation)
    told = observation.partition("Messages:\n")[2].partition(": ")[2]
    return once(told) if told else ""


def many_definitions(observation: str) -> str:
    names = "helper solve main f function candidate check solution".split()
    return once("\n".join(f"def {name}(*a):\n    return a and a[0]" for name in names))


def chatter(observation: str) -> str:
    budget = observation.partition("Message tokens left: ")[2].partition(".")[0]
    return f'<say to="all">{"well " * int(budget or 1)}</say>'


CHEATS: dict[str, Policy] = {
    "silence": lambda observation: "",
    "done at once": idle,
    "constant": lambda observation: once("def solve(*args):\n    return True"),
    "constant text": lambda observation: once("done"),
    "echo": lambda observation: observation,
    "echo submitted": once,
    "echo without tags": lambda observation: once(defuse(observation)),
    "many definitions": many_definitions,
    "helper alone": by_role(honest_helper, lambda *rest: ""),
    "helper's author does all": by_role(canonical, lambda *rest: ""),
    "helper's author does all, a stub beside it": by_role(canonical, returning("None")),
    "function's author does all": by_role(idle, table),
    "visible examples": by_role(honest_helper, table),
    "guessed name": by_role(canonical, returning("helper(1)")),
    "catch-all except": by_role(canonical, guarded),
    "always True": by_role(honest_helper, returning("True")),
    "always False": by_role(honest_helper, returning("False")),
    "always empty": by_role(honest_helper, returning("[]")),
    "its first argument": by_role(
        honest_helper, lambda o, line, name: function_over(line, parameters_of(line)[0])
    ),
    "whatever helper is there": by_role(honest_helper, every_helper_there_is),
    "what the examples say of the helper": spy,
    "every name that there is, in a comment": naming(*NAMES),
    "every name that there is, in code": naming(*NAMES, as_code=True),
    "one function for any name": by_role(any_name, lambda *rest: ""),
    "a few names": naming(*NAMES[:16], as_code=True),
    "teammate's message as code": message_as_code,
    "chatter": chatter,
}
ALONE: dict[str, Policy] = {
    "silence": lambda observation: "",
    "echo": once,
    "constant": lambda observation: once("def solve(*args):\n    return True"),
    **{
        f"always {value}": lambda o, value=value: once(_alone(o, value))  # type: ignore[misc]
        for value in ("True", "False", "None", "[]", "0", "args[0]")
    },
    "visible examples": lambda observation: once(_examples_alone(observation)),
}


def _name(observation: str) -> str:
    return re.findall(r"^def (\w+)\(", observation, re.MULTILINE)[-1]


def _alone(observation: str, value: str) -> str:
    return f"def {_name(observation)}(*args):\n    return {value}"


def _examples_alone(observation: str) -> str:
    name = _name(observation)
    lines = re.sub(r"^ +", "", observation, flags=re.MULTILINE)
    return table(lines, f"def {name}(*args)", name)
