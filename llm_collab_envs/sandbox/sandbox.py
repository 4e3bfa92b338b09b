"""One way to run programs, whichever backends are there."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from typing import Protocol, runtime_checkable

from llm_collab_envs.sandbox.bubblewrap import BubblewrapBackend, why_bubblewrap_fails
from llm_collab_envs.sandbox.child import NAME
from llm_collab_envs.sandbox.monty import MontyBackend, monty_is_whole, why_monty_fails
from llm_collab_envs.sandbox.outcome import Answer, Call, Job, Limits, Outcome, Status
from llm_collab_envs.sandbox.portable import Portability, portability
from llm_collab_envs.sandbox.transcript import one_line
from llm_collab_envs.sandbox.unprotected import UnprotectedBackend

BACKENDS = ("auto", "monty", "bwrap", "unsafe")
# Long enough for nearly all; a program that takes longer is run again with its own limit.
_QUICK_SECONDS = 0.5
_AT_ONCE = 8  # programs that run side by side on however few cores: one that sleeps uses none
_SEEN = 128  # programs that are remembered, as some run again on other calls


@runtime_checkable
class Backend(Protocol):
    """One way to run a program.

    Attributes:
        name: What `Outcome.backend` says.
    """

    name: str

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        ...


class Sandbox:
    """Runs programs with one backend, or with the fastest that can run each.

    "auto" runs a program in Monty where it is known to mean the same there as in CPython, and in
    CPython under bubblewrap where it is not, or where Monty does not answer every call. Where only
    one of the two works, that one runs everything.

    Args:
        backend: "auto", "monty", "bwrap" or "unsafe"; or a `Backend` of your own, which then runs
            everything.
        limits: What a run may use.

    Attributes:
        backend: The name of the backend.
        limits: What a run may use by default.

    Raises:
        ValueError: If the backend is unknown.
        RuntimeError: If it cannot work here; the message says what to do.
    """

    def __init__(self, backend: str | Backend = "auto", limits: Limits | None = None) -> None:
        """Find the backends."""
        self._fast, self._full = _backends(backend)
        self.backend = backend if isinstance(backend, str) else backend.name
        self.limits = limits or Limits()

    def run(self, source: str, calls: Sequence[Call] = (), limits: Limits | None = None) -> Outcome:
        """Run the program once, then the calls in order in the same module state.

        Args:
            source: The program; any text.
            calls: The calls.
            limits: What this run may use; the sandbox's own limits by default.

        Raises:
            ValueError: If an argument cannot go in.
            TypeError: If an argument is of a type that cannot go in.
            RuntimeError: If the backend stopped working.
        """
        return self.run_many([Job(source, calls, limits)])[0]

    def run_many(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Run many programs side by side; outcomes in the order of the jobs, raising as `run`."""
        # Python warns of escapes and comparisons in what it compiles; a model writes thousands.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            prepared = [self._prepare(job) for job in jobs]
        workers = min(len(jobs), max(_cores(), _AT_ONCE))
        if workers <= 1:
            return [run() for run in prepared]
        with ThreadPoolExecutor(workers) as threads:
            return list(threads.map(lambda run: run(), prepared))

    def _prepare(self, job: Job) -> Callable[[], Outcome]:
        """Look at a program, which is the judge's own work; what runs it is left to a thread."""
        limits = job.limits or self.limits
        if len(job.source) > limits.source_chars:
            unrun = _unrun("refused", f"longer than {limits.source_chars} characters", job.calls)
            return lambda: unrun
        choose = self._fast is not None and self._full is not None
        seen = _look(job.source, choose)
        if isinstance(seen, str):
            unrun = _unrun("error", seen, job.calls)
            return lambda: unrun
        if self._fast is None or (choose and not (monty_is_whole() and seen.on(job.calls))):
            return partial(_run_fully, self._full, job, limits)
        return partial(_run_quickly, self._fast, self._full, job, limits)


def _run_fully(full: Backend | None, job: Job, limits: Limits) -> Outcome:
    """Run a program where the last word is."""
    assert full is not None
    return full.run(job.source, job.calls, limits)


def _run_quickly(fast: Backend, full: Backend | None, job: Job, limits: Limits) -> Outcome:
    """Run a program where it is fast, and go on to the other backend unless all went well."""
    if full is None:
        return fast.run(job.source, job.calls, limits)
    quick = replace(limits, seconds=min(limits.seconds, _QUICK_SECONDS))
    outcome = fast.run(job.source, job.calls, quick)
    if outcome.status == "ok" and all(answer.status == "ok" for answer in outcome.answers):
        return outcome
    return full.run(job.source, job.calls, limits)


def run(source: str, calls: Sequence[Call] = (), limits: Limits | None = None) -> Outcome:
    """Run a program in the default sandbox; see `Sandbox.run`."""
    return Sandbox(limits=limits).run(source, calls)


def _backends(backend: str | Backend) -> tuple[Backend | None, Backend | None]:
    """What tries first, and what has the last word; one of them may be missing."""
    if isinstance(backend, Backend):
        return None, backend
    if backend not in BACKENDS:
        raise ValueError(
            f"backend must be one of {', '.join(BACKENDS)}, or a Backend of your own; got "
            f"{backend!r}."
        )
    if backend == "unsafe":
        return None, UnprotectedBackend()
    no_monty = why_monty_fails() if backend in ("auto", "monty") else "not asked for"
    no_bwrap = why_bubblewrap_fails() if backend in ("auto", "bwrap") else "not asked for"
    if no_monty and no_bwrap:
        reason = {"auto": f"{no_monty}; {no_bwrap}", "monty": no_monty, "bwrap": no_bwrap}[backend]
        raise RuntimeError(
            f"sandbox={backend!r} cannot work here: {reason}; only where every program is trusted, "
            "sandbox='unsafe' runs them unprotected."
        )
    if no_bwrap and backend == "auto":
        warnings.warn(
            f"Programs that Monty cannot run will fail, for {no_bwrap}.", UserWarning, stacklevel=3
        )
    return None if no_monty else MontyBackend(), None if no_bwrap else BubblewrapBackend()


@lru_cache(maxsize=_SEEN)
def _look(source: str, choose: bool) -> Portability | str:
    """Return why a text is no program; or whether it is portable, if there is a choice to make."""
    try:
        tree = compile(source, f"<{NAME}>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return one_line(f"SyntaxError: {error.msg} (line {error.lineno})")
    except ValueError as error:  # NUL characters and surrogates
        return one_line(f"SyntaxError: {error}")
    except (MemoryError, RecursionError):
        return "SyntaxError: nested too deep"
    assert isinstance(tree, ast.Module)
    return portability(tree) if choose else Portability(known=False)


def _unrun(status: Status, why: str, calls: Sequence[Call]) -> Outcome:
    """The outcome of a program that is not run at all."""
    detail = f"the program is {why}" if status == "refused" else why
    return Outcome(status, detail, (Answer(status, detail=detail),) * len(calls))


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
