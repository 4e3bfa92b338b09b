"""BenchMARL: any env of this package as a task, through the tensor stack.

    from benchmarl.algorithms import MappoConfig
    from benchmarl.experiment import Experiment, ExperimentConfig
    from benchmarl.models import MlpConfig
    from llm_collab_envs.interop.benchmarl import TeamTask

    config = ExperimentConfig.get_from_yaml()
    config.loggers = ["csv"]
    Experiment(
        task=TeamTask("section_writing_v0", {"env": {"team_size": 4}, "tensors": {"length": 256}}),
        algorithm_config=MappoConfig.get_from_yaml(),
        model_config=MlpConfig.get_from_yaml(),
        seed=0,
        config=config,
    ).run()

An episode pays the joint reward; BenchMARL reports what an agent is paid, and not the sum of all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from llm_collab_envs.core.translation import Translation
from llm_collab_envs.interop._config import text_env
from llm_collab_envs.wrappers.tensor_env import to_tensor_env

try:
    from benchmarl.environments.pettingzoo.common import PettingZooClass
    from torchrl.envs import EnvBase, PettingZooWrapper
except ImportError as problem:
    raise ImportError(
        f"llm_collab_envs.interop.benchmarl needs BenchMARL, but: {problem}. "
        "Run pip install -U 'llm-collab-envs[benchmarl]'."
    ) from problem

_MOST_ROUNDS = 2**16


class TeamTask(PettingZooClass):
    """An env of this package as a BenchMARL task.

    Agents see tokens and choose from the env's menu; critics of the team and mixers see the state.
    Envs that are played side by side, in one process, each draw tasks of their own.

    Args:
        name: The env's id.
        config: {"env": arguments of `make`, "wrap": a function that puts wrappers of teams around
            the env, "tensors": arguments of `to_tensor_env`}, all of which may be left out.
    """

    def get_env_fun(
        self, num_envs: int, continuous_actions: bool, seed: int | None, device: str
    ) -> Callable[[], EnvBase]:
        """Return a function that makes the env for TorchRL."""
        seeds: Iterator[int | None]
        seeds = itertools.repeat(None) if seed is None else itertools.count(seed)
        return lambda: PettingZooWrapper(
            self.team(), return_state=True, seed=next(seeds), device=device
        )

    def team(self) -> Translation:
        """Return a new tensor stack."""
        env = text_env(self.name, self.config, others=("tensors",))
        return to_tensor_env(env, **self.config.get("tensors", {}))

    def supports_discrete_actions(self) -> bool:
        """Choose from a menu."""
        return True

    def supports_continuous_actions(self) -> bool:
        """Choose from a menu, and nothing else."""
        return False

    def has_state(self) -> bool:
        """Have a state for centralised training."""
        return True

    def has_render(self, env: EnvBase) -> bool:
        """Have no pictures."""
        return False

    def max_steps(self, env: EnvBase) -> int:
        """Return more rounds than any episode has: each ends by itself."""
        return _MOST_ROUNDS

    @staticmethod
    def env_name() -> str:
        """Return the name of the suite."""
        return "llm_collab_envs"
