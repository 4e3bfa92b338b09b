"""What to choose from the menu of each env: scripted, from an agent's own observation alone.

A policy of a menu names what it chooses by its meaning. It looks at who it is, at the round and at
what happened, and never at what is to be told or written: the menu does that.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MenuPolicy = Callable[[str], str]


def _round(observation: str) -> int:
    return int(re.findall(r"\n== Round (\d+) of", observation)[-1])


def _submitted(observation: str) -> bool:
    return "\nYour submission: " in observation


def _alone(observation: str) -> bool:
    return ", working alone.\n" in observation


def section_writing(observation: str) -> str:
    """Tell the style; in `hard` tell values too; write when all can have been heard."""
    holds_values = "record holds" in observation or "later holds" in observation
    if _submitted(observation):
        return "done"
    if _alone(observation):
        return "write as heard"
    return {
        1: "tell style",
        2: "tell facts" if holds_values else "write as heard",
    }.get(_round(observation), "write as heard")


def bargaining(observation: str) -> str:
    """Tell; then the first agent offers, and the others accept what lies on the table, or walk."""
    me = observation.removeprefix("You are ")[: len("agent_0")]
    if "Notice: the deal is struck." in observation or "Notice: all walk away." in observation:
        return "done"
    if _alone(observation):
        return "offer the best deal known" if _round(observation) == 1 else "walk"
    if _round(observation) == 1:
        return "tell values"
    if _round(observation) == 2:
        return "offer the best deal known" if me == "agent_0" else "pass"
    if "Notice: agent_0 offers" in observation:
        return "pass" if me == "agent_0" else "accept agent_0"
    return "walk"


def bug_repair(observation: str) -> str:
    """The tester tells all it has in two rounds; then everyone repairs."""
    if _submitted(observation):
        return "done"
    if _alone(observation):
        return "repair what was told"
    if _round(observation) >= 3:
        return "repair what was told" if "\nYour file" in observation else "done"
    if "\nCalls that fail:" not in observation:
        return "pass"
    half = ("first", "second")[_round(observation) - 1]
    return f"tell {half} half of calls"


def human_eval(observation: str) -> str:
    """Who knows the interface tells it; then both write."""
    if _submitted(observation):
        return "done"
    if _alone(observation) or _round(observation) > 1:
        return "write as dealt or told"
    return "tell the interface" if "\nYour helper: " in observation else "pass"


def function_pair(observation: str) -> str:
    """Tell names, then values; then write, as all can have been heard."""
    if _submitted(observation):
        return "done"
    if _alone(observation):
        return "write as known"
    return {1: "tell signatures", 2: "tell values"}.get(_round(observation), "write as known")


def module_assembly(observation: str) -> str:
    """Tell rules, then what there is to say of the structure where it is not given; then write."""
    given = "\nStructure: yours" not in observation and "\nStructure: one of" not in observation
    if _submitted(observation):
        return "done"
    if _alone(observation) or _round(observation) > (1 if given else 2):
        return "write as known"
    return {1: "tell rules", 2: "tell structure"}[_round(observation)]


def copy_editing(observation: str) -> str:
    """Tell what is known of the style sheet, in two rounds; then edit."""
    if _submitted(observation):
        return "done"
    if _alone(observation) or _round(observation) > 2:
        return "edit as known"
    return ("tell first half of style", "tell second half of style")[_round(observation) - 1]


def resource_allocation(observation: str) -> str:
    """Tell the jobs, then the closed slots; then book."""
    if _submitted(observation):
        return "done"
    if _alone(observation) or _round(observation) > 2:
        return "book the best allocation known"
    return ("tell jobs", "tell closed slots")[_round(observation) - 1]


def summary_expansion(observation: str) -> str:
    """Tell the reports on others' events and what others have to write; then write."""
    if _submitted(observation):
        return "done"
    if _alone(observation) or _round(observation) > 2:
        return "write as heard"
    return ("tell reports", "tell own events")[_round(observation) - 1]


POLICIES: dict[str, MenuPolicy] = {
    "bargaining_v0": bargaining,
    "bug_repair_v0": bug_repair,
    "copy_editing_v0": copy_editing,
    "function_pair_v0": function_pair,
    "human_eval_v0": human_eval,
    "module_assembly_v0": module_assembly,
    "resource_allocation_v0": resource_allocation,
    "section_writing_v0": section_writing,
    "summary_expansion_v0": summary_expansion,
}
