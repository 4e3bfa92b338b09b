"""From text to tensors: PettingZoo's and Gymnasium's tests on every stack, and each wrapper."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium_env
from pettingzoo.test import (
    api_test,
    max_cycles_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)
from pettingzoo.test.state_test import state_test

from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.core.aec import make_aec
from llm_collab_envs.core.checks import HOSTILE_TEXTS
from llm_collab_envs.core.menu import Menu, always
from llm_collab_envs.core.spaces import UnicodeText
from llm_collab_envs.wrappers import (
    AgentDropout,
    ByteTokenizer,
    Centralized,
    Heterogeneous,
    HuggingFaceTokenizer,
    KeepAlive,
    LossyChannel,
    MenuActions,
    SingleAgentView,
    TokenActions,
    TokenObs,
    TokenState,
    to_tensor_env,
)
from play import terms
from relay import RelayEnv

ENV = "section_writing_v0"
A, B, C = "agent_0", "agent_1", "agent_2"
CYCLES = 3
Wrap = Callable[[Any], Any]

STACKS: dict[str, Wrap] = {
    "menu": to_tensor_env,
    "tokens": lambda env: to_tensor_env(env, "tokens", action_length=8, dtype="int64", keep="head"),
    "menu over text": MenuActions,
    "one seat": lambda env: to_tensor_env(env, agents=[A], dtype="int32"),
    "dropout": lambda env: to_tensor_env(AgentDropout(env, at_round=2)),
    "dropout, not kept alive": lambda env: TokenObs(MenuActions(AgentDropout(env, at_round=2))),
}


def seeded(env: Any) -> Any:
    """Seed the action spaces, which PettingZoo's tests sample from."""
    for n, agent in enumerate(env.possible_agents):
        env.action_space(agent).seed(n)
    return env


def every_stack_on_every_env() -> list[Any]:
    """All pairs; `make test` plays the usual stack on every env, and every stack on one."""
    return [
        pytest.param(
            env_id, stack, marks=[] if stack == "menu" or env_id == ENV else pytest.mark.slow
        )
        for env_id in sorted(ENV_MODULES)
        for stack in STACKS
    ]


@pytest.mark.parametrize(("env_id", "stack"), every_stack_on_every_env())
@pytest.mark.filterwarnings("ignore:Action space for each agent")
@pytest.mark.filterwarnings("ignore:Observation")
@pytest.mark.filterwarnings("ignore:.*not a NumPy array")
@pytest.mark.filterwarnings("ignore:State")
@pytest.mark.filterwarnings("error:Live agent was not given")
@pytest.mark.filterwarnings("error:Agent was given")
class TestEveryStackOnEveryEnv:
    def test_passes_pettingzoos_tests(self, env_id: str, stack: str) -> None:
        def parallel_env(**kwargs: Any) -> Any:
            return seeded(STACKS[stack](make(env_id, **kwargs)))

        raw_env, env = make_aec(parallel_env)
        parallel_api_test(parallel_env(), num_cycles=CYCLES)
        parallel_seed_test(parallel_env, num_cycles=CYCLES)
        seed_test(env, num_cycles=CYCLES)
        api_test(env(), num_cycles=CYCLES)
        render_test(env)
        state_test(raw_env(), parallel_env(), num_cycles=CYCLES)
        if "dropout" not in stack:
            max_cycles_test(SimpleNamespace(parallel_env=parallel_env, env=raw_env))

    def test_passes_on_what_the_env_has(self, env_id: str, stack: str) -> None:
        base = make(env_id, render_mode="ansi")
        env = STACKS[stack](base)
        assert env.unwrapped is base
        assert env.metadata is base.metadata
        assert env.render_mode == "ansi"
        assert env.possible_agents == base.possible_agents
        env.reset(seed=3)
        assert env.render() == base.render()
        assert env.agents == base.agents == env.possible_agents

    def test_pays_the_change_of_the_joint_reward(self, env_id: str, stack: str) -> None:
        env = seeded(STACKS[stack](make(env_id)))
        _, infos = env.reset(seed=1)
        paid, stayed = dict.fromkeys(env.possible_agents, 0.0), list(env.agents)
        while env.agents:
            actions = {agent: env.action_space(agent).sample() for agent in env.agents}
            _, rewards, _, _, infos = env.step(actions)
            for agent, reward in rewards.items():
                paid[agent] += reward
            stayed = list(env.unwrapped.agents) or stayed
        for agent in stayed:
            assert paid[agent] == pytest.approx(infos[agent]["joint_reward"])

    def test_plays_on_the_same_when_pickled(self, env_id: str, stack: str) -> None:
        env = seeded(STACKS[stack](make(env_id)))
        env.reset(seed=1)
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})
        twin = pickle.loads(pickle.dumps(env))
        assert twin.unwrapped is not env.unwrapped
        while env.agents:
            actions = {agent: env.action_space(agent).sample() for agent in env.agents}
            results = env.step(actions)
            for one, other in zip(results, twin.step(actions), strict=True):
                np.testing.assert_equal(one, other)
            np.testing.assert_equal(env.state(), twin.state())
        assert twin.agents == []
        assert twin.unwrapped.episode == env.unwrapped.episode


def watched() -> tuple[RelayEnv, list[dict[str, Any]]]:
    """A relay of three whose replies are kept."""
    env, played = RelayEnv(team_size=3, max_cycles=6), []
    step = env.step

    def kept(actions: dict[str, Any]) -> Any:
        played.append(dict(actions))
        return step(actions)

    env.step = kept  # type: ignore[method-assign]
    return env, played


def menu_of(read: Callable[[str], str | None] = lambda seen: seen) -> Menu[str]:
    return Menu(
        read,
        {
            "pass": always(""),
            "round": lambda seen: "<submit>" + seen.partition("== Round ")[2][:1] + "</submit>",
            "done": always("<done/>"),
        },
    )


class TestTokenObs:
    def test_keeps_the_tail_at_the_end_and_the_head_at_the_start(self) -> None:
        text = RelayEnv(team_size=2).reset(seed=0)[0][A].encode()
        for length in (10, len(text), len(text) + 7):
            seen = {
                keep: TokenObs(RelayEnv(team_size=2), length, keep=keep, dtype="int64").reset(
                    seed=0
                )[0][A]
                for keep in ("tail", "head")
            }
            pad = b"\0" * max(0, length - len(text))
            assert bytes(seen["tail"].tolist()) == pad + text[-length:]
            assert bytes(seen["head"].tolist()) == text[:length] + pad

    @pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
    def test_is_of_the_type_that_was_asked_for(self, dtype: str) -> None:
        env = TokenObs(RelayEnv(team_size=2), 2048, dtype=dtype)
        (seen, _), text = env.reset(seed=0), RelayEnv(team_size=2).reset(seed=0)[0][A].encode()
        space = env.observation_space(A)
        assert seen[A].dtype == space.dtype == np.dtype(dtype)
        assert space.contains(seen[A])
        assert space is env.observation_space(A)
        assert space is not env.observation_space(B)
        scale = 255 if dtype == "float32" else 1
        np.testing.assert_allclose(seen[A][-len(text) :] * scale, list(text), atol=1e-3)

    def test_shows_what_was_said_since(self) -> None:
        env = TokenObs(RelayEnv(team_size=2), 8, dtype="int64")
        env.reset(seed=0)
        seen, *_ = env.step({A: '<say to="all">seven</say>'})
        assert bytes(seen[B].tolist()) == b": seven\n"

    def test_refuses_what_it_cannot_do(self) -> None:
        with pytest.raises(TypeError, match="TokenObs needs observations of text; those of a"):
            TokenObs(TokenObs(RelayEnv()))
        with pytest.raises(ValueError, match="length must be a whole number, 1 or more; got 0"):
            TokenObs(RelayEnv(), length=0)
        with pytest.raises(ValueError, match=r"keep must be one of .*; got 'middle'"):
            TokenObs(RelayEnv(), keep="middle")
        with pytest.raises(ValueError, match=r"dtype must be one of .*; got 'float64'"):
            TokenObs(RelayEnv(), dtype="float64")
        with pytest.raises(ValueError, match=r"keep must be one of .*; got None"):
            TokenObs(RelayEnv(), keep=None)  # type: ignore[arg-type]
        with pytest.raises(
            ValueError, match=r"TokenObs names \['agent_9'\]; this env's agents are"
        ):
            TokenObs(RelayEnv(), agents=["agent_9"])
        with pytest.raises(ValueError, match=r"agents of TokenObs must .*Pass agents=\['agent_0'"):
            TokenObs(RelayEnv(), agents=A)


class TestTokenizers:
    @pytest.mark.parametrize("text", ["", "plain", "h\u00e4user \u2603 \U0001f600", "a\nb\t<"])
    def test_bytes_go_there_and_back(self, text: str) -> None:
        tokenizer = ByteTokenizer()
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == tokenizer.decode([0, *ids, 0]) == text
        assert all(0 < i < tokenizer.vocab_size for i in ids)

    @pytest.mark.parametrize("text", HOSTILE_TEXTS)
    def test_bytes_take_any_text(self, text: str) -> None:
        assert isinstance(ByteTokenizer().decode(ByteTokenizer().encode(text)), str)

    def test_hugging_face_tokenizers_fit(self) -> None:
        transformers = pytest.importorskip("transformers")
        from baselines.models import TINY

        own = transformers.AutoTokenizer.from_pretrained(TINY)
        tokenizer = HuggingFaceTokenizer(own)
        text = "<submit># Mining\nThe opening year of the mill is 1800.</submit>"
        assert tokenizer.decode([*tokenizer.encode(text), tokenizer.pad_id]) == text
        assert len(tokenizer.encode(text)) < len(text.encode())
        assert isinstance(tokenizer.decode(tokenizer.encode("\ud800 \0")), str)
        env = to_tensor_env(RelayEnv(), "tokens", tokenizer=tokenizer, dtype="int64")
        parallel_api_test(env, num_cycles=CYCLES)
        seen, _ = env.reset(seed=0)
        assert own.decode(seen[A][seen[A] != tokenizer.pad_id]).startswith("You are agent_0 of 4")
        assert env.action_space(A).nvec[0] == len(own)

    def test_hugging_face_tokenizers_need_something_to_pad_with(self) -> None:
        nothing = SimpleNamespace(pad_token_id=None, eos_token_id=None)
        with pytest.raises(ValueError, match=r"no token to pad with. Set its pad_token"):
            HuggingFaceTokenizer(nothing)
        gaps = SimpleNamespace(
            pad_token_id=None, eos_token_id=7, get_vocab=lambda: {"a": 0, "z": 9}
        )
        assert HuggingFaceTokenizer(gaps).pad_id == 7
        assert HuggingFaceTokenizer(gaps).vocab_size == 10, "of two tokens, whose ids have gaps"

    @pytest.mark.parametrize("wrapper", [TokenObs, TokenActions, TokenState])
    def test_other_objects_are_refused(self, wrapper: Any) -> None:
        own = SimpleNamespace(encode=list, decode=str, vocab_size=9)
        with pytest.raises(TypeError, match=r"lacks \['pad_id'\]. Put HuggingFaceTokenizer"):
            wrapper(RelayEnv(), tokenizer=own)


class TestMenuActions:
    def test_writes_each_reply_from_what_its_agent_sees_now(self) -> None:
        base, played = watched()
        env = MenuActions(base, menu_of())
        env.reset(seed=0)
        env.step({A: 1, B: np.int64(0), C: np.array(2)})
        env.step({A: np.int32(1), B: 1})
        assert played == [
            {A: "<submit>1</submit>", B: "", C: "<done/>"},
            {A: "<submit>2</submit>", B: "<submit>2</submit>"},
        ]

    def test_passes_where_there_is_nothing_to_read(self) -> None:
        base, played = watched()
        env = MenuActions(base, menu_of(lambda seen: None))
        env.reset(seed=0)
        env.step({A: 2})
        assert played == [{A: ""}]

    def test_refuses_what_is_not_on_the_menu(self) -> None:
        env = MenuActions(RelayEnv(), menu_of())
        env.reset(seed=0)
        for choice in (-1, 3):
            with pytest.raises(ValueError, match=f"between 0 and 2, one of .*; got {choice}"):
                env.step({A: choice})
        for action in ("1", 1.0, np.array([1]), None):
            with pytest.raises(TypeError, match="the action of agent_0 must be the number of a"):
                env.step({A: action})
        with pytest.raises(ValueError, match=r"actions name \['nobody'\]"):
            env.step({"nobody": 1})
        with pytest.raises(ValueError, match=r"relay_v0 has no menu of its own. Pass menu=Menu"):
            MenuActions(RelayEnv())
        with pytest.raises(TypeError, match=r"menu must be a Menu; got \['pass'\]"):
            MenuActions(RelayEnv(), ["pass"])
        with pytest.raises(TypeError, match="MenuActions needs observations of text"):
            MenuActions(TokenObs(RelayEnv()), menu_of())
        with pytest.raises(TypeError, match="MenuActions needs actions of text"):
            MenuActions(TokenActions(RelayEnv()), menu_of())

    def test_keeps_a_menu_that_was_given_when_pickled(self) -> None:
        menu: Menu[str] = Menu(str.strip, {"pass": always(""), "upper": str.upper})
        twin = pickle.loads(pickle.dumps(MenuActions(make(ENV), menu)))
        assert twin.menu.meanings == ("pass", "upper")
        assert [twin.menu.reply(n, " ab ") for n in (0, 1)] == ["", "AB"]

    def test_ignores_agents_that_have_left(self) -> None:
        env = MenuActions(AgentDropout(RelayEnv(team_size=3), at_round=2, agents=[B]), menu_of())
        env.reset(seed=0)
        env.step({})
        assert B not in env.agents
        env.step({A: 1, B: 99, C: 1})
        assert set(env.unwrapped.parts) == {A, C}


class TestTokenActions:
    def test_reads_ids_up_to_the_first_pad(self) -> None:
        base, played = watched()
        env = TokenActions(base, 12)
        env.reset(seed=0)
        text = b"<done/>"
        env.step({A: np.array([*text, 0, *b"more"]), B: [*text, *b"12345"], C: np.zeros(12, int)})
        assert played == [{A: "<done/>", B: "<done/>12345", C: ""}]
        assert env.unwrapped._loop.team.done == {A, B}

    @pytest.mark.parametrize(
        "action", [[1], [[1, 2, 3]], [256, 0, 0], [-1, 0, 0], [0.5, 1, 1], "abc", None]
    )
    def test_refuses_what_its_space_does_not_hold(self, action: Any) -> None:
        env = TokenActions(RelayEnv(), 3)
        env.reset(seed=0)
        with pytest.raises(ValueError, match=r"agent_0 must be an array of \(3,\) token ids below"):
            env.step({A: action})

    def test_has_room_for_what_the_expert_team_writes(self, env_id: str) -> None:
        env = make(env_id)
        sizes = {TokenActions(env).action_space(A).shape}
        sizes |= {to_tensor_env(env, "tokens").action_space(A).shape}
        ((length,),) = sizes
        for task in range(8):
            terms(env, env._expert(), task)
            turns = [turn for round_ in env.episode.rounds for turn in round_.turns.values()]
            assert max(len(turn.text.encode()) for turn in turns) <= length

    def test_is_put_on_once(self) -> None:
        with pytest.raises(TypeError, match="TokenActions needs actions of text"):
            TokenActions(TokenActions(RelayEnv()))


class TestTokenState:
    def test_is_the_state_in_ids(self) -> None:
        env = TokenState(RelayEnv(team_size=2), 30_000, dtype="int32")
        env.reset(seed=0)
        env.step({A: "<submit>xyzzy</submit>"})
        tokens = env.state()
        assert env.state_space.contains(tokens)
        assert bytes(tokens[tokens > 0].tolist()).decode() == env.unwrapped.state()
        assert "xyzzy" in env.unwrapped.state()

    def test_keeps_the_end_that_was_asked_for(self) -> None:
        for keep in ("tail", "head"):
            env = TokenState(RelayEnv(team_size=2), 40, keep=keep, dtype="int64")
            env.reset(seed=0)
            text = env.unwrapped.state().encode()
            assert bytes(env.state().tolist()) == (text[-40:] if keep == "tail" else text[:40])

    def test_is_put_on_once(self) -> None:
        with pytest.raises(TypeError, match="TokenState needs a state of text"):
            TokenState(TokenState(RelayEnv()))


class TestKeepAlive:
    def test_keeps_who_left_with_its_last_observation_and_pays_it_nothing(self) -> None:
        env = KeepAlive(AgentDropout(RelayEnv(team_size=3, max_cycles=6), at_round=2, agents=[B]))
        env.reset(seed=0, options={"task": 0})
        words = env.unwrapped.episode.task["words"]
        last, *_ = env.step({})
        assert env.unwrapped.agents == [A, C]
        assert env.agents == [A, B, C]
        seen, rewards, ended, cut, infos = env.step(
            {A: f"<submit>{words[1]}</submit>", B: f"<submit>{words[2]}</submit>"}
        )
        assert env.unwrapped.parts == {A: words[1]}
        assert seen[B] == last[B] != seen[A]
        assert rewards[A] == rewards[C] > rewards[B] == 0.0
        assert ended == cut == {A: False, B: False, C: False}
        assert set(infos) == {A, B, C}
        _, _, ended, cut, _ = env.step({A: "<done/>", C: "<done/>"})
        assert ended == {A: True, B: True, C: True}
        assert not any(cut.values())
        assert env.agents == []

    def test_ends_by_truncation_where_the_env_does(self) -> None:
        env = KeepAlive(AgentDropout(RelayEnv(team_size=2, max_cycles=2), at_round=2, agents=[A]))
        env.reset(seed=0)
        env.step({})
        _, _, ended, cut, _ = env.step({})
        assert ended == {A: False, B: False}
        assert cut == {A: True, B: True}

    def test_ends_when_all_have_left(self) -> None:
        env = KeepAlive(AgentDropout(RelayEnv(team_size=2), at_round=2, count=2))
        env.reset(seed=0)
        _, _, ended, cut, _ = env.step({})
        assert ended == {A: True, B: True}
        assert not any(cut.values())


@pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes")
@pytest.mark.filterwarnings("error")
class TestGymnasiumViews:
    @pytest.mark.parametrize("form", ["text", "tensors"])
    @pytest.mark.parametrize("view", [SingleAgentView, Centralized])
    def test_pass_gymnasiums_check(self, env_id: str, view: Any, form: str) -> None:
        agents = [A] if view is SingleAgentView else None
        base = make(env_id, render_mode="ansi")
        env = base if form == "text" else to_tensor_env(base, agents=agents)
        whole = view(env)
        whole.action_space.seed(0)
        check_gymnasium_env(whole)
        assert whole.metadata is base.metadata
        assert whole.render_mode == "ansi"
        assert whole.render() == base.render()

    def test_one_seat_among_experts_does_what_the_expert_team_does(self, env_id: str) -> None:
        team, base = make(env_id), make(env_id)
        seen, infos = team.reset(seed=2)
        expert = team._expert()
        while team.agents:
            seen, *_, infos = team.step({a: expert(seen[a]) for a in team.agents})
        view = SingleAgentView(base, team.possible_agents[-1])
        observation, info = view.reset(seed=2)
        paid, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, info = view.step(expert(observation))
            paid, over = paid + reward, terminated or truncated
        assert terminated
        assert base.episode == team.episode
        assert info == infos[view.agent]
        assert paid == pytest.approx(info["joint_reward"])

    def test_teammates_are_the_policies_that_were_given(self) -> None:
        env = RelayEnv(team_size=3)
        view = SingleAgentView(env, B, {A: always("<submit>a</submit>"), C: always("<done/>")})
        view.reset(seed=0)
        view.step("<submit>b</submit>")
        assert env.parts == {A: "a", B: "b"}
        view = SingleAgentView(env, B, always("<submit>both</submit>"))
        view.reset(seed=0)
        view.step("")
        assert env.parts == {A: "both", C: "both"}

    def test_a_seat_ends_when_its_agent_leaves(self) -> None:
        view = SingleAgentView(AgentDropout(RelayEnv(team_size=3), at_round=2, agents=[B]), B)
        view.reset(seed=0)
        assert view.step("")[2:4] == (True, False)
        view = SingleAgentView(AgentDropout(RelayEnv(team_size=3), at_round=2, agents=[B]), A)
        view.reset(seed=0)
        assert view.step("")[2:4] == (False, False)
        assert view.step("<done/>")[2:4] == (True, False)

    def test_a_seat_ends_when_its_agent_leaves_and_is_kept(self) -> None:
        """More steps let the teammates play on, and pay the seat nothing."""
        team = AgentDropout(RelayEnv(team_size=3, max_cycles=3), at_round=2, agents=[A])
        view = SingleAgentView(to_tensor_env(team, menu=menu_of(), agents=[A]), A)
        view.reset(seed=0)
        assert view.step(1)[2:4] == (True, False)
        assert A not in view.env.unwrapped.agents
        assert view.step(1)[1:4] == (0.0, True, False)
        assert view.env.unwrapped.joint_reward > 0

    def test_teammates_that_have_left_are_not_asked(self) -> None:
        asked: list[str] = []
        team = KeepAlive(AgentDropout(RelayEnv(team_size=2), at_round=2, agents=[B]))
        view = SingleAgentView(team, A, lambda seen: asked.append(seen) or "")
        view.reset(seed=0)
        for _ in range(3):
            view.step("")
        assert len(asked) == 1

    def test_a_seat_refuses_what_it_cannot_do(self) -> None:
        with pytest.raises(ValueError, match=r"agent must be one of .*; got 'agent_9'"):
            SingleAgentView(RelayEnv(), "agent_9")
        with pytest.raises(ValueError, match=r"teammates names no policy for \['agent_2'\]"):
            SingleAgentView(RelayEnv(team_size=3), A, {B: always("")})
        for stranger in ("agent_9", A):
            policies = dict.fromkeys([B, C, stranger], always(""))
            with pytest.raises(ValueError, match=rf"teammates names \['{stranger}'\]; the team"):
                SingleAgentView(RelayEnv(team_size=3), A, policies)
        with pytest.raises(TypeError, match="an expert plays agent_1, and reads and writes text"):
            SingleAgentView(TokenObs(RelayEnv()))
        with pytest.raises(TypeError, match=r"policy of agent_1 must be a function.*got 'expert'"):
            SingleAgentView(RelayEnv(team_size=2), A, "expert")
        view = SingleAgentView(AgentDropout(RelayEnv(team_size=3), at_round=2, agents=[A]), A)
        view.reset(seed=0)
        while A in view.env.agents:
            view.step("")
        with pytest.raises(RuntimeError, match=r"after agent_0 left. Call reset\(\) first"):
            view.step("")

    def test_the_whole_team_is_paid_the_joint_reward_once(self) -> None:
        env = Centralized(AgentDropout(RelayEnv(team_size=3, max_cycles=3), at_round=2, agents=[B]))
        env.reset(seed=0, options={"task": 0})
        words = env.env.unwrapped.episode.task["words"]
        seen, *_ = env.step({A: "", B: "", C: ""})
        parts = {A: f"<submit>{words[1]}</submit>", B: "<done/>", C: ""}
        after, reward, terminated, truncated, infos = env.step(parts)
        assert reward == infos[A]["joint_reward"] > 0.2
        assert after[B] == seen[B]
        assert set(infos) == {A, B, C}
        assert (terminated, truncated) == (False, False)
        assert env.step(dict.fromkeys(parts, ""))[2:4] == (False, True)

    @pytest.mark.parametrize("keep", [MenuActions, to_tensor_env])
    def test_the_whole_team_is_paid_the_same_where_leavers_are_kept(self, keep: Wrap) -> None:
        team = keep(AgentDropout(make(ENV, team_size=2), at_round=2, agents=[B]))
        env, total = Centralized(team), 0.0
        env.reset(seed=0)
        for meaning in ("tell style", "write as heard", "done"):
            choice = team.menu.meanings.index(meaning)
            total += env.step(dict.fromkeys([A, B], choice))[1]
        assert total == pytest.approx(team.unwrapped.episode.rounds[-1].terms["joint_reward"])
        assert total > 0.2
        assert env.env.agents == []

    def test_the_whole_team_is_paid_the_mean_where_motives_are_mixed(self) -> None:
        env = Centralized(make("bargaining_v0", team_size=1, reward="individual"))
        seen, _ = env.reset(seed=0, options={"task": 0})
        expert = env.env._expert()
        _, reward, *_, infos = env.step({A: expert(seen[A])})
        assert reward == pytest.approx(infos[A]["own_gain"])


class TestToTensorEnv:
    def test_is_the_usual_stack(self) -> None:
        env = to_tensor_env(make("section_writing_v0"), length=64, state_length=128)
        assert env.observation_space(A) == gymnasium.spaces.Box(0, 1, (64,), np.float32)
        assert env.state_space == gymnasium.spaces.Box(0, 1, (128,), np.float32)
        assert env.action_space(A) == gymnasium.spaces.Discrete(len(env.menu.meanings))
        tokens = to_tensor_env(make("section_writing_v0"), "tokens", action_length=5)
        assert tokens.action_space(A).shape == (5,)

    def test_leaves_teammates_their_text(self) -> None:
        env = to_tensor_env(make("section_writing_v0"), agents=[B])
        seen, _ = env.reset(seed=0)
        assert isinstance(seen[A], str)
        assert isinstance(env.action_space(A), UnicodeText)
        assert seen[B].shape == (1024,)

    def test_takes_a_menu_and_refuses_another_kind_of_actions(self) -> None:
        assert to_tensor_env(RelayEnv(), menu=menu_of()).action_space(A).n == 3
        with pytest.raises(ValueError, match=r"actions must be one of \(.*\); got 'words'"):
            to_tensor_env(RelayEnv(), "words")
        with pytest.raises(ValueError, match="actions are 'tokens', so there is no menu"):
            to_tensor_env(RelayEnv(), "tokens", menu=menu_of())

    def test_goes_around_any_team(self, env_id: str) -> None:
        """Menus are read from observations that are cut, garbled and handed over."""
        for n in range(3):
            team = Heterogeneous(make(env_id), observation_length=(256, 700, 1_500)[n])
            lossy = LossyChannel(team, lost=0.2, late=0.2, duplicated=0.2, cut=0.4, garbled=0.4)
            env = seeded(to_tensor_env(AgentDropout(lossy, at_round=2)))
            env.reset(seed=n)
            while env.agents:
                env.step({a: env.action_space(a).sample() for a in env.agents})

    def test_survives_what_a_teammate_says(self, env_id: str) -> None:
        env = seeded(to_tensor_env(make(env_id), agents=[A]))
        texts = [text.replace("<", "").replace(">", "")[:200] for text in HOSTILE_TEXTS]
        while texts:
            env.reset(seed=0)
            while env.agents:
                text = texts.pop() if texts else "; : , 1e999 None ]"
                said = f'<say to="all">{text}; {text}: {text}</say>'
                actions = dict.fromkeys(env.possible_agents[1:], said)
                env.step({**actions, A: env.action_space(A).sample()})
