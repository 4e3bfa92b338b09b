"""The command line: `llm-collab envs | play | train | evaluate | transcript`.

What the caller can mend is answered by one sentence and exit code 2; Ctrl-C by one sentence that
says what is saved, and exit code 130. Modules that need torch are imported inside the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baselines.config import MAX_SEED, TrainConfig
from baselines.errors import CommandError, reason
from baselines.evaluate import EPISODES, EvalConfig
from baselines.policies.chat_server import Requests
from baselines.policies.endpoint import ENDPOINT
from baselines.policies.load import HUB, NAMED, TEAM_SIZE, open_policy, team_size_of
from llm_collab_envs import ENV_MODULES, __version__, make
from llm_collab_envs.core.render import print_transcript
from llm_collab_envs.core.tasks import DIFFICULTIES
from llm_collab_envs.core.wrapper import TeamWrapper
from llm_collab_envs.registry import load

ENV_HELP = (
    "An env id, such as section_writing_v0; `llm-collab envs` lists them. One of yours: the module "
    "that adds it to ENV_MODULES, a colon and its id."
)
POLICY_HELP = (
    f"Who plays: {'; '.join(f'{name} ({p.about})' for name, p in NAMED.items())}; a folder that "
    f"training wrote; {HUB} and a model id; or {ENDPOINT}URL#MODEL, for a model that a server with "
    "OpenAI's chat completions serves (its key, if any, is in OPENAI_API_KEY)."
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Teams of language-model agents: look at the envs, play, train and measure.",
    epilog="Example: llm-collab play section_writing_v0 --policy expert",
)


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Take what is asked of no command."""


Env = Annotated[str, typer.Argument(help=ENV_HELP, show_default=False)]
TeamSize = Annotated[
    int | None,
    typer.Option(
        help="Agents in the team; 1 is the solo baseline. If left out, "
        f"{TEAM_SIZE}, or as many as the tasks admit.",
        min=1,
        show_default=False,
    ),
]
Difficulty = Annotated[
    str, typer.Option(help="easy, medium or hard; of generated tasks, not those of --tasks.")
]
Split = Annotated[
    str,
    typer.Option(
        help="train or test, which share no task and no name; of generated tasks, not those of "
        "--tasks."
    ),
]
Tasks = Annotated[
    Path | None,
    typer.Option(help="A JSONL file of your own tasks, in place of generated ones."),
]
Wrappers = Annotated[
    list[str] | None,
    typer.Option(
        "--wrapper",
        help="What makes the team uneven or lets it fail, such as 'LossyChannel(lost=0.1)' or "
        f"'AgentDropout(at_round=2)'; of {', '.join(sorted(TeamWrapper.kinds))}. May be given "
        "several times, the innermost first.",
        show_default=False,
    ),
]
Temperature = Annotated[float, typer.Option(help="Of sampling; 0 is greedy.")]
TopP = Annotated[float, typer.Option(help="Nucleus of sampling.")]
MaxNewTokens = Annotated[
    int,
    typer.Option(
        help="The longest reply, in the model's tokens. One agent alone writes long documents: "
        "raise it where replies are cut."
    ),
]


@app.command(epilog="Example: llm-collab envs")
def envs() -> None:
    """List the envs."""
    with _sentences():
        view = Table()
        for column in ("env", "agents", "difficulties", "the job"):
            view.add_column(column, no_wrap=column == "env")
        for env_id in ENV_MODULES:
            job = (load(env_id).parallel_env.__doc__ or "").partition("\n")[0]
            view.add_row(env_id, _teams(env_id), ", ".join(DIFFICULTIES), job)
        Console().print(view)


def _teams(env_id: str) -> str:
    """Return the team sizes of an env, the largest of each difficulty where they differ."""
    try:
        most = [make(env_id, team_size=1, difficulty=d).largest_team for d in DIFFICULTIES]
    except RuntimeError as problem:  # a package that it needs is missing
        return str(problem)
    return "1 to " + ", ".join(map(str, most if len(set(most)) > 1 else most[:1]))


@app.command(
    epilog="Example: llm-collab play section_writing_v0 --policy tiny --team-size 4 --task 7"
)
def play(
    env: Env,
    policy: Annotated[str, typer.Option(help=POLICY_HELP)] = "expert",
    team_size: TeamSize = None,
    difficulty: Difficulty = "easy",
    split: Split = "test",
    tasks: Tasks = None,
    wrapper: Wrappers = None,
    task: Annotated[int, typer.Option(help="Which task of them, from 0 on.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the chance in replies.", min=0, max=MAX_SEED)] = 0,
    temperature: Temperature = 1.0,
    top_p: TopP = 1.0,
    max_new_tokens: MaxNewTokens = 1024,
    human: Annotated[
        bool, typer.Option("--human", help="Take a seat yourself; the policy plays the others.")
    ] = False,
    seat: Annotated[
        str | None,
        typer.Option(help="The seat that --human takes; agent_0 if left out.", show_default=False),
    ] = None,
) -> None:
    """Play one episode and print what the agents said and did.

    Each round shows every agent's reply, then the reward and its parts. With --human, you read the
    observations of one seat and type its actions.
    """
    with _sentences():
        from baselines.rollout import play as play_episodes

        if seat is not None and not human:
            raise CommandError(
                f"--seat is for --human, and is {seat!r} without it. Add --human, or leave out "
                "--seat."
            )
        size = _team_size(policy, env, team_size, tasks)
        with _values():
            config = EvalConfig(
                env=env,
                policy=policy,
                team_size=size,
                difficulty=difficulty,
                split=split,
                tasks=tasks,
                wrappers=wrapper or (),
                seed=seed,
                temperature=temperature,
                top_p=top_p,
                max_new_tokens=max_new_tokens,
            )
            stage = config.make_env()
            last = len(stage.tasks) - 1
            if not 0 <= task <= last:
                where = tasks or f"the {split} split"
                raise CommandError(
                    f"--task must be between 0 and {last}, the tasks of {where}; got {task}."
                )
            stage.reset(options={"task": task})
        seat = stage.possible_agents[0] if seat is None else seat
        if seat not in stage.possible_agents:
            raise CommandError(f"--seat must be one of {stage.possible_agents}; got {seat!r}.")
        player = open_policy(policy, env, size, config.selector())(seed)
        if human:
            from baselines.human import play_by_hand

            if not play_by_hand(stage, task, seat, player, Console()):
                _note("you left the game; this is how far it went.")
        else:
            play_episodes([stage], [task], player)
        print_transcript(stage.episode)


@app.command(
    epilog="Example: llm-collab train section_writing_v0 --team-size 4 --steps 40 --out runs/first"
)
def train(
    env: Env,
    out: Annotated[Path, typer.Option(help="Folder of the run, a new or an empty one.")],
    model: Annotated[
        str, typer.Option(help="Where to start: tiny, a model folder, or a model id.")
    ] = TrainConfig.model,
    team_size: TeamSize = None,
    difficulty: Difficulty = "easy",
    tasks: Tasks = None,
    wrapper: Wrappers = None,
    tasks_per_step: Annotated[
        int, typer.Option(help="Tasks in an optimisation step that the team does.", min=1)
    ] = len(TrainConfig.teams) - 1,
    solo_tasks: Annotated[
        int,
        typer.Option(help="Tasks a step that one agent does alone, so as not to forget it.", min=0),
    ] = 1,
    generations: Annotated[
        int, typer.Option(help="Episodes of each task: the group that rewards are relative to.")
    ] = TrainConfig.num_generations,
    steps: Annotated[int, typer.Option(help="Optimisation steps.", min=1)] = TrainConfig.steps,
    learning_rate: Annotated[
        float,
        typer.Option(
            help="Of AdamW, at its highest. The default is for tiny: a larger model wants far less."
        ),
    ] = TrainConfig.learning_rate,
    lora_rank: Annotated[
        int,
        typer.Option(
            help="Train adapters of this rank (LoRA) in place of all weights, which takes far less "
            "memory; the trained policy is saved whole. 0 trains all weights.",
            min=0,
        ),
    ] = TrainConfig.lora_rank,
    kl: Annotated[
        float, typer.Option(help="Weight of the KL to the policy that training starts from.")
    ] = TrainConfig.kl,
    difference_weight: Annotated[
        float,
        typer.Option(
            help="Share of the reward that is the agent's difference reward (the joint reward less "
            "what it would be without the agent); 0 leaves the joint reward alone."
        ),
    ] = TrainConfig.difference_weight,
    entropy_quantile: Annotated[
        float,
        typer.Option(help="Share of the tokens that are trained, those of the highest entropy."),
    ] = TrainConfig.entropy_quantile,
    max_new_tokens: MaxNewTokens = TrainConfig.max_new_tokens,
    rollout_batch: Annotated[
        int, typer.Option(help="Replies written at once: lower it where memory runs out.", min=1)
    ] = TrainConfig.rollout_batch,
    micro_batch: Annotated[
        int, typer.Option(help="Rows in one backward pass: lower it where memory runs out.", min=1)
    ] = TrainConfig.micro_batch,
    seed: Annotated[
        int, typer.Option(help="Of tasks, sampling and weights.", min=0, max=MAX_SEED)
    ] = TrainConfig.seed,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the run in --out, same options. Only --rollout-batch and "
            "--micro-batch may be others; the result is then as good, but another in its digits.",
        ),
    ] = False,
) -> None:
    """Train one policy for all agents of a team, by GRPO on joint and difference rewards.

    Each step plays (tasks-per-step + solo-tasks) x generations episodes, on the train split or on
    --tasks; the teams under --wrapper, and who works alone under none. Ctrl-C saves; the same
    command with --resume goes on. The trained policy is in --out, ready for `llm-collab evaluate`.
    """
    with _sentences():
        size = _asked_or_usual(env, team_size, tasks)
        with _values():
            config = TrainConfig(
                env=env,
                out=out,
                model=model,
                difficulty=difficulty,
                tasks=tasks,
                wrappers=wrapper or (),
                teams=(size,) * tasks_per_step + (1,) * solo_tasks,
                num_generations=generations,
                steps=steps,
                learning_rate=learning_rate,
                lora_rank=lora_rank,
                kl=kl,
                difference_weight=difference_weight,
                entropy_quantile=entropy_quantile,
                max_new_tokens=max_new_tokens,
                rollout_batch=rollout_batch,
                micro_batch=micro_batch,
                seed=seed,
            )
            config.make_env(size).reset(seed=0)
        from accelerate import PartialState

        from baselines.run_folder import CONFIG
        from baselines.train import train as run

        try:
            folder = run(config, resume=resume)
        except KeyboardInterrupt as stop:
            begun = (out / CONFIG).exists()
            how = f"Go on with --resume --out {quote(str(out))}" if begun else "Nothing is kept."
            raise KeyboardInterrupt(f"{stop} {how}".strip()) from stop
        if PartialState().is_main_process:
            Console().print(
                f"The trained policy is in {folder}. Measure it: llm-collab evaluate {env} "
                f"--policy {quote(str(folder))} --team-size {size}",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )


@app.command(
    epilog="Example: llm-collab evaluate section_writing_v0 --policy tiny --team-size 4 "
    "--episodes 64 --split test --seed 0 --out results.jsonl"
)
def evaluate(
    env: Env,
    policy: Annotated[str, typer.Option(help=POLICY_HELP, show_default=False)],
    team_size: TeamSize = None,
    difficulty: Difficulty = "easy",
    episodes: Annotated[
        int | None,
        typer.Option(
            help=f"How many tasks, one episode each. If left out, {EPISODES}, or all there are; of "
            "--tasks, all.",
            show_default=False,
        ),
    ] = None,
    split: Split = "test",
    tasks: Tasks = None,
    wrapper: Wrappers = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Of chance, and which tasks, the same for every policy: each seed starts 1,000 "
            "tasks further on, and after the last comes the first."
        ),
    ] = 0,
    temperature: Temperature = 1.0,
    top_p: TopP = 1.0,
    max_new_tokens: MaxNewTokens = 1024,
    batch: Annotated[
        int,
        typer.Option(
            help="Episodes played at once, and saved when all of them have ended (those of an "
            "endpoint at temperature 0: each when it ends)."
        ),
    ] = 32,
    concurrency: Annotated[int, typer.Option(help="Requests to an endpoint at once.")] = 16,
    timeout: Annotated[float, typer.Option(help="Seconds an endpoint has for a reply.")] = 300,
    out: Annotated[
        Path | None,
        typer.Option(
            help="JSONL file for the episodes, one a line. Started again with the same file, only "
            "the missing episodes are played, with the same results as if there had been no stop; "
            "under another --batch or --episodes, what is missing is drawn as new batches. One "
            "that is complete is only read."
        ),
    ] = None,
    logs: Annotated[
        Path | None,
        typer.Option(
            help="JSONL file to add what was said and done to, for `llm-collab transcript`."
        ),
    ] = None,
) -> None:
    """Measure a policy on fixed tasks: means with 95 % bootstrap intervals.

    The normalised score is 0 for silence and 1 for the scripted expert, on the same tasks and under
    the same --wrapper.
    """
    with _sentences():
        from baselines.evaluate import evaluate as run
        from baselines.summary import summarise, table

        policy = _spelled(policy)
        size = _team_size(policy, env, team_size, tasks)
        with _values():
            config = EvalConfig(
                env=env,
                policy=policy,
                team_size=size,
                difficulty=difficulty,
                episodes=episodes,
                split=split,
                tasks=tasks,
                wrappers=wrapper or (),
                seed=seed,
                temperature=temperature,
                top_p=top_p,
                max_new_tokens=max_new_tokens,
                batch=batch,
                requests=Requests(concurrency, timeout),
                out=out,
                logs=logs,
            )
        records = run(config, console=Console(stderr=True))
        which = f"{difficulty}, {len(records)} {split} tasks"
        if tasks:
            which = f"{len(records)} tasks of {tasks}"
        which += "".join(f", under {text}" for text in config.wrappers)
        title = f"{env}, {which}, team of {config.team_size}, temperature {temperature:g}"
        try:
            with _values():
                summary = summarise(records, seed, tasks)
        except KeyboardInterrupt:
            kept = f"all episodes are in {out}" if out else "nothing was saved"
            raise KeyboardInterrupt(f"stopped before the summary; {kept}.") from None
        Console().print(table({policy: summary}, title))
        cut = sum(record["cut_replies"] or 0 for record in records)
        if cut:
            _note(f"{cut} replies were cut at {max_new_tokens} tokens; raise --max-new-tokens.")


@app.command(epilog="Example: llm-collab transcript logs.jsonl --task 7")
def transcript(
    logs: Annotated[
        Path, typer.Argument(help="A file that evaluate wrote by --logs.", show_default=False)
    ],
    task: Annotated[
        int | None,
        typer.Option(help="Of this task only; of all if left out.", show_default=False),
    ] = None,
) -> None:
    """Print what agents said and did in episodes that were evaluated."""
    with _sentences():
        from baselines.logs import read_logs

        kept = [log for log in read_logs(logs) if task in (None, log.task_index)]
        if not kept:
            which = "no episode" if task is None else f"no episode of task {task}"
            raise CommandError(f"{logs} holds {which}. Give another file or --task.")
        for log in kept:
            print_transcript(log)


def _spelled(policy: str) -> str:
    """Return a folder's name as results keep it, whatever slashes it was typed with."""
    return str(Path(policy)) if policy not in NAMED and Path(policy).is_dir() else policy


def _team_size(policy: str, env: str, asked: int | None, tasks: Path | None) -> int:
    """Return the team size to play with, and say so where the policy decides it."""
    wanted = _asked_or_usual(env, asked, tasks)
    size = team_size_of(policy, wanted)
    if size != wanted:
        _note(f"{policy} plays in a team of {size}.")
    return size


def _asked_or_usual(env: str, asked: int | None, tasks: Path | None) -> int:
    """Return the team size that was asked for, or the usual one where none was."""
    if asked is not None:
        return asked
    with _values():
        return min(TEAM_SIZE, make(env, team_size=1, tasks=tasks).largest_team)


@contextmanager
def _values() -> Iterator[None]:
    """Turn what constructors refuse into sentences: a value, or that a package is missing."""
    try:
        yield
    except (ValueError, RuntimeError) as problem:
        raise CommandError(str(problem)) from problem


@contextmanager
def _sentences() -> Iterator[None]:
    """Answer what the caller can mend, and Ctrl-C, by one sentence and an exit code."""
    try:
        yield
    except CommandError as problem:
        _note(str(problem), "red")
        raise typer.Exit(2) from problem
    except OSError as problem:
        if problem.filename is None:  # not of a path that somebody gave
            raise
        _note(f"cannot use {problem.filename}: {reason(problem)}. Give another path.", "red")
        raise typer.Exit(2) from problem
    except KeyboardInterrupt as stop:
        _note(str(stop) or "stopped.")
        raise typer.Exit(130) from stop


def _note(sentence: str, style: str = "") -> None:
    Console(stderr=True).print(Text(sentence, style=style), soft_wrap=True)


if __name__ == "__main__":
    app()
