"""The scripted expert: it parses its own observation, and nothing else.

Who sees failing calls tells what they should return. An owner of files lists what each function may
have been, every single slip undone, and takes the first that returns what it was told. It also
repairs the files that were handed over to it by teammates that have left. Alone it is the solo
expert: it knows all.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm_collab_envs.coding.bug_repair.cases import (
    Case,
    Fact,
    fact_text,
    facts_of,
    read_fact,
    read_facts,
)
from llm_collab_envs.coding.bug_repair.faults import everywhere, mutations, own_lines
from llm_collab_envs.coding.bug_repair.interpreter import Interpreter, Unknown
from llm_collab_envs.core.observation import (
    handed_over,
    heard_from,
    left_undone,
    split_briefing,
)
from llm_collab_envs.sandbox import same

PATIENCE = 3

_RESULT = re.compile(r"(\w+)\((.*)\)(?: gave (.*),)? should give (.*)")
_FAULTS = re.compile(r"[Ee]ach file has (\d{1,3}) faults?\b")
_FILE = re.compile(r"# ([\w.]+\.py)")


@dataclass
class Memo:
    """What one agent knows, read from one observation.

    Attributes:
        alone: Whether there are no teammates.
        round: The round to be played.
        submitted: Whether this agent has submitted already.
        faults: How many faults each file has.
        failing: The failing calls that it sees.
        heard: What it was told.
        files: Its files, {name: source}.
    """

    alone: bool
    round: int
    submitted: bool
    faults: int
    failing: list[Case]
    heard: list[Fact]
    files: dict[str, str]

    @property
    def seen(self) -> list[Fact]:
        """What the failing calls that it sees should return."""
        return [fact for case in self.failing for fact in facts_of(case)]


class Expert:
    """A memoryless policy of one agent: observation in, action out."""

    def __call__(self, observation: str) -> str:
        """Return the expert's action."""
        memo = read(observation)
        if memo.submitted:
            return "<done/>"
        told = ""
        for gone, view in handed_over(observation).items():
            orphan = read(view)
            told += "" if heard_from(observation, gone) else say(orphan.seen)
            memo.failing += orphan.failing
            if left_undone(observation, gone):
                memo.files |= orphan.files
        seen = memo.seen
        if not memo.files:
            return say(seen) + "<done/>"
        if seen and memo.round == 1 and not memo.alone:
            return say(seen)
        facts = seen + memo.heard
        repaired = repair(memo.files, facts)
        complete = len(repaired) == memo.faults * len(memo.files)
        if not complete and not memo.alone and memo.round < PATIENCE:
            return ""
        return told + submit(memo.files, repaired) + "<done/>"


def say(facts: Sequence[Fact]) -> str:
    """Return the message that tells what should be, or ""."""
    told = dict.fromkeys(map(fact_text, facts))
    return f'<say to="all">{"; ".join(told)}</say>' if told else ""


def submit(files: dict[str, str], repaired: Sequence[dict[str, str]]) -> str:
    """Return the submission that puts repaired functions, {old text: new text}, into files."""
    changes = [change for fault in repaired for change in fault.items()]
    changed = dict(files)
    for name in files:
        for old, new in changes:
            changed[name] = changed[name].replace(old, new)
    return submit_diffs(files, changed)


def submit_diffs(files: Mapping[str, str], changed: Mapping[str, str]) -> str:
    """Return the submission that makes of files, {name: source}, what they are to be, or ""."""
    diffs: list[str] = []
    for name, source in files.items():
        if changed[name] != source:
            diffs += _diff(name, source, changed[name])[0 if len(files) > 1 else 2 :]
    return "<submit>" + "\n".join(diffs) + "</submit>" if diffs else ""


@lru_cache(maxsize=1024)
def _diff(name: str, source: str, changed: str) -> tuple[str, ...]:
    """Return the lines of a diff."""
    lines = source.splitlines(), changed.splitlines()
    return tuple(difflib.unified_diff(*lines, name, name, n=0, lineterm=""))


def repair(files: dict[str, str], facts: Sequence[Fact]) -> list[dict[str, str]]:
    """Return what facts show to be faulty: for each fault {function's text: repaired text}."""
    modules = [functions_of(file) for file in files.values()]
    functions = {name: text for here in modules for name, text in here.items()}
    interpreter = Interpreter(functions, {(f.function, repr(f.args)): f.value for f in facts})
    found: list[dict[str, str]] = []
    for here in modules:
        for name, text in here.items():
            if functions[name] == text:  # and no copy of it has been repaired
                fault = _fault(interpreter, here, name, facts)
                found += [fault] if fault else []
                functions |= {n: fault.get(t, functions[n]) for n, t in here.items()}
    return found


def _fault(
    interpreter: Interpreter, here: Mapping[str, str], name: str, facts: Sequence[Fact]
) -> dict[str, str]:
    """Return the first repair of a function and its copies that agrees with all that is known.

    Args:
        interpreter: Runs the program as far as it is repaired.
        here: The functions of the file.
        name: Which of them.
        facts: What is known; nothing is to be repaired where nothing about the function is.

    Returns:
        {text: repaired text}, empty where none is needed or none is found.
    """
    text, about = here[name], [fact for fact in facts if fact.function == name]
    others = [other for other in here.values() if other != text]
    own = own_lines(text, others)
    for option in _options(interpreter, text, own, about) if about else ():
        fault = everywhere(text, option, own, others)
        told = [(fault.get(here.get(f.function, "")), f) for f in facts]
        if all(same(_returns(interpreter, t, f.args), f.value) for t, f in told if t):
            return fault if option != text else {}
    return {}


def _options(interpreter: Interpreter, text: str, own: int, facts: Sequence[Fact]) -> Iterator[str]:
    """Yield what a function may have been: itself, each slip undone, a case that is missing.

    Lines that were copied come first; a user's program may have faults in others.
    """
    yield text
    yield from (mutation.text for mutation in mutations(text, own))
    yield from _missing_cases(interpreter, text, own, facts)
    yield from (mutation.text for mutation in mutations(text))


def _missing_cases(
    interpreter: Interpreter, text: str, own: int, facts: Sequence[Fact]
) -> Iterator[str]:
    """Yield a function with a case for each kind that only facts know."""
    known: dict[str, list[Fact]] = {}
    for fact in facts:
        types = [type(value) for value in (*fact.args, fact.value)]
        if types == [str, int, int] and repr(fact.args[0]) not in text:
            known.setdefault(fact.args[0], []).append(fact)
    variable = text.split("\n")[own - 1].partition("=")[0].strip()
    for kind, told in known.items():
        before = _with_case(text, own, kind, variable)
        points = [(_returns(interpreter, before, fact.args), fact.value) for fact in told]
        line = list({x: y for x, y in points if type(x) is int}.items())[:2]
        if len(line) > 1:
            (x, y), (other_x, other_y) = line
            factor = (other_y - y) // (other_x - x)
            rest = y - factor * x
            result = f"{factor} * {variable} {'-' if rest < 0 else '+'} {abs(rest)}"
            yield _with_case(text, own, kind, result)


def _returns(interpreter: Interpreter, text: str, args: Sequence[Any]) -> Any:
    """Return what a version of a function returns, None where that is unknown."""
    try:
        return interpreter.call(text, args)
    except Unknown:
        return None


def _with_case(text: str, own: int, kind: str, result: str) -> str:
    lines = text.split("\n")
    case = [f"    if kind == {kind!r}:", f"        return {result}"]
    return "\n".join(lines[:own] + case + lines[own:])


@lru_cache(maxsize=256)
def functions_of(source: str) -> Mapping[str, str]:
    """Return the functions of a file, {name: text}, as far as it can be read from its start on."""
    lines = source.split("\n")
    while True:
        try:
            tree = ast.parse("\n".join(lines))
        except SyntaxError:  # the end is more than the agent can see
            lines.pop()
            continue
        return {
            node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
        }


def read(observation: str) -> Memo:
    """Read everything that an agent needs from its observation."""
    briefing, turn = split_briefing(observation)
    lines = briefing.rpartition("\n\nReply with any of:")[0].split("\n")
    faults = _FAULTS.search(briefing)
    heard = [
        fact
        for line in turn.partition("Messages:\n")[2].splitlines()
        for fact in read_facts(line.partition(": ")[2])
    ]
    return Memo(
        alone=", working alone." in lines[0],
        round=int(re.findall(r"\d+", turn)[0]),
        submitted="\nYour submission: " in turn,
        faults=int(faults.group(1)) if faults else 1,
        failing=[c for line in lines for c in _failing(line)],
        heard=heard,
        files=_files(lines),
    )


def _failing(line: str) -> Iterator[Case]:
    """Read a line that shows a failing call; yield nothing for another one."""
    if line.startswith("- "):
        cases = [_case(entry) for entry in line[2:].split("; in it ")]
        known = [case for case in cases if case]
        if known and len(known) == len(cases):
            first, *inner = known
            yield Case(first.function, first.args, first.right, first.wrong, tuple(inner))


def _case(entry: str) -> Case | None:
    match = _RESULT.fullmatch(entry)
    fact = read_fact(match.group(1), match.group(2), match.group(4)) if match else None
    if match is None or fact is None:
        return None
    gave = read_fact("", "", match.group(3)) if match.group(3) else fact
    return Case(*fact, wrong=gave.value if gave else None)


def _files(lines: Sequence[str]) -> dict[str, str]:
    """Read the files, each from the line with its name on."""
    files: dict[str, list[str]] = {}
    for line in lines:
        match = _FILE.fullmatch(line)
        if match:
            files[match.group(1)] = []
        if files:
            next(reversed(files.values())).append(line)
    return {name: "\n".join(text).rstrip() + "\n" for name, text in files.items()}
