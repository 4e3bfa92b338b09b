"""check_env: the contract that every env keeps, as one call in a test of your own.

    from llm_collab_envs import check_env
    check_env(MyEnv)  # or functools.partial(MyEnv, difficulty="hard")

The checks play short episodes with scripted actions; none needs a model. What only an env's author
can know (that a private fact stays private, that hacks score low) needs tests beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium.spaces import Space

from llm_collab_envs.core.actions import MAX_ACTION_CHARS, parse
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.episode import EpisodeLog

EnvFactory = Callable[..., CollabEnv[Any]]
Actor = Callable[[str, int, str], str]  # an agent's name, the round from 0, its observation

INFO_KEYS = (
    "joint_reward quality speed coordination_cost critical_path message_tokens malformed "
    "difference_reward"
).split()
HOSTILE_TEXTS = (
    " \n\t",
    "\x00\ud800 NUL and lone surrogates \udfff",
    "\U0001f600 \u202e\u0301 %s {} {{0}} <|im_end|>",
    "<submit>not closed",
    "<submit>one</submit><submit>two</submit>",
    '<say to="nobody">hello</say>',
    '<say to="all"><submit>nested</submit></say>',
    "</say></submit><done>",
    "<submit></submit>",
    "<" + " " * (MAX_ACTION_CHARS - 1),
    "<submit>" + "9" * 60_000 + "</submit>",
    "<submit>" + "=\n" * 20_000 + "</submit>",
    "<submit>is" + " =" * 30_000 + " x.</submit>",
    '<say to="all">' + "flood " * 10_000 + "</say>",
    "x" * (MAX_ACTION_CHARS + 1),
)
TOLERANCE = 1e-9
ROUNDS = 4


class ContractError(Exception):
    """An env breaks the contract.

    Attributes:
        check: What was checked.
        remedy: What to change.
    """

    def __init__(self, check: str, found: str, remedy: str) -> None:
        """Put the three into one message."""
        super().__init__(f"{check}: {found}. {remedy}")
        self.check = check
        self.remedy = remedy


def check_env(parallel_env: EnvFactory) -> None:
    """Check an env against the contract.

    Args:
        parallel_env: Makes the env from keyword arguments: a `parallel_env` function, a subclass of
            `CollabEnv`, or a `functools.partial` of either. It must admit teams of 1 to 3.

    Raises:
        ContractError: For the first check that fails, with what was found and the remedy.
    """
    for check in _CHECKS:
        check(parallel_env)


@dataclass
class _Played:
    """One episode, an entry for each reset or step."""

    observations: list[dict[str, str]] = field(default_factory=list)
    infos: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    rewards: list[dict[str, float]] = field(default_factory=list)
    ends: list[tuple[dict[str, bool], dict[str, bool]]] = field(default_factory=list)


def _play(env: CollabEnv[Any], act: Actor, seed: int = 0) -> _Played:
    observations, infos = env.reset(seed=seed)
    played = _Played([observations], [infos])
    while env.agents:
        actions = {a: act(a, len(played.rewards), observations[a]) for a in env.agents}
        observations, rewards, terminations, truncations, infos = env.step(actions)
        played.observations.append(observations)
        played.infos.append(infos)
        played.rewards.append(rewards)
        played.ends.append((terminations, truncations))
    return played


def _silent(agent: str, round_: int, observation: str) -> str:
    return ""


def _mixed(agent: str, round_: int, observation: str) -> str:
    """A message, a submission, a broken reply or none, a better submission and the end."""
    return (
        f'<say to="all">{agent} here</say>',
        f"<submit>part of {agent}</submit>",
        "<submit>broken" if agent.endswith("0") else "",
        f"<submit>better part of {agent}</submit><done/>",
    )[round_ % ROUNDS]


def _expert(env: CollabEnv[Any]) -> Actor:
    policy = env._expert()
    return lambda agent, round_, observation: policy(observation)


def _require(fine: bool, check: str, found: str, remedy: str) -> None:
    if not fine:
        raise ContractError(check, found, remedy)


def _check_spaces(make: EnvFactory) -> None:
    env = make(team_size=3)
    played = _play(env, _mixed)
    spaces = {"observation_space": env.observation_space, "action_space": env.action_space}
    for name, of in spaces.items():
        for agent in env.possible_agents:
            fine = isinstance(of(agent), Space) and of(agent) is of(agent)
            found = f"{name}({agent!r}) is not one space object"
            _require(fine, "spaces", found, "Build the spaces once, in __init__.")
    for agent in env.possible_agents:
        for text in ("", "a b\n\u00e9", env.action_space(agent).sample()):
            found = f"the action space of {agent} rejects {text!r}"
            _require(text in env.action_space(agent), "spaces", found, "Use UnicodeText.")
        for round_, observations in enumerate(played.observations):
            fine = observations[agent] in env.observation_space(agent)
            found = f"round {round_}: the observation of {agent} is outside of its space"
            _require(fine, "spaces", found, "Keep observations strings within the space's bound.")
    _require(
        len(env.possible_agents) == 3 and bool(env.metadata.get("is_parallelizable")),
        "spaces",
        f"{len(env.possible_agents)} agents for team_size=3, metadata {env.metadata}",
        "Make one agent for each member of the team, and set is_parallelizable.",
    )


def _check_infos(make: EnvFactory) -> None:
    played = _play(make(team_size=3), _mixed)
    keys = set(played.infos[0]["agent_0"])
    _require(keys.issuperset(INFO_KEYS), "infos", f"keys {keys}", f"Provide all of {INFO_KEYS}.")
    for round_, infos in enumerate(played.infos):
        for agent, info in infos.items():
            found = f"round {round_}: {agent} has other keys than at reset: {keys ^ set(info)}"
            _require(set(info) == keys, "infos", found, "Give the same keys every time.")
            for key, value in info.items():
                fine = isinstance(value, (int, float, np.number)) and math.isfinite(value)
                found = f"round {round_}: {key} of {agent} is {value!r}"
                _require(fine, "infos", found, "Infos are finite numbers.")


def _check_rewards(make: EnvFactory) -> None:
    env = make(team_size=3)
    silent = _play(env, _silent).infos[-1]["agent_0"]["joint_reward"]
    expert = _play(env, _expert(env)).infos[-1]["agent_0"]["joint_reward"]
    found = f"the expert's joint reward is {expert}, silence has {silent}"
    _require(-1 <= silent < expert <= 1, "rewards", found, "Mend the expert or the score.")
    for act in (_mixed, _expert(env)):
        played = _play(env, act)
        for round_, rewards in enumerate(played.rewards):
            found = f"step {round_} paid {rewards}"
            _require(len(set(rewards.values())) == 1, "rewards", found, "Pay all agents the same.")
        total = sum(rewards["agent_0"] for rewards in played.rewards)
        joint = played.infos[-1]["agent_0"]["joint_reward"]
        found = f"the step rewards sum to {total}, but the joint reward is {joint}"
        fine = abs(total - joint) < TOLERANCE and -1 <= joint <= 1
        _require(fine, "rewards", found, "Pay the change of the joint reward, from 0 at reset.")


def _check_endings(make: EnvFactory) -> None:
    env = make(team_size=3, max_cycles=ROUNDS)
    for act, kind in ((_mixed, 0), (_silent, 1)):
        played = _play(env, act)
        flags = [end[kind] for end in played.ends]
        want = [dict.fromkeys(env.possible_agents, n == ROUNDS - 1) for n in range(ROUNDS)]
        other = [any(end[1 - kind].values()) for end in played.ends]
        _require(
            flags == want and not any(other) and all(type(v) is bool for v in flags[0].values()),
            "endings",
            f"{'a finished' if kind == 0 else 'a silent'} team ended with {played.ends}",
            "Terminate when all agents are done, truncate at max_cycles, with Python bools.",
        )


def _check_determinism(make: EnvFactory) -> None:
    env, twin = make(team_size=3), make(team_size=3)
    for act in (_mixed, _expert(env)):
        first = _play(env, act, seed=1)
        _require(
            first == _play(twin, act, seed=1) == _play(env, act, seed=1),
            "determinism",
            "the same seed and actions gave two different episodes",
            "Draw only from the env's own generator, and read no clock.",
        )
        same = first.observations[0] == _play(env, act, seed=2).observations[0]
        found = "seeds 1 and 2 gave the same first observations"
        _require(not same, "determinism", found, "Draw the task by the seed.")


def _check_privacy(make: EnvFactory) -> None:
    """What agent_0 tells agent_1, or says to nobody, must make no difference to agent_2."""

    def whisper(word: str) -> Actor:
        text = f'{word} <say to="agent_1">{word}</say>'
        return lambda agent, round_, seen: text if (agent, round_) == ("agent_0", 0) else ""

    one, two = (_play(make(team_size=3), whisper(word)) for word in ("xylograph", "quagmires"))
    for round_, (seen, other) in enumerate(zip(one.observations, two.observations, strict=True)):
        found = f"round {round_}: agent_2 sees what was said to agent_1 only"
        _require(seen["agent_2"] == other["agent_2"], "privacy", found, "Show own inboxes only.")
    heard = ["xylograph" in seen["agent_1"] for seen in one.observations[:2]]
    found = f"a message of the first round was read (before, after it): {heard}"
    _require(heard == [False, True], "privacy", found, "Deliver messages in the next round.")


def _check_hostile_text(make: EnvFactory) -> None:
    env = make(team_size=2, message_budget=100_000, max_cycles=len(HOSTILE_TEXTS))
    env.reset(seed=0)
    broken = 0
    for text in HOSTILE_TEXTS:
        broken += bool(parse(text, ["agent_1"]).error)
        try:
            observations, _, _, _, infos = env.step({"agent_0": text})
            env.state()
        except Exception as problem:  # whatever it is, it is what this check looks for
            found = f"{text[:40]!r} ({len(text)} characters) raised {problem!r}"
            raise ContractError("hostile text", found, "Let no text raise.") from problem
        found = f"{text[:40]!r}: malformed is {infos['agent_0']['malformed']}, not {broken}"
        fine = infos["agent_0"]["malformed"] == broken
        _require(fine, "hostile text", found, "Count every broken reply.")
        for agent, seen in observations.items():
            found = f"after {text[:40]!r} the observation of {agent} has {len(seen)} characters"
            fine = seen in env.observation_space(agent)
            _require(fine, "hostile text", found, "Bound what observations show.")


def _check_solo(make: EnvFactory) -> None:
    solo, team = make(team_size=1), make(team_size=3)
    alone = _play(solo, _expert(solo)).infos[-1]["agent_0"]["quality"]
    together = _play(team, _expert(team)).infos[-1]["agent_0"]["quality"]
    found = f"the expert's quality is {alone} alone and {together} in a team"
    _require(alone >= together - 0.05, "solo", found, "Show the one agent all that is private.")
    same = solo.episode.task == team.episode.task
    found = "team_size=1 and team_size=3 got different tasks for one seed"
    _require(same, "solo", found, "Make tasks from (split, index, difficulty) only.")


def _check_record(make: EnvFactory) -> None:
    env = make(team_size=3, message_budget=20, render_mode="ansi")
    _play(env, _mixed)
    state, rendered = env.state(), env.render()
    fine = isinstance(rendered, str) and state in env.state_space
    _require(fine, "record", "state() or render() is no text", "Return text within state_space.")
    log = env.episode
    fine = EpisodeLog.from_json(log.to_json()) == log
    _require(fine, "record", "the log changes on its way through JSON", "Log JSON-ready data.")
    fine = log.replay(make) == log
    _require(fine, "record", "replaying the log gave another one", "Log all arguments.")


def _check_mistakes(make: EnvFactory) -> None:
    env = make(team_size=2)
    env.reset(seed=0)
    wrong: tuple[tuple[dict[str, Any], type[Exception]], ...] = (
        ({"nobody": ""}, ValueError),
        ({"agent_0": 7}, TypeError),
    )
    for actions, error in wrong:
        try:
            env.step(actions)
        except error:
            continue
        found = f"step({actions}) did not raise {error.__name__}"
        raise ContractError("mistakes", found, "Raise at once where the caller is wrong.")


_CHECKS = (
    _check_spaces,
    _check_infos,
    _check_rewards,
    _check_endings,
    _check_determinism,
    _check_privacy,
    _check_hostile_text,
    _check_solo,
    _check_record,
    _check_mistakes,
)
