"""Play by hand: a person at one seat of the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from baselines.cli import app
from baselines.policies.load import load_policy
from baselines.rollout import play
from llm_collab_envs import make

ENV = "section_writing_v0"
LEFT = "you left the game; this is how far it went."


def type_in(*actions: str, leave: bool = False, seat: str = "agent_0", size: int = 2):
    """Play task 0, and type each action with the empty line that ends it."""
    typed = "".join(f"{action}\n\n" if action else "\n" for action in actions)
    arguments = ["play", ENV, "--human", "--seat", seat, "--team-size", str(size)]
    # Without an end of the input, a test that asks once too often would say that the person left.
    result = CliRunner().invoke(app, arguments, input=typed)
    assert result.exit_code == 0, result.output
    assert (LEFT in result.stderr) == leave
    return " ".join(result.stdout.split())


def expert_replies(size: int, seat: str) -> list[str]:
    env = make(ENV, team_size=size, split="test")
    (episode,) = play([env], [0], load_policy("expert", ENV, size))
    return [reply.text for reply in episode.histories[seat].replies]


@pytest.mark.parametrize(("size", "seat"), [(2, "agent_0"), (3, "agent_2"), (1, "agent_0")])
def test_a_person_who_types_what_the_expert_writes_is_one_of_the_team(size, seat):
    replies = expert_replies(size, seat)
    assert any("\n" in reply for reply in replies), "an action of several lines"
    shown = type_in(*replies, seat=seat, size=size)
    assert "quality=1 " in shown
    assert "malformed" not in shown
    if size > 1:
        assert f"You are {seat} of {size}" in shown
        others = [f"You are agent_{n} of" for n in range(size) if f"agent_{n}" != seat]
        assert not any(other in shown for other in others), "nobody else's observation is shown"


def test_an_empty_line_inside_of_a_submission_is_part_of_it():
    reply, *_ = expert_replies(1, "agent_0")
    apart = reply.replace("<submit>", "<submit>\n\n").replace("\n", "\n\n", 3)
    shown = type_in(apart, "<done/>", size=1)
    assert "quality=1 " in shown
    assert "That broke the grammar" not in shown


def test_a_tag_that_closes_nothing_does_not_keep_the_action_open():
    shown = type_in("</submit>", "</submit><submit>a\n\nb</submit>", "<done/>")
    assert shown.count("That broke the grammar") == 2
    assert "--- Round 3 ---" in shown


def test_the_briefing_is_shown_once_and_each_turn_once():
    shown = type_in("", "<done/>")
    assert shown.count("You are agent_0 of 2") == 1
    assert shown.count("== Round 1 of 6 ==") == shown.count("== Round 2 of 6 ==") == 1
    assert "agent_1: " in shown.partition("== Round 2 of 6 ==")[2].partition("Type your")[0]


def test_who_is_done_is_not_asked_again_while_the_others_go_on():
    shown = type_in("<done/>")
    assert shown.count("Type your action") == 1
    assert "--- Round 2 ---" in shown


def test_a_broken_reply_is_named_at_once_and_in_the_next_observation():
    shown = type_in('<say to="agent_7">hello</say>', "<done/>")
    assert (
        "That broke the grammar, did nothing and is counted: "
        "there is no teammate called 'agent_7'." in shown
    )
    assert "Notice: " in shown.partition("== Round 2 of 6 ==")[2]
    assert shown.count("That broke the grammar") == 1


@pytest.mark.parametrize("actions", [(), ("",), ('<say to="all">hello</say>',)])
def test_the_end_of_the_input_leaves(actions):
    shown = type_in(*actions, leave=True)
    assert "team of 2 | easy | test task 0" in shown
    assert f"--- Round {len(actions)} ---" in shown or not actions
    assert f"--- Round {len(actions) + 1} ---" not in shown


def test_leaving_in_the_middle_of_an_action_does_not_play_it():
    result = CliRunner().invoke(app, ["play", ENV, "--human"], input="<submit>half")
    assert result.exit_code == 0
    assert LEFT in result.stderr
    assert "--- Round" not in result.stdout


def test_control_characters_of_teammates_do_not_reach_the_terminal(monkeypatch):
    monkeypatch.setattr(
        "baselines.policies.load.silent", lambda seen: '<say to="all">\x1b[2J gone</say>'
    )
    arguments = ["play", ENV, "--human", "--policy", "silent", "--team-size", "2"]
    result = CliRunner().invoke(app, arguments, input="\n")
    assert "gone" in result.stdout
    assert "\x1b[2J" not in result.stdout


def test_a_seat_that_is_not_there():
    arguments = ["play", ENV, "--human", "--team-size", "2", "--seat", "agent_2"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "--seat must be one of ['agent_0', 'agent_1']; got 'agent_2'." in result.stderr
