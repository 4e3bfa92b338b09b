"""Centralised training, decentralised execution: what enters a policy's input."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from baselines.action_selector import ActionSelector
from baselines.models import TINY
from baselines.policies.base import History
from baselines.policies.hf import HFPolicy
from baselines.rollout import play
from llm_collab_envs import make
from llm_collab_envs.writing.section_writing.tasks import deal_facts

ENV = "section_writing_v0"

SEAT = """
import json, sys
from baselines.action_selector import ActionSelector
from baselines.models import TINY
from baselines.policies.base import History
from baselines.policies.hf import HFPolicy
policy = HFPolicy.load(TINY, ActionSelector(0.0, 1.0, 160))
history = History()
for line in sys.stdin:
    history.observations.append(json.loads(line))
    reply = policy.act([history])[0]
    history.replies.append(reply)
    print(json.dumps(reply.text), flush=True)
"""


@pytest.fixture(scope="module")
def policy():
    return HFPolicy.load(TINY, ActionSelector(0.0, 1.0, 160))


def test_each_agent_in_its_own_process_acts_the_same(policy):
    (together,) = play([make(ENV, team_size=2, split="test")], [0], policy)
    env = make(ENV, team_size=2, split="test")
    seats = {
        agent: subprocess.Popen(
            [sys.executable, "-c", SEAT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for agent in env.possible_agents
    }
    observations, infos = env.reset(options={"task": 0})
    while env.agents:
        actions = {}
        for agent in (agent for agent in env.agents if not infos[agent]["done"]):
            seats[agent].stdin.write(json.dumps(observations[agent]) + "\n")
            seats[agent].stdin.flush()
            actions[agent] = json.loads(seats[agent].stdout.readline())
        observations, _, _, _, infos = env.step(actions)
    for seat in seats.values():
        seat.communicate()
    assert env.episode == together.log


def test_policy_input_holds_no_state_and_no_teammates_text(policy):
    """A teammate's facts are in its replies and in `state()`; none of them is in the input."""
    env = make(ENV, team_size=4, split="test")
    (episode,) = play([env], [1], policy)
    shares = zip(env.possible_agents, deal_facts(env.tasks[1], env.team_size), strict=True)
    values = {agent: {fact.value for fact in share} for agent, share in shares}
    for agent, history in episode.histories.items():
        read = policy.tokenizer.decode(policy.context.ids(history_before_last(history)))
        theirs = set().union(*(own for mate, own in values.items() if mate != agent))
        assert all(value in read for value in values[agent])
        assert not [value for value in theirs - values[agent] if value in read]
        assert all(value in env.state() for value in theirs)
    said = " ".join(reply.text for h in episode.histories.values() for reply in h.replies)
    assert sum(value in said for own in values.values() for value in own) > 12


def history_before_last(history):
    return History(history.observations, history.replies[:-1])
