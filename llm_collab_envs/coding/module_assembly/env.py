"""The module-assembly env: its documentation page and its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from llm_collab_envs.coding.coding_env import CodingEnv, Example
from llm_collab_envs.coding.module_assembly.dealing import deal_facts, deal_parts
from llm_collab_envs.coding.module_assembly.expert import OPEN_STRUCTURE, Expert
from llm_collab_envs.coding.module_assembly.layout import write_forms, write_layout
from llm_collab_envs.coding.module_assembly.menu import Seat, make_menu
from llm_collab_envs.coding.module_assembly.rules import RULES
from llm_collab_envs.coding.module_assembly.scoring import Known, score
from llm_collab_envs.coding.module_assembly.source import Part, signature, specification
from llm_collab_envs.coding.module_assembly.tasks import (
    CHOICE,
    GIVEN,
    LABELS,
    ModuleTask,
    generate,
)
from llm_collab_envs.core.menu import Menu
from llm_collab_envs.core.reward import Score
from llm_collab_envs.core.tasks import TaskSource
from llm_collab_envs.sandbox import Call


class ModuleAssemblyEnv(CodingEnv[ModuleTask]):
    """A team writes one Python module: each agent its own functions, all on one data structure.

    ## Description
    A made-up module (an inventory, a ledger, a priority queue, a text index, an event log, a
    matrix, a router, a cache, a graph, a scheduler, a histogram, a store with undo) has 4 functions
    in `easy`, 8 in `medium` and `hard`. One makes the box that all others get as first argument.
    The functions are dealt out evenly, and only its author knows what a function has to do. All
    obey 3, 4 or 6 rules (how many letters of a name count, what amount is the limit, what unknown
    names return, ...); each rule is known to one agent only and binds several functions. Nobody
    owns the structure of the box. In `easy` it is given. In `medium` it is one of six, five of
    which are ruled out, each by an agent that knows. In `hard` it is open: each field has a key of
    its own and one of the forms that the briefing names; outside code reads one or two of the three
    fields, at places and in forms that one agent each knows, and the rest is for the team to agree
    on.

    ## Observation Space
    `UnicodeText(32768)`. The briefing (the same all episode): who you are, who writes which
    function, the fields of the box and what is known of its structure, the rules and what you know
    of them, your functions' specifications, the grammar with an example. The turn: round, message
    tokens left, messages so far, what was wrong with your last reply or with your code.

    ## Action Space
    `UnicodeText(65536)`, in the suite's grammar: `<say to="agent_2">..</say>`,
    `<submit>..</submit>`, `<done/>`. A submission is Python source that defines the agent's
    functions; a fence around it is taken off.

    ## Rewards
    The joint reward R = 0.7 Q + 0.3 Q S - 0.2 C, paid as its change in every step. Quality Q is the
    share of hidden tests passed. A test makes a box and calls two functions in `easy`, three in
    `medium`, four in `hard`, on it by turns; it is passed when every answer is right, types
    included, and every call leaves the fields as they should be. So no agent passes any test alone,
    constants pass none, and the same structure is needed everywhere, but not any particular one
    where it is open. A part that does not run by itself is left out.

    What one author knows gets into another one's functions by messages: each function is called
    without the others' code, on a box that holds the fields as they should be by then, in the
    structure of the boxes that the team's own maker makes, and nothing else. Whatever else
    functions put into a box is not handed on. What a function may see there is what the fields
    show, such as how long names are, and the keys that the maker chose where it may choose; the
    maker, which every test needs, sees no box. Cost C is message tokens over the team's budget plus
    the share of functions that are defined twice.

    ## Starting State
    A task drawn by `seed`, or named by `options={"task": i}`; nothing said or submitted.

    ## Episode End
    Termination when all agents are `<done/>`; truncation after 6 rounds.

    ## Arguments
    `team_size` from 1 (solo: everything visible to one agent) to the number of functions, 4 or 8;
    `sandbox`: "auto", "monty", "bwrap" or "unsafe"; `difficulty`, `split`, `max_cycles`,
    `message_budget`, `reward`, `tasks` and `render_mode` as in every env. Infos add `pass_rate`
    (hidden tests passed over all) and `unsafe`.

    ## Version History
    * v0: initial release
    """

    metadata: ClassVar[dict[str, Any]] = {**CodingEnv.metadata, "name": "module_assembly_v0"}
    max_team_size: ClassVar[int] = 8

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """Start an episode; arguments and results as in `CollabEnv.reset`."""
        self._known = Known()
        return super().reset(seed, options)

    def _task_source(
        self, split: str, difficulty: str, path: str | Path | None
    ) -> TaskSource[ModuleTask]:
        return TaskSource(generate, ModuleTask.from_dict, split, difficulty, path)

    def _limits(self, task: ModuleTask) -> tuple[int, int]:
        return task.max_cycles, task.talk

    def _job(self, task: ModuleTask) -> str:
        return (
            f"Job: write one Python module, {task.module_kind.title} called {task.name}. All "
            f"functions but {task.parts[0].name} get the box that it made as first argument; it "
            "hands on the fields below as plain data, and nothing else. Score: hidden tests of the "
            "whole module passed, little time, few messages."
        )

    def _private_view(self, task: ModuleTask, agent: str) -> str:
        me = self.possible_agents.index(agent)
        known = deal_facts(task, self.team_size)[me]
        lines = [
            "Functions: " + ", ".join(self._plan(task)) + ".",
            "Kept in the box: " + ", ".join(_fields(task)) + ".",
            *self._structure(task),
            f"Rules for all functions{self._known_to()}:",
            *(f"- {rule}: {RULES[rule]}" for rule in task.rule_book),
        ]
        if "mark" not in task.rule_book and _returns_names(task):
            lines.append("Names are returned as a sorted list.")
        lines += ["You know: " + ("; ".join(known) or "nothing") + ".", "Your functions:"]
        return "\n".join(lines + [_line(task, p) for p in deal_parts(task, self.team_size)[me]])

    def _score(self, task: ModuleTask, parts: Mapping[str, str]) -> Score:
        result = score(task, parts, self._execute, self._known)
        return Score(
            quality=result.pass_rate,
            duplication=result.duplication,
            metrics={"pass_rate": result.pass_rate},
        )

    def _expert(self) -> Callable[[str], str]:
        return Expert()

    def _menu(self) -> Menu[Seat]:
        return make_menu()

    def _examples(self, task: ModuleTask, agent: str) -> Sequence[Example]:
        """Return no example of what a function does, only that it is there."""
        share = deal_parts(task, self.team_size)[self.possible_agents.index(agent)]
        return [_existence(part) for part in share]

    def _most_agents(self, task: ModuleTask) -> tuple[int, str]:
        return len(task.parts), f"{len(task.parts)} functions"

    def _known_to(self) -> str:
        return "" if self.team_size == 1 else "; each is known to one of you"

    def _plan(self, task: ModuleTask) -> list[str]:
        """Say who writes which function."""
        if self.team_size == 1:
            return [part.name for part in task.parts]
        shares = zip(self.possible_agents, deal_parts(task, self.team_size), strict=True)
        authors = {part: agent for agent, share in shares for part in share}
        return [f"{part.name} ({authors[part]})" for part in task.parts]

    def _structure(self, task: ModuleTask) -> list[str]:
        """Say what everybody knows of the structure."""
        kind = task.module_kind
        if task.structure == GIVEN:
            return ["Structure: " + write_layout(kind, task.layout) + "."]
        if task.structure == CHOICE:
            head = "Structure: one of these. All but one are ruled out, "
            head += "you know which." if self.team_size == 1 else "each by one of you."
            labelled = zip(LABELS, task.alternatives, strict=False)
            return [head, *(f"{label}. {write_layout(kind, other)}" for label, other in labelled)]
        who = "you know" if self.team_size == 1 else "one of you each knows"
        read = " and ".join(place.field for place in task.bound)
        outside = f" Outside code reads {read}: {who} where and in what form." if read else ""
        forms = "; ".join(write_forms(field) for field in kind.fields)
        return [OPEN_STRUCTURE + outside, f"Each field has a key of its own, and a form: {forms}."]


def _fields(task: ModuleTask) -> list[str]:
    return [f"{field.name} ({field.text})" for field in task.module_kind.fields]


def _line(task: ModuleTask, part: Part) -> str:
    function = task.module_kind.function(part.verb)
    return f"- {signature(function, part.name)}: {specification(function, part)}"


def _returns_names(task: ModuleTask) -> bool:
    return any("NAMES(" in task.module_kind.function(part.verb).code for part in task.parts)


def _existence(part: Part) -> Example:
    """Return an example that any function of that name passes."""
    after = f"def missing():\n    return {part.name} is None"
    return Example(part.name, (Call("missing"),), (False,), after)
