"""The copy-editing env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.writing.copy_editing.drafting import generate
from llm_collab_envs.writing.copy_editing.edits import SHOWN, merge, read_edits
from llm_collab_envs.writing.copy_editing.expert import CHECKED, Expert
from llm_collab_envs.writing.copy_editing.menu import Seat, make_menu
from llm_collab_envs.writing.copy_editing.scoring import score
from llm_collab_envs.writing.copy_editing.tasks import (
    EditingTask,
    Point,
    deal_points,
    deal_windows,
)

_FORM = """\
To mend: words and heading forms other than the style sheet's; two figures for one thing (one of \
them holds for both, and a checked figure in any case); a sentence that stands twice (delete one; \
the sheet says under repeats which one stays); a section whose heading is missing. Change \
nothing else in a line: the tense is that of the helping verb alone, and verbs that are not on the \
sheet stay as they are.
Submit an edit a line, in these forms (insert 0 is before line 1), each text without quotes and \
without the number of its line:
replace 12: the whole line as it should be
insert 12: a line to stand after line 12
delete 12"""


class CopyEditingEnv(CollabEnv[EditingTask]):
    """A team edits one draft: each agent sees some of its lines, and some of the style sheet.

    ## Description
    The draft, about a made-up place, is by four authors, who have not agreed on anything. It has 6
    sections, of 76 (easy), 100 (medium) or 112 (hard) lines in all, and more than two thirds of
    these are to be mended: words for one thing that are not the house's, slips of tense, headings
    in another form or missing, figures that contradict each other, sentences that stand twice. What
    is right is on the style sheet, and each of its 7, 11 or 16 points is known to one agent only
    (in a team of 8 at easy, one agent knows none and edits by what it hears): so the team has to
    talk, but briefly, as editing outweighs talking. A sentence in the wrong words shows two points,
    which two agents know: each by itself mends next to nothing. Nor does the draft tell: of the
    options of a point each is there as often. In `medium` and `hard` the sheet has checked figures,
    which hold whatever it says of figures in general.

    Every agent sees an even share of the lines and 4 more on either side. So windows overlap, and
    who edits what is for the team to agree on: different edits of one line cancel each other, of
    which nobody is told, and like ones are work done twice. The expert team of 4 is 3.5 to 3.6
    times as fast as the solo expert, that of 8 about 6 times. Where a teammate leaves for good and
    the team is told, who takes over its part edits its window too, and the expert team keeps 86 %
    of its reward or more; untold, 74 %.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, the sections and what
    they are about, the options of the style sheet and what you know of it, how to edit, whose
    windows are where, your numbered lines, the grammar. The turn: round, message tokens left,
    messages so far, which of your edits are broken or cancel each other.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is one edit a line; numbers are those of the
    draft, whatever else is edited:

        replace 12: the whole line as it should be
        insert 12: a line to stand after line 12 (0: before the first)
        delete 12

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality Q is
    errors mended less errors made, over errors in the draft, and at least 0. An edit mends its line
    when that then reads as it should, word for word, and of two like neighbours either can go; one
    that changes a line and leaves it wrong makes an error, whatever the line was before. Cost C is
    message tokens over the team's budget, plus edits that repeat another one and places at which
    edits cancel each other, both over the errors in the draft.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 6 rounds.

    ## Arguments
    `team_size` from 1 (solo: everything visible to one agent) to 8; `difficulty`, `split`,
    `max_cycles`, `message_budget`, `reward`, `tasks` and `render_mode` as in every env. Tasks of
    your own are drafts with the right text beside each line; speed is measured against the scripted
    expert, which mends what follows from the style sheet and leaves other errors alone. Infos add
    `mended` and `made`, as shares of the errors in the draft, and `broken_edits`, the submitted
    lines that are no edits.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CollabEnv.metadata, "name": "copy_editing_v0"}
    max_team_size: ClassVar[int] = 8

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[EditingTask]:
        return TaskSource(generate, EditingTask.from_dict, split, difficulty, path)

    def _limits(self, task: EditingTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: EditingTask) -> str:
        return (
            f"Job: edit a draft about {task.subject}, by four authors, so that it follows one "
            "style sheet. Score: errors mended less errors made, little time, few messages."
        )

    def _private_view(self, task: EditingTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        windows = deal_windows(len(task.lines), self.team_size)
        first, last = windows[me]
        known = deal_points(task, self.team_size)[me]
        others = "you" if self.team_size == 1 else "one of you"
        sections = (f"{s.title} ({', '.join(s.about)})" for s in task.sections)
        lines = [
            f"Sections: {', '.join(sections)}.",
            f"Style sheet; each point is known to {others}:",
            *(f"- {point.name}: {_options(point)}" for point in task.points),
            "You know: " + ("; ".join(f"{p.name}: {p.choice}" for p in known) or "nothing") + ".",
            _FORM,
        ]
        if self.team_size > 1:
            shown = zip(self.possible_agents, windows, strict=True)
            seen = ", ".join(f"{name} {start} to {end}" for name, (start, end) in shown)
            lines += [f"Windows: {seen}.", "Different edits of one line cancel each other."]
        lines.append(f"Your lines, {first} to {last} of {len(task.lines)}:")
        lines += [f"{n}: {task.lines[n - 1].text}" for n in range(first, last + 1)]
        return "\n".join(lines)

    def _score(self, task: EditingTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts)
        return Score(
            quality=result.quality,
            duplication=result.duplication,
            conflicts=result.conflicts,
            metrics={
                "mended": result.mended,
                "made": result.made,
                "broken_edits": result.broken_edits,
            },
        )

    def _feedback(self, agent: str) -> list[str]:
        """Tell an agent which of its own lines do nothing, as long as it can change them.

        What teammates' edits cancel it is not told: that would be a way to talk for nothing.
        """
        part = self.parts.get(agent)
        if part is None or agent in self._loop.team.done:
            return []
        draft = self._task.texts
        reading = read_edits(part, draft)
        twice = [
            f"{place} has different edits of yours, which cancel each other"
            for place in sorted(merge({agent: part}, draft).cancelled)
        ]
        return [
            *_few(reading.problems, reading.broken, "broken edits"),
            *_few(twice, len(twice), "places with different edits of yours"),
        ]

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Seat]:
        return make_menu()

    def _most_agents(self, task: EditingTask) -> tuple[int, str]:
        return len(task.lines), f"{len(task.lines)} lines"


def _options(point: Point) -> str:
    if not point.options:
        return CHECKED
    *others, last = point.options
    return f"{', '.join(others)} or {last}" if others else last


def _few(notices: Sequence[str], count: int, what: str) -> list[str]:
    """Return notices as sentences, the first few and how many of a count there are beside them."""
    shown = [f"{notice}." for notice in notices[:SHOWN]]
    more = count - len(shown)
    return [*shown, f"{more} more {what}."] if more else shown
