"""Wrappers of the team by their names, as transcripts write them: `LossyChannel(lost=0.1)`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from llm_collab_envs.core.wrapper import rewrap


def wrapped(env: Any, wrappers: Sequence[str]) -> Any:
    """Put wrappers around an env.

    Args:
        env: The env.
        wrappers: Each as in Python, with its settings by name; the innermost first.

    Raises:
        ValueError: For what is not written so, a wrapper or setting that there is not, or a value
            that the wrapper refuses.
    """
    return rewrap(env, read_wrappers(wrappers))


def read_wrappers(wrappers: Sequence[str]) -> list[dict[str, Any]]:
    """Return each one's "name" and settings, as logs have them; errors as in `wrapped`."""
    if isinstance(wrappers, str):
        raise ValueError(f"wrappers must be a list, with one string for each; got {wrappers!r}.")
    return [_read(text) for text in wrappers]


def _read(text: str) -> dict[str, Any]:
    try:
        match ast.parse(text.strip(), mode="eval").body:
            case ast.Name(name):
                return {"name": name}
            case ast.Call(ast.Name(name), [], keywords):
                settings = {str(k.arg): ast.literal_eval(k.value) for k in keywords}
                if len(settings) == len(keywords) and not {"name", "None"} & {*settings}:
                    return {"name": name, **settings}
    except (SyntaxError, ValueError, TypeError):
        pass
    raise ValueError(
        "a wrapper is written with its settings by name, such as 'LossyChannel(lost=0.1)'; got "
        f"{text!r}."
    )
