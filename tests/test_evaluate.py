"""Evaluation: the order of policies, records, resumption, and intervals checked by hand."""

from __future__ import annotations

import errno
import json
import math
import os
import resource
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch

import llm_collab_envs
from baselines.bootstrap import mean_interval, normalised_score, paired_interval, ratio_of_means
from baselines.errors import CommandError
from baselines.evaluate import EvalConfig, evaluate
from baselines.logs import LogsFile, read_logs
from baselines.policies.scripted import ScriptedPolicy
from baselines.results import FIGURES, ResultsFile
from baselines.rollout import play
from baselines.summary import speed_up, summarise
from baselines.version import version_of_envs
from llm_collab_envs import make
from llm_collab_envs.wrappers import AgentDropout, LossyChannel
from own_tasks import save_tasks
from small_model import save_small_model

ENV = "section_writing_v0"


def config(policy: str = "expert", **changes) -> EvalConfig:
    return replace(EvalConfig(ENV, policy, episodes=6, batch=4), **changes)


def model(folder: Path, **changes) -> EvalConfig:
    return config(str(folder), **{"max_new_tokens": 6, "team_size": 2, "batch": 2} | changes)


def timeless(records: list[dict]) -> list[dict]:
    return [{k: v for k, v in r.items() if k not in ("seconds", "versions")} for r in records]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def expert_lines(tmp_path_factory):
    out = tmp_path_factory.mktemp("expert") / "results.jsonl"
    evaluate(config(out=out))
    return out.read_bytes()


# The measure


def test_under_wrappers_all_play_under_them(tmp_path):
    """The expert of the normalised score as well; records belong to what they were played under."""
    under = ["LossyChannel(lost=0.5)", "AgentDropout(at_round=2)"]
    out = tmp_path / "results.jsonl"
    even, uneven = evaluate(config()), evaluate(config(wrappers=under, out=out))
    rewards = [[record["joint_reward"] for record in records] for records in (even, uneven)]
    assert sum(rewards[1]) < 0.9 * sum(rewards[0])
    env = AgentDropout(LossyChannel(make(ENV, split="test"), lost=0.5), at_round=2)
    (first,) = play([env], [0], ScriptedPolicy(env.unwrapped._expert()))
    assert rewards[1][0] == first.joint_reward
    assert summarise(uneven)["normalised_score"].mean == pytest.approx(1)
    written_otherwise = ("LossyChannel(lost=.5, late=0.0)", "AgentDropout(at_round=2, count=1)")
    assert evaluate(config(wrappers=written_otherwise, out=out)) == uneven
    with pytest.raises(CommandError, match=r"wrappers is \['Lossy.*\] there and \[\] here"):
        evaluate(config(out=out))


@pytest.mark.parametrize(
    ("wrappers", "said"),
    [
        (["LossyChannel"], 0.0),
        ([" LossyChannel( lost = 1e-1 ) "], 0.1),
        ("LossyChannel(lost=0.1)", "wrappers must be a list, with one string for each"),
        (["LossyChannel(0.1)"], "its settings by name, such as .*; got 'LossyChannel\\(0.1\\)'"),
        (["LossyChannel(lost=x)"], "settings by name"),
        (["LossyChannel(**{'lost': 1})"], "settings by name"),
        (["Straggler(name='LossyChannel', lost=1)"], "settings by name"),
        (["LossyChannel(lost=0.1, lost=0.9)"], "settings by name"),
        (["wrappers.LossyChannel()"], "settings by name"),
        (["LossyChannel("], "settings by name"),
        (["Lossy()"], "no wrapper 'Lossy'; known are \\['AgentDropout'"),
        (["LossyChannel(los=0.1)"], "LossyChannel: got .* 'los'. Its settings are \\['lost'"),
        (["LossyChannel(lost=2)"], "lost must be a number between 0 and 1; got 2"),
        (["Straggler", "Straggler(factor=3)"], "this env has a Straggler already"),
    ],
)
def test_wrappers_by_name(wrappers, said):
    if isinstance(said, float):
        (kept,) = config(wrappers=wrappers).make_env().conditions.to_dicts()
        assert (kept["name"], kept["lost"]) == ("LossyChannel", said)
        return
    with pytest.raises(ValueError, match=said):
        config(wrappers=wrappers).make_env()


def test_expert_beats_silence_and_chance():
    expert, silent, chance = (
        [record["joint_reward"] for record in evaluate(config(policy))]
        for policy in ("expert", "silent", "random")
    )
    assert min(expert) > 0.95
    assert max(chance) <= max(silent) == 0.0, "chance talks, which costs, and writes nothing true"


def test_team_is_faster_than_solo_expert_on_the_same_tasks():
    solo = evaluate(config("solo-expert", team_size=1))
    team = evaluate(config("expert"))
    assert [record["quality"] for record in solo] == [1.0] * 6
    fast = speed_up(solo, team)
    assert 3.3 <= fast.low <= fast.mean <= fast.high <= 4.0


def test_normalised_score_is_0_for_silence_and_1_for_the_expert():
    for policy, score in (("silent", 0.0), ("expert", 1.0)):
        assert tuple(summarise(evaluate(config(policy)))["normalised_score"]) == (score,) * 3


def test_summary_has_every_figure_and_no_setting():
    summary = summarise(evaluate(config("random")))
    assert {"joint_reward", "faithfulness", "critical_path", "malformed", "rounds"} <= set(summary)
    assert not {"seed", "task", "batch", "team_size", "temperature"} & set(summary)
    assert math.isnan(summary["seconds"].low)


@pytest.mark.parametrize("policy", ["silent", "expert"])
def test_the_largest_team_of_hard_tasks_is_measured(env_id, policy):
    size = make(env_id, team_size=1, difficulty="hard", split="test").largest_team
    records = evaluate(EvalConfig(env_id, policy, size, "hard", episodes=1))
    score = summarise(records)["normalised_score"].mean
    assert score == {"silent": 0.0, "expert": 1.0}[policy]


def test_summary_of_several_configurations_is_refused():
    records = evaluate(config("silent")) + evaluate(config("expert"))
    with pytest.raises(ValueError, match="one configuration; got 2"):
        summarise(records)
    with pytest.raises(ValueError, match="the same tasks"):
        speed_up(records[:2], records[1:3])


# Records


def test_record_holds_all_that_was_measured(tmp_path):
    out = tmp_path / "new" / "results.jsonl"
    records = evaluate(config(difficulty="medium", episodes=2, out=out))
    assert [json.loads(line) for line in out.read_text().splitlines()] == records
    env = make(ENV, difficulty="medium", split="test")
    expert = env._expert()
    observations, infos = env.reset(options={"task": 1})
    while env.agents:
        observations, *_, infos = env.step({a: expert(observations[a]) for a in env.agents})
    record = records[1]
    for name in set(infos["agent_0"]) - {"done", "malformed", "difference_reward"}:
        assert record[name] == infos["agent_0"][name], name
    assert record["difference_reward"] == {a: infos[a]["difference_reward"] for a in infos}
    assert record["malformed"] == 0
    assert record["rounds"] == 2
    assert record["env_tokens"] > 2 * record["critical_path"]
    assert record["model_tokens"] is None
    assert record["seconds"] > 0
    settings = ("env", "policy", "team_size", "difficulty", "split", "task", "seed", "temperature")
    assert [record[name] for name in settings] == [ENV, "expert", 4, "medium", "test", 1, 0, 1.0]
    assert {"python", "llm_collab_envs", "pettingzoo"} <= set(record["versions"])


def test_model_tokens_and_cut_replies_are_counted(folder):
    (record,) = evaluate(model(folder, episodes=1, max_new_tokens=3))
    replies = 2 * record["rounds"]  # a model of random weights never says that it is done
    assert 0 < record["cut_replies"] <= replies
    assert record["cut_replies"] * 3 <= record["model_tokens"] <= replies * 3
    assert {"torch", "transformers"} <= set(record["versions"])


def test_every_policy_meets_the_same_tasks_and_another_seed_other_ones():
    def tasks(**changes) -> list[int]:
        return [record["task"] for record in evaluate(config(**{"policy": "silent"} | changes))]

    assert tasks() == tasks(policy="random", team_size=2) == list(range(6))
    assert tasks(episodes=3) == tasks()[:3]
    assert not set(tasks(seed=1)) & set(tasks())


# A user's own tasks


@pytest.fixture
def own(tmp_path) -> Path:
    return save_tasks(tmp_path / "own.jsonl", 3)


def test_own_tasks_are_played_all_of_them(own, tmp_path):
    mine = evaluate(config(episodes=None, tasks=own))
    same = evaluate(config(episodes=3, split="train"))
    figures = [[{n: r[n] for n in ("task", *FIGURES[:-1])} for r in rs] for rs in (mine, same)]
    assert figures[0] == figures[1]
    assert [r["task"] for r in evaluate(config("silent", episodes=2, tasks=own, seed=1))] == [1, 2]
    many = save_tasks(tmp_path / "many.jsonl", 66)
    assert len(evaluate(config("silent", episodes=None, tasks=many))) == 66
    assert len(evaluate(config("silent", episodes=None))) == 64, "of generated ones there is no end"


def test_own_tasks_have_their_own_floor_and_ceiling(own):
    for policy, score in (("silent", 0.0), ("expert", 1.0)):
        records = evaluate(config(policy, episodes=None, tasks=own))
        assert tuple(summarise(records, tasks=own)["normalised_score"]) == (score,) * 3
        with pytest.raises(ValueError, match=r"tasks must be the file .*; got None\."):
            summarise(records)
    generated = evaluate(config("silent", episodes=3))
    with pytest.raises(ValueError, match=r"tasks must be the file .*own\.jsonl\. Pass that"):
        summarise(generated, tasks=own)


def test_results_on_a_file_go_on_with_what_it_held_wherever_it_is(own, tmp_path):
    out = tmp_path / "results.jsonl"
    first = evaluate(config(episodes=2, batch=2, tasks=own, out=out))
    moved = own.rename(tmp_path / "moved.jsonl")
    assert evaluate(config(episodes=None, batch=2, tasks=moved, out=out))[:2] == first
    with pytest.raises(CommandError, match=r"configuration: tasks_content is '\w+' there"):
        evaluate(config(episodes=3, out=out))
    moved.write_text(moved.read_text().replace('"rotation": ', '"rotation": 1'))
    with pytest.raises(CommandError, match=r"configuration: tasks_content is '\w+' there"):
        evaluate(config(episodes=3, tasks=moved, out=out))


def test_more_episodes_than_a_file_has_tasks(own):
    with pytest.raises(CommandError, match=rf"episodes must be at most 3, the tasks in {own}; got"):
        evaluate(config(episodes=4, tasks=own))


# Repeating and resuming


def test_same_seed_same_records_and_another_seed_others(folder):
    first = timeless(evaluate(model(folder)))
    assert timeless(evaluate(model(folder))) == first
    tokens = [[r["env_tokens"] for r in timeless(evaluate(model(folder, seed=s)))] for s in (0, 10)]
    assert tokens[0] != tokens[1], "seed 10 comes back to the tasks of seed 0, with other draws"


@pytest.mark.parametrize("lines_left", [2, 3], ids=["between batches", "in the middle of one"])
def test_broken_off_equals_unbroken(lines_left, folder, tmp_path):
    whole = timeless(evaluate(model(folder)))
    out = tmp_path / "results.jsonl"
    evaluate(model(folder, out=out))
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[:lines_left]))
    assert timeless(evaluate(model(folder, out=out))) == whole
    assert out.read_text().startswith("".join(lines[:2]))


@pytest.mark.parametrize("asked", range(1, 12))
def test_stopped_at_any_moment_equals_unbroken(asked, tmp_path, monkeypatch):
    """Episodes of chance end at different times: those that ended early are not kept alone."""
    whole = evaluate(config("random"))
    out, logs = tmp_path / "results.jsonl", tmp_path / "logs.jsonl"
    act = ScriptedPolicy.act
    left = iter(range(asked))

    def breaks(self, histories):
        if next(left, None) is None:
            raise CommandError("the server is gone.")
        return act(self, histories)

    monkeypatch.setattr(ScriptedPolicy, "act", breaks)
    with pytest.raises(CommandError, match="the server is gone") as stopped:
        evaluate(config("random", out=out, logs=logs))
    saved = out.read_text().splitlines() if out.exists() else []
    assert len(saved) in (0, 4), "a batch, or none"
    assert f"{len(saved)} of 6 episodes are saved in {out}" in str(stopped.value)
    monkeypatch.undo()
    assert timeless(evaluate(config("random", out=out, logs=logs))) == timeless(whole)
    assert out.read_text().splitlines()[: len(saved)] == saved
    kept = sorted(read_logs(logs), key=lambda log: log.task_index)
    assert [log.rounds[-1].terms["joint_reward"] for log in kept] == [
        record["joint_reward"] for record in whole
    ]


def test_logs_are_of_what_is_played_and_replay(tmp_path):
    out, logs = tmp_path / "results.jsonl", tmp_path / "new" / "logs.jsonl"
    evaluate(config(episodes=2, batch=2, out=out, logs=logs, wrappers=["Straggler(factor=3)"]))
    evaluate(config(batch=2, out=out, logs=logs, wrappers=["Straggler(factor=3)"]))
    kept = list(read_logs(logs))
    assert [log.task_index for log in kept] == list(range(6))
    assert kept[3].replay() == kept[3]


def test_logs_that_a_kill_has_cut_go_on(tmp_path):
    logs = tmp_path / "logs.jsonl"
    evaluate(config(episodes=2, logs=logs))
    whole = logs.read_bytes()
    for left in (whole[:40], whole[: len(whole) - 40], whole[:3]):
        logs.write_bytes(left)
        assert len(list(read_logs(logs))) == left.count(b"\n")
        evaluate(config(episodes=2, logs=logs))
        assert logs.read_bytes() == left[: left.rfind(b"\n") + 1] + whole


def test_logs_are_one_runs_alone_and_of_logs_only(expert_lines, tmp_path):
    logs, out = tmp_path / "logs.jsonl", tmp_path / "out.jsonl"
    with LogsFile(logs), pytest.raises(CommandError, match=r"another run is writing .*--logs"):
        evaluate(config(logs=logs))
    assert not logs.exists()
    with pytest.raises(ValueError, match="out and logs must be two files; both are"):
        config(out=out, logs=tmp_path / "." / "out.jsonl")
    for foreign in (expert_lines, b"notes", b"notes\n"):
        out.write_bytes(foreign)
        with pytest.raises(CommandError, match="line 1 is no episode's log"):
            evaluate(config(logs=out))
        assert out.read_bytes() == foreign


def test_logs_that_cannot_be_written_are_said_before_anything_is_played(tmp_path):
    for logs in (tmp_path, tmp_path / "file" / "logs.jsonl"):
        (tmp_path / "file").touch()
        with pytest.raises(CommandError, match=r"cannot write .*give another --logs"):
            evaluate(config(logs=logs))
    with pytest.raises(CommandError, match="policy must be one of"):
        evaluate(config("exprt", logs=tmp_path / "logs.jsonl"))
    assert not (tmp_path / "logs.jsonl").exists()


def test_what_had_ended_and_is_not_saved_is_said(tmp_path, monkeypatch):
    ended = [record["rounds"] for record in evaluate(config("random"))][:4]
    assert ended.count(min(ended)) == 1
    act, left = ScriptedPolicy.act, iter(range(min(ended)))

    def stops(self, histories):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return act(self, histories)

    monkeypatch.setattr(ScriptedPolicy, "act", stops)
    out = tmp_path / "results.jsonl"
    with pytest.raises(KeyboardInterrupt) as stopped:
        evaluate(config("random", out=out))
    assert str(stopped.value) == (
        f"stopped; 0 of 6 episodes are saved in {out}; 1 more had ended, but not the rest of their "
        "batch. Run the same command again to play the others."
    )


@pytest.mark.parametrize("kept", [True, False])
def test_where_the_devices_memory_is_full(kept, tmp_path, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(ScriptedPolicy, "act", full)
    out = tmp_path / "results.jsonl" if kept else None
    with pytest.raises(CommandError) as stopped:
        evaluate(config("random", out=out))
    saved = f"0 of 6 episodes are saved in {out}" if kept else "nothing was saved, as there was no"
    assert str(stopped.value).startswith(f"the device's memory is full, with batch=4; {saved}")
    assert "Run the same command with a lower --batch" in str(stopped.value)


def test_under_another_batch_what_is_there_stays(tmp_path):
    out = tmp_path / "results.jsonl"
    first = evaluate(config("random", episodes=4, out=out))
    records = evaluate(config("random", batch=3, out=out))
    assert records[:4] == first
    assert [record["batch"] for record in records] == [4, 4, 4, 4, 2, 2]
    assert [json.loads(line) for line in out.read_text().splitlines()] == records
    more = evaluate(config("random", batch=3, episodes=9, out=out))
    assert more[:6] == records, "nor does it change when more are asked for"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.77, 0.999, 1.0])
def test_killed_mid_line_plays_only_what_is_missing(share, expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    kept = expert_lines[: int(share * len(expert_lines))]
    out.write_bytes(kept)
    records = evaluate(config(out=out))
    if kept.count(b"\n") >= 4:
        whole = b"".join(kept.splitlines(keepends=True)[:4])
        assert out.read_bytes().startswith(whole), "a batch that is there stays as it was"
    stored = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["task"] for record in stored] == list(range(6))
    assert records == stored
    assert timeless(stored) == timeless([json.loads(line) for line in expert_lines.splitlines()])


def test_power_cut_leaves_zeros(expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    out.write_bytes(expert_lines + b"\0" * 512)
    assert len(evaluate(config(episodes=8, out=out))) == 8
    assert out.read_bytes().startswith(expert_lines + b"{")


@pytest.mark.parametrize("tail", [b"", b'{"env": "sec'])
def test_a_complete_file_is_only_read(tail, expert_lines, tmp_path, monkeypatch):
    """On a place where nothing can be written, and while another run adds to it."""
    out = tmp_path / "results.jsonl"
    out.write_bytes(expert_lines + tail)
    stored = [json.loads(line) for line in expert_lines.splitlines()]

    def read_only(self, mode="r", *others, **options):
        if mode[0] != "r":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))
        return open(self, mode, *others, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", read_only)
        assert evaluate(config(out=out)) == stored
        with pytest.raises(CommandError, match=r"cannot write .*: Read-only file system"):
            evaluate(config(episodes=8, out=out))
    assert out.read_bytes() == expert_lines + tail
    with ResultsFile(out, config().identity(), range(8)):
        assert evaluate(config(out=out)) == stored


def test_more_episodes_add_to_the_file(expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    out.write_bytes(expert_lines)
    assert [r["task"] for r in evaluate(config(episodes=8, out=out))] == list(range(8))
    assert out.read_bytes().startswith(expert_lines)
    assert len(evaluate(config(episodes=3, out=out))) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"policy": "silent"},
        {"team_size": 2},
        {"difficulty": "medium"},
        {"split": "train"},
        {"seed": 1},
        {"temperature": 0.0},
        {"top_p": 0.5},
        {"max_new_tokens": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_results_of_another_configuration_are_refused(change, expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    out.write_bytes(expert_lines)
    name, value = next(iter(change.items()))
    with pytest.raises(CommandError, match=f"another configuration: {name} is .* {value!r} here"):
        evaluate(config(**{"out": out} | change))
    assert out.read_bytes() == expert_lines


def test_results_of_other_weights_are_refused(tmp_path):
    out = tmp_path / "results.jsonl"
    folder = save_small_model(tmp_path / "model", seed=0)
    evaluate(model(folder, episodes=1, out=out))
    save_small_model(folder, seed=1)
    with pytest.raises(CommandError, match="another configuration: weights"):
        evaluate(model(folder, episodes=1, out=out))


@pytest.mark.parametrize("version", ["0.0.1", llm_collab_envs.__version__])
def test_results_of_other_envs_are_refused(version, expert_lines, tmp_path):
    """Also where they have the same version: its sources change between two releases."""
    out = tmp_path / "results.jsonl"
    record = json.loads(expert_lines.splitlines()[0])
    record["versions"]["llm_collab_envs"] = version
    out.write_text(json.dumps(record) + "\n")
    with pytest.raises(CommandError) as refused:
        evaluate(config(out=out))
    assert (
        f"configuration: llm_collab_envs is {version!r} there and {version_of_envs()!r} here. Give "
        "another --out"
    ) in str(refused.value)


@pytest.mark.parametrize("name", ["task", "batch"])
@pytest.mark.parametrize("value", [[1], "0", 0.0, True, None])
def test_a_task_that_is_no_whole_number_is_no_result(name, value, expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    first, second, *_ = expert_lines.splitlines()
    out.write_text(f"{first.decode()}\n{json.dumps(json.loads(second) | {name: value})}\n")
    with pytest.raises(CommandError, match="line 2 is not a line of results"):
        evaluate(config(out=out))


@pytest.mark.parametrize("name", [*FIGURES, "cut_replies"])
@pytest.mark.parametrize("value", ["missing", "text"])
def test_a_line_without_a_figure_is_no_result(name, value, expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    *others, last = expert_lines.splitlines()
    record = json.loads(last) | {name: value}
    if value == "missing":
        del record[name]
    out.write_bytes(b"\n".join([*others, json.dumps(record).encode(), b""]))
    with pytest.raises(CommandError, match=r"line 6 is not a line of results\. Give another"):
        evaluate(config(out=out))


@pytest.mark.parametrize("text", ["my notes", "my notes\n", "[1]\n", '{"env": "x"}\n{"a', "\n"])
def test_other_files_are_refused_and_left_alone(text, tmp_path):
    out = tmp_path / "notes.txt"
    out.write_text(text)
    with pytest.raises(CommandError, match="line 1 is not a line of results"):
        evaluate(config(out=out))
    assert out.read_text() == text


def test_two_runs_do_not_write_one_file(expert_lines, tmp_path):
    out = tmp_path / "results.jsonl"
    out.write_bytes(expert_lines)
    first = ResultsFile(out, config().identity(), range(8))
    with pytest.raises(CommandError, match="another run is writing"):
        evaluate(config(out=out, episodes=8))
    assert out.read_bytes() == expert_lines
    first.close()
    assert len(evaluate(config(out=out, episodes=8))) == 8


def test_a_whole_file_is_not_cut_when_it_is_read(expert_lines, tmp_path, monkeypatch):
    """Nor are lines lost that another run, where there are no locks, adds in the meantime."""
    out = tmp_path / "results.jsonl"
    lines = expert_lines.splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:4]))
    read, calls = ResultsFile._read, count()

    def slowly(self, line, number):
        if next(calls) >= 4:  # it has been read once, and is this run's now
            out.write_bytes(expert_lines)
        return read(self, line, number)

    monkeypatch.setattr(ResultsFile, "_read", slowly)
    with ResultsFile(out, config().identity(), range(8)) as file:
        assert list(file.records) == [0, 1, 2, 3]
    assert out.read_bytes() == expert_lines


def test_a_mistyped_policy_leaves_no_file_and_takes_none_away(tmp_path):
    out, empty = tmp_path / "results.jsonl", tmp_path / "empty.jsonl"
    empty.touch()
    for file in (out, empty):
        with pytest.raises(CommandError, match="got 'expret'"):
            evaluate(config(policy="expret", out=file))
    assert list(tmp_path.iterdir()) == [empty]


def test_out_that_is_no_file(tmp_path):
    with pytest.raises(CommandError, match="is not a file"):
        evaluate(config(out=tmp_path))


def test_full_disk_keeps_what_was_written(tmp_path):
    out = tmp_path / "results.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_500, before[1]))
    try:
        with pytest.raises(CommandError, match=r"cannot write .*run the same command again"):
            evaluate(config(out=out, batch=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    lines = out.read_bytes().splitlines(keepends=True)
    assert len(lines) > 4
    assert not lines[-1].endswith(b"\n")
    assert len(evaluate(config(out=out, batch=2))) == 6
    assert out.read_bytes().startswith(b"".join(lines[:4]))


# Arguments


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"env": "nope"}, "env id must be one of"),
        ({"team_size": 99}, "team_size"),
        ({"team_size": 5}, "team_size must be at most 4"),
        ({"difficulty": "harder"}, "difficulty must be one of"),
        ({"split": "dev"}, "split must be one of"),
        ({"episodes": 10_001}, "episodes must be at most 10000"),
        ({"policy": "nope"}, "the policy must be one of"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    with pytest.raises(CommandError, match=message):
        evaluate(config(**change))


@pytest.mark.parametrize("change", [{"episodes": 0}, {"batch": 0}, {"seed": -1}])
def test_config_errors_name_the_argument(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        config(**change)


# Intervals, by hand


def test_interval_of_two_episodes():
    # Resamples of (0, 1) have means 0, 1/2 and 1 with chances 1/4, 1/2 and 1/4.
    assert tuple(mean_interval([0.0, 1.0])) == (0.5, 0.0, 1.0)


def test_interval_of_one_success_in_ten():
    # 10 x the mean of a resample is binomial(10, 0.1): P(0) = 0.349, P(<= 2) = 0.930 and
    # P(<= 3) = 0.987, so the 2.5 % and 97.5 % quantiles are 0 and 0.3.
    mean, low, high = mean_interval([1.0] + [0.0] * 9)
    assert (mean, low, high) == (pytest.approx(0.1), 0.0, pytest.approx(0.3))


def test_interval_of_many_episodes_is_near_the_normal_one():
    values = [math.sin(n) for n in range(400)]
    mean, low, high = mean_interval(values)
    error = 1.96 * math.sqrt(0.5 / 400)
    assert low == pytest.approx(mean - error, abs=0.005)
    assert high == pytest.approx(mean + error, abs=0.005)


def test_degenerate_intervals():
    assert tuple(mean_interval([0.7] * 5)) == (pytest.approx(0.7),) * 3
    mean, low, high = mean_interval([0.7])
    assert mean == 0.7
    assert math.isnan(low)
    assert math.isnan(high)


def test_intervals_follow_the_seed():
    values = [math.sin(n) for n in range(30)]
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_ratios_are_paired():
    solo, team = [100.0, 200.0, 400.0], [25.0, 50.0, 100.0]
    assert tuple(paired_interval(ratio_of_means, solo, team)) == (4.0, 4.0, 4.0)


def test_normalised_score_by_hand():
    score = paired_interval(normalised_score, [0.5, 0.6], [0.1, 0.1], [0.9, 1.1])
    assert score.mean == pytest.approx((0.55 - 0.1) / (1.0 - 0.1))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("expert", [[0.1, 0.1], [0.0, 0.0], [0.0, 0.1]])
def test_no_score_is_normalised_where_the_expert_is_no_better_than_silence(expert):
    score = paired_interval(normalised_score, [0.5, 0.6], [0.1, 0.1], expert)
    assert all(map(math.isnan, score))


@pytest.mark.filterwarnings("error")
def test_ratio_without_anything_below():
    assert all(map(math.isnan, paired_interval(ratio_of_means, [10.0, 20.0], [0.0, 0.0])))
    mean, *bounds = paired_interval(ratio_of_means, [10.0, 20.0, 30.0], [0.0, 0.0, 5.0])
    assert mean == 12.0
    assert all(map(math.isnan, bounds)), "8 resamples in 27 have nothing below"
