"""Tasks of function pair, as tests need them: the first ones, as files, with a function changed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from llm_collab_envs.coding.function_pair.env import FunctionPairEnv
from llm_collab_envs.coding.function_pair.programs import CALL, Function
from llm_collab_envs.coding.function_pair.tasks import PairTask

TASKS = 4


def make(**kwargs: Any) -> FunctionPairEnv:
    return FunctionPairEnv(**kwargs)


def generated(difficulty: str, split: str = "test", count: int = TASKS) -> list[PairTask]:
    """The first tasks that the env draws."""
    source = make(difficulty=difficulty, split=split).tasks
    return [source[n] for n in range(count)]


def save(path: Path, *tasks: PairTask) -> Path:
    path.write_text("\n".join(json.dumps(task.to_dict()) for task in tasks))
    return path


def replaced(task: PairTask, n: int, function: Function) -> PairTask:
    functions = (*task.functions[:n], function, *task.functions[n + 1 :])
    return dataclasses.replace(task, functions=functions)


def blocks_of(function: Function) -> list[str]:
    return [step.block for step in function.steps if step.block != CALL]
