"""Studies: the demo, and the reference's figures; what they claim is what was played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from baselines import demo, reproduce
from baselines.run_folder import prepare_folder
from baselines.study import Options, Played, alone, checks, free_folder, plan, training
from baselines.version import version_of_envs
from results import records
from small_model import save_small_model

COMMANDS = {
    "demo": (demo.main, {"": demo.WRITING}),
    "reproduce": (reproduce.main, reproduce.STUDIES),
}


def played() -> Played:
    """Return what a team of 4 and a single agent played, before and after training."""
    return {
        ("trained", 4, 1.0): records(quality=0.97, consistency=0.96, joint_reward=0.9),
        ("warm", 4, 1.0): records(joint_reward=0.5),
        ("trained", 1, 1.0): records(quality=0.9, critical_path=160),
        ("warm", 1, 1.0): records(quality=0.99, critical_path=140),
    }


def test_claims_are_held_against_both_solo_baselines():
    said = "\n".join(checks(demo.WRITING, played()))
    assert "- reached: joint reward above the warm start's, intervals apart" in said
    assert "- reached: consistency above the warm start's, intervals apart" in said
    assert "- reached: consistency at least 0.95: 0.960" in said
    assert "- reached: at least 3.0 times as fast as the trained model alone: 3.20" in said
    assert "- reached: quality no lower than the trained model alone: 0.970 against 0.900" in said
    assert "- NOT reached: at least 3.0 times as fast as the warm start alone: 2.80" in said
    assert "- NOT reached: quality no lower than the warm start alone: 0.970 against 0.990" in said


def test_the_solo_baseline_is_the_better_one():
    assert alone(played()) == ("warm", 1, 1.0)
    other = {**played(), ("warm", 1, 1.0): records(quality=0.8)}
    assert alone(other) == ("trained", 1, 1.0)


def both(**solo: float) -> dict[str, Played]:
    """Return what was played in both studies, with that of the better single agent."""
    teams: dict[Any, Any] = {
        ("trained", 2, 1.0): records(critical_path=70),
        ("trained", 3, 1.0): records(critical_path=56),
        ("trained", 4, 1.0): records(consistency=0.99, pass_rate=0.74, critical_path=40),
        ("trained", 4, 0.0): records(pass_rate=1.0),
        ("warm", 1, 1.0): records(critical_path=140, **solo),
        ("trained", 1, 1.0): records(critical_path=1_000, quality=0.1),
    }
    return {"writing": teams, "coding": teams}


def test_the_references_figures_are_set_beside_teams_and_the_single_agent():
    rows = reproduce.rows(both(pass_rate=0.5))
    assert list(reproduce.COLUMNS) == [
        "reference", "single agent", "team of 2", "team of 3", "team of 4", "team of 4, greedy"
    ]  # fmt: skip
    assert [cell.partition(" [")[0] for cell in rows["speed-up, writing"]] == [
        "3.00x", "1.00x", "2.00x", "2.50x", "3.50x", "2.80x"
    ]  # fmt: skip
    assert rows["pass rate, coding"] == [
        "74.6 %",
        "50.0 % [50.0, 50.0]",
        *["70.0 % [70.0, 70.0]"] * 2,
        "74.0 % [74.0, 74.0]",
        "100.0 % [100.0, 100.0]",
    ]
    assert rows["quality, writing"][0] == ""


def test_what_is_reached_of_the_reference_is_judged_as_sampled():
    assert reproduce.verdicts(both()) == [
        "- reached: speed-up, writing, 3.00x: 3.50x [3.50, 3.50]",
        "- reached: consistency, writing, 98.7 %: 99.0 % [99.0, 99.0]",
        "- reached: speed-up, coding, 3.00x: 3.50x [3.50, 3.50]",
        "- NOT reached: pass rate, coding, 74.6 %: 74.0 % [74.0, 74.0]",
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_study_that_was_interrupted_goes_on_only_with_the_same_options(name, tmp_path):
    studies = COMMANDS[name][1]
    part, last = list(studies.items())[-1]
    options = Options(steps=5, episodes=8)
    begun = tmp_path / f"{name}-1"
    prepare_folder(training(last, begun / part, options), resume=False, processes=1)

    def folder(**changes: Any) -> Path:
        return free_folder(tmp_path, name, studies, Options(**{**vars(options), **changes}))

    other = tmp_path / f"{name}-2"
    assert folder() == begun
    others = {
        "steps": 6,
        "seed": 1,
        "model": "hf:some/model",
        "learning_rate": 1e-5,
        "lora_rank": 4,
    }
    for option, value in others.items():
        assert folder(**{option: value}) == other
    config = begun / part / "policy" / "run.json"
    written = config.read_text()
    for broken in (written.replace(version_of_envs(), "0.1.0+older"), ""):
        config.write_text(broken)
        assert folder() == other, "of other envs, or nobody knows of which"
    config.write_text(written)
    (begun / "report.md").touch()
    assert folder() == other, "no finished one is touched"


def test_every_team_size_is_measured_on_the_same_tasks_and_nothing_twice(tmp_path):
    options = Options(episodes=8)
    for name, study in reproduce.STUDIES.items():
        planned = plan(study, tmp_path / name, options)
        assert {(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0), (1, 0.0), (4, 0.0)} == {
            key[1:] for key in planned.matches if key[0] == "trained"
        }
        assert len(planned.matches) == len(study.matches())
        assert len({match.out for match in planned.matches.values()}) == len(planned.matches)
        assert planned.policy.steps == study.training["steps"]


@pytest.mark.parametrize(
    "option",
    [
        "--steps=0",
        "--learning-rate=-1",
        "--lora-rank=-1",
        "--episodes=0",
        "--episodes=10001",
        "--seed=-1",
    ],
)
@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_checked_before_anything_begins(name, tmp_path, capsys, option):
    with pytest.raises(SystemExit) as stop:
        COMMANDS[name][0](["--root", str(tmp_path), option])
    assert stop.value.code == 2
    about = option.lstrip("-").partition("=")[0].replace("-", "_")
    assert f"error: {about} must be " in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_a_model_of_ones_own_is_trained_and_measured(tmp_path):
    model = str(save_small_model(tmp_path / "model"))
    planned = plan(demo.WRITING, tmp_path, Options(model=model))
    assert planned.policy.model == planned.matches["warm", 4, 1.0].policy == model
    assert planned.matches["trained", 4, 1.0].policy == str(planned.policy.out)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_study_from_end_to_end(name, tmp_path, capsys):
    main, studies = COMMANDS[name]
    assert main(["--root", str(tmp_path), "--steps", "1", "--episodes", "2"]) == 0
    first = tmp_path / f"{name}-1"
    for part in studies:
        files = {path.name for path in (first / part).iterdir()}
        assert {"report.md", "learning_curve.png", "before_after.txt"} <= files
    said = " ".join(capsys.readouterr().out.split())
    assert "reached: joint reward above the warm start's" in said
    if name == "reproduce":
        assert "reached: pass rate, coding, 74.6 %" in said
        assert (first / "report.md").read_text().count("| 74.6 % |") == 1
