"""Checks of what callers pass: a programmer's mistake raises at once and names the remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from pettingzoo import ParallelEnv


def check_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return `value` as an int; raise ValueError where it is no whole number within bounds."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = int(value)
        if least <= number and (most is None or number <= most):
            return number
    bounds = f"{least} or more" if most is None else f"between {least} and {most}"
    raise ValueError(f"{name} must be a whole number, {bounds}; got {value!r}.")


def read_number(data: Mapping[str, object], name: str, default: int, least: int) -> int:
    """Return the whole number that JSON data has under a name, or the default where it has none."""
    return check_number(repr(name), data.get(name, default), least)


def check_real(name: str, value: object, least: float, most: float, hint: str = "") -> float:
    """Return `value` as a float; raise ValueError, with a hint, where it is not within bounds."""
    if (
        isinstance(value, (int, float, np.integer, np.floating))
        and not isinstance(value, bool)
        and least <= value <= most
    ):
        return float(value)
    bounds = f"between {least} and {most}"
    raise ValueError(f"{name} must be a number {bounds}; got {value!r}. {hint}".rstrip())


def check_flag(name: str, value: object) -> bool:
    """Return `value` as a bool; raise ValueError where it is neither True nor False."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ValueError(f"{name} must be True or False; got {value!r}.")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise ValueError where `value` is not one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {choices}; got {value!r}.")


def check_parallel(owner: str, env: object) -> None:
    """Raise TypeError where `env` is no ParallelEnv, as an AEC env is none; `owner` wraps it."""
    if not isinstance(env, ParallelEnv):
        raise TypeError(
            f"{owner} is put on a ParallelEnv; got {type(env).__name__}. Make the env by "
            "parallel_env(..) or make(..), not by env(..)."
        )


def check_agents(owner: str, agents: object, possible: Sequence[str]) -> list[str]:
    """Return the agents that are named; raise ValueError for no list, or whom the env lacks.

    Args:
        owner: Who asks, for the message.
        agents: Names, in a list or the like.
        possible: All agents that the env has.
    """
    if isinstance(agents, str) or not isinstance(agents, Iterable):
        names = [agents] if isinstance(agents, str) else [*possible[:1]]
        raise ValueError(
            f"agents of {owner} must be a list of names; got {agents!r}. Pass agents={names}."
        )
    named = list(agents)
    unknown = [agent for agent in named if agent not in possible]
    if unknown:
        raise ValueError(f"{owner} names {unknown}; this env's agents are {[*possible]}.")
    return named


def check_actions(
    actions: Mapping[str, str], possible: Collection[str], live: Collection[str]
) -> None:
    """Check the argument of `step`.

    Args:
        actions: Each agent's reply.
        possible: All agents that the env has.
        live: Those that have not left; what others do is ignored.

    Raises:
        ValueError: For an agent that the env does not have.
        TypeError: For a live agent's action that is not a string.
    """
    unknown = [agent for agent in actions if agent not in possible]
    if unknown:
        raise ValueError(f"actions name {unknown}; this env's agents are {[*possible]}.")
    for agent, action in actions.items():
        if not isinstance(action, str) and agent in live:
            raise TypeError(
                f"the action of {agent} must be a string, as text is the action space; "
                f"got {type(action).__name__}. Pass '' to pass the turn."
            )
