"""The summary-expansion env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.writing.summary_expansion.dealing import GAP, MAX_TEAM
from llm_collab_envs.writing.summary_expansion.expert import LENT, OWN, Expert
from llm_collab_envs.writing.summary_expansion.facts import TEXTS
from llm_collab_envs.writing.summary_expansion.menu import Seat, make_menu
from llm_collab_envs.writing.summary_expansion.reading import lexicon_of, load, say_what_is_not_read
from llm_collab_envs.writing.summary_expansion.scoring import score
from llm_collab_envs.writing.summary_expansion.tasks import SummaryTask, deal, desks, generate

_GAPS = (
    f"{GAP} stands for a sentence that tells what headline and summary owe of agent_0's own "
    "paragraphs: a teammate has read it instead."
)


class SummaryExpansionEnv(CollabEnv[SummaryTask]):
    """A team tells one article as a headline, a summary and a full account, all at the same time.

    ## Description
    An article has a paragraph for each of 7, 10 or 13 made-up events (easy, medium, hard): where,
    when, who, how much, why and so on, 8 facts in wordy sentences. Each agent reads some of the
    paragraphs, and writes their part of the account. The first agent, which has the fewest, is the
    author of headline and summary as well: the summary owes the cost of every event (and its place,
    in medium and hard), the headline those of the event that cost most. Of its own paragraphs, the
    author has not read the sentences that tell this: teammates have. So it has to hear of all
    events, but briefly: writing outweighs talking. (All share the account, most of the writing, so
    that the team is faster than one agent; headline and summary have one author, because agents
    that told of their own events only would have no need to talk.) In `hard`, the reports on two
    events disagree, the other report stands in a paragraph that another agent has read, and the
    later one holds; one of the two is on a cost, and decides the headline.

    Where a teammate leaves for good in round 2 and the team is told, who takes over writes its
    texts, and the expert team of 4 keeps 86 % of its reward; untold it keeps 45 to 47 %, and 60
    to 62 % where messages are lost, late, doubled, cut and garbled, each with a probability of 0.1.

    With `tasks`, the articles are your own, one JSON object a line: `text` (an empty line between
    paragraphs) and, if you like, `facts`; see `SummaryTask.from_dict`. Then the expert, which
    cannot write, copies first sentences.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, who writes which text,
    what it owes and how long it may be, example sentences, whose paragraphs are which, what you
    have read of them, the grammar. The turn: round, message tokens left, messages so far, what was
    wrong with your last reply.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is the agent's share of the texts, each below its
    name: `Headline:`, `Summary:`, `Account:`.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality
    Q = F (1 + 4 A G) / 5. The account is put together from all agents' parts; headline and summary
    are taken from their author's, or from that of who took it over. Faithfulness F is the F1 of
    facts over all texts: recall counts facts rightly stated in the texts that owe them, precision
    all that the texts state, names and figures that the article does not support included, and what
    others state in the author's place. Agreement A is the share of shared facts that a text and the
    next longer one give alike; growth G is the least share of what a longer text adds and states
    rightly. A fact that is also claimed with another value is not right, and a sentence with more
    than three facts states none. What is over a text's length is not read, and a text that is too
    short says nothing. Cost C is message tokens over the team's budget plus the share of repeated
    or misplaced facts and that of facts on which texts contradict each other.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 6 rounds.

    ## Arguments
    `team_size` from 1 (solo: one agent has read everything and writes everything) to 4, at most one
    more than the article has paragraphs; `difficulty`, `split`, `max_cycles`, `message_budget`,
    `reward`, `tasks` and `render_mode` as in every env. Infos add `faithfulness`, `agreement`,
    `growth`, `in_length` (share of the texts of the right length), `headline_coverage`,
    `summary_coverage` and `account_coverage` (share of the facts that each owes), and CoMLRL's
    figures of summary and account, which pay nothing: `length_ratio`, `new_word_ratio`, `jaccard`,
    `transitions` and `tldr_reward` (of 3; see `structure`).

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "summary_expansion_v0"}
    max_team_size: ClassVar[int] = MAX_TEAM

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[SummaryTask]:
        return TaskSource(generate, load, split, difficulty, path)

    def _limits(self, task: SummaryTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: SummaryTask) -> str:
        return (
            "Job: tell one article as a headline, a summary and a full account. Score: the texts "
            "agree with the article and with each other, the longer ones add, little time, few "
            "messages."
        )

    def _private_view(self, task: SummaryTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        readers = zip(self._readers(), deal(task, self.team_size), strict=True)
        listed = [f"{task.names[n]} ({reader})" for reader, own in readers for n in own]
        desk = desks(task, self.team_size)[me]
        own, lent = (
            [f"{task.names[n]}: {text}" for n, text in texts.items()]
            for texts in (desk.own, desk.lent)
        )
        return "\n".join(
            [
                *self._texts(task),
                _form(task),
                f"Paragraphs: {', '.join(listed)}.",
                *([] if self.team_size == 1 else [_GAPS]),
                *(OWN, *(own or ["nothing"])),
                *((LENT, *lent) if lent else ()),
            ]
        )

    def _score(self, task: SummaryTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts, self._authors())
        figures = ("faithfulness", "agreement", "growth", "in_length")
        return Score(
            quality=result.quality,
            duplication=result.duplication,
            conflicts=result.conflicts,
            metrics={
                **{name: getattr(result, name) for name in figures},
                **{f"{text}_coverage": result.coverage[text] for text in TEXTS},
                **vars(result.structure),
            },
        )

    def _feedback(self, agent: str) -> list[str]:
        if agent not in self.parts:
            return []
        lexicon = lexicon_of(self._task)
        return say_what_is_not_read(lexicon, self.parts, self._authors(), agent)

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Seat]:
        return make_menu()

    def _most_agents(self, task: SummaryTask) -> tuple[int, str]:
        paragraphs = len(task.passages)  # of a user's article too, parted by empty lines
        return paragraphs + 1, f"{paragraphs} paragraphs, parted by empty lines, and short texts"

    def _readers(self) -> list[str]:
        return ["you"] if self.team_size == 1 else self.possible_agents

    def _authors(self) -> list[str]:
        """Return who may write the short texts: the first agent, and who took over its part."""
        first = self.possible_agents[0]
        return [first, *(a for a in self.possible_agents if first in self._inherited_from(a))]

    def _texts(self, task: SummaryTask) -> list[str]:
        """Say who writes which text, what it owes, and how long it may be."""
        lines = []
        for text, ask, (least, most) in zip(TEXTS, task.asks, task.lengths, strict=True):
            who = self._readers()[0]
            if text == TEXTS[-1] and self.team_size > 1:
                who = "all, each of its own paragraphs"
            lines.append(f"- {text}, by {who}: {ask}; {least} to {most} tokens")
        return lines


def _form(task: SummaryTask) -> str:
    lines = ["Write each text below its name, exactly 'Headline:', 'Summary:' or 'Account:'."]
    if task.events:
        lines += [
            "A headline is one line on one event. A sentence is on the event that it, or the one "
            "before, names; it tells up to three facts, and one with more tells none. So write "
            "sentences like 'The storm was in Avalon on 1 May 1850.', 'It reached Orplid.', 'It "
            "lasted 9 days.', 'It cost 500 crowns.', 'It was caused by a loose tile.', 'Otto "
            "Avalon led the response.', 'It had 90 helpers.'. One with a word like 'no', 'not', "
            "'or' or 'without' tells none."
        ]
    if any(fact.outdated for fact in task.facts):
        lines.append("Of two reports the later holds.")
    return " ".join(lines)
