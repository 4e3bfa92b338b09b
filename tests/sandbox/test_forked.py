"""The backend of the benchmarks: programs that fork come to the same as programs in isolation."""

from __future__ import annotations

import pytest
from corpus import PROGRAMS

from benchmarks.forked import ForkedBackend
from llm_collab_envs.sandbox import Call, Limits, Sandbox


@pytest.fixture(scope="module")
def forked() -> ForkedBackend:
    return ForkedBackend()


@pytest.mark.parametrize("program", [*PROGRAMS[::10], "x =", "def f(): return g()"])
def test_a_forked_program_comes_to_the_same(program: str, forked: ForkedBackend) -> None:
    limits = Limits(seconds=1.0)
    open_, boxed = (
        Sandbox(backend, limits).run(program, [Call("f")]) for backend in (forked, "auto")
    )
    assert repr(open_.answers) == repr(boxed.answers)
    assert (open_.status, open_.detail) == (boxed.status, boxed.detail)


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("def f():\n    while True: pass", "timeout"),
        ("import time\ndef f(): time.sleep(60)", "timeout"),
        ("def f(): return [0] * 10**9", "memory"),
        ("def f():\n    while True: print('again')", "output"),
        ("import os\ndef f(): os.abort()", "crash"),
    ],
)
def test_a_forked_program_keeps_to_its_limits(
    program: str, status: str, forked: ForkedBackend
) -> None:
    sandbox = Sandbox(forked, Limits(seconds=1.0, wall_seconds=2.0))
    assert sandbox.run(program, [Call("f")]).answers[0].status == status
    assert sandbox.run("def f(): return 1", [Call("f")]).answers[0].value == 1
