"""Hostile programs against the judge; what they do is looked for from outside."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from attacks import ATTACKS, Attack

from llm_collab_envs.sandbox import Call, Limits, Outcome, Sandbox
from llm_collab_envs.sandbox.child import BOOT

LIMITS = {
    "bwrap": Limits(seconds=1.0, wall_seconds=3.0, memory_mb=128),
    "monty": Limits(seconds=2.0, memory_mb=128),  # by the clock, which runs on while others work
    "unsafe": Limits(seconds=1.0, wall_seconds=3.0, memory_mb=128),
}
MOST_SECONDS = 12.0
MOST_MEMORY = 100 * 2**20


class World:
    """What a judge has to lose: files, secrets, sockets, processes, memory and time."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.token = secrets.token_hex(16)
        monkeypatch.setenv("SECRET_OF_THE_JUDGE", self.token)
        self.folder = folder / "home"
        self.folder.mkdir()
        self.canary = self.folder / "canary"
        self.canary.write_text(self.token)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(self.listener.getsockname())
        self.unix_path = f"/tmp/judge_{self.token}"
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(self.unix_path)
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0{self.unix_path}")
        for server in (self.unix, self.abstract):
            server.listen()
        for server in (self.listener, self.datagrams, self.unix, self.abstract):
            server.setblocking(False)
        self.before = {child.pid for child in psutil.Process().children(recursive=True)}
        self.started = time.time()
        self.memory = psutil.Process().memory_info().rss
        self.priority = os.getpriority(os.PRIO_PROCESS, 0)

    def fill_in(self, source: str) -> str:
        """Tell a program what to attack."""
        for word, value in (
            ("CANARY", self.canary),
            ("FOLDER", self.folder),
            ("SOCKET", self.unix_path),
            ("PORT", self.listener.getsockname()[1]),
            ("JUDGE", os.getpid()),
        ):
            source = source.replace(word, str(value))
        return source

    def damage(self) -> list[str]:
        """What has happened."""
        found = []
        if [path.name for path in self.folder.iterdir()] != ["canary"]:
            found.append("the folder changed")
        elif self.canary.read_text() != self.token or self.canary.stat().st_mode & 0o111:
            found.append("the file changed")
        for name in ("listener", "datagrams", "unix", "abstract"):
            if self._heard(getattr(self, name)):
                found.append(f"a message came to {name}")
        if left := self._left_behind():
            found.append(f"processes are left: {left}")
        if os.getpriority(os.PRIO_PROCESS, 0) != self.priority:
            found.append("the priority changed")
        if psutil.Process().memory_info().rss - self.memory > MOST_MEMORY:
            found.append("the judge's memory grew")
        if Path("/dev/shm/sandbox_was_here").exists():
            found.append("shared memory is left")
        if Path(os.__file__).with_name("sandbox_was_here.py").exists():
            found.append("the standard library changed")
        if time.time() - self.started > MOST_SECONDS:
            found.append("it took too long")
        return found

    def close(self) -> None:
        for server in (self.listener, self.datagrams, self.unix, self.abstract):
            server.close()
        os.unlink(self.unix_path)

    @staticmethod
    def _heard(server: socket.socket) -> bool:
        try:
            if server.type == socket.SOCK_DGRAM:
                server.recv(1)
            else:
                server.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def _left_behind(self) -> list[int]:
        """Children of the judge, and processes of the sandbox's that nobody waits for."""
        deadline = time.monotonic() + 2.0
        while (left := self._children() + self._orphans()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return left

    def _children(self) -> list[int]:
        children = psutil.Process().children(recursive=True)
        new = (child for child in children if child.pid not in self.before)
        return [child.pid for child in new if _name(child) != "monty"]

    def _orphans(self) -> list[int]:
        return [
            process.pid
            for process in psutil.process_iter(["cmdline", "ppid", "create_time"])
            if process.info["ppid"] == 1
            and BOOT in (process.info["cmdline"] or [])
            and process.info["create_time"] >= self.started - 1
        ]


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return "monty"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(tmp_path, monkeypatch)
    yield world
    world.close()


def launch(world: World, attack: Attack, backend: str) -> Outcome:
    """Run an attack; the second call has a secret for its argument, which the first may not see."""
    source = world.fill_in(attack.source)
    calls = [Call("attack"), Call("later", (world.token,))]
    return Sandbox(backend, LIMITS[backend]).run(source, calls)


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(attack, id=attack.name, marks=pytest.mark.slow if attack.slow else ())
        for attack in ATTACKS
    ],
)
def test_attack(attack: Attack, backend: str, world: World) -> None:
    outcome = launch(world, attack, backend)
    assert world.damage() == []
    assert world.token not in ascii(outcome)
    assert "root:" not in ascii(outcome)
    assert len(outcome.answers) == 2
    assert len(outcome.answers[0].detail) <= 300
    allowed = attack.bwrap if backend == "bwrap" else attack.monty
    assert outcome.answers[0].status in allowed, outcome


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in ATTACKS if a.unprotected])
@pytest.mark.filterwarnings("ignore::llm_collab_envs.sandbox.unprotected.UnsafeSandboxWarning")
def test_attack_is_seen_where_nothing_stops_it(attack: Attack, world: World) -> None:
    outcome = launch(world, attack, "unsafe")
    leaked = world.token in ascii(outcome) or "canary" in ascii(outcome)
    assert world.damage() or leaked, "the tests above would not notice"


def test_there_are_enough() -> None:
    assert len(ATTACKS) >= 80
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
