"""TRL: one seat of a team for `GRPOTrainer(environment_factory=...)`, its teammates fixed.

TRL's environments are played by tool calls, so that any chat model that can call a tool can play:
the tool `act` takes a reply in the suite's grammar, and gives back what the agent sees next.

    factory = TextEnvFactory("section_writing_v0", team_size=4)
    GRPOTrainer(model, args=args, environment_factory=factory,
                train_dataset=Dataset.from_list(factory.rows(64)))

Training every seat at once, on the joint reward, is what `baselines` does. Needs nothing installed
beside this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.registry import make
from llm_collab_envs.wrappers.single_agent import SingleAgentView

OVER = "The episode is over."


class SeatEnv:
    """One seat, as TRL plays an environment; `TextEnvFactory` makes them.

    Args:
        env: The seat, with text in and text out.
    """

    def __init__(self, env: SingleAgentView) -> None:
        """Keep the env; TRL calls `reset` before each episode."""
        self._env = env
        self._reward = 0.0
        self._over = True

    def reset(self, seed: int | None = None, **_: Any) -> str:
        """Start the episode that a row of the dataset names, and return the first observation.

        Args:
            seed: Of the episode; rows with the same seed are the same task.
        """
        observation, _infos = self._env.reset(seed=seed)
        self._reward, self._over = 0.0, False
        return str(observation)

    def act(self, reply: str) -> str:
        """Play one round of the job with your team.

        Args:
            reply: Your whole reply for this round, in the tags that the job's text explains.

        Returns:
            What you see next: messages from teammates, budgets, and what was wrong with your reply.
        """
        if self._over:
            return OVER
        observation, reward, terminated, truncated, _ = self._env.step(reply)
        self._reward += reward
        self._over = terminated or truncated
        return OVER if self._over else split_briefing(observation)[1]

    def get_reward(self) -> float:
        """Return what the seat was paid: the joint reward as far as the episode was played."""
        return self._reward


class TextEnvFactory:
    """Makes the environments of a `GRPOTrainer`, one for each episode played at once.

    Args:
        env_id: Env id.
        agent: The seat to train.
        teammates: What the others do: one policy for all of them, {agent: policy} for each, or None
            for the env's expert.
        **settings: Of the env, as in `llm_collab_envs.make`.

    Raises:
        ValueError: For an agent that the env does not have, or a teammate without a policy.
    """

    def __init__(
        self,
        env_id: str,
        agent: str = "agent_0",
        teammates: Callable[[str], str] | Mapping[str, Callable[[str], str]] | None = None,
        **settings: Any,
    ) -> None:
        """Make one environment, so that a wrong setting is found here and not in training."""
        self._settings = (env_id, agent, teammates, settings)
        self()

    def __call__(self) -> SeatEnv:
        """Return an environment."""
        env_id, agent, teammates, settings = self._settings
        return SeatEnv(SingleAgentView(make(env_id, **settings), agent, teammates))

    def rows(self, count: int, seed: int = 0) -> list[dict[str, Any]]:
        """Return rows of a training dataset, one task each.

        GRPO plays each row several times, and compares the episodes of a row with one another; so
        the row has to name the task. Without a dataset every episode would have its own.

        Args:
            count: How many.
            seed: Of the first; the others follow.
        """
        prompt = [{"role": "user", "content": ""}]  # `reset` adds the observation
        return [{"prompt": prompt, "seed": seed + n} for n in range(count)]
