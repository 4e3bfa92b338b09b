"""Team: the agents of one episode; what each has said, submitted and been told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from llm_collab_envs.core.actions import Action, parse
from llm_collab_envs.core.channel import Channel
from llm_collab_envs.core.conditions import Condition
from llm_collab_envs.core.episode import Turn as TurnLog
from llm_collab_envs.core.metrics import Tally
from llm_collab_envs.core.observation import Turn

_SHOWN = 3  # messages over the budget that one notice tells of


class Team:
    """The agents of one episode.

    Args:
        agents: All agents' names.
        budget: Message tokens that each agent may spend.
        condition: What is uneven or fails.

    Attributes:
        present: Who has not left.
        channel: Their messages.
        parts: What has been submitted so far, by agent.
        done: Who has declared itself finished.
        tally: The running metrics.
    """

    def __init__(self, agents: Sequence[str], budget: int, condition: Condition) -> None:
        """Start with nothing said or submitted."""
        self.present = list(agents)
        self.condition = condition
        self.channel = Channel({a: condition.budget(a, budget) for a in agents}, condition.carry)
        self.parts: dict[str, str] = {}
        self.done: set[str] = set()
        self.tally = Tally(agents)
        self._part_tokens: dict[str, int] = {}
        self._notices: dict[str, list[str]] = {agent: [] for agent in agents}
        self._teammates = {agent: frozenset(agents) - {agent} for agent in agents}
        self._agents = list(agents)
        self._heirs: dict[str, str] = {}  # who has left, and is known to: who takes over its part

    def play(self, round_: int, actions: Mapping[str, str]) -> dict[str, TurnLog]:
        """Carry out one round of replies, {agent: text}, and return what came of them."""
        turns = {agent: self._act(round_, agent, reply) for agent, reply in actions.items()}
        self.tally.add(turns)
        self.channel.arrive(round_)
        return turns

    def leave(self, agent: str, announced: bool) -> None:
        """Let an agent leave for good; what it has submitted stays.

        Args:
            agent: Who leaves.
            announced: Whether its teammates are told. Then the next of them that is not done takes
                over its part, and sees what only it knew, or had taken over itself.
        """
        self.present.remove(agent)
        self.tell(agent, ["you have left for good."])
        orphans = [*(gone for gone, heir in self._heirs.items() if heir == agent), agent]
        at = self._agents.index(agent)
        order = [a for a in self._agents[at:] + self._agents[:at] if a in self.present]
        heir = next((a for a in order if a not in self.done), order[0] if order else None)
        for orphan in orphans:
            self._heirs.pop(orphan, None)
            if announced and heir:
                self._heirs[orphan] = heir

    def inherited(self, agent: str) -> list[str]:
        """Return who has left for good and had its part taken over by `agent`."""
        return [gone for gone, heir in self._heirs.items() if heir == agent]

    def tell(self, agent: str, notices: Iterable[str]) -> None:
        """Add to what `agent` is told in its next observation, and only there."""
        self._notices[agent] += notices

    def turn(self, agent: str, round_: int, max_cycles: int, over: bool) -> Turn:
        """Return what changes from round to round for `agent`."""
        return Turn(
            round=round_,
            max_cycles=max_cycles,
            budget_left=self.channel.left[agent],
            submitted=self._part_tokens.get(agent),
            inbox=self.channel.inbox(agent),
            notices=[
                *self.condition.limits(agent, round_),
                *self._notices[agent],
                *self._departures(agent),
                *self.condition.tell(agent, round_),
            ],
            inherited=self.inherited(agent),
            limit=self.condition.sight(agent),
            over=over,
        )

    def _departures(self, agent: str) -> Iterator[str]:
        """Say who has left and who takes over, in every round: a policy may have no memory."""
        for gone, heir in self._heirs.items():
            if gone == agent:
                continue
            left = "its submission stays" if gone in self.parts else "with nothing submitted"
            takes = "you take" if heir == agent else f"{heir} takes"
            yield f"{gone} has left for good, {left}; {takes} over its part."

    def _act(self, round_: int, agent: str, reply: str) -> TurnLog:
        """Carry out one reply; what a finished agent says does and costs nothing."""
        self._notices[agent] = []
        if agent in self.done:
            return TurnLog(reply, 0, 0, "")
        action = parse(self.condition.reply(agent, round_, reply), self._teammates[agent])
        if action.error:
            self.tell(agent, [f"your last reply did nothing: {action.error}."])
        elif action.tokens and action == Action(tokens=action.tokens):
            self.tell(agent, ["your last reply did nothing: it has no tag."])
        spent, dropped = self.channel.send(round_, agent, action.says)
        if dropped:
            over = f"{len(dropped)} messages were over your budget and not sent"
            each = [f"{cost} tokens with {left} left" for cost, left in dropped[:_SHOWN]]
            self.tell(agent, [f"{over}: {', '.join(each)}."])
        self._take(agent, action)
        slowdown = self.condition.slowdown(agent)
        return TurnLog(reply, action.tokens, spent, action.error, slowdown)

    def _take(self, agent: str, action: Action) -> None:
        if action.submission is not None:
            self.parts[agent] = action.submission
            self._part_tokens[agent] = action.submission_tokens
        if action.done:
            self.done.add(agent)
