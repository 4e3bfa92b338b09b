"""What checks of the contract are made with: scripted actors, short episodes, one error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llm_collab_envs.core.env import CollabEnv

EnvFactory = Callable[..., CollabEnv[Any]]
Actor = Callable[[str, int, str], str]  # an agent's name, the round from 0, its observation

ROUNDS = 4  # after which `mixed_actor` begins anew


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


@dataclass
class Played:
    """One episode, an entry for each reset or step."""

    observations: list[dict[str, str]] = field(default_factory=list)
    infos: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    rewards: list[dict[str, float]] = field(default_factory=list)
    ends: list[tuple[dict[str, bool], dict[str, bool]]] = field(default_factory=list)


def play(env: CollabEnv[Any], act: Actor, seed: int = 0) -> Played:
    """Play an episode."""
    observations, infos = env.reset(seed=seed)
    played = Played([observations], [infos])
    while env.agents:
        actions = {a: act(a, len(played.rewards), observations[a]) for a in env.agents}
        observations, rewards, terminations, truncations, infos = env.step(actions)
        played.observations.append(observations)
        played.infos.append(infos)
        played.rewards.append(rewards)
        played.ends.append((terminations, truncations))
    return played


def silent_actor(agent: str, round_: int, observation: str) -> str:
    """Pass every turn."""
    return ""


def mixed_actor(agent: str, round_: int, observation: str) -> str:
    """Send a message, submit, break the grammar or pass, submit anew and be done."""
    return (
        f'<say to="all">{agent} here</say>',
        f"<submit>part of {agent}</submit>",
        "<submit>broken" if agent.endswith("0") else "",
        f"<submit>better part of {agent}</submit><done/>",
    )[round_ % ROUNDS]


def expert_actor(env: CollabEnv[Any]) -> Actor:
    """Let the env's own expert act for every agent."""
    policy = env.unwrapped._expert()
    return lambda agent, round_, observation: policy(observation)


def require(fine: bool, check: str, found: str, remedy: str) -> None:
    """Raise `ContractError` unless all is fine."""
    if not fine:
        raise ContractError(check, found, remedy)
