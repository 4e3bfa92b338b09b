"""Writing offers and signatures, as `reading` reads them."""

from __future__ import annotations

from typing import Protocol

from llm_collab_envs.negotiation.bargaining.nash import Division


class Names(Protocol):
    """What has houses and goods: a task, or what an agent knows of it."""

    @property
    def houses(self) -> tuple[str, ...]:
        """The names of the houses, in order."""
        ...

    @property
    def goods(self) -> tuple[str, ...]:
        """The names of the goods, in order."""
        ...


def write_offer(names: Names, division: Division) -> str:
    """Write 'offer salt 1 0 2 0, wool 0 3 0 0'."""
    entries = (
        f"{good} {' '.join(map(str, shares))}"
        for good, shares in zip(names.goods, division, strict=True)
    )
    return "offer " + ", ".join(entries)


def write_signature(names: Names, house: int, division: Division) -> str:
    """Write 'Bakomen takes 1 salt, 0 wool'."""
    entries = (
        f"{shares[house]} {good}" for good, shares in zip(names.goods, division, strict=True)
    )
    return f"{names.houses[house]} takes {', '.join(entries)}"
