"""The section-writing env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.core.actions import why_unsent
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.writing.section_writing.expert import Expert, plain_document
from llm_collab_envs.writing.section_writing.menu import Seat, make_menu
from llm_collab_envs.writing.section_writing.reading import lexicon_of, read_part
from llm_collab_envs.writing.section_writing.scoring import score
from llm_collab_envs.writing.section_writing.style import DECISIONS
from llm_collab_envs.writing.section_writing.tasks import (
    Fact,
    SectionTask,
    deal_facts,
    deal_style,
    generate,
)


class SectionWritingEnv(CollabEnv[SectionTask]):
    """A team writes one document: each agent its own sections, all in one house style.

    ## Description
    A document about a made-up place has 4, 6 or 8 titled sections (easy, medium, hard) of 6, 8 or
    10 private facts each. The facts are dealt out evenly, each agent seeing only those it is to
    write. The house style has 3, 5 or 8 decisions (form of headings, word for the audience, tense,
    number format, ...); each decision is known to one agent only and binds every section, so the
    team has to talk, but briefly: writing outweighs talking. In `hard`, two facts sit with another
    agent than the one who writes them, and two more have a later record that another agent holds.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, the plan, the options of
    the house style and what you know of it, the facts you write, the grammar with an example. The
    turn: round, message tokens left, messages so far, what was wrong with your last reply.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is the text of the agent's sections: a heading, a
    sentence for each fact, and a sentence that names the audience.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality
    Q = F (1 + K) / 2. Faithfulness F is the F1 of facts: recall counts facts correctly stated in
    a sentence of the right section, precision the stated names and figures that the facts support.
    Consistency K is the share of (section, decision) pairs that follow the house style; a section
    with less than half of its facts is missing and follows nothing. A fact that is also claimed
    with another value is not right. Cost C is message tokens over the team's budget plus the share
    of repeated or misplaced facts. Honest work in silence, its style a guess, has about three
    quarters of the expert's R in a team of 4, and 0.80 to 0.85 of it in a team of 2, whose agents
    know half of the style each: the rest is what talk is worth. In a team of 2 one agent
    that writes its own half, and pads the rest with what nothing asks for, has up to 0.45 of it, in
    a team of 3 up to 0.3: F (1 + K) / 2 pays half of the work so.

    A fact is stated by the words that name it, a verb and its value, in any order, in a sentence
    that begins with a capital letter or a figure. A verb is a form of 'to be' or 'to have', or one
    of stand, serve, amount, total, remain, come, belong, fall, become, get, give, take, begin and
    lie, or 'holds' or 'reaches'; the tense is that of such sentences. A sentence can state two
    facts; with a third, or with a name or figure that no fact supports, it states none. Other words
    are free to be left out. So a terse writer is a faster one, alone and in a team: a speed-up says
    something where one and the same writer plays both. S never counts more than the expert's speed.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 6 rounds (8 in `hard`).

    ## Arguments
    `team_size` from 1 (solo: everything visible to one agent) to the number of sections;
    `difficulty`, `split`, `max_cycles`, `message_budget`, `reward`, `tasks` and `render_mode` as
    in every env. Infos add `faithfulness` and `consistency`.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "section_writing_v0"}
    max_team_size: ClassVar[int] = 8

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[SectionTask]:
        return TaskSource(generate, _load, split, difficulty, path)

    def _limits(self, task: SectionTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: SectionTask) -> str:
        return (
            f"Job: write one document about {task.subject}. Score: all facts right, the same style "
            "everywhere, little time, few messages."
        )

    def _private_view(self, task: SectionTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        share = deal_facts(task, self.team_size)[me]
        known = deal_style(task, self.team_size)[me]
        others = "you" if self.team_size == 1 else "one of you"
        lines = [
            "Plan: " + ", ".join(self._plan(task)) + ".",
            f"House style, for every section; each point is known to {others}:",
            *(_catalogue(decision) for decision, _ in task.style),
            "You know: " + ("; ".join(f"{d}: {o}" for d, o in known.items()) or "nothing") + ".",
            _form(task),
        ]
        told = self._to_tell(task, me)
        if told:
            lines += ["Facts that teammates write:", *(_line(f, f.value, f.record) for f in told)]
        lines.append("Your facts:")
        section = ""
        for fact in share:
            if fact.section != section:
                section = fact.section
                lines.append(section)
            lines += self._own_fact(fact)
        return "\n".join(lines)

    def _score(self, task: SectionTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts)
        return Score(
            quality=result.quality,
            duplication=result.duplication,
            metrics={"faithfulness": result.faithfulness, "consistency": result.consistency},
        )

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Seat]:
        return make_menu()

    def _most_agents(self, task: SectionTask) -> tuple[int, str]:
        return len(task.sections), f"{len(task.sections)} sections"

    def _plan(self, task: SectionTask) -> list[str]:
        """Say who writes which section; one that is cut in two has two writers."""
        if self.team_size == 1:
            return list(task.sections)
        writers: dict[str, list[str]] = {title: [] for title in task.sections}
        for agent, share in zip(
            self.possible_agents, deal_facts(task, self.team_size), strict=True
        ):
            for title in dict.fromkeys(fact.section for fact in share):
                writers[title].append(agent)
        return [f"{title} ({' and '.join(agents)})" for title, agents in writers.items()]

    def _to_tell(self, task: SectionTask, me: int) -> list[Fact]:
        """The facts that agent number `me` holds for the teammate before it."""
        if self.team_size == 1:
            return []
        return [f for f in deal_facts(task, self.team_size)[me - 1] if f.shared]

    def _own_fact(self, fact: Fact) -> list[str]:
        if self.team_size == 1 and fact.outdated:
            return [
                _line(fact, fact.outdated, fact.outdated_record),
                _line(fact, fact.value, fact.record),
            ]
        if self.team_size > 1 and fact.remote:
            return [f"- {fact.attribute}: ? (a teammate knows)"]
        if self.team_size > 1 and fact.outdated:
            return [_line(fact, fact.outdated, fact.outdated_record)]
        return [_line(fact, fact.value, 0)]


def _load(data: dict[str, Any]) -> SectionTask:
    """Read a task as `SectionTask.from_dict` does, and see that a document can state its facts."""
    task = SectionTask.from_dict(data)
    document = plain_document(task)
    unsent = why_unsent(document)
    if unsent:
        raise ValueError(f"its document cannot be submitted: {unsent}")
    blocks = read_part(lexicon_of(task), document)
    stated = set().union(*(block.placed - block.denied for block in blocks))
    for fact in task.facts:
        if fact not in stated:
            raise ValueError(
                f"fact {fact.attribute!r}: 'The {fact.attribute} is {fact.value}.' does not state "
                "it. A value is one piece of a sentence, and neither value nor attribute denies "
                "anything"
            )
    return task


def _line(fact: Fact, value: str, record: int) -> str:
    return f"- {fact.attribute}: {value}" + (f" (record of {record})" if record else "")


def _catalogue(decision: str) -> str:
    options = [f"{o} ({d})" if d else o for o, d in DECISIONS[decision].items()]
    return f"- {decision}: {', '.join(options[:-1])} or {options[-1]}"


def _form(task: SectionTask) -> str:
    item = "as a list item, " if "marker" in task.house_style else ""
    late = " Of two records the later holds." if any(f.outdated for f in task.facts) else ""
    return (
        "A section: its heading, then each fact in a sentence of its own with all its words, "
        f"{item}like 'The height of the roof is 12.', last a sentence naming the audience, like "
        f"'Welcome, friends.'{late}"
    )
