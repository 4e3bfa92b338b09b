"""AgentDropout: agents that leave, for good or for some rounds."""

from __future__ import annotations

from collections.abc import Sequence

from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_flag, check_number
from llm_collab_envs.core.conditions import Departure
from llm_collab_envs.core.wrapper import TeamWrapper

FIRST = 2
CHANCE = 2 / 3  # that an agent misses the next round, where the round is drawn


class AgentDropout(TeamWrapper):
    """Some agents leave, and the episode goes on with the rest.

    One that leaves for good is terminated after its last round, as PettingZoo's rules have it; what
    it submitted stays, and `env.unwrapped.infos_of` tells at the end what it was worth. Where
    that is announced, all are told so from then on, and one of them that is not done is named to
    take over: its observations then show what only the leaver knew. One that is away for some
    rounds stays in the env, but what it replies does nothing and costs nothing. Infos add
    `agent_dropout`, how many are missing.

    Args:
        env: Any env of this package; it is changed for good.
        at_round: The first round that they miss, 2 or more, or None to draw it for each: round 2
            with a chance of two in three, else round 3 with the same chance, and so on. Most teams
            are done in two or three rounds.
        away_rounds: How many rounds they miss, or None where they leave for good.
        announced: Whether teammates are told.
        agents: Who leaves, or None to draw `count` of them for each episode.
        count: How many to draw; all where the team has fewer.
        seed: Of the draws.
    """

    def __init__(
        self,
        env: ParallelEnv[str, str, str],
        at_round: int | None = None,
        away_rounds: int | None = None,
        announced: bool = True,
        agents: Sequence[str] | None = None,
        count: int = 1,
        seed: int = 0,
    ) -> None:
        """Check the arguments."""
        if at_round is not None:
            check_number("at_round", at_round, FIRST)
        if away_rounds is not None:
            check_number("away_rounds", away_rounds, 1)
        announced = check_flag("announced", announced)
        settings = {"at_round": at_round, "away_rounds": away_rounds, "announced": announced}
        super().__init__(env, seed, **settings, agents=agents, count=count)
        self._at_round = at_round
        self._away_rounds = away_rounds
        self._announced = announced
        self._leaves: dict[str, int] = {}
        self._missing = 0

    def start(self, agents: Sequence[str], max_cycles: int, task: int) -> None:
        """Draw who leaves, and when."""
        rng = self._rng(task)
        latest = max(FIRST, max_cycles)
        self._missing = 0
        self._leaves = {
            agent: self._at_round or min(FIRST - 1 + int(rng.geometric(CHANCE)), latest)
            for agent in self._pick(agents, rng)
        }

    def reply(self, agent: str, round_: int, text: str) -> str:
        """Drop what an agent replies that is away."""
        if not self._away(agent, round_):
            return text
        if text:
            self.events.append(f"{agent} was away in this round")
        return ""

    def departures(self, round_: int) -> list[Departure]:
        """Return who leaves for good after a round; note who goes and who comes back."""
        following = round_ + 1
        going = [agent for agent, first in self._leaves.items() if first == following]
        if self._away_rounds is None:
            self._missing += len(going)
            self.events += [f"{agent} has left for good" for agent in going]
            return [Departure(agent, self._announced) for agent in going]
        self._missing = sum(self._away(agent, following) for agent in self._leaves)
        self.events += [f"{agent} is away for {self._away_rounds} rounds" for agent in going]
        return []

    def tell(self, agent: str, round_: int) -> list[str]:
        """Say who is away; of those that left for good the loop tells."""
        lines = []
        for gone, first in self._leaves.items():
            if self._away(gone, round_) and (self._announced or gone == agent):
                who = "you are" if gone == agent else f"{gone} is"
                lines.append(f"{who} away until round {first + (self._away_rounds or 0)}.")
        return lines

    def figures(self, agent: str) -> dict[str, float]:
        """Return how many agents are missing."""
        return {"agent_dropout": float(self._missing)}

    def _away(self, agent: str, round_: int) -> bool:
        first = self._leaves.get(agent)
        if first is None or self._away_rounds is None:
            return False
        return first <= round_ < first + self._away_rounds
