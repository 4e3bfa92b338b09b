"""The backend without isolation, for those who asked for it by name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from functools import partial

from llm_collab_envs.sandbox.outcome import Call, Limits, Outcome
from llm_collab_envs.sandbox.process import PYTHON_OPTIONS, run_child, start


class UnsafeSandboxWarning(UserWarning):
    """Model-written code runs with all the rights of the user who started it."""


class UnprotectedBackend:
    """Runs programs in bare CPython processes: limits on time, memory and output, and no more."""

    name = "unsafe"

    def __init__(self) -> None:
        """Warn; raises RuntimeError where there are no such limits either."""
        if sys.platform == "win32":
            raise RuntimeError(
                "sandbox='unsafe' needs rlimits, which Windows lacks; use sandbox='monty'."
            )
        # Each time, not once for each place; what a user's own filters say comes first.
        warnings.simplefilter("always", UnsafeSandboxWarning, append=True)
        warnings.warn(
            "sandbox='unsafe' runs model-written code with all your rights: it can read, change "
            "and send whatever you can; use sandbox='auto' unless you trust every program.",
            UnsafeSandboxWarning,
            stacklevel=3,
        )

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        bare = partial(start, command=[sys.executable, *PYTHON_OPTIONS])
        return run_child(bare, source, calls, limits, self.name)
