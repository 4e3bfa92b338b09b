"""One seat in TRL's own `environment_factory`: played by tool calls, paid what the env pays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
from trl.chat_template_utils import qwen3_chat_template

from llm_collab_envs import make
from llm_collab_envs.interop.trl import OVER, TextEnvFactory
from llm_collab_envs.wrappers import SingleAgentView
from small_model import save_small_model

GROUP = 4


def expert_of(env_id: str) -> Any:
    return make(env_id).unwrapped._expert()


def test_seat_is_paid_what_the_env_pays(env_id: str) -> None:
    """The same expert in the same seat earns the same, through tool calls or directly."""
    seat = TextEnvFactory(env_id)()
    view = SingleAgentView(make(env_id))
    policy = expert_of(env_id)
    observation, _ = view.reset(seed=3)
    text = seat.reset(prompt="a column of the dataset", seed=3)
    assert text == observation
    briefing = text[: text.index("\n== Round")]
    paid, over = 0.0, False
    while not over:
        action = policy(observation)
        text = seat.act(action)
        observation, reward, terminated, truncated, _ = view.step(action)
        paid += reward
        over = terminated or truncated
        assert text == OVER if over else briefing + "\n" + text.lstrip("\n") == observation
    assert seat.get_reward() == pytest.approx(paid)
    assert seat.act("<done/>") == OVER
    assert seat.get_reward() == pytest.approx(paid)


def test_wrong_settings_are_found_at_once() -> None:
    with pytest.raises(ValueError, match="agent must be one of"):
        TextEnvFactory("section_writing_v0", agent="agent_9")
    with pytest.raises(ValueError, match="no policy for"):
        TextEnvFactory("section_writing_v0", teammates={})


def test_rows_name_their_tasks() -> None:
    factory = TextEnvFactory("bargaining_v0", team_size=2)
    rows = factory.rows(3, seed=5)
    assert [row["seed"] for row in rows] == [5, 6, 7]
    first, again = (factory().reset(**rows[0]) for _ in range(2))
    assert first == again != factory().reset(**rows[1])


class Scripted(GRPOTrainer):
    """A trainer whose model calls the tool with what an expert or a silent agent would say.

    A random model calls no tool; what it is made to write here goes through TRL's own parsing, tool
    loop, masks, rewards and loss.
    """

    expert: Any
    seen: list[str]

    def _generate_single_turn(self, prompt_ids: list[Any], *_: Any, **__: Any) -> Any:
        completions = []
        for n, ids in enumerate(prompt_ids):
            self.seen.append(self.processing_class.decode(ids))
            text = "I am done."
            first = "<tool_response>" not in self.seen[-1]
            if OVER not in self.seen[-1] and (n % 2 == 0 or not first):
                action = self.expert(self.observation(self.seen[-1]))
                call = json.dumps({"name": "act", "arguments": {"reply": action}})
                text = f"<tool_call>\n{call}\n</tool_call>"
            completions.append(self.processing_class(text + "<|im_end|>")["input_ids"])
        return completions, None

    @staticmethod
    def observation(conversation: str) -> str:
        """Put together what the seat sees from what the model has read."""
        briefing = conversation[conversation.index("You are agent_0 of ") :]
        turn = conversation[conversation.rindex("== Round") :]
        return (
            briefing[: briefing.index("\n== Round")]
            + "\n"
            + turn.partition("<|im_end|>")[0].removesuffix("\n</tool_response>")
        )


@pytest.mark.parametrize("env_id", ["section_writing_v0", "bargaining_v0"])
def test_trl_trains_the_seat(env_id: str, tmp_path: Path) -> None:
    folder = save_small_model(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = qwen3_chat_template
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    model = AutoModelForCausalLM.from_pretrained(folder)
    before = [p.detach().clone() for p in model.parameters()]
    factory = TextEnvFactory(env_id, team_size=2)
    trainer = Scripted(
        model=model,
        args=GRPOConfig(
            output_dir=str(tmp_path / "run"),
            per_device_train_batch_size=GROUP,
            num_generations=GROUP,
            max_completion_length=2048,
            max_steps=1,
            learning_rate=1e-2,
            logging_steps=1,
            use_cpu=True,
            bf16=False,
            report_to=[],
        ),
        train_dataset=Dataset.from_list(factory.rows(2)),
        processing_class=tokenizer,
        environment_factory=factory,
    )
    trainer.expert, trainer.seen = expert_of(env_id), []
    trainer.train()
    logged = trainer.state.log_history[0]
    paid = [environment.get_reward() for environment in trainer.environments]
    assert logged["reward"] == pytest.approx(sum(paid) / GROUP, abs=1e-5)
    assert paid[0] == paid[2] > 0.9, "the expert's seat"
    assert paid[1] == paid[3] == 0, "a seat that never acts"
    assert logged["tools/call_frequency"] > 0
    assert logged["tools/failure_frequency"] == 0
    after = list(model.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
