"""The command line: what it prints, what it says of mistakes, and how it stops."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import baselines.train as trainer_module
from baselines import cli
from baselines.cli import app
from baselines.config import TrainConfig
from baselines.run_folder import prepare_folder
from llm_collab_envs import ENV_MODULES, __version__
from llm_collab_envs.coding.bug_repair import env as repair
from own_tasks import save_tasks
from small_model import save_small_model

ENV = "section_writing_v0"
COMMANDS = ("envs", "play", "train", "evaluate", "transcript")


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def sentence(*arguments: object) -> str:
    """Run what must fail, and return the one sentence that it says."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: llm-collab {command}" in " ".join(result.stdout.split())


def test_help_lists_the_commands():
    result = run("--help")
    assert all(f" {command} " in result.stdout for command in COMMANDS)


def test_envs_lists_all_of_them():
    result = run("envs")
    assert result.exit_code == 0
    assert all(env_id in result.stdout for env_id in ENV_MODULES)
    assert "1 to 8" in result.stdout
    assert "writes one" in result.stdout


def test_scripted_commands_start_without_torch():
    script = (
        "import sys\n"
        "from baselines.cli import app\n"
        f"for arguments in (['envs'], ['play', '{ENV}'], ['evaluate', '{ENV}', '--policy',"
        " 'expert', '--episodes', '2']):\n"
        "    app(arguments, standalone_mode=False)\n"
        "assert not {'torch', 'transformers', 'trl'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_play_prints_the_transcript():
    result = run("play", ENV, "--policy", "expert", "--team-size", 2, "--task", 3)
    assert result.exit_code == 0
    assert "team of 2 | easy | test task 3" in result.stdout
    assert '<say to="all">' in result.stdout
    assert "quality=1" in result.stdout


def test_evaluate_prints_a_table_and_writes_a_line_for_each_episode(tmp_path):
    out = tmp_path / "results.jsonl"
    arguments = ("evaluate", ENV, "--policy", "expert", "--episodes", 5, "--seed", 2, "--out", out)
    result = run(*arguments)
    assert result.exit_code == 0
    assert "team of 4" in result.stdout
    assert "0.993 [0.99" in result.stdout
    lines = out.read_text()
    assert [json.loads(line)["task"] for line in lines.splitlines()] == list(range(2000, 2005))
    again = run(*arguments)
    assert again.stdout == result.stdout
    assert out.read_text() == lines


def test_what_is_left_out_is_what_the_env_admits():
    result = run("evaluate", "human_eval_v0", "--policy", "silent")
    assert result.exit_code == 0, result.stderr
    assert "41 test tasks, team of 2" in " ".join(result.stdout.split())
    assert "team of 4" in run("play", ENV, "--policy", "silent").stdout


def test_envs_says_how_many_agents_each_difficulty_admits():
    rows = {line.split()[1]: line for line in run("envs").stdout.splitlines() if "_v0" in line}
    assert "1 to 4, 6, 8" in rows["section_writing_v0"]
    assert "1 to 16" in rows["resource_allocation_v0"]


def test_an_env_whose_packages_are_missing_is_listed_with_the_remedy(monkeypatch):
    monkeypatch.setattr(repair, "find_spec", lambda name: None)
    result = run("envs")
    assert result.exit_code == 0, result.stderr
    assert all(env_id in result.stdout for env_id in ENV_MODULES)
    assert "pip install" in result.stdout
    for command in (("play",), ("evaluate", "--policy", "silent"), ("train", "--out", "runs/none")):
        assert "pip install 'llm-collab-envs[coding]'" in sentence(*command, "bug_repair_v0")


def test_an_env_of_ones_own_is_found_where_the_command_runs(tmp_path):
    lines = (
        "from llm_collab_envs import ENV_MODULES",
        "from llm_collab_envs.writing.section_writing_v0 import parallel_env",
        'ENV_MODULES["market_v0"] = "markets"',
    )
    (tmp_path / "markets.py").write_text("\n".join(lines))
    script = "from baselines.__main__ import main; main()"  # as the installed command has it
    command = [sys.executable, "-I", "-c", script, "play", "markets:market_v0"]
    played = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "--- Round 1 ---" in played.stdout, played.stderr


def test_version():
    assert run("--version").stdout == f"{__version__}\n"


def test_a_team_under_wrappers(tmp_path):
    wrappers = ("--wrapper", "LossyChannel(lost=1)", "--wrapper", "Straggler(agents=['agent_1'])")
    result = run("play", ENV, *wrappers)
    assert result.exit_code == 0, result.output
    assert "under LossyChannel(lost=1, " in result.stdout
    assert "* a message of agent_1 to agent_0 was lost" in result.stdout
    arguments = ("evaluate", ENV, "--policy", "expert", "--episodes", 2, "--out", tmp_path / "r")
    played, read = run(*arguments, *wrappers), run(*arguments, *wrappers)
    assert "2 test tasks, under LossyChannel(lost=1), under" in " ".join(played.stdout.split())
    assert read.stdout == played.stdout
    assert "2 of 2 episodes are in " in read.stderr
    wrong = ("--wrapper", "Straggler(agents=['agent_7'])")
    for command in (("play",), ("evaluate", "--policy", "expert"), ("train", "--out", tmp_path)):
        assert "agent_7" in sentence(command[0], ENV, *command[1:], *wrong)


def test_transcripts_of_what_was_evaluated(tmp_path):
    logs = tmp_path / "[logs].jsonl"
    run("evaluate", ENV, "--policy", "expert", "--episodes", 3, "--logs", logs)
    assert run("transcript", logs).stdout.count("| test task ") == 3
    one = run("transcript", logs, "--task", 2).stdout
    assert one == run("play", ENV, "--task", 2).stdout
    assert sentence("transcript", logs, "--task", 7) == (
        f"{logs} holds no episode of task 7. Give another file or --task."
    )
    logs.write_text(logs.read_text() + "[1]\n")
    assert f"{logs}, line 4 is no episode's log." in sentence("transcript", logs)
    logs.write_bytes(b"\xff")
    assert sentence("transcript", logs).startswith(f"cannot read {logs}: it is no text.")
    assert "No such file" in sentence("transcript", tmp_path / "nothing")


def test_solo_expert_is_alone_whatever_the_team_size():
    result = run("evaluate", ENV, "--policy", "solo-expert", "--team-size", 4, "--episodes", 2)
    assert result.exit_code == 0
    assert "solo-expert plays in a team of 1." in result.stderr
    assert "team of 1" in result.stdout


def test_evaluate_says_when_replies_are_cut(tmp_path):
    folder = save_small_model(tmp_path / "model")
    arguments = ("--episodes", 1, "--team-size", 1, "--max-new-tokens", 3)
    result = run("evaluate", ENV, "--policy", folder, *arguments)
    assert result.exit_code == 0
    assert "replies were cut at 3 tokens; raise --max-new-tokens" in result.stderr


@pytest.mark.parametrize("command", ["play", "evaluate"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nope", "--policy", "expert"), "env id must be one of"),
        ((ENV, "--policy", "nope"), "the policy must be one of expert, solo-expert, silent"),
        ((ENV, "--policy", "runs/missing"), "the policy must be one of expert, solo-expert"),
        ((ENV, "--policy", "expert", "--team-size", 99), "team_size must be"),
        ((ENV, "--policy", "expert", "--team-size", 5), "team_size must be at most 4"),
        ((ENV, "--policy", "expert", "--difficulty", "harder"), "difficulty must be one of"),
        ((ENV, "--policy", "expert", "--split", "dev"), "split must be one of"),
    ],
)
def test_mistakes_get_one_sentence(command, arguments, said):
    assert said in sentence(command, *arguments)


def test_brackets_in_a_name_are_no_markup(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = save_small_model(tmp_path / "a [b] d")
    small = "--team-size 2 --tasks-per-step 1 --solo-tasks 0 --generations 2 --steps 1".split()
    small += "--max-new-tokens 8 --model".split()
    done = run("train", ENV, "--out", "run [x", *small, folder)
    assert done.exit_code == 0, done.output
    assert "is in run [x. Measure it:" in done.stdout
    assert "--policy 'run [x' --team-size 2" in done.stdout
    few = ("--team-size", 2, "--episodes", 1, "--max-new-tokens", 8)
    shown = run("evaluate", ENV, "--policy", folder.name, *few)
    assert "a [b] d" in shown.stdout


def test_slashes_make_no_other_policy(tmp_path):
    folder, out = save_small_model(tmp_path / "model"), tmp_path / "results.jsonl"
    for name in (f"{folder}", f"{folder}/"):
        arguments = ("--policy", name, "--episodes", 1, "--max-new-tokens", 8, "--out", out)
        assert run("evaluate", ENV, *arguments).exit_code == 0


def test_without_its_packages_it_says_what_to_install():
    script = "import sys; sys.modules['typer'] = None; from baselines.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "llm-collab needs the package typer. Install what it runs on: "
        "pip install 'llm-collab-envs[baselines]'\n"
    )


def test_mistakes_in_play(tmp_path):
    for task in (10_000, -1):
        assert sentence("play", ENV, "--task", task) == (
            f"--task must be between 0 and 9999, the tasks of the test split; got {task}."
        )
    own = save_tasks(tmp_path / "own.jsonl", 3)
    said = sentence("play", ENV, "--tasks", own, "--task", 3)
    assert said == f"--task must be between 0 and 2, the tasks of {own}; got 3."
    assert sentence("play", ENV, "--seat", "agent_1") == (
        "--seat is for --human, and is 'agent_1' without it. Add --human, or leave out --seat."
    )


def test_mistakes_in_evaluate(tmp_path):
    folder = save_small_model(tmp_path / "model")
    assert "episodes must be 1" in sentence("evaluate", ENV, "--policy", "silent", "--episodes", 0)
    for temperature in (-1, "nan", "inf", 1e-300):
        arguments = ("evaluate", ENV, "--policy", folder, "--temperature", temperature)
        assert "temperature must be 0" in run(*arguments).stderr
        assert run(*arguments).exit_code == 2
    for timeout in (0, "nan", "inf"):
        arguments = ("evaluate", ENV, "--policy", "silent", "--timeout", timeout)
        assert "timeout must be more than 0 seconds, and 86400" in sentence(*arguments)
    out = tmp_path / "results.jsonl"
    arguments = ("evaluate", ENV, "--policy", "silent", "--episodes", 2, "--out", out)
    assert run(*arguments).exit_code == 0
    assert "another configuration: top_p" in sentence(*arguments, "--top-p", 0.5)


def test_mistakes_in_train(tmp_path):
    train = ("train", ENV, "--out", tmp_path / "run")
    assert "env id must be one of" in sentence("train", "nope", "--out", tmp_path / "run")
    assert "team_size must be" in sentence(*train, "--team-size", 99)
    assert "num_generations must be 2" in sentence(*train, "--generations", 1)
    assert "max_new_tokens must be 1" in sentence(*train, "--max-new-tokens", 0)
    for rate in (-1, "nan", "inf"):
        assert "learning_rate must be 0" in sentence(*train, "--learning-rate", rate)
    assert (
        run(*train, "--seed", 2**32).exit_code == run("play", ENV, "--seed", 2**64).exit_code == 2
    )
    for _ in "ab":
        wrong = sentence(*train, "--model", "./runs/missing")
        assert "runs/missing" in wrong, "a wrong name leaves nothing in the way of the right one"
    weights = save_small_model(tmp_path / "cut") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    assert "are damaged" in sentence(*train, "--model", tmp_path / "cut")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    assert "exists and is not empty. Choose another --out" in sentence(*train)


def test_a_file_of_own_tasks_is_played_measured_and_trained_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = save_tasks(Path("own [b].jsonl"), 3)
    played, same = (
        run("play", ENV, *which, "--task", 2).stdout.partition("--- Round 1 ---")[2]
        for which in (("--tasks", own), ("--split", "train"))
    )
    assert played == same
    assert "quality=1" in played
    measured = run("evaluate", ENV, "--policy", "expert", "--tasks", own)
    assert measured.exit_code == 0, measured.output
    table = " ".join(measured.stdout.split())
    assert f"{ENV}, 3 tasks of own [b].jsonl, team of 4" in table
    assert "normalised score │ 1.000 [1.000,1.000]" in table
    small = "--team-size 2 --tasks-per-step 2 --solo-tasks 1 --generations 2 --steps 1".split()
    small += ["--max-new-tokens", 8, "--model", save_small_model(tmp_path / "model")]
    arguments = ("train", ENV, "--out", tmp_path / "run", *small)
    trained = run(*arguments, "--tasks", own)
    assert trained.exit_code == 0, trained.output
    assert "started with tasks_content='" in sentence(*arguments, "--resume")


def test_a_team_is_as_large_as_the_tasks_of_a_file_admit(tmp_path):
    own = save_tasks(tmp_path / "own.jsonl", 1)
    task = json.loads(own.read_text())
    task["sections"] = task["sections"][:3]
    task["facts"] = [fact for fact in task["facts"] if fact["section"] in task["sections"]]
    own.write_text(json.dumps(task))
    assert "team of 3" in run("play", ENV, "--tasks", own).stdout
    shown = run("evaluate", ENV, "--tasks", own, "--policy", "silent").stdout
    assert "team of 3" in " ".join(shown.split())
    for command in (("play",), ("evaluate", "--policy", "silent"), ("train", "--out", "runs/no")):
        said = sentence(*command, ENV, "--tasks", own, "--team-size", 4)
        assert f"tasks file {own}, line 1: team_size must be at most 3" in said


@pytest.mark.parametrize("command", [("play",), ("evaluate", "--policy", "silent"), ("train",)])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot use own.jsonl: No such file or directory. Give another path."),
        ("folder", "cannot use own.jsonl: Is a directory. Give another path."),
        (b"\xff\xfe{", "tasks file own.jsonl is not UTF-8"),
        (b"\n", "tasks file own.jsonl holds no task. Write one JSON object a line."),
        (b'\n{"subject": 1}\n', "tasks file own.jsonl, line 2 is not a task: "),
    ],
    ids=["missing", "folder", "not UTF-8", "empty", "bad line"],
)
def test_a_file_that_holds_no_tasks_gets_one_sentence(
    command, content, said, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own.jsonl"
    if content == "folder":
        own.mkdir()
    elif content is not None:
        own.write_bytes(content)
    out = ("--out", "run") if command == ("train",) else ()
    for size in ((), ("--team-size", 2)):
        assert said in sentence(*command, ENV, *out, *size, "--tasks", "own.jsonl")
    assert not (tmp_path / "run").exists()


LONG = "a" * 300


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "--policy", "expert", "--out", LONG), f"cannot read {LONG}: File name too"),
        (
            ("evaluate", "--policy", "expert", "--out", f"{LONG}/x"),
            f"cannot read {LONG}/x: File name too long. Give another --out.",
        ),
        (
            ("evaluate", "--policy", "expert", "--out", "file/x.jsonl"),
            "cannot write file/x.jsonl: a file is where a folder should be. Mend that and run the "
            "same command again, or give another --out.",
        ),
        (("evaluate", "--policy", LONG), f"cannot use {LONG}: File name too long. Give another"),
        (("play", "--policy", LONG), f"cannot use {LONG}: File name too long. Give another path."),
        (("train", "--out", LONG), f"output folder {LONG}: File name too long. Mend that, or"),
        (("train", "--out", LONG, "--resume"), f"output folder {LONG}: File name too long."),
        (("train", "--out", "file"), "output folder file: a file is where a folder should be."),
        (("train", "--out", "file/run"), "output folder file/run: a file is where a folder should"),
    ],
)
def test_a_path_that_cannot_be_gets_one_sentence(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    command, *others = arguments
    assert said in sentence(command, ENV, *others)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_error_of_no_path_is_not_hidden(monkeypatch):
    def torn(*_: object) -> None:
        raise OSError("of no path")

    monkeypatch.setattr(cli, "open_policy", torn)
    assert isinstance(run("play", ENV).exception, OSError)


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond `room` bytes, which fails in the same places as a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_evaluate_on_a_full_disk(tmp_path):
    arguments = ("evaluate", ENV, "--policy", "silent", "--episodes", 6, "--batch", 2)
    arguments += ("--out", tmp_path / "results.jsonl")
    with full_disk(2_000):
        stopped = run(*arguments)
    assert stopped.exit_code == 2
    assert stopped.stdout == ""
    said = stopped.stderr.strip().splitlines()[-1]
    assert said.startswith(f"cannot write {tmp_path / 'results.jsonl'}: File too large.")
    assert "run the same command again" in said
    assert run(*arguments).exit_code == 0


def test_train_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        assert f"cannot write to the output folder {out}" in sentence("train", ENV, "--out", out)
    assert (tmp_path / "file").read_text() == "mine"
    arguments = ("train", ENV, "--out", tmp_path / "run", "--model", "./runs/missing")
    with full_disk(100):
        assert "File too large. Mend that" in sentence(*arguments)
    assert "no model could be loaded" in sentence(*arguments), "nothing was left in the folder"


@pytest.mark.parametrize(
    "room",
    [pytest.param(80_000, id="for no weights"), pytest.param(200_000, id="for no optimizer")],
)
def test_train_on_a_full_disk(room, tmp_path):
    """PyTorch and safetensors say it each in its own way; a checkpoint in part is not resumed."""
    out, model = tmp_path / "run", save_small_model(tmp_path / "model")
    arguments = ("train", ENV, "--out", out, "--model", model, "--team-size", 2, "--steps", 1)
    arguments += ("--tasks-per-step", 1, "--solo-tasks", 0, "--generations", 2)
    arguments += ("--max-new-tokens", 8)
    with full_disk(room):
        stopped = run(*arguments)
    assert stopped.exit_code == 2, stopped.output
    assert stopped.stderr.strip().splitlines()[-1] == (
        f"the disk that holds {out} is full. Free some space and go on with --resume."
    )
    assert list((out / "checkpoints").glob("checkpoint-1/*"))
    resumed = run(*arguments, "--resume")
    assert resumed.exit_code == 0, resumed.output
    parts = ("reward", "quality", "speed", "coordination_cost")
    progress = "step 1: " + "".join(rf"{part} -?\d\.\d+ " for part in parts) + r"[\d,]+ tokens/s"
    assert re.search(progress, resumed.stdout)
    assert (out / "model.safetensors").exists()
    assert (out / "metrics.jsonl").read_bytes().count(b"\n") == 1


def test_train_where_memory_runs_out(tmp_path, monkeypatch):
    """The remedy may be taken at its word, also where nothing had been saved yet."""
    out, model = tmp_path / "run", save_small_model(tmp_path / "model")
    arguments = ("train", ENV, "--out", out, "--model", model, "--team-size", 2, "--steps", 1)
    arguments += ("--tasks-per-step", 1, "--solo-tasks", 0, "--generations", 2)
    arguments += ("--max-new-tokens", 8)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    with monkeypatch.context() as patched:
        patched.setattr(trainer_module, "_run", full)
        assert sentence(*arguments) == (
            "the device's memory is full, with rollout_batch=64 and micro_batch=8. Lower "
            "--rollout-batch or --micro-batch, and go on with --resume."
        )
    resumed = run(*arguments, "--rollout-batch", 1, "--micro-batch", 1, "--resume")
    assert resumed.exit_code == 0, resumed.output
    assert (out / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ((), {"teams": (4, 4, 4, 1)}),
        (("--solo-tasks", 0, "--tasks-per-step", 2), {"teams": (4, 4)}),
        (("--lora-rank", 8), {"lora_rank": 8}),
        (
            ("--wrapper", "Straggler(factor=3)", "--wrapper", "AgentDropout"),
            {"wrappers": ("Straggler(factor=3)", "AgentDropout")},
        ),
    ],
)
def test_what_is_asked_for_is_what_is_trained(options, changes, tmp_path):
    config = TrainConfig(ENV, tmp_path / "run", "./runs/missing", **changes)
    prepare_folder(config, resume=False, processes=1)
    arguments = ("train", ENV, "--out", config.out, "--model", config.model, "--resume")
    said = sentence(*arguments, *options)
    assert "no model could be loaded" in said, "it is the same run, and would go on"


def test_ctrl_c_says_what_is_saved_and_how_to_go_on(tmp_path):
    out = tmp_path / "results.jsonl"
    arguments = ("evaluate", ENV, "--policy", "expert", "--batch", "2", "--out", str(out))
    process = subprocess.Popen(
        [sys.executable, "-m", "baselines.cli", *arguments, "--episodes", "9000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while process.poll() is None and not (out.exists() and out.stat().st_size):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stdout == ""
    last = stderr.strip().splitlines()[-1]
    said = re.fullmatch(
        rf"stopped; (\d+) of 9000 episodes are saved in {re.escape(str(out))}"
        r"(; \d more had ended, but not the rest of their batch)?\. Run the same command again to "
        r"play the others\.",
        last,
    )
    saved = out.read_bytes().count(b"\n")
    assert said, last
    assert 0 <= saved - int(said.group(1)) <= 2, "a batch may have been saved, but not counted yet"
    again = run(*arguments, "--episodes", saved + 1)
    assert again.exit_code == 0
    assert out.read_bytes().count(b"\n") == saved + 1
