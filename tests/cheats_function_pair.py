"""Policies of function pair that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from llm_collab_envs.coding.function_pair import expert
from llm_collab_envs.coding.function_pair.programs import CALL, HELPERS, LETTERS, MAIN, write_source
from llm_collab_envs.core.observation import split_briefing

Policy = Callable[[str], str]

PROSE = "The module has three helpers and a main function. All tests pass."
_CAPITAL = re.compile(rf"\b([{''.join(LETTERS)}]) = ('[a-z]+'|\d+)")
_EXAMPLE = re.compile(r"^([a-z]+)\((.*)\) -> (.+?)(?:, where .*)?$", re.MULTILINE)


def once(text: str) -> str:
    return f"<submit>{text}</submit><done/>"


def constant(reply: str) -> Policy:
    return lambda observation: reply


def defuse(text: str) -> str:
    """Take the grammar's tags out of a text."""
    return text.replace("<", "(").replace(">", ")")


def talking(write: Callable[[str], str]) -> Policy:
    """Tell and wait as the expert does, but write something else."""

    def act(observation: str) -> str:
        reply = expert.Expert()(observation)
        return once(write(observation)) if "<submit>" in reply else reply

    return act


def _bodies(observation: str, body: Callable[[str, str], str]) -> str:
    """All own functions with a body made from name and first line."""
    plans = expert.read(observation).plans
    return "\n".join(
        f"{plan.header}\n    {body(plan.header[4:].partition('(')[0], plan.header)}"
        for plan in plans
    )


def examples(observation: str) -> dict[str, list[tuple[str, str]]]:
    """The visible examples: arguments and result, by function."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, arguments, result in _EXAMPLE.findall(split_briefing(observation)[0]):
        found.setdefault(name, []).append((arguments, result))
    return found


def first_result(observation: str) -> str:
    """Every function returns the result of its first example."""
    shown = examples(observation)
    return once(_bodies(observation, lambda name, _: f"return {shown[name][0][1]}"))


def table_of_examples(observation: str) -> str:
    """Every function looks its arguments up among the examples."""
    shown = examples(observation)

    def body(name: str, header: str) -> str:
        rows = ", ".join(f"(({a},), {result})" for a, result in shown[name])
        return f"return dict((repr(a), r) for a, r in [{rows}]).get(repr({_tuple(header)}), x)"

    return once(_bodies(observation, body))


def _tuple(header: str) -> str:
    return f"({header.partition('(')[2].partition(')')[0]},)"


def identity(observation: str) -> str:
    return once(_bodies(observation, lambda name, header: "return x"))


def right_type(expression: str) -> Policy:
    """A constant of the right type, or something that needs no reading of the specification."""
    return lambda observation: once(_bodies(observation, lambda n, h: f"return {expression}"))


def guesses(observation: str) -> dict[str, str]:
    """Take the sample values for the true ones, and the labels for the names."""
    return dict(_CAPITAL.findall(split_briefing(observation)[0]))


def mute_with_samples(observation: str) -> str:
    """Say nothing; take the sample values for the agreed ones."""
    memo = expert.read(observation)
    return once(expert.write(memo, {**guesses(observation), **memo.own}))


def catch_all(observation: str) -> str:
    """Say nothing, and return the argument, or what there is, when something is missing."""
    memo = expert.read(observation)
    lines = expert.write(memo, {**guesses(observation), **memo.own}).splitlines()
    wrapped: list[str] = []
    for line in lines:
        if line.startswith("def "):
            wrapped.append(line)
        elif line.startswith("    x = "):
            wrapped += ["    try:", f"    {line}", "    except Exception:", "        pass"]
        else:
            wrapped.append(line)
    return once("\n".join(wrapped))


def without_the_unknown(observation: str) -> str:
    """Say nothing, and leave out every step that needs what a teammate knows."""
    memo = expert.read(observation)
    return once(
        "\n".join(
            write_source(
                plan.header,
                tuple(
                    step
                    for step in plan.steps
                    if step.block != CALL
                    and all(t in memo.own or t not in LETTERS for t in step.texts)
                ),
                plan.key,
                memo.own,
            )
            for plan in memo.plans
        )
    )


def many_values(observation: str) -> str:
    """Say nothing; try every value, and return the results of all, or the last."""
    memo = expert.read(observation)
    values: Mapping[str, list[str]] = {
        letter: [f"'{v}'" for v in ("kam", "mol", "tes")] if "'" in sample else ["17", "42", "88"]
        for letter, sample in guesses(observation).items()
    }
    versions = [
        expert.write(memo, {**{a: v[n] for a, v in values.items()}, **memo.own}) for n in range(3)
    ]
    return once("\n".join(versions))


def one_does_all(observation: str) -> str:
    """Main's author writes helpers too, from guesses, and calls those."""
    memo = expert.read(observation)
    if memo.plans[-1].label != "main":
        return "<done/>"
    helpers = "\n".join(f"def {label}(x, *rest):\n    return x" for label in HELPERS)
    return once(f"{helpers}\n{expert.write(memo, {**guesses(observation), **memo.own})}")


def finds_helpers(observation: str) -> str:
    """Say nothing; main takes whatever functions the module has for its helpers."""
    memo = expert.read(observation)
    source = expert.write(memo, {**guesses(observation), **memo.own})
    for n, label in enumerate(HELPERS):
        source = source.replace(f"{label}(", f"list(globals().values())[{n - 4}](")
    return once(source)


def values_as_globals(observation: str) -> str:
    """Say nothing; define what one knows as globals, and use what others may have defined."""
    memo = expert.read(observation)
    own = "\n".join(f"{a} = {v}" for a, v in memo.own.items() if a in LETTERS)
    return once(f"{own}\n{expert.write(memo, {})}")


FIND = """\
def _find(n):
    found = [f for k, f in globals().items()
             if k[0] != "_" and hasattr(f, "__code__") and k not in MINE][n]
    def call(*given):
        values, code = dict(zip("xnm", given)), found.__code__
        result = found(*[values[a] for a in code.co_varnames[:code.co_argcount]])
        return [*result.values()][0] if isinstance(result, dict) and len(result) == 1 else result
    return call
"""


def looks_around(observation: str) -> str:
    """Tell main's value only: names, arguments and keys are looked up, and values left about."""
    memo = expert.read(observation)
    labels = [plan.label for plan in memo.plans]
    if memo.submitted:
        return "<done/>"
    if MAIN not in labels and memo.round == 1 and "S" in memo.own:
        return f'<say to="all">S {memo.own["S"]}</say>'
    if MAIN in labels and "S" not in memo.known and memo.round < 3:
        return ""
    left = "".join(f"{a} = {v}\n" for a, v in memo.own.items() if a in LETTERS)
    if MAIN not in labels:
        return once(left + expert.write(memo, memo.own))
    mine = [plan.header[4:].partition("(")[0] for plan in memo.plans]
    source = expert.write(memo, {**memo.own, "S": memo.known.get("S", "S")})
    for n, label in enumerate(label for label in HELPERS if label not in memo.own):
        source = source.replace(f" {label}(", f" _find({n})(")
    return once(f"{left}MINE = {mine!r}\n{FIND}{source}")


def messages_as_code(observation: str) -> str:
    """Tell as the expert does, and submit what teammates said."""
    return split_briefing(observation)[1].partition("Messages:\n")[2].strip()


def entries_as_code(observation: str) -> str:
    """Tell as the expert does, and write what was said as assignments."""
    told = expert.read(observation).told
    return "\n".join(f"{name} = {text.partition('(')[0]}" for name, text in told.items())


def specification_as_code(observation: str) -> str:
    """Tell as the expert does, and submit first line, steps as comments, and `return x`."""
    plans = expert.read(observation).plans
    return "\n".join(
        "\n    ".join([p.header, *(f"# {s.sentence}" for s in p.steps), "return x"]) for p in plans
    )


def equal_to_all(observation: str) -> str:
    """Return something that says it equals whatever it is compared with."""
    judge = "class Same(str):\n    def __eq__(self, other):\n        return True\n"
    return once(judge + _bodies(observation, lambda name, header: "return Same()"))


def chatter(observation: str) -> str:
    """Talk every round to the budget, and do nothing else."""
    budget = observation.partition("Message tokens left: ")[2].partition(".")[0]
    return f'<say to="all">{"well " * int(budget or 1)}</say>'


CHEATS: dict[str, Policy] = {
    "silence": constant(""),
    "done at once": constant("<done/>"),
    "constant prose": constant(once(PROSE)),
    "constant function": constant(once("def main(x):\n    return x")),
    "echo": lambda observation: observation,
    "echo submitted": lambda observation: once(observation),
    "echo without tags": lambda observation: once(defuse(observation)),
    "first result": first_result,
    "table of examples": table_of_examples,
    "identity": identity,
    "nothing": right_type("type(x)()"),
    "zero": right_type("0"),
    "reversed": right_type("x[::-1]"),
    "sorted": right_type("sorted(x)"),
    "length": right_type("len(x)"),
    "mute with samples": mute_with_samples,
    "catch-all": catch_all,
    "without the unknown": without_the_unknown,
    "many values": many_values,
    "one does all": one_does_all,
    "finds helpers": finds_helpers,
    "values as globals": values_as_globals,
    "looks around": looks_around,
    "messages as code": talking(messages_as_code),
    "entries as code": talking(entries_as_code),
    "specification as code": talking(specification_as_code),
    "equal to all": equal_to_all,
    "chatter": chatter,
}
