"""A policy behind a URL: what is asked, what may go wrong, and what is kept when it does."""

from __future__ import annotations

import io
import json
import math
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from rich.console import Console
from typer.testing import CliRunner

from baselines.action_selector import ActionSelector
from baselines.cli import app
from baselines.errors import CommandError
from baselines.evaluate import EvalConfig, evaluate
from baselines.models import TINY
from baselines.policies import chat_server
from baselines.policies.base import History, Reply
from baselines.policies.chat_server import API_KEY, ChatServer, Requests
from baselines.policies.endpoint import EndpointPolicy
from baselines.policies.load import load_policy
from baselines.summary import summarise, table
from served import Answer, Server, completion, expert

ENV = "section_writing_v0"
FIRST = "You are agent_0 of 2.\n\n== Round 1 of 6 ==\nMessage tokens left: 60.\n"
SECOND = "You are agent_0 of 2.\n\n== Round 2 of 6 ==\nMessages:\nagent_1: tense: past\n"
QUICK = Requests(concurrency=4, timeout=20, attempts=4, pause=0.01)


@pytest.fixture(autouse=True)
def _loopback_without_key_or_proxy(monkeypatch):
    monkeypatch.delenv(API_KEY, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def policy(server: Server, requests: Requests = QUICK) -> EndpointPolicy:
    return EndpointPolicy(server.url, "small", ActionSelector(0.5, 0.9, 77), requests)


def asks(*observations: str) -> list[History]:
    return [History([observation]) for observation in observations]


def failure(server: Server, requests: Requests = QUICK, url: str | None = None) -> str:
    player = policy(server, requests) if url is None else EndpointPolicy(url, "m", None, requests)
    with pytest.raises(CommandError) as problem:
        player.act(asks(FIRST))
    text = str(problem.value)
    assert "\n" not in text
    assert text.isprintable()
    return text


def in_turn(*answers: str | Answer | None) -> Callable[[dict[str, Any]], str | Answer | None]:
    left = iter(answers)
    return lambda body: next(left)


# What is asked, and what comes back


@pytest.mark.parametrize(("env", "team_size"), [(ENV, 2), (ENV, 1), ("bargaining_v0", 3)])
def test_an_expert_that_is_served_plays_like_the_expert(env, team_size):
    with Server(expert(env, team_size)) as server:
        config = EvalConfig(env, f"endpoint:{server.url}#m", team_size, episodes=5)
        served = evaluate(config)
    local = evaluate(replace(config, policy="expert"))
    same = ("task", "joint_reward", "critical_path", "message_tokens", "rounds", "malformed")
    assert [[r[k] for k in same] for r in served] == [[r[k] for k in same] for r in local]


def test_the_chat_is_the_agents_own_history_with_the_briefing_once():
    with Server(lambda body: "fine") as server:
        policy(server).act([History([FIRST, SECOND], [Reply("a\x00\ud800")])])
    (body,) = server.bodies
    assert body["messages"] == [
        {"role": "user", "content": FIRST},
        {"role": "assistant", "content": "a\ufffd\ufffd"},
        {"role": "user", "content": SECOND.partition("\n\n")[2]},
    ]
    sent = {name: body[name] for name in ("model", "temperature", "top_p", "max_tokens")}
    assert sent == {"model": "small", "temperature": 0.5, "top_p": 0.9, "max_tokens": 77}
    assert server.headers[0]["path"] == "/v1/chat/completions"
    assert "Authorization" not in server.headers[0]


def test_every_request_has_a_seed_of_its_own_and_all_follow_from_one():
    with Server(lambda body: "fine") as server:
        for seed in (3, 3, 4):
            player = load_policy(f"endpoint:{server.url}#m", ENV, seed=seed)
            player.act(asks("a", "b", "c"))
            player.act(asks("d"))
    seeds = [
        {b["messages"][0]["content"]: b["seed"] for b in server.bodies[n : n + 4]}
        for n in (0, 4, 8)
    ]
    assert seeds[0] == seeds[1]
    assert len({*seeds[0].values(), *seeds[2].values()}) == 8
    assert all(0 <= seed < 2**31 for seed in seeds[0].values())


def test_replies_are_in_order_and_as_many_are_asked_for_at_once_as_may_be():
    together = threading.Barrier(4)

    def answer(body: dict[str, Any]) -> str:
        together.wait(20)  # passes only where four are open at once
        return body["messages"][0]["content"]

    texts = [f"text {n}" for n in range(12)]
    with Server(answer) as server:
        replies = policy(server).act(asks(*texts))
    assert [reply.text for reply in replies] == texts


def test_no_more_requests_are_open_than_may_be():
    too_many = threading.Barrier(5)

    def answer(body: dict[str, Any]) -> str:
        try:
            too_many.wait(0.5)
        except threading.BrokenBarrierError:
            return "fine"
        return "too many"

    with Server(answer) as server:
        replies = policy(server).act(asks(*"abcdefgh"))
    assert {reply.text for reply in replies} == {"fine"}


def test_the_key_goes_with_every_request(monkeypatch):
    monkeypatch.setenv(API_KEY, " secret\n")
    with Server(lambda body: "fine") as server:
        policy(server).act(asks(FIRST))
    assert server.headers[0]["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (completion("hi", tokens=3), Reply("hi", (), 3, cut=False)),
        (completion("hi", "length", 77), Reply("hi", (), 77, cut=True)),
        (completion(None), Reply("", (), 7, cut=False)),
        (completion("a\ud800\x00"), Reply("a\ufffd\ufffd", (), 7, cut=False)),
        (completion("hi", tokens="many"), Reply("hi", cut=False)),
        (completion("hi", tokens=float("inf")), Reply("hi", cut=False)),
        (Answer(body=b'{"choices": [{"message": {"content": "hi"}}]}'), Reply("hi", cut=False)),
    ],
)
def test_what_is_read_from_a_completion(answer, reply):
    with Server(lambda body: answer) as server:
        assert policy(server).act(asks(FIRST)) == [reply]


def test_tokens_and_cut_replies_of_a_server_are_counted():
    with Server(lambda body: completion("<submit>x", "length", 40)) as server:
        config = EvalConfig(ENV, f"endpoint:{server.url}#m", 1, episodes=1)
        (record,) = evaluate(config)
    assert record["cut_replies"] == record["rounds"] == len(server.bodies)
    assert record["model_tokens"] == 40 * record["rounds"]
    assert record["malformed"] == record["rounds"]


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_server_that_counts_no_tokens_has_its_cut_replies_counted(cut):
    """Whichever episode they are in: the first, the second, or none."""
    ends = {cut: "length"}
    answers = in_turn(*(completion("<done/>", ends.get(n, "stop"), None) for n in range(2)))
    with Server(answers) as server:
        spec = f"endpoint:{server.url}#m"
        records = evaluate(
            EvalConfig(ENV, spec, 1, episodes=2, requests=replace(QUICK, concurrency=1))
        )
    assert [record["cut_replies"] for record in records] == [int(n == cut) for n in range(2)]
    assert [record["model_tokens"] for record in records] == [None, None]
    summary = summarise(records)
    assert summary["cut_replies"].mean == (0.5 if cut < 2 else 0.0)
    assert "model_tokens" not in summary


@pytest.mark.parametrize("counts", [(None, 7), (7, None)])
def test_tokens_that_only_some_episodes_count_have_no_mean(counts):
    with Server(in_turn(*(completion("<done/>", tokens=n) for n in counts))) as server:
        spec = f"endpoint:{server.url}#m"
        records = evaluate(
            EvalConfig(ENV, spec, 1, episodes=2, requests=replace(QUICK, concurrency=1))
        )
    assert tuple(record["model_tokens"] for record in records) == counts
    summary = summarise(records)
    assert math.isnan(summary["model_tokens"].mean)
    console = Console(width=60, record=True, file=io.StringIO())
    console.print(table({"m": summary}))
    (row,) = (line for line in console.export_text().splitlines() if "model tokens" in line)
    assert row.replace("│", " ").split() == ["model", "tokens", "-"]


# What goes wrong for a while

PASSING = {
    "500": Answer(500, b"oh"),
    "503": Answer(503),
    "429": Answer(429, b"slow down", {"Retry-After": "0"}),
    "a date": Answer(429, b"", {"Retry-After": "Wed, 25 Nov 2099 00:00:00 GMT"}),
    "408": Answer(408),
    "hangs up": None,
    "no JSON": Answer(body=b"<html>"),
    "no choice": Answer(body=b'{"choices": []}'),
    "a list": Answer(body=b"[]"),
    "null": Answer(body=b"null"),
    "a number as text": completion(5),
    "parts": completion([{"type": "text", "text": "hi"}]),
    "deep": Answer(body=b"[" * 200_000),
    "half a body": Answer(body=completion("hi").body[:20], length=400),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_passes_costs_an_attempt(fault):
    with Server(in_turn("first", fault, fault, "at last")) as server:
        player = policy(server)
        player.act(asks(FIRST))
        assert [reply.text for reply in player.act(asks(FIRST))] == ["at last"]
    assert len(server.bodies) == 4
    assert server.bodies[1] == server.bodies[2] == server.bodies[3]


def test_a_connection_that_drops_in_the_first_burst_costs_an_attempt():
    dropped = threading.Lock()  # the first of them all, before any other has its answer
    burst = threading.Barrier(4)

    def answer(body: dict[str, Any]) -> str | None:
        if dropped.acquire(blocking=False):
            return None
        burst.wait(20)  # the other three, and the first once it is asked again
        return "fine"

    with Server(answer) as server:
        replies = policy(server).act(asks(*"abcd"))
    assert [reply.text for reply in replies] == ["fine"] * 4
    assert len(server.bodies) == 5


@pytest.mark.parametrize(
    "reason",
    [ConnectionResetError(104, "reset"), BrokenPipeError(32, "pipe"), ssl.SSLEOFError(8, "eof")],
    ids=lambda reason: type(reason).__name__,
)
def test_a_fault_of_the_connection_passes_and_one_of_the_address_does_not(reason):
    server = ChatServer("http://127.0.0.1/v1", QUICK)
    assert server._unreached(URLError(reason)).most > QUICK.attempts
    for final in (
        ConnectionRefusedError(111, "refused"),
        socket.gaierror(-2, "Name or service not known"),
        ssl.SSLCertVerificationError(1, "self-signed certificate"),
    ):
        assert server._unreached(URLError(final)).most == 1


def test_a_server_is_waited_for_as_it_asks():
    with Server(in_turn(Answer(429, headers={"Retry-After": "1"}), "now")) as server:
        started = time.monotonic()
        policy(server).act(asks(FIRST))
    assert time.monotonic() - started >= 1


def test_a_server_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(chat_server, "LONGEST_PAUSE", 0.01)
    with Server(lambda body: Answer(429, headers={"Retry-After": "9999"})) as server:
        assert "(tried 4 times) answered 429" in failure(server)


def test_pauses_grow():
    pauses = []

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            return False

    with Server(lambda body: Answer(500)) as server:
        player = policy(server, Requests(attempts=7, pause=4.0))
        with pytest.raises(CommandError, match="tried 7 times"):
            player.server.ask(player._body(History([FIRST])), Watched())
    assert len(pauses) == 6
    for n, pause in enumerate(pauses[:4]):
        assert 2.0 * 2**n <= pause <= 4.0 * 2**n
    assert pauses[5] == 60.0


# What goes wrong for good


def test_a_server_that_never_was_there_is_told_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    patient = Requests(attempts=9, pause=1000.0)
    with Server(lambda body: "") as server:
        said = failure(server, patient, url)
    assert said.startswith(f"the endpoint {url} cannot be reached (")
    assert said.endswith("Start the server, or mend the URL.")


def test_a_server_that_dies_is_tried_again_first():
    with Server(lambda body: "fine") as server:
        player = policy(server)
        player.act(asks(FIRST))
    with pytest.raises(CommandError, match=r"\(tried 4 times\) cannot be reached"):
        player.act(asks(FIRST))


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, ""),
        (401, "Set OPENAI_API_KEY"),
        (403, "may use the model"),
        (404, "often ends in /v1"),
    ],
)
def test_a_refusal_is_final_and_says_why(status, remedy):
    why = json.dumps({"error": {"message": "no\x1b[31m such\nmodel"}}).encode() + b"\x1b[2J"
    with Server(lambda body: Answer(status, why)) as server:
        said = failure(server)
    assert len(server.bodies) == 1
    assert f"answered {status} (" in said
    assert "such" in said
    assert remedy in said


def test_a_model_that_wants_the_newer_name_of_the_longest_reply_gets_it():
    def newer(body: dict[str, Any]) -> Answer | str:
        why = b"'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        return Answer(400, why) if "max_tokens" in body else "hi"

    with Server(newer) as server:
        player = policy(server, replace(QUICK, attempts=1, concurrency=1))
        assert [reply.text for reply in player.act(asks(FIRST, FIRST))] == ["hi", "hi"]
    refused, *taken = server.bodies
    assert refused["max_tokens"] == 77
    assert [body["max_completion_tokens"] for body in taken] == [77, 77]
    assert taken[0]["seed"] == refused["seed"]


def refuses(*fields: str) -> Callable[[dict[str, Any]], Answer | str]:
    """Return a model that refuses the first of some fields that a request has."""

    def answer(body: dict[str, Any]) -> Answer | str:
        for name in fields:
            if name in body:
                why = f"Unsupported value: '{name}' does not support {body[name]} with this model."
                return Answer(400, json.dumps({"error": {"message": why, "param": name}}).encode())
        return "hi"

    return answer


def test_a_model_that_takes_no_temperature_top_p_or_seed_is_asked_without_if_they_change_nothing():
    once = replace(QUICK, attempts=1, concurrency=1)
    with Server(refuses("temperature", "top_p", "seed")) as server:
        player = EndpointPolicy(server.url, "m", ActionSelector(1.0, 1.0, 77), once)
        assert [reply.text for reply in player.act(asks(FIRST, FIRST))] == ["hi", "hi"]
    assert len(server.bodies) == 5, "each field is refused once, and then left out for good"
    assert [set(body) for body in server.bodies[3:]] == [{"model", "messages", "max_tokens"}] * 2


def test_several_refusals_at_the_same_time_are_one():
    burst = threading.Barrier(4)

    def answer(body: dict[str, Any]) -> Answer | str:
        if "seed" not in body:
            return "hi"
        burst.wait(20)
        return Answer(422, b'{"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"]}]}')

    with Server(answer) as server:
        replies = policy(server, replace(QUICK, attempts=1)).act(asks(*"abcd"))
    assert [reply.text for reply in replies] == ["hi"] * 4
    assert len(server.bodies) == 8
    assert [body["temperature"] for body in server.bodies] == [0.5] * 8


@pytest.mark.parametrize(("field", "asked"), [("temperature", 1), ("top_p", 1), ("seed", 2)])
def test_a_temperature_that_a_model_refuses_is_not_left_out_in_silence(field, asked):
    with Server(refuses(field, "temperature")) as server:
        said = failure(server)
    assert len(server.bodies) == asked
    assert "answered 400" in said
    assert said.endswith("use --temperature 1 --top-p 1.")


def test_of_temperature_and_top_p_one_may_be_refused_beside_the_other():
    why = b"`temperature` and `top_p` cannot both be specified for this model."

    def answer(body: dict[str, Any]) -> Answer | str:
        return Answer(400, why) if {"temperature", "top_p"} <= set(body) else "hi"

    with Server(answer) as server:
        player = EndpointPolicy(server.url, "m", ActionSelector(0.0, 1.0), QUICK)
        assert player.act(asks(FIRST))[0].text == "hi"
    assert server.bodies[1]["temperature"] == 0.0


def test_a_word_that_holds_a_fields_name_does_not_name_it():
    with Server(lambda body: Answer(400, b"reseeded; the temperatures are too high")) as server:
        assert failure(server).endswith("too high).")
    assert len(server.bodies) == 1


def test_a_model_that_knows_neither_name_is_asked_twice():
    with Server(lambda body: Answer(400, b"no max_tokens, no max_completion_tokens")) as server:
        assert "answered 400 (no max_tokens" in failure(server)
    assert len(server.bodies) == 2


def test_nothing_is_sent_where_a_redirection_leads(monkeypatch):
    monkeypatch.setenv(API_KEY, "secret")
    with Server(lambda body: "fine") as other:
        to = {"Location": f"{other.url}/chat/completions"}
        for status in (301, 302, 307, 308):
            with Server(lambda body, status=status: Answer(status, headers=to)) as server:
                assert f"answered {status}" in failure(server)
    assert other.bodies == []


def test_a_server_that_does_not_answer_gets_two_chances():
    server = Server(lambda body: server.released.wait(30) and None)
    with server:
        said = failure(server, replace(QUICK, timeout=0.2))
    assert "(tried 2 times) did not answer within 0.2 seconds" in said
    assert "Raise the timeout, or lower the concurrency" in said


def test_a_server_that_trickles_does_not_go_on_for_ever():
    """Every byte comes within the socket's time-out; all of them do not come in time."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def trickle() -> None:
        while not over.is_set():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                try:
                    while not over.wait(0.05):
                        connection.sendall(b" ")
                except OSError:
                    continue

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    with Server(lambda body: "") as server:
        said = failure(server, replace(QUICK, timeout=0.3), url)
    over.set()
    listener.close()
    assert "did not answer within 0.3 seconds" in said


def test_an_answer_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(chat_server, "MAX_ANSWER_BYTES", 10_000)
    with Server(lambda body: Answer(body=b" " * 200_000)) as server:
        assert "(tried 2 times) sent more than 10000 bytes" in failure(server)


def test_one_that_fails_stops_the_others():
    def answer(body: dict[str, Any]) -> Answer:
        return Answer(400 if body["messages"][0]["content"] == "bad" else 503)

    before = set(threading.enumerate())
    with Server(answer) as server:
        player = policy(server, Requests(concurrency=2, attempts=9, pause=1000.0))
        with pytest.raises(CommandError, match="answered 400"):
            player.act(asks("good", "bad", *["more"] * 50))
    assert len(server.bodies) <= 3
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
        assert not thread.is_alive(), "it waits to ask once more"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("endpoint:", "an endpoint is endpoint:URL#MODEL"),
        ("endpoint:http://localhost:8000/v1", "an endpoint is endpoint:URL#MODEL"),
        ("endpoint:#m", "an endpoint is endpoint:URL#MODEL"),
        ("endpoint:localhost:8000#m", "the URL of an endpoint must be like"),
        ("endpoint:ftp://host/v1#m", "the URL of an endpoint must be like"),
        ("endpoint:http://host:port/v1#m", "the URL of an endpoint must be like"),
        ("endpoint:http://[::1/v1#m", "the URL of an endpoint must be like"),
        ("endpoint:http://me:key@host/v1#m", "A key belongs into OPENAI_API_KEY"),
        ("endpoint:http://host/v1?key=a#m", "A key belongs into OPENAI_API_KEY"),
        ("endpoint:http://a b/v1#m", "the URL of an endpoint must be like"),
        ("endpoint:http://h\u00f6st/v1#m", "the URL of an endpoint must be like"),
        ("endpoint:http://a..b/v1#m", "cannot be reached"),
    ],
)
def test_wrong_specs_get_one_sentence(spec, said):
    result = CliRunner().invoke(app, ["evaluate", ENV, "--policy", spec, "--episodes", "1"])
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_a_broken_key_is_not_sent(monkeypatch):
    monkeypatch.setenv(API_KEY, "two\nlines")
    with pytest.raises(CommandError, match=f"{API_KEY} holds characters"):
        EndpointPolicy("http://127.0.0.1/v1", "m")


@pytest.mark.parametrize("change", [{"concurrency": 0}, {"timeout": 0.0}, {"attempts": 0}])
def test_wrong_requests_are_named(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        Requests(**change)


# What is kept


class HalfQuick:
    """Finishes one half of the tasks in the first round, and gives `later` in the second.

    Once it is `revived`, it finishes all.
    """

    def __init__(self, later: Callable[[], Answer | None]) -> None:
        self.revived = threading.Event()
        self.second_round = threading.Event()
        self.asked_again: list[bool] = []  # of tasks that are finished in the first round: True
        self._later = later

    def __call__(self, body: dict[str, Any]) -> str | Answer | None:
        quick = zlib.crc32(body["messages"][0]["content"].encode()) % 2 == 0
        if self.revived.is_set():
            if len(body["messages"]) == 1:  # the stopped run's may still come in
                self.asked_again.append(quick)
            return "<submit>y</submit><done/>"
        if len(body["messages"]) > 1:
            self.second_round.set()
            return self._later()
        return "<submit>x</submit><done/>" if quick else ""


def evaluate_12(server: Server, out: Path, temperature: int) -> list[str]:
    arguments = ["evaluate", ENV, "--policy", f"endpoint:{server.url}#m", "--team-size", "1"]
    arguments += ["--temperature", str(temperature)]
    return [*arguments, "--episodes", "12", "--out", str(out)]


def check_saved(out: Path, temperature: int) -> list[str]:
    """Return the lines that a stop in the middle of the only batch left; sampled, there are none.

    Those that ended so soon are the short ones, and kept alone they would bias what is measured.
    """
    lines = out.read_text().splitlines() if out.exists() else []
    assert 2 <= len(lines) <= 10 if temperature == 0 else not lines
    return lines


def check_resumed(answer: HalfQuick, server: Server, out: Path, temperature: int) -> None:
    """Greedy, what had ended is kept and not paid for twice; sampled, all are played again."""
    saved = check_saved(out, temperature)
    answer.revived.set()
    resumed = CliRunner().invoke(app, evaluate_12(server, out, temperature))
    assert resumed.exit_code == 0, resumed.output
    records = out.read_text().splitlines()
    assert records[: len(saved)] == saved
    assert sorted(json.loads(line)["task"] for line in records) == list(range(12))
    assert len(answer.asked_again) == 12 - len(saved)
    assert any(answer.asked_again) == (temperature != 0)


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_dead_server_leaves_what_may_be_kept(temperature, tmp_path):
    out = tmp_path / "results.jsonl"
    answer = HalfQuick(lambda: Answer(400, b"out of memory"))
    with Server(answer) as server:
        stopped = CliRunner().invoke(app, evaluate_12(server, out, temperature))
        saved = check_saved(out, temperature)
        assert stopped.exit_code == 2
        assert "answered 400 (out of memory)." in stopped.stderr
        assert f"{len(saved)} of 12 episodes are saved in {out}" in stopped.stderr
        check_resumed(answer, server, out, temperature)


@pytest.mark.parametrize("temperature", [0, 1])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_the_middle_of_a_batch_leaves_what_may_be_kept(how, temperature, tmp_path):
    out = tmp_path / "results.jsonl"
    answer = HalfQuick(lambda: answer.revived.wait(60) and None)
    with Server(answer) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "baselines.cli", *evaluate_12(server, out, temperature)],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert answer.second_round.wait(60)
        process.send_signal(how)
        _, stderr = process.communicate(timeout=20)
        saved = check_saved(out, temperature)
        if how == signal.SIGINT:
            assert process.returncode == 130
            last = stderr.strip().splitlines()[-1]
            assert last.startswith(f"stopped; {len(saved)} of 12 episodes are saved in {out}")
            assert last.endswith("Run the same command again to play the others.")
            assert ("but not the rest of their batch" in last) == (temperature != 0)
        check_resumed(answer, server, out, temperature)


def test_a_sampled_evaluation_that_a_server_broke_off_equals_an_unbroken_one(tmp_path):
    """The server heeds seeds, so what is drawn anew is drawn the same."""
    asked = iter(range(50))

    def answer(body: dict[str, Any]) -> str | Answer:
        if next(asked, None) == 40:
            return Answer(400, b"out of memory")
        return "<submit>x</submit><done/>" if body["seed"] % 3 == 0 else "<submit>y</submit>"

    with Server(answer) as server:
        one_by_one = replace(QUICK, concurrency=1)
        spec = f"endpoint:{server.url}#m"
        config = EvalConfig(ENV, spec, 1, episodes=12, batch=6, requests=one_by_one)
        out = tmp_path / "results.jsonl"
        with pytest.raises(CommandError, match=r"6 of 12 episodes are saved in .*; \d more had"):
            evaluate(replace(config, out=out))
        resumed, whole = evaluate(replace(config, out=out)), evaluate(config)
    records = [[{**record, "seconds": 0} for record in some] for some in (resumed, whole)]
    assert records[0] == records[1]
    assert len({record["rounds"] for record in whole}) > 1


def test_without_out_a_dead_server_says_that_nothing_is_saved():
    with Server(lambda body: Answer(400)) as server:
        config = EvalConfig(ENV, f"endpoint:{server.url}#m", episodes=2)
        with pytest.raises(CommandError, match="nothing was saved, as there was no --out"):
            evaluate(config)


def test_ctrl_c_does_not_wait_for_the_server_and_torch_is_not_needed():
    server = Server(lambda body: server.released.wait(60) and None)
    script = (
        "import sys\n"
        "from baselines.cli import app\n"
        "try:\n"
        f"    app(['evaluate', '{ENV}', '--policy', sys.argv[1], '--episodes', '2'])\n"
        "finally:\n"
        "    assert 'torch' not in sys.modules\n"
    )
    with server:
        process = subprocess.Popen(
            [sys.executable, "-c", script, f"endpoint:{server.url}#m"],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        while process.poll() is None and len(server.bodies) < 8:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130, stderr
    assert stderr.strip().endswith("nothing was saved, as there was no --out.")


# A real server


@pytest.mark.slow
def test_transformers_serve_plays_like_the_model_in_this_process(tmp_path):
    """Greedy, as what a server draws is its own."""
    for name in ("fastapi", "openai", "uvicorn"):
        pytest.importorskip(name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(TINY)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        spec = f"endpoint:http://127.0.0.1:{port}/v1#{TINY}"
        config = EvalConfig(ENV, spec, 2, episodes=2, temperature=0.0)
        served = evaluate(config)
    finally:
        server.terminate()
        server.wait(30)
    local = evaluate(replace(config, policy="tiny"))
    rewards = [[record["joint_reward"] for record in records] for records in (served, local)]
    assert rewards[0] == pytest.approx(rewards[1], abs=0.05), "bf16 here, float32 there"
    assert min(rewards[0]) > 0.8
    assert served[0]["model_tokens"] > 50
    gone = CliRunner().invoke(app, ["evaluate", ENV, "--policy", spec, "--episodes", "1"])
    assert gone.exit_code == 2
    assert "cannot be reached" in gone.stderr
