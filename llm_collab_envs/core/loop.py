"""EpisodeLoop: the rounds of one episode; replies go in, observations and the reward come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llm_collab_envs.core.episode import EpisodeLog, Round
from llm_collab_envs.core.observation import ObservationCollector
from llm_collab_envs.core.reward import RewardAggregator
from llm_collab_envs.core.team import Team


class EpisodeLoop:
    """One episode in progress.

    Args:
        log: The record that rounds are added to.
        team: The agents.
        collector: Writes the observations.
        aggregator: Keeps the joint reward.
        feedback: What the env tells an agent about the round just played.
        max_cycles: Rounds before truncation.
    """

    def __init__(
        self,
        log: EpisodeLog,
        team: Team,
        collector: ObservationCollector,
        aggregator: RewardAggregator,
        feedback: Callable[[str], list[str]],
        max_cycles: int,
    ) -> None:
        """Keep the parts; the first round is to be played."""
        self.log = log
        self.team = team
        self.aggregator = aggregator
        self.max_cycles = max_cycles
        self._collector = collector
        self._feedback = feedback

    def play(self, actions: Mapping[str, str]) -> float:
        """Play and log a round, and return what it pays: the change of the joint reward."""
        team, condition, round_ = self.team, self.team.condition, self._round
        turns = team.play(round_, {a: actions.get(a, "") for a in team.present})
        for agent in team.present:
            team.tell(agent, self._feedback(agent))
        over = self.terminated or round_ >= self.max_cycles  # and there is none to leave
        departures = [] if over else condition.departures(round_)
        leaving = [d for d in departures if d.agent in team.present]
        for departure in leaving:
            team.leave(departure.agent, departure.announced)
        # Whoever takes over may have submitted what was not its own to submit until now.
        reward = self.aggregator.update(team.parts, anew=bool(leaving))
        terms, events = self.aggregator.terms(), condition.take_events()
        self.log.rounds.append(Round(turns, reward, terms, events))
        return reward

    def run(
        self, observations: Mapping[str, str], policy: Callable[[str], str]
    ) -> dict[str, float]:
        """Let every agent follow a policy to the end; return the terms of the joint reward.

        Infos are not made, as agents' credit takes longer than all the rest.
        """
        while not self.over:
            self.play({agent: policy(observations[agent]) for agent in self.team.present})
            observations = self.observations(self.team.present)
        return self.aggregator.terms()

    @property
    def terminated(self) -> bool:
        """Whether all agents are done that have not left."""
        return self.team.done.issuperset(self.team.present)

    @property
    def truncated(self) -> bool:
        """Whether the rounds are over before all agents are done."""
        return not self.terminated and len(self.log.rounds) >= self.max_cycles

    @property
    def over(self) -> bool:
        """Whether the episode has ended, in either way."""
        return self.terminated or self.truncated

    def observations(self, agents: Sequence[str]) -> dict[str, str]:
        """Return what agents see before the next round, or after the last."""
        over = self.over
        round_ = self._round - over
        turns = ((agent, self.team.turn(agent, round_, self.max_cycles, over)) for agent in agents)
        return {agent: self._collector.observe(agent, turn) for agent, turn in turns}

    def infos(self, agents: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return agents' figures; the difference reward comes when one's episode has ended."""
        playing = () if self.over else self.team.present
        terms = self.aggregator.terms()
        return {
            agent: {
                **terms,
                "malformed": self.team.tally.malformed[agent],
                "done": int(agent in self.team.done),
                "difference_reward": 0.0 if agent in playing else self.aggregator.credit(agent),
                **self.team.condition.figures(agent),
            }
            for agent in agents
        }

    @property
    def _round(self) -> int:
        return len(self.log.rounds) + 1
