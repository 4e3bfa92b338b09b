"""What the configuration of an adapter says: which env, wrapped how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pettingzoo import ParallelEnv

from llm_collab_envs.registry import make


def text_env(
    env_id: str | None, config: Mapping[str, Any], others: Collection[str] = ()
) -> ParallelEnv[str, str, str]:
    """Make an env of text.

    Args:
        env_id: Which.
        config: {"env": arguments of `make`, "wrap": a function that takes the env and returns it
            with wrappers of teams around it}; both may be left out.
        others: What else the configuration may say.

    Raises:
        ValueError: Where it says something else, or not which env.
    """
    known = ["env", "wrap", *others]
    unknown = [name for name in config if name not in known]
    if unknown:
        raise ValueError(
            f"the configuration says {unknown}; it may say {known}. Arguments of the env go into "
            "'env'."
        )
    if env_id is None:
        raise ValueError(
            "the configuration does not say which env. Add 'env_id', such as 'section_writing_v0'."
        )
    env = make(env_id, **config.get("env", {}))
    wrapped: ParallelEnv[str, str, str] = config.get("wrap", lambda inner: inner)(env)
    return wrapped
