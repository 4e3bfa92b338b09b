"""TorchRL: text by `TextTeamEnv`, tensors by its own wrapper, and an update of MAPPO on them.

Run by `make interop LIB=torchrl`. That parameters move and rewards are the env's own shows that the
libraries fit together, and not that anything is learned.
"""

from __future__ import annotations

import string
import sys
from copy import deepcopy
from functools import partial
from typing import Any

import gymnasium
import pytest
import torch
from pettingzoo.utils import BaseParallelWrapper
from tensordict.nn import TensorDictModule
from torch.distributions import Categorical
from torchrl.collectors import Collector
from torchrl.envs import PettingZooWrapper, SerialEnv, check_env_specs
from torchrl.modules import MultiAgentMLP, ProbabilisticActor
from torchrl.objectives import ClipPPOLoss, ValueEstimators

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.interop.torchrl import TextTeamEnv, texts, texts_of
from llm_collab_envs.wrappers import AgentDropout, to_tensor_env

ENV = "section_writing_v0"
LENGTH = 256
FRAMES = 48


def expert_of(env_id: str) -> Any:
    """The env's expert as a TorchRL policy."""
    expert = make(env_id)._expert()

    def policy(td: Any) -> Any:
        td["agents", "action"] = texts([expert(seen) for seen in texts_of(td)])
        return td

    return policy


class GymnasiumText(BaseParallelWrapper):
    """An env with Gymnasium's own text spaces in place of `UnicodeText`."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        space = gymnasium.spaces.Text(2**20, charset=string.printable)
        self._spaces = {agent: deepcopy(space) for agent in env.possible_agents}

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        return self._spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        return self._spaces[agent]


def warnings_are_true() -> None:
    """What the module's docstring says of TorchRL's own wrapper on text."""
    with pytest.raises(KeyError, match="UnicodeText"):
        PettingZooWrapper(make(ENV), use_mask=False)
    td = PettingZooWrapper(GymnasiumText(make(ENV)), use_mask=False).reset()
    seen = str(td.get(("agent", "observation")).tolist())
    assert "a string" in seen, seen
    assert "You are agent_0" not in seen
    print("PettingZooWrapper on text:", seen[:60])


def text(env_id: str) -> None:
    env, own = TextTeamEnv(make(env_id)), make(env_id)
    check_env_specs(env)
    env.set_seed(3)
    played = env.rollout(20, expert_of(env_id))
    expert = own._expert()
    seen, _ = own.reset(seed=3)
    for entry in played:
        assert texts_of(entry) == [seen[agent] for agent in own.possible_agents]
        seen, *_ = own.step({agent: expert(seen[agent]) for agent in own.agents})
    assert not own.agents
    paid = played["next", "agents", "reward"].sum(0).flatten()
    joint = own.episode.rounds[-1].terms["joint_reward"]
    assert torch.allclose(paid, torch.full_like(paid, joint), atol=1e-5)
    assert torch.isclose(played["next", "joint_reward"][-1, 0], torch.tensor(joint), atol=1e-5)
    assert bool(played["next", "terminated"][-1])
    print(f"TextTeamEnv, {env_id}: expert paid {paid[0]:.3f}, the env's own")


def text_in_batches() -> None:
    """Two envs side by side, a collector, and a team that loses an agent."""
    pair = SerialEnv(2, partial(TextTeamEnv, make(ENV)))
    assert pair.rollout(3).shape == (2, 3)
    env = TextTeamEnv(AgentDropout(make(ENV), at_round=2))
    frames = 0
    for batch in Collector(env, expert_of(ENV), frames_per_batch=8, total_frames=16):
        frames += batch.numel()
        assert all(seen.startswith("You are ") for seen in texts_of(batch[0]))
    assert frames == 16
    print("TextTeamEnv in SerialEnv and Collector: ok")


def text_without_the_first_agent() -> None:
    """The joint reward goes on where the agent has left whose row is the first."""
    own = make(ENV)
    team = TextTeamEnv(AgentDropout(own, at_round=2, agents=own.possible_agents[:1]))
    played = team.rollout(20, expert_of(ENV))
    joint = [round_.terms["joint_reward"] for round_ in own.episode.rounds]
    assert torch.allclose(played["next", "joint_reward"].flatten(), torch.tensor(joint))
    assert joint[-1] > joint[0]
    print(f"TextTeamEnv without its first agent: {joint[-1]:.3f}, the env's own")


def networks(env: Any, agents: int, choices: int) -> tuple[Any, Any]:
    """An actor that sees one agent's observation, and a critic that sees all of them."""
    net = partial(MultiAgentMLP, n_agents=agents, share_params=True, depth=1, num_cells=32)
    logits = net(n_agent_inputs=LENGTH, n_agent_outputs=choices, centralized=False)
    value = net(n_agent_inputs=LENGTH, n_agent_outputs=1, centralized=True)
    seen = ("agent", "observation")
    actor = ProbabilisticActor(
        TensorDictModule(logits, [seen], [("agent", "logits")]),
        spec=env.full_action_spec,
        in_keys=[("agent", "logits")],
        out_keys=[env.action_key],
        distribution_class=Categorical,
        return_log_prob=True,
        log_prob_key=("agent", "sample_log_prob"),
    )
    return actor, TensorDictModule(value, [seen], [("agent", "state_value")])


def mappo(env_id: str) -> None:
    """One update of PPO with a centralised critic."""
    torch.manual_seed(0)
    stack = to_tensor_env(make(env_id), length=LENGTH)
    env = PettingZooWrapper(stack, use_mask=False, categorical_actions=True)
    check_env_specs(env)
    actor, critic = networks(env, len(stack.possible_agents), len(stack.menu.meanings))
    loss = ClipPPOLoss(actor, critic)
    loss.set_keys(
        reward=env.reward_key,
        action=env.action_key,
        value=("agent", "state_value"),
        done=("agent", "done"),
        terminated=("agent", "terminated"),
        sample_log_prob=("agent", "sample_log_prob"),
    )
    loss.make_value_estimator(ValueEstimators.GAE, gamma=1.0, lmbda=0.95)
    before = [parameter.detach().clone() for parameter in loss.parameters()]
    optimizer = torch.optim.Adam(loss.parameters(), lr=1e-3)
    for batch in Collector(env, actor, frames_per_batch=FRAMES, total_frames=FRAMES):
        check_rewards(batch, stack.possible_agents[0])
        loss.value_estimator(batch, params=loss.critic_network_params)
        terms = loss(batch)
        total = sum(term for name, term in terms.items() if name.startswith("loss_"))
        assert torch.isfinite(total)
        total.backward()
        optimizer.step()
    moved = sum(
        not torch.equal(old, new) for old, new in zip(before, loss.parameters(), strict=True)
    )
    assert moved == len(before) > 4
    print(f"MAPPO on the tensor stack, {env_id}: loss {float(total):.3f}, {moved} tensors moved")


def check_rewards(batch: Any, agent: str) -> None:
    """What an episode pays is the joint reward at its end, as the env's infos have it."""
    paid, episodes = torch.zeros(batch["next", "agent", "reward"].shape[1:]), 0
    for entry in batch:
        paid = paid + entry["next", "agent", "reward"]
        if bool(entry["next", "done"]):
            joint = entry["next", "agent", "info", "joint_reward"].reshape(paid.shape)
            assert torch.allclose(paid, joint.to(paid), atol=1e-5), (paid, joint)
            paid, episodes = torch.zeros_like(paid), episodes + 1
    assert episodes >= 3, episodes


def main() -> None:
    warnings_are_true()
    for env_id in ENV_MODULES:
        text(env_id)
    text_in_batches()
    text_without_the_first_agent()
    for env_id in ENV_MODULES:
        mappo(env_id)


if __name__ == "__main__":
    sys.exit(main())
