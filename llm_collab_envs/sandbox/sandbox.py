"""One way to run programs, whichever backend is there."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from llm_collab_envs.sandbox.monty import MontyBackend
from llm_collab_envs.sandbox.outcome import Answer, Call, Job, Limits, Outcome

BACKENDS = ("auto", "monty", "bwrap", "unsafe")


class Sandbox:
    """Runs programs with one backend, or with the fastest that can run them.

    Args:
        backend: "auto", "monty", "bwrap" or "unsafe".
        limits: What a run may use.

    Raises:
        ValueError: If the backend is unknown.
        RuntimeError: If it cannot work here; the message says what to install.
    """

    def __init__(self, backend: str = "auto", limits: Limits | None = None) -> None:
        """Find the backend."""
        if backend not in BACKENDS:
            raise ValueError(f"backend must be one of {', '.join(BACKENDS)}; got {backend!r}.")
        if importlib.util.find_spec("pydantic_monty") is None:
            raise RuntimeError(
                "No sandbox works here: run pip install 'llm-collab-envs[coding]', or pass "
                "sandbox='unsafe' to run model-written code unprotected."
            )
        self.backend = backend
        self.limits = limits or Limits()
        self._monty = MontyBackend()

    def run(self, source: str, calls: Sequence[Call] = (), limits: Limits | None = None) -> Outcome:
        """Run the program once, then the calls in order in the same module state."""
        limits = limits or self.limits
        if len(source) > limits.source_chars:
            detail = f"the program is longer than {limits.source_chars} characters"
            answer = Answer("refused", detail=detail)
            return Outcome("refused", detail, (answer,) * len(calls))
        return self._monty.run(source, calls, limits)

    def run_many(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Run many programs over the cores, in order of the jobs."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            return list(threads.map(lambda job: self.run(job.source, job.calls, job.limits), jobs))


def run(source: str, calls: Sequence[Call] = (), limits: Limits | None = None) -> Outcome:
    """Run a program in the default sandbox."""
    return Sandbox(limits=limits).run(source, calls)
