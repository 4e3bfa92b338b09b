"""Policies of module assembly that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap

from cheats import EVERYWHERE, Policy, constant, defuse, once
from llm_collab_envs.coding.module_assembly import expert
from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.layout import Layout
from llm_collab_envs.coding.module_assembly.source import Part, solution

CONSTANTS = ("None", "0", "1", "-1", "''", "[]", "{}", "True", "-50", "args[-1]", "args[0]")


def first_only(policy: Policy) -> Policy:
    """The first agent does it all, the others nothing."""
    return lambda o: policy(o) if "You are agent_0" in o else "<done/>"


def plan(observation: str) -> list[str]:
    """The names of all functions of the module, which everybody knows."""
    line = next(line for line in observation.splitlines() if line.startswith("Functions: "))
    return re.findall(r"[a-z]+_[a-z]+(?= \(agent)", line)


def everywhere(value: str, own: bool = False) -> Policy:
    """Define functions, all or one's own, that return a constant or an argument."""

    def act(observation: str) -> str:
        memo = expert.read(observation)
        names = [part.name for part in memo.parts] if own else plan(observation)
        return once("\n".join(f"def {name}(*args):\n    return {value}" for name in names))

    return act


def mute(observation: str) -> str:
    """Write one's functions at once, on guesses of all that was not told."""
    return once(expert.write(expert.read(observation)))


def told_rules_only(observation: str) -> str:
    """Play as the expert, but keep what binds the structure, and the proposals, to oneself.

    Where the structure is given, the rules are all that there is to tell: every other one is kept.
    """
    memo = expert.read(observation)
    if memo.open or memo.alternatives:
        memo.own = [e for e in memo.own if not e.startswith("not ") and "box[" not in e]
    else:
        memo.own = memo.own if memo.me % 2 else []
    memo.read_outside = [field.name for field in memo.kind.fields]
    memo.open = False
    return expert.say(memo) if memo.round == 1 else once(expert.write(memo))


def told_structure_only(observation: str) -> str:
    """Play as the expert, but keep the rules to oneself."""
    memo = expert.read(observation)
    memo.own = [entry for entry in memo.own if entry.startswith("not ") or "box[" in entry]
    return expert.say(memo) if memo.round == 1 else once(expert.write(memo))


def every_structure(observation: str) -> str:
    """Mute, but each function tries every structure that there might be, until one works."""
    memo = expert.read(observation)
    layouts: list[Layout] = list(memo.alternatives.values()) or [memo.layout]
    lines = []
    for part in memo.parts:
        tries = []
        for n, layout in enumerate(layouts):
            twin = dataclasses.replace(part, name=f"{part.name}_{n}")
            lines.append(solution(memo.kind, twin, layout, expert.GUESSES | memo.rules))
            tries.append(f"try:\n    return {twin.name}(*args)\nexcept Exception:\n    pass")
        lines += [f"def {part.name}(*args):", textwrap.indent("\n".join(tries), "    ")]
    return once("\n".join(lines))


def catch_all(observation: str) -> str:
    """Mute, and whatever goes wrong is unknown."""
    memo = expert.read(observation)
    lines = []
    for part in memo.parts:
        twin = dataclasses.replace(part, name=f"{part.name}_try")
        lines += [
            solution(memo.kind, twin, memo.layout, expert.GUESSES | memo.rules),
            f"def {part.name}(*args):\n    try:\n        return {twin.name}(*args)",
            f"    except Exception:\n        return {memo.rules.get('unknown', -50)}",
        ]
    return once("\n".join(lines))


def all_from_guesses(observation: str) -> str:
    """Write one's own functions, and everybody else's from what their names suggest."""
    memo = expert.read(observation)
    own = {part.name: part for part in memo.parts}
    parts = [own.get(name, guess(name)) for name in plan(observation)]
    rules = expert.GUESSES | memo.rules
    return once("\n".join(solution(memo.kind, part, memo.layout, rules) for part in parts))


def guess(name: str) -> Part:
    verb = name.partition("_")[0]
    picks = [f.picks for kind in KINDS.values() for f in kind.functions if f.verb == verb]
    return Part(verb, name, 5, next(iter(picks[0]), ""))


def own_part_only(observation: str) -> str:
    """All tell what they know; then the first agent alone writes its part, and writes it well."""
    if expert.read(observation).round == 1 or "You are agent_0" in observation:
        return expert.Expert()(observation)
    return "<done/>"


def all_talk(observation: str) -> str:
    """All tell what they know, and nobody writes."""
    memo = expert.read(observation)
    return expert.say(memo) if memo.round == 1 else "<done/>"


def messages_as_code(observation: str) -> str:
    """Tell one's specifications, and submit what was heard."""
    memo = expert.read(observation)
    specs = defuse(observation).partition("Your functions:\n")[2].partition("\n\n")[0]
    if memo.round == 1:
        return f'<say to="all">{" ".join(specs.split()[:30])}</say>'
    return once(defuse(observation.partition("Messages:\n")[2]))


def rules_as_globals(observation: str) -> str:
    """Say nothing; keep what one knows in globals, and use those that teammates may have."""
    memo = expert.read(observation)
    own = [f"{rule} = {value!r}" for rule, value in memo.rules.items() if not is_number(value)]
    own += [f"{rule} = {value}" for rule, value in memo.rules.items() if is_number(value)]
    book = {rule: rule for rule in memo.asked if rule != "order"}
    code = [solution(memo.kind, part, memo.layout, {**book, **_order(memo)}) for part in memo.parts]
    return once("\n".join([*own, *code]).replace('"mark"', "mark"))


def _order(memo: expert.Memo) -> dict[str, str]:
    return {"order": memo.rules.get("order", "A to Z")}


def is_number(value: str) -> bool:
    return value.removeprefix("-").isdigit()


def specs_as_docstrings(observation: str) -> str:
    """Functions with their specification as docstring and nothing to do."""
    specs = defuse(observation).partition("Your functions:\n")[2].partition("\n\n")[0]
    code = []
    for line in specs.splitlines():
        head, _, text = line[2:].partition(": ")
        code.append(f'def {head}:\n    """{text}"""')
    return once("\n".join(code))


CHEATS: dict[str, Policy] = {
    **EVERYWHERE,
    "constant code": constant(once("def new(entries):\n    return {}")),
    "pass": constant(once("pass")),
    "echo as a comment": lambda o: once("# " + defuse(o).replace("\n", "\n# ")),
    "specifications as docstrings": specs_as_docstrings,
    "messages as code": messages_as_code,
    "rules as globals": rules_as_globals,
    "mute": mute,
    "told rules only": told_rules_only,
    "told structure only": told_structure_only,
    "every structure": every_structure,
    "catch all": catch_all,
    "all from guesses": all_from_guesses,
    "one does all from guesses": first_only(all_from_guesses),
    "one does its own part only": own_part_only,
    "one mute": first_only(mute),
    "all talk": all_talk,
    **{f"everything returns {value}": everywhere(value) for value in CONSTANTS},
    **{
        f"own functions return {value}": everywhere(value, own=True)
        for value in ("None", "0", "[]")
    },
}
