"""MenuActions: actions as the numbers of a menu."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from gymnasium.spaces import Discrete
from pettingzoo import ParallelEnv

from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.translation import Translation


class MenuActions(Translation):
    """Agents choose from a menu; what they choose is written out from what they see.

    The choices have the same meanings in every round, for every agent, task and team size; what an
    agent cannot do passes the turn. Put `TokenObs` around this, not inside: entries read text.

    Args:
        env: An env of this package, wrapped or not.
        menu: The choices; by default the env's own.
        agents: Who chooses, or None for all.

    Attributes:
        menu: The choices; `menu.meanings` names them.

    Raises:
        ValueError: For an env that has no menu of its own where none is given.
        TypeError: For a menu that is no `Menu`, or observations or actions that are no text any
            more.
    """

    def __init__(
        self,
        env: ParallelEnv[str, Any, Any],
        menu: Menu[Any] | None = None,
        agents: Sequence[str] | None = None,
    ) -> None:
        """Check the arguments and build the spaces."""
        super().__init__(env, agents)
        self._require_text("observations", self.observation_spaces)
        self._require_text("actions", self.action_spaces)
        if menu is not None and not isinstance(menu, Menu):
            raise TypeError(f"menu must be a Menu; got {menu!r}. Pass Menu(...).")
        self._given = menu
        self.menu = self._chosen_menu()
        self._observations: dict[str, str] = {}
        for agent in self._translated:
            self.action_spaces[agent] = Discrete(len(self.menu.meanings))

    def _chosen_menu(self) -> Menu[Any]:
        menu: Menu[Any] | None = self._given or self.env.unwrapped._menu()
        if menu is None:
            raise ValueError(
                f"{self.metadata['name']} has no menu of its own. Pass menu=Menu(...), or write "
                "the env's hook _menu."
            )
        return menu

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the menu, as an env's own has functions that cannot be pickled."""
        return {name: value for name, value in vars(self).items() if name != "menu"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Choose the menu anew."""
        self.__dict__.update(state)
        self.menu = self._chosen_menu()

    def _see(self, agent: str, observation: str) -> str:
        self._observations[agent] = observation
        return observation

    def _act(self, agent: str, action: Any) -> str:
        """Return the text; raises TypeError or ValueError for what is no number of a choice."""
        try:
            choice = operator.index(action)
        except TypeError as problem:
            raise TypeError(
                f"the action of {agent} must be the number of a choice, below "
                f"{len(self.menu.meanings)}; got {action!r}."
            ) from problem
        return self.menu.reply(choice, self._observations[agent])
