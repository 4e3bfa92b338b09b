"""Train a team by GRPO on the joint reward, and measure it before and after.

    python examples/04_train_grpo.py

The command line does the same: `llm-collab train`, then `llm-collab evaluate`.
"""

from pathlib import Path
from typing import Any

from rich.console import Console

from baselines.config import TrainConfig
from baselines.evaluate import EvalConfig, evaluate
from baselines.summary import summarise, table
from baselines.train import train

ENV = "section_writing_v0"


def main(
    out: Path = Path("runs/example"), team_size: int = 4, episodes: int = 32, **settings: Any
) -> Path:
    console = Console()

    # Each step plays every task of `teams` several times, `num_generations`, and asks which of
    # these episodes did better than their group. One task is done alone, lest the model forget how.
    config = TrainConfig(
        ENV,
        out / "policy",
        **{"teams": (team_size, team_size, team_size, 1), "steps": 20} | settings,
    )
    # A run that was stopped goes on from its last checkpoint.
    train(config, resume=(config.out / "run.json").exists())

    # Test tasks share no name with train tasks. The records go to a file, one line an episode, so
    # an evaluation that was stopped goes on as well.
    summaries = {}
    for name, policy in {"before": "tiny", "after": str(config.out), "expert": "expert"}.items():
        records = evaluate(
            EvalConfig(
                ENV,
                policy,
                team_size,
                episodes=episodes,
                max_new_tokens=config.max_new_tokens,
                out=out / f"{name}.jsonl",
            ),
            console,
        )
        summaries[name] = summarise(records)
    console.print(table(summaries, f"{ENV}, {episodes} test tasks, team of {team_size}"))
    return out


if __name__ == "__main__":
    main()
