"""TorchRL: an `EnvBase` whose observations and actions are the agents' own text.

    from llm_collab_envs import make
    from llm_collab_envs.interop.torchrl import TextTeamEnv

    env = TextTeamEnv(make("section_writing_v0"))

TorchRL's `PettingZooWrapper` cannot be used on an env of text: it refuses this package's spaces,
and where spaces are Gymnasium's `Text` it puts the constant "a string" in place of every
observation, without a warning. It works on tensors:

    PettingZooWrapper(to_tensor_env(env), use_mask=False)

where `llm_collab_envs.wrappers.to_tensor_env` keeps every agent to the end, as that wrapper wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pettingzoo import ParallelEnv

from llm_collab_envs.wrappers.keep_alive import KeepAlive

try:
    import torch
    from tensordict import NonTensorStack, TensorDict, TensorDictBase
    from torchrl.data import Binary, Composite, NonTensor, Unbounded
    from torchrl.envs import EnvBase
except ImportError as problem:
    raise ImportError(
        f"llm_collab_envs.interop.torchrl needs TorchRL, but: {problem}. "
        "Run pip install -U 'llm-collab-envs[torchrl]'."
    ) from problem

GROUP = "agents"
_ENDS = ("done", "terminated", "truncated")


class TextTeamEnv(EnvBase):
    """A team of agents in TorchRL, with text in and text out.

    All agents are one group, "agents", in the order of `possible_agents`, and stay to the end of
    the episode. With n of them, an entry of a rollout has

        ("agents", "observation")       n texts, a `NonTensorStack`
        ("agents", "action")            n texts, which a policy sets: `texts(...)` makes them
        ("next", "agents", "reward")    (n, 1), what each is paid
        ("next", "joint_reward")        (1,), R as if the episode ended now; also at the start
        ("next", "done"), "terminated", "truncated"     (1,), of the whole team

    Args:
        env: An env of text, wrapped or not.

    Attributes:
        agents: Who the rows are.
    """

    def __init__(self, env: ParallelEnv[str, str, str]) -> None:
        """Write the specs."""
        super().__init__(device="cpu", batch_size=torch.Size([]))
        self._env = KeepAlive(env)
        self._next_seed: int | None = None
        self.agents: list[str] = env.possible_agents
        n = len(self.agents)
        one = Unbounded(shape=(1,))
        self.observation_spec = Composite(
            {GROUP: self._texts_spec("observation"), "joint_reward": one}
        )
        self.action_spec = Composite({GROUP: self._texts_spec("action")})
        paid = Composite({"reward": Unbounded(shape=(n, 1))}, shape=(n,))
        self.reward_spec = Composite({GROUP: paid})
        self.done_spec = Composite(
            {name: Binary(n=1, shape=(1,), dtype=torch.bool) for name in _ENDS}
        )

    def _texts_spec(self, name: str) -> Composite:
        n = len(self.agents)
        return Composite({name: NonTensor(shape=(n,), example_data="")}, shape=(n,))

    def _reset(self, tensordict: TensorDictBase | None = None, **more: Any) -> TensorDictBase:
        """Start an episode; `reset(options={"task": i})` names its task."""
        observations, _ = self._env.reset(seed=self._next_seed, options=more.get("options"))
        self._next_seed = None
        return self._entry({"observation": self._row(observations)}, False, False)

    def _step(self, tensordict: TensorDictBase) -> TensorDictBase:
        actions = dict(zip(self.agents, texts_of(tensordict, "action"), strict=True))
        observations, rewards, ended, cut, _ = self._env.step(actions)
        row = {
            "observation": self._row(observations),
            "reward": torch.tensor([[float(rewards[agent])] for agent in self.agents]),
        }
        return self._entry(row, any(ended.values()), any(cut.values()))

    def _set_seed(self, seed: int | None) -> None:
        """Seed the next reset."""
        self._next_seed = seed

    def _row(self, observations: Mapping[str, str]) -> NonTensorStack:
        return texts([observations[agent] for agent in self.agents])

    def _entry(self, row: Mapping[str, Any], terminated: bool, truncated: bool) -> TensorDictBase:
        ends = (terminated or truncated, terminated, truncated)
        return TensorDict(
            {
                GROUP: TensorDict(dict(row), batch_size=[len(self.agents)]),
                "joint_reward": torch.tensor([float(self._env.unwrapped.joint_reward)]),
                **{name: torch.tensor([end]) for name, end in zip(_ENDS, ends, strict=True)},
            },
            batch_size=[],
        )


def texts(replies: Sequence[str]) -> NonTensorStack:
    """Return replies as a policy has to set them.

        td["agents", "action"] = texts(["<done/>"] * 4)

    Args:
        replies: A reply for each agent, in the order of the agents.
    """
    return NonTensorStack(*replies)


def texts_of(tensordict: TensorDictBase, name: str = "observation") -> list[str]:
    """Return the agents' observations, or their actions, as a list in the order of the agents."""
    return list(tensordict.get((GROUP, name)).tolist())
