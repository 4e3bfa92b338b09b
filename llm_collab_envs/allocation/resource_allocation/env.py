"""The resource-allocation env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.allocation.resource_allocation.bookings import read_book, write_booking
from llm_collab_envs.allocation.resource_allocation.expert import Expert, Memo
from llm_collab_envs.allocation.resource_allocation.menu import make_menu
from llm_collab_envs.allocation.resource_allocation.scoring import score
from llm_collab_envs.allocation.resource_allocation.tasks import (
    AllocationTask,
    Job,
    deal_closed,
    deal_jobs,
    generate,
)
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource

_EXAMPLE = write_booking(12, "engraving", "Sample")  # of no generated task: to copy it does nothing


class ResourceAllocationEnv(CollabEnv[AllocationTask]):
    """A team books its jobs into the slots of a shared workshop that has no room for all of them.

    ## Description
    A workshop has 29 or 31 open slots of 3, 4 or 5 places each (easy, medium, hard), and 20, 24 or
    28 closed ones among them. There are 16, 24 or 32 jobs of 6 to 9 steps; the best allocation
    serves 12, 16 or 20 of them. Jobs come in orders of two, which only count together, and no team
    deals an order to one agent. What a job is worth, its steps, its last slot and its order are
    known only to the agent that has it, and each closed slot to one agent only. All book at the
    same time. So nobody can book without being told what is closed, nobody serves anything without
    a teammate, and a slot that more have booked than it has places for is lost for all of them: the
    private points, sizes and deadlines decide who yields. An agent's jobs are wanted at about the
    same time, others' at other times. Teams that tell each other the closed slots only, a quarter
    to a third of the talk, and share the open ones out by when each has its own last slots, get 0.7
    of the expert's reward in a team of 2, and 0.5 to 0.6 in a team of 4: agents that cannot know
    which orders their teammates serve still serve many of the same. Equal shares of all places get
    0.2 to 0.45.

    Booking is the larger part of the job. A team of 2, 4, 8 or 16 experts is 1.7, 3.4, 4.8 to 6.1
    or 6.8 to 8.8 times as fast as the solo expert; in the large ones some have two jobs to book and
    others one. Where a teammate leaves for good and the team is told, who takes over its part books
    its jobs too, and the expert team of 4 keeps more than 85 % of its reward; untold, its jobs and
    those that go with them are not served, and it keeps about half.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, slots and places, which
    slots you know to be closed, the rules, an example of a booking, your jobs, the grammar. The
    turn: round, message tokens left, which of your lines do nothing, messages so far.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is a line for each step:

        Book slot 12 for the casting of Bakomen.
        Book slot 15 for the drilling of Bakomen.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality Q is
    the points of the jobs served over those of the best allocation, found exactly by branch and
    bound. A job is done if each of its steps is booked once, for a later slot than the step before,
    up to the job's last slot, and none of these slots is closed or over-booked; it is served if all
    jobs of its order are done. Cost C is
    message tokens over the team's budget, plus the share of bookings in over-booked slots, plus the
    share that book a step again.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 8 rounds.

    ## Arguments
    `team_size` from 1 (solo: one agent has all jobs and knows all closed slots) to 16;
    `difficulty`, `split`, `max_cycles`, `message_budget`, `reward`, `tasks` and `render_mode` as in
    every env. Infos add `welfare` (points of the jobs served), `utilisation` (places that they use,
    over the places of all open slots), `overbooking` (the share of bookings in over-booked slots)
    and `fairness` (Jain's index of what agents are served, as a share of what their jobs are
    worth).

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "resource_allocation_v0"}
    max_team_size: ClassVar[int] = 16

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[AllocationTask]:
        return TaskSource(generate, AllocationTask.from_dict, split, difficulty, path)

    def _limits(self, task: AllocationTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: AllocationTask) -> str:
        return (
            "Job: book your jobs into the slots of a shared workshop, which has no room for all. "
            "Score: the points of all jobs served, little time, few messages."
        )

    def _private_view(self, task: AllocationTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        own = [task.jobs[number] for number in deal_jobs(task, self.team_size)[me]]
        closed = ", ".join(str(slot) for slot in deal_closed(task, self.team_size)[me])
        known = "" if self.team_size == 1 else ", each known to one of you"
        return "\n".join(
            [
                f"Slots: 1 to {task.slots}, {task.places} places each; some are closed{known}.",
                f"You know to be closed: {closed or 'none'}.",
                "A job is done if each of its steps, in order, is booked for a later slot than the "
                "step before, up to the job's last slot, and is served, for all its points, if all "
                "jobs of its order are done. Bookings of a closed slot are lost, and so are all of "
                "a slot with more bookings than places. Book each step once, like this:",
                _EXAMPLE,
                "Your jobs:",
                *(
                    f"{job.name}: {_order(job)}{job.points} points, last slot {job.deadline}, "
                    f"steps {', '.join(job.steps)}."
                    for job in own
                ),
            ]
        )

    def _score(self, task: AllocationTask, parts: Mapping[str, str]) -> Score:
        bookable = {agent: self._bookable(task, agent) for agent in parts}
        result = score(task, parts, self._owners(task), bookable)
        figures = ("welfare", "utilisation", "overbooking", "fairness")
        return Score(
            quality=result.quality,
            duplication=result.repeats,
            conflicts=result.overbooking,
            metrics={name: float(getattr(result, name)) for name in figures},
        )

    def _feedback(self, agent: str) -> list[str]:
        part = self.parts.get(agent)
        if part is None:
            return []
        book = read_book(self._task, part, self._bookable(self._task, agent))
        said = []
        if book.double:
            said.append(f"you book {book.double} for several slots, so that job is not done.")
        if book.ignored:
            said.append(
                f"{book.ignored} lines of your submission do nothing; the first: {book.problem}."
            )
        return said

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Memo]:
        return make_menu()

    def _most_agents(self, task: AllocationTask) -> tuple[int, str]:
        return len(task.jobs), f"{len(task.jobs)} jobs"

    def _owners(self, task: AllocationTask) -> dict[str, tuple[int, ...]]:
        return dict(zip(self.possible_agents, deal_jobs(task, self.team_size), strict=True))

    def _bookable(self, task: AllocationTask, agent: str) -> tuple[int, ...]:
        """Return the jobs that an agent can book: its own, and those it has taken over."""
        owners = self._owners(task)
        return sum((owners[gone] for gone in self._inherited_from(agent)), owners[agent])


def _order(job: Job) -> str:
    """Name a job's order, where it is not one by itself."""
    return f"order {job.order}, " if job.order else ""
