"""Resource allocation's rules, scores and optimum; a small task can be checked by hand."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from llm_collab_envs import make
from llm_collab_envs.allocation.resource_allocation import optimum
from llm_collab_envs.allocation.resource_allocation.bookings import read_book, write_booking
from llm_collab_envs.allocation.resource_allocation.optimum import (
    Demand,
    Workshop,
    best,
    timetable,
)
from llm_collab_envs.allocation.resource_allocation.scoring import AllocationScore, score
from llm_collab_envs.allocation.resource_allocation.tasks import AllocationTask, Job
from llm_collab_envs.core.tasks import DIFFICULTIES

# Slot 3 is closed; Lamp and Desk fill both places of slots 1, 2 and 4; Vase has to yield.
TASK = AllocationTask(
    slots=5,
    places=2,
    closed=(3,),
    jobs=(
        Job("Lamp", 7, 4, ("wiring", "testing", "packing")),
        Job("Vase", 4, 4, ("shaping", "firing")),
        Job("Desk", 9, 4, ("sawing", "gluing", "waxing")),
        Job("Bowl", 3, 5, ("turning",)),
    ),
    rotation=0,
    talk=50,
    max_cycles=6,
)
OWNERS = {"agent_0": (0, 1), "agent_1": (2, 3)}
LAMP = {"wiring": 1, "testing": 2, "packing": 4}
VASE = {"shaping": 1, "firing": 2}
DESK = {"sawing": 1, "gluing": 2, "waxing": 4}
BOWL = {"turning": 5}
NO_BOOKING = "is not of the form 'Book slot N for the STEP of JOB.'"


def book(job: str, slots: dict[str, int]) -> str:
    return "\n".join(write_booking(slot, step, job) for step, slot in slots.items())


def of(first: Sequence[str], second: Sequence[str] = ()) -> AllocationScore:
    """Score what two agents book."""
    parts = {"agent_0": "\n".join(first), "agent_1": "\n".join(second)}
    return score(TASK, parts, OWNERS, OWNERS)


ALL_BEST = ([book("Lamp", LAMP)], [book("Desk", DESK), book("Bowl", BOWL)])


class TestScore:
    def test_of_the_best_allocation(self) -> None:
        assert best(TASK.workshop).served == (0, 2, 3)
        assert of(*ALL_BEST) == AllocationScore(
            quality=1.0,
            welfare=19,
            utilisation=7 / 8,
            overbooking=0.0,
            fairness=pytest.approx((7 / 11 + 1) ** 2 / 2 / ((7 / 11) ** 2 + 1)),
            repeats=0.0,
            served=(0, 2, 3),
        )

    def test_of_some_of_it_is_its_share_of_the_points(self) -> None:
        only = of([book("Vase", VASE)], [book("Bowl", BOWL)])
        assert (only.welfare, only.served) == (7, (1, 3))
        assert only.quality == pytest.approx(7 / 19)
        assert only.utilisation == 3 / 8
        assert only.fairness == pytest.approx((4 / 11 + 1 / 4) ** 2 / 2 / (16 / 121 + 1 / 16))

    def test_of_nothing(self) -> None:
        nothing = AllocationScore(0.0, 0, 0.0, 0.0, 0.0, 0.0, ())
        assert score(TASK, {}, OWNERS, OWNERS) == nothing
        assert of([""]) == of(["hello"]) == nothing

    def test_an_over_booked_slot_is_lost_for_all(self) -> None:
        """Three bookings of slots 1 and 2; Bowl, which is in slot 5, is served."""
        crowded = of([book("Lamp", LAMP), book("Vase", VASE)], ALL_BEST[1])
        assert crowded.served == (3,)
        assert crowded.overbooking == 6 / 9
        assert crowded.quality == pytest.approx(3 / 19)

    def test_bookings_that_serve_nothing_take_places_all_the_same(self) -> None:
        part = of([book("Lamp", LAMP), book("Vase", {"firing": 4})], ALL_BEST[1])
        assert part.served == (3,)
        assert part.overbooking == 3 / 8

    def test_a_closed_slot_is_lost(self) -> None:
        assert of([book("Lamp", LAMP | {"testing": 3})]).served == ()
        assert of([book("Lamp", LAMP | {"testing": 3})]).overbooking == 0

    @pytest.mark.parametrize(
        "slots",
        [
            {"wiring": 1, "testing": 2},  # a step is missing
            {"wiring": 2, "testing": 1, "packing": 4},  # not in order
            {"wiring": 1, "testing": 1, "packing": 4},  # two at once
            {"wiring": 1, "testing": 2, "packing": 5},  # too late
        ],
    )
    def test_a_job_that_is_not_booked_as_it_should_be_is_not_served(
        self, slots: dict[str, int]
    ) -> None:
        assert of([book("Lamp", slots)], [book("Bowl", BOWL)]).served == (3,)

    def test_a_step_that_is_booked_twice_is_not_served(self) -> None:
        twice = of([book("Lamp", LAMP), book("Lamp", {"wiring": 2})])
        assert (twice.served, twice.repeats) == ((), 1 / 4)

    def test_a_line_that_is_said_twice_counts_once(self) -> None:
        assert of([book("Lamp", LAMP), book("Lamp", LAMP)]) == of([book("Lamp", LAMP)])

    def test_only_who_has_a_job_can_book_for_it(self) -> None:
        assert of([book("Bowl", BOWL)], [book("Lamp", LAMP)]).served == ()
        crowd = [book("Desk", DESK), book("Bowl", BOWL)] * 3  # which does no harm either
        assert of([book("Lamp", LAMP), *crowd], ALL_BEST[1]).quality == 1.0

    def test_who_takes_over_a_part_can_book_for_it(self) -> None:
        parts = {"agent_0": "\n".join([*ALL_BEST[0], *ALL_BEST[1]])}
        heir = {"agent_0": (0, 1, 2, 3), "agent_1": (2, 3)}
        assert score(TASK, parts, OWNERS, OWNERS).served == (0,)
        assert score(TASK, parts, OWNERS, heir).served == (0, 2, 3)
        both = parts | {"agent_1": ALL_BEST[1][1]}
        assert score(TASK, both, OWNERS, heir).served == (0, 2)

    def test_of_an_order_is_that_of_its_jobs_if_all_are_done(self) -> None:
        """Lamp and Bowl go together."""
        jobs = [dataclasses.replace(job, order=n) for job, n in zip(TASK.jobs, (3, 0, 0, 3))]  # noqa: B905
        task = dataclasses.replace(TASK, jobs=tuple(jobs))

        def served(*booked: str) -> tuple[int, ...]:
            parts = {"agent_0": booked[0], "agent_1": "\n".join(booked[1:])}
            return score(task, parts, OWNERS, OWNERS).served

        assert served(book("Lamp", LAMP), book("Bowl", BOWL)) == (0, 3)
        assert served(book("Lamp", LAMP), book("Desk", DESK)) == (2,)
        assert served("", book("Desk", DESK), book("Bowl", BOWL)) == (2,)
        assert served(book("Lamp", LAMP), book("Bowl", {"turning": 3})) == ()

    def test_of_one_agent_for_all_jobs(self) -> None:
        alone = {"agent_0": (0, 1, 2, 3)}
        result = score(TASK, {"agent_0": "\n".join([*ALL_BEST[0], *ALL_BEST[1]])}, alone, alone)
        assert (result.quality, result.fairness) == (1.0, 1.0)


class TestBookings:
    def test_are_read_with_white_space_around_lines(self) -> None:
        text = book("Lamp", LAMP)
        entries = [(0, 0, 1), (0, 1, 2), (0, 2, 4)]
        for form in (text, text.replace("\n", "  \r\n\n\t"), f"\n{text}\n"):
            seen = read_book(TASK, form, (0, 1))
            assert [tuple(row) for row in seen.entries.tolist()] == entries
            assert (seen.ignored, seen.problem) == (0, "")

    @pytest.mark.parametrize(
        "line",
        [
            "book slot 1 for the wiring of Lamp.",
            "BOOK Slot 1 for the Wiring of Lamp.",
            "Book slot 1 for the wiring of Lamp",
            "- Book slot 1 for the wiring of Lamp.",
            "12. Book slot 1 for the wiring of Lamp.",
            "Book slot 1 for wiring of Lamp.",
            "Book slot 1 for the wiring step of Lamp.",
            "Book slot 1 for step wiring of Lamp.",
            "Book slot 1 for the step wiring of Lamp.",
            "Book  slot 1 for\u00a0the wiring\tof Lamp.",
            "- **Book slot 1 for the wiring of Lamp.**",
            "`Book slot 1 for the wiring of Lamp.`",
            "```\nBook slot 1 for the wiring of Lamp.\n```",
            "I book slot #1 for the wiring of **Lamp** (step 1);",
            'Book slot 1 for the "wiring" of Lamp,',
            "Book slot 1 for the wiring of Lamp. Book slot 1 for the wiring of Lamp.",
        ],
    )
    def test_are_read_as_models_write_them(self, line: str) -> None:
        seen = read_book(TASK, line, (0, 1))
        assert (seen.entries.tolist(), seen.ignored) == ([[0, 0, 1]], 0)

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("hello", NO_BOOKING),
            ("Book slot 1 for the wiring of lamp.", NO_BOOKING),
            ("Book slot 1 for the step of Lamp.", "Lamp has no step step"),
            ("No: book slot 1 for the wiring of Lamp.", NO_BOOKING),
            ("Book slot 1 for the wiring of Lamp, or not.", NO_BOOKING),
            ("Do not book slot 1 for the wiring of Lamp.", NO_BOOKING),
            ("Book slot -1 for the wiring of Lamp.", NO_BOOKING),
            ("Book slot 1 or 2 for the wiring of Lamp.", NO_BOOKING),
            ("Book slot \u0661 for the wiring of Lamp.", NO_BOOKING),
            ("Book slot 100 for the wiring of Lamp.", NO_BOOKING),
            ("Do not: Book slot 1 for the wiring of Lamp.", NO_BOOKING),
            ("Book slot 1 for the wiring of Lamp and not of Vase.", NO_BOOKING),
            ("Book slot 0 for the wiring of Lamp.", "there is no slot 0"),
            ("Book slot 6 for the wiring of Lamp.", "there is no slot 6"),
            ("Book slot 1 for the gluing of Lamp.", "Lamp has no step gluing"),
            ("Book slot 1 for the turning of Bowl.", "you have no job Bowl"),
            ("Book slot 1 for the wiring of Lamps.", "you have no job Lamps"),
        ],
    )
    def test_that_are_none_say_why_and_leave_the_others(self, line: str, problem: str) -> None:
        seen = read_book(TASK, f"{line}\n{book('Vase', VASE)}\nwell", (0, 1))
        assert (len(seen.entries), seen.ignored) == (2, 2)
        assert problem in seen.problem
        assert len(seen.problem) < 100

    def test_of_one_step_for_several_slots_are_named(self) -> None:
        lines = [write_booking(1, "wiring", "Lamp"), write_booking(2, "wiring", "Lamp")]
        assert read_book(TASK, "\n".join(lines), (0, 1)).double == "the wiring of Lamp"
        assert read_book(TASK, "\n".join(lines[:1] * 2), (0, 1)).double == ""

    @given(text=st.text(max_size=200))
    @settings(max_examples=100, deadline=None)
    def test_of_any_text_are_read(self, text: str) -> None:
        line = write_booking(1, "wiring", "Lamp")
        assert len(read_book(TASK, f"{line}\n{text}", (0, 1)).entries) >= 1


class TestBest:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_of_generated_tasks_is_what_milp_finds(self, difficulty: str) -> None:
        for split in ("train", "test"):
            tasks = make("resource_allocation_v0", difficulty=difficulty, split=split).tasks
            for number in range(2):
                workshop = tasks[number].workshop
                assert best(workshop).value == solved_by_milp(workshop)
                check_timetable(workshop)

    @pytest.mark.parametrize("seed", range(60))
    def test_of_random_workshops_is_what_milp_finds(self, seed: int) -> None:
        """Wide and narrow, roomy and crowded, with deadlines that come early or late."""
        workshop = random_workshop(seed)
        found = best(workshop)
        assert found.proven
        assert found.value == solved_by_milp(workshop)
        assert found.value == sum(workshop.demands[job].value for job in found.served)
        check_timetable(workshop)

    @pytest.mark.parametrize("seed", range(30))
    def test_sets_that_fit_are_those_that_brute_force_can_book(self, seed: int) -> None:
        """The search's rule for what fits, against every way to book."""
        rng = np.random.default_rng(seed)
        workshop = Workshop(
            slots=4,
            places=int(rng.integers(1, 3)),
            closed=frozenset(rng.choice(np.arange(1, 5), int(rng.integers(2)), False).tolist()),
            demands=tuple(
                Demand(1, int(rng.integers(1, 4)), int(rng.integers(1, 5))) for _ in range(4)
            ),
        )
        every = range(len(workshop.demands))
        sets = itertools.chain.from_iterable(itertools.combinations(every, n) for n in range(5))
        largest = max((jobs for jobs in sets if fits(workshop, jobs)), key=len)
        assert best(workshop).value == len(largest)

    def test_of_equal_ones_is_the_same_every_time(self) -> None:
        workshop = Workshop(4, 1, frozenset(), (Demand(5, 2, 4),) * 5)
        first = best(workshop)
        best.cache_clear()
        assert best(workshop) == first
        assert first.value == 10

    def test_says_where_it_gave_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(optimum, "MAX_NODES", 3)
        best.cache_clear()
        found = best(random_workshop(0))
        assert not found.proven
        best.cache_clear()

    def test_of_no_jobs_is_nothing(self) -> None:
        assert best(Workshop(4, 1, frozenset(), ())).served == ()
        assert best(Workshop(2, 1, frozenset({1}), (Demand(5, 2, 2),))).value == 0


def random_workshop(seed: int) -> Workshop:
    rng = np.random.default_rng(seed)
    slots = int(rng.integers(6, 40))
    closed = rng.choice(np.arange(1, slots + 1), int(rng.integers(slots // 2)), replace=False)
    demands = tuple(
        Demand(
            int(rng.integers(1, 60)),
            int(rng.integers(1, (9, 4)[seed % 2])),
            int(rng.integers(1 + (slots // 2) * (seed % 3 == 0), slots + 1)),
            int(rng.integers(8)) if seed % 4 > 1 else 0,
        )
        for _ in range(int(rng.integers(4, 24)))
    )
    return Workshop(slots, int(rng.integers(1, 6)), frozenset(closed.tolist()), demands)


def solved_by_milp(workshop: Workshop) -> int:
    """A variable for each job, and one for each job in each slot that it can use.

    Jobs of one order are served together or not at all.
    """
    jobs = range(len(workshop.demands))
    pairs = [(j, s) for j in jobs for s in workshop.open_until(workshop.demands[j].deadline)]
    size = len(jobs) + len(pairs)
    rows, most = [], []
    for job, demand in enumerate(workshop.demands):
        row = np.zeros(size)
        row[job] = demand.steps
        for at, (other, _) in enumerate(pairs, len(jobs)):
            row[at] = -(other == job)
        rows.append(row)
        most.append(0)
    for slot in workshop.open_until(workshop.slots):
        taken = [0.0] * len(jobs) + [float(other == slot) for _, other in pairs]
        rows.append(np.array(taken))
        most.append(workshop.places)
    for order in workshop.orders():
        for job in order[1:]:
            for sign in (1.0, -1.0):
                row = np.zeros(size)
                row[job], row[order[0]] = sign, -sign
                rows.append(row)
                most.append(0)
    values = [-float(demand.value) for demand in workshop.demands] + [0.0] * len(pairs)
    constraint = LinearConstraint(np.array(rows), ub=most)
    result = milp(values, integrality=np.ones(size), bounds=Bounds(0, 1), constraints=constraint)
    assert result.success
    return -round(result.fun)


def check_timetable(workshop: Workshop) -> None:
    """Check that the best set's timetable keeps every rule."""
    served = best(workshop).served
    plan = timetable(workshop, served)
    assert tuple(sorted(plan)) == served
    for job, slots in plan.items():
        demand = workshop.demands[job]
        assert len(slots) == demand.steps
        assert list(slots) == sorted(set(slots))
        assert slots[-1] <= demand.deadline
        assert workshop.closed.isdisjoint(slots)
    load = Counter(slot for slots in plan.values() for slot in slots)
    assert all(taken <= workshop.places for taken in load.values())


def fits(workshop: Workshop, jobs: Sequence[int]) -> bool:
    """Whether some way to book all these jobs keeps every rule."""
    ways = [
        itertools.combinations(
            workshop.open_until(workshop.demands[job].deadline), workshop.demands[job].steps
        )
        for job in jobs
    ]
    return any(
        max(Counter(itertools.chain.from_iterable(way)).values(), default=0) <= workshop.places
        for way in itertools.product(*ways)
    )


def test_the_optimum_needs_more_than_capacity() -> None:
    """Two places in each of two slots hold no job of three steps, though four places are free."""
    workshop = Workshop(2, 2, frozenset(), (Demand(9, 3, 2), Demand(2, 2, 2)))
    assert best(workshop).served == (1,)
    roomier = dataclasses.replace(workshop, slots=3, demands=(Demand(9, 3, 3), Demand(2, 2, 2)))
    assert best(roomier).served == (0, 1)
