"""What the policy is paid with, and how that becomes an advantage.

A training row is one agent's episode. Rows of the same (task, agent) over `num_generations` joint
episodes form a group, and GRPO's advantage is relative to the group (Shao et al. 2024, eq. 3):

    A_g = (r_g - mean(r)) / (std(r) + eps)

With the joint reward as r, every agent of an episode gets the same advantage: the team is credited
as one. With difference rewards (R minus R without the agent's contributions), each agent is
credited with what it changed itself. Both are reward functions in TRL's sense; the trainer weighs
them and TRL computes the advantages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-4


def joint_reward(joint: Sequence[float], **_: Any) -> list[float]:
    """Pay every agent the team's joint reward R."""
    return list(joint)


def difference_reward(difference: Sequence[float], **_: Any) -> list[float]:
    """Pay each agent R minus R with its own contributions blanked."""
    return list(difference)


def group_relative(rewards_BG: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the advantages of groups of rewards, as TRL computes them.

    Args:
        rewards_BG: Rewards, shape (groups, generations).

    Returns:
        Advantages of the same shape; 0 throughout a group whose rewards are all equal.
    """
    mean_B = rewards_BG.mean(axis=1, keepdims=True)
    std_B = rewards_BG.std(axis=1, ddof=1, keepdims=True)
    advantages: NDArray[np.float64] = (rewards_BG - mean_B) / (std_B + EPSILON)
    return advantages
