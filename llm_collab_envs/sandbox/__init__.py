"""Runs programs that models wrote, in isolation: `run(source, calls)` to an `Outcome`.

What it does not stop: faults of the kernel, of bubblewrap or of Monty, whose workers have the
user's rights; many programs that each keep to their limits; side channels; what parts of one
program do to each other. On machines other than x86-64 and ARM64 there is no filter of system
calls. `sandbox="unsafe"` stops nothing but long runs. docs/sandbox.md has the whole threat model.
"""

from llm_collab_envs.sandbox.outcome import Answer, Call, Job, Limits, Outcome, Ref, Status
from llm_collab_envs.sandbox.sandbox import Sandbox, run
from llm_collab_envs.sandbox.values import same

__all__ = [
    "Answer",
    "Call",
    "Job",
    "Limits",
    "Outcome",
    "Ref",
    "Sandbox",
    "Status",
    "run",
    "same",
]
