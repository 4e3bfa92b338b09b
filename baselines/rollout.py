"""Rollout: many episodes in lockstep, and each agent's episode as one training row."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from baselines.errors import CommandError
from baselines.policies.base import History, Policy, Reply
from baselines.policies.context import Context
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.episode import EpisodeLog


@dataclass
class Episode:
    """One finished episode.

    Attributes:
        log: The env's own record.
        histories: Each agent's action-observation history; it ends when the agent is done.
        infos: Each agent's infos at the end, also of those that have left before.
        seconds: Its share of the wall-clock: each round's is shared by the episodes in it.
    """

    log: EpisodeLog
    histories: dict[str, History]
    infos: dict[str, dict[str, Any]]
    seconds: float

    @property
    def joint_reward(self) -> float:
        """R at the episode's end."""
        return float(self.log.rounds[-1].terms["joint_reward"])


class RolloutError(CommandError):
    """The policy failed in the middle of a rollout, in a way that the caller can mend."""


@dataclass(frozen=True)
class Row:
    """One agent's episode as a training row.

    Attributes:
        prompt_ids: The first observation.
        completion_ids: Replies and later observations, in turn.
        env_mask: 1 where the policy wrote the token, its end-of-sequence tokens included; 0 where
            the env did.
    """

    prompt_ids: list[int]
    completion_ids: list[int]
    env_mask: list[int]


def play(envs: Sequence[CollabEnv[Any]], tasks: Sequence[int], policy: Policy) -> list[Episode]:
    """Play one episode in each env, all in lockstep: the policy is asked once a round.

    Args:
        envs: One env for each episode.
        tasks: The task index of each.
        policy: Asked for every agent that is not done, from its own history alone.

    Raises:
        ValueError: Where an env is there several times.
        TypeError: Where the policy is none, or answers by something else than a reply for each.
        RolloutError: Where the policy raises a CommandError.
    """
    episodes = {n: e for ended in play_rounds(envs, tasks, policy) for n, e in ended.items()}
    return [episodes[n] for n in range(len(envs))]


def play_rounds(
    envs: Sequence[CollabEnv[Any]], tasks: Sequence[int], policy: Policy
) -> Iterator[dict[int, Episode]]:
    """Do what `play` does, and yield after each round the episodes that ended in it, by position.

    So whoever is stopped in the middle has what was finished.
    """
    _check(envs, policy)
    started = time.perf_counter()
    observations, infos = [], []
    for env, task in zip(envs, tasks, strict=True):
        seen, info = env.reset(options={"task": task})
        observations.append(seen)
        infos.append(info)
    histories = [{agent: History() for agent in env.possible_agents} for env in envs]
    seconds = 0.0  # of an episode that is still played
    while playing := [n for n, env in enumerate(envs) if env.agents]:
        asked = [(n, a) for n in playing for a in envs[n].agents if not infos[n][a]["done"]]
        for n, agent in asked:
            histories[n][agent].observations.append(observations[n][agent])
        try:
            replies = policy.act([histories[n][agent] for n, agent in asked])
        except CommandError as problem:
            raise RolloutError(str(problem)) from problem
        _check_replies(replies, len(asked))
        actions: list[dict[str, str]] = [{} for _ in envs]
        for (n, agent), reply in zip(asked, replies, strict=True):
            histories[n][agent].replies.append(reply)
            actions[n][agent] = reply.text
        for n in playing:
            observations[n], _, _, _, info = envs[n].step(actions[n])
            infos[n] |= info
            if gone := [] if envs[n].agents else [a for a in infos[n] if a not in info]:
                infos[n] |= envs[n].infos_of(gone)  # of the end too, as they are trained by it
        seconds += (time.perf_counter() - started) / len(playing)
        yield {
            n: Episode(envs[n].episode, histories[n], infos[n], seconds)
            for n in playing
            if not envs[n].agents
        }
        started = time.perf_counter()


def _check(envs: Sequence[CollabEnv[Any]], policy: Policy) -> None:
    """Refuse what would mix episodes up, or could not be asked."""
    if len({id(env.unwrapped) for env in envs}) < len(envs):
        raise ValueError(
            "envs has the same env several times, and an env plays one episode at a time. Make one "
            "for each episode."
        )
    if not callable(getattr(policy, "act", None)):
        raise TypeError(
            f"policy must have a method act(histories); got {policy!r}. Put a function of one "
            "observation into policies.scripted.ScriptedPolicy."
        )


def _check_replies(replies: Sequence[Reply], asked: int) -> None:
    """Refuse what a policy must not answer."""
    if not isinstance(replies, Sequence):
        raise TypeError(f"policy.act must return a list of Reply; got {type(replies).__name__}.")
    others = {type(reply).__name__ for reply in replies if not isinstance(reply, Reply)}
    if others or len(replies) != asked:
        found = f"{len(replies)} of {', '.join(sorted(others)) or 'them'}"
        raise TypeError(
            f"policy.act must return a Reply for each of the {asked} histories; got {found}. "
            "Return [Reply(text), ...] in the order of the histories."
        )


def training_row(context: Context, history: History) -> Row:
    """Write one agent's history as the tokens that its policy read and wrote."""
    first, *later = history.observations
    completion: list[int] = []
    mask: list[int] = []
    for n, reply in enumerate(history.replies):
        if n:
            between = context.next(later[n - 1], context.ended(completion))
            completion += between
            mask += [0] * len(between)
        completion += reply.token_ids
        mask += [1] * len(reply.token_ids)
    return Row(context.first(first), completion, mask)
