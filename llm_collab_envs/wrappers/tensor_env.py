"""to_tensor_env: the usual stack of wrappers from text to tensors, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pettingzoo import ParallelEnv

from llm_collab_envs.core.arguments import check_choice
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.translation import Translation
from llm_collab_envs.wrappers.keep_alive import KeepAlive
from llm_collab_envs.wrappers.menu import MenuActions
from llm_collab_envs.wrappers.tokenizers import Tokenizer
from llm_collab_envs.wrappers.tokens import ACTION_LENGTH, TokenActions, TokenObs, TokenState

ACTIONS = ("menu", "tokens")


def to_tensor_env(
    env: ParallelEnv[str, str, str],
    actions: str = "menu",
    menu: Menu[Any] | None = None,
    action_length: int = ACTION_LENGTH,
    length: int = 1024,
    state_length: int = 4096,
    tokenizer: Tokenizer | None = None,
    keep: str = "tail",
    dtype: str = "float32",
    agents: Sequence[str] | None = None,
) -> Translation:
    """Turn an env of text into one of tensors, in which every agent stays to the end.

        TokenState(TokenObs(MenuActions(KeepAlive(env))))

    Args:
        env: An env of this package; wrappers of uneven and failing teams go inside.
        actions: "menu" for `MenuActions`, "tokens" for `TokenActions`.
        menu: The menu, by default the env's own.
        action_length: Tokens of an action, in which the job's replies have to fit: see
            `TokenActions`. Of no account where there is a menu.
        length: Tokens of an observation. In bytes, in an easy task's team of 4 the first ones are
            up to 2,000 long in most envs, 3,500 in summary expansion and 5,200 in copy editing;
            messages come on top, and smaller teams see more (8,900 where one agent edits alone).
        state_length: Tokens of the state. In bytes, up to 5,000 at the start in most envs, 15,500
            in bug repair and summary expansion and 19,500 in copy editing.
        tokenizer: By default the bytes of UTF-8.
        keep: Which end of longer observations and states is kept, "tail" or "head".
        dtype: Of observations and states: "float32" between 0 and 1, "int32" or "int64" for ids.
        agents: Whose observations and actions, or None for all.

    Returns:
        A PettingZoo `ParallelEnv`.

    Raises:
        ValueError: For a menu where actions are tokens, or an argument out of its range.
    """
    check_choice("actions", actions, ACTIONS)
    if menu is not None and actions != "menu":
        raise ValueError(f"actions are {actions!r}, so there is no menu. Leave menu= out.")
    stack: Translation = KeepAlive(env)
    if actions == "menu":
        stack = MenuActions(stack, menu, agents)
    else:
        stack = TokenActions(stack, action_length, tokenizer, agents)
    stack = TokenObs(stack, length, tokenizer, keep, dtype, agents)
    return TokenState(stack, state_length, tokenizer, keep, dtype)
