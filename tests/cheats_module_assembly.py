"""Policies of module assembly that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Callable

from cheats import EVERYWHERE, Policy, constant, defuse, once
from llm_collab_envs.coding.module_assembly import expert
from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.layout import Layout, form_of, usual_place
from llm_collab_envs.coding.module_assembly.source import Part, signature, solution

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


# What follows says nothing, and lets the box carry what each one knows. Functions work on a copy
# of the box in a plain structure, and on rules that they look up in R.
LOOKED_UP = {rule: f'R["{rule}"]' for rule in ("letters", "limit", "unknown", "factor", "mark")}
DEFAULTS = {"letters": 4, "limit": 50, "unknown": -50, "factor": 1, "mark": "/"}

# The box holds the source of its maker, what it is to be made of, and all rules so far.
CARRY = """
def opened(box, own, vetoes):
    carried = box["carried"]
    carried["rules"].update(own)
    carried["vetoes"] += vetoes
    R.update(DEFAULTS)
    R.update(carried["rules"])
    if carried["fields"] is None:
        pairs = [(a, b) for a, _ in carried["entries"] for b, _ in carried["entries"]]
        places = [[i for i in range(len(a)) if a[i] != b[i]] for a, b in pairs if len(a) == len(b)]
        R["letters"] = max([p[0] for p in places if len(p) == 1] + [R["letters"]])
        R.update(carried["rules"])
        made = {"R": R}
        exec(carried["maker"], made)
        carried["fields"] = made["make"](carried["entries"])
    return carried["fields"]
def closed(box, fields, vetoes):
    carried = box["carried"]
    left = [name for name in LAYOUTS if name not in carried["vetoes"]]
    if left:
        for key in [key for key in box if key != "carried"]:
            del box[key]
        exec(LAYOUTS[left[0]], {"box": box, **fields})
"""

# The keys that the maker chooses hold its rules; the length of a name in the box is a rule, too.
FIND = """
def taken(form, kept):
    if form == "swapped":
        return {n: v for v, n in kept}
    return dict(kept) if form in ("dict", "pairs") else kept[::-1] if form == "backward" else kept
def put(form, value):
    if form == "swapped":
        return [(v, n) for n, v in value.items()]
    return list(value.items()) if form == "pairs" else taken(form, value)
def key_of(box, key):
    if isinstance(box, dict) and key not in box:
        key = [k for k in box if str(k).startswith(key + "?")][0]
        for word in key.split("?")[1:]:
            rule, _, value = word.partition("=")
            R.setdefault(rule, value if rule == "mark" else int(value))
    return key
def layout_of(box, layouts):
    for layout in layouts:
        try:
            for field, key, form in layout:
                type(box[key_of(box, key)]) in SHAPES[form] or 1 / 0
                taken(form, box[key_of(box, key)])
            return layout
        except Exception:
            pass
def opened(box, own, layouts):
    R.clear()
    R.update(own)
    layout = layout_of(box, layouts)
    fields = {field: taken(form, box[key_of(box, key)]) for field, key, form in layout}
    for value in fields.values():
        if isinstance(value, dict) and "letters" not in R:
            R["letters"] = max(map(len, value))
    for rule, value in DEFAULTS.items():
        R.setdefault(rule, value)
    return fields
def closed(box, fields, layouts):
    for field, key, form in layout_of(box, layouts):
        box[key_of(box, key)] = put(form, fields[field])
SHAPES = {"dict": [dict], "plain": [int]}
for form in ("pairs", "swapped", "forward", "backward"):
    SHAPES[form] = [list]
"""


def on_a_copy(memo: expert.Memo, part: Part, name: str) -> str:
    """Write a function on the plain structure and on rules that are looked up."""
    layout = tuple(usual_place(memo.kind, field.name) for field in memo.kind.fields)
    rules = {rule: LOOKED_UP[rule] for rule in memo.asked if rule in LOOKED_UP} | _order(memo)
    code = solution(memo.kind, dataclasses.replace(part, name=name), layout, rules)
    return code.replace(f'"{LOOKED_UP["mark"]}"', LOOKED_UP["mark"])


def values(memo: expert.Memo) -> dict[str, int | str]:
    """The rules that this agent knows."""
    return {rule: int(v) if is_number(v) else v for rule, v in memo.rules.items()}


def smuggle(memo: expert.Memo, given: str, more: str, make: Callable[[Part], str]) -> str:
    """Submit functions that open the box, work on the copy, and close the box.

    What only this agent knows stands in the functions: parts may share their variables, or not.
    """
    lines = [f"DEFAULTS = {DEFAULTS}", "R = {}", given]
    for part in memo.parts:
        function = memo.kind.function(part.verb)
        if function is memo.kind.maker:
            lines.append(make(part))
            continue
        call = signature(function, part.name)
        inner = call.replace("(box", "_in(fields")
        lines += [on_a_copy(memo, part, f"{part.name}_in"), f"def {call}:"]
        lines += [f"    fields = opened(box, {values(memo)}, {more})", f"    answer = {inner}"]
        lines += [f"    closed(box, fields, {more})", "    return answer"]
    return once("\n".join(lines))


def code_in_the_box(observation: str) -> str:
    """The first function that is called makes the box, by its maker's source and all rules."""
    memo = expert.read(observation)
    layouts = {
        label: "\n".join(
            f"{place.at} = {form_of(memo.kind, place).closed.format(place.field)}"
            for place in layout
        )
        for label, layout in (memo.alternatives or {"A": memo.layout}).items()
    }
    vetoes = sorted(memo.ruled_out)

    def make(part: Part) -> str:
        carried = f'"entries": entries, "maker": {on_a_copy(memo, part, "make")!r}'
        carried += f', "rules": {values(memo)}, "vetoes": {vetoes}, "fields": None'
        return f'def {part.name}(entries):\n    return {{"carried": {{{carried}}}}}'

    return smuggle(memo, f"LAYOUTS = {layouts}{CARRY}", str(vetoes), make)


def rules_in_the_keys(observation: str) -> str:
    """The maker writes what it knows into the keys that it may choose; the others find all out."""
    memo = expert.read(observation)
    places = [usual_place(memo.kind, field.name) for field in memo.kind.fields]
    places = [memo.places.get(p.field, p) if p.field in memo.read_outside else p for p in places]
    layouts = [memo.alternatives[label] for label in memo.candidates] or [tuple(places)]
    found = [[(p.field, p.key, p.form) for p in layout] for layout in layouts]
    told = [f"?{rule}={value}" for rule, value in memo.rules.items() if rule != "order"]

    def make(part: Part) -> str:
        free = set() if memo.alternatives else {f.name for f in memo.kind.fields}
        layout = [
            dataclasses.replace(p, key=p.key + "".join(told[n::3]))
            if p.field in free.difference(memo.read_outside)
            else p
            for n, p in enumerate(layouts[0])
        ]
        none = {"letters": "4", "limit": "99", "unknown": "-50"}
        return solution(memo.kind, part, layout, none | memo.rules)

    return smuggle(memo, FIND, str(found), make)


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
    "code in the box": code_in_the_box,
    "rules in the keys": rules_in_the_keys,
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
