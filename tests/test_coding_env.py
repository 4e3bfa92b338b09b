"""What coding envs share: feedback to the author, remembered outcomes, fences, the sandbox."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cheats import NAMES
from llm_collab_envs import ENV_MODULES
from llm_collab_envs import make as make_env
from llm_collab_envs.coding.coding_env import LIMITS, hasty, source_of
from llm_collab_envs.coding.function_pair.env import FunctionPairEnv
from llm_collab_envs.coding.function_pair.expert import Expert
from llm_collab_envs.coding.function_pair.scoring import suites_of
from llm_collab_envs.coding.function_pair.tasks import PairTask
from llm_collab_envs.sandbox import Answer, Job, Outcome, Sandbox, Status, sandbox
from llm_collab_envs.sandbox.unprotected import UnsafeSandboxWarning
from pair_tasks import generated, make, save
from play import play

FIRST, MAIN = 0, 3
CODING_ENVS = [env_id for env_id, path in ENV_MODULES.items() if ".coding." in path]


@pytest.fixture(scope="module")
def task() -> PairTask:
    return generated("easy")[0]


@pytest.fixture
def env(task: PairTask, tmp_path: Path) -> FunctionPairEnv:
    return make(tasks=save(tmp_path / "tasks.jsonl", task))


def notices(env: FunctionPairEnv, agent: int, part: str, more: str = "") -> list[str]:
    """What an agent is told in the round after it has submitted a part."""
    env.reset(options={"task": 0})
    observations, *_ = env.step({f"agent_{agent}": f"<submit>{part}</submit>{more}"})
    others = [text for a, text in observations.items() if a != f"agent_{agent}"]
    assert not any("Notice" in text for text in others)
    return re.findall(r"^Notice: (.*)$", observations[f"agent_{agent}"], re.MULTILINE)


class TestFeedback:
    def test_says_nothing_of_right_code(self, env: FunctionPairEnv, task: PairTask) -> None:
        for n, function in enumerate(task.functions):
            assert notices(env, n, function.source(task.known("value"))) == []

    def test_says_where_the_syntax_is_wrong(self, env: FunctionPairEnv) -> None:
        [notice] = notices(env, FIRST, "def f(x):\n    return x +\n")
        assert notice.startswith("your code does not run: ")
        assert "\n" not in notice

    def test_says_what_code_raises_when_it_is_loaded(self, env: FunctionPairEnv) -> None:
        [notice] = notices(env, FIRST, "x = 1 / 0")
        assert notice.startswith("your code does not run: ")
        assert "division" in notice

    def test_says_which_example_fails(self, env: FunctionPairEnv, task: PairTask) -> None:
        function = task.functions[FIRST]
        [notice] = notices(env, FIRST, f"{function.header}\n    return 'zzz'")
        call = f"{function.name}({function.examples[0][0]!r})"
        assert notice == f"{call} returned 'zzz', which is wrong."
        [notice] = notices(env, FIRST, f"{function.header}\n    return nothing")
        assert notice == f"{call} failed: NameError: name 'nothing' is not defined."

    def test_says_that_a_function_is_missing(self, env: FunctionPairEnv, task: PairTask) -> None:
        [notice] = notices(env, FIRST, "def other(x):\n    return x")
        assert f"name '{task.functions[FIRST].name}' is not defined" in notice

    def test_stays_until_the_code_is_mended(self, env: FunctionPairEnv, task: PairTask) -> None:
        notices(env, FIRST, "def f(:")
        observations, *_ = env.step({})
        assert "Notice: your code does not run" in observations["agent_0"]
        right = task.functions[FIRST].source(task.known("value"))
        observations, *_ = env.step({"agent_0": f"<submit>{right}</submit>"})
        assert "Notice" not in observations["agent_0"]

    def test_is_not_for_one_who_is_done(self, env: FunctionPairEnv) -> None:
        assert notices(env, FIRST, "def f(:", "<done/>") == []

    def test_is_one_short_line(self, env: FunctionPairEnv, task: PairTask) -> None:
        header = task.functions[FIRST].header
        bodies = ("return 'a' * 5_000", "raise ValueError('b\\n' * 5_000)", "return '\\x00\\ud800'")
        for body in bodies:
            [notice] = notices(env, FIRST, f"{header}\n    {body}")
            assert len(notice) < 300
            notice.encode()
            assert "\x00" not in notice

    @pytest.mark.parametrize("n", range(4))
    def test_never_tells_whether_a_guessed_value_is_the_agreed_one(
        self, env: FunctionPairEnv, task: PairTask, n: int
    ) -> None:
        """Or else an agent could try values instead of asking."""
        function = task.functions[n]
        known = task.known("value")
        for agreed in task.agreed:
            for value in ("'bak'", "'ton'") if "'" in known[agreed.letter] else ("11", "99"):
                part = function.source(known | {agreed.letter: value})
                assert notices(env, n, part) == []

    def test_tells_main_nothing_of_helpers_that_it_has_not_named(
        self, env: FunctionPairEnv, task: PairTask
    ) -> None:
        """Code that looks around finds no teammate's function to tell its author about."""
        header = task.functions[MAIN].header
        listing = "return [n for n in globals() if len(n) == 7]"
        for body in (
            "raise ValueError(list(globals()))",
            "return [n for n in globals()]",
            f"{listing}\n# {' '.join(NAMES)}",
            f"{listing}\nNAMES = {set(NAMES)}",
        ):
            text = "".join(notices(env, MAIN, f"{header}\n    {body}"))
            assert text
            assert not any(helper.name in text for helper in task.functions[:MAIN])

    def test_never_shows_a_hidden_test(self, env: FunctionPairEnv, task: PairTask) -> None:
        values = [repr(v) for s in suites_of(task) for c in s.calls for v in c.args]
        for n, function in enumerate(task.functions):
            for body in ("return x", "raise ValueError(x)", "print(x); return repr(x)"):
                text = "".join(notices(env, n, f"{function.header}\n    {body}"))
                assert not any(value in text for value in values)


class CountingSandbox(Sandbox):
    """Counts the jobs that it is given, and those of them that are scored."""

    jobs = scored = 0

    def run_many(self, jobs: Sequence[Job]) -> list[Outcome]:
        self.jobs += len(jobs)
        self.scored += sum(job.limits == LIMITS for job in jobs)
        return super().run_many(jobs)


def counted(env: FunctionPairEnv) -> CountingSandbox:
    env._sandbox = CountingSandbox()
    return env._sandbox


class SleepySandbox(Sandbox):
    """Says of all programs that they sleep: while they load, or when they are called."""

    def __init__(self, loads: bool) -> None:
        super().__init__()
        self.loads = loads
        self.batches: list[Sequence[Job]] = []

    def run_many(self, jobs: Sequence[Job]) -> list[Outcome]:
        self.batches += [jobs] if jobs else []
        return [self._slept(job) for job in jobs]

    def _slept(self, job: Job) -> Outcome:
        status: Status = "ok" if self.loads and not job.calls else "timeout"
        return Outcome(status, "", (Answer(status),) * len(job.calls))


@pytest.mark.parametrize(("loads", "batches"), [(False, 2), (True, 3)])
def test_programs_that_sleep_hold_up_a_round_once(
    env: FunctionPairEnv, loads: bool, batches: int
) -> None:
    """All parts are looked at together; the examples of one that does not load are not run."""
    env.reset(options={"task": 0})
    env._sandbox = sandbox = SleepySandbox(loads)
    views, *_ = env.step(dict.fromkeys(env.agents, "<submit>x = 1</submit>"))
    assert all("Notice" in view for view in views.values())
    assert len(sandbox.batches) == batches
    *looked_at, scored = sandbox.batches
    assert all(job.limits == LIMITS for job in scored)
    assert all(job.limits == hasty(LIMITS) for jobs in looked_at for job in jobs)


def test_code_that_hangs_in_all_its_functions_hangs_in_one_example(tmp_path: Path) -> None:
    env = make(tasks=save(tmp_path / "tasks.jsonl", generated("hard")[0]), team_size=1)
    env.reset(options={"task": 0})
    env._sandbox = sandbox = SleepySandbox(loads=True)
    views, *_ = env.step({"agent_0": "<submit>x = 1</submit>"})
    assert "Notice" in views["agent_0"]
    assert [len(jobs) for jobs in sandbox.batches[:2]] == [1, 1]


class TestOutcomes:
    def test_are_remembered_within_an_episode(self, env: FunctionPairEnv) -> None:
        """Four functions and the module: each runs once, credit and all."""
        sandbox = counted(env)
        infos = play(env, Expert())
        assert infos["difference_reward"] > 0.5
        assert sandbox.scored == 5

    def test_are_forgotten_after_it(self, env: FunctionPairEnv) -> None:
        sandbox = counted(env)
        play(env, Expert())
        play(env, Expert())
        assert sandbox.scored == 10

    def test_of_the_expert_that_is_played_for_its_time_are_not_asked_for(
        self, env: FunctionPairEnv
    ) -> None:
        sandbox = counted(env)
        env.reset(options={"task": 0})
        assert env._play_expert() > 0
        assert sandbox.jobs == 0

    def test_of_a_part_that_is_sent_again_cost_nothing(self, env: FunctionPairEnv) -> None:
        sandbox = counted(env)
        env.reset(options={"task": 0})
        env.step({"agent_0": "<submit>x = 1</submit>"})
        before = sandbox.jobs
        for _ in range(3):
            env.step({"agent_0": "<submit>x = 1</submit>"})
        assert sandbox.jobs == before


class TestSandbox:
    @pytest.mark.filterwarnings("ignore")
    def test_unsafe_is_told_in_infos(self, task: PairTask, tmp_path: Path) -> None:
        path = save(tmp_path / "tasks.jsonl", task)
        for backend, unsafe in (("auto", 0), ("monty", 0), ("bwrap", 0), ("unsafe", 1)):
            env = make(tasks=path, sandbox=backend)
            _, infos = env.reset(options={"task": 0})
            assert {info["unsafe"] for info in infos.values()} == {unsafe}
            assert play(env, Expert())["quality"] == 1.0

    def test_is_in_the_log(self, env: FunctionPairEnv) -> None:
        play(env, Expert())
        assert env.episode.config["sandbox"] == "auto"
        assert env.episode.replay(FunctionPairEnv) == env.episode

    def test_unknown(self) -> None:
        with pytest.raises(ValueError, match="magic"):
            make(sandbox="magic")


@pytest.mark.parametrize("env_id", CODING_ENVS)
class TestEveryCodingEnv:
    def test_sleep_is_cut_short_soon_after_work_would_be(self, env_id: str) -> None:
        limits = make_env(env_id).limits
        assert limits.wall_seconds <= 3 * limits.seconds

    def test_says_where_the_syntax_is_wrong_and_to_nobody_else(self, env_id: str) -> None:
        for size in (1, 2):
            env = make_env(env_id, team_size=size)
            observations, _ = env.reset(options={"task": 0})
            author = f"agent_{size - 1}"
            files = re.findall(r"^# \w+\.py$", observations[author], re.MULTILINE)
            first = files[0] if files else "x = 1"
            observations, *_ = env.step({author: f"<submit>{first}\ndef f(:\n</submit>"})
            for agent, text in observations.items():
                told = "".join(re.findall(r"^Notice: .*$", text, re.MULTILINE))
                assert ("invalid syntax" in told and "line 2" in told) == (agent == author)

    def test_cannot_be_made_where_no_sandbox_works(
        self, env_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sandbox, "why_monty_fails", lambda: "no Monty: run pip install x")
        monkeypatch.setattr(sandbox, "why_bubblewrap_fails", lambda: "no bwrap: run sysctl y")
        with pytest.raises(RuntimeError, match=r"pip install x; .*sysctl y.*sandbox='unsafe'"):
            make_env(env_id)

    def test_unsafe_warns_each_time_and_is_in_infos(self, env_id: str) -> None:
        with pytest.warns(UnsafeSandboxWarning, match="with all your rights") as caught:
            envs = [make_env(env_id, sandbox="unsafe") for _ in range(2)]
        assert len(caught) == 2
        assert envs[0].reset(seed=0)[1]["agent_0"]["unsafe"] == 1
        assert make_env(env_id).reset(seed=0)[1]["agent_0"]["unsafe"] == 0


FUTURE = "from __future__ import annotations"


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("x = 1", "x = 1"),
        ("  \nx = 1\n ", "x = 1"),
        ("```python\nx = 1\n```", "x = 1\n"),
        ("```\nx = 1\n```\n", "x = 1\n"),
        ("```py\nx = '```'\n```", "x = '```'\n"),
        ("```python\r\nx = 1\r\n```\r\n", "x = 1\r\n"),
        ("Here it is:\n```python\nx = 1\n```\nIt works.", "x = 1\n"),
        ("A:\n```python\nx = 1\n```\nand B:\n```\ny = 2\n```\nDone.", "x = 1\n\n\ny = 2\n"),
        ("A:\n```python\nx = 1\n```\n```python\ny = 2", "x = 1\n\n\ny = 2"),  # never closed
        (
            f"```\n{FUTURE}\nx = 1\n```\n```\n{FUTURE}\ny = 2\n```",
            f"{FUTURE}\n\npass\nx = 1\n\n\npass\ny = 2\n",
        ),
        ("x = '''\n```\ny\n```\n'''", "x = '''\n```\ny\n```\n'''"),
        ("```python\n```", ""),
        ("``````", "``````"),
        ("```", "```"),
        ("~~~python\nx = '```'\n~~~\nIt works.", "x = '```'\n"),
        ("Here:\n  ```python\n  if x:\n    y = 1\n  ```\nDone.", "if x:\n  y = 1\n"),
        ("  ```python\nx = 1\n  ```", "x = 1\n"),
        ("````python\nx = 1\n```\ny = 2\n````", "x = 1\n```\ny = 2\n"),
        ('```\nx = """\n    ```\n~~~\n"""\n```', 'x = """\n    ```\n~~~\n"""\n'),
        ("text ```python\nx\n```", "text ```python\nx\n```"),
        ("", ""),
    ],
)
def test_what_is_in_fences_counts(part: str, source: str) -> None:
    assert source_of(part) == source


@pytest.mark.parametrize(
    "piece", ["`", "~", "```\n", "  ~~~\n", "```\n\n~~~ x\n", " ", "\n", "a\n"]
)
def test_many_marks_take_little_time(piece: str) -> None:
    start = time.perf_counter()
    source_of(piece * (60_000 // len(piece)))
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(("team_size", "mark"), [(1, "```"), (2, "```"), (2, "~~~"), (2, "  ```")])
@pytest.mark.parametrize("env_id", CODING_ENVS)
def test_a_fence_for_each_function_or_file_costs_no_quality(
    env_id: str, team_size: int, mark: str
) -> None:
    env = make_env(env_id, team_size=team_size, difficulty="hard", split="test")
    expert = env._expert()

    def fenced(submission: re.Match[str]) -> str:
        pieces = re.split(r"\n(?=def |--- )", submission[1].strip())
        blocks = [f"Part {n} is:\n{mark}python\n{piece}\n{mark}" for n, piece in enumerate(pieces)]
        return "\n".join(["<submit>", *blocks, "This does what was asked.</submit>"])

    plain = play(env, expert)
    infos = play(env, lambda text: re.sub(r"(?s)<submit>(.*)</submit>", fenced, expert(text)))
    assert infos["quality"] == plain["quality"] == 1.0
    assert infos["coordination_cost"] == plain["coordination_cost"]


def test_metrics_are_numbers(env: FunctionPairEnv) -> None:
    _, infos = env.reset(options={"task": 0})
    wanted: dict[str, Any] = {"pass_rate": 0.0, "functions": 0.0, "module": 0.0, "unsafe": 0}
    assert wanted.items() <= infos["agent_0"].items()
