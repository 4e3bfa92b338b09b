"""Policies of bug repair that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np

from cheats import EVERYWHERE, Policy, constant, once
from llm_collab_envs.coding.bug_repair import expert
from llm_collab_envs.coding.bug_repair.cases import Case, Fact
from llm_collab_envs.coding.bug_repair.faults import everywhere, mutations, own_lines
from llm_collab_envs.coding.bug_repair.injection import _hidden, _Program, _proven
from llm_collab_envs.coding.bug_repair.programs import (
    Family,
    Function,
    Module,
    could_be_drawn,
)
from llm_collab_envs.coding.bug_repair.running import Version

CODE = "def solve(size, rate):\n    return size + rate"
FLIPPED = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "}
OPPOSITE = {" < ": " >= ", " <= ": " > ", " > ": " <= ", " >= ": " < "}


def owned(change: Callable[[str], str]) -> Policy:
    """The owners submit their files, each changed; the tester is silent."""

    def act(observation: str) -> str:
        files = expert.read(observation).files
        return once("\n".join(map(change, files.values()))) if files else "<done/>"

    return act


def told(change: Callable[[str, list[Fact]], str]) -> Policy:
    """The tester tells as the expert does; the owners change their files by what they are told."""

    def act(observation: str) -> str:
        memo = expert.read(observation)
        if not memo.files:
            return expert.Expert()(observation)
        facts = memo.heard + [case.fact for case in memo.failing]
        if not facts:
            return ""
        return once("\n".join(change(file, facts) for file in memo.files.values()))

    return act


def replaced(pattern: str, new: Callable[[re.Match[str]], str]) -> Policy:
    return owned(lambda file: re.sub(pattern, new, file))


def bodies(body: str) -> Callable[[str], str]:
    """Every function keeps its header only, and gets another body."""
    return lambda file: re.sub(r"(?m)^(def .*:)\n(?:    .*\n?)+", rf"\1\n    {body}\n", file)


def wrapped(file: str) -> str:
    """Every function is called in a catch-all that returns 0."""
    names = re.findall(r"(?m)^def (\w+)\(", file)
    guard = "def guarded(function):\n    def run(*args):\n        try:\n            return "
    guard += "function(*args)\n        except Exception:\n            return 0\n    return run\n"
    return file + guard + "\n".join(f"{name} = guarded({name})" for name in names)


def visible_examples(file: str, facts: list[Fact]) -> str:
    """Return what was told for exactly these calls, and nothing else is changed."""
    for name, args, value in facts:
        header = re.search(rf"(?m)^def {name}\((.*)\):$", file)
        if header:
            test = f"    if ({header[1]},) == {args!r}:\n        return {value!r}"
            file = file.replace(header[0], f"{header[0]}\n{test}")
    return file


def told_value(file: str, facts: list[Fact]) -> str:
    """Always return the value of the first call that was told."""
    for name, _, value in facts:
        file = re.sub(rf"(?m)^(def {name}\(.*\):)$", rf"\1\n    return {value!r}", file)
    return file


def told_difference(file: str, facts: list[Fact]) -> str:
    """Add one to all results, as what was told is a little more or less."""
    return re.sub(r"(?m)^( *return .*)$", r"\1 + 1", file)


def message_as_code(observation: str) -> str:
    memo = expert.read(observation)
    if not memo.files:
        return expert.Expert()(observation)
    said = observation.partition("Messages:\n")[2]
    return once(said) if said else ""


def guessed(pick: Callable[[list[str], str], str]) -> Policy:
    """Each owner undoes one slip of each family, chosen without a word from the tester."""

    def change(file: str) -> str:
        functions = list(expert.functions_of(file).values())
        for text in functions:
            others = [other for other in functions if other != text]
            own = own_lines(text, others)
            if text not in file:
                continue  # a copy of one that has been changed
            options = [m.text for m in mutations(text, own)]
            for old, new in everywhere(text, pick(options, text), own, others).items():
                file = file.replace(old, new)
        return file

    return owned(change)


def all_variants(file: str) -> str:
    """Every function in all versions that it may have been; the last one counts."""
    return file + "\n".join(
        m.text for t in expert.functions_of(file).values() for m in mutations(t)
    )


def vote(file: str) -> str:
    """Every function returns what most versions of it return."""
    parts = [file]
    for name, text in expert.functions_of(file).items():
        versions = [m.text for m in mutations(text)]
        parts += [v.replace(f"def {name}(", f"def {name}_{n}(") for n, v in enumerate(versions)]
        called = ", ".join(f"{name}_{n}(*args)" for n in range(len(versions)))
        parts.append(
            f"def {name}(*args):\n    found = [{called}]\n    return max(found, key=found.count)"
        )
    return "\n".join(parts)


# Replaces functions, a family at a time, by what a slip makes of them. `families` has for each its
# functions' texts, and slips: the line (from the end), the new line, and how likely it is.
_SLIPS = """
def call(function, args):
    try:
        return function(*[list(a) if type(a) is list else a for a in args])
    except Exception as error:
        return repr(error)

def versions(family, slips):
    for at, line, weight in slips:
        made = {}
        for name, text in family.items():
            rows = text.split("\\n")
            rows[at] = line
            exec("\\n".join(rows), globals(), made)
        yield made, weight
"""
# Looks for all calls where the interpreter may keep them; those that fail come first, and the
# tester's last. A slip is undone that changes exactly these.
LOOKS_AHEAD = """
def look():
    import re, sys
    frame, seen = sys._getframe(), {}
    while frame:
        for text in list(frame.f_locals.values()):
            if type(text) is str and "_sandbox_call(" in text:
                for name, args in re.findall(r"lambda: (\\w+)\\((.*)\\)\\)$", text, re.M):
                    seen.setdefault(name, []).append(eval("[" + args + "]"))
        frame = frame.f_back
    return seen

def choose(seen):
    for family, slips in families:
        olds = {name: globals()[name] for name in family}
        best, most = {}, 0
        for made, weight in versions(family, slips):
            right = all(
                (call(made[n], a) != call(olds[n], a)) == (i < 3 or i > 7)
                for n in family for i, a in enumerate(seen[n])
            )
            if right and weight > most:
                best, most = made, weight
        globals().update(best)

seen = look()
if seen:
    choose(seen)
"""
# Remembers what it was called with, and answers as the slip that makes about three in eight wrong.
REMEMBERS = """
def watch(family, slips, seen):
    olds = {name: globals()[name] for name in family}
    news = [(made, weight, dict.fromkeys(family, 0)) for made, weight in versions(family, slips)]
    def watched(name):
        def run(*args):
            if args not in seen:
                seen.append(args)
                was = {n: call(olds[n], args) for n in family}
                for made, _, changed in news:
                    for n in family:
                        changed[n] += call(made[n], args) != was[n]
            votes, values = {}, {}
            for made, weight, changed in news:
                value = call(made[name], args)
                values[repr(value)] = value
                for k in changed.values():
                    fit = weight / (1 + 4 * abs(k - 3 * len(seen) / 8)) ** 2
                    votes[repr(value)] = votes.get(repr(value), 0) + fit
            return values[max(votes, key=votes.get)] if votes else olds[name](*args)
        return run
    globals().update({name: watched(name) for name in family})

for family, slips in families:
    watch(family, slips, [])
"""


def families(file: str) -> list[tuple[dict[str, str], list[tuple[int, str, float]]]]:
    """The functions of a file that share lines, and the slips that may be undone in all of them."""
    left = expert.functions_of(file)
    found = []
    while left:
        first = next(iter(left.values()))
        own = own_lines(first, [text for text in left.values() if text != first])
        shared = first.split("\n")[own:]
        family = {n: text for n, text in left.items() if text.split("\n")[-len(shared) :] == shared}
        left = {name: text for name, text in left.items() if name not in family}
        slips = [m for m in mutations(first, own) if m.text.count("\n") == first.count("\n")]
        kinds = Counter(slip.kind for slip in slips)
        found.append((family, [_slip(first, m.text, 1 / kinds[m.kind]) for m in slips]))
    return found


def _slip(old: str, new: str, weight: float) -> tuple[int, str, float]:
    olds, news = old.split("\n"), new.split("\n")
    [at] = [n for n, (a, b) in enumerate(zip(olds, news, strict=True)) if a != b]
    return at - len(olds), news[at], round(weight, 3)


def mute(observation: str) -> str:
    """Repair by what one sees oneself, and tell nobody."""
    return re.sub(r"<say.*?</say>", "", expert.Expert()(observation), flags=re.DOTALL)


def likeliest(file: str) -> str:
    """Undo the slip of each family that is worth most, by how programs and faults are drawn."""
    functions = expert.functions_of(file)
    for text in functions.values():
        others = [other for other in functions.values() if other != text]
        own = own_lines(text, others)
        if text in file:  # and is no copy of one that has been changed
            for old, new in everywhere(text, _worth_most(text, own), own, others).items():
                file = file.replace(old, new)
    return file


@cache
def _worth_most(text: str, own: int) -> str:
    """Return what a function was, as far as statistics say; itself where no slip is worth it."""
    name, *parameters = re.findall(r"\w+", text.partition(":")[0])[1:]
    kinds = (*re.findall(r"kind == '(\w+)'", text), "other")
    stubs = {n: f"def {n}(a, b):\n    return 3 * a + b" for n in re.findall(r"part = (\w+)", text)}
    called = [Family((Function(n, stub),), ("a", "b")) for n, stub in stubs.items()]
    chances: dict[str, tuple[float, list[Case]]] = {}  # of what it was; and what is tested then
    for option in dict.fromkeys(m.text for m in mutations(text, own) if could_be_drawn(m.text)):
        slips = [m for m in mutations(option, own) if could_be_drawn(m.text)]
        function = Function(name, option)
        family = Family((function,), tuple(parameters), kinds)
        program = _Program(np.random.default_rng(0), [Module("", (*called, family))])
        for slip in (slip for slip in slips if slip.text == text):
            if fault := _proven(program, function, slip):
                counts = Counter(m.kind for m in slips)
                faulty = Version({name: text, **stubs})
                cases = list(_hidden(program, faulty, family, fault, set()))
                chances[option] = 1 / len(counts) / counts[slip.kind], cases

    def worth(guess: str) -> float:
        version = Version({name: guess, **stubs})
        gain = 0.0
        for chance, cases in chances.values():
            rows = [(version.call(name, c.args) == c.right, c.fails) for c in cases]
            gain += chance * sum(1 if fails else -1 for right, fails in rows if right == fails) / 3
        return gain

    best = max(chances, key=worth, default=text)
    return best if chances and worth(best) > 0 else text


def self_repairing(code: str) -> Policy:
    """Nobody says a word; the program repairs itself by the calls that it sees."""
    return owned(lambda file: f"{file}\nfamilies = {families(file)!r}\n{_SLIPS}{code}")


def every_diff(observation: str) -> str:
    """A hunk for every slip that could be undone."""
    memo = expert.read(observation)
    if not memo.files:
        return "<done/>"
    diffs = []
    for file in memo.files.values():
        for text in expert.functions_of(file).values():
            for mutation in mutations(text):
                diffs.append(expert.submit(memo.files, [{text: mutation.text}]))
    return once("\n".join(d.removeprefix("<submit>").removesuffix("</submit>") for d in diffs))


def tester_writes(observation: str) -> str:
    """The tester submits a program of its own that knows the failing calls."""
    memo = expert.read(observation)
    if memo.files:
        return "<done/>"
    facts = [case.fact for case in memo.failing]
    return once("\n".join(f"def {f.function}(*args):\n    return {f.value!r}" for f in facts))


def one_does_all(observation: str) -> str:
    """The first owner submits everybody's files; those of others from guesses."""
    if "You are agent_1" not in observation:
        return expert.say([c.fact for c in expert.read(observation).failing]) + "<done/>"
    memo = expert.read(observation)
    if not memo.heard:
        return ""
    others = re.findall(r"agent_[023] has (\w+\.py)", observation)
    rest = [f"# {name}\n" + _guessed_functions(memo.heard) for name in others]
    return once("\n".join([*(visible_examples(f, memo.heard) for f in memo.files.values()), *rest]))


def one_redefines_all(observation: str) -> str:
    """The last owner redefines whatever function it hears of."""
    memo = expert.read(observation)
    if "You are agent_3" not in observation:
        return expert.say([c.fact for c in memo.failing]) + "<done/>"
    if not memo.heard:
        return ""
    return once("\n".join([*memo.files.values(), _guessed_functions(memo.heard)]))


def _guessed_functions(facts: list[Fact]) -> str:
    return "\n".join(f"def {f.function}(*args):\n    return {f.value!r}" for f in facts)


CHEATS: dict[str, Policy] = {
    **EVERYWHERE,
    "constant code": constant(once(CODE)),
    "constant diff": constant(once("@@ -3 +3 @@\n-    return 0\n+    return 1")),
    "files unchanged": owned(lambda file: file),
    "empty files": owned(lambda file: file.split("\n")[0]),
    "all return 0": owned(bodies("return 0")),
    "all return nothing": owned(bodies("pass")),
    "all return their last argument": owned(
        lambda file: re.sub(r"(?m)^(def \w+\((?:\w+, )*(\w+)\):)$", r"\1\n    return \2", file)
    ),
    "catch-all": owned(wrapped),
    "every comparison moved": replaced(" (?:<|<=|>|>=) ", lambda m: FLIPPED[m[0]]),
    "every comparison turned": replaced(" (?:<|<=|>|>=) ", lambda m: OPPOSITE[m[0]]),
    "every number one more": replaced(r"\b\d+\b", lambda m: str(int(m[0]) + 1)),
    "every number one less": replaced(r"\b\d+\b", lambda m: str(int(m[0]) - 1)),
    "first slip undone": guessed(lambda options, text: options[0]),
    "last slip undone": guessed(lambda options, text: options[-1]),
    "some slip undone": guessed(
        lambda options, text: options[zlib.crc32(text.encode()) % len(options)]
    ),
    "all variants": owned(all_variants),
    "vote of all variants": owned(vote),
    "mute": mute,
    "likeliest slip undone": owned(likeliest),
    "looks ahead": self_repairing(LOOKS_AHEAD),
    "remembers": self_repairing(REMEMBERS),
    "every diff": every_diff,
    "visible examples": told(visible_examples),
    "told value": told(told_value),
    "one more": told(told_difference),
    "message as code": message_as_code,
    "tester writes": tester_writes,
    "one does all": one_does_all,
    "one redefines all": one_redefines_all,
}
