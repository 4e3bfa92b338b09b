"""Heterogeneous: agents with limits of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pettingzoo import ParallelEnv

from llm_collab_envs.core.actions import cut_tokens
from llm_collab_envs.core.arguments import check_agents, check_number, check_parallel
from llm_collab_envs.core.wrapper import TeamWrapper

Limit = int | Mapping[str, int]
LEAST_LENGTH = 256


class Heterogeneous(TeamWrapper):
    """Some agents can do less than others, as where models of several sizes form a team.

    Each limit is one number, for the limited agents, or {agent: number}. Agents know their own
    limits. Infos add `heterogeneous`: 1 for an agent that has a limit, 0 for others.

    Args:
        env: Any env of this package; it is changed for good.
        token_cap: Env tokens of a reply; what is longer is cut there, and most likely broken.
        message_budget: Message tokens in an episode.
        observation_length: Characters of an observation, 256 or more. Messages have up to a quarter
            of it, and beyond that what the private view leaves, of which they push out the end; the
            oldest are left out first.
        every: The agent can act in every so-many-th round only, beginning with the first.
        agents: Who is limited, or None to draw `count` of them for each episode. Of no account
            where a limit names its agents.
        count: How many to draw; all where the team has fewer.
        seed: Of the draw.

    Raises:
        ValueError: Also where there is no limit at all.
    """

    def __init__(
        self,
        env: ParallelEnv[str, str, str],
        token_cap: Limit | None = None,
        message_budget: Limit | None = None,
        observation_length: Limit | None = None,
        every: Limit | None = None,
        agents: Sequence[str] | None = None,
        count: int = 1,
        seed: int = 0,
    ) -> None:
        """Check the arguments."""
        check_parallel(type(self).__name__, env)
        limits = {
            "token_cap": (token_cap, 0),
            "message_budget": (message_budget, 0),
            "observation_length": (observation_length, LEAST_LENGTH),
            "every": (every, 1),
        }
        if all(limit is None or limit == {} for limit, _ in limits.values()):
            raise ValueError(
                "Heterogeneous needs a limit, as it does nothing without one; got none. Give one "
                f"of {', '.join(limits)}."
            )
        for name, (limit, least) in limits.items():
            for number in limit.values() if isinstance(limit, Mapping) else [limit]:
                if number is not None:
                    check_number(name, number, least)
        self._limits = {
            name: dict(limit) if isinstance(limit, Mapping) else limit
            for name, (limit, _) in limits.items()
        }
        for limit in self._limits.values():
            named = limit if isinstance(limit, Mapping) else ()
            check_agents(type(self).__name__, named, env.possible_agents)
        super().__init__(env, seed, **self._limits, agents=agents, count=count)
        self._limited: list[str] = []

    def start(self, agents: Sequence[str], max_cycles: int, task: int) -> None:
        """Draw who is limited."""
        self._limited = self._pick(agents, self._rng(task))

    def _limit(self, name: str, agent: str) -> int | None:
        limit = self._limits[name]
        if isinstance(limit, Mapping):
            return limit.get(agent)
        return limit if agent in self._limited else None

    def budget(self, agent: str, budget: int) -> int:
        """Return the agent's own budget, where it has one."""
        own = self._limit("message_budget", agent)
        return budget if own is None else own

    def sight(self, agent: str) -> int | None:
        """Return how long the agent's observations may be."""
        return self._limit("observation_length", agent)

    def reply(self, agent: str, round_: int, text: str) -> str:
        """Cut a reply, or drop it in a round in which the agent cannot act."""
        if not self._acts(agent, round_):
            if text:
                self.events.append(f"{agent} could not act in this round")
            return ""
        cap = self._limit("token_cap", agent)
        kept = text if cap is None else cut_tokens(text, cap)
        if kept != text:
            self.events.append(f"the reply of {agent} was cut after {cap} tokens")
        return kept

    def limits(self, agent: str, round_: int) -> list[str]:
        """Say what the agent's limits are."""
        lines = []
        cap, every = self._limit("token_cap", agent), self._limit("every", agent)
        length = self._limit("observation_length", agent)
        if cap is not None:
            lines.append(f"your replies are cut after {cap} tokens.")
        if length is not None:
            lines.append(f"you see {length} characters at most.")
        if every is not None and every > 1:
            now = "you can act now" if self._acts(agent, round_) else "now you cannot act"
            lines.append(f"you can act in one of {every} rounds; {now}.")
        return lines

    def figures(self, agent: str) -> dict[str, float]:
        """Return whether the agent has a limit."""
        limited = any(self._limit(name, agent) is not None for name in self._limits)
        return {"heterogeneous": float(limited)}

    def _acts(self, agent: str, round_: int) -> bool:
        every = self._limit("every", agent)
        return every is None or (round_ - 1) % every == 0
