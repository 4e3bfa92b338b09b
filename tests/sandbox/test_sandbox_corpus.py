"""Scores do not depend on the backend: what Monty is trusted with, CPython answers alike."""

from __future__ import annotations

import ast
import random

import pytest
from corpus import PROGRAMS

from llm_collab_envs.sandbox import Call, Limits, Sandbox, same
from llm_collab_envs.sandbox.portable import portability

CALLS = [Call("f")]
LETTERS = "abcXYZ019 _-,.;:\t\n'\"\\{}%()\r\0\x1c"
ON_NUMBERS = """a+b a-b a*b a//b a%b divmod(a,b) a&b a|b a^b ~a a<<(b%20) a>>(b%20) a**(b%6) abs(a)
str(a) bin(a) hex(a) oct(a) int(str(a)) pow(a,b%9,1000007) f"{a:,}" f"{a:+d}" f"{a:>12}" f"{a:08d}"
f"{a:x}" "%d|%5d|%-5d|%05d"%(a,b,a,b) round(a,-1) a==b a<b min(a,b) bool(a) [a,b,a].count(a)
sorted([a,b,0]) [int(d)for(d)in(str(abs(a)))] list(range(10))[a%12-6:b%12-6:((a+b)%5-2)or(1)]
a/b int(a/7) round(a/3) a/4<b/4 float(a) max(a/2,b) a//0.5 a%2.5 (a/8)*(b/8) abs(a/3) -a/5
""".split()
ON_TEXTS = """a.upper() a.lower() a.title() a.capitalize() a.swapcase() a.strip() a.split()
a.split(",") a.split(b) a.rsplit(b,1) a.splitlines() a.isalpha() a.isdigit() a.isalnum() a.isspace()
a.isupper()
a.islower() a.istitle() a.replace(b,"_") a.find(b) a.rfind(b) a.count(b) a.index(b) a.partition(b)
a.rpartition(b) a.startswith(b) a.endswith(b) a.center(9,"*") a.ljust(9) a.rjust(9,"0") a.zfill(9)
a+b a<b repr(a) [ord(c)for(c)in(a)] a[::-1] a[1:3] int(a) sorted(a) b.join(a) a.strip(b) a*3 list(a)
a.removeprefix(b) a.removesuffix(b) f"{a!r:>10}" f"{a:<6}|{a:^7}|{a:.2}" "%s:%r"%(a,b) max(a,b)
a.expandtabs(4) a.isidentifier() a.isascii() str([a,b]) str({a:b}) len(a) set(a)==set(b) int(a,16)
""".split()


def is_portable(program: str) -> bool:
    return portability(ast.parse(program)).on(CALLS)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_corpus(program: str, bwrap: str) -> None:
    limits = Limits(seconds=1.0)
    full = Sandbox("bwrap", limits).run(program, CALLS)
    either = Sandbox("auto", limits).run(program, CALLS)
    assert either.status == full.status
    assert either.answers[0].status == full.answers[0].status
    assert either.answers[0].detail == full.answers[0].detail
    assert same(either.answers[0].value, full.answers[0].value)


def test_the_corpus_tells_the_two_apart(bwrap: str) -> None:
    wrong = 0
    limits = Limits(seconds=1.0)
    for program in PROGRAMS:
        full, fast = (
            Sandbox(name, limits).run(program, CALLS).answers[0] for name in ("bwrap", "monty")
        )
        wrong += fast.status == full.status == "ok" and not same(fast.value, full.value)
    assert wrong >= 10


@pytest.mark.parametrize(("depth", "alike"), [(9, True), (10, False)])
@pytest.mark.parametrize("around", ["[{} for c in b]", "(lambda: {})"])
def test_scopes_that_could_crash_the_compiler_are_left_to_the_child(
    around: str, depth: int, alike: bool
) -> None:
    before, after = around.split("{}")
    assert is_portable(f"def f(a, b):\n    return {before * depth}a{after * depth}\n") is alike


@pytest.mark.parametrize(("many", "alike"), [(20, True), (400, False)])
def test_what_would_take_long_to_look_through_is_left_to_the_child(many: int, alike: bool) -> None:
    steps = f"list(zip({'zip(a), ' * many}))"
    assert is_portable(f"def f(a, b):\n    return {steps}\n") is alike


def test_ordinary_programs_are_fast() -> None:
    assert all(map(is_portable, PROGRAMS[-6:]))
    assert {Sandbox("auto").run(program, CALLS).backend for program in PROGRAMS[-6:]} == {"monty"}


@pytest.mark.parametrize("operation", ON_NUMBERS)
def test_numbers(operation: str, bwrap: str) -> None:
    draw = random.Random(operation)
    ranges = ((-20, 20), (-(10**6), 10**6), (-(2**80), 2**80))
    check(operation, [tuple(draw.randint(*draw.choice(ranges)) for _ in "ab") for _ in range(200)])


@pytest.mark.parametrize("operation", ON_TEXTS)
def test_texts(operation: str, bwrap: str) -> None:
    draw = random.Random(operation)
    words = ["".join(draw.choices(LETTERS, k=draw.randrange(8))) for _ in range(400)]
    check(operation, list(zip(words[::2], words[1::2], strict=True)))


def check(operation: str, pairs: list[tuple[object, ...]]) -> None:
    """Try one operation on many values, on both backends."""
    program = (
        f"def g(a, b):\n    return {operation}\n"
        "def f(pairs):\n    out = []\n    for a, b in pairs:\n        try:\n"
        "            out.append(g(a, b))\n"
        "        except (ValueError, IndexError, ZeroDivisionError):\n"
        "            out.append('failed')\n    return out\n"
    )
    calls = [Call("f", (pairs,))]
    assert portability(ast.parse(program)).on(calls)
    full, fast = (Sandbox(name).run(program, calls).answers[0] for name in ("bwrap", "monty"))
    assert full.status == fast.status == "ok", (full, fast)
    assert same(full.value, fast.value)
