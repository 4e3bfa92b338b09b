"""How many submissions a second the sandbox runs, against bare `subprocess` on the same work.

`python benchmarks/sandbox.py` prints a table. Every round runs every backend in turn, and of each
the fastest round counts, as in `timeit`: the others were disturbed by what else the machine did.
"bare subprocess" is what one would write without a sandbox: a fresh `python -I -S` that reads the
calls and prints the answers as JSON; the bars are held against it. "unsafe" is this suite's own
bare subprocess, with its limits and its exact types, in a child that imports nearly nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

from llm_collab_envs.sandbox import Call, Job, Sandbox

PROGRAMS = {
    "def f(xs):\n    return [x * x for x in xs if x % 2 == 0]\n": [[1, 2, 3, 4, 5, 6]],
    "def f(text):\n    counts = {}\n    for word in text.lower().split():\n"
    "        counts[word] = counts.get(word, 0) + 1\n    return counts\n": ["a b A c b a d e f"],
    "def f(text):\n    out = []\n    for letter in text:\n"
    "        if out and out[-1][0] == letter:\n            out[-1][1] += 1\n        else:\n"
    "            out.append([letter, 1])\n    return [[a, n] for a, n in out]\n": ["aaabbbccd"],
    "def f(xs, k):\n    best = None\n    for i in range(len(xs) - k + 1):\n"
    "        total = sum(xs[i:i + k])\n        if best is None or total > best:\n"
    "            best = total\n    return best\n": [[5, 1, 4, 2, 8, 3, 9, 1], 3],
}
CALLS_EACH = 5
BARE = """
import json, sys
job = json.load(sys.stdin)
scope = {}
exec(job["source"], scope)
print(json.dumps([scope[name](*args) for name, args in job["calls"]]))
"""
BARS = {"auto": 10.0, "monty": 10.0, "bwrap": 1 / 1.5}


def jobs() -> list[Job]:
    """The work: small programs as models write them, five calls each."""
    return [Job(source, [Call("f", tuple(args))] * CALLS_EACH) for source, args in PROGRAMS.items()]


def run_bare(job: Job) -> None:
    """Run a submission without any protection."""
    calls = [(call.function, call.args) for call in job.calls]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE],
        input=json.dumps({"source": job.source, "calls": calls}),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert len(json.loads(done.stdout)) == len(job.calls)


def run_in(sandbox: Sandbox) -> Callable[[Job], None]:
    """Run a submission in a sandbox."""

    def run(job: Job) -> None:
        outcome = sandbox.run(job.source, job.calls)
        assert all(answer.status == "ok" for answer in outcome.answers), outcome

    return run


def seconds_each(
    runs: dict[str, Callable[[Job], None]], rounds: int, each: int
) -> dict[str, float]:
    """Seconds a submission takes, by runner, in its fastest round."""
    work = jobs()
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(work[0])
    for _ in range(rounds):
        for name, run in runs.items():
            # The fast ones run more often, so that a round is long enough to be measured.
            count = each * (10 if name in ("auto", "monty") else 1)
            start = time.perf_counter()
            for number in range(count):
                run(work[number % len(work)])
            taken[name].append((time.perf_counter() - start) / count)
    return {name: min(times) for name, times in taken.items()}


def main() -> int:
    """Measure and print the table; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="rounds; the fastest counts")
    parser.add_argument("--submissions", type=int, default=4, help="submissions a round")
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sandboxes = {name: Sandbox(name) for name in ("unsafe", "bwrap", "monty", "auto")}
    runs = {"bare subprocess": run_bare} | {name: run_in(s) for name, s in sandboxes.items()}
    taken = seconds_each(runs, options.rounds, options.submissions)
    bare, unsafe = taken["bare subprocess"], taken["unsafe"]
    print(
        f"{'backend':<16} {'ms':>8} {'per second':>11} {'times bare':>11} {'times unsafe':>13}  bar"
    )
    missed = False
    for name, each in taken.items():
        row = f"{name:<16} {1000 * each:>8.2f} {1 / each:>11.0f}"
        row += f" {bare / each:>11.2f} {unsafe / each:>13.2f}"
        if name in BARS:
            met = bare / each >= BARS[name]
            missed |= not met
            row += f"  {'met' if met else 'MISSED'} ({BARS[name]:.2f} times bare)"
        print(row)
    many = [job for job in jobs() for _ in range(100)]
    for name in ("bwrap", "auto"):
        start = time.perf_counter()
        sandboxes[name].run_many(many)
        rate = len(many) / (time.perf_counter() - start)
        print(f"run_many over the cores, {name}: {rate:.0f} per second")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
