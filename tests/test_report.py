"""Reports and the demo: what they print is what was played."""

from __future__ import annotations

import json

import pytest

from baselines import demo
from baselines.report import Entry, learning_curve, markdown
from baselines.run_folder import prepare_folder
from baselines.version import version_of_envs

RECORD = {
    "joint_reward": 0.5,
    "faithfulness": 0.6,
    "consistency": 0.7,
    "quality": 0.8,
    "critical_path": 50,
    "seconds": 0.1,
    "message_tokens": 9,
    "malformed": 0,
}


def records(**changes):
    return [{**RECORD, "task": n, **changes} for n in range(4)]


def test_markdown_has_the_figures_and_the_speed_up():
    text = markdown(
        [Entry("team", records(), records(critical_path=150)), Entry("solo", records())]
    )
    team, solo = text.splitlines()[2:]
    assert team.startswith("| team | 0.500 [0.500, 0.500] | 0.600 |")
    assert "| 3.000 [3.000, 3.000] |" in team
    assert "3.000" not in solo


def test_markdown_has_no_figure_that_is_not_defined():
    row = markdown([Entry("silent", records(critical_path=0), records())]).splitlines()[2]
    assert "nan" not in row
    assert row.split(" | ")[6] == "-"
    assert "nan" not in markdown([Entry("one", records()[:1], records()[:1])])


def test_learning_curve_is_a_picture(tmp_path):
    row = {"env/joint_reward": 0.5, "env/consistency": 0.4, "env/faithfulness": 0.3}
    lines = [json.dumps({"step": n, **row}) for n in range(3)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines))
    learning_curve(tmp_path / "metrics.jsonl", {"expert": 1.0}, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_claims_are_held_against_both_solo_baselines():
    played = {
        ("trained", 4, 1.0): records(quality=0.97, consistency=0.96, joint_reward=0.9),
        ("tiny", 4, 1.0): records(joint_reward=0.5),
        ("trained", 1, 1.0): records(quality=0.9, critical_path=160),
        ("tiny", 1, 1.0): records(quality=0.99, critical_path=140),
    }
    said = "\n".join(demo._checks(played))
    assert "- reached: trained above warm start" in said
    assert "- reached: consistency" in said
    assert "- reached: at least 3.0 times as fast as the trained model alone: 3.20" in said
    assert "- reached: quality no lower than the trained model alone: 0.970 against 0.900" in said
    assert "- NOT reached: at least 3.0 times as fast as the warm start alone: 2.80" in said
    assert "- NOT reached: quality no lower than the warm start alone: 0.970 against 0.990" in said


def test_an_unfinished_demo_goes_on_only_with_the_same_options(tmp_path):
    first = demo.training(tmp_path / "demo-1" / "policy", steps=5, seed=0)
    prepare_folder(first, resume=False, processes=1)
    assert demo._folder(tmp_path, 5, 0) == tmp_path / "demo-1"
    assert demo._folder(tmp_path, 6, 0) == tmp_path / "demo-2"
    assert demo._folder(tmp_path, 5, 1) == tmp_path / "demo-2"


def test_an_unfinished_demo_does_not_go_on_with_other_envs(tmp_path):
    first = demo.training(tmp_path / "demo-1" / "policy", steps=5, seed=0)
    prepare_folder(first, resume=False, processes=1)
    path = first.out / "run.json"
    path.write_text(path.read_text().replace(version_of_envs(), "0.1.0+older"))
    assert demo._folder(tmp_path, 5, 0) == tmp_path / "demo-2"


def test_an_unfinished_demo_that_cannot_be_read_is_left_alone(tmp_path):
    (tmp_path / "demo-1" / "policy").mkdir(parents=True)
    (tmp_path / "demo-1" / "policy" / "run.json").write_text("")
    assert demo._folder(tmp_path, 5, 0) == tmp_path / "demo-2"


@pytest.mark.parametrize("option", ["--steps=0", "--episodes=0", "--episodes=10001", "--seed=-1"])
def test_demo_checks_its_options_before_it_begins(tmp_path, capsys, option):
    with pytest.raises(SystemExit) as stop:
        demo.main(["--root", str(tmp_path), option])
    assert stop.value.code == 2
    name = option.lstrip("-").partition("=")[0]
    assert f"error: {name} must be " in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_demo_from_end_to_end_and_again(tmp_path):
    small = ["--root", str(tmp_path), "--steps", "1", "--episodes", "2"]
    assert demo.main(small) == 0
    first = tmp_path / "demo-1"
    assert {"report.md", "learning_curve.png", "before_after.txt"} <= {
        path.name for path in first.iterdir()
    }
    assert demo._folder(tmp_path, 1, 0) == tmp_path / "demo-2", "no finished demo is touched"
