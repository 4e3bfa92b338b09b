"""Reports: what they print is what was played."""

from __future__ import annotations

import json

from baselines.report import Entry, learning_curve, markdown
from results import records

SCORES = {"faithfulness": "F", "consistency": "K"}


def test_markdown_has_the_figures_and_the_speed_up():
    text = markdown(
        [Entry("team", records(), records(critical_path=150)), Entry("solo", records())], SCORES
    )
    team, solo = text.splitlines()[2:]
    assert team.startswith("| team | 0.500 [0.500, 0.500] | 0.600 [0.600, 0.600] |")
    assert "| 3.000 [3.000, 3.000] |" in team
    assert "3.000" not in solo


def test_markdown_has_no_figure_that_is_not_defined():
    row = markdown([Entry("silent", records(critical_path=0), records())], SCORES).splitlines()[2]
    assert "nan" not in row
    assert row.split(" | ")[6] == "-"
    assert "nan" not in markdown([Entry("one", records()[:1], records()[:1])], SCORES)


def test_learning_curve_is_a_picture(tmp_path):
    row = {"env/joint_reward": 0.5, "env/consistency": 0.4, "env/faithfulness": 0.3}
    lines = [json.dumps({"step": n, **row}) for n in range(3)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines))
    learning_curve(tmp_path / "metrics.jsonl", SCORES, {"expert": 1.0}, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
