"""Resource allocation: the expert, what it takes to be as good, privacy, tasks, and cheats."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.episodes import Job
from benchmarks.episodes import play as play_job
from benchmarks.step_time import step_ms
from cheats_resource_allocation import CHEATS, index, known_closed, own_best, own_jobs, read
from llm_collab_envs import make
from llm_collab_envs.allocation.resource_allocation import optimum
from llm_collab_envs.allocation.resource_allocation.bookings import write_booking
from llm_collab_envs.allocation.resource_allocation.expert import Expert, Share, tell
from llm_collab_envs.allocation.resource_allocation.optimum import Demand, best
from llm_collab_envs.allocation.resource_allocation.tasks import (
    EVENNESS,
    LEVELS,
    AllocationTask,
    deal_closed,
    deal_jobs,
)
from llm_collab_envs.core.actions import count_tokens
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.tasks import DIFFICULTIES, SPLITS, split_of
from llm_collab_envs.wrappers import AgentDropout, Heterogeneous, LossyChannel
from play import expert_path, joint_reward, play, terms

ENV = "resource_allocation_v0"
A, B, C, D = (f"agent_{n}" for n in range(4))


def env_of(difficulty: str = "easy", team_size: int = 4, **kwargs: Any) -> CollabEnv[Any]:
    return make(ENV, difficulty=difficulty, team_size=team_size, split="test", **kwargs)


def task_of(difficulty: str, index: int = 0) -> AllocationTask:
    task: AllocationTask = env_of(difficulty).tasks[index]
    return task


def first_seen(difficulty: str = "easy", team_size: int = 4) -> dict[str, str]:
    return env_of(difficulty, team_size).reset(options={"task": 0})[0]


def act(env: Any, observations: dict[str, str]) -> dict[str, str]:
    return {agent: Expert()(observations[agent]) for agent in env.agents}


class TestExpert:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize("team_size", [1, 4, 16])
    def test_books_the_best_allocation(self, difficulty: str, team_size: int) -> None:
        env = env_of(difficulty, team_size)
        for task in range(3):
            figures = terms(env, Expert(), task)
            assert figures["joint_reward"] >= 0.96
            assert figures["fairness"] == 1.0 or team_size > 1
            assert figures["welfare"] == best(env.tasks[task].workshop).value
            assert figures["overbooking"] == 0
            assert 0.8 < figures["utilisation"] <= 1
            assert len(env.episode.rounds) == (3 if team_size > 1 else 1)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_team_is_faster_than_one(self, difficulty: str) -> None:
        paths = {size: expert_path(env_of(difficulty, size), 4) for size in (1, 2, 4, 8, 16)}
        assert 1.7 < paths[1] / paths[2] < 1.8  # as the docstring says, of more tasks
        assert 3.3 < paths[1] / paths[4] < 3.5
        assert 4.5 < paths[1] / paths[8] < 6.5
        assert 6 < paths[1] / paths[16] < 9

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_that_says_nothing_serves_nothing(self, difficulty: str) -> None:
        """Each allocates as if it had the workshop to itself, and all slots were open."""

        def mute(observation: str) -> str:
            memo = read(observation)
            return f"<submit>{own_best(memo)}</submit><done/>" if memo.round > 1 else ""

        assert joint_reward(env_of(difficulty), mute) < 0.05

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_that_keeps_its_jobs_to_itself_does_worse(self, difficulty: str) -> None:
        """All tell the closed slots, and then use equal shares of all places: private needs count.

        The docstring says 0.2 to 0.45.
        """

        def shares(observation: str) -> str:
            memo = read(observation)
            if memo.round == 1:
                return CHEATS["closed slots told only"](observation)
            open_ = [s for s in range(1, memo.slots + 1) if s not in known_closed(memo)]
            n, me, k = len(memo.agents), index(memo), memo.places
            mine = [s for at, s in enumerate(open_) if k >= n or (me - at * k) % n < k]
            return f"<submit>{own_best(memo, mine, max(1, k // n))}</submit><done/>"

        assert 0.15 < joint_reward(env_of(difficulty), shares, tasks=8) < 0.45

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    @pytest.mark.parametrize(("team_size", "least", "most"), [(2, 0.6, 0.8), (4, 0.4, 0.65)])
    def test_that_tells_when_others_are_busy_does_worse(
        self, difficulty: str, team_size: int, least: float, most: float
    ) -> None:
        """All tell the closed slots, and use the half of the others in which their jobs lie.

        The docstring says 0.7, and 0.5 to 0.6.
        """

        def halves(observation: str) -> str:
            memo = read(observation)
            if memo.round == 1:
                return CHEATS["closed slots told only"](observation)
            open_ = [s for s in range(1, memo.slots + 1) if s not in known_closed(memo)]
            room = [sum(s <= job.deadline for s in open_) for job in own_jobs(memo)]
            first = max(LEVELS[difficulty].steps)  # no job has less room, and the last has all
            lateness = (sum(room) / len(room) - first) / (len(open_) - first)
            rank = min(max(int(lateness * team_size), 0), team_size - 1)
            half = 2 * rank // team_size
            window = open_[len(open_) * half // 2 : len(open_) * (half + 1) // 2]
            places = memo.places
            if team_size == 4:
                places = places // 2 if rank % 2 == half else places - places // 2
            return f"<submit>{own_best(memo, window, places)}</submit><done/>"

        assert least < joint_reward(env_of(difficulty, team_size), halves, tasks=12) < most

    def test_that_gets_one_number_wrong_loses(self) -> None:
        """Honest talk has to be right talk."""

        def muddled(observation: str) -> str:
            action = Expert()(observation)
            if f"You are {B}" not in observation or "<say" not in action:
                return action
            share = read(observation).shares[B]
            late = (dataclasses.replace(d, steps=d.steps - 2) for d in share.demands)
            memo = read(observation)
            memo.shares[B] = Share(tuple(late), share.closed)
            return tell(memo, B)

        assert joint_reward(env_of(), muddled) < 0.75

    def test_reads_nothing_but_its_observation(self) -> None:
        """Where that is cut short, it passes, or works with what it sees."""
        whole = first_seen()[A]
        assert Expert()(whole).startswith('<say to="all">')
        for length in range(0, len(whole), 5):
            part = Expert()(whole[:length])
            assert part == "" or part.startswith('<say to="all">')
        for text in ("nothing", "\nSlots: 1 to 3, 2 places each;", "== Round 1 of 8 ==\n"):
            assert Expert()(text) == ""

    def test_does_not_trust_what_teammates_say(self) -> None:
        """Whatever they say, it passes or books, and does not raise or hang."""
        whole = first_seen()[A].replace("== Round 1 ", "== Round 2 ")
        nines = " ".join(["999 12 99 9"] * 60)
        for said in (
            "0 0 0 0 closed sum 0",
            "1 13 9 0 closed sum 23",
            "1 2 0 closed sum 3",
            "12 3 99 999 closed 99 0 sum 1212",
            f"{nines} closed sum 67140",
            "for agent_9 1 1 1 0 closed sum 3",
            "for agent_0 1 1 1 0 closed sum 3",
            "closed sum \u0663",
            "again 99 agent_0",
            "again 1 agent_0 agent_0",
        ):
            for sender in (A, B, "agent_9"):
                text = f"{whole}Messages:\n{sender}: {said}\n"
                assert read(text).shares[A] == read(whole).shares[A]
                assert Expert()(text).startswith("<say to")

    def test_tells_what_the_docstring_says(self) -> None:
        memo = read(first_seen()[A])
        jobs, closed = (Demand(47, 6, 12, 4), Demand(23, 5, 8, 1)), frozenset({17, 3})
        memo.shares[A] = Share(jobs, closed)
        assert tell(memo, A) == '<say to="all">47 6 12 4 23 5 8 1 closed 3 17 sum 126</say>'
        memo.shares[A] = Share(jobs)
        assert tell(memo, A) == '<say to="all">47 6 12 4 23 5 8 1 sum 106</say>'
        memo.shares[A] = Share(closed=closed)
        assert tell(memo, A) == '<say to="all">closed 3 17 sum 20</say>'

    def test_puts_pieces_together(self) -> None:
        """What is told later adds to what was told before, and takes nothing away."""
        whole = first_seen()[A].replace("== Round 1 ", "== Round 2 ") + "Messages:\n"
        both = Share((Demand(47, 6, 12, 4), Demand(23, 5, 8, 1)), frozenset({17, 3}))
        jobs, closed = "47 6 12 4 23 5 8 1 sum 106", "closed 3 17 sum 20"
        all_ = "47 6 12 4 23 5 8 1 closed 3 17 sum 126"
        for said in ([jobs, closed], [all_, closed], [all_, jobs], [all_, "47 6 12 4 sum 69"]):
            memo = read(whole + "".join(f"{B}: {piece}\n" for piece in said))
            assert memo.shares[B] == both
            assert B in memo.heard
            assert B not in memo.missing
        for piece in (jobs, closed):
            assert B in read(f"{whole}{B}: {piece}\n").missing

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_books_what_its_replies_can_hold(self, difficulty: str) -> None:
        env = Heterogeneous(env_of(difficulty), token_cap=100, agents=[B])
        infos = play(env, Expert())
        assert infos["malformed"] == infos["overbooking"] == 0
        assert 0.5 < infos["quality"] < 1
        for round_ in env.unwrapped.episode.rounds:
            assert count_tokens(round_.turns[B].text) <= 100

    @pytest.mark.parametrize("lost", [(B, A), (A, C), (D, B)])
    def test_asks_again_for_a_message_that_did_not_come(self, lost: tuple[str, str]) -> None:
        """What one agent says in the first round does not reach one of its teammates."""
        env = env_of()
        observations, infos = env.reset(options={"task": 0})
        speaker, deaf = lost
        while env.agents:
            actions = act(env, observations)
            if not env.episode.rounds:
                others = [a for a in env.agents if a not in lost]
                said = actions[speaker]
                actions[speaker] = "".join(said.replace('"all"', f'"{a}"') for a in others)
            if len(env.episode.rounds) == 1:
                assert actions[deaf] == f'<say to="all">again 2 {speaker}</say>'
            observations, *_, infos = env.step(actions)
        assert infos[A]["quality"] == 1.0
        assert infos[A]["overbooking"] == 0

    def test_notices_a_message_that_does_not_add_up(self) -> None:
        seen = first_seen()
        said = re.sub("<.*?>", "", Expert()(seen[B]))
        later = seen[A].replace("== Round 1 ", "== Round 2 ") + f"Messages:\n{B}: "
        assert B in read(f"{later}{said}\n").heard
        for wrong in (said[:-1], said[1:], said.replace(" ", " 1", 1), f"{said}1", said.upper()):
            memo = read(f"{later}{wrong}\n")
            assert B in memo.missing
            assert B in Expert()(f"{later}{wrong}\n")

    def test_books_nothing_where_it_does_not_know_all(self) -> None:
        """A wrong booking would cost others their slots."""
        env = env_of()
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            actions = act(env, observations) | {B: ""}
            observations, *_, infos = env.step(actions)
        assert env.parts == {}
        assert infos[A]["quality"] == 0


class TestFailingTeams:
    def kept(self, wrap: Callable[[Any], Any], difficulty: str, tasks: int = 4) -> float:
        """What the expert team keeps of its joint reward."""
        even = env_of(difficulty)
        rewards = [joint_reward(env, Expert(), tasks) for env in (wrap(env_of(difficulty)), even)]
        return rewards[0] / rewards[1]

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_takes_over_what_a_teammate_leaves(self, difficulty: str) -> None:
        assert self.kept(lambda env: AgentDropout(env, at_round=2), difficulty) > 0.85

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_does_without_a_teammate_that_left_untold(self, difficulty: str) -> None:
        kept = self.kept(lambda env: AgentDropout(env, at_round=2, announced=False), difficulty)
        assert 0.4 < kept < 0.6

    def test_waits_for_one_that_is_away(self) -> None:
        assert self.kept(lambda env: AgentDropout(env, at_round=2, away_rounds=2), "hard") > 0.8

    def test_waits_for_one_that_acts_every_second_round(self) -> None:
        assert self.kept(lambda env: Heterogeneous(env, every=2), "hard") > 0.8

    def test_talks_its_way_through_a_bad_channel(self) -> None:
        faults = dict.fromkeys(("lost", "late", "duplicated", "cut", "garbled"), 0.1)
        assert self.kept(lambda env: LossyChannel(env, **faults), "easy", tasks=8) > 0.6

    @pytest.mark.parametrize("leaver", [A, B, D])
    def test_books_for_who_has_left_without_a_booking(self, leaver: str) -> None:
        env = AgentDropout(env_of(), at_round=2, agents=[leaver])
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            observations, *_, infos = env.step(act(env, observations))
        assert {info["quality"] for info in infos.values()} == {1.0}

    def test_lets_stand_what_a_leaver_has_booked(self) -> None:
        env = AgentDropout(env_of(), at_round=3, agents=[B])
        observations, infos = env.reset(options={"task": 0})
        while env.agents:
            observations, *_, infos = env.step(act(env, observations))
        assert infos[A]["quality"] == 1.0
        assert infos[A]["duplication"] == 0

    def test_says_what_a_leaver_had_no_chance_to_say(self) -> None:
        env = AgentDropout(env_of(), at_round=2, agents=[B])
        observations, infos = env.reset(options={"task": 0})
        numbers = re.sub("<.*?>", "", Expert()(observations[B]))
        observations, *_ = env.step(act(env, observations) | {B: ""})
        assert Expert()(observations[C]).startswith(f'<say to="all">for {B} {numbers}</say>')
        while env.agents:
            observations, *_, infos = env.step(act(env, observations))
        assert infos[A]["quality"] == 1.0

    def test_only_its_heir_books_for_a_leaver(self) -> None:
        """What is booked for another agent's job does nothing."""
        env = AgentDropout(env_of(), at_round=2, agents=[B])
        observations, _ = env.reset(options={"task": 0})
        job = own_jobs(read(observations[B]))[0]
        env.step(dict.fromkeys(env.agents, ""))
        line = f"<submit>Book slot 1 for the {job.steps[0]} of {job.name}.</submit>"
        seen, *_ = env.step({A: line, C: line})
        problem = f"Notice: 1 lines of your submission do nothing; the first: you have no job {job}"
        assert problem.partition(" job ")[0] in seen[A]
        assert "do nothing" not in seen[C]

    def test_to_copy_the_example_does_no_harm_and_is_told(self) -> None:
        for difficulty, team_size in itertools.product(DIFFICULTIES, (1, 2, 4)):
            env = env_of(difficulty, team_size)
            expert = env._expert()
            observations, _ = env.reset(options={"task": 1})
            example = re.search(r"like this:\n(Book slot .*)\n", observations[A])
            assert example
            copied = f"<submit>{example[1]}\n"
            told = ""
            while env.agents:
                actions = {a: expert(observations[a]) for a in env.agents}
                actions = {a: act.replace("<submit>", copied) for a, act in actions.items()}
                observations, *_, infos = env.step(actions)
                told += observations[A]
            assert infos[A]["quality"] == 1.0
            assert "Notice: 1 lines of your submission do nothing; the first: you have no" in told

    def test_a_step_that_is_booked_for_several_slots_is_told(self) -> None:
        env = env_of()
        observations, _ = env.reset(options={"task": 0})
        job = own_jobs(read(observations[B]))[0]
        lines = (write_booking(slot, job.steps[1], job.name) for slot in (3, 5))
        seen, *_ = env.step({B: f"<submit>{' '.join(lines)}</submit>"})
        said = f"Notice: you book the {job.steps[1]} of {job.name} for several slots, so that job "
        assert [agent for agent, text in seen.items() if said in text] == [B]


class TestCheats:
    @pytest.mark.parametrize("cheat", CHEATS)
    def test_score_low_in_a_team_of_two(self, cheat: str) -> None:
        assert joint_reward(env_of("easy", 2), CHEATS[cheat]) < 0.24  # a quarter of the expert's

    @pytest.mark.parametrize("cheat", CHEATS)
    def test_score_low_in_a_large_team(self, cheat: str) -> None:
        assert joint_reward(env_of("easy", 16), CHEATS[cheat], tasks=2) < 0.1

    def test_spam_costs_who_would_be_served(self) -> None:
        """One that books every slot again and again takes others' slots with it."""
        env = env_of()
        observations, infos = env.reset(options={"task": 0})
        spam = CHEATS["everything everywhere"]
        while env.agents:
            actions = act(env, observations) | {B: spam(observations[B])}
            if not env.episode.rounds:
                actions[B] = Expert()(observations[B])
            observations, *_, infos = env.step(actions)
        assert infos[A]["quality"] == 0
        assert infos[A]["conflicts"] > 0.9
        assert infos[A]["joint_reward"] < 0


class TestFeedback:
    def test_tells_only_its_author_what_does_nothing(self) -> None:
        env = env_of()
        observations, _ = env.reset(options={"task": 0})
        job = own_jobs(read(observations[B]))[0]
        good = f"Book slot 41 for the {job.steps[0]} of {job.name}."
        text = f"<submit>my hidden xylograph\n{good}\nBook slot 99 for it.</submit>"
        seen, *_ = env.step({B: text})
        problem = (
            "Notice: 2 lines of your submission do nothing; the first: 'my hidden xylograph' is "
            "not of the form 'Book slot N for the STEP of JOB.'.\n"
        )
        assert [agent for agent, text in seen.items() if problem in text] == [B]
        assert [agent for agent, text in seen.items() if "xylograph" in text] == [B]
        seen, *_ = env.step({B: f"<submit>{good}</submit>"})
        assert not any("do nothing" in text for text in seen.values())

    def test_does_not_tell_what_is_booked_or_closed(self) -> None:
        """All that is heard of others is what they say."""
        env = env_of()
        observations, _ = env.reset(options={"task": 0})
        for agent, text in observations.items():
            booking = CHEATS["earliest slots"](text).replace("<done/>", "")
            later, *_ = env.step({agent: booking})
            for other, seen in later.items():
                notices = [line for line in seen.splitlines() if line.startswith("Notice")]
                assert notices == []
                if other != agent:
                    assert "Your submission" not in seen or env.parts.get(other)


class TestPrivacy:
    """Change what one agent alone knows: no other agent's first observation changes."""

    def observe(self, task: AllocationTask, team_size: int, folder: Path) -> dict[str, str]:
        path = folder / "tasks.jsonl"
        path.write_text(json.dumps(task.to_dict()))
        env = make(ENV, team_size=team_size, tasks=path)
        return env.reset(options={"task": 0})[0]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 16)])
    def test_of_jobs(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        before = self.observe(task, size, tmp_path)
        for agent, own in enumerate(deal_jobs(task, size)):
            job = task.jobs[own[-1]]
            changes: list[dict[str, Any]] = [
                {"points": job.points % 99 + 1},
                {"order": job.order + 1},
                {"deadline": job.deadline - 1},
                {"steps": job.steps[:-1]},
                {"name": "Another"},
            ]
            for change in changes if size < 16 else [changes[agent % 5]]:
                jobs = list(task.jobs)
                jobs[own[-1]] = dataclasses.replace(job, **change)
                after = self.observe(dataclasses.replace(task, jobs=tuple(jobs)), size, tmp_path)
                assert [n for n, a in enumerate(before) if before[a] != after[a]] == [agent]

    @pytest.mark.parametrize(("difficulty", "size"), [("easy", 4), ("medium", 3), ("hard", 16)])
    def test_of_closed_slots(self, difficulty: str, size: int, tmp_path: Path) -> None:
        task = task_of(difficulty)
        free = next(s for s in range(task.slots, 0, -1) if s not in task.closed)
        before = self.observe(task, size, tmp_path)
        for agent, known in enumerate(deal_closed(task, size)):
            closed = tuple(free if slot == known[0] else slot for slot in task.closed)
            after = self.observe(dataclasses.replace(task, closed=closed), size, tmp_path)
            assert [n for n, a in enumerate(before) if before[a] != after[a]] == [agent]

    def test_jobs_are_named_to_their_agent_only(self) -> None:
        for team_size in (2, 4, 16):
            seen = first_seen(team_size=team_size)
            for job in task_of("easy").jobs:
                assert sum(job.name in text for text in seen.values()) == 1

    def test_one_agent_alone_sees_everything(self) -> None:
        task, text = task_of("hard"), first_seen("hard", 1)[A]
        assert f"closed: {', '.join(map(str, sorted(task.closed)))}.\n" in text
        for job in task.jobs:
            line = f"{job.name}: order {job.order}, {job.points} points, last slot {job.deadline}"
            assert f"\n{line}, steps {', '.join(job.steps)}.\n" in text

    def test_observations_are_short(self) -> None:
        assert all(len(text) < 1_600 for text in first_seen().values())
        assert len(first_seen("hard", 1)[A]) < 5_000


class TestTasks:
    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_splits_share_no_name(self, difficulty: str) -> None:
        names: dict[str, set[str]] = {}
        for split in SPLITS:
            source = make(ENV, split=split, difficulty=difficulty).tasks
            names[split] = {job.name for n in range(8) for job in source[n].jobs}
            assert {split_of(name) for name in names[split]} == {split}
        assert not names["train"] & names["test"]
        assert len(names["test"]) > 100

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_have_what_their_level_says(self, difficulty: str) -> None:
        level = LEVELS[difficulty]
        for number in range(6):
            task = task_of(difficulty, number)
            found = best(task.workshop)
            assert found.proven
            assert len(found.served) == level.served
            assert task.slots == level.open + level.closed
            assert len(set(task.closed)) == level.closed
            assert task.places == level.places
            assert len(task.numbers) == level.jobs
            for job in task.jobs:
                assert level.steps[0] <= len(set(job.steps)) <= level.steps[1]
                assert len(task.workshop.open_until(job.deadline)) >= len(job.steps)

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_give_every_agent_its_share_of_the_work(self, difficulty: str) -> None:
        """Served jobs are dealt out evenly, though nobody can tell which of its own they are."""
        level, places = LEVELS[difficulty], set()
        for number in range(6):
            task = task_of(difficulty, number)
            served = best(task.workshop).served
            shares = [[job for job in own if job in served] for own in deal_jobs(task, 4)]
            assert {len(share) for share in shares} == {level.served // 4}
            work = [sum(len(task.jobs[job].steps) for job in share) for share in shares]
            assert max(work) <= EVENNESS * sum(work) / 4
            places |= {job % (level.jobs // 4) for job in served}
        assert len(places) == level.jobs // 4

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_are_wanted_at_different_times(self, difficulty: str) -> None:
        """An agent's jobs have deadlines near each other, compared to all."""
        task = task_of(difficulty)
        means = [
            sum(task.jobs[job].deadline for job in own) / len(own) for own in deal_jobs(task, 4)
        ]
        assert max(means) - min(means) > task.slots / 4

    def test_are_dealt_out_whole(self) -> None:
        task = task_of("hard")
        for size in range(1, 17):
            assert sorted(sum(deal_jobs(task, size), ())) == [*range(32)]
            assert sorted(sum(deal_closed(task, size), ())) == sorted(task.closed)
            lengths = {len(own) for own in deal_jobs(task, size)}
            assert max(lengths) - min(lengths) <= 1

    @pytest.mark.parametrize("difficulty", DIFFICULTIES)
    def test_deal_no_order_to_one_agent(self, difficulty: str) -> None:
        """So nobody serves anything without a teammate."""
        for number in range(4):
            task = task_of(difficulty, number)
            orders = task.workshop.orders()
            assert {len(order) for order in orders} == {2}
            assert len(orders) == len(task.jobs) // 2
            for size in range(2, 17):
                for own in deal_jobs(task, size):
                    assert len({task.jobs[job].order for job in own}) == len(own)

    def test_start_the_dealing_with_any_agent(self) -> None:
        firsts = {
            next(n for n, own in enumerate(deal_jobs(task_of("easy", number), 4)) if 0 in own)
            for number in range(24)
        }
        assert firsts == {0, 1, 2, 3}

    def test_go_through_json(self) -> None:
        for difficulty in DIFFICULTIES:
            task = task_of(difficulty)
            assert AllocationTask.from_dict(json.loads(json.dumps(task.to_dict()))) == task

    def test_of_ones_own_can_be_played(self, tmp_path: Path) -> None:
        own = {
            "slots": 5,
            "places": 1,
            "closed": [2],
            "jobs": [
                {"name": "Lamp", "points": 5, "deadline": 3, "steps": ["wiring", "testing"]},
                {"name": "Chair", "points": 4, "deadline": 5, "steps": ["sawing", "gluing"]},
                {"name": "Table", "points": 3, "deadline": 5, "steps": ["sawing"]},
            ],
        }
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(own))
        for size in (1, 2, 3):
            infos = play(make(ENV, team_size=size, tasks=path), Expert())
            assert (infos["quality"], infos["welfare"]) == (1.0, 9)
        with pytest.raises(ValueError, match=r"team_size must be at most 3, .* got 4. Lower team"):
            make(ENV, team_size=4, tasks=path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"slots": 0}, "slots must be a whole number, between 1 and 99; got 0"),
            ({"slots": 100}, "slots must be a whole number, between 1 and 99; got 100"),
            ({"places": 1.5}, "places must be a whole number, between 1 and 99; got 1.5"),
            ({"closed": [1, 1]}, "'closed' must name slots, each once"),
            ({"closed": [0]}, "a closed slot must be a whole number, 1 or more; got 0"),
            ({"closed": [50]}, "'closed' must name slots, each once"),
            ({"closed": [*range(1, 50)]}, "no job fits into the open slots"),
            ({"jobs": []}, "there must be 1 to 48 jobs, each with a name of its own"),
            (
                {"name": "of Baker"},
                "a job is named by one word of a to z with a capital, not 'of",
            ),
            ({"points": 10.9}, "points must be a whole number, between 1 and 999; got 10.9"),
            ({"points": 1_000}, "points must be a whole number, between 1 and 999; got 1000"),
            ({"deadline": 0}, "a deadline must be a whole number, 1 or more; got 0"),
            ({"deadline": 50}, "needs a slot as its deadline, not 50"),
            ({"order": -1}, "order must be a whole number, between 0 and 48; got -1"),
            ({"order": 49}, "order must be a whole number, between 0 and 48; got 49"),
            ({"talk": "20"}, "'talk' must be a whole number, 0 or more; got '20'"),
            ({"steps": []}, "needs 1 to 12 steps, all different"),
            ({"steps": ["sawing", "sawing"]}, "needs 1 to 12 steps, all different"),
            ({"steps": [f"s{'a' * n}" for n in range(1, 14)]}, "needs 1 to 12 steps, all diff"),
            ({"steps": ["saw it"]}, "is no single word in small letters"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, change: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        data = task_of("easy").to_dict()
        (data if change.keys() <= data.keys() else data["jobs"][0]).update(change)
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(data))
        with pytest.raises(ValueError, match="line 1 is not a task: .*" + re.escape(message)):
            make(ENV, tasks=path)

    def test_with_two_jobs_of_one_name_are_refused(self) -> None:
        data = task_of("easy").to_dict()
        data["jobs"][0]["name"] = data["jobs"][1]["name"]
        with pytest.raises(ValueError, match="jobs, each with a name of its own"):
            AllocationTask.from_dict(data)

    def test_that_take_too_long_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = task_of("easy").to_dict()
        monkeypatch.setattr(optimum, "MAX_NODES", 5)
        best.cache_clear()
        with pytest.raises(ValueError, match="the best allocation takes too long to find"):
            AllocationTask.from_dict(data)
        best.cache_clear()


def test_the_harder_the_more_a_slip_costs() -> None:
    """An expert that derails at one token of two hundred."""
    jobs = (Job(ENV, difficulty, 4, "handicapped expert", 12) for difficulty in DIFFICULTIES)
    easy, medium, hard = (play_job([job], range(12))[0].joint_reward for job in jobs)
    assert easy > medium + 0.02
    assert medium > hard + 0.02


def test_a_step_is_cheap_in_every_team() -> None:
    """The bars are 2 ms, and 1.3 times per agent; a busy machine may take twice that."""
    two, eight, sixteen = (step_ms(env_of("hard", n), tasks=2) for n in (2, 8, 16))
    assert eight < 4
    assert sixteen < 5
    assert sixteen / 16 <= 1.3 * two / 2
