"""What a scripted writer replies with, where its replies may hold no more than so many tokens."""

from __future__ import annotations

import re

from llm_collab_envs.core.actions import count_tokens

_CAP = re.compile(r"\nNotice: your replies are cut after (\d+) tokens\.")


def submit_within_cap(told: str, text: str, observation: str) -> str:
    """Return a reply that submits a text, without its last lines where it would be cut.

    Args:
        told: What comes before it: messages, or "".
        text: The submission.
        observation: What the writer sees; it says where replies are cut.
    """
    cap = _CAP.search(observation)
    lines = text.split("\n")
    while True:
        reply = told + "<submit>" + "\n".join(lines) + "</submit><done/>"
        if not cap or not lines or count_tokens(reply) <= int(cap.group(1)):
            return reply
        lines.pop()
