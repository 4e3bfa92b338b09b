"""CollabEnv: the Dec-POMDP loop that every env shares; an env adds a few hooks."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv

from llm_collab_envs.core.actions import MAX_ACTION_CHARS
from llm_collab_envs.core.arguments import check_actions, check_number
from llm_collab_envs.core.conditions import Conditions
from llm_collab_envs.core.episode import EpisodeLog
from llm_collab_envs.core.loop import EpisodeLoop
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.observation import MAX_OBSERVATION_CHARS, ObservationCollector
from llm_collab_envs.core.render import print_transcript, transcript
from llm_collab_envs.core.reward import JointReward, RewardAggregator, Score
from llm_collab_envs.core.spaces import UnicodeText
from llm_collab_envs.core.tasks import Task, TaskSource
from llm_collab_envs.core.team import Team

MAX_STATE_CHARS = 2**24
_ARGUMENTS = "team_size difficulty split max_cycles message_budget".split()

TaskT = TypeVar("TaskT", bound=Task)
Infos = dict[str, dict[str, Any]]
Step = tuple[dict[str, str], dict[str, float], dict[str, bool], dict[str, bool], Infos]


class CollabEnv(ParallelEnv[str, str, str], Generic[TaskT]):
    """A team of language-model agents doing one job: a Dec-POMDP with text in and text out.

    Subclasses write the hooks: `_task_source`, `_limits`, `_job`, `_private_view`, `_score` and
    `_expert`; `_menu` for policies that choose from a list; `_feedback` where the env answers.
    Everything else (time, messages, budgets, the joint reward, credit, logs) is here.

    Args:
        team_size: Agents in the team; 1 is the solo baseline on the same tasks.
        difficulty: "easy", "medium" or "hard"; of no account where `tasks` are given, as is split.
        split: "train" or "test"; they share no task and no name.
        max_cycles: Rounds before truncation; None takes the task's own number.
        message_budget: Message tokens for each agent and episode; None takes the task's own.
        reward: Weights of the joint reward.
        tasks: A JSONL file of your own tasks, or None for generated ones.
        render_mode: "ansi" (render returns the transcript), "human" (prints it) or None.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": ["human", "ansi"],
        "is_parallelizable": True,
        "render_fps": 1,
    }
    max_team_size: ClassVar[int] = 16

    def __init__(
        self,
        team_size: int = 4,
        difficulty: str = "easy",
        split: str = "train",
        max_cycles: int | None = None,
        message_budget: int | None = None,
        reward: JointReward | Mapping[str, float] | None = None,
        tasks: str | Path | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Check the arguments and build the spaces."""
        self.team_size = check_number("team_size", team_size, 1, self.max_team_size)
        self.max_cycles = None if max_cycles is None else check_number("max_cycles", max_cycles, 1)
        self.message_budget = (
            None if message_budget is None else check_number("message_budget", message_budget, 0)
        )
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(
                f"render_mode must be one of {self.metadata['render_modes']} or None; "
                f"got {render_mode!r}."
            )
        self.difficulty = difficulty
        self.split = split
        self.reward = JointReward.of(reward)
        self.render_mode = render_mode
        self.tasks = self._task_source(split, difficulty, tasks)
        self._tasks_path = tasks
        self.possible_agents = [f"agent_{i}" for i in range(self.team_size)]
        self.agents: list[str] = []
        self.observation_spaces = {
            a: UnicodeText(MAX_OBSERVATION_CHARS) for a in self.possible_agents
        }
        self.action_spaces = {a: UnicodeText(MAX_ACTION_CHARS) for a in self.possible_agents}
        self.state_space = UnicodeText(MAX_STATE_CHARS)
        self._np_random: np.random.Generator | None = None
        self.conditions = Conditions()  # of the team; wrappers add theirs
        self._rendered = 0  # rounds of this episode that a person has seen
        self._started: EpisodeLoop | None = None
        self._briefed: tuple[TaskT, ObservationCollector] | None = None
        self._timed: tuple[TaskT, int] | None = None
        self.tasks.check(self._check)
        self._rated = True  # False in the copy of the env that only measures the expert's time

    # Hooks of an env

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[TaskT]:
        """Return the tasks of a split and difficulty, or of a user's file."""
        raise NotImplementedError

    def _limits(self, task: TaskT) -> tuple[int, int]:
        """Return the task's own (rounds, message tokens for the whole team)."""
        raise NotImplementedError

    def _job(self, task: TaskT) -> str:
        """Return what the team makes and how it is judged: one paragraph, the same for all."""
        raise NotImplementedError

    def _private_view(self, task: TaskT, agent: str) -> str:
        """Return what only `agent` knows, and its share of the job."""
        raise NotImplementedError

    def _score(self, task: TaskT, parts: Mapping[str, str]) -> Score:
        """Score the parts submitted so far, {agent: text}; a pure function."""
        raise NotImplementedError

    def _expert(self) -> Callable[[str], str]:
        """Return the scripted decentralised expert: one agent's observation in, its action out."""
        raise NotImplementedError

    def _menu(self) -> Menu[Any] | None:
        """Return what `wrappers.MenuActions` lets policies choose from; by default nothing."""
        return None

    def _feedback(self, agent: str) -> list[str]:
        """Return what the env tells `agent` about the round just played; by default nothing."""
        return []

    def _most_agents(self, task: TaskT) -> tuple[int, str]:
        """Return how many agents a task has work for, and of what; by default any number."""
        return self.max_team_size, "agents"

    # The Dec-POMDP loop

    @property
    def largest_team(self) -> int:
        """The largest team that the tasks of this split and difficulty admit."""
        most = (self._most_agents(task)[0] for task in self.tasks.samples())
        return min(self.max_team_size, *most)

    def _check(self, task: TaskT) -> ObservationCollector:
        """Return the briefings of a task that this team can play; ValueError for any other."""
        most, of_what = self._most_agents(task)
        if self.team_size > most:
            raise ValueError(
                f"team_size must be at most {most}, as this task has {of_what}; got "
                f"{self.team_size}. Lower team_size, or choose other tasks."
            )
        rounds, talk = self._limits(task)
        check_number("the task's rounds", rounds, 1)
        check_number("the task's message tokens", talk, 0)
        return self._collector(task)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, str], Infos]:
        """Start an episode.

        Args:
            seed: Seeds the draw of the task; without one, the draw goes on from the last seed.
            options: {"task": i} names the task instead of drawing it. Other keys are ignored.

        Returns:
            Observations and infos of all agents.
        """
        seed = None if seed is None else check_number("seed", seed, 0)
        if seed is not None or self._np_random is None:
            self._np_random, _ = seeding.np_random(seed)
        drawn = int(self._np_random.integers(len(self.tasks)))
        index = (options or {}).get("task", drawn)
        task = self.tasks[index]
        self._started = self._begin(int(index), task)
        self.agents = self.possible_agents[:]
        self._rendered = 0
        return self._loop.observations(self.agents), self.infos_of(self.agents)

    def _begin(self, index: int, task: TaskT) -> EpisodeLoop:
        """Put an episode on a task together from the hooks."""
        collector = self._check(task)
        rounds, talk = self._limits(task)
        share = math.ceil(talk / self.team_size)
        budget = share if self.message_budget is None else self.message_budget
        agents, name = self.possible_agents, self.metadata["name"]
        self.conditions.start(agents, self.max_cycles or rounds, index)
        team = Team(agents, budget, self.conditions.active())
        wrappers = self.conditions.to_dicts()
        self._task = task  # from here on nothing fails
        return EpisodeLoop(
            EpisodeLog(name, self._config(), index, task.to_dict(), agents[:], wrappers=wrappers),
            team,
            collector,
            RewardAggregator(
                self.reward, self._rate, self._expert_path, team.tally, budget * len(agents)
            ),
            self._feedback,
            self.max_cycles or rounds,
        )

    def _collector(self, task: TaskT) -> ObservationCollector:
        """Brief the agents; the last task's briefings are kept, as the expert plays it again."""
        if self._briefed is None or self._briefed[0] is not task:
            views = {agent: self._private_view(task, agent) for agent in self.possible_agents}
            self._briefed = task, ObservationCollector(self._job(task), views)
        return self._briefed[1]

    def step(self, actions: dict[str, str]) -> Step:
        """Play one round: all agents act at the same time.

        Args:
            actions: Each live agent's reply. A live agent that is missing passes its turn; actions
                of agents that have left are ignored.

        Returns:
            Observations, rewards (the same for all), terminations, truncations and infos.

        Raises:
            ValueError: For an agent that this env does not have.
            TypeError: For an action that is not a string.
        """
        if not self.agents:
            raise RuntimeError(
                "step() was called before reset(), or after the episode's end. Call reset() first."
            )
        check_actions(actions, self.possible_agents, self.agents)
        players = self.agents
        reward = self._loop.play(actions)
        terminated, truncated = self._loop.terminated, self._loop.truncated
        self.agents = [] if terminated or truncated else self._loop.team.present[:]
        left = set(players).difference(self._loop.team.present)
        if self.render_mode == "human":
            self.render()
        return (
            self._loop.observations(players),
            dict.fromkeys(players, reward),
            {agent: terminated or agent in left for agent in players},
            {agent: truncated and agent not in left for agent in players},
            self.infos_of(players),
        )

    def _inherited_from(self, agent: str) -> list[str]:
        """Return who has left for good and had its part taken over by `agent`."""
        return self._started.team.inherited(agent) if self._started else []

    def _rate(self, parts: Mapping[str, str]) -> Score:
        return self._score(self._task, parts) if self._rated else Score(0.0)

    def _expert_path(self) -> int:
        """Return the expert's critical path on this task; that of the last task is kept."""
        if self._timed is None or self._timed[0] != self._task:
            self._timed = self._task, self._play_expert()
        return self._timed[1]

    def _play_expert(self) -> int:
        """Let the expert play this task in a copy of this env, and return its critical path.

        It plays by the task's own rounds and message budget: with fewer of either it may do less
        and so be faster.
        """
        twin = copy.copy(self)
        twin.max_cycles = twin.message_budget = None
        twin.render_mode = None
        twin._rated = False
        twin._timed = self._task, 0  # nobody asks how fast the expert is
        twin.conditions = Conditions()
        expert, played = self._expert(), type(self)  # methods of its own may step this env
        observations, _ = played.reset(twin, seed=0, options={"task": self.episode.task_index})
        while twin.agents:
            actions = {agent: expert(observations[agent]) for agent in twin.agents}
            observations, *_ = played.step(twin, actions)
        return twin._loop.team.tally.critical_path()

    @property
    def _loop(self) -> EpisodeLoop:
        if self._started is None:
            raise RuntimeError("there is no episode yet. Call reset() first.")
        return self._started

    # What agents and trainers see

    @property
    def joint_reward(self) -> float:
        """R as if the episode ended now, whoever has left; RuntimeError before the first reset."""
        return self._loop.aggregator.terms()["joint_reward"]

    def earned(self, agent: str) -> float:
        """Return what `agent` is paid for the episode if it ended now, also where it has left."""
        return self.joint_reward

    def infos_of(self, agents: Sequence[str]) -> Infos:
        """Return agents' infos as they stand now, also of those that have left.

        What `step` returned of an agent when it left is as of then, and the episode goes on.
        """
        return self._loop.infos(agents)

    def counterfactual_reward(self, agent: str) -> float:
        """Return R with `agent`'s submission, messages and time blanked.

        R minus this is the agent's difference reward (Wolpert & Tumer 2002). What teammates did
        because of the agent's messages stays as it was.
        """
        return self._loop.aggregator.without(agent).joint_reward

    def state(self) -> str:
        """Return the whole truth as text: the task and all that was said. For training only."""
        return transcript(self.episode, with_task=True)

    @property
    def episode(self) -> EpisodeLog:
        """The record of the current episode so far; raises RuntimeError before the first reset."""
        return self._loop.log

    @property
    def parts(self) -> dict[str, str]:
        """The parts submitted so far, by agent."""
        return dict(self._loop.team.parts)

    def observation_space(self, agent: str) -> UnicodeText:
        """Return the agent's observation space, the same object every time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> UnicodeText:
        """Return the agent's action space, the same object every time."""
        return self.action_spaces[agent]

    def render(self) -> str | None:
        """Return the transcript so far ("ansi"), or print what is new of it ("human")."""
        if self.render_mode == "ansi":
            return transcript(self.episode)
        played = len(self.episode.rounds)
        if self.render_mode == "human" and played > self._rendered:
            print_transcript(self.episode, self._rendered)
            self._rendered = played
        return None

    def _config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-ready."""
        return {
            **{name: getattr(self, name) for name in _ARGUMENTS},
            "reward": asdict(self.reward),
            "tasks": None if self._tasks_path is None else str(self._tasks_path),
        }
