"""Whatever an agent writes: nothing raises, and every broken reply is counted."""

from __future__ import annotations

import functools
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.core.actions import Action, Message, count_tokens, parse
from llm_collab_envs.core.env import CollabEnv

AGENTS = ["agent_0", "agent_1"]
LONG_TEXT_SECONDS = 20  # a linear step takes less than one
PIECES = (
    "<submit>", "</submit>", "<done/>", '<say to="agent_1">', '<say to="agent_0">', "</say>",
    '<say to="all">', '<say to="ghost">', "<say>", "<SUBMIT>", "< / say >", "<done", "<", ">", "\n",
    "# Origins", "Origins:", "The total cost of the mill is 12,345.", "- ", "1. ", "4 May 1873",
)  # fmt: skip
any_text = st.text(st.characters(exclude_categories=()))
replies = st.one_of(any_text, st.lists(st.one_of(st.sampled_from(PIECES), any_text)).map("".join))


@functools.cache
def env_of(env_id: str) -> CollabEnv[Any]:
    return make(env_id, team_size=2, difficulty="hard", max_cycles=8, message_budget=2_000)


@pytest.mark.parametrize("env_id", sorted(ENV_MODULES))
@settings(max_examples=60, deadline=None)
@given(rounds=st.lists(st.tuples(replies, replies), max_size=8))
def test_no_text_raises_and_all_broken_ones_count(
    env_id: str, rounds: list[tuple[str, str]]
) -> None:
    env = env_of(env_id)
    env.reset(seed=0)
    broken, done = dict.fromkeys(AGENTS, 0), set()
    for pair in rounds:
        if not env.agents:
            break
        for agent, reply in zip(AGENTS, pair, strict=True):
            action = parse(reply, [a for a in AGENTS if a != agent])
            broken[agent] += bool(action.error) and agent not in done
            done |= {agent} if action.done else set()
        seen, rewards, _, _, infos = env.step(dict(zip(AGENTS, pair, strict=True)))
        for agent in AGENTS:
            assert infos[agent]["malformed"] == broken[agent]
            assert seen[agent] in env.observation_space(agent)
            assert "\x00" not in seen[agent]
            seen[agent].encode()  # no lone surrogate is left
        assert len(set(rewards.values())) == 1
        env.state().encode()
    assert env.episode.from_json(env.episode.to_json()) == env.episode


@given(reply=replies)
@settings(max_examples=300, deadline=None)
def test_a_reply_is_either_whole_or_broken(reply: str) -> None:
    action = parse(reply, ["agent_1"])
    assert action.tokens == count_tokens(action_text(reply))
    if action.error:
        assert action == Action(tokens=action.tokens, error=action.error)


def action_text(reply: str) -> str:
    """What is counted: the reply with NUL and lone surrogates replaced."""
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in reply)


plain = st.text(st.characters(codec="utf-8", exclude_characters="<\0"))


@given(outside=plain, message=plain, part=plain, done=st.booleans())
@settings(deadline=None)
def test_a_well_formed_reply_is_read_back(
    outside: str, message: str, part: str, done: bool
) -> None:
    tail = "<done/>" if done else ""
    reply = f'{outside}<say to="all">{message}</say>{outside}<submit>{part}</submit>{tail}'
    action = parse(reply, ["agent_1"])
    assert action.says == (Message("all", " ".join(message.split())),)
    assert action.submission == part.strip()
    assert (action.done, action.error) == (done, "")


@pytest.mark.parametrize("env_id", sorted(ENV_MODULES))
@pytest.mark.parametrize(
    "text",
    [
        "<" + " " * 65_000,
        "<submit>" + " " * 65_000 + "</submit>",
        "<submit># " + "= " * 32_000 + "</submit>",
        "<submit>" + "=" * 65_000 + "x</submit>",
        "<submit>" + "a" + "=" * 65_000 + "a</submit>",
        "<submit>is " + "1 " * 32_000 + "</submit>",
        "<submit>It is " + "111 " * 16_000 + "1111.</submit>",
        "<submit>It is " + "1.111," * 10_000 + ".</submit>",
        "<submit>" + "The cost is 1. " * 4_000 + "</submit>",
        "<submit>" + "A\n" * 32_000 + "</submit>",
        "<submit>" + "**" * 32_000 + "</submit>",
        "<submit>" + "`" * 65_000 + "</submit>",
        "<submit>" + "```\n" * 16_000 + "</submit>",
        "<submit>" + "```x\n" * 13_000 + "</submit>",
        "<submit>" + "```" + " " * 65_000 + "x</submit>",
        "<say " * 13_000,
        '<say to="all">a</say>' * 3_000,
        "<done/>" * 9_000,
    ],
)
def test_long_texts_take_linear_time(env_id: str, text: str) -> None:
    """Quadratic patterns would take minutes; this is processor time, whatever else runs."""
    env = env_of(env_id)
    env.reset(seed=0)
    started = time.process_time()
    env.step({"agent_0": text})
    assert time.process_time() - started < LONG_TEXT_SECONDS
