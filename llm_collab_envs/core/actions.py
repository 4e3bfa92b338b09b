"""The action grammar, the same in every env, and the tokens that actions are counted in.

    <say to="agent_2">one message to a teammate; to="all" for everyone</say>
    <submit>this agent's part of the product; a later one replaces it</submit>
    <done/>

An action is parsed strictly and never guessed at: a reply that breaks the grammar does nothing,
and `Action.error` says what was wrong. Text outside the tags is ignored but costs its tokens, and
so is what a reasoning model thinks before it answers: all up to `</think>`, tags or not. Where the
prompt has opened the thought, as some chat templates do, the reply need not.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from llm_collab_envs.core.spaces import sanitise

MAX_ACTION_CHARS = 65_536
EVERYONE = "all"

_SAY_HELP = """\
<say to="all">message</say>: teammates read it next round; a name in place of "all" tells one only.
"""
_GRAMMAR_HELP = """\
Reply with any of:
{say}<submit>text</submit>: your part, one a reply; one in a later round replaces it.
<done/>: you are finished, for good; you read and change nothing more.
An empty reply waits a round. Text outside of these does nothing, but takes time.
Example: <submit>my text</submit>"""

_TAG = r"""<say to="[^"<>]{1,32}">|</say>|<submit>|</submit>|<done/>"""
_SPACE = r"[^\S \n]|(?<=[ \n]{40})[ \n]{1,4}"  # white space that is not free
_TOKEN = re.compile(rf"{_TAG}|[A-Za-z]{{1,12}}|[0-9]{{1,6}}|\S|{_SPACE}")
_NAME = "(?:say|submit|done)"
# What is meant as a tag, and not a comparison in a program, such as `n < done:`.
_TAG_LIKE = re.compile(
    rf"<say\s[^<>]*>?|</?{_NAME}(?=/?>|\s[^<>]*>|$)[^<>]*>?|<(?:\s*/)?\s*{_NAME}\s*(?:/\s*)?>",
    re.IGNORECASE,
)
_THINK, _THOUGHT = "<think>", "</think>"
_SAY_OPEN = re.compile(r'<say to="([^"<>]{1,32})">')
_DONE = re.compile(r"<done\s*/>")


@dataclass(frozen=True)
class Message:
    """One `<say>`: who it is for (an agent's name or "all") and its text, white space folded."""

    recipient: str
    text: str


@dataclass(frozen=True)
class Action:
    """A parsed reply.

    Attributes:
        says: Messages, in order.
        submission: The text of `<submit>`, or None.
        submission_tokens: What it costs, in env tokens.
        done: Whether the agent declared itself finished.
        tokens: What the whole reply costs, in env tokens.
        error: What broke the grammar, or "" if nothing did; a broken reply carries nothing else.
    """

    says: tuple[Message, ...] = ()
    submission: str | None = None
    submission_tokens: int = 0
    done: bool = False
    tokens: int = 0
    error: str = ""


class _GrammarError(Exception):
    """Raised inside the parser only; its text is `Action.error`."""


def count_tokens(text: str) -> int:
    """Count env tokens: a grammar tag, up to 12 letters, up to 6 digits or one symbol is one token.

    The rule is a fixed regular expression, so the count is the same for every model and tokenizer;
    long runs of letters cost more, so that gluing words together saves little, and letters and
    digits other than ASCII's cost a token each, as twelve of those can hold a whole message. Spaces
    and line breaks are free, but for more than 40 in a row, where four are a token; tabs and other
    white space cost one each, or a whole program could be hidden in it.
    """
    return len(_TOKEN.findall(text))


def cut_tokens(text: str, most: int) -> str:
    """Return the start of a text that is `most` env tokens long, or the whole of a shorter one."""
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count == most:
            return text[: token.start()]
    return text


def grammar_help(alone: bool) -> str:
    """Explain the grammar to an agent, with an example; one that is alone has nobody to talk to."""
    return _GRAMMAR_HELP.format(say="" if alone else _SAY_HELP)


def why_unsent(text: str) -> str:
    """Return why a reply cannot submit a text as it stands, as it has tags of its own, or ""."""
    return parse(f"<submit>{text}</submit>", ()).error


def parse(reply: str, teammates: Collection[str]) -> Action:
    """Parse one reply of an agent.

    Args:
        reply: Any text at all.
        teammates: Names that `<say>` may address besides "all".

    Returns:
        The action; `error` is set, and nothing else but `tokens`, where the grammar was broken.
    """
    if len(reply) > MAX_ACTION_CHARS:
        error = f"the reply is longer than {MAX_ACTION_CHARS} characters"
        return Action(tokens=count_tokens(reply), error=error)
    return _parsed(sanitise(reply), frozenset(teammates))


@lru_cache(maxsize=256)  # scripted teams reply the same again and again
def _parsed(reply: str, teammates: frozenset[str]) -> Action:
    try:
        return _parse(reply, teammates)
    except _GrammarError as broken:
        return Action(tokens=count_tokens(reply), error=str(broken))


def _parse(reply: str, teammates: Collection[str]) -> Action:
    thought, reply = _split_thought(reply)
    says: list[Message] = []
    submission: str | None = None
    rest, part_tokens = reply, 0  # a tag is a token, so that the two can be counted apart
    done = False
    opened: re.Match[str] | None = None
    for tag in _TAG_LIKE.finditer(reply):
        text = tag.group()
        if opened is None:
            if _DONE.fullmatch(text):
                done = True
            elif text == "<submit>" or _SAY_OPEN.fullmatch(text):
                opened = tag
            else:
                raise _GrammarError(f"{_quote(text)} is not a tag that can stand here")
            continue
        closing = "</submit>" if opened.group() == "<submit>" else "</say>"
        if text != closing:
            raise _GrammarError(f"{_quote(text)} stands inside {_quote(opened.group())}")
        content = reply[opened.end() : tag.start()]
        if closing == "</say>":
            says.append(_message(opened.group(), content, teammates))
        elif submission is not None:
            raise _GrammarError("there are two <submit> in one reply")
        else:
            submission, part_tokens = content.strip(), count_tokens(content)
            rest = reply[: opened.end()] + reply[tag.start() :]
        opened = None
    if opened is not None:
        raise _GrammarError(f"{_quote(opened.group())} is not closed")
    tokens = count_tokens(thought) + count_tokens(rest) + part_tokens
    return Action(tuple(says), submission, part_tokens, done, tokens)


def _split_thought(reply: str) -> tuple[str, str]:
    """Split a reply into what was thought before the answer, which may be nothing, and the rest."""
    thought, end, answer = reply.partition(_THOUGHT)
    if end:
        return thought + end, answer
    if reply.lstrip().startswith(_THINK):
        raise _GrammarError(f"{_quote(_THINK)} is not closed")
    return "", reply


def _message(tag: str, content: str, teammates: Collection[str]) -> Message:
    match = _SAY_OPEN.fullmatch(tag)
    recipient = match.group(1) if match else ""
    if not teammates:
        raise _GrammarError("there is no teammate to talk to")
    if recipient != EVERYONE and recipient not in teammates:
        raise _GrammarError(f"there is no teammate called {_quote(recipient)}")
    return Message(recipient, " ".join(content.split()))


def _quote(text: str) -> str:
    """Quote a piece of a reply in at most 40 characters, its tags defused."""
    return "'" + " ".join(text[:40].split()).replace("<", "[").replace(">", "]") + "'"
