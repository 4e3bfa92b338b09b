"""JointReward: quality, speed and coordination cost become one number, and keep their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
        if min(self.quality, self.speed, self.coordination) < 0:
            raise ValueError(f"reward weights must be 0 or more; got {self}.")
        if self.quality + self.speed > 1 + 1e-9 or self.coordination > 1:
            raise ValueError(
                "reward weights must keep the joint reward in [-1, 1]: quality + speed at most 1 "
                f"and coordination at most 1; got {self}."
            )

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
