"""Rollouts: lockstep play, and training rows against hand-counted tokens."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from transformers import AutoTokenizer

from baselines.models import TINY
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from baselines.policies.scripted import ScriptedPolicy, silent
from baselines.rollout import play, play_rounds, training_row
from llm_collab_envs import make
from llm_collab_envs.wrappers import AgentDropout
from llm_collab_envs.writing.section_writing.expert import Expert

ENV = "section_writing_v0"


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(TINY)


class TokenScript:
    """Plays fixed replies, one a round, with their tokens; the last one is repeated."""

    def __init__(self, tokenizer, replies: Sequence[str], end: bool = True) -> None:
        self._ids = [
            tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] * end for text in replies
        ]
        self._texts = replies
        self.seen: list[History] = []

    def act(self, histories: Sequence[History]) -> list[Reply]:
        self.seen += [History(list(h.observations), list(h.replies)) for h in histories]
        turns = [min(len(h.replies), len(self._texts) - 1) for h in histories]
        return [Reply(self._texts[t], tuple(self._ids[t])) for t in turns]


def test_row_marks_every_reply_token_and_nothing_else(tokenizer):
    replies = ['<say to="all">hello</say>', "<submit>x</submit><done/>"]
    policy = TokenScript(tokenizer, replies)
    env = make(ENV, team_size=2)
    (episode,) = play([env], [3], policy)
    context = Context(tokenizer)
    history = episode.histories["agent_1"]
    row = training_row(context, history)

    ids = [tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] for text in replies]
    between = context.next(history.observations[1], ended=True)
    assert row.completion_ids == ids[0] + between + ids[1]
    assert row.env_mask == [1] * len(ids[0]) + [0] * len(between) + [1] * len(ids[1])
    assert row.completion_ids[len(ids[0]) - 1] == tokenizer.eos_token_id
    assert row.env_mask[len(ids[0]) - 1] == 1, "the end-of-sequence token is trained"
    assert row.completion_ids[-1] == tokenizer.eos_token_id
    assert len(row.completion_ids) == len(row.env_mask)


def test_row_is_what_the_policy_saw(tokenizer):
    replies = ['<say to="all">one</say>', "", "<submit>x</submit><done/>"]
    policy = TokenScript(tokenizer, replies)
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    context = Context(tokenizer)
    for history in episode.histories.values():
        row = training_row(context, history)
        last = History(history.observations, history.replies[:-1])
        read = context.ids(last)
        written = list(history.replies[-1].token_ids)
        assert row.prompt_ids + row.completion_ids == read + written


def test_context_reads_the_briefing_once_and_the_text_in_order(tokenizer):
    policy = TokenScript(tokenizer, ["", "", "<done/>"])
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    history = episode.histories["agent_0"]
    text = tokenizer.decode(
        Context(tokenizer).ids(History(history.observations, history.replies[:-1]))
    )
    assert text.count("You are agent_0") == 1
    assert text.index("== Round 1") < text.index("== Round 2") < text.index("== Round 3")


def test_reply_without_end_is_closed_by_the_env_not_by_the_policy(tokenizer):
    policy = TokenScript(tokenizer, ["cut off", "<done/>"], end=False)
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    row = training_row(Context(tokenizer), episode.histories["agent_0"])
    cut = len(tokenizer("cut off")["input_ids"])
    assert row.completion_ids[cut] == tokenizer.eos_token_id
    assert row.env_mask[cut] == 0


def test_finished_agents_are_not_asked_again(tokenizer):
    class Uneven:
        def act(self, histories):
            return [
                Reply("<done/>" if "You are agent_0" in h.observations[0] or h.replies else "")
                for h in histories
            ]

    (episode,) = play([make(ENV, team_size=2)], [0], Uneven())
    assert len(episode.histories["agent_0"].replies) == 1
    assert len(episode.histories["agent_1"].replies) == 2


def test_lockstep_changes_nothing():
    envs = [make(ENV, team_size=4) for _ in range(3)]
    policy = ScriptedPolicy(envs[0]._expert())
    together = play(envs, [5, 6, 7], policy)
    alone = [play([make(ENV, team_size=4)], [task], policy)[0] for task in (5, 6, 7)]
    assert [e.log for e in together] == [e.log for e in alone]


def test_all_agents_of_all_episodes_are_asked_together_once_a_round():
    envs = [make(ENV, team_size=size) for size in (4, 2)]
    asked = []

    class Counting(ScriptedPolicy):
        def act(self, histories):
            asked.append(len(histories))
            return super().act(histories)

    episodes = play(envs, [5, 6], Counting(Expert()))
    turns = [len(h.replies) for e in episodes for h in e.histories.values()]
    assert asked[0] == 6
    assert len(asked) == max(turns)
    assert sum(asked) == sum(turns)


def test_plain_text_models_get_plain_text(tokenizer):
    plain = AutoTokenizer.from_pretrained(TINY)
    plain.chat_template = None
    policy = TokenScript(plain, ["", "<done/>"])
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    history = episode.histories["agent_0"]
    text = plain.decode(Context(plain).ids(History(history.observations, history.replies[:-1])))
    assert "<|obs|>" not in text
    assert text.count("Reply:") == 2


def test_an_agent_that_leaves_keeps_its_history_and_has_the_infos_of_the_end():
    env = AgentDropout(make(ENV), at_round=2, agents=["agent_1"])
    (episode,) = play([env], [0], ScriptedPolicy(Expert()))
    assert len(episode.histories["agent_1"].replies) == 1
    assert len(episode.histories["agent_2"].replies) == 2
    assert set(episode.infos) == {"agent_0", "agent_1", "agent_2", "agent_3"}
    assert {info["joint_reward"] for info in episode.infos.values()} == {episode.joint_reward}
    assert episode.infos["agent_1"]["difference_reward"] == pytest.approx(
        env.joint_reward - env.counterfactual_reward("agent_1")
    )


def test_an_episode_is_given_when_it_ends_with_its_share_of_the_time():
    envs = [make(ENV, max_cycles=rounds) for rounds in (3, 1, 3)]
    started = time.perf_counter()
    ended = list(play_rounds(envs, [0, 1, 2], ScriptedPolicy(silent)))
    elapsed = time.perf_counter() - started
    assert [list(episodes) for episodes in ended] == [[1], [], [0, 2]]
    long, short = ended[2], ended[0][1]
    assert [short.log.task_index, *(e.log.task_index for e in long.values())] == [1, 0, 2]
    assert short.seconds < long[0].seconds == long[2].seconds
    assert short.seconds + long[0].seconds + long[2].seconds <= elapsed


def test_an_env_plays_one_episode_at_a_time():
    env = make(ENV)
    for envs in ([env, env], [env, AgentDropout(env)]):
        with pytest.raises(ValueError, match=r"the same env several times.* one for each episode"):
            play(envs, [0, 1], ScriptedPolicy(silent))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda histories: ["" for _ in histories], "2 of str"),
        (lambda histories: [Reply("")], "1 of them"),
        (lambda histories: [], "0 of them"),
        (lambda histories: None, "NoneType"),
        (lambda histories: (Reply("") for _ in histories), "generator"),
    ],
)
def test_what_a_policy_must_not_answer(answer, found):
    policy = SimpleNamespace(act=answer)
    said = rf"must return a (Reply for each of the 2 histories|list of Reply); got {found}\."
    with pytest.raises(TypeError, match=said):
        play([make(ENV, team_size=2)], [0], policy)


def test_a_function_is_no_policy():
    with pytest.raises(TypeError, match=r"must have a method act.* into .*ScriptedPolicy"):
        play([make(ENV)], [0], silent)
