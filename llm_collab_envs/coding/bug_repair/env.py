"""The bug-repair env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.coding.bug_repair.cases import Case, call_text, failures_text
from llm_collab_envs.coding.bug_repair.checking import check_runs
from llm_collab_envs.coding.bug_repair.expert import Expert, Memo
from llm_collab_envs.coding.bug_repair.menu import make_menu
from llm_collab_envs.coding.bug_repair.patching import Patched
from llm_collab_envs.coding.bug_repair.reference import repair_path
from llm_collab_envs.coding.bug_repair.scoring import is_right, job_shown, jobs, patch_all, score
from llm_collab_envs.coding.bug_repair.tasks import RepairTask, deal_failing, deal_files, generate
from llm_collab_envs.coding.coding_env import CodingEnv
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource

_SHOWN = 3  # problems that one notice names

# Of generated tasks; a user's program may have faults of any kind.
_KIND_OF_FAULT = (
    ": a slip in a line or a missing case, copied into every function with the lines around it"
)
_FORM = """\
Submit the whole repaired file, or a diff of it, where '# name.py' is line 1, like
@@ -4 +4 @@
-    the line as it is
+    the line as it should be"""
_FORM_OF_MANY = """\
Submit the repaired files, each from its line '# name.py' on, or a diff, where that is line 1, like
--- name.py
+++ name.py
@@ -4 +4 @@
-    the line as it is
+    the line as it should be"""


class BugRepairEnv(CodingEnv[RepairTask]):
    """One agent sees what a program gets wrong, the others see its source; together they repair it.

    ## Description
    A program of made-up rules in three files works but for its faults: 1, 2 or 3 in each file
    (easy, medium, hard), so that every owner has something to repair. A fault is one slip (a
    comparison, a number one too high or too low, a wrong variable, swapped arguments) or a missing
    case, and was copied into the four functions that have the lines around it. Faulty lines look
    like sound ones: only calls tell them apart.
    Agent 0, the tester, sees calls that fail, what they return and what they should, but no source.
    The other agents see their own files and no call. In a team of two both have files, and each
    sees the calls that the other's files get wrong. In `hard`, files call each other: a failing
    call may show that a function inside it is at fault, and an owner may have to be told what a
    teammate's function returns. The calls that are shown tell each fault from every other slip.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, who has which file, the
    failing calls (the tester) or the files and how to submit them (their owners), the grammar. The
    turn: round, message tokens left, messages so far; for an owner why what it submitted was not
    taken (a diff that does not apply, code that does not run), for the tester which of its calls
    still fail.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="all">..</say>`, `<submit>..</submit>`,
    `<done/>`. An owner submits whole files, unified diffs of files as they were at first, or both.
    Diffs are applied as GNU patch does: a hunk is found by its lines, wherever they stand; the
    counts in its header do not matter, and it needs no line numbers where its old lines stand in
    one place only; all diffs of a file count. What does not apply, is no Python or does not run
    without the other files changes nothing.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality
    Q = (fixed - broken) / failing, between 0 and 1: of the hidden calls, `failing` were wrong at
    first, `fixed` of these are right now, and `broken` others are wrong now. The tester sees none
    of them. Cost C is message tokens over the team's budget, plus a third for every file that is
    submitted by an agent who does not have it.

    Repairs are short, and the tester tells them one after the other. So a team gains less time here
    than elsewhere: with one agent in four telling, three times is the limit, and the scripted team
    of four is 2.3 times as fast as one, that of two or three 1.3 times.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 6 rounds (8 in `hard`).

    ## Arguments
    `team_size` from 1 (solo: everything visible to one agent) to 4, a tester and an owner for each
    file; in smaller teams owners have more files. `sandbox` as in every coding env; `difficulty`,
    `split`, `max_cycles`, `message_budget`, `reward`, `tasks` and `render_mode` as in every env.
    Tasks of your own are programs whose files share one namespace: a file calls the functions of
    another one by their names, and imports none of them. Their right and faulty files are run when
    the env is made, and have to give what the calls say; "wrong" is null for a call that raises.
    The scripted expert finds few faults but slips like the above, so speed is measured against what
    it takes to tell the failing calls and submit diffs to the right files, where that is longer.
    Infos add `pass_rate`, the share of hidden calls that are right; `fixed`, the share of those
    that failed; `broken`, of those that did not; `unapplied_diffs` and `syntax_errors` of what is
    submitted now; and `unsafe`, 1 where code runs without isolation.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CodingEnv.metadata, "name": "bug_repair_v0"}
    max_team_size: ClassVar[int] = 4

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Check the arguments; raises RuntimeError where a package that this needs is missing."""
        if find_spec("unipatch") is None:
            raise RuntimeError(
                "Diffs cannot be applied here: run pip install 'llm-collab-envs[coding]'."
            )
        super().__init__(*args, **kwargs)

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[RepairTask]:
        return TaskSource(generate, self._load, split, difficulty, path)

    def _load(self, data: dict[str, Any]) -> RepairTask:
        """Read a user's task; raises ValueError where it cannot be played, or is not as it says."""
        task = RepairTask.from_dict(data)
        check_runs(task, self._backend)
        return task

    def _limits(self, task: RepairTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: RepairTask) -> str:
        faults = f"{task.faults} fault" + "s" * (task.faults != 1)
        kind = _KIND_OF_FAULT if self._tasks_path is None else ""
        return (
            f"Job: repair a program of {len(task.files)} files. Each file has {faults}{kind}. "
            "Score: calls put right, less those you break, little time, few messages."
        )

    def _private_view(self, task: RepairTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        shares = deal_files(task, self.team_size)
        failing = deal_failing(task, self.team_size)[me]
        lines = []
        if self.team_size > 1:
            owners = [
                f"{owner} has {' and '.join(file.name for file in share)}"
                for owner, share in zip(self.possible_agents, shares, strict=True)
                if share
            ]
            who = "agent_0 sees calls that fail"
            if all(shares):  # a team of two
                who = "Each of you sees calls that fail by the faults of the other's files"
            lines.append(f"{who}; {', '.join(owners)}.")
        if failing:
            lines.append(failures_text(failing))
        if not shares[me]:
            lines.append("You have no file: tell the owners, and submit nothing.")
            return "\n".join(lines)
        many = len(shares[me]) > 1
        lines += [_FORM_OF_MANY if many else _FORM, "Your files:" if many else "Your file:"]
        lines.append("\n".join(file.faulty for file in shares[me]).rstrip())
        return "\n".join(lines)

    def _score(self, task: RepairTask, parts: Mapping[str, str]) -> Score:
        patched = self._patched(task, parts)
        result = score(task, self._execute(jobs(task, patched)))
        foreign = sum(len(part.foreign) for part in patched.values())
        return Score(
            quality=result.quality,
            conflicts=min(1.0, foreign / len(task.files)),
            metrics={
                "pass_rate": result.pass_rate,
                "fixed": result.fixed,
                "broken": result.broken,
                "unapplied_diffs": sum(part.unapplied_diffs for part in patched.values()),
                "syntax_errors": sum(part.syntax_errors for part in patched.values()),
            },
        )

    def _patched(self, task: RepairTask, parts: Mapping[str, str]) -> dict[str, Patched]:
        shares = zip(self.possible_agents, deal_files(task, self.team_size), strict=True)
        owners = {agent: [file.name for file in share] for agent, share in shares}
        for heir in self.possible_agents:
            for gone in self._inherited_from(heir):
                owners[heir] = [*owners[heir], *owners[gone]]
        return patch_all(task, parts, owners, self._execute)

    def _feedback(self, agent: str) -> list[str]:
        """Tell an owner what its submission does not do, and who sees calls which still fail."""
        if agent in self._loop.team.done:
            return []
        patched = self._patched(self._task, self.parts)
        notices = patched[agent].problems[:_SHOWN] if agent in patched else []
        dealt = deal_failing(self._task, self.team_size)
        seen = dealt[self.possible_agents.index(agent)]
        if seen and any(part.files for part in patched.values()):
            notices.append(self._still_failing(seen, patched))
        return [f"{notice}." for notice in notices]

    def _still_failing(self, seen: Collection[Case], patched: Mapping[str, Patched]) -> str:
        (outcome,) = self._execute([job_shown(self._task, patched)])
        wrong = [
            call_text(case.function, case.args)
            for case, answer in zip(self._task.failing, outcome.answers, strict=True)
            if case in seen and not is_right(case, answer)
        ]
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        if not wrong:
            return "with what is submitted now, no call of your list fails"
        return f"with what is submitted now, still wrong: {'; '.join(wrong[:_SHOWN])}{more}"

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _expert_path(self) -> int:
        """Return the expert's critical path; in a user's program, at least that of its repair.

        There the expert may find no fault, and be fast at nothing.
        """
        path = super()._expert_path()
        if self._tasks_path is None:
            return path
        return max(path, repair_path(self._task, self.team_size))

    def _menu(self) -> Menu[Memo]:
        return make_menu()

    def _most_agents(self, task: RepairTask) -> tuple[int, str]:
        return len(task.files) + 1, f"{len(task.files)} files, and failures to see"
