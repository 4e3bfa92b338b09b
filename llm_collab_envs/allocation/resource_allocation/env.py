"""The resource-allocation env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from llm_collab_envs.allocation.resource_allocation.bookings import write_booking
from llm_collab_envs.allocation.resource_allocation.expert import Expert
from llm_collab_envs.allocation.resource_allocation.scoring import read_books, score
from llm_collab_envs.allocation.resource_allocation.tasks import (
    AllocationTask,
    deal_closed,
    deal_jobs,
    generate,
)
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource


class ResourceAllocationEnv(CollabEnv[AllocationTask]):
    """A team books its jobs into the slots of a shared workshop that has no room for all of them.

    ## Description
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "resource_allocation_v0"}
    max_team_size: ClassVar[int] = 16

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[AllocationTask]:
        def make(rng: np.random.Generator, split: str) -> AllocationTask:
            return generate(rng, split, difficulty)

        return TaskSource(make, AllocationTask.from_dict, split, difficulty, path)

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
                "A job is served, for all its points, if each of its steps, in order, is booked "
                "for a later slot than the step before, up to the job's last slot. Bookings of a "
                "closed slot are lost, and so are all of a slot with more bookings than places. "
                "Book each step like this:",
                write_booking(1, own[0].steps[0], own[0].name),
                "Your jobs:",
                *(
                    f"{job.name}: {job.points} points, last slot {job.deadline}, "
                    f"steps {', '.join(job.steps)}."
                    for job in own
                ),
            ]
        )

    def _score(self, task: AllocationTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts, self._owners(task), self._inherited(task))
        figures = ("welfare", "utilisation", "overbooking", "fairness")
        return Score(
            quality=result.quality,
            duplication=result.repeats,
            conflicts=result.overbooking,
            metrics={name: float(getattr(result, name)) for name in figures},
        )

    def _feedback(self, agent: str) -> list[str]:
        task = self._task
        parts = {a: text for a, text in self.parts.items() if a == agent}
        books = read_books(task, parts, self._owners(task), self._inherited(task))
        return [
            f"{book.ignored} lines of your submission do nothing; the first: {book.problem}."
            for book in books.values()
            if book.ignored
        ]

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _check_team(self, task: AllocationTask) -> None:
        if self.team_size > len(task.jobs):
            raise ValueError(
                f"team_size must be at most {len(task.jobs)}, the number of jobs of this task; "
                f"got {self.team_size}. Lower team_size."
            )

    def _owners(self, task: AllocationTask) -> dict[str, tuple[int, ...]]:
        return dict(zip(self.possible_agents, deal_jobs(task, self.team_size), strict=True))

    def _inherited(self, task: AllocationTask) -> dict[str, tuple[int, ...]]:
        """Return the jobs of agents that have left, by who has taken over their part."""
        if self._started is None:
            return {}
        owners, team = self._owners(task), self._started.team
        return {a: sum((owners[gone] for gone in team.inherited(a)), ()) for a in owners}
