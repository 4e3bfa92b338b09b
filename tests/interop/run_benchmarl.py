"""BenchMARL: MAPPO, IPPO and QMIX on the tensor stack of every env.

Run by `make interop LIB=benchmarl`. That parameters move and rewards are the env's own shows that
the libraries fit together; what is learned is shown by `examples/06_marl.py`, which runs here with
short settings.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from benchmarl.algorithms import IppoConfig, MappoConfig, QmixConfig
from benchmarl.experiment import Callback, Experiment, ExperimentConfig
from benchmarl.models import MlpConfig

from llm_collab_envs import ENV_MODULES
from llm_collab_envs.interop.benchmarl import TeamTask

GROUP = "agent"
ENVS, ROUNDS = 2, 24
EXAMPLE = Path(__file__).parents[2] / "examples" / "06_marl.py"


class Watch(Callback):
    """Checks every batch that is collected."""

    def __init__(self) -> None:
        super().__init__()
        self.returns: list[torch.Tensor] = []

    def on_batch_collected(self, batch: Any) -> None:
        assert batch.shape == (ENVS, ROUNDS)
        first = batch["state"][:, 0]
        assert self.returns or not torch.equal(*first), "envs side by side play the same tasks"
        ended = batch["next", "done"].squeeze(-1)
        paid = batch["next", GROUP, "episode_reward"][ended]
        joint = batch["next", GROUP, "info", "joint_reward"][ended].reshape(paid.shape)
        assert len(paid)
        assert torch.allclose(paid, joint.to(paid), atol=1e-5), (paid, joint)
        assert abs(self.experiment.mean_return - float(joint.mean())) < 1e-5
        self.returns.append(joint)


def settings(folder: str) -> ExperimentConfig:
    """Two iterations of two envs side by side, and an evaluation."""
    config = ExperimentConfig.get_from_yaml()
    config.max_n_frames, config.max_n_iters = None, 2
    config.on_policy_n_envs_per_worker = config.off_policy_n_envs_per_worker = ENVS
    frames = ENVS * ROUNDS
    config.on_policy_collected_frames_per_batch = frames
    config.off_policy_collected_frames_per_batch = frames
    config.on_policy_minibatch_size = config.off_policy_train_batch_size = frames
    config.on_policy_n_minibatch_iters = config.off_policy_n_optimizer_steps = 2
    config.evaluation_interval, config.evaluation_episodes = 2 * frames, 1
    config.loggers, config.save_folder = [], folder
    return config


def train(algorithm: Any, env_id: str) -> None:
    """Train two iterations, and check that rewards are the env's and parameters move."""
    watch = Watch()
    task = TeamTask(env_id, {"tensors": {"length": 256, "state_length": 512}})
    with TemporaryDirectory() as folder:
        experiment = Experiment(
            task,
            algorithm.get_from_yaml(),
            MlpConfig.get_from_yaml(),
            seed=0,
            config=settings(folder),
            callbacks=[watch],
        )
        parameters = list(experiment.losses[GROUP].parameters())
        before = [parameter.detach().clone() for parameter in parameters]
        experiment.run()
    moved = sum(not torch.equal(*pair) for pair in zip(before, parameters, strict=True))
    assert moved == len(before) > 4, (moved, len(before))
    returns = torch.cat(watch.returns)
    print(
        f"{algorithm.associated_class().__name__} on {env_id}: {len(returns)} returns, mean "
        f"{float(returns.mean()):.3f}, the env's own; {moved} tensors moved"
    )


def example() -> None:
    """A tenth of the example's training is enough to be better than chance."""
    with TemporaryDirectory() as folder:
        train_and_test = runpy.run_path(str(EXAMPLE))["main"]
        rewards = train_and_test(Path(folder), iterations=8, frames=600, test_tasks=16)
        assert (Path(folder) / "learning_curve.png").stat().st_size > 10_000
    assert rewards["random menu"] + 0.1 < rewards["MAPPO"] < rewards["expert"], rewards


def main() -> None:
    for env_id in ENV_MODULES:
        for algorithm in (MappoConfig, IppoConfig, QmixConfig):
            train(algorithm, env_id)
    example()


if __name__ == "__main__":
    sys.exit(main())
