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

from llm_collab_envs.core.actions import MAX_ACTION_CHARS, Action, count_tokens, parse
from llm_collab_envs.core.channel import Channel
from llm_collab_envs.core.episode import EpisodeLog, Round
from llm_collab_envs.core.episode import Turn as TurnLog
from llm_collab_envs.core.metrics import Tally
from llm_collab_envs.core.observation import MAX_OBSERVATION_CHARS, ObservationCollector, Turn
from llm_collab_envs.core.render import print_transcript, transcript
from llm_collab_envs.core.reward import JointReward, RewardParts, Score
from llm_collab_envs.core.spaces import UnicodeText
from llm_collab_envs.core.tasks import Task, TaskSource

MAX_STATE_CHARS = 2**24

TaskT = TypeVar("TaskT", bound=Task)


class CollabEnv(ParallelEnv[str, str, str], Generic[TaskT]):
    """A team of language-model agents doing one job: a Dec-POMDP with text in and text out.

    Subclasses write the hooks: `_task_source`, `_limits`, `_job`, `_private_view`, `_score` and
    `_expert`; `_feedback` where the env answers. Everything else (time, messages, budgets, the
    joint reward, credit, logs) is here.

    Args:
        team_size: Agents in the team; 1 is the solo baseline on the same tasks.
        difficulty: "easy", "medium" or "hard".
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
        _check_number("team_size", team_size, 1, self.max_team_size)
        if max_cycles is not None:
            _check_number("max_cycles", max_cycles, 1)
        if message_budget is not None:
            _check_number("message_budget", message_budget, 0)
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(
                f"render_mode must be one of {self.metadata['render_modes']} or None; "
                f"got {render_mode!r}."
            )
        self.team_size = team_size
        self.difficulty = difficulty
        self.split = split
        self.max_cycles = max_cycles
        self.message_budget = message_budget
        self.reward = (
            JointReward(**reward) if isinstance(reward, Mapping) else reward or JointReward()
        )
        self.render_mode = render_mode
        self.tasks = self._task_source(split, difficulty, tasks)
        self._tasks_path = tasks
        self.possible_agents = [f"agent_{i}" for i in range(team_size)]
        self.agents: list[str] = []
        self.observation_spaces = {
            a: UnicodeText(MAX_OBSERVATION_CHARS) for a in self.possible_agents
        }
        self.action_spaces = {a: UnicodeText(MAX_ACTION_CHARS) for a in self.possible_agents}
        self.state_space = UnicodeText(MAX_STATE_CHARS)
        self._np_random: np.random.Generator | None = None
        self._log: EpisodeLog | None = None
        self._check_team(self.tasks[0])
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

    def _feedback(self, agent: str) -> list[str]:
        """Return what the env tells `agent` about the round just played; by default nothing."""
        return []

    # The Dec-POMDP loop

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """Start an episode.

        Args:
            seed: Seeds the draw of the task; without one, the draw goes on from the last seed.
            options: {"task": i} names the task instead of drawing it. Other keys are ignored.

        Returns:
            Observations and infos of all agents.
        """
        if seed is not None or self._np_random is None:
            self._np_random, _ = seeding.np_random(seed)
        drawn = int(self._np_random.integers(len(self.tasks)))
        index = (options or {}).get("task", drawn)
        self._task = self.tasks[index]
        self._check_team(self._task)
        rounds, talk = self._limits(self._task)
        self._rounds_allowed = self.max_cycles or rounds
        self._budget = (
            math.ceil(talk / self.team_size) if self.message_budget is None else self.message_budget
        )
        self.agents = self.possible_agents[:]
        self._channel = Channel(self.agents, self._budget)
        self._collector = ObservationCollector(self._job(self._task), self.agents)
        self._briefings = {
            a: self._collector.briefing(a, self._private_view(self._task, a)) for a in self.agents
        }
        self._parts: dict[str, str] = {}
        self._part_tokens: dict[str, int] = {}
        self._notices: dict[str, list[str]] = {a: [] for a in self.agents}
        self._done: set[str] = set()
        self._tally = Tally(self.agents)
        self._log = EpisodeLog(
            self.metadata["name"], self._config(), int(index), self._task.to_dict(), self.agents[:]
        )
        self._reference: int | None = None
        self._product = self._rate(self._parts)
        self._current = self._joint_reward()
        credit = dict.fromkeys(self.agents, 0.0)
        return self._observations(), self._infos(self._terms(), credit)

    def step(
        self, actions: dict[str, str]
    ) -> tuple[
        dict[str, str],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
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
        self._check_actions(actions)
        players = self.agents[:]
        before, parts = self._current.joint_reward, dict(self._parts)
        turns = {agent: self._act(agent, actions.get(agent, "")) for agent in players}
        self._tally.add(turns)
        if self._parts != parts:
            self._product = self._rate(self._parts)
        for agent in players:
            self._notices[agent] += self._feedback(agent)
        self._current = self._joint_reward()
        reward, terms = self._current.joint_reward - before, self._terms()
        self.episode.rounds.append(Round(turns, reward, terms))
        terminated = self._done.issuperset(players)
        truncated = not terminated and len(self.episode.rounds) >= self._rounds_allowed
        ended = terminated or truncated
        credit = {
            a: self._current.joint_reward - self.counterfactual_reward(a) if ended else 0.0
            for a in players
        }
        observations, infos = self._observations(), self._infos(terms, credit)
        if ended:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return (
            observations,
            dict.fromkeys(players, reward),
            dict.fromkeys(players, terminated),
            dict.fromkeys(players, truncated),
            infos,
        )

    def _act(self, agent: str, reply: str) -> TurnLog:
        """Carry out one agent's reply; what a finished agent says does and costs nothing."""
        self._notices[agent] = []
        if agent in self._done:
            return TurnLog(reply, 0, 0, "")
        action = parse(reply, [a for a in self.possible_agents if a != agent])
        if action.error:
            self._notices[agent].append(f"your last reply did nothing: {action.error}.")
        spent, dropped = self._channel.send(len(self.episode.rounds) + 1, agent, action.says)
        if dropped:
            self._notices[agent].append(f"{dropped} messages were over your budget and not sent.")
        self._take(agent, action)
        return TurnLog(reply, action.tokens, spent, action.error)

    def _take(self, agent: str, action: Action) -> None:
        if action.submission is not None:
            self._parts[agent] = action.submission
            self._part_tokens[agent] = count_tokens(action.submission)
        if action.done:
            self._done.add(agent)

    # Reward and credit

    def counterfactual_reward(self, agent: str) -> float:
        """Return R with `agent`'s submission, messages and time blanked.

        R minus this is the agent's difference reward (Wolpert & Tumer 2002). What teammates did
        because of the agent's messages stays as it was.
        """
        parts = {a: text for a, text in self._parts.items() if a != agent}
        return self._joint_reward(self._rate(parts), agent).joint_reward

    def _rate(self, parts: Mapping[str, str]) -> Score:
        return self._score(self._task, parts) if self._rated else Score(0.0)

    def _joint_reward(self, score: Score | None = None, without: str | None = None) -> RewardParts:
        """Return R as if the episode ended now, with one agent's contributions blanked if named."""
        score = score or self._product
        talk = self._tally.message_tokens(without) / max(1, self._budget * self.team_size)
        return self.reward.combine(
            quality=score.quality,
            reference_path=self._reference_path() if score.quality else 1,
            critical_path=self._tally.critical_path(without),
            coordination_cost=min(1.0, talk + score.duplication + score.conflicts),
        )

    def _reference_path(self) -> int:
        """Return the decentralised expert's critical path on this task at this team size."""
        if self._reference is None:
            self._reference = self._play_expert()
        return self._reference

    def _play_expert(self) -> int:
        """Let the expert play this task in a copy of this env, and return its critical path."""
        twin = copy.copy(self)
        twin.render_mode = None
        twin._rated = False
        expert = self._expert()
        observations, _ = twin.reset(seed=0, options={"task": self.episode.task_index})
        while twin.agents:
            observations, *_ = twin.step({a: expert(observations[a]) for a in twin.agents})
        return twin._tally.critical_path()

    # What agents and trainers see

    def state(self) -> str:
        """Return the whole truth as text: the task and all that was said. For training only."""
        return transcript(self.episode, with_task=True)

    @property
    def episode(self) -> EpisodeLog:
        """The record of the current episode so far; raises RuntimeError before the first reset."""
        if self._log is None:
            raise RuntimeError("there is no episode yet. Call reset() first.")
        return self._log

    @property
    def parts(self) -> dict[str, str]:
        """The parts submitted so far, by agent."""
        return dict(self._parts)

    def observation_space(self, agent: str) -> UnicodeText:
        """Return the agent's observation space, the same object every time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> UnicodeText:
        """Return the agent's action space, the same object every time."""
        return self.action_spaces[agent]

    def render(self) -> str | None:
        """Return the transcript so far ("ansi"), or print it ("human")."""
        if self.render_mode == "ansi":
            return transcript(self.episode)
        if self.render_mode == "human":
            print_transcript(self.episode)
        return None

    def close(self) -> None:
        """Release nothing: the env holds no resources."""

    def _observations(self) -> dict[str, str]:
        return {
            agent: self._collector.observe(
                self._briefings[agent],
                Turn(
                    round=len(self.episode.rounds) + 1,
                    max_cycles=self._rounds_allowed,
                    budget_left=self._channel.left[agent],
                    submitted=self._part_tokens.get(agent),
                    inbox=self._channel.inbox(agent),
                    notices=self._notices[agent],
                ),
            )
            for agent in self.agents
        }

    def _terms(self) -> dict[str, float]:
        """Return the team's terms, as numbers, the same keys every time."""
        return {
            **asdict(self._current),
            "critical_path": self._tally.critical_path(),
            "message_tokens": self._tally.message_tokens(),
            "duplication": self._product.duplication,
            "conflicts": self._product.conflicts,
            **self._product.metrics,
        }

    def _infos(
        self, terms: Mapping[str, float], credit: Mapping[str, float]
    ) -> dict[str, dict[str, Any]]:
        return {
            agent: {
                **terms,
                "malformed": self._tally.malformed[agent],
                "done": int(agent in self._done),
                "difference_reward": difference,
            }
            for agent, difference in credit.items()
        }

    def _config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-ready."""
        return {
            "team_size": self.team_size,
            "difficulty": self.difficulty,
            "split": self.split,
            "max_cycles": self.max_cycles,
            "message_budget": self.message_budget,
            "reward": asdict(self.reward),
            "tasks": None if self._tasks_path is None else str(self._tasks_path),
        }

    # Programmers' mistakes

    def _check_team(self, task: TaskT) -> None:
        """Raise ValueError where a task does not admit this team; envs may override."""

    def _check_actions(self, actions: Mapping[str, str]) -> None:
        unknown: Sequence[str] = [a for a in actions if a not in self.possible_agents]
        if unknown:
            raise ValueError(
                f"actions name {unknown}; this env's agents are {self.possible_agents}."
            )
        for agent, action in actions.items():
            if not isinstance(action, str) and agent in self.agents:
                raise TypeError(
                    f"the action of {agent} must be a string, as text is the action space; "
                    f"got {type(action).__name__}. Pass '' to pass the turn."
                )


def _check_number(name: str, value: object, least: int, most: int | None = None) -> None:
    if not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"{least} or more" if most is None else f"between {least} and {most}"
        raise ValueError(f"{name} must be a whole number, {bounds}; got {value!r}.")
