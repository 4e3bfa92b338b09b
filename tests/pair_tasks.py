"""Tasks of function pair, as tests need them: many, cached, as files, with a function changed."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from llm_collab_envs.coding.function_pair.env import FunctionPairEnv
from llm_collab_envs.coding.function_pair.programs import CALL, Function
from llm_collab_envs.coding.function_pair.tasks import PairTask, generate

TASKS = 4
MANY = {"easy": 40, "medium": 40, "hard": 24}


def make(**kwargs: Any) -> FunctionPairEnv:
    return FunctionPairEnv(**kwargs)


@functools.cache
def drawn(difficulty: str, split: str) -> tuple[PairTask, ...]:
    """Many tasks, apart from those that the env draws by index."""
    return tuple(
        generate(np.random.default_rng([7, n]), split, difficulty) for n in range(MANY[difficulty])
    )


def generated(difficulty: str) -> tuple[PairTask, ...]:
    return drawn(difficulty, "test")[:TASKS]


def save(path: Path, *tasks: PairTask) -> Path:
    path.write_text("\n".join(json.dumps(task.to_dict()) for task in tasks))
    return path


def replaced(task: PairTask, n: int, function: Function) -> PairTask:
    functions = (*task.functions[:n], function, *task.functions[n + 1 :])
    return dataclasses.replace(task, functions=functions)


def blocks_of(function: Function) -> list[str]:
    return [step.block for step in function.steps if step.block != CALL]
