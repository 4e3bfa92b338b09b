"""Policies of section writing that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import itertools

from cheats import EVERYWHERE, Policy, constant, defuse, once
from llm_collab_envs.writing.section_writing import expert
from llm_collab_envs.writing.section_writing.style import DECISIONS

PROSE = "The mill was built in 1800 by Anna Bakomen. Welcome, visitors."
EVERYTHING = (
    "# Origins\nOrigins:\n== Origins ==\nVisitors, guests and patrons: it is and was 31,540."
)


def styles(decisions: int) -> list[dict[str, str]]:
    """All house styles there are; the later decisions stay at their first option."""
    names = list(DECISIONS)[:decisions]
    return [
        dict(zip(names, options, strict=True))
        for options in itertools.product(*(DECISIONS[name] for name in names))
    ]


def covering_styles() -> list[dict[str, str]]:
    """Three styles that have every option of every decision among them."""
    return [
        {name: list(options)[n % len(options)] for name, options in DECISIONS.items()}
        for n in range(3)
    ]


def write_in(memo: expert.Memo, style: dict[str, str]) -> str:
    """Write an agent's sections in any style, whatever the house style."""
    memo.style = style
    return expert.write(memo, style)


def every_style(observation: str) -> str:
    memo = expert.read(observation)
    return once("\n".join(write_in(memo, style) for style in styles(3)))


def three_styles(observation: str) -> str:
    memo = expert.read(observation)
    return once("\n".join(write_in(memo, style) for style in covering_styles()))


def every_heading(observation: str) -> str:
    """One text of each section under every form of heading."""
    memo = expert.read(observation)
    forms = DECISIONS["heading"]
    return once("\n".join(write_in(memo, memo.own_style | {"heading": f}) for f in forms))


def _stacked(observation: str, twice: bool) -> str:
    """All headings stacked over each section, all audiences named, each line in both tenses."""
    memo = expert.read(observation)
    lines = []
    for line in write_in(memo, {"heading": "hash", "tense": "present"}).splitlines():
        if line.startswith("# "):
            lines += [line, f"{line[2:]}:", f"== {line[2:]} =="]
        elif line.startswith("Welcome"):
            lines.append("Welcome, visitors, guests, patrons.")
        else:
            lines += [line, line.replace(" is ", " was ")] if twice else [line]
    return once("\n".join(lines))


def both_tenses(observation: str) -> str:
    return _stacked(observation, twice=True)


def every_option_named(observation: str) -> str:
    return _stacked(observation, twice=False)


def every_number_form(observation: str) -> str:
    """Each line in every form of its value."""
    memo = expert.read(observation)
    texts = [write_in(memo, memo.own_style | style).splitlines() for style in covering_styles()]
    lines: dict[str, None] = {}
    for row in zip(*texts, strict=True):
        lines |= dict.fromkeys(row)
    return once("\n".join(lines))


def _facts(observation: str) -> list[tuple[str, str]]:
    memo = expert.read(observation)
    return [(attribute, value) for attribute, (value, _) in memo.facts.items()]


def fact_list(observation: str) -> str:
    return once("\n".join(f"- {attribute}: {value}" for attribute, value in _facts(observation)))


def key_value_soup(observation: str) -> str:
    return once("; ".join(f"{attribute}={value}" for attribute, value in _facts(observation)))


def fact_list_under_headings(observation: str) -> str:
    memo = expert.read(observation)
    lines = []
    for title, attributes in memo.sections.items():
        lines += [f"# {title}", *(f"- {a}: {memo.facts[a][0]}" for a in attributes)]
    return once("\n".join(lines))


def one_sentence_soup(observation: str) -> str:
    """All attributes and all values of a section in one grammatical-looking sentence."""
    memo = expert.read(observation)
    lines = []
    for title, attributes in memo.sections.items():
        values = ", ".join(memo.facts[a][0] for a in attributes)
        lines += [
            f"# {title}",
            f"The {', the '.join(attributes)} is {values}.",
            "Welcome, visitors.",
        ]
    return once("\n".join(lines))


def all_facts_in_all_sections(observation: str) -> str:
    """Every fact that the agent has, under the heading of every section of the plan."""
    memo = expert.read(observation)
    titles = [entry.split(" (")[0] for entry in _plan(observation).split(", ")]
    memo.sections = {title: list(memo.facts) for title in titles}
    return once(write_in(memo, memo.own_style))


def _plan(observation: str) -> str:
    line = next(line for line in observation.splitlines() if line.startswith("Plan: "))
    return line.removeprefix("Plan: ").rstrip(".")


def one_does_all(observation: str) -> str:
    """The first agent writes everybody's sections, its own from facts and the rest from guesses."""
    return _one_writes_for_all(observation, "The opening year of the mill is 1800.")


def one_pads_all(observation: str) -> str:
    """As before, but the other sections are there in style only, without a fact."""
    return _one_writes_for_all(observation, "It is good.")


def _one_writes_for_all(observation: str, sentence: str) -> str:
    if "You are agent_0" not in observation:
        return "<done/>"
    memo = expert.read(observation)
    lines = [write_in(memo, memo.own_style)]
    for title in (entry.split(" (")[0] for entry in _plan(observation).split(", ")):
        if title not in memo.sections:
            lines += [f"# {title}", sentence, "Welcome, visitors."]
    return once("\n".join(lines))


CHEATS: dict[str, Policy] = {
    **EVERYWHERE,
    "constant prose": constant(once(PROSE)),
    "constant style": constant(once(EVERYTHING)),
    "echo of the facts": lambda o: once(defuse(o).partition("Your facts:\n")[2]),
    "every style": every_style,
    "three styles that cover all options": three_styles,
    "every heading": every_heading,
    "both tenses under all headings": both_tenses,
    "fact list": fact_list,
    "key=value soup": key_value_soup,
    "fact list under headings": fact_list_under_headings,
    "one-sentence soup": one_sentence_soup,
    "all facts in all sections": all_facts_in_all_sections,
    "one does all": one_does_all,
    "one pads all": one_pads_all,
}
