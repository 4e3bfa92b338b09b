"""Write an env in about forty lines, and check that it keeps the contract.

    python examples/02_write_an_env.py

Four market stalls; each agent counts some of them, and every agent is to submit what all took
together. CONTRIBUTING.md says what an env of the suite has beyond that.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from llm_collab_envs import check_env
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.render import transcript
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource, invent_name


@dataclass(frozen=True)
class MarketTask:
    takings: tuple[tuple[str, int], ...]

    def to_dict(self):
        return {"takings": [list(stall) for stall in self.takings]}


def generate(rng, split, difficulty):
    # Names that are invented for a split keep train and test apart.
    taken: set[str] = set()
    return MarketTask(
        tuple((invent_name(rng, split, taken), int(rng.integers(100))) for _ in "1234")
    )


def expert(observation):
    # The expert is given one agent's observation, as any policy is: it has to ask its teammates.
    mine = sum(map(int, re.findall(r"took (\d+)", observation)))
    heard = re.findall(r"^agent_\d+: (\d+)$", observation, re.MULTILINE)
    if not heard and "working alone" not in observation:
        return f'<say to="all">{mine}</say>'
    return f"<submit>{mine + sum(map(int, heard))}</submit><done/>"


class MarketEnv(CollabEnv[MarketTask]):
    """Every agent submits what all stalls of a market took together."""

    metadata: ClassVar = {**CollabEnv.metadata, "name": "market_v0"}
    max_team_size = 4

    def _task_source(self, split, difficulty, path):
        def load(data):
            return MarketTask(tuple((name, coins) for name, coins in data["takings"]))

        return TaskSource(generate, load, split, difficulty, path)

    def _limits(self, task):
        return 4, 40  # rounds, and message tokens for the whole team

    def _job(self, task):
        return "Job: submit, as a number, what all stalls took together."

    def _private_view(self, task, agent):
        # The task is the same for every team: fewer agents count more stalls each, one counts all.
        mine = task.takings[self.possible_agents.index(agent) :: self.team_size]
        return "\n".join(f"{name} took {coins} coins." for name, coins in mine)

    def _score(self, task, parts):
        # Parts are whatever the agents wrote; a score may not raise, whatever that is.
        total = str(sum(coins for _, coins in task.takings))
        right = [parts.get(agent) == total for agent in self.possible_agents]
        return Score(quality=sum(right) / len(right))

    def _expert(self):
        return expert


def main() -> str:
    # Messages, budgets, time, rewards, credit and logs are the base class's. check_env plays short
    # episodes and raises a ContractError that names what an env breaks, and the remedy.
    check_env(MarketEnv)
    print("market_v0 keeps the contract.\n")

    env = MarketEnv(team_size=3)
    observations, _ = env.reset(seed=0)
    while env.agents:
        observations, *_ = env.step({agent: expert(observations[agent]) for agent in env.agents})
    print(transcript(env.episode))
    return transcript(env.episode)


if __name__ == "__main__":
    main()
