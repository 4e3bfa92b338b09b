"""check_env passes every env, and catches an env that breaks any one rule."""

from __future__ import annotations

import itertools
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from gymnasium.spaces import Space

from llm_collab_envs import ContractError, check_env, make
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.spaces import UnicodeText
from llm_collab_envs.core.tasks import TaskSource
from relay import RelayEnv, RelayTask

COUNTER = itertools.count()


def test_every_env_keeps_the_contract(module: ModuleType, difficulty: str) -> None:
    check_env(partial(module.parallel_env, difficulty=difficulty))


def test_toy_env_keeps_the_contract() -> None:
    check_env(RelayEnv)


class NewSpaces(RelayEnv):
    def observation_space(self, agent: str) -> Space[str]:
        return UnicodeText(16_384)


class ShortSpace(RelayEnv):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.observation_spaces = {agent: UnicodeText(300) for agent in self.possible_agents}


class ExtraInfo(RelayEnv):
    def step(self, actions: dict[str, str]) -> Any:
        *rest, infos = super().step(actions)
        return *rest, {agent: {**info, "extra": 1} for agent, info in infos.items()}


class TextInfo(RelayEnv):
    def _score(self, task: RelayTask, parts: Any) -> Any:
        return Score(super()._score(task, parts).quality, metrics={"comment": "fine"})


class OwnRewards(RelayEnv):
    def step(self, actions: dict[str, str]) -> Any:
        observations, rewards, *rest = super().step(actions)
        return (
            observations,
            {agent: r + (agent == "agent_0") for agent, r in rewards.items()},
            *rest,
        )


class PaidAtEveryStep(RelayEnv):
    def step(self, actions: dict[str, str]) -> Any:
        observations, rewards, *rest = super().step(actions)
        return observations, {agent: r + 0.01 for agent, r in rewards.items()}, *rest


class Endless(RelayEnv):
    def step(self, actions: dict[str, str]) -> Any:
        self._loop.max_cycles = 6
        return super().step(actions)


class RandomLater(RelayEnv):
    """Random from the second step on, which PettingZoo's parallel_seed_test lets pass."""

    def _feedback(self, agent: str) -> list[str]:
        return [f"{next(COUNTER)}"] if self.episode.rounds else []


def another_task(*_: Any) -> RelayTask:
    return RelayTask(tuple(f"word{next(COUNTER)}" for _ in range(4)))


class RandomTasks(RelayEnv):
    def _task_source(self, split: str, difficulty: str, path: Any) -> TaskSource[RelayTask]:
        return TaskSource(another_task, RelayTask, split, difficulty, path)


class OneTask(RelayEnv):
    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed, {"task": 0})


class Overheard(RelayEnv):
    def step(self, actions: dict[str, str]) -> Any:
        observations, *rest = super().step(actions)
        said = " ".join(actions.values())
        return {agent: f"{text}{said}" for agent, text in observations.items()}, *rest


class Fragile(RelayEnv):
    def _score(self, task: RelayTask, parts: Any) -> Any:
        if any("999" in part for part in parts.values()):
            raise ZeroDivisionError("too many nines")
        return super()._score(task, parts)


class BlindAlone(RelayEnv):
    def _word(self, task: RelayTask, agent: str) -> str:
        return "?" * (1 + next(COUNTER)) if self.team_size == 1 else super()._word(task, agent)


class TasksByTeam(RelayEnv):
    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(None if seed is None else seed + self.team_size, options)


class NumberAsState(RelayEnv):
    def state(self) -> Any:
        return 0


class ForgetfulLog(RelayEnv):
    def _config(self) -> dict[str, Any]:
        return {**super()._config(), "message_budget": None}


class Lenient(RelayEnv):
    def step(self, actions: dict[str, str]) -> Any:
        return super().step({a: str(text) for a, text in actions.items() if a in self.agents})


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (NewSpaces, "spaces"),
        (ShortSpace, "spaces"),
        (ExtraInfo, "infos"),
        (TextInfo, "infos"),
        (OwnRewards, "rewards"),
        (PaidAtEveryStep, "rewards"),
        (Endless, "endings"),
        (RandomLater, "determinism"),
        (RandomTasks, "determinism"),
        (OneTask, "determinism"),
        (Overheard, "privacy"),
        (Fragile, "hostile text"),
        (BlindAlone, "solo"),
        (TasksByTeam, "solo"),
        (NumberAsState, "record"),
        (ForgetfulLog, "record"),
        (Lenient, "mistakes"),
    ],
)
def test_check_env_catches(broken: type[RelayEnv], check: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_env(broken)
    assert caught.value.check == check
    assert caught.value.remedy in str(caught.value)


def _everything(env_id: str, seed: int) -> list[Any]:
    """All that an episode gives out, played by the expert after a first round of chatter."""
    env = make(env_id)
    expert = env._expert()
    observations, infos = env.reset(seed=seed)
    seen: list[Any] = [observations, infos]
    while env.agents:
        chatter = f'<say to="all">{len(seen)}</say>'
        actions = {a: expert(observations[a]) or chatter for a in env.agents}
        result = env.step(actions)
        observations = result[0]
        seen += [*result, env.state()]
    return seen


def test_whole_episodes_are_deterministic(env_id: str) -> None:
    assert _everything(env_id, seed=3) == _everything(env_id, seed=3)


def test_another_seed_differs(env_id: str) -> None:
    assert _everything(env_id, seed=3)[0] != _everything(env_id, seed=4)[0]


def test_reset_without_seed_goes_on_from_the_last(env_id: str) -> None:
    def drawn() -> list[int]:
        env = make(env_id)
        env.reset(seed=5)
        tasks = []
        for _ in range(3):
            env.reset()
            tasks.append(env.episode.task_index)
        return tasks

    assert drawn() == drawn()
    assert len(set(drawn())) > 1


def test_teammates_cannot_tell_what_was_submitted(env_id: str) -> None:
    """Or it would be a way to talk for nothing."""
    if env_id == "bargaining_v0":
        pytest.skip("offers lie on a table for all to see, and take time")
    env = make(env_id)
    expert = env._expert()
    observations, _ = env.reset(options={"task": 0})
    while env.agents:
        observations, *_ = env.step({a: expert(observations[a]) for a in env.agents})
    own, (first, second, *_), seen = dict(env.parts), env.parts, []
    for text in (own[second], own[first], f"{own[first]} x", "x", ""):
        env.reset(options={"task": 0})
        submitted = {**own, second: text}
        after, *_ = env.step({a: f"<submit>{part}</submit>" for a, part in submitted.items()})
        after.pop(second)
        if env_id == "bug_repair_v0":
            after.pop("agent_0")  # it tests what the others submit, and is the one that has to talk
        seen.append(after)
    assert seen == seen[:1] * len(seen)


def test_step_rewards_sum_to_the_joint_reward(env_id: str) -> None:
    env = make(env_id)
    expert = env._expert()
    for seed in range(3):
        observations, _ = env.reset(seed=seed)
        total, rounds, infos = 0.0, 0, {}
        while env.agents:
            rounds += 1
            paused = {a: expert(observations[a]) if rounds != 2 else "" for a in env.agents}
            observations, rewards, _, _, infos = env.step(paused)
            total += rewards["agent_1"]
        assert total == pytest.approx(infos["agent_1"]["joint_reward"], abs=1e-12)
        assert total > 0.1
