"""How long a repair takes: what speed is measured against where the expert may not find it."""

from __future__ import annotations

from llm_collab_envs.coding.bug_repair.cases import facts_of
from llm_collab_envs.coding.bug_repair.expert import say, submit_diffs
from llm_collab_envs.coding.bug_repair.tasks import RepairTask, deal_failing, deal_files
from llm_collab_envs.core.actions import count_tokens


def repair_path(task: RepairTask, team_size: int) -> int:
    """Return the critical path of an expert team that is shown the right files.

    Who sees failing calls tells what should be, then the owners submit diffs, all in the expert's
    words.
    """
    shares = deal_files(task, team_size)
    told = [
        say([fact for case in cases for fact in facts_of(case)]) + "<done/>" * (not share)
        for cases, share in zip(deal_failing(task, team_size), shares, strict=True)
    ]
    repairs = [
        submit_diffs({f.name: f.faulty for f in share}, {f.name: f.right for f in share})
        for share in shares
    ]
    longest = max(count_tokens(repair + "<done/>") for repair in repairs)
    return longest if team_size == 1 else max(map(count_tokens, told)) + longest
