"""An episode's transcript as text."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from typing import Any

from llm_collab_envs.core.actions import MAX_ACTION_CHARS
from llm_collab_envs.core.episode import EpisodeLog, Round


def transcript(log: EpisodeLog, with_task: bool = False, after: int = 0) -> str:
    """Return what happened, round by round.

    Args:
        log: The episode.
        with_task: Whether to print the whole task, private facts and all, at the top.
        after: Rounds that are left out, with the top, as they have been seen already.
    """
    lines = []
    if not after:
        lines.append(f"{log.env} | team of {len(log.agents)} | {_which_task(log)}")
        lines += [f"under {wrapper_text(wrapper)}" for wrapper in log.wrappers]
    if with_task:
        lines.append("task: " + json.dumps(log.task, ensure_ascii=False))
    for number, round_ in enumerate(log.rounds[after:], after + 1):
        lines.append(f"\n--- Round {number} ---")
        lines += _round_lines(round_)
    return "\n".join(lines) + "\n"


def print_transcript(log: EpisodeLog, after: int = 0) -> None:
    """Print the transcript, or what came after some rounds; in colours where rich is installed."""
    if importlib.util.find_spec("rich") is None:
        print(transcript(log, after=after))
        return
    from rich.console import Console
    from rich.text import Text

    text = Text(transcript(log, after=after))
    text.highlight_regex(r"(?m)^--- Round .*$", "bold")
    text.highlight_regex(r"(?m)^\[agent_\d+.*$", "cyan")
    text.highlight_regex(r"<[^<>]*>", "magenta")
    text.highlight_regex(r"(?m)^reward .*$", "green")
    text.highlight_regex(r"(?m)^! .*$", "red")
    text.highlight_regex(r"(?m)^(\* |under ).*$", "yellow")
    Console().print(text, soft_wrap=True)


def _which_task(log: EpisodeLog) -> str:
    config = log.config
    if config["tasks"]:
        return printable(f"task {log.task_index} of {config['tasks']}")
    return f"{config['difficulty']} | {config['split']} task {log.task_index}"


def wrapper_text(wrapper: Mapping[str, Any]) -> str:
    """Return a wrapper, as a log has it, in Python: `Straggler(factor=2.0, agents=None, ..)`."""
    settings = (f"{name}={value!r}" for name, value in wrapper.items() if name != "name")
    return f"{wrapper['name']}({', '.join(settings)})"


def _round_lines(round_: Round) -> list[str]:
    lines = []
    for agent, turn in round_.turns.items():
        lines += [f"[{agent}, {turn.tokens} tokens]", _shortened(turn.text.strip()) or "(passes)"]
        if turn.error:
            lines.append(f"! broken: {printable(turn.error)}")
    lines += [f"* {event}" for event in round_.events]
    terms = " ".join(f"{name}={value:.3g}" for name, value in round_.terms.items())
    return [*lines, f"reward {round_.reward:+.3f} | {terms}"]


def _shortened(text: str) -> str:
    """Print a reply as far as one that counts can go; what is longer is broken anyway."""
    left_out = len(text) - MAX_ACTION_CHARS
    mark = f"\n({left_out} characters left out)" if left_out > 0 else ""
    return printable(text[:MAX_ACTION_CHARS]) + mark


def printable(text: str) -> str:
    """Replace control characters and lone surrogates, which a terminal obeys or print refuses."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
