"""EndpointPolicy: a served model, asked by the chat completions of OpenAI-compatible servers.

Where this departs from a model in this process: the server applies its own chat template, and what
comes back is text, so it can be measured but not trained on. Temperature, top_p and seed are asked
for, if the model does not refuse them; whether they are heeded is the server's business
(`transformers serve` decodes greedily unless the model's generation config says `do_sample`).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import Any

from baselines.action_selector import ActionSelector
from baselines.errors import CommandError
from baselines.policies.base import History, Reply
from baselines.policies.chat_server import ChatServer, Requests
from llm_collab_envs.core.observation import split_briefing
from llm_collab_envs.core.spaces import sanitise

ENDPOINT = "endpoint:"


class EndpointPolicy:
    """A model behind a URL as a decentralised policy: one conversation for each agent.

    Args:
        url: The API's base, such as "http://localhost:8000/v1".
        model: The name that the server knows the model by.
        selector: How replies are chosen; its batch size plays no part.
        requests: How the server is asked.

    Raises:
        CommandError: For a URL or a key that cannot be used.
    """

    def __init__(
        self,
        url: str,
        model: str,
        selector: ActionSelector | None = None,
        requests: Requests | None = None,
    ) -> None:
        """Ask nothing yet."""
        self.server = ChatServer(url, requests or Requests())
        self.model = model
        self.selector = selector or ActionSelector()
        self.seed(0)

    def seed(self, seed: int) -> None:
        """Seed the seeds that go with the requests to come."""
        self._chance = random.Random(seed)

    def act(self, histories: Sequence[History]) -> list[Reply]:
        """Return one reply for each history; as many are asked for at once as may be.

        Raises:
            CommandError: Where the server cannot be reached, refuses, or fails at every attempt.
        """
        bodies = [self._body(history) for history in histories]
        stop = threading.Event()
        asks = [lambda body=body: self.server.ask(body, stop) for body in bodies]
        try:
            return _at_once(asks, self.server.requests.concurrency, stop)
        finally:
            stop.set()  # after a failure, or Ctrl-C, nobody waits for the others

    def _body(self, history: History) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": messages(history),
            "temperature": self.selector.temperature,
            "top_p": self.selector.top_p,
            "max_tokens": self.selector.max_new_tokens,
            "seed": self._chance.getrandbits(31),
        }


def parse_endpoint(spec: str) -> tuple[str, str]:
    """Return (URL, model) of "endpoint:URL#MODEL".

    Raises:
        CommandError: Where a part is missing.
    """
    url, _, model = spec.removeprefix(ENDPOINT).partition("#")
    if not url or not model:
        raise CommandError(
            f"an endpoint is {ENDPOINT}URL#MODEL, such as {ENDPOINT}http://localhost:8000/v1#qwen; "
            f"got {spec!r}."
        )
    return url, model


def messages(history: History) -> list[dict[str, str]]:
    """Write one agent's history as a chat; the briefing is in its first message only."""
    first, *later = history.observations
    chat = [{"role": "user", "content": sanitise(first)}]
    for reply, observation in zip(history.replies, later, strict=True):
        chat.append({"role": "assistant", "content": sanitise(reply.text)})
        chat.append({"role": "user", "content": sanitise(split_briefing(observation)[1])})
    return chat


def _at_once(
    asks: Sequence[Callable[[], Reply]], concurrency: int, stop: threading.Event
) -> list[Reply]:
    """Call all, some at once, and return what they return, or raise what the first one raises.

    The threads are daemons, unlike those of an executor: after Ctrl-C the process need not wait for
    a server that does not answer.
    """
    futures: list[Future[Reply]] = [Future() for _ in asks]
    jobs = iter(zip(futures, asks, strict=True))
    lock = threading.Lock()

    def work() -> None:
        while not stop.is_set():
            with lock:
                job = next(jobs, None)
            if job is None:
                return
            try:
                job[0].set_result(job[1]())
            except BaseException as problem:  # whatever it is, the caller is to see it
                job[0].set_exception(problem)

    for _ in range(min(concurrency, len(asks))):
        threading.Thread(target=work, daemon=True).start()
    for future in wait(futures, return_when=FIRST_EXCEPTION).done:
        future.result()
    return [future.result() for future in futures]
