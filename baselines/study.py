"""A study: a team of language models is trained on one env, and measured beside all it has to beat.

What it has to beat: the scripted floor and ceiling, its own warm start, and a single agent on the
same held-out tasks, before and after training. `demo.py` is one study, `reproduce.py` is two.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from baselines.config import TrainConfig
from baselines.errors import CommandError, reason
from baselines.evaluate import EvalConfig, evaluate, tasks_of
from baselines.report import Entry, Scores, learning_curve, markdown, table
from baselines.results import Record
from baselines.run_folder import CONFIG, started_otherwise
from baselines.summary import speed_up

TEAM = 4
FINISHED = "report.md"
WARM, TRAINED = "warm", "trained"

Key = tuple[str, int, float]  # policy, or WARM or TRAINED; team size; temperature
Played = dict[Key, list[Record]]


@dataclass(frozen=True)
class Study:
    """What is trained and measured.

    Attributes:
        env: Env id.
        scores: The env's own figures, in tables and curve.
        bar: One of them, and the least that the trained team is to have of it.
        training: Options of `TrainConfig`.
        max_new_tokens: The longest reply, when measured.
        sizes: Team sizes that the trained policy is measured in, `TEAM` among them.
    """

    env: str
    scores: Scores
    bar: tuple[str, float]
    training: Mapping[str, Any]
    max_new_tokens: int
    sizes: tuple[int, ...] = (TEAM,)

    def matches(self) -> list[Key]:
        """Return everything that is played, in this order."""
        scripted = [("silent", TEAM), ("random", TEAM), ("expert", TEAM), ("solo-expert", 1)]
        models = [(spec, size) for spec in (WARM, TRAINED) for size in (TEAM, 1)]
        return (
            [(spec, size, 1.0) for spec, size in scripted]
            + [(spec, size, heat) for spec, size in models for heat in (1.0, 0.0)]
            + [(TRAINED, size, 1.0) for size in self.sizes if size != TEAM]
        )


@dataclass(frozen=True)
class Options:
    """What the command line may change.

    Attributes:
        model: The warm start: "tiny", a model folder, or "hf:" and a model id.
        steps: Of training, or None for the study's own number.
        learning_rate: Of training.
        lora_rank: Of adapters, or 0 to train all weights.
        episodes: Test tasks.
        seed: Of tasks, training and replies.
    """

    model: str = "tiny"
    steps: int | None = None
    learning_rate: float = TrainConfig.learning_rate
    lora_rank: int = TrainConfig.lora_rank
    episodes: int = 64
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """What a study does in its folder, checked before anything begins.

    Attributes:
        study: What is trained and measured.
        folder: Where everything goes.
        policy: How the team is trained.
        matches: What is played, in this order.
    """

    study: Study
    folder: Path
    policy: TrainConfig
    matches: dict[Key, EvalConfig]


def plan(study: Study, folder: Path, options: Options) -> Plan:
    """Return the plan of a study.

    Raises:
        ValueError: For a number out of its range.
        RuntimeError: Where a package that the env needs is missing.
    """
    policy = training(study, folder, options)
    models = {WARM: options.model, TRAINED: str(policy.out)}
    matches = {}
    for spec, size, temperature in study.matches():
        matches[spec, size, temperature] = EvalConfig(
            study.env,
            models.get(spec, spec),
            team_size=size,
            episodes=options.episodes,
            seed=options.seed,
            temperature=temperature,
            max_new_tokens=study.max_new_tokens,
            batch=64,
            out=folder / f"{spec}-{size}-{temperature:g}.jsonl",
        )
    for match in matches.values():
        tasks_of(match)  # there have to be as many, before time is spent on training
    return Plan(study, folder, policy, matches)


def training(study: Study, folder: Path, options: Options) -> TrainConfig:
    """Return the training run of a study."""
    own = dict(study.training)
    if options.steps is not None:
        own["steps"] = options.steps
    names = ("model", "learning_rate", "lora_rank", "seed")
    chosen = {name: getattr(options, name) for name in names}
    return TrainConfig(study.env, folder / "policy", **chosen, **own)


def run(planned: Plan, console: Console) -> Played:
    """Train, evaluate, print and write everything into the study's folder."""
    console.print("Training", style="bold", end=" ")
    teams = ", ".join(map(str, sorted({*planned.policy.teams})))
    what = f"{planned.policy.model} on {planned.study.env}, in teams of {teams}"
    say(console, f"{what} ({planned.folder})")
    started = time.perf_counter()
    _train(planned.policy)
    say(console, f"trained in {(time.perf_counter() - started) / 60:.1f} minutes")

    console.print("Measuring", style="bold", end=" ")
    say(console, f"on {next(iter(planned.matches.values())).episodes} held-out test tasks")
    played = {key: evaluate(config, console) for key, config in planned.matches.items()}
    _report(planned, played, console)
    say(console, f"in all {(time.perf_counter() - started) / 60:.1f} minutes")
    return played


def say(console: Console, text: str) -> None:
    """Print as it stands: folders may hold what looks like markup."""
    console.print(text, markup=False)


def alone(played: Played) -> Key:
    """Return the honest solo baseline: the better of the warm start and the trained model, alone.

    Training a team may cost the model the skill to work alone, or lift it.
    """
    both: list[Key] = [(spec, 1, 1.0) for spec in (WARM, TRAINED)]
    return max(both, key=lambda key: _mean(played[key], "quality"))


def checks(study: Study, played: Played) -> list[str]:
    """Say of each claim whether this run bears it out, as sampled.

    Speed and quality are held against both solo baselines.
    """
    score, least = study.bar
    team, warm = (
        Entry("", played[spec, TEAM, 1.0]).figures(study.scores) for spec in (TRAINED, WARM)
    )
    claims = {
        f"{name} above the warm start's, intervals apart": team[name].low > warm[name].high
        for name in ("joint reward", score)
    }
    claims[f"{score} at least {least}: {team[score].mean:.3f}"] = team[score].mean >= least
    for spec, name in ((TRAINED, "the trained model"), (WARM, "the warm start")):
        solo = played[spec, 1, 1.0]
        faster = speed_up(solo, played[TRAINED, TEAM, 1.0]).mean
        best, together = _mean(solo, "quality"), team["quality"].mean
        claims[f"at least 3.0 times as fast as {name} alone: {faster:.2f}"] = faster >= 3.0
        claims[f"quality no lower than {name} alone: {together:.3f} against {best:.3f}"] = (
            together >= best
        )
    return [f"- {'reached' if held else 'NOT reached'}: {claim}" for claim, held in claims.items()]


def _mean(records: Sequence[Record], name: str) -> float:
    return fmean(record[name] for record in records)


def _report(planned: Plan, played: Played, console: Console) -> None:
    study, folder = planned.study, planned.folder
    entries = _entries(study, played)
    title = f"{study.env}, {len(entries[0].records)} test tasks"
    console.print(table(entries, study.scores, title))
    levels = {
        label: _mean(played[key], "joint_reward")
        for label, key in {
            "expert": ("expert", TEAM, 1.0),
            "warm start": (WARM, TEAM, 1.0),
            "trained model alone": (TRAINED, 1, 1.0),
        }.items()
    }
    curve = folder / "learning_curve.png"
    learning_curve(planned.policy.out / "metrics.jsonl", study.scores, levels, curve)
    said = "\n".join(checks(study, played))
    say(console, said)
    (folder / "before_after.txt").write_text(_transcripts(planned))
    report = [f"# {study.env}, team of {TEAM}", markdown(entries, study.scores), said]
    report.append(f"![learning curve]({curve.name})")
    (folder / FINISHED).write_text("\n\n".join(report) + "\n")
    say(console, f"written: {folder}/{{{FINISHED}, {curve.name}, before_after.txt}}")


def _entries(study: Study, played: Played) -> list[Entry]:
    entries = [
        Entry("silent", played["silent", TEAM, 1.0]),
        Entry("random", played["random", TEAM, 1.0]),
        Entry("expert", played["expert", TEAM, 1.0], played["solo-expert", 1, 1.0]),
        Entry("expert, alone", played["solo-expert", 1, 1.0]),
    ]
    for spec, name in ((WARM, "warm start"), (TRAINED, "trained")):
        for temperature, how in ((1.0, "T=1"), (0.0, "greedy")):
            team, solo = played[spec, TEAM, temperature], played[spec, 1, temperature]
            entries.append(Entry(f"{name}, {how}", team, solo))
            entries.append(Entry(f"{name} alone, {how}", solo))
    solo = played[TRAINED, 1, 1.0]
    for size in study.sizes:
        if size != TEAM:
            entries.append(Entry(f"trained, {size} agents, T=1", played[TRAINED, size, 1.0], solo))
    return entries


def _transcripts(planned: Plan) -> str:
    """Return the same test task before and after training, sampled with the same seed."""
    from baselines.action_selector import ActionSelector
    from baselines.policies.load import load_policy
    from baselines.rollout import play
    from llm_collab_envs import make
    from llm_collab_envs.core.render import transcript

    env_id = planned.study.env
    selector = ActionSelector(max_new_tokens=planned.study.max_new_tokens)
    texts = []
    for title, spec in (("BEFORE", planned.policy.model), ("AFTER", str(planned.policy.out))):
        player = load_policy(spec, env_id, TEAM, selector, 0)
        (episode,) = play([make(env_id, team_size=TEAM, split="test")], [0], player)
        texts.append(f"===== {title} =====\n{transcript(episode.log)}")
    return "\n".join(texts)


def _train(config: TrainConfig) -> Path:
    """Train, or go on training, or take what is trained already."""
    from baselines.train import train

    if (config.out / "model.safetensors").exists():
        return config.out
    return train(config, resume=(config.out / CONFIG).exists())


def free_folder(root: Path, name: str, studies: Mapping[str, Study], options: Options) -> Path:
    """Return the folder of unfinished studies with these options, or of new ones."""
    number = 1
    while _is_taken(root / f"{name}-{number}", studies, options):
        number += 1
    return root / f"{name}-{number}"


def _is_taken(folder: Path, studies: Mapping[str, Study], options: Options) -> bool:
    """Whether a folder holds finished studies, or some with other options or of other envs."""
    if (folder / FINISHED).exists():
        return True
    runs = [training(study, folder / part, options) for part, study in studies.items()]
    try:
        return any((run.out / CONFIG).exists() and started_otherwise(run) for run in runs)
    except CommandError:  # nobody knows what was begun there
        return True


def command(
    name: str,
    about: str,
    studies: Mapping[str, Study],
    arguments: Sequence[str] | None,
    conclude: Callable[[Path, Mapping[str, Played], Console], None] = lambda *_: None,
) -> int:
    """Run studies from the command line; returns the exit code.

    Args:
        name: The module's, and the start of the folder's.
        about: What `--help` says.
        studies: Each with the part of the folder that is its own, "" for all of it.
        arguments: Of the command line, or None for those of the process.
        conclude: Called with the folder and what each study played.
    """
    parser = argparse.ArgumentParser(prog=f"python -m baselines.{name}", description=about)
    usual = " and ".join(f"{study.training['steps']}" for study in studies.values())
    add = parser.add_argument
    add("--model", default=Options.model, help="warm start: tiny, a folder, or hf: and a model id")
    add("--steps", type=int, help=f"of training (default: {usual})")
    add(
        "--learning-rate",
        type=float,
        default=Options.learning_rate,
        help="of training (default: %(default)s, for tiny; a larger model wants far less)",
    )
    add(
        "--lora-rank",
        type=int,
        default=Options.lora_rank,
        help="train adapters of this rank, for less memory (default: all weights)",
    )
    add("--episodes", type=int, default=Options.episodes, help="test tasks (default: %(default)s)")
    add("--seed", type=int, default=Options.seed, help="of tasks, training and replies")
    add("--root", type=Path, default=Path("runs"), help="where runs are kept")
    given = vars(parser.parse_args(arguments))
    root = given.pop("root")
    try:
        options = Options(**given)
        folder = free_folder(root, name, studies, options)
        plans = {part: plan(study, folder / part, options) for part, study in studies.items()}
    except (ValueError, RuntimeError) as problem:
        parser.error(str(problem))
    except OSError as problem:
        parser.error(f"cannot use --root {root}: {reason(problem)}. Give another one.")
    console = Console()
    try:
        conclude(folder, {part: run(planned, console) for part, planned in plans.items()}, console)
    except CommandError as problem:
        Console(stderr=True).print(str(problem), style="red", markup=False)
        return 2
    except KeyboardInterrupt as stop:
        say(console, f"{stop} The same command goes on where this one stopped.")
        return 130
    return 0
