"""ChatServer: one reply from a server of chat completions, through all that may go wrong.

What passes is tried again, after growing pauses; what does not is one sentence at once. A server
can do no more than fail: its answers are bounded in time and size, and read strictly.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from baselines.errors import CommandError
from baselines.policies.base import Reply
from llm_collab_envs.core.render import printable
from llm_collab_envs.core.spaces import sanitise

API_KEY = "OPENAI_API_KEY"
_DAY = 86_400  # seconds; some systems take no longer ones
LONGEST_PAUSE = 60.0  # seconds, whatever the server asks for
MAX_ANSWER_BYTES = 2**24
_TRIED_AGAIN = (408, 425, 429)  # and all of 500 and more
_LONGEST = (
    "max_tokens"  # the name that all servers know, and the one that OpenAI's newer models want
)
_LONGEST_NOW = "max_completion_tokens"
_NEUTRAL_AT_1 = ("temperature", "top_p")  # and 1 is what is meant where they are left out
_FIELDS_REFUSED = (400, 422)
_NOT_THERE = (ConnectionRefusedError, socket.gaierror, UnicodeError)  # of a host's name
_REMEDIES = {
    401: f" Set {API_KEY}.",
    403: f" Set {API_KEY} to a key that may use the model.",
    404: " Mend the URL, which often ends in /v1, or the name of the model.",
}


@dataclass(frozen=True)
class Requests:
    """How a server is asked.

    Attributes:
        concurrency: Requests that are open at once.
        timeout: Seconds that the server has for one reply.
        attempts: How often a request is sent before the server counts as dead.
        pause: Seconds between the first two attempts, twice as many between the next two, and so
            on, drawn from half of that to all of it; a server's Retry-After is heeded.
    """

    concurrency: int = 16
    timeout: float = 300.0
    attempts: int = 6
    pause: float = 2.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("concurrency", "attempts"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more; got {getattr(self, name)}.")
        if not 0 < self.timeout <= _DAY:
            raise ValueError(
                f"timeout must be more than 0 seconds, and {_DAY} at most; got {self.timeout}."
            )


class _AttemptError(Exception):
    """An attempt that failed, and may not the next time.

    Args:
        what: What the server did, and a remedy in a sentence of its own.
        wait: Seconds that the server asks to wait.
        most: How many attempts are worth while.
    """

    def __init__(self, what: str, wait: float = 0.0, most: float = float("inf")) -> None:
        super().__init__(what)
        self.wait = wait
        self.most = most


class _FieldError(Exception):
    """A refusal of a field, which has another name, or is left out, from now on."""


class ChatServer:
    """A server of chat completions.

    The key in the environment variable OPENAI_API_KEY, where there is one, goes with each request.
    Where a model wants "max_completion_tokens" in place of "max_tokens", it gets that. Where it
    refuses a temperature or top_p of 1, or a seed, it is asked without; a run whose seed is refused
    does not repeat itself.

    Args:
        url: The API's base, such as "http://localhost:8000/v1".
        requests: How it is asked.

    Raises:
        CommandError: For a URL or a key that cannot be used.
    """

    def __init__(self, url: str, requests: Requests) -> None:
        """Ask nothing yet."""
        self.url = _checked(url)
        self.requests = requests
        self._headers = {"Content-Type": "application/json", **_authorisation()}
        self._opener = build_opener(_NoRedirects)
        self._answered = False
        self._names: dict[str, str | None] = {}  # of refused fields; None: left out

    def ask(self, body: dict[str, Any], stop: threading.Event) -> Reply:
        """Ask until there is a reply; give up where that is hopeless, or `stop` is set.

        Args:
            body: The request; its "seed" is also that of the pauses.
            stop: Ends the pauses.

        Raises:
            CommandError: Where the server cannot be reached, refuses, or fails at every attempt.
        """
        chance = random.Random(body["seed"])
        attempt = 1
        while True:
            try:
                return self._attempt(body)
            except _FieldError:
                continue
            except _AttemptError as failed:
                if attempt >= min(self.requests.attempts, failed.most):
                    times = "" if attempt == 1 else f" (tried {attempt} times)"
                    raise CommandError(f"the endpoint {self.url}{times} {failed}") from failed
                drawn = self.requests.pause * 2 ** (attempt - 1) * chance.uniform(0.5, 1.0)
                stop.wait(min(LONGEST_PAUSE, max(drawn, failed.wait)))
                if stop.is_set():
                    raise CommandError("stopped.") from failed
                attempt += 1

    def _attempt(self, body: dict[str, Any]) -> Reply:
        named = ((self._names.get(name, name), value) for name, value in body.items())
        sent = {name: value for name, value in named if name}
        data = json.dumps(sent).encode()
        request = Request(f"{self.url}/chat/completions", data, self._headers)
        deadline = time.monotonic() + self.requests.timeout
        try:
            with self._opener.open(request, timeout=self.requests.timeout) as answer:
                self._answered = True
                return _reply(_read(answer, deadline))
        except HTTPError as refusal:
            self._answered = True
            raise self._refused(refusal, deadline, sent) from refusal
        except (OSError, HTTPException, UnicodeError) as problem:
            raise self._unreached(problem) from problem

    def _refused(self, refusal: HTTPError, deadline: float, sent: dict[str, Any]) -> Exception:
        """Say what a status of 300 or more means."""
        try:
            data = _read(refusal, deadline)
        except (OSError, HTTPException):
            data = b""
        remedy = _REMEDIES.get(refusal.code, "")
        if refusal.code in _FIELDS_REFUSED:
            if names := _other_names(sent, data):
                self._names |= names
                return _FieldError()
            if any(_mentions(data, name) for name in sent if name in _NEUTRAL_AT_1):
                remedy = (
                    " Where the model can be asked for no other temperature or top_p than its own, "
                    "use --temperature 1 --top-p 1."
                )
        what = f"answered {refusal.code} ({_excerpt(data)}).{remedy}"
        if refusal.code in _TRIED_AGAIN or refusal.code >= 500:
            return _AttemptError(what, _retry_after(refusal.headers))
        return CommandError(f"the endpoint {self.url} {what}")

    def _unreached(self, problem: Exception) -> _AttemptError:
        """Say what a connection that failed means."""
        reason = problem.reason if isinstance(problem, URLError) else problem
        if isinstance(reason, TimeoutError):
            # One that is too slow does not become faster by being asked more often.
            return _AttemptError(
                f"did not answer within {self.requests.timeout:g} seconds. Raise the timeout, or "
                "lower the concurrency.",
                most=2,
            )
        said = printable(str(reason)) or type(reason).__name__
        what = f"cannot be reached ({said}). Start the server, or mend the URL."
        hopeless = isinstance(reason, ssl.SSLCertVerificationError) or (
            # A server that has answered may be starting again; one that hangs up is there.
            isinstance(reason, _NOT_THERE) and not self._answered
        )
        return _AttemptError(what, most=1) if hopeless else _AttemptError(what)


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirection: it would carry the key to another place."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of a port that is no number, or half an IPv6 address
        fine = False
    if not fine or not url.isascii() or not url.isprintable() or set(" @?#") & set(url):
        raise CommandError(
            "the URL of an endpoint must be like http://localhost:8000/v1, without a query, a user "
            f"or spaces; got {url!r}. A key belongs into {API_KEY}."
        )
    return url.rstrip("/")


def _authorisation() -> dict[str, str]:
    key = os.environ.get(API_KEY, "").strip()
    if not key.isascii() or not key.isprintable():
        raise CommandError(f"{API_KEY} holds characters that no key has. Set it again.")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _other_names(sent: dict[str, Any], said: bytes) -> dict[str, str | None]:
    """Return what the fields that a refusal names are to be called; None for those to leave out."""
    names: dict[str, str | None] = {}
    if _LONGEST in sent and _mentions(said, _LONGEST_NOW):
        names[_LONGEST] = _LONGEST_NOW
    for name, value in sent.items():
        needless = name == "seed" or (name in _NEUTRAL_AT_1 and value == 1)
        if needless and _mentions(said, name):
            names[name] = None
    return names


def _mentions(said: bytes, field: str) -> bool:
    return re.search(rf"\b{field}\b".encode(), said) is not None


def _read(answer: HTTPResponse | HTTPError, deadline: float) -> bytes:
    """Read a body; a time-out of the socket alone would let one that trickles go on for ever."""
    data = bytearray()
    while block := answer.read1(2**16):
        data += block
        if len(data) > MAX_ANSWER_BYTES:
            raise _AttemptError(f"sent more than {MAX_ANSWER_BYTES} bytes.", most=2)
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(data)


def _reply(data: bytes) -> Reply:
    """Read a chat completion; a reply without content, as after a refusal, is an empty one."""
    try:
        answer = json.loads(data)
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
        count = (answer.get("usage") or {}).get("completion_tokens")
        return Reply(
            sanitise(text),
            served_tokens=count if isinstance(count, int) else None,
            cut=choice.get("finish_reason") == "length",
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as problem:
        raise _AttemptError(
            f"answered with what is no chat completion ({_excerpt(data)}). Mend the URL."
        ) from problem


def _excerpt(data: bytes) -> str:
    text = " ".join(printable(data[:2_000].decode(errors="replace")).split())
    return text[:300] or "nothing more"


def _retry_after(headers: HTTPMessage) -> float:
    """Return the seconds of a Retry-After; a date there is left to the usual pauses."""
    asked = headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else 0.0
