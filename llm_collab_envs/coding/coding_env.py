"""CodingEnv: what the coding envs share: a sandbox, remembered outcomes, and feedback on code."""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import zip_longest
from textwrap import dedent
from typing import Any, ClassVar, TypeVar

from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.parsing import parsed
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.spaces import sanitise
from llm_collab_envs.core.tasks import Task
from llm_collab_envs.sandbox import Call, Job, Limits, Outcome, Ref, Sandbox, same

# Of a run that is scored; nearly all take milliseconds. Answers are kept while a task is played, so
# they may not be long.
LIMITS = Limits(seconds=1.0, wall_seconds=3.0, output_chars=20_000)
PATIENCE = 2.0  # seconds on the clock for a run that is not: it only makes a notice
MAX_SHOWN_CHARS = 160
# A fence as in Markdown, to the end where it is not closed, and the line above it if there is one.
_FENCED = re.compile(
    r"(?ms)^(?:(?P<above>[^\n]*)\n(?:[ \t\r]*\n)?)??"
    r"^ {0,3}(?P<marks>`{3,}|~{3,})(?![`~])[^\n`]*\n(?P<block>.*?)(?:^ {0,3}(?P=marks)[ \t\r]*$|\Z)"
)

TaskT = TypeVar("TaskT", bound=Task)
Execute = Callable[[Sequence[Job]], list[Outcome]]  # runs jobs in a sandbox


@dataclass(frozen=True)
class Example:
    """An example that an agent can see in its briefing, as it is run on what the agent submits.

    Attributes:
        shown: The call as the agent knows it, "bakomen([1, 2])".
        calls: What is run, in order; the answer to the last call counts.
        right: Every value that this agent cannot know to be wrong, the right one among them; it
            can be looked through many times.
        after: Source that is put after the agent's: teammates' code, or what stands for it.
    """

    shown: str
    calls: tuple[Call, ...]
    right: Iterable[Any]
    after: str = ""


@dataclass
class _Run:
    """A job, and what came of it as soon as it has run."""

    job: Job
    outcome: Outcome | None = None

    @cached_property
    def key(self) -> bytes | str:
        """What other calls do not have, exact in the types of their arguments."""
        rows = [
            (c.function, c.report, [(a.call,) if type(a) is Ref else [a] for a in c.args])
            for c in self.job.calls
        ]
        try:
            return marshal.dumps(rows, 2)
        except ValueError:  # a `Ref` inside of an argument
            return repr(rows)


class Outcomes:
    """What came of programs, so that none of them runs twice."""

    def __init__(self) -> None:
        """Start with nothing run."""
        self._runs: dict[tuple[str, Limits | None], list[_Run]] = {}

    def run(self, jobs: Sequence[Job], sandbox: Sandbox) -> list[Outcome]:
        """Run the jobs that have not run before; return the outcomes of all."""
        runs = [self._run_of(job) for job in jobs]
        new = list({id(run): run for run in runs if run.outcome is None}.values())
        for run, outcome in zip(new, sandbox.run_many([run.job for run in new]), strict=True):
            run.outcome = outcome
        return [run.outcome for run in runs if run.outcome]

    def _run_of(self, job: Job) -> _Run:
        """Return the run of a job, known or new; few have a program in common."""
        same_program = self._runs.setdefault((job.source, job.limits), [])
        new = _Run(job)
        for run in same_program:
            if run.job.calls is job.calls or (run.job.calls == job.calls and run.key == new.key):
                return run
        same_program.append(new)
        return new


class CodingEnv(CollabEnv[TaskT]):
    """A team whose parts are Python source; where a part has fences, what is in them counts.

    Subclasses write the hooks of `CollabEnv`, and `_examples`; whatever a score needs from code
    they get by `_execute`. `_score` puts `pass_rate`, hidden tests passed over all, into its
    metrics. Infos add `unsafe`: 1 where the code runs without isolation. Code that does not run,
    or fails an example its author can see, comes back to the author as a notice; hidden tests
    never do. Every part has to run by itself; teammates' functions may be missing until a call.

    Attributes:
        limits: What a run that is scored may use.

    Args:
        *args: As for `CollabEnv`.
        sandbox: Where submitted code runs: "auto", "monty", "bwrap", or "unsafe" for no isolation.
        **kwargs: As for `CollabEnv`.
    """

    limits: ClassVar[Limits] = LIMITS

    def __init__(self, *args: Any, sandbox: str = "auto", **kwargs: Any) -> None:
        """Check the arguments; raises RuntimeError, with the remedy, where no sandbox works."""
        self._sandbox = Sandbox(sandbox)
        self._backend = sandbox
        self._outcomes = Outcomes()
        self._faults: tuple[object, dict[str, str]] = (None, {})
        super().__init__(*args, **kwargs)

    # Hooks of a coding env

    def _examples(self, task: TaskT, agent: str) -> Sequence[Example]:
        """Return the examples that `agent` sees of its part; by default none, only syntax."""
        return ()

    def _given(self, task: TaskT) -> str:
        """Return the source that every module starts with; by default none."""
        return ""

    # What the coding envs share

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """Start an episode; arguments and results as in `CollabEnv.reset`."""
        self._outcomes = Outcomes()
        self._faults = (None, {})
        return super().reset(seed, options)

    def _execute(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Run jobs in the sandbox; one that ran before in this episode is remembered."""
        return self._outcomes.run(jobs, self._sandbox)

    def _feedback(self, agent: str) -> list[str]:
        """Say what is wrong with an agent's code, as long as it is wrong and the agent stays."""
        if not self._rated:  # the expert plays for its time alone, and its code is right
            return []
        team = self._loop.team
        listening = [a for a in team.present if a in self.parts and a not in team.done]
        now = (listening, dict(self.parts))
        if self._faults[0] != now:  # what is wrong with all parts is found out at once
            self._faults = now, self._find_faults(listening)
        return [fault for fault in (self._faults[1].get(agent),) if fault]

    def _find_faults(self, agents: Sequence[str]) -> dict[str, str]:
        """Return what is wrong with the code of each agent, or "" for nothing."""
        given = self._given(self._task)
        limits = hasty(self.limits)
        parts = {agent: source_of(self.parts[agent]) for agent in agents}
        sources = {agent: joined(given, part) for agent, part in parts.items()}
        loaded = self._execute([Job(source, (), limits) for source in sources.values()])
        found = {
            agent: _why_it_does_not_run(outcome, sources[agent], parts[agent])
            for agent, outcome in zip(agents, loaded, strict=True)
        }
        examples = [() if found[agent] else self._examples(self._task, agent) for agent in agents]
        for row in zip_longest(*examples):  # one of each agent at a time, as code may hang in all
            shown = [(a, e) for a, e in zip(agents, row, strict=True) if e and not found[a]]
            jobs = [Job(joined(sources[a], e.after), e.calls, limits) for a, e in shown]
            for (agent, example), outcome in zip(shown, self._execute(jobs), strict=True):
                found[agent] = _fault(example, outcome)
        return found

    def _rate(self, parts: Mapping[str, str]) -> Score:
        score = super()._rate(parts)
        return replace(score, metrics={**score.metrics, "unsafe": int(self._backend == "unsafe")})

    def _config(self) -> dict[str, Any]:
        return {**super()._config(), "sandbox": self._backend}


def hasty(limits: Limits) -> Limits:
    """Return limits for a run that is not scored."""
    return replace(limits, wall_seconds=min(PATIENCE, limits.wall_seconds))


@lru_cache(maxsize=64)  # scores, credit and feedback all ask, and in the next round again
def source_of(part: str) -> str:
    """Return what a submitted part holds: what is in its fences, or itself where it has none."""
    blocks = [block for _, block in fences(part)]
    return joined(*blocks) if blocks else part.strip()


def fences(part: str) -> list[tuple[str, str]]:
    """Return the fences of a part: the line above each, and what is in it.

    What is Python as it stands has none: lines of backticks are in its strings.
    """
    part = part.strip()
    found = list(_FENCED.finditer(part))
    if not found or parsed(part) is not None:
        return []
    return [(fence["above"] or "", dedent(fence["block"])) for fence in found]


def short(text: str) -> str:
    """Fold a text into one line that may stand in an observation."""
    line = " ".join(sanitise(text).split())
    return line if len(line) <= MAX_SHOWN_CHARS else line[: MAX_SHOWN_CHARS - 3] + "..."


def written(value: Any) -> str:
    """Write a value as Python does, in one line that may stand in an observation."""
    try:
        return short(repr(value))
    except ValueError:  # an int of more digits than Python turns into text
        return "a number too long to show"


def _why_it_does_not_run(outcome: Outcome, source: str, part: str) -> str:
    if outcome.status == "ok":
        return ""
    detail = _in_own_lines(outcome.detail or outcome.status, source, part)
    return f"your code does not run: {short(detail)}."


def _in_own_lines(detail: str, source: str, part: str) -> str:
    """Count lines from the start of what the agent wrote, which is the end of what was run."""
    above = source.count("\n") - part.count("\n")
    return re.sub(r"\(line (\d+)\)$", lambda line: f"(line {int(line[1]) - above})", detail)


def _fault(example: Example, outcome: Outcome) -> str:
    """Say in one sentence how an outcome fails an example, or return "" where it does not."""
    answer = outcome.answers[-1]
    if answer.status != "ok":
        return f"{example.shown} failed: {short(answer.detail or answer.status)}."
    if any(same(answer.value, value) for value in example.right):
        return ""
    return f"{example.shown} returned {written(answer.value)}, which is wrong."
