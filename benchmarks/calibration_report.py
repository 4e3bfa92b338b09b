"""The report of a calibration: bars, tables and a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.episodes import PLAYERS, SLIP, Job, Result
from benchmarks.step_time import Timing
from llm_collab_envs.core.tasks import DIFFICULTIES

mpl.use("Agg")
import matplotlib.pyplot as plt

EXPERT_BAR = 0.95
HACK_BAR = 0.25
STEP_BAR_MS = 2.0
GROWTH_BAR = 1.3
REFERENCE = 4  # agents, or as many as the env admits: the team that bars are held against


class Calibration:
    """All results, to be looked up.

    Args:
        results: One for each job.
        timing: What steps cost.
    """

    def __init__(self, results: Sequence[Result], timing: Timing) -> None:
        """Index the results."""
        self._results = {replace(result.job, tasks=0): result for result in results}
        self._jobs = [result.job for result in results]
        self.timing = timing
        self.envs = list(dict.fromkeys(job.env for job in self._jobs))
        self.tasks = max(job.tasks for job in self._jobs)

    def get(self, env: str, difficulty: str, size: int, player: str) -> Result:
        """Return the result of a job."""
        return self._results[Job(env, difficulty, size, player, 0)]

    def sizes(self, env: str, difficulty: str) -> list[int]:
        """Return the team sizes that were played."""
        played = (j for j in self._jobs if (j.env, j.difficulty) == (env, difficulty))
        return sorted({job.team_size for job in played})

    def reference(self, env: str, difficulty: str) -> int:
        """Return the team size that bars are held against."""
        return max(size for size in self.sizes(env, difficulty) if size <= REFERENCE)

    def hacks(self, env: str) -> list[str]:
        """Return the names of an env's hacks."""
        players = dict.fromkeys(job.player for job in self._jobs if job.env == env)
        return [player for player in players if player not in PLAYERS]

    def share(self, env: str, difficulty: str, size: int, hack: str) -> float:
        """Return what a hack gets, as a share of the expert's joint reward."""
        expert = self.get(env, difficulty, size, "expert").joint_reward
        return self.get(env, difficulty, size, hack).joint_reward / expert

    def worst_hack(self, env: str, difficulty: str, size: int) -> tuple[float, str]:
        """Return the hack that gets most, and its share."""
        return max((self.share(env, difficulty, size, hack), hack) for hack in self.hacks(env))

    def speed_up(self, env: str, difficulty: str, size: int) -> float:
        """Return the solo expert's critical path over the team's."""
        solo, team = (self.get(env, difficulty, n, "expert").critical_path for n in (1, size))
        return solo / team

    def missed(self) -> Iterator[str]:
        """Yield every bar that is not reached, as a sentence."""
        for env in self.envs:
            handicapped = []
            for difficulty in DIFFICULTIES:
                yield from self._missed_at(env, difficulty)
                size = self.reference(env, difficulty)
                player = self.get(env, difficulty, size, "handicapped expert")
                handicapped.append(player.joint_reward)
            if not handicapped[0] > handicapped[1] > handicapped[2]:
                shown = ", ".join(f"{reward:.3f}" for reward in handicapped)
                yield f"{env}: the handicapped expert has {shown} at easy, medium and hard."
        for env, (size, step, _) in self.timing.step_ms.items():
            if step >= STEP_BAR_MS:
                yield f"{env}: a step at team of {size} takes {step:.2f} ms."
        growth = self.timing.turn_us[16] / self.timing.turn_us[2]
        if growth > GROWTH_BAR:
            yield f"an agent's turn takes {growth:.2f} times as long in a team of 16 as of 2."

    def _missed_at(self, env: str, difficulty: str) -> Iterator[str]:
        where = f"{env}, {difficulty}"
        for size in self.sizes(env, difficulty):
            expert = self.get(env, difficulty, size, "expert").joint_reward
            if expert < EXPERT_BAR:
                yield f"{where}, team of {size}: the expert has {expert:.3f}."
            if size > 1 and self.speed_up(env, difficulty, size) <= 1:
                yield f"{where}, team of {size}: no faster than the solo expert."
            share, hack = self.worst_hack(env, difficulty, size) if size > 1 else (0.0, "")
            if share > HACK_BAR:
                yield (
                    f"{where}, team of {size}: the hack '{hack}' has {share:.3f} of the expert's "
                    "joint reward."
                )


def write_report(calibration: Calibration, path: Path, played: str) -> list[str]:
    """Write the tables; return the bars that are not reached.

    Args:
        calibration: What was measured.
        path: Where to.
        played: How many episodes, and how long they took.
    """
    missed = list(calibration.missed())
    lines = [
        "# Calibration",
        "",
        f"Written by `python -m benchmarks.calibrate --tasks {calibration.tasks}`: the first "
        f"{calibration.tasks} test tasks for each entry. The handicapped expert derails at every "
        f"token with a probability of {SLIP:.1%}, and its reply ends there. Where an env has fewer "
        "tasks, it plays them again with other slips, and all others play each once. Team size 1 "
        f"is the solo expert. Bars are held against the team of {REFERENCE}, or the largest that "
        "the env admits, and hacks have to keep to theirs in every team.",
        "",
        "![joint reward by difficulty, and speed-up by team size](calibration.png)",
        "",
        "## Bars",
        "",
        f"Expert at least {EXPERT_BAR} in every team; every hack at most {HACK_BAR} of the expert; "
        "the handicapped expert finds easy easier than medium, and medium than hard; teams are "
        f"faster than the solo expert; a step costs less than {STEP_BAR_MS:g} ms of its own; an "
        f"agent's turn in a team of 16 at most {GROWTH_BAR} times one in a team of 2.",
        "",
        *([f"- **Not reached:** {bar}" for bar in missed] or ["All are reached."]),
        "",
        "## Who gets what",
        "",
        *_main_table(calibration),
        "",
        "## Hacks",
        "",
        "Share of the expert's joint reward, at the team that bars are held against.",
        *_hack_tables(calibration),
        "",
        "## Time",
        "",
        f"{played}.",
        "",
        *_time_table(calibration.timing),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return missed


def row(cells: Sequence[object]) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def head(names: Sequence[str]) -> list[str]:
    """Return the head of a table."""
    return [row(names), row(["---"] * len(names))]


def _main_table(calibration: Calibration) -> list[str]:
    names = "env,difficulty,agents,expert R,expert Q,critical path,speed-up,handicapped,random,"
    lines = head((names + "silent,best hack").split(","))
    for env in calibration.envs:
        for difficulty in DIFFICULTIES:
            for size in calibration.sizes(env, difficulty):
                expert, *others = (calibration.get(env, difficulty, size, p) for p in PLAYERS)
                hack = ""
                if size > 1:
                    share, name = calibration.worst_hack(env, difficulty, size)
                    hack = f"{share:.3f} {name}"
                lines.append(
                    row(
                        [
                            f"`{env}`",
                            difficulty,
                            size,
                            f"{expert.joint_reward:.3f}",
                            f"{expert.quality:.3f}",
                            f"{expert.critical_path:.1f}",
                            f"{calibration.speed_up(env, difficulty, size):.2f}",
                            *(f"{other.joint_reward:.3f}" for other in others),
                            hack,
                        ]
                    )
                )
    return lines


def _hack_tables(calibration: Calibration) -> Iterator[str]:
    for env in calibration.envs:
        yield from ["", f"### `{env}`", "", *head(["hack", *DIFFICULTIES])]
        for hack in calibration.hacks(env):
            shares = (
                calibration.share(env, d, calibration.reference(env, d), hack) for d in DIFFICULTIES
            )
            yield row([hack, *(f"{share:.3f}" for share in shares)])


def _time_table(timing: Timing) -> list[str]:
    lines = [
        "Processor time at hard, the running of agents' code aside; the expert's play is what "
        "speed is measured against, once a task.",
        "",
        *head(["env", "agents", "ms a step", "ms for the expert's play"]),
    ]
    for env, (size, step, reference) in timing.step_ms.items():
        lines.append(row([f"`{env}`", size, f"{step:.2f}", f"{reference:.2f}"]))
    turns = ", ".join(f"{us:.1f} us in a team of {size}" for size, us in timing.turn_us.items())
    return [*lines, "", f"An agent's turn in a toy env without scoring: {turns}."]


def write_figure(calibration: Calibration, path: Path) -> None:
    """Draw the joint reward by difficulty and the speed-up by team size, a column for each env."""
    envs = calibration.envs
    figure, axes = plt.subplots(
        2, len(envs), figsize=(1.2 + 2.1 * len(envs), 5), sharey="row", squeeze=False
    )
    for env, (top, bottom) in zip(envs, axes.T, strict=True):
        _draw_rewards(calibration, env, top)
        for difficulty in DIFFICULTIES:
            sizes = calibration.sizes(env, difficulty)
            ups = [calibration.speed_up(env, difficulty, size) for size in sizes]
            bottom.plot(sizes, ups, marker="o", markersize=3, label=difficulty)
        bottom.set_xticks([1, 2, 4, 8])
        bottom.set_xlabel("agents")
    axes[0][0].set_ylabel("joint reward")
    axes[1][0].set_ylabel("speed-up of the expert")
    for row in axes:
        row[-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1.02, 0.5))
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _draw_rewards(calibration: Calibration, env: str, axis: plt.Axes) -> None:
    places = np.arange(len(DIFFICULTIES))

    def drawn(label: str, reward: Callable[[str, int], float], **style: object) -> None:
        values = [reward(d, calibration.reference(env, d)) for d in DIFFICULTIES]
        axis.plot(places, values, marker="o", markersize=3, label=label, **style)

    for player in PLAYERS:
        drawn(player, lambda d, n, p=player: calibration.get(env, d, n, p).joint_reward)
    drawn(
        "best hack",
        lambda d, n: calibration.get(env, d, n, calibration.worst_hack(env, d, n)[1]).joint_reward,
        color="black",
        linestyle=":",
    )
    axis.set_title(env.rpartition("_v")[0].replace("_", " "), fontsize=8)
    axis.set_xticks(places, DIFFICULTIES, fontsize=7)
