"""A server of chat completions on loopback, for tests: what it answers, a function says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from llm_collab_envs import make
from llm_collab_envs.core.observation import split_briefing


@dataclass(frozen=True)
class Answer:
    """A raw answer: anything that a server, or what is in between, may send."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None  # a false Content-Length


def completion(content: Any, finish: str = "stop", tokens: Any = 7) -> Answer:
    choice = {"index": 0, "finish_reason": finish, "message": {"content": content}}
    return Answer(
        body=json.dumps({"choices": [choice], "usage": {"completion_tokens": tokens}}).encode()
    )


class Server:
    """Serves as long as it is entered.

    Args:
        answer: From a request's body to its reply; a str is the content of a completion, None hangs
            up without a word.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], str | Answer | None]) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()  # set at the end, so that no handler waits for ever
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Server:
        """Start."""
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and refuse connections from here on."""
        self.released.set()
        self._http.shutdown()
        self._http.server_close()

    def _handler(self, answer: Callable[[dict[str, Any]], Any]) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server._lock:
                    server.bodies.append(body)
                    server.headers.append({"path": self.path, **self.headers})
                said = answer(body)
                if said is not None:
                    self._send(completion(said) if isinstance(said, str) else said)

            def _send(self, said: Answer) -> None:
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                length = len(said.body) if said.length is None else said.length
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(said.body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def expert(env_id: str, team_size: int) -> Callable[[dict[str, Any]], str]:
    """Return a model that is the env's expert, from nothing but the chat."""
    act = make(env_id, team_size=team_size)._expert()

    def answer(body: dict[str, Any]) -> str:
        first, last = body["messages"][0]["content"], body["messages"][-1]["content"]
        return act(split_briefing(first)[0] + split_briefing(last)[1])

    return answer
