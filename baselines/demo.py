"""The demo: a team of small models learns to write a document together, and is measured.

`python -m baselines.demo` trains the shipped model on `section_writing_v0` in a team of 4, then
plays 64 held-out tasks with the scripted floor and ceiling, the warm start, the trained team, and
the trained model alone. An interrupted demo goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from baselines.study import TEAM, Study, command

# Two tasks a step, both for the team: the model does not forget here how to work alone, as the solo
# baseline shows. Replies are cut at 256 tokens in training; an agent's section takes about 110.
WRITING = Study(
    "section_writing_v0",
    scores={"faithfulness": "F", "consistency": "K"},
    bar=("consistency", 0.95),
    training={"teams": (TEAM, TEAM), "steps": 50, "max_new_tokens": 256},
    max_new_tokens=640,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    return command("demo", __doc__ or "", {"": WRITING}, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
