"""All env ids, and their entry in PettingZoo's own registry."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pettingzoo

from llm_collab_envs.core.env import CollabEnv

NAMESPACE = "llm_collab"
ENV_MODULES = {
    "bargaining_v0": "llm_collab_envs.negotiation.bargaining_v0",
    "bug_repair_v0": "llm_collab_envs.coding.bug_repair_v0",
    "copy_editing_v0": "llm_collab_envs.writing.copy_editing_v0",
    "function_pair_v0": "llm_collab_envs.coding.function_pair_v0",
    "human_eval_v0": "llm_collab_envs.coding.human_eval_v0",
    "module_assembly_v0": "llm_collab_envs.coding.module_assembly_v0",
    "resource_allocation_v0": "llm_collab_envs.allocation.resource_allocation_v0",
    "section_writing_v0": "llm_collab_envs.writing.section_writing_v0",
    "summary_expansion_v0": "llm_collab_envs.writing.summary_expansion_v0",
}


def load(env_id: str) -> ModuleType:
    """Import the module of an env; raises ValueError for an unknown id.

    Args:
        env_id: A key of `ENV_MODULES`, or, as in Gymnasium, a module to import first, a colon and
            the key that it adds: "markets:market_v0" where markets.py has an env of yours.
    """
    module, _, env_id = env_id.rpartition(":")
    if module:
        _import(module)
    if env_id not in ENV_MODULES:
        raise ValueError(f"env id must be one of {sorted(ENV_MODULES)}; got {env_id!r}.")
    return importlib.import_module(ENV_MODULES[env_id])


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except (ImportError, TypeError, ValueError) as problem:
        raise ValueError(
            f"cannot import {module!r} for its envs: {problem}. Put its folder into PYTHONPATH, or "
            "run the command line there."
        ) from problem


def make(env_id: str, **kwargs: Any) -> CollabEnv[Any]:
    """Make a parallel env by its id.

    Args:
        env_id: As in `load`.
        **kwargs: Arguments of the env.
    """
    env: CollabEnv[Any] = load(env_id).parallel_env(**kwargs)
    return env


def register_all() -> None:
    """Register every env with PettingZoo, where it has a registry (1.27 and newer)."""
    if not hasattr(pettingzoo, "register"):
        return
    for env_id, module in ENV_MODULES.items():
        name = f"{NAMESPACE}/{env_id.replace('_v', '-v')}"
        pettingzoo.register("parallel", name, f"{module}:parallel_env")
        pettingzoo.register("aec", name, f"{module}:env")
