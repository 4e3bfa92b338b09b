"""Evaluate: a policy on fixed tasks, one record for each episode.

Every policy meets the same tasks under the same seed. Episodes are played in batches, each with its
own seed, and saved batch by batch, so that a run that was broken off goes on as if it had not been.
What had ended of a batch that was broken off is played again with the others: those are the short
episodes, and to keep them and draw only the long ones anew would be to choose. A served model that
decodes greedily is the exception: nothing is drawn, requests may cost money, and so each episode
is a batch of its own, saved as it ends.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from baselines.action_selector import ActionSelector
from baselines.errors import CommandError
from baselines.fingerprint import fingerprint
from baselines.logs import LogsFile
from baselines.policies.base import Reply
from baselines.policies.chat_server import Requests
from baselines.policies.endpoint import ENDPOINT
from baselines.policies.load import TEAM_SIZE, open_policy, weights_of
from baselines.results import Record, ResultsFile
from baselines.rollout import Episode, RolloutError, play_rounds
from baselines.version import version_of_envs
from baselines.wrapping import read_wrappers, wrapped
from llm_collab_envs import make
from llm_collab_envs.core import metrics
from llm_collab_envs.core.render import wrapper_text

EPISODES = 64  # where a generator has no end of tasks
TASKS_PER_SEED = 1_000
SETTINGS = (
    "env",
    "policy",
    "team_size",
    "difficulty",
    "split",
    "seed",
    "temperature",
    "top_p",
    "wrappers",
)
IDENTITY = (*SETTINGS, "max_new_tokens", "weights", "tasks_content")
_LIBRARIES = ("pettingzoo", "torch", "transformers")


@dataclass(frozen=True)
class EvalConfig:
    """What to evaluate, and on what.

    Attributes:
        env: Env id.
        policy: A name that `policies.load` knows, a model folder, "hf:" and a model id, or
            "endpoint:URL#MODEL".
        team_size: Agents in the team.
        difficulty: Of the tasks.
        episodes: How many tasks, one episode each; None for all of `tasks`, or, of generated ones,
            for `EPISODES` or as many as there are.
        split: "train" or "test".
        tasks: A JSONL file of your own tasks, or None for generated ones. `difficulty` and `split`
            choose nothing then.
        seed: Of the chance in replies and intervals, and which tasks: those from `TASKS_PER_SEED` x
            seed on; after the last comes the first.
        temperature: Of sampling; 0 is greedy.
        top_p: Nucleus of sampling.
        max_new_tokens: The longest reply, in the model's tokens.
        batch: Episodes played at once. Chance is drawn batch by batch, so a sampled run repeats
            itself only with the same batch.
        wrappers: What makes the team uneven or lets it fail, each as in Python with its settings by
            name, such as "LossyChannel(lost=0.1)"; the innermost first.
        requests: How a server is asked, where the policy is an endpoint.
        out: JSONL file that the records go to, or None. What it holds already is kept, also under
            another `batch` or fewer or more episodes; the others make new batches.
        logs: JSONL file that what was said and done is added to, an `EpisodeLog` a line, or None.
            Only of the episodes that are played, not of those that `out` holds already.
    """

    env: str
    policy: str
    team_size: int = TEAM_SIZE
    difficulty: str = "easy"
    episodes: int | None = None
    split: str = "test"
    tasks: Path | None = None
    seed: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 1024
    batch: int = 32
    wrappers: Sequence[str] = ()
    requests: Requests = field(default_factory=Requests)
    out: Path | None = None
    logs: Path | None = None

    def __post_init__(self) -> None:
        """Check what nothing else checks."""
        for name, least in (("episodes", 1), ("batch", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} must be {least} or more; got {value}.")
        self.selector()
        read_wrappers(self.wrappers)
        if self.out and self.logs and self.out.resolve() == self.logs.resolve():
            raise ValueError(f"out and logs must be two files; both are {self.out}.")

    def identity(self) -> dict[str, Any]:
        """Return what two runs must share for their records to belong together.

        Of files it is what they hold, as they are trained on, mended and moved; of wrappers all
        settings, however they were written.
        """
        contents: dict[str, Any] = {
            "weights": weights_of(self.policy),
            "tasks_content": fingerprint(self.tasks),
        }
        conditions = self.make_env().unwrapped.conditions.to_dicts() if self.wrappers else []
        contents["wrappers"] = [wrapper_text(wrapper) for wrapper in conditions]
        return {n: contents[n] if n in contents else getattr(self, n) for n in IDENTITY}

    def make_env(self) -> Any:
        """Return an env to play in."""
        env = make(
            self.env,
            team_size=self.team_size,
            difficulty=self.difficulty,
            split=self.split,
            tasks=self.tasks,
        )
        return wrapped(env, self.wrappers)

    def selector(self) -> ActionSelector:
        """Return the action selector."""
        return ActionSelector(self.temperature, self.top_p, self.max_new_tokens)


def evaluate(config: EvalConfig, console: Console | None = None) -> list[Record]:
    """Play the tasks that are not in `config.out` yet, and return the records of all, in order.

    Args:
        config: What to evaluate.
        console: Where to show a progress bar, or None for silence.

    Raises:
        CommandError: For a policy, team size, split, ... that does not exist, an `out` or `logs`
            that holds something else or cannot be written; and where a server fails for good. The
            batches that have ended are saved.
        OSError: For a file of tasks that cannot be read.
        KeyboardInterrupt: After Ctrl-C; its message says what is saved.
    """
    tasks, envs = _prepare(config)
    identity = config.identity()
    with (
        nullcontext() if config.logs is None else LogsFile(config.logs) as logs,
        nullcontext() if config.out is None else ResultsFile(config.out, identity, tasks) as file,
    ):
        records = {t: file.records[t] for t in tasks if t in file.records} if file else {}
        if records and console:
            found = f"{len(records)} of {len(tasks)} episodes are in {config.out} already"
            console.print(f"{found}: they are not played again.", markup=False, soft_wrap=True)
        try:
            rounds = _episodes(config, envs, tasks, records)
            with _bar(console) as bar:
                line = bar.add_task("episodes", total=len(tasks), reward=_running_mean(records))
                bar.update(line, completed=len(records))
                for size, ended in rounds:
                    if logs:
                        logs.append((episode.log for episode in ended.values()), size)
                    played = [_record(identity, e, config, size) for e in ended.values()]
                    if file:
                        file.append(played)
                    records.update({record["task"]: record for record in played})
                    bar.update(line, completed=len(records), reward=_running_mean(records))
        except RolloutError as stop:
            raise CommandError(f"{stop} {_what_is_saved(file, tasks, len(records))}") from stop
        except KeyboardInterrupt:
            said = f"stopped; {_what_is_saved(file, tasks, len(records))}"
            raise KeyboardInterrupt(said) from None
        except RuntimeError as problem:
            if not _is_no_memory(problem):
                raise
            raise CommandError(
                f"the device's memory is full, with batch={config.batch}; "
                f"{_what_is_saved(file, tasks, len(records), 'with a lower --batch')}"
            ) from problem
    return [records[task] for task in tasks]


def joint_rewards(config: EvalConfig, tasks: Sequence[int]) -> list[float]:
    """Play a policy on tasks of your choice, and return the joint reward of each.

    Args:
        config: What to play; `episodes` and `out` do not count.
        tasks: Task indices.
    """
    rounds = _episodes(config, _envs(config, len(tasks)), tasks, {})
    episodes = {n: episode for _, ended in rounds for n, episode in ended.items()}
    return [episodes[n].joint_reward for n in range(len(tasks))]


def tasks_of(config: EvalConfig) -> list[int]:
    """Return the indices of the tasks to play.

    Raises:
        ValueError: Where there are not as many.
    """
    available = len(config.make_env().tasks)
    usual = available if config.tasks else min(EPISODES, available)
    episodes = usual if config.episodes is None else config.episodes
    if episodes > available:
        where = f"in {config.tasks}" if config.tasks else "there are"
        raise ValueError(
            f"episodes must be at most {available}, the tasks {where}; got {episodes}."
        )
    start = config.seed * TASKS_PER_SEED
    return [(start + n) % available for n in range(episodes)]


def _prepare(config: EvalConfig) -> tuple[list[int], list[Any]]:
    """Return tasks and envs; what is wrong with the env's arguments shows here."""
    try:
        tasks = tasks_of(config)
        envs = _envs(config, len(tasks))
        envs[0].reset(options={"task": tasks[0]})  # a task may not admit the team
    except (ValueError, RuntimeError) as problem:  # or a package that the env needs is missing
        raise CommandError(str(problem)) from problem
    return tasks, envs


def _envs(config: EvalConfig, episodes: int) -> list[Any]:
    return [config.make_env() for _ in range(min(config.batch, episodes))]


def _episodes(
    config: EvalConfig, envs: Sequence[Any], tasks: Sequence[int], played: Mapping[int, Record]
) -> Iterator[tuple[int, dict[int, Episode]]]:
    """Play the tasks that have not been played, in batches that begin at fixed places.

    Yields:
        How many episodes make a batch, and those that ended, by their positions in `tasks`.
    """
    batches = list(_missing(tasks, config.batch, played))
    if not batches:
        return iter(())
    seeded = open_policy(
        config.policy, config.env, config.team_size, config.selector(), config.requests
    )
    by_themselves = config.policy.startswith(ENDPOINT) and config.temperature == 0
    return (
        (1 if by_themselves else len(batch), {batch[n]: episode for n, episode in ended.items()})
        for batch in batches
        for ended in play_rounds(
            envs[: len(batch)],
            [tasks[n] for n in batch],
            seeded(_batch_seed(config.seed, batch[0])),
        )
    )


def _missing(tasks: Sequence[int], size: int, played: Mapping[int, Record]) -> Iterator[list[int]]:
    """Yield batches of positions in `tasks`, without what has been played."""
    for start in range(0, len(tasks), size):
        batch = range(start, min(start + size, len(tasks)))
        if left := [n for n in batch if tasks[n] not in played]:
            yield left


def _batch_seed(seed: int, position: int) -> int:
    return int(np.random.SeedSequence([seed, position]).generate_state(1)[0])


def _record(
    identity: Mapping[str, Any], episode: Episode, config: EvalConfig, batch: int
) -> Record:
    log = episode.log
    replies = [reply for history in episode.histories.values() for reply in history.replies]
    written = [reply for reply in replies if _is_models(reply)]
    lengths = [len(reply.token_ids) or reply.served_tokens for reply in written]
    # One as long as allowed was most likely cut off there, and so is most likely malformed.
    cut = sum(
        bool(reply.cut) or (length or 0) >= config.max_new_tokens
        for reply, length in zip(written, lengths, strict=True)
    )
    return {
        **identity,
        "task": log.task_index,
        "batch": batch,
        **log.rounds[-1].terms,
        "malformed": metrics.malformed(log),
        "rounds": len(log.rounds),
        "env_tokens": metrics.total_tokens(log),
        "model_tokens": sum(lengths) if written and None not in lengths else None,
        "cut_replies": cut if written else None,
        "seconds": episode.seconds,
        "difference_reward": {a: info["difference_reward"] for a, info in episode.infos.items()},
        "versions": _versions(),
    }


def _is_models(reply: Reply) -> bool:
    """Whether a language model wrote a reply; of a scripted one there is nothing but the text."""
    return reply != Reply(reply.text)


def _versions() -> dict[str, str]:
    """Return the versions that results may depend on, of what this run imported."""
    loaded = {name: sys.modules[name] for name in _LIBRARIES if name in sys.modules}
    return {
        "python": platform.python_version(),
        "llm_collab_envs": version_of_envs(),
        **{name: module.__version__ for name, module in loaded.items()},
    }


def _is_no_memory(problem: RuntimeError) -> bool:
    """Whether a GPU ran out of memory; where torch was not needed, it is not imported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(problem, torch.OutOfMemoryError)


def _bar(console: Console | None) -> Progress:
    return Progress(
        TextColumn("evaluating"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[reward]}"),
        console=console,
        disable=console is None,
    )


def _running_mean(records: Mapping[int, Record]) -> str:
    if not records:
        return "first episodes ..."
    return f"joint reward {np.mean([r['joint_reward'] for r in records.values()]):.3f}"


def _what_is_saved(
    file: ResultsFile | None, tasks: Sequence[int], played: int, how: str = "again"
) -> str:
    if file is None:
        once_more = "" if how == "again" else f" Run the same command {how}."
        return f"nothing was saved, as there was no --out.{once_more}"
    saved = sum(task in file.records for task in tasks)
    more = f"; {played - saved} more had ended, but not the rest of their batch"
    return (
        f"{saved} of {len(tasks)} episodes are saved in {file.path}{more if played > saved else ''}"
        f". Run the same command {how} to play the others."
    )
