"""The demo: a team of tiny models learns to write a document together, and is measured.

`python -m baselines.demo` trains the shipped model on `section_writing_v0` in a team of 4, then
plays 64 held-out tasks with the scripted floor and ceiling, the warm start, the trained team, and
the trained model alone. An interrupted demo goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from baselines.config import TrainConfig
from baselines.errors import CommandError, reason
from baselines.evaluate import EvalConfig, evaluate, tasks_of
from baselines.report import Entry, learning_curve, markdown, table
from baselines.results import Record
from baselines.run_folder import CONFIG, started_otherwise

ENV = "section_writing_v0"
TEAM = 4
FINISHED = "report.md"
TRAINED = "trained"
MAX_NEW_TOKENS = 640

Key = tuple[str, int, float]  # policy, team size, temperature


def training(out: Path, steps: int, seed: int) -> TrainConfig:
    """Return the demo's training run.

    Two tasks a step, both for the team: the model does not forget here how to work alone, as the
    solo baseline shows. Replies are cut at 256 tokens; an agent's section takes about 110.
    """
    teams = (TEAM, TEAM)
    return TrainConfig(ENV, out, teams=teams, steps=steps, max_new_tokens=256, seed=seed)


@dataclass(frozen=True)
class Plan:
    """What a demo does, checked before anything begins.

    Attributes:
        folder: Where everything goes.
        policy: How the team is trained.
        matches: What is played, in this order.
    """

    folder: Path
    policy: TrainConfig
    matches: dict[Key, EvalConfig]


def plan(root: Path, steps: int, episodes: int, seed: int) -> Plan:
    """Return the plan of an unfinished demo below `root`, or of a new one.

    Raises:
        ValueError: For a number out of its range.
    """
    folder = _folder(root, steps, seed)
    policy = training(folder / "policy", steps, seed)
    matches = {}
    for spec, size, temperature in _matches():
        matches[spec, size, temperature] = EvalConfig(
            ENV,
            str(policy.out) if spec == TRAINED else spec,
            team_size=size,
            episodes=episodes,
            seed=seed,
            temperature=temperature,
            max_new_tokens=MAX_NEW_TOKENS,
            batch=64,
            out=folder / f"{spec}-{size}-{temperature:g}.jsonl",
        )
    for match in matches.values():
        tasks_of(match)  # there have to be as many, before time is spent on training
    return Plan(folder, policy, matches)


def run(demo: Plan, console: Console) -> None:
    """Train, evaluate, print and write everything into the demo's folder."""
    console.print("1. Training", style="bold", end=" ")
    _say(console, f"a team of {TEAM} tiny models ({demo.folder})")
    started = time.perf_counter()
    _train(demo.policy)
    _say(console, f"trained in {(time.perf_counter() - started) / 60:.1f} minutes")

    console.print("2. Measuring", style="bold", end=" ")
    _say(console, f"on {next(iter(demo.matches.values())).episodes} held-out test tasks")
    played = {key: evaluate(config, console) for key, config in demo.matches.items()}
    _report(demo.folder, played, console)
    _say(console, f"in all {(time.perf_counter() - started) / 60:.1f} minutes")


def _say(console: Console, text: str) -> None:
    """Print as it stands: folders may hold what looks like markup."""
    console.print(text, markup=False)


def _matches() -> list[Key]:
    """Everything that is played, in this order."""
    scripted = [("silent", TEAM), ("random", TEAM), ("expert", TEAM), ("solo-expert", 1)]
    models = [(spec, size) for spec in ("tiny", TRAINED) for size in (TEAM, 1)]
    return [(spec, size, 1.0) for spec, size in scripted] + [
        (spec, size, temperature) for spec, size in models for temperature in (1.0, 0.0)
    ]


def _report(folder: Path, played: dict[Key, list[Record]], console: Console) -> None:
    entries = _entries(played)
    console.print(table(entries, f"{ENV}, {len(entries[0].records)} test tasks"))
    levels = {
        label: Entry("", played[key]).figures()["joint reward"].mean
        for label, key in {
            "expert": ("expert", TEAM, 1.0),
            "warm start": ("tiny", TEAM, 1.0),
            "trained model alone": (TRAINED, 1, 1.0),
        }.items()
    }
    learning_curve(folder / "policy" / "metrics.jsonl", levels, folder / "learning_curve.png")
    checks = _checks(played)
    _say(console, "\n".join(checks))
    (folder / "before_after.txt").write_text(_transcripts(folder / "policy"))
    report = [f"# Demo: {ENV}, team of {TEAM}", markdown(entries), "\n".join(checks)]
    report.append("![learning curve](learning_curve.png)")
    (folder / FINISHED).write_text("\n\n".join(report) + "\n")
    _say(console, f"written: {folder}/{{report.md, learning_curve.png, before_after.txt}}")


def _entries(played: dict[Key, list[Record]]) -> list[Entry]:
    entries = [
        Entry("silent", played["silent", TEAM, 1.0]),
        Entry("random", played["random", TEAM, 1.0]),
        Entry("expert", played["expert", TEAM, 1.0], played["solo-expert", 1, 1.0]),
        Entry("expert, alone", played["solo-expert", 1, 1.0]),
    ]
    for spec, name in (("tiny", "warm start"), (TRAINED, "trained")):
        for temperature, how in ((1.0, "T=1"), (0.0, "greedy")):
            team, solo = played[spec, TEAM, temperature], played[spec, 1, temperature]
            entries.append(Entry(f"{name}, {how}", team, solo))
            entries.append(Entry(f"{name} alone, {how}", solo))
    return entries


def _checks(played: dict[Key, list[Record]]) -> list[str]:
    """Say of each claim whether this run bears it out, as sampled.

    There are two solo baselines: the trained model alone, and, as training a team may cost the
    model its skill alone, the warm start alone.
    """
    team = Entry("", played[TRAINED, TEAM, 1.0]).figures()
    warm = Entry("", played["tiny", TEAM, 1.0]).figures()
    claims = {
        "trained above warm start, intervals apart": team["joint reward"].low
        > warm["joint reward"].high,
        f"consistency at least 0.95: {team['consistency'].mean:.3f}": team["consistency"].mean
        >= 0.95,
    }
    for spec, name in ((TRAINED, "the trained model"), ("tiny", "the warm start")):
        solo = played[spec, 1, 1.0]
        faster = Entry("", played[TRAINED, TEAM, 1.0], solo).figures()["speed-up"].mean
        alone, together = (f["quality"].mean for f in (Entry("", solo).figures(), team))
        claims[f"at least 3.0 times as fast as {name} alone: {faster:.2f}"] = faster >= 3.0
        claims[f"quality no lower than {name} alone: {together:.3f} against {alone:.3f}"] = (
            together >= alone
        )
    return [f"- {'reached' if held else 'NOT reached'}: {claim}" for claim, held in claims.items()]


def _transcripts(policy: Path) -> str:
    """Return the same test task before and after training, sampled with the same seed."""
    from baselines.action_selector import ActionSelector
    from baselines.policies.load import load_policy
    from baselines.rollout import play
    from llm_collab_envs import make
    from llm_collab_envs.core.render import transcript

    texts = []
    for title, spec in (("BEFORE", "tiny"), ("AFTER", str(policy))):
        player = load_policy(spec, ENV, TEAM, ActionSelector(max_new_tokens=MAX_NEW_TOKENS), 0)
        (episode,) = play([make(ENV, team_size=TEAM, split="test")], [0], player)
        texts.append(f"===== {title} =====\n{transcript(episode.log)}")
    return "\n".join(texts)


def _train(config: TrainConfig) -> Path:
    """Train, or go on training, or take what is trained already."""
    from baselines.train import train

    if (config.out / "model.safetensors").exists():
        return config.out
    return train(config, resume=(config.out / CONFIG).exists())


def _folder(root: Path, steps: int, seed: int) -> Path:
    """Return the folder of an unfinished demo with these options, or of a new one."""
    number = 1
    while _is_taken(root / f"demo-{number}", steps, seed):
        number += 1
    return root / f"demo-{number}"


def _is_taken(folder: Path, steps: int, seed: int) -> bool:
    """Whether a folder holds a finished demo, or one with other options or of other envs."""
    config = training(folder / "policy", steps, seed)
    if (folder / FINISHED).exists() or not (config.out / CONFIG).exists():
        return (folder / FINISHED).exists()
    try:
        return bool(started_otherwise(config))
    except CommandError:  # nobody knows what was begun there
        return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m baselines.demo", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("runs"), help="where runs are kept")
    parser.add_argument("--steps", type=int, default=TrainConfig.steps, help="training steps")
    parser.add_argument("--episodes", type=int, default=64, help="test tasks")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    try:
        demo = plan(args.root, args.steps, args.episodes, args.seed)
    except ValueError as problem:
        parser.error(str(problem))
    except OSError as problem:
        parser.error(f"cannot use --root {args.root}: {reason(problem)}. Give another one.")
    console = Console()
    try:
        run(demo, console)
    except CommandError as problem:
        Console(stderr=True).print(str(problem), style="red", markup=False)
        return 2
    except KeyboardInterrupt as stop:
        _say(console, f"{stop} The same command goes on where this one stopped.")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
