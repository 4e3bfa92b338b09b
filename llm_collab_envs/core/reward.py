"""Quality, speed and coordination cost become one joint reward, and keep their parts.

`JointReward` has the weights and the formula; `RewardAggregator` keeps an episode's reward.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llm_collab_envs.core.arguments import check_real
from llm_collab_envs.core.metrics import Tally


@dataclass(frozen=True)
class Score:
    """What an env's hook says of the product.

    Attributes:
        quality: Q in [0, 1].
        duplication: Share of the product that is there twice, in [0, 1].
        conflicts: Share of the product on which parts contradict each other, in [0, 1].
        metrics: The env's own figures, with the same keys every time.
    """

    quality: float
    duplication: float = 0.0
    conflicts: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RewardParts:
    """A joint reward and what it was made of.

    Attributes:
        joint_reward: R, in [-1, 1].
        quality: Q, the task's own score, in [0, 1].
        speed: S, the expert's critical path over the team's, in [0, 1].
        coordination_cost: C, in [0, 1].
    """

    joint_reward: float
    quality: float
    speed: float
    coordination_cost: float


_WEIGHTS = ("quality", "speed", "coordination")


@dataclass(frozen=True)
class JointReward:
    """R = quality * Q + speed * Q * S - coordination * C.

    Speed is multiplied by quality, so that being fast at nothing earns nothing. The env pays the
    change of R in every step (potential-based shaping, Ng, Harada & Russell 1999, with discount 1),
    so the undiscounted sum over an episode is R at its end.

    Attributes:
        quality: Weight w_q.
        speed: Weight w_s.
        coordination: Weight w_c.
    """

    quality: float = 0.7
    speed: float = 0.3
    coordination: float = 0.2

    def __post_init__(self) -> None:
        """Check that R stays in [-1, 1]."""
        for name in _WEIGHTS:
            weight = check_real(f"the reward's weight {name!r}", getattr(self, name), 0, 1)
            object.__setattr__(self, name, weight)  # as Python's own float, which JSON knows
        if self.quality + self.speed > 1 + 1e-9:
            raise ValueError(
                "reward weights must keep the joint reward in [-1, 1], with quality + speed at "
                f"most 1; got {self}."
            )

    @classmethod
    def of(cls, weights: object) -> JointReward:
        """Return weights that are given as such, by name, or as None for the default ones.

        Raises:
            ValueError: For anything else, or a name that is none of a weight.
        """
        if weights is None or isinstance(weights, JointReward):
            return weights or cls()
        if not isinstance(weights, Mapping) or not set(weights).issubset(_WEIGHTS):
            raise ValueError(
                f"reward must be a JointReward, or its weights by name, some of {[*_WEIGHTS]}; "
                f"got {weights!r}."
            )
        return cls(**weights)

    def combine(
        self, quality: float, reference_path: int, critical_path: int, coordination_cost: float
    ) -> RewardParts:
        """Combine the terms.

        Args:
            quality: Q in [0, 1].
            reference_path: The decentralised expert's critical path on this task, in env tokens.
            critical_path: The team's critical path so far, in env tokens.
            coordination_cost: C in [0, 1].
        """
        speed = min(1.0, reference_path / critical_path) if critical_path else 1.0
        total = (
            self.quality * quality
            + self.speed * quality * speed
            - self.coordination * coordination_cost
        )
        return RewardParts(total, quality, speed, coordination_cost)


class RewardAggregator:
    """The joint reward of one episode, as if it ended now, kept up to date.

    Args:
        weights: Weights and formula.
        rate: Scores parts, {agent: text}; a pure function.
        reference: Returns the expert's critical path; asked once, when some time has passed.
        tally: The episode's time and messages so far.
        talk: Message tokens of the whole team.
    """

    def __init__(
        self,
        weights: JointReward,
        rate: Callable[[Mapping[str, str]], Score],
        reference: Callable[[], int],
        tally: Tally,
        talk: int,
    ) -> None:
        """Start with nothing submitted."""
        self._weights = weights
        self._rate = rate
        self._reference = reference
        self._reference_path: int | None = None
        self._tally = tally
        self._talk = max(1, talk)
        self._parts: dict[str, str] = {}
        self._product = rate(self._parts)
        self._current = self._joint_reward(self._product)

    def update(self, parts: Mapping[str, str], anew: bool = False) -> float:
        """Take in what has been submitted by now, and return the change of R.

        Args:
            parts: By agent.
            anew: Whether the same parts may have become worth something else.
        """
        before = self._current.joint_reward
        if anew or parts != self._parts:
            self._parts = dict(parts)
            self._product = self._rate(self._parts)
        self._current = self._joint_reward(self._product)
        return self._current.joint_reward - before

    def without(self, agent: str) -> RewardParts:
        """Return R with an agent's submission, messages and time blanked."""
        if agent not in self._parts:
            return self._joint_reward(self._product, agent)
        parts = {a: text for a, text in self._parts.items() if a != agent}
        return self._joint_reward(self._rate(parts), agent)

    def credit(self, agent: str) -> float:
        """Return an agent's difference reward: R minus R without it."""
        return self._current.joint_reward - self.without(agent).joint_reward

    def terms(self) -> dict[str, float]:
        """Return R, what it was made of and the env's own figures, the same keys every time."""
        return {
            **vars(self._current),
            "critical_path": self._tally.critical_path(),
            "message_tokens": self._tally.message_tokens(),
            "duplication": self._product.duplication,
            "conflicts": self._product.conflicts,
            **self._product.metrics,
        }

    def reference_path(self) -> int:
        """Return the expert's critical path on this task at this team size."""
        if self._reference_path is None:
            self._reference_path = self._reference()
        return self._reference_path

    def _joint_reward(self, score: Score, without: str | None = None) -> RewardParts:
        talk = self._tally.message_tokens(without) / self._talk
        path = self._tally.critical_path(without)
        return self._weights.combine(
            quality=score.quality,
            reference_path=self.reference_path() if path else 0,
            critical_path=path,
            coordination_cost=min(1.0, talk + score.duplication + score.conflicts),
        )
