"""Who writes which function and who knows what: a task dealt out to a team of any size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.layout import FORMS, Layout, Place, write_place
from llm_collab_envs.coding.module_assembly.source import Part, solution
from llm_collab_envs.coding.module_assembly.tasks import GIVEN, OPEN, ModuleTask
from llm_collab_envs.core.actions import count_tokens

VETO = "not "

# What it costs to tell a fact, in env tokens. It depends on the kind of fact alone, and the size of
# a function on what is public, so that the dealing gives nothing private away.
_RULE_COST, _VETO_COST, _PLACE_COST = 5, 3, 18
_TYPICAL = {
    "letters": "4",
    "limit": "50",
    "unknown": "-50",
    "mark": "/",
    "factor": "5",
    "order": "A to Z",
}


@lru_cache(maxsize=64)
def deal_parts(task: ModuleTask, team_size: int) -> list[tuple[Part, ...]]:
    """Deal the functions out, in shares of about the same length."""
    costs = [_length(task, part) for part in task.parts]
    shares = _deal(costs, [0] * team_size, task.rotation)
    return [tuple(task.parts[n] for n in share) for share in shares]


def deal_facts(task: ModuleTask, team_size: int) -> list[tuple[str, ...]]:
    """Deal out the rules, and what binds the structure: each to one agent only.

    Where the structure is open, the first agents get less: the rest is for them to propose.
    """
    facts = [(f"{rule}: {value}", _RULE_COST) for rule, value in task.rules]
    facts += [(VETO + label, _VETO_COST) for label in task.vetoes]
    loads = [0] * team_size
    if task.structure == OPEN:
        facts += [(write_place(task.module_kind, place), _PLACE_COST) for place in task.bound]
        for n in range(len(task.layout) - len(task.bound)):
            loads[n % team_size] += _PLACE_COST
    shares = _deal([cost for _, cost in facts], loads, task.rotation)
    return [tuple(facts[n][0] for n in share) for share in shares]


def _deal(costs: Sequence[float], loads: Sequence[float], rotation: int) -> list[list[int]]:
    """Give each item, the dearest first, to whoever has the least to do."""
    left = list(loads)
    shares: list[list[int]] = [[] for _ in loads]
    turns = [(n + rotation) % len(left) for n in range(len(left))]
    for item in sorted(range(len(costs)), key=lambda n: -costs[n]):
        agent = min(turns, key=lambda a: left[a])
        left[agent] += costs[item]
        shares[agent].append(item)
    return [sorted(share) for share in shares]


def _length(task: ModuleTask, part: Part) -> float:
    """Estimate how long a function is from what everybody knows."""
    if task.structure == GIVEN:
        return _estimate(task.kind, part.verb, tuple(task.rule_book), task.layout, task.layout)
    bound = {place.field for place in task.bound}
    ends = [
        tuple(
            Place(
                f.name,
                f.name,
                list(FORMS[f.shape])[min(end, len(FORMS[f.shape]) - 1) if f.name in bound else 0],
            )
            for f in task.module_kind.fields
        )
        for end in (1 if task.structure == OPEN else 0, -1)
    ]
    return _estimate(task.kind, part.verb, tuple(task.rule_book), *ends)


@lru_cache(maxsize=4096)
def _estimate(kind_name: str, verb: str, rules: tuple[str, ...], *layouts: Layout) -> float:
    """Return the mean length of a function in some structures."""
    kind = KINDS[kind_name]
    function = kind.function(verb)
    part = Part(verb, f"{verb}_it", function.k[0], next(iter(function.picks), ""))
    book = {rule: _TYPICAL[rule] for rule in rules}
    return sum(count_tokens(solution(kind, part, it, book)) for it in layouts) / len(layouts)
