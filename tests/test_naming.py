"""Who knows a made-up name uses it, and does not try many."""

from __future__ import annotations

import pytest

from cheats import NAMES
from llm_collab_envs.coding.naming import MOST_NAMES, knows

NAME, KEY, *OTHERS = NAMES


@pytest.mark.parametrize(
    "source",
    [
        f"def f(x):\n    return {NAME}(x)[{KEY!r}]",
        f"def {NAME}({KEY}):\n    return 1",
        f"y = {NAME}({KEY}=1)",
        f"{NAME} = max\n{KEY} = 1",
        f"class {NAME}:\n    {KEY} = 1",
        f"{NAME}({KEY!r})\n" + "\n".join(OTHERS[: MOST_NAMES - 2]),
    ],
)
def test_knows(source: str) -> None:
    assert knows(source, [NAME, KEY])


@pytest.mark.parametrize(
    "source",
    [
        "",
        f"{NAME}(1)",
        f"{NAME}(1)  # {KEY}",
        f"{NAME}('{KEY} and more')",
        f"{NAME}({KEY!r}",
        f"{NAME}({KEY!r})\n" + "\n".join(OTHERS[: MOST_NAMES - 1]),
        f"{NAME}({KEY!r})\nNAMES = {OTHERS}",
        f"{NAME}({KEY!r})\0",
        f"{NAME}({KEY!r})\n" + "(" * 30_000,
        f"{NAME}({KEY!r})\n" + "-" * 40_000 + "1",
    ],
)
def test_does_not_know(source: str) -> None:
    assert not knows(source, [NAME, KEY])
