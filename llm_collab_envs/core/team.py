"""Team: the agents of one episode; what each has said, submitted and been told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from llm_collab_envs.core.actions import Action, count_tokens, parse
from llm_collab_envs.core.channel import Channel
from llm_collab_envs.core.episode import Turn as TurnLog
from llm_collab_envs.core.metrics import Tally
from llm_collab_envs.core.observation import Turn


class Team:
    """The agents of one episode.

    Args:
        agents: All agents' names.
        budget: Message tokens that each agent may spend.

    Attributes:
        channel: Their messages.
        parts: What has been submitted so far, by agent.
        done: Who has declared itself finished.
        tally: The running metrics.
    """

    def __init__(self, agents: Sequence[str], budget: int) -> None:
        """Start with nothing said or submitted."""
        self.channel = Channel(agents, budget)
        self.parts: dict[str, str] = {}
        self.done: set[str] = set()
        self.tally = Tally(agents)
        self._part_tokens: dict[str, int] = {}
        self._notices: dict[str, list[str]] = {agent: [] for agent in agents}
        self._teammates = {agent: frozenset(agents) - {agent} for agent in agents}

    def play(self, round_: int, actions: Mapping[str, str]) -> dict[str, TurnLog]:
        """Carry out one round of replies, {agent: text}, and return what came of them."""
        turns = {agent: self._act(round_, agent, reply) for agent, reply in actions.items()}
        self.tally.add(turns)
        return turns

    def tell(self, agent: str, notices: Iterable[str]) -> None:
        """Add to what `agent` is told in its next observation, and only there."""
        self._notices[agent] += notices

    def turn(self, agent: str, round_: int, max_cycles: int) -> Turn:
        """Return what changes from round to round for `agent`."""
        return Turn(
            round=round_,
            max_cycles=max_cycles,
            budget_left=self.channel.left[agent],
            submitted=self._part_tokens.get(agent),
            inbox=self.channel.inbox(agent),
            notices=self._notices[agent],
        )

    def _act(self, round_: int, agent: str, reply: str) -> TurnLog:
        """Carry out one reply; what a finished agent says does and costs nothing."""
        self._notices[agent] = []
        if agent in self.done:
            return TurnLog(reply, 0, 0, "")
        action = parse(reply, self._teammates[agent])
        if action.error:
            self.tell(agent, [f"your last reply did nothing: {action.error}."])
        spent, dropped = self.channel.send(round_, agent, action.says)
        if dropped:
            self.tell(agent, [f"{dropped} messages were over your budget and not sent."])
        self._take(agent, action)
        return TurnLog(reply, action.tokens, spent, action.error)

    def _take(self, agent: str, action: Action) -> None:
        if action.submission is not None:
            self.parts[agent] = action.submission
            self._part_tokens[agent] = count_tokens(action.submission)
        if action.done:
            self.done.add(agent)
