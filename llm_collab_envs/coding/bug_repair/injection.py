"""Injection: puts faults into a working program, each proven by calls that fail.

A few failing calls of every fault are for the tester to see. They are chosen so that no other
single slip explains them, unless it behaves alike on all calls that are tried here. The hidden
calls are chosen so that a comparison that was right and is changed breaks some.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from llm_collab_envs.coding.bug_repair.cases import Case
from llm_collab_envs.coding.bug_repair.faults import COMPARISON, MISSING_CASE, Mutation, mutations
from llm_collab_envs.coding.bug_repair.programs import (
    Family,
    Function,
    Module,
    arguments,
    could_be_drawn,
)
from llm_collab_envs.coding.bug_repair.running import Args, Run, Version, call

POOL = 64  # calls of each function that are tried
TRIED = 10  # failing calls that the tester's are chosen from
MOST_SHOWN = 3  # calls that the tester sees of each fault
OWN_LINES = 2  # of a function: its header and one more; the rest was copied
HIDDEN_FAILING = 3  # hidden calls of each function that fail by its fault, at least
EDGES = 2  # hidden calls of each function that a comparison decides
HIDDEN = 8  # hidden calls of each function


@dataclass(frozen=True)
class Broken:
    """A program with faults.

    Attributes:
        sources: The text of each function, with its fault if it has one.
        failing: The calls that the tester sees.
        hidden: The calls that quality is measured by, none of which the tester sees.
    """

    sources: dict[str, str]
    failing: tuple[Case, ...]
    hidden: tuple[Case, ...]


@dataclass(frozen=True)
class _Fault:
    """A fault of one family.

    Attributes:
        function: The function that is to show it, as it should be.
        mutation: The slip in that function.
        run: The function with the slip, in an otherwise right program.
        failing: Calls that go wrong by it.
        rivals: All that the function may have been, for who has it as it is.
    """

    function: Function
    mutation: Mutation
    run: Run
    failing: list[Args]
    rivals: list[Run]


class _Program:
    """A working program, and the calls that are tried on each family."""

    def __init__(self, rng: np.random.Generator, modules: Sequence[Module]) -> None:
        self.families = [family for module in modules for family in module.families]
        self.right = Version({f.name: f.text for family in self.families for f in family.functions})
        self.calls: dict[str, list[Args]] = {}
        homes: dict[str, str] = {}
        for module in modules:
            for family in module.families:
                calls = arguments(rng, family, POOL)
                self.calls |= {function.name: calls for function in family.functions}
                homes |= {function.name: module.name for function in family.functions}
        self.crossing = {
            function.name: family.calls
            for family in self.families
            for function in family.functions
            if family.calls and homes[family.calls] != homes[function.name]
        }
        self._results: dict[str, list[object]] = {}

    def results(self, name: str) -> list[object]:
        """Return what a function should return on the calls that are tried."""
        if name not in self._results:
            self._results[name] = [self.right.call(name, args) for args in self.calls[name]]
        return self._results[name]

    def differing(self, name: str, run: Run) -> Iterator[Args]:
        """Yield the calls on which something else does not return what a function should."""
        calls = zip(self.calls[name], self.results(name), strict=True)
        return (args for args, right in calls if call(run, args) != right)


def break_program(rng: np.random.Generator, modules: Sequence[Module]) -> Broken | None:
    """Put one fault into each family of a program.

    Where a function of another file calls a faulty one, the tester sees the fault by that call.

    Returns:
        The faulty program, or None where this one does not admit the faults.
    """
    program = _Program(rng, modules)
    found: list[_Fault] = []
    sources = dict(program.right.sources)
    for family in program.families:
        fault = _choose(rng, program, family)
        if fault is None:
            return None
        found.append(fault)
        copied = fault.mutation.text.split("\n")[OWN_LINES:]
        for function in family.functions:
            own = function.text.split("\n")[:OWN_LINES]
            sources[function.name] = "\n".join(own + copied)
    faulty = Version(sources)
    failing = [case for fault in found for case in _shown(program, faulty, fault)]
    if not all(case.fails for case in failing):
        return None  # two faults hide each other
    seen = {(c.function, repr(c.args)) for case in failing for c in (case, *case.inner)}
    hidden: list[Case] = []
    for family, fault in zip(program.families, found, strict=True):
        hidden += _hidden(program, faulty, family, fault, seen)
    return Broken(sources, tuple(failing), tuple(hidden))


def _choose(rng: np.random.Generator, program: _Program, family: Family) -> _Fault | None:
    """Choose the fault of a family: first a kind, then one of that kind, as long as it shows.

    A number that no sound line has would give itself away.
    """
    function = family.functions[int(rng.integers(len(family.functions)))]
    options: dict[str, list[Mutation]] = {}
    for mutation in mutations(function.text, OWN_LINES):
        if could_be_drawn(mutation.text):
            options.setdefault(mutation.kind, []).append(mutation)
    while options:
        kind = sorted(options)[int(rng.integers(len(options)))]
        fault = _proven(program, function, options[kind].pop(int(rng.integers(len(options[kind])))))
        if fault:
            return fault
        options = {k: of for k, of in options.items() if of}
    return None


def _proven(program: _Program, function: Function, mutation: Mutation) -> _Fault | None:
    """Return the fault if some calls fail by it, some do not, and a few tell it from all others."""
    run = program.right.variant(mutation.text)
    failing = list(program.differing(function.name, run))
    sound = len(program.calls[function.name]) - len(failing)
    if len(failing) < HIDDEN_FAILING + MOST_SHOWN or sound < HIDDEN:
        return None
    rivals = [program.right.variant(m.text) for m in mutations(mutation.text, OWN_LINES)]
    fault = _Fault(function, mutation, run, failing, rivals)
    return fault if _telling(program, fault, failing) else None


def _telling(program: _Program, fault: _Fault, failing: Sequence[Args]) -> list[Args]:
    """Choose a few calls that only the right function, of all it may have been, gets right."""
    name = fault.function.name
    tried = [(args, program.right.call(name, args)) for args in failing[:TRIED]]
    least = 1
    if fault.mutation.kind == MISSING_CASE:  # a case is a line, by two points
        tried, least = list({args[1]: (args, right) for args, right in tried}.values()), 2
    chosen: list[Args] = []
    rivals = fault.rivals
    while len(chosen) < least or any(any(program.differing(name, rival)) for rival in rivals):
        if len(chosen) == MOST_SHOWN or not tried:
            return []
        agree = [sum(call(rival, args) == right for rival in rivals) for args, right in tried]
        args, right = tried.pop(agree.index(min(agree)))
        chosen.append(args)
        rivals = [rival for rival in rivals if call(rival, args) == right]
    return chosen


def _shown(program: _Program, faulty: Version, fault: _Fault) -> list[Case]:
    """Return the failing calls that the tester sees of one fault."""
    name = fault.function.name
    through = _through_callers(program, faulty, fault)
    told = _telling(program, fault, [case.inner[0].args for case in through.values()])
    if told:
        return [through[repr(args)] for args in told]
    cases = []
    for args in _telling(program, fault, fault.failing):
        called = program.crossing.get(name, "")
        right, inner = program.right.watch(name, called, args)
        seen = tuple(Case(called, inside, value, value) for inside, value in inner)
        cases.append(Case(name, args, right, faulty.call(name, args), seen))
    return cases


def _through_callers(program: _Program, faulty: Version, fault: _Fault) -> dict[str, Case]:
    """Return failing calls of other files' functions in which the faulty one goes wrong.

    Returns:
        The cases, by the arguments (as text) with which the faulty function is called inside.
    """
    name = fault.function.name
    found: dict[str, Case] = {}
    for caller in (c for c, called in program.crossing.items() if called == name):
        results = zip(program.calls[caller], program.results(caller), strict=True)
        for args, right in islice(results, TRIED):
            wrong, inner = faulty.watch(caller, name, args)
            for inside, value in inner:
                should = program.right.call(name, inside)
                if wrong != right and should not in (value, call(fault.run, inside)):
                    case = Case(name, inside, should, value)
                    found[repr(inside)] = Case(caller, args, right, wrong, (case,))
    return found


def _hidden(
    program: _Program, faulty: Version, family: Family, fault: _Fault, seen: set[tuple[str, str]]
) -> Iterator[Case]:
    """Yield the hidden calls of a family, the same arguments for each of its functions."""
    names = [function.name for function in family.functions]
    told = {args for name, args in seen if name in names}
    free = {repr(args): args for args in program.calls[names[0]] if repr(args) not in told}
    failing = [key for key in map(repr, fault.failing) if key in free]
    sound = [key for key in free if key not in {*failing}]
    edges: list[str] = []
    for mutation in mutations(fault.function.text, OWN_LINES):
        if mutation.kind == COMPARISON:  # the likeliest guess breaks the most
            variant = program.right.variant(mutation.text)
            edges += [repr(args) for args in program.differing(fault.function.name, variant)]
    chosen = failing[:HIDDEN_FAILING]
    chosen += [key for key in edges if key not in failing and key in free][:EDGES]
    chosen += [key for key in sound if key not in chosen][: HIDDEN - len(chosen)]
    for name in names:
        for args in map(free.__getitem__, chosen):
            yield Case(name, args, program.right.call(name, args), faulty.call(name, args))
