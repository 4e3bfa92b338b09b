"""Runs programs that models wrote, in isolation: `run(source, calls)` to an `Outcome`."""

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
