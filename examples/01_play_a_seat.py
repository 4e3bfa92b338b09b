"""Play a seat yourself: read what an agent reads, and type what it would reply.

    python examples/01_play_a_seat.py

You are agent_0 of two; the scripted expert is agent_1. The same in more comfort, for any env, team
and teammate: `llm-collab play section_writing_v0 --human`.
"""

from collections.abc import Callable

from baselines.policies.base import History
from baselines.policies.load import load_policy
from llm_collab_envs import make

ENV = "section_writing_v0"
ME, TEAMMATE = "agent_0", "agent_1"


def main(read: Callable[[], str] = input) -> float:
    env = make(ENV, team_size=2, difficulty="easy", split="train")
    observations, _ = env.reset(seed=0)  # the seed draws the task

    # A policy is given one agent's own history and nothing else. You have yours on the screen.
    expert = load_policy("expert", ENV, team_size=2)
    history = History()

    while env.agents:
        print("\n" + observations[ME])
        print("Your action; an empty line ends it:")
        mine = "\n".join(iter(read, ""))

        history.observations.append(observations[TEAMMATE])
        (reply,) = expert.act([history])
        history.replies.append(reply)

        # All agents act at the same time: what you say now is read in the next round.
        actions = {ME: mine, TEAMMATE: reply.text}
        observations, rewards, _, _, infos = env.step(actions)
        print(f"This round paid each of you {rewards[ME]:+.3f}.")

    # The rewards of all rounds add up to the joint reward, and infos hold its parts.
    parts = ("joint_reward", "quality", "speed", "coordination_cost", "malformed")
    print({name: round(infos[ME][name], 3) for name in parts})
    return float(infos[ME]["joint_reward"])


if __name__ == "__main__":
    try:
        main()
    except EOFError:  # Ctrl-D
        print("You left the game.")
