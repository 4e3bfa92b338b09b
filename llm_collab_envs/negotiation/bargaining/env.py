"""The bargaining env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.core.env import CollabEnv, Infos, Step
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import JointReward, Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.negotiation.bargaining.expert import Expert, Memo
from llm_collab_envs.negotiation.bargaining.menu import make_menu
from llm_collab_envs.negotiation.bargaining.reading import Table, lay
from llm_collab_envs.negotiation.bargaining.scoring import score
from llm_collab_envs.negotiation.bargaining.tasks import BargainingTask, deal_houses, generate
from llm_collab_envs.negotiation.bargaining.writing import write_offer, write_signature

INDIVIDUAL = "individual"

_DEAL = (
    "A deal: one agent offers, all others accept; each house is signed for by its own agent only."
)


class BargainingEnv(CollabEnv[BargainingTask]):
    """Four houses divide a stock by offers and acceptances, or walk away.

    ## Description
    A stock of 3, 4 or 5 goods (easy, medium, hard), 2 or 3 units of each, is divided among four
    trading houses. What a unit of each good is worth to a house, and what no deal is worth to it,
    is known only to the agent that speaks for it; agents of teams of 2 or 3 speak for several.
    A deal is struck when one agent's offer lies on the table and all others accept it; every house
    signs for its share, so that an offer that is changed later is not agreed to by accident. In one
    task of ten no deal is better than walking away for all, and the team should walk. Talk is
    the larger part of this job: the expert team of 4 is 1.5 to 1.7 times as fast as the solo
    expert, not 4 times, as one agent alone writes the offer. Where a teammate leaves for good and
    the team is told, who takes over its part signs for its houses too, and the expert team keeps
    more than 90 % of its reward; untold, there is no deal.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, the houses and the
    stock, an example of an offer, of an acceptance and of walking away, your houses' values, the
    grammar. The turn: round, message tokens left, what lies on the table and who signs it, why
    your submission does not count, messages so far.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is an offer or an acceptance, each followed by
    the signatures of the agent's houses, or `walk`:

        offer salt 1 0 2 0, wool 0 3 0 0          accept agent_0                    walk
        Bakomen takes 1 salt, 0 wool              Tivekon takes 0 salt, 3 wool

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality Q is
    the Nash product of the deal, i.e. the product of all houses' gains over walking away, over
    that of the best deal, found by enumeration. Where no deal has all houses gain, Q is 1 if all
    agents submit `walk`. A house that does not gain, or no deal, makes Q 0. Cost C is message
    tokens over the team's budget plus the offers on the table beside the first, over all agents.
    All see the table, so a team can also talk by offers that it takes back; that costs it time.
    Without a word, one offer that fits what is known of how values are drawn, to take or to walk
    away from, is worth a quarter to a third of the expert's R in an `easy` team of 2, whose agents
    know half of all values each, and three such offers in turn about a half; in a team of 4 less
    than a tenth and about a fifth.

    With `reward="individual"` the motives are mixed: each agent is paid the change of its own gain
    (infos: `own_gain`), which is what its houses gain over walking away, as a share of what the
    whole stock is worth to them, on average. The joint reward stays in the infos.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 8 rounds.

    ## Arguments
    `team_size` from 1 (solo: one agent sees all values and states the deal) to 4; `difficulty`,
    `split`, `max_cycles`, `message_budget`, `tasks` and `render_mode` as in every env; `reward` as
    in every env, or "individual". Infos add `agreement` (a deal is struck), `walked` (all agents
    walk), `pareto` (no deal gives one house more and none less), `nash_ratio` (0 without a deal),
    `fairness` (Jain's index of the houses' gains), `rounds` played, and, for each agent, `own_gain`
    and `own_utility` (points of its houses by the deal, or by walking away).

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "bargaining_v0"}
    max_team_size: ClassVar[int] = 4

    def __init__(
        self,
        team_size: int = 4,
        difficulty: str = "easy",
        split: str = "train",
        max_cycles: int | None = None,
        message_budget: int | None = None,
        reward: JointReward | Mapping[str, float] | str | None = None,
        tasks: str | Path | None = None,
        render_mode: str | None = None,
    ) -> None:
        """As every env, with reward="individual" beside the joint reward."""
        if isinstance(reward, str) and reward != INDIVIDUAL:
            raise ValueError(
                f"reward must be {INDIVIDUAL!r}, a JointReward or its weights; got {reward!r}."
            )
        self.individual = isinstance(reward, str)
        joint = None if isinstance(reward, str) else reward
        super().__init__(
            team_size, difficulty, split, max_cycles, message_budget, joint, tasks, render_mode
        )

    def step(self, actions: dict[str, str]) -> Step:
        """Play one round; arguments and results as in every env."""
        before = self._own_gains() if self.agents else {}
        observations, rewards, terminations, truncations, infos = super().step(actions)
        if self.individual:
            gains = self._own_gains()
            rewards = {agent: gains[agent] - before[agent] for agent in rewards}
        return observations, rewards, terminations, truncations, infos

    def earned(self, agent: str) -> float:
        """Return what an agent is paid if the episode ended now: its own gain, or as in any env."""
        return self._own_gains()[agent] if self.individual else super().earned(agent)

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[BargainingTask]:
        return TaskSource(generate, BargainingTask.from_dict, split, difficulty, path)

    def _limits(self, task: BargainingTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: BargainingTask) -> str:
        return (
            "Job: divide a stock among houses by one deal, or walk away. Score: the product of "
            "what all houses gain over no deal, little time, few messages."
        )

    def _private_view(self, task: BargainingTask, agent: str) -> str:
        own = self._owners(task)[agent]
        return "\n".join(
            [
                f"Houses: {', '.join(self._house_list(task))}.",
                f"Stock: {_amounts(task.stock, task.goods)}.",
                *_instructions(task, own, alone=self.team_size == 1),
                *(_values(task, house) for house in own),
            ]
        )

    def _score(self, task: BargainingTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts, self._owners(task), self._inherited(task))
        figures = ("agreement", "walked", "pareto", "nash_ratio", "fairness")
        return Score(
            quality=result.quality,
            conflicts=result.conflicts,
            metrics={name: float(getattr(result, name)) for name in figures},
        )

    def _feedback(self, agent: str) -> list[str]:
        task = self._task
        table = lay(task, self.parts, self._owners(task), self._inherited(task))
        lines = _told_to_all(task, table)
        if agent in table.problems:
            lines.append(f"your submission does not count: {table.problems[agent]}.")
        return lines

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Memo]:
        return make_menu()

    def _most_agents(self, task: BargainingTask) -> tuple[int, str]:
        return len(task.houses), f"{len(task.houses)} houses"

    def _config(self) -> dict[str, Any]:
        config = super()._config()
        return {**config, "reward": INDIVIDUAL} if self.individual else config

    def _owners(self, task: BargainingTask) -> dict[str, tuple[int, ...]]:
        dealt = deal_houses(task, self.team_size)
        return dict(zip(self.possible_agents, dealt, strict=True))

    def _inherited(self, task: BargainingTask) -> dict[str, tuple[int, ...]]:
        """Return the houses of agents that have left, by who has taken over their part."""
        if self._started is None:
            return {}
        owners, team = self._owners(task), self._started.team
        return {a: sum((owners[gone] for gone in team.inherited(a)), ()) for a in owners}

    def _house_list(self, task: BargainingTask) -> list[str]:
        if self.team_size == 1:
            return list(task.houses)
        owners = self._owners(task).items()
        return [f"{task.houses[house]} ({agent})" for agent, own in owners for house in own]

    def _gains(self) -> tuple[int, ...]:
        task = self._task
        return score(task, self.parts, self._owners(task), self._inherited(task)).gains

    def _own_gains(self) -> dict[str, float]:
        """Return each agent's gain, as a share of the stock's worth, its houses on average."""
        task, gains = self._task, self._gains()
        return {
            agent: sum(gains[house] / task.worth(house) for house in own) / len(own)
            for agent, own in self._owners(task).items()
        }

    def infos_of(self, agents: Sequence[str]) -> Infos:
        """Return agents' infos as every env does, with what concerns one agent only."""
        infos = super().infos_of(agents)
        walk, gains, shares = self._task.walk, self._gains(), self._own_gains()
        owners = self._owners(self._task)
        for agent, info in infos.items():
            own = owners[agent]
            info["own_utility"] = sum(walk[house] + gains[house] for house in own)
            info["own_gain"] = shares[agent]
            info["rounds"] = len(self.episode.rounds)
        return infos


def _amounts(numbers: tuple[int, ...], goods: tuple[str, ...]) -> str:
    return ", ".join(f"{n} {good}" for n, good in zip(numbers, goods, strict=True))


def _instructions(task: BargainingTask, own: tuple[int, ...], alone: bool) -> list[str]:
    """Show each kind of submission; the deal of the example leaves all houses but one nothing."""
    first = own[0]
    all_to_first = tuple(
        tuple(units * (house == first) for house in range(len(task.houses))) for units in task.stock
    )
    nothing = tuple((0,) * len(task.houses) for _ in task.stock)
    name = task.houses[first]
    lines = [
        "" if alone else _DEAL,
        f"Submit a deal like this (numbers in the order of the houses; here {name} gets all):"
        if alone
        else f"An offer (numbers in the order of the houses; here {name} gets all), signed:",
        write_offer(task, all_to_first),
        *(write_signature(task, house, all_to_first) for house in own),
    ]
    if not alone:
        other = "agent_1" if 0 in own else "agent_0"
        lines += [
            f"To accept {other}'s offer, signed for what it gives you (here nothing):",
            f"accept {other}",
            *(write_signature(task, house, nothing) for house in own),
        ]
    who = "submit" if alone else "all submit"
    lines += [f"If no deal makes all houses gain, {who}:", "walk"]
    return [line for line in lines if line]


def _values(task: BargainingTask, house: int) -> str:
    values = zip(task.goods, task.values[house], strict=True)
    each = ", ".join(f"{good} {value}" for good, value in values)
    return f"Worth to {task.houses[house]}: {each} a unit; no deal {task.walk[house]}."


def _told_to_all(task: BargainingTask, table: Table) -> list[str]:
    lines = []
    for agent, offer in table.offers.items():
        signed = ", ".join(task.houses[house] for house in table.signed[agent])
        terms = write_offer(task, offer).removeprefix("offer ")
        lines.append(f"{agent} offers {terms}; signed for {signed}.")
    lines += [f"{agent} walks away." for agent in table.walking]
    if table.deal:
        lines.append("the deal is struck.")
    if table.walked:
        lines.append("all walk away.")
    return lines
