"""Train a team by MAPPO, a classical multi-agent algorithm, in BenchMARL.

    pip install '.[benchmarl]' matplotlib
    python examples/06_marl.py

Agents see the end of their observations, as bytes, and choose from the env's menu: pass, tell,
write in one way or another, be done. The critic, which is used in training only, sees the end of
the state, where what was said and submitted last stands.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib
import numpy as np
import torch
from benchmarl.algorithms import MappoConfig
from benchmarl.experiment import Experiment, ExperimentConfig
from benchmarl.models import MlpConfig
from tensordict import TensorDict
from torchrl.envs.utils import ExplorationType, set_exploration_type

from llm_collab_envs import make
from llm_collab_envs.interop.benchmarl import TeamTask

matplotlib.use("Agg")
from matplotlib import pyplot as plt

ENV = "section_writing_v0"
TENSORS = {"length": 256, "state_length": 1024}
ENVS = 10


def settings(out: Path, iterations: int, frames: int) -> ExperimentConfig:
    """How often is collected and trained; the rest is BenchMARL's own."""
    config = ExperimentConfig.get_from_yaml()
    config.max_n_frames, config.max_n_iters = None, iterations
    config.on_policy_collected_frames_per_batch = frames
    config.on_policy_n_envs_per_worker = ENVS
    config.on_policy_minibatch_size = frames // 4
    config.on_policy_n_minibatch_iters = 8
    config.lr, config.gamma = 5e-4, 1.0
    config.evaluation, config.loggers, config.create_json = False, ["csv"], False
    config.save_folder = str(out)
    return config


def play(team: Any, choose: Callable[[Mapping[str, Any]], Mapping[str, Any]], tasks: int) -> float:
    """Play the first tasks of an env, and return the mean joint reward."""
    rewards = []
    for task in range(tasks):
        observations, infos = team.reset(options={"task": task})
        while team.agents:
            observations, *_, infos = team.step(choose(observations))
        rewards.append(infos[team.possible_agents[0]]["joint_reward"])
    return fmean(rewards)


def trained(policy: Any) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """The policy as it is executed: one network, to which each agent shows its own observation."""

    def choose(observations: Mapping[str, Any]) -> Mapping[str, Any]:
        seen = torch.from_numpy(np.stack(list(observations.values())))
        batch = TensorDict({"agent": TensorDict({"observation": seen}, [len(seen)])}, [])
        with torch.no_grad(), set_exploration_type(ExplorationType.RANDOM):
            return dict(zip(observations, policy(batch)["agent", "action"].tolist(), strict=True))

    return choose


def main(
    out: Path = Path("runs/marl"), iterations: int = 80, frames: int = 600, test_tasks: int = 32
) -> dict[str, float]:
    out.mkdir(parents=True, exist_ok=True)
    algorithm = MappoConfig.get_from_yaml()
    algorithm.entropy_coef, algorithm.lmbda = 0.01, 0.95
    experiment = Experiment(
        TeamTask(ENV, {"tensors": TENSORS}),
        algorithm,
        MlpConfig.get_from_yaml(),
        seed=0,
        config=settings(out, iterations, frames),
    )
    experiment.run()
    (logged,) = experiment.folder_name.rglob("collection_reward_episode_reward_mean.csv")
    means = np.loadtxt(logged, delimiter=",")[:, 1].tolist()

    # Test tasks share no name with train tasks.
    team = TeamTask(ENV, {"env": {"split": "test"}, "tensors": TENSORS}).team()
    plain = make(ENV, split="test")
    expert, spaces = plain._expert(), [team.action_space(agent) for agent in team.possible_agents]
    for number, space in enumerate(spaces):
        space.seed(number)
    rewards = {
        "random menu": play(
            team, lambda seen: {a: team.action_space(a).sample() for a in seen}, test_tasks
        ),
        "MAPPO": play(team, trained(experiment.policy), test_tasks),
        "expert": play(
            plain, lambda seen: {a: expert(text) for a, text in seen.items()}, test_tasks
        ),
    }
    (out / "rewards.json").write_text(json.dumps({"curve": means, **rewards}, indent=2))
    draw(means, rewards, out / "learning_curve.png")
    for label, reward in rewards.items():
        print(f"{label}: joint reward {reward:.3f} on {test_tasks} test tasks")
    return rewards


def draw(means: list[float], rewards: dict[str, float], out: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    axes.plot(range(1, len(means) + 1), means, label="MAPPO, sampled, in training")
    for n, (label, reward) in enumerate(rewards.items(), 1):
        axes.axhline(
            reward, color=f"C{n}", linestyle="--", linewidth=1, label=f"{label}, test tasks"
        )
    axes.set(xlabel="iteration", ylabel="joint reward", ylim=(0, 1.05))
    axes.legend(loc="lower right")
    figure.savefig(out, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
