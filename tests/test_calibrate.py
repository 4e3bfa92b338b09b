"""The calibration: what is played, that it repeats, and that a missed bar is said."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import calibrate, episodes, uneven
from benchmarks.calibration_report import Calibration, write_figure, write_report
from benchmarks.episodes import HANDICAPPED, PLAYERS, WRAPPERS, Job, Result, hacks, play
from benchmarks.step_time import Timing
from cheats import EVERYWHERE
from llm_collab_envs import ENV_MODULES, make
from llm_collab_envs.core.tasks import DIFFICULTIES
from play import joint_reward

ENV = "section_writing_v0"
PLAYED = "9 episodes in 0.1 minutes"
SOME = {"bargaining_v0": 50}  # tasks: there walking pays all or nothing; 12 are enough elsewhere
MISSED = {  # a problem is too small to be shared; with half of the facts F is 2/3
    "human_eval_v0": [
        f"human_eval_v0, {difficulty}, team of 2: no faster than the solo expert."
        for difficulty in ("medium", "hard")
    ],
    ENV: [
        f"{ENV}, {difficulty}, team of 2: the hack 'one pads all'" for difficulty in DIFFICULTIES
    ],
}
FAST = Timing({ENV: (8, 1.0, 1.0)}, {2: 10.0, 16: 12.0})


def result_of(job: Job) -> Result:
    """A result that reaches every bar."""
    if job.player == "expert":
        reward = 0.95
    elif job.player == HANDICAPPED:
        reward = {"easy": 0.8, "medium": 0.6, "hard": 0.4}[job.difficulty]
    else:
        reward = 0.0
    return Result(job, ((reward, reward, 100 / job.team_size),) * job.tasks)


def calibration(timing: Timing = FAST, **changed: Any) -> Calibration:
    """All reach the bars but for the results that are given by player or difficulty."""
    results = []
    for job in calibrate.jobs([ENV], 1):
        result = result_of(job)
        if job.player in changed and job.difficulty == "medium":
            result = Result(job, ((changed[job.player], 0.5, result.critical_path),))
        results.append(result)
    return Calibration(results, timing)


def test_plays_every_player_in_every_team_and_hacks_in_teams_only() -> None:
    jobs = list(calibrate.jobs([ENV], 3))
    assert len(jobs) == len(set(jobs))
    sizes = {"easy": [1, 2, 4], "medium": [1, 2, 4], "hard": [1, 2, 4, 8]}
    for difficulty in DIFFICULTIES:
        for size in sizes[difficulty]:
            played = {j.player for j in jobs if (j.difficulty, j.team_size) == (difficulty, size)}
            assert played == {*PLAYERS, *(hacks(ENV) if size > 1 else ())}
    assert {(job.wrapper, job.tasks) for job in jobs} == {("", 3)}
    assert {(j.difficulty, j.team_size) for j in jobs} == {(d, n) for d in sizes for n in sizes[d]}


def test_an_env_without_hacks_of_its_own_gets_the_general_ones() -> None:
    assert hacks("new_env_v0") == EVERYWHERE
    assert len(hacks(ENV)) > len(EVERYWHERE)


@pytest.mark.parametrize("player", [*PLAYERS, "chatter"])
def test_a_job_gives_the_same_result_every_time(player: str) -> None:
    job, other = Job(ENV, "easy", 2, player, 3), Job(ENV, "easy", 2, "silent", 3)
    (whole,) = play([job], range(3))
    assert whole == play([other, job], range(3))[1]
    parts = [play([job, other], [task])[0] for task in range(3)]
    assert whole.episodes == tuple(part.episodes[0] for part in parts)


def test_an_env_that_has_fewer_tasks_plays_them_all_and_slips_again() -> None:
    jobs = list(calibrate.jobs(["human_eval_v0"], 100))
    assert {job.tasks for job in jobs if job.player == HANDICAPPED} == {100}
    assert {job.tasks for job in jobs if job.player != HANDICAPPED} == {41}
    job = Job("human_eval_v0", "hard", 2, HANDICAPPED, 100)
    expert = replace(job, player="expert", tasks=41)
    assert [len(result.episodes) for result in play([job, expert], [40, 41, 99])] == [3, 1]
    paths = {play([job], [task])[0].critical_path for task in (0, 41, 82)}
    assert len(paths) > 1, "other slips on the same task"
    results = [result_of(job) for job in calibrate.jobs(["human_eval_v0", ENV], 100)]
    assert Calibration(results, FAST).get("human_eval_v0", "easy", 2, "expert").job.tasks == 41


def test_what_is_remembered_is_what_would_come_of_it_anew() -> None:
    """Programs run once a task, replies of the expert are found once an observation."""
    jobs = [
        Job("bug_repair_v0", "easy", 4, player, 1, wrapper)
        for player, wrapper in [("expert", ""), ("files unchanged", ""), ("expert", [*WRAPPERS][3])]
    ]
    together = play(jobs, [0])
    for job, result in zip(jobs, together, strict=True):
        episodes._env.cache_clear()
        episodes._memory.cache_clear()
        assert play([job], [0]) == [result]
    env = make("bug_repair_v0", split="test")  # in the sandbox
    assert together[0].joint_reward == joint_reward(env, env._expert(), 1)


def test_the_handicap_costs_and_grows_with_the_work() -> None:
    whole, *derailed = (
        play([Job(ENV, difficulty, 4, player, 12)], range(12))[0].joint_reward
        for player, difficulty in [
            ("expert", "easy"),
            (HANDICAPPED, "easy"),
            (HANDICAPPED, "hard"),
        ]
    )
    assert whole > derailed[0] > derailed[1] > 0


def test_report_says_that_all_bars_are_reached(tmp_path: Path) -> None:
    assert write_report(calibration(), tmp_path / "report.md", PLAYED) == []
    text = (tmp_path / "report.md").read_text()
    assert "\nAll are reached.\n" in text
    assert f"\n{PLAYED}.\n" in text
    assert "| `section_writing_v0` | hard | 8 | 0.950 | 0.950 | 12.5 | 8.00 | 0.400 |" in text
    assert "| one pads all | 0.000 | 0.000 | 0.000 |" in text
    write_figure(calibration(), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("changed", "bar"),
    [
        ({"expert": 0.94}, "section_writing_v0, medium, team of 4: the expert has 0.940."),
        ({"one pads all": 0.3}, "medium, team of 2: the hack 'one pads all' has 0.316 of the exp"),
        ({HANDICAPPED: 0.3}, "the handicapped expert has 0.800, 0.300, 0.400 at easy"),
        ({"timing": Timing({ENV: (8, 2.5, 1.0)}, {2: 1.0, 16: 1.0})}, "team of 8 takes 2.50 ms"),
        ({"timing": Timing({}, {2: 10.0, 16: 14.0})}, "takes 1.40 times as long in a team of 16"),
    ],
)
def test_report_says_which_bar_is_missed(changed: dict[str, Any], bar: str, tmp_path: Path) -> None:
    missed = write_report(calibration(**changed), tmp_path / "report.md", PLAYED)
    assert any(bar in sentence for sentence in missed)
    assert f"- **Not reached:** {missed[0]}" in (tmp_path / "report.md").read_text()


def test_a_team_as_slow_as_one_agent_misses_its_bar(tmp_path: Path) -> None:
    results = [Result(job, ((0.95, 0.95, 100.0),)) for job in calibrate.jobs([ENV], 1)]
    missed = write_report(Calibration(results, FAST), tmp_path / "report.md", PLAYED)
    assert any("team of 4: no faster than the solo expert" in sentence for sentence in missed)


@pytest.mark.parametrize("arguments", [["nope_v0"], ["--tasks", "0"], ["--workers", "0"]])
def test_wrong_arguments_end_with_a_sentence(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["calibrate", *arguments])
    with pytest.raises(SystemExit):
        calibrate.main()
    assert "tasks and workers are 1 or more" in capsys.readouterr().err


def test_uneven_plays_experts_only_even_and_under_every_wrapper() -> None:
    played = {(j.env, j.difficulty, j.team_size, j.wrapper) for j in uneven.uneven_jobs(1)}
    assert {job.player for job in uneven.uneven_jobs(1)} == {"expert"}
    for difficulty in DIFFICULTIES:
        for wrapper in ("", *WRAPPERS):
            assert (ENV, difficulty, 4, wrapper) in played
            assert ("human_eval_v0", difficulty, 2, wrapper) in played


def test_uneven_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def halved(todo: list[Job], workers: int, console: Any) -> list[Result]:
        return [Result(job, ((0.45 if job.wrapper else 0.9, 1.0, 1.0),)) for job in todo]

    monkeypatch.setattr(uneven, "play_all", halved)
    monkeypatch.setattr(sys, "argv", ["uneven", "--tasks", "1", "--out", str(tmp_path)])
    uneven.main()
    row = f"| `{ENV}` | " + " | ".join(["0.50, 0.50, 0.50"] * len(WRAPPERS)) + " |"
    assert row in capsys.readouterr().out
    assert row in (tmp_path / "uneven.md").read_text()


@pytest.mark.parametrize(("envs", "folder"), [([], "docs"), ([ENV], "some")])
def test_a_report_on_some_envs_does_not_replace_the_one_on_all(
    envs: list[str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def keep(calibration: Any, path: Path, *_: str) -> list[str]:
        written.append(path)
        return []

    monkeypatch.setattr(calibrate, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(calibrate, "SOME", tmp_path / "some")
    monkeypatch.setattr(calibrate, "play_all", lambda *_: [])
    monkeypatch.setattr(calibrate, "measure", lambda _: None)
    monkeypatch.setattr(calibrate, "Calibration", lambda *_: None)
    monkeypatch.setattr(calibrate, "write_figure", keep)
    monkeypatch.setattr(calibrate, "write_report", keep)
    monkeypatch.setattr(sys, "argv", ["calibrate", *envs, "--tasks", "1"])
    calibrate.main()
    assert {path.parent for path in written} == {tmp_path / folder}


@pytest.mark.slow
def test_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [ENV, "--tasks", "2", "--workers", "2", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["calibrate", *arguments])
    calibrate.main()
    assert "episodes in" in capsys.readouterr().out
    assert (tmp_path / "calibration.md").exists()
    assert (tmp_path / "calibration.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize("env_id", sorted(ENV_MODULES))
def test_no_bar_is_missed_but_those_that_cannot_be_reached(env_id: str) -> None:
    """Every hack, difficulty and team size that the calibration plays, on some of its tasks."""
    count = SOME.get(env_id, 12)
    jobs = [replace(job, tasks=count) for job in calibrate.jobs([env_id], count)]
    batches = ([job for job in jobs if job.difficulty == d] for d in DIFFICULTIES)
    results = [result for batch in batches for result in play(batch, range(count))]
    missed = Calibration(results, replace(FAST, step_ms={})).missed()
    assert [bar.partition(" has ")[0] for bar in missed] == MISSED.get(env_id, [])
