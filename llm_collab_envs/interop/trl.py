"""TRL: one seat of a team as the environment of TRL's own `GRPOTrainer`.

    factory = TextEnvFactory(partial(make, "section_writing_v0"), agent="agent_0")
    rows = [{"prompt": [{"role": "user", "content": ""}], "task": i} for i in range(64)]
    GRPOTrainer(model, environment_factory=factory, train_dataset=Dataset.from_list(rows))

In TRL the text of several rounds goes through tools: a model that calls the tool `reply` plays a
round with its text, and reads in the tool's result what it sees next. Chat models that know tools
need nothing else. `plain_speech` is for models that do not: each of their replies, as it stands, is
a round. Teammates follow fixed policies; a team whose members all learn is what `baselines` trains.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pettingzoo import ParallelEnv

from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.wrappers.keep_alive import KeepAlive
from llm_collab_envs.wrappers.single_agent import Policy, SingleAgentView

OVER = "The episode is over."


class TextEnvFactory:
    """What TRL calls for each rollout that it plays at the same time: `environment_factory`.

    Args:
        make_env: Makes an env of text, wrapped or not.
        agent: The seat that is trained.
        teammates: What the others do: one policy for all of them, {agent: policy} for each, or None
            for the env's expert.
    """

    def __init__(
        self,
        make_env: Callable[[], ParallelEnv[str, str, str]],
        agent: str = "agent_0",
        teammates: Policy | Mapping[str, Policy] | None = None,
    ) -> None:
        """Keep the arguments; raises TypeError where `make_env` is an env and makes none."""
        if not callable(make_env):
            raise TypeError(
                f"make_env must be a function that makes an env; got {make_env!r}. Pass "
                "partial(make, 'section_writing_v0'), or the like."
            )
        self._make_env = make_env
        self._agent = agent
        self._teammates = teammates

    def __call__(self) -> TextSeat:
        """Return a seat in an env of its own."""
        team = KeepAlive(self._make_env())  # plays on where the seat's agent leaves
        return TextSeat(SingleAgentView(team, self._agent, self._teammates))


class TextSeat:
    """One seat, with the methods that TRL looks for; `reply` is the model's only tool.

    Args:
        view: The seat.

    Attributes:
        view: The seat; reward functions of yours get it in their argument `environments`.
        infos: The seat's latest infos.
    """

    def __init__(self, view: SingleAgentView) -> None:
        """Start before the first episode."""
        self.view = view
        self.infos: dict[str, Any] = {}
        self._paid = 0.0
        self._over = True

    def reset(self, **row: Any) -> str:
        """Start an episode, and return what TRL adds to the prompt.

        Args:
            **row: The row of the dataset. Its column "task" is the index of the task, which all
                rollouts of a prompt share; other columns are ignored.

        Raises:
            ValueError: Where the dataset has no such column.
        """
        if "task" not in row:
            raise ValueError(
                f"the dataset needs a column 'task', the index of a task; it has {sorted(row)}. "
                "Add one, so that all rollouts of a prompt play the same task."
            )
        observation, self.infos = self.view.reset(options={"task": row["task"]})
        self._paid, self._over = 0.0, False
        return str(observation)

    def reply(self, text: str) -> str:
        """Play one round with your team, and see what happens.

        Args:
            text: Your reply, in the tags that you were told; an empty one passes your turn.

        Returns:
            What you see next, or that the episode is over.
        """
        if self._over:
            raise ValueError(f"{OVER} There is nothing left to reply to.")
        observation = self._step(text)
        if self.infos["done"] or self._has_left():
            self._play_on()
        return OVER if self._over else split_briefing(observation)[1]

    def get_reward(self) -> float:
        """Return what the seat is paid for the whole episode, as the env pays it.

        That is the joint reward, or its own gain where the env is made with `reward="individual"`.
        Where the model has stopped early, or its agent has left, its teammates play on to the end.
        """
        self._play_on()
        return self._paid

    def _play_on(self) -> None:
        while not self._over:
            self._step("")

    def _has_left(self) -> bool:
        return self.view.agent not in self.view.env.unwrapped.agents

    def _step(self, text: str) -> str:
        team, agent, had_left = self.view.env.unwrapped, self.view.agent, self._has_left()
        before = team.earned(agent)
        observation, reward, _, _, self.infos = self.view.step(text)
        self._paid += team.earned(agent) - before if had_left else reward
        self._over = not self.view.env.agents  # later than for the view, where the agent has left
        return str(observation)


# A tool's result is what the user says, and a call is the text that it is made with. (TRL checks
# that calls of any other tool are shown too.)
_AS_CHAT = """\
{%- set plain = namespace(messages=[]) -%}
{%- for message in messages -%}
    {%- if message.role == 'tool' -%}
        {%- set message = {'role': 'user', 'content': message.content} -%}
    {%- elif message.tool_calls -%}
        {%- set call = (message.tool_calls | first).function -%}
        {%- set text = call.arguments.text | default(call.name ~ (call.arguments | tojson)) -%}
        {%- set message = {'role': 'assistant', 'content': text} -%}
    {%- endif -%}
    {%- set plain.messages = plain.messages + [message] -%}
{%- endfor -%}
{%- set messages = plain.messages -%}
"""


def plain_speech(tokenizer: Any) -> Any:
    """Return a copy of a tokenizer with which TRL takes each reply for a call of `reply`.

        GRPOTrainer(..., processing_class=plain_speech(tokenizer))

    What the model reads and writes is then the chat that it would have with the env, as in
    `baselines`: observations of the user, replies of the assistant. An empty reply passes the turn;
    one that was cut ends the model's part. Needs transformers 5.13 or newer.

    Args:
        tokenizer: A Hugging Face tokenizer with a chat template, whose assistant's messages close
            with its end-of-sequence token.

    Raises:
        ImportError: For an older transformers, or none.
    """
    installed = _installed("transformers")
    if tuple(map(int, installed.split(".")[:2])) < (5, 13):
        raise ImportError(
            f"plain_speech needs transformers 5.13 or newer; this is {installed}. "
            "Run pip install -U transformers."
        )
    plain = copy.deepcopy(tokenizer)
    # From the end of what the user said to the start of the assistant's reply.
    asked = plain.apply_chat_template(
        [{"role": "user", "content": OVER}], tokenize=False, add_generation_prompt=True
    ).partition(OVER)[2]
    end, before, over = plain.eos_token, re.escape(asked), re.escape(OVER)
    plain.chat_template = _AS_CHAT + plain.chat_template
    plain.response_template = {
        "defaults": {"role": "assistant"},
        # What is parsed starts after the last match: after `asked`, or before it where all is over.
        "start_anchor_pattern": f"{over}|(?<!{over}){before}",
        "fields": {
            "content": {"open": asked, "close": end},
            "tool_calls": {
                "open_pattern": rf"(?=[\s\S]*{re.escape(end)})",
                "close": end,
                "repeats": True,
                "transform": {
                    "type": "function",
                    "function": {"name": "reply", "arguments": {"text": "{content}"}},
                },
            },
        },
    }
    return plain


def _installed(package: str) -> str:
    """Return the version of a package, 0.0 for none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "0.0"
