"""Scores of copy editing: pure functions of a task and the edits that its agents submitted.

A line is right when it reads word for word as it should. So an edit mends an error or makes one: an
edit that leaves its line wrong, in whatever way, counts as an error made. Of two like neighbours
either can go. Quality is the errors mended less those made, over those in the draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llm_collab_envs.writing.copy_editing.edits import Edit, Place, merge
from llm_collab_envs.writing.copy_editing.tasks import EditingTask


@dataclass(frozen=True)
class EditingScore:
    """What the edits of a team are worth; all but the last are shares of the draft's errors.

    Attributes:
        quality: Errors mended less errors made, between 0 and 1.
        mended: Errors mended.
        made: Errors made.
        duplication: Edits that repeat another one.
        conflicts: Places at which edits cancel each other.
        broken_edits: Submitted lines that are no edits.
    """

    quality: float
    mended: float
    made: float
    duplication: float
    conflicts: float
    broken_edits: int


def score(task: EditingTask, parts: Mapping[str, str]) -> EditingScore:
    """Score all agents' submissions, {agent: text}."""
    merged = merge(parts, task.texts)
    mended = made = 0
    for edit in merged.made.values():
        if changes(task, edit):
            is_right = edit.text == _wanted(task, edit) or _is_twin(task, edit, merged.made)
            mended += is_right
            made += not is_right
    errors = task.errors
    return EditingScore(
        quality=min(1.0, max(0.0, (mended - made) / errors)),
        mended=mended / errors,
        made=made / errors,
        duplication=min(1.0, merged.repeated / errors),
        conflicts=min(1.0, len(merged.cancelled) / errors),
        broken_edits=merged.broken,
    )


def changes(task: EditingTask, edit: Edit) -> bool:
    """Say whether an edit changes the draft at all."""
    return edit.place.gap or edit.text != task.lines[edit.place.line - 1].text


def _is_twin(task: EditingTask, edit: Edit, made: Mapping[Place, Edit]) -> bool:
    """Say whether an edit deletes one of two like neighbours, where the other one should go.

    What is left reads the same, unless the other one has been edited too.
    """
    at = edit.place.line
    if edit.text is not None or edit.place.gap:
        return False
    text = task.lines[at - 1].text
    neighbours = (n for n in (at - 1, at + 1) if 1 <= n <= len(task.lines))
    return any(
        task.lines[n - 1].right is None
        and task.lines[n - 1].text == text
        and not ((other := made.get(Place(n, gap=False))) and changes(task, other))
        for n in neighbours
    )


def _wanted(task: EditingTask, edit: Edit) -> str | None:
    """Return what should stand at the place of an edit."""
    at = edit.place.line
    return task.missing.get(at, "") if edit.place.gap else task.lines[at - 1].right
