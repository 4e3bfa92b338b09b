"""check_env: the contract that every env keeps, as one call in a test of your own.

    from llm_collab_envs import check_env
    check_env(MyEnv)  # or functools.partial(MyEnv, difficulty="hard")

The checks play short episodes with scripted actions; none needs a model. What only an env's author
can know (that a private fact stays private, that hacks score low) needs tests beside it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium.spaces import Space

from llm_collab_envs.core.actions import MAX_ACTION_CHARS, parse
from llm_collab_envs.core.contract import (
    ROUNDS,
    Actor,
    ContractError,
    EnvFactory,
    expert_actor,
    mixed_actor,
    play,
    require,
    silent_actor,
)
from llm_collab_envs.core.episode import EpisodeLog
from llm_collab_envs.core.tasks import generated

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


def check_env(parallel_env: EnvFactory) -> None:
    """Check an env against the contract.

    Args:
        parallel_env: Makes the env from keyword arguments: a `parallel_env` function, a subclass of
            `CollabEnv`, or a `functools.partial` of either. It must admit teams of 1 to 3, or to
            its `max_team_size` where that is 2.

    Raises:
        ContractError: For the first check that fails, with what was found and the remedy.
        TypeError: For an env in place of what makes one.
    """
    if not callable(parallel_env):
        raise TypeError(
            f"check_env makes envs of several sizes; got one {type(parallel_env).__name__}. Pass "
            "what makes it, as in check_env(MyEnv)."
        )
    for check in _CHECKS:
        check(parallel_env)


def _size(make: EnvFactory) -> int:
    """The size of the teams that are checked: three, where the env admits as many."""
    return min(3, make(team_size=1).max_team_size)


def _check_spaces(make: EnvFactory) -> None:
    size = _size(make)
    env = make(team_size=size)
    played = play(env, mixed_actor)
    spaces = {"observation_space": env.observation_space, "action_space": env.action_space}
    for name, of in spaces.items():
        for agent in env.possible_agents:
            fine = isinstance(of(agent), Space) and of(agent) is of(agent)
            found = f"{name}({agent!r}) is not one space object"
            require(fine, "spaces", found, "Build the spaces once, in __init__.")
    for agent in env.possible_agents:
        for text in ("", "a b\n\u00e9", env.action_space(agent).sample()):
            found = f"the action space of {agent} rejects {text!r}"
            require(text in env.action_space(agent), "spaces", found, "Use UnicodeText.")
        for round_, observations in enumerate(played.observations):
            fine = observations[agent] in env.observation_space(agent)
            found = f"round {round_}: the observation of {agent} is outside of its space"
            require(fine, "spaces", found, "Keep observations strings within the space's bound.")
    require(
        len(env.possible_agents) == size and bool(env.metadata.get("is_parallelizable")),
        "spaces",
        f"{len(env.possible_agents)} agents for team_size={size}, metadata {env.metadata}",
        "Make one agent for each member of the team, and set is_parallelizable.",
    )


def _check_infos(make: EnvFactory) -> None:
    played = play(make(team_size=_size(make)), mixed_actor)
    keys = set(played.infos[0]["agent_0"])
    require(keys.issuperset(INFO_KEYS), "infos", f"keys {keys}", f"Provide all of {INFO_KEYS}.")
    for round_, infos in enumerate(played.infos):
        for agent, info in infos.items():
            found = f"round {round_}: {agent} has other keys than at reset: {keys ^ set(info)}"
            require(set(info) == keys, "infos", found, "Give the same keys every time.")
            for key, value in info.items():
                fine = isinstance(value, (int, float, np.number)) and math.isfinite(value)
                found = f"round {round_}: {key} of {agent} is {value!r}"
                require(fine, "infos", found, "Infos are finite numbers.")


def _check_rewards(make: EnvFactory) -> None:
    env = make(team_size=_size(make))
    silent = play(env, silent_actor).infos[-1]["agent_0"]["joint_reward"]
    expert = play(env, expert_actor(env)).infos[-1]["agent_0"]["joint_reward"]
    found = f"the expert's joint reward is {expert}, silence has {silent}"
    require(-1 <= silent < expert <= 1, "rewards", found, "Mend the expert or the score.")
    for act in (mixed_actor, expert_actor(env)):
        played = play(env, act)
        for round_, rewards in enumerate(played.rewards):
            found = f"step {round_} paid {rewards}"
            require(len(set(rewards.values())) == 1, "rewards", found, "Pay all agents the same.")
        total = sum(rewards["agent_0"] for rewards in played.rewards)
        joint = played.infos[-1]["agent_0"]["joint_reward"]
        found = f"the step rewards sum to {total}, but the joint reward is {joint}"
        fine = abs(total - joint) < TOLERANCE and -1 <= joint <= 1
        require(fine, "rewards", found, "Pay the change of the joint reward, from 0 at reset.")


def _check_endings(make: EnvFactory) -> None:
    env = make(team_size=_size(make), max_cycles=ROUNDS)
    for act, kind in ((mixed_actor, 0), (silent_actor, 1)):
        played = play(env, act)
        flags = [end[kind] for end in played.ends]
        want = [dict.fromkeys(env.possible_agents, n == ROUNDS - 1) for n in range(ROUNDS)]
        other = [any(end[1 - kind].values()) for end in played.ends]
        require(
            flags == want and not any(other) and all(type(v) is bool for v in flags[0].values()),
            "endings",
            f"{'a finished' if kind == 0 else 'a silent'} team ended with {played.ends}",
            "Terminate when all agents are done, truncate at max_cycles, with Python bools.",
        )


def _check_determinism(make: EnvFactory) -> None:
    env, twin = make(team_size=_size(make)), make(team_size=_size(make))
    for act in (mixed_actor, expert_actor(env)):
        first = play(env, act, seed=1)
        generated.cache_clear()  # the twin's task is made anew
        require(
            first == play(twin, act, seed=1) == play(env, act, seed=1),
            "determinism",
            "the same seed and actions gave two different episodes",
            "Draw only from the generator that is given, and read no clock.",
        )
        same = first.observations[0] == play(env, act, seed=2).observations[0]
        found = "seeds 1 and 2 gave the same first observations"
        require(not same, "determinism", found, "Draw the task by the seed.")


def _check_privacy(make: EnvFactory) -> None:
    """What agent_0 tells one teammate, or says to nobody, must make no difference to another."""
    last = f"agent_{_size(make) - 1}"

    def opening(text: str) -> Actor:
        return lambda agent, round_, seen: text if (agent, round_) == ("agent_0", 0) else ""

    def whisper(word: str) -> Actor:
        told = f'<say to="agent_1">{word}</say>' if last != "agent_1" else ""
        return opening(f"{word} {told}")

    size = _size(make)
    one, two = (play(make(team_size=size), whisper(word)) for word in ("xylograph", "quagmires"))
    for round_, (seen, other) in enumerate(zip(one.observations, two.observations, strict=True)):
        found = f"round {round_}: {last} sees what was not said to it"
        require(seen[last] == other[last], "privacy", found, "Show own inboxes only.")
    said = play(make(team_size=size), opening('<say to="agent_1">xylograph</say>'))
    heard = ["xylograph" in seen["agent_1"] for seen in said.observations[:2]]
    found = f"a message of the first round was read (before, after it): {heard}"
    require(heard == [False, True], "privacy", found, "Deliver messages in the next round.")


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
        require(fine, "hostile text", found, "Count every broken reply.")
        for agent, seen in observations.items():
            found = f"after {text[:40]!r} the observation of {agent} has {len(seen)} characters"
            fine = seen in env.observation_space(agent)
            require(fine, "hostile text", found, "Bound what observations show.")


def _check_solo(make: EnvFactory) -> None:
    solo, team = make(team_size=1), make(team_size=_size(make))
    alone = play(solo, expert_actor(solo)).infos[-1]["agent_0"]["quality"]
    together = play(team, expert_actor(team)).infos[-1]["agent_0"]["quality"]
    found = f"the expert's quality is {alone} alone and {together} in a team"
    require(alone >= together - 0.05, "solo", found, "Show the one agent all that is private.")
    same = solo.episode.task == team.episode.task
    found = "teams of different sizes got different tasks for one seed"
    require(same, "solo", found, "Make tasks from (split, index, difficulty) only.")


def _check_record(make: EnvFactory) -> None:
    env = make(team_size=_size(make), message_budget=20, render_mode="ansi")
    play(env, mixed_actor)
    state, rendered = env.state(), env.render()
    fine = isinstance(rendered, str) and state in env.state_space
    require(fine, "record", "state() or render() is no text", "Return text within state_space.")
    log = env.episode
    fine = EpisodeLog.from_json(log.to_json()) == log
    require(fine, "record", "the log changes on its way through JSON", "Log JSON-ready data.")
    fine = log.replay(make) == log
    require(fine, "record", "replaying the log gave another one", "Log all arguments.")


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
