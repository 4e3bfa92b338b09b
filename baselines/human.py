"""Play by hand: a person takes one seat, under the rules that hold for every agent."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from baselines.policies.base import History, Policy
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.core.render import printable

HOW = (
    "Type your action. An empty line ends it, but inside of <submit> it is a line of your text; an "
    "empty line by itself passes the turn; Ctrl-D leaves the game."
)


def play_by_hand(
    env: CollabEnv[Any], task: int, seat: str, others: Policy, console: Console
) -> bool:
    """Play one episode with a person in one seat, and return whether the person stayed.

    The person reads what an agent in that seat would read, the briefing once. A broken reply costs
    the turn, as it would cost an agent, and is said to be broken at once.

    Args:
        env: The env.
        task: The task's index.
        seat: The person's agent.
        others: Plays the other seats, each from its own history.
        console: What the person reads.
    """
    observations, infos = env.reset(options={"task": task})
    histories = {agent: History() for agent in env.possible_agents}
    while env.agents:
        awaited = [agent for agent in env.agents if not infos[agent]["done"]]
        actions = {}
        if seat in awaited:
            awaited.remove(seat)
            _show(observations[seat], first=not env.episode.rounds, console=console)
            try:
                actions[seat] = _read_action()
            except EOFError:
                return False
        for agent in awaited:
            histories[agent].observations.append(observations[agent])
        for agent, reply in zip(awaited, others.act([histories[a] for a in awaited]), strict=True):
            histories[agent].replies.append(reply)
            actions[agent] = reply.text
        observations, rewards, _, _, infos = env.step(actions)
        if seat in actions:
            _comment(env.episode.rounds[-1].turns[seat].error, rewards[seat], console)
    return True


def _show(observation: str, first: bool, console: Console) -> None:
    text = observation if first else split_briefing(observation)[1]
    console.print(Rule(style="cyan"))
    console.print(Text(printable(text)), soft_wrap=True)
    console.print(Text(HOW, style="dim"), soft_wrap=True)


def _comment(error: str, reward: float, console: Console) -> None:
    if error:
        said = f"That broke the grammar, did nothing and is counted: {printable(error)}."
        console.print(Text(said, style="red"), soft_wrap=True)
    console.print(Text(f"The round paid {reward:+.3f}.", style="green"))


def _read_action() -> str:
    """Read lines up to an empty one that is not part of a submission.

    Raises:
        EOFError: At the end of the input.
    """
    action = ""
    while (line := input()) or action.rfind("<submit>") > action.rfind("</submit>"):
        action += f"{line}\n"
    return action.removesuffix("\n")
