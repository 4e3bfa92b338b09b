"""TRL's own trainer on one seat: what the model reads, what it plays, and what it is paid."""

from __future__ import annotations

import json
import re
from functools import partial
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
from trl.chat_template_utils import parse_response, qwen2_5_chat_template

from baselines.models import TINY
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from llm_collab_envs import make
from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.interop import trl
from llm_collab_envs.interop.trl import OVER, TextEnvFactory, plain_speech
from llm_collab_envs.wrappers import AgentDropout
from play import play
from small_model import END, save_small_model

A = "agent_0"


def seat(env_id: str, **kwargs):
    return TextEnvFactory(partial(make, env_id, **kwargs))()


def own_reward(played) -> float:
    """The joint reward at the end of the episode, as the env has it."""
    return played.view.env.unwrapped.episode.rounds[-1].terms["joint_reward"]


def test_a_seat_played_by_the_expert_is_paid_what_the_expert_team_is(env_id):
    played = seat(env_id)
    expert = make(env_id)._expert()
    briefing, turn = split_briefing(played.reset(task=1, prompt=[]))
    while turn != OVER:
        turn = played.reply(expert(briefing + turn))
    team = make(env_id)
    play(team, expert, task=1)
    assert played.get_reward() == pytest.approx(own_reward(played))
    assert own_reward(played) == team.episode.rounds[-1].terms["joint_reward"] > 0.9
    with pytest.raises(ValueError, match="over"):
        played.reply("<done/>")


def test_teammates_play_on_where_the_model_stops(env_id):
    played = seat(env_id)
    played.reset(task=0)
    reward = played.get_reward()
    assert not played.view.env.agents
    assert reward == played.get_reward() == pytest.approx(own_reward(played))
    silent = make(env_id)
    expert = silent._expert()
    play(silent, lambda seen: "" if seen.startswith(f"You are {A} ") else expert(seen))
    assert played.view.env.unwrapped.episode.rounds == silent.episode.rounds


def test_one_that_is_done_has_nothing_left_to_say():
    played = seat("section_writing_v0")
    played.reset(task=0)
    assert played.reply("<done/>") == OVER


@pytest.mark.parametrize("replies", [0, 1])
def test_a_seat_whose_agent_leaves_is_paid_what_its_team_goes_on_to_make(replies):
    def team():
        return AgentDropout(make("section_writing_v0", team_size=2), at_round=2, agents=[A])

    played = TextEnvFactory(team)()
    played.reset(task=0)
    assert [played.reply("") for _ in range(replies)] == [OVER] * replies
    assert played.get_reward() == pytest.approx(own_reward(played))
    assert not played.view.env.unwrapped.agents
    assert own_reward(played) > 0.4


@pytest.mark.parametrize("replies", [0, 1])
def test_a_seat_whose_agent_leaves_is_paid_its_own_gain_where_motives_are_mixed(replies):
    def team():
        env = make("bargaining_v0", reward="individual")
        return AgentDropout(env, at_round=2, agents=[A])

    played = TextEnvFactory(team)()
    played.reset(task=0)
    assert [played.reply("") for _ in range(replies)] == [OVER] * replies
    gain = played.get_reward()
    env = played.view.env.unwrapped
    assert not env.agents
    assert gain == pytest.approx(env.earned(A)) == pytest.approx(env._own_gains()[A])
    assert 0 < gain < env.joint_reward


def test_rows_have_to_name_the_task():
    with pytest.raises(ValueError, match=r"needs a column 'task'.*it has \['prompt'\]"):
        seat("section_writing_v0").reset(prompt=[])


def test_plain_speech_takes_each_reply_for_a_round():
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    plain = plain_speech(tokenizer)
    assert tokenizer.chat_template != plain.chat_template

    def parsed(prompt: str, reply: str) -> list[str] | None:
        ids = [plain(text, add_special_tokens=False)["input_ids"] for text in (reply, prompt)]
        message = parse_response(plain, *ids)
        calls = message.get("tool_calls")
        return calls and [call["function"]["arguments"]["text"] for call in calls]

    said = '<say to="all">{"a": 1}</say>\n<done/>'
    assert parsed("<|obs|>One.<|act|>", f"{said}<|end|>") == [said]
    later = "<|obs|>One.<|act|>Two.<|end|><|obs|>Three.<|act|>"
    assert parsed(later, f"{said}<|end|>") == [said]
    assert parsed(later, "<|end|>") == [""]
    assert parsed(later, said) is None, "it was cut"
    assert parsed(later.replace("Three.", OVER), f"{said}<|end|>") is None


def test_plain_speech_says_that_transformers_is_missing(monkeypatch):
    def nothing(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(trl, "version", nothing)
    with pytest.raises(ImportError, match=r"5.13 or newer; this is 0.0\. Run pip install"):
        plain_speech(None)


def test_a_factory_wants_what_makes_an_env():
    with pytest.raises(TypeError, match=r"must be a function that makes an env.*Pass partial\("):
        TextEnvFactory(make("section_writing_v0"))


def test_a_seat_among_teammates_of_ones_own():
    def silent(observation):
        return "<done/>"

    factory = TextEnvFactory(partial(make, "section_writing_v0"), "agent_2", silent)
    seat = factory()
    assert "You are agent_2 of 4" in seat.reset(task=0)
    seat.reply("<submit># Mine</submit><done/>")
    assert seat.view.env.unwrapped.parts == {"agent_2": "# Mine"}
    assert seat.view.env.unwrapped.agents == []


@pytest.mark.parametrize("old", ["4.57.1", "5.12.0", "5.12.0.dev0"])
def test_plain_speech_refuses_a_transformers_that_is_too_old(old, monkeypatch):
    monkeypatch.setattr(trl, "version", lambda package: old)
    with pytest.raises(ImportError, match=rf"5.13 or newer; this is {old}\. Run pip"):
        plain_speech(None)


def config(out: Path, **changes) -> GRPOConfig:
    settings = dict(
        output_dir=str(out),
        per_device_train_batch_size=4,
        num_generations=4,
        max_steps=1,
        learning_rate=1e-3,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
    )
    return GRPOConfig(**{**settings, **changes})


ROWS = [{"prompt": [{"role": "user", "content": ""}], "task": task} for task in (3, 4)]


def trained(trainer: GRPOTrainer) -> None:
    """Train a step; parameters move, and what is logged is the mean of the envs' own rewards."""
    before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    trainer.train()
    (log,) = [entry for entry in trainer.state.log_history if "reward" in entry]
    rewards = [own_reward(played) for played in trainer.environments]
    assert len(rewards) == 4
    assert max(rewards) > min(rewards)
    mean = pytest.approx(sum(rewards) / 4, abs=1e-5)
    assert log["rewards/TextSeat/mean"] == log["reward"] == mean
    assert log["tools/failure_frequency"] == 0
    tasks = {played.view.env.unwrapped.episode.task_index for played in trainer.environments}
    assert len(tasks) == 1, "one group plays one task"
    after = trainer.model.parameters()
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


class Sampler(GRPOTrainer):
    """A trainer whose model says what the expert would, in every second rollout; else nothing."""

    expert = None

    def _generate_single_turn(self, prompt_ids, *args, **kwargs):
        chats = [self._tokenizer.decode(ids) for ids in prompt_ids]
        if kwargs.get("num_generations", args[-1] if args else 0) > 1:
            speaks = [n % 2 == 0 for n in range(len(chats))]
        else:
            speaks = [True] * len(chats)
        texts = [self._says(chat) if yes else END for chat, yes in zip(chats, speaks, strict=True)]
        return [self._tokenizer(text)["input_ids"] for text in texts], None

    def _says(self, chat: str) -> str:
        first, *results = re.split(r"<tool_response>\n", chat.partition("<|im_start|>user\n")[2])
        briefing, turn = split_briefing(first.partition(END)[0])
        if results:
            turn = results[-1].partition("\n</tool_response>")[0]
        if turn == OVER:
            return f"We are done.{END}"
        call = {"name": "reply", "arguments": {"text": self.expert(briefing + turn)}}
        return f"<tool_call>\n{json.dumps(call)}\n</tool_call>{END}"


@pytest.mark.parametrize("env_id", ["section_writing_v0", "bargaining_v0"])
def test_a_model_that_knows_tools_trains(env_id, tmp_path):
    folder = save_small_model(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = qwen2_5_chat_template
    model = AutoModelForCausalLM.from_pretrained(folder, max_position_embeddings=32768)
    trainer = Sampler(
        model,
        args=config(tmp_path, max_completion_length=16000),
        train_dataset=Dataset.from_list(ROWS),
        processing_class=tokenizer,
        environment_factory=TextEnvFactory(partial(make, env_id)),
    )
    trainer.expert = make(env_id)._expert()
    trained(trainer)
    assert max(own_reward(played) for played in trainer.environments) > 0.9


def test_a_model_that_speaks_plainly_trains_and_reads_what_it_would_read_elsewhere(tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    torch.manual_seed(0)
    trainer = GRPOTrainer(
        AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32),
        args=config(tmp_path, max_completion_length=1500),
        train_dataset=Dataset.from_list(ROWS),
        processing_class=plain_speech(tokenizer),
        environment_factory=TextEnvFactory(partial(make, "section_writing_v0")),
    )
    made = []
    generate = trainer._generate
    trainer._generate = lambda prompts: made.append(generate(prompts)) or made[-1]
    trained(trainer)
    context = Context(tokenizer)
    prompts, completions, masks = made[0][:3]
    for n, played in enumerate(trainer.environments):
        history = History()
        log = played.view.env.unwrapped.episode
        env = make("section_writing_v0")
        seen, infos = env.reset(options={"task": log.task_index})
        for turns in (round_.turns for round_ in log.rounds):
            if not infos[A]["done"]:
                reply = turns[A].text
                ids = (*tokenizer(reply)["input_ids"], tokenizer.eos_token_id)
                history.observations.append(seen[A])
                history.replies.append(Reply(reply, ids))
            seen, *_, infos = env.step({agent: turn.text for agent, turn in turns.items()})
        assert prompts[n] == context.first(history.observations[0])
        read = [i for i, own in zip(completions[n], masks[n], strict=True) if not own]
        between = [i for seen in history.observations[1:] for i in context.next(seen, ended=True)]
        assert read[: len(between)] == between
