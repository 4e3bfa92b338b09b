"""The action grammar: tokens counted by hand, replies parsed and never guessed at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llm_collab_envs.core.actions import (
    MAX_ACTION_CHARS,
    Action,
    Message,
    count_tokens,
    cut_tokens,
    parse,
)

TEAM = ["agent_1", "agent_2"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        (" \n  \n\n", 0),
        ("\t\u2003", 2),
        ("\ta", 2),
        ("\n" + " " * 39, 0),
        ("\n" + " " * 40, 1),
        (" " * 48 + "a", 3),
        ("\n \n " * 12, 2),
        ("one two", 2),
        ("a" * 12, 1),
        ("a" * 13, 2),
        ("123456", 1),
        ("1234567", 2),
        ("31,540", 3),
        ("The mill is 12.", 5),
        ("don't", 3),
        ("snake_case", 3),
        ("<done/>", 1),
        ("<submit>a b</submit><done/>", 5),
        ('<say to="agent_1">hi</say>', 3),
        ('<say to="agent_1" >', 10),
        ("\u00e9t\u00e9", 3),
        ("\u6f22\u5b57", 2),
        ("\U0001f600\U0001f600", 2),
        ("\u200b", 1),
        ("a1b", 3),
        ("\u4e00" * 12, 12),  # one word of these could hold a whole message
        ("\u0661" * 6, 6),  # Arabic digits
        ("caf\u00e9", 2),
        ("\u200b\u0301", 2),
    ],
)
def test_tokens_by_hand(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_no_program_is_shorter_in_white_space() -> None:
    program = "def add(a, b):\n    return a + b\n" * 20
    bits = "".join(f"{byte:08b}" for byte in program.encode())
    for zero, one in (" \t", " \n", "\n\r", "\u2002\u2003"):
        assert count_tokens(bits.replace("0", zero).replace("1", one)) > count_tokens(program)


@pytest.mark.parametrize(
    "text", ["", "<submit>one two</submit><done/>", "31,540 a" * 3, "\u00e9 x", "a" + " " * 60]
)
def test_cut_text_is_a_start_with_as_many_tokens(text: str) -> None:
    for most in range(count_tokens(text) + 2):
        kept = cut_tokens(text, most)
        assert text.startswith(kept)
        assert count_tokens(kept) == min(most, count_tokens(text))
    assert cut_tokens(text, count_tokens(text)) == text


def test_whole_action() -> None:
    reply = 'Thinking.<say to="agent_2"> two\n words </say><submit> my part </submit><done/>'
    assert parse(reply, TEAM) == Action(
        says=(Message("agent_2", "two words"),),
        submission="my part",
        submission_tokens=2,
        done=True,
        tokens=11,
    )


def test_several_messages_keep_their_order() -> None:
    action = parse('<say to="all">a</say><say to="agent_1">b</say>', TEAM)
    assert action.says == (Message("all", "a"), Message("agent_1", "b"))


@pytest.mark.parametrize("reply", ["", "  ", "just thinking", "a < b > c", "<b>bold</b>", "< >"])
def test_text_outside_of_tags_is_ignored(reply: str) -> None:
    action = parse(reply, TEAM)
    assert action == Action(tokens=count_tokens(reply))


@pytest.mark.parametrize("opened", ["<think>", "\n<think>\n", ""])
@pytest.mark.parametrize("thought", ["", "<submit>no</submit>", "or <done/>, <say>?", "< submit"])
def test_what_is_thought_before_the_answer_is_not_read_but_costs(opened: str, thought: str) -> None:
    thought = f"{opened}{thought}</think>"
    answer = '<say to="all">a</say><submit>b</submit>'
    action = parse(f"{thought}\n{answer}", TEAM)
    assert action == replace(
        parse(answer, TEAM), tokens=count_tokens(thought) + count_tokens(answer)
    )


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("<submit>one", "'[submit]' is not closed"),
        ("\n<think>I could <submit>one</submit>", "'[think]' is not closed"),
        ("one</think></submit>", "'[/submit]' is not a tag that can stand here"),
        ('<say to="all">one', "'[say to=\"all\"]' is not closed"),
        ("one</submit>", "'[/submit]' is not a tag that can stand here"),
        ("<submit>a</submit><submit>b</submit>", "there are two <submit> in one reply"),
        ('<say to="agent_9">a</say>', "there is no teammate called 'agent_9'"),
        ("<say>a</say>", "'[say]' is not a tag that can stand here"),
        ("<say to=all>a</say>", "'[say to=all]' is not a tag that can stand here"),
        ("<Submit>a</Submit>", "'[Submit]' is not a tag that can stand here"),
        ("< submit >a", "'[ submit ]' is not a tag that can stand here"),
        ("<done>", "'[done]' is not a tag that can stand here"),
        ("<submit>a<done/></submit>", "'[done/]' stands inside '[submit]'"),
        ('<submit><say to="all">a</say></submit>', "'[say to=\"all\"]' stands inside '[submit]'"),
        ("<submit>a</say>", "'[/say]' stands inside '[submit]'"),
        ("<done", "'[done' is not a tag that can stand here"),
        (
            "<say\nMessages:\nagent_1: a>",
            "'[say Messages: agent_1: a]' is not a tag that can stand here",
        ),
        ('<submit lang="py">a</submit>', "'[submit lang=\"py\"]' is not a tag that can stand here"),
        ("<submit>a< / submit >", "'[ / submit ]' stands inside '[submit]'"),
        ("x" * (MAX_ACTION_CHARS + 1), "the reply is longer than 65536 characters"),
    ],
)
def test_broken_replies_do_nothing(reply: str, error: str) -> None:
    assert parse(reply, TEAM) == Action(tokens=count_tokens(reply), error=error)


@pytest.mark.parametrize(
    "part",
    [
        "while n < done:\n    n += 1",
        "if n<submit: pass",
        "a < say and b > c",
        "x <done\ny",
        "<donee>",
    ],
)
def test_a_comparison_in_a_program_is_no_tag(part: str) -> None:
    assert parse(f"<submit>{part}</submit><done/>", TEAM).submission == part


def test_done_may_be_written_as_xml_has_it() -> None:
    action = parse("<submit>a</submit><done />", TEAM)
    assert (action.submission, action.done, action.error) == ("a", True, "")


def test_nobody_to_talk_to_when_alone() -> None:
    assert parse('<say to="all">a</say>', []).error == "there is no teammate to talk to"


def test_nul_and_lone_surrogates_are_replaced() -> None:
    assert parse("<submit>a\x00b\ud800c</submit>", TEAM).submission == "a\ufffdb\ufffdc"
