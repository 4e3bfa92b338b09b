"""What the tiny model learns from: histories of imperfect teams, and copying exercises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

import numpy as np
import torch

from baselines.models.recipe import Recipe
from baselines.models.teachers import TEACHERS, ImperfectAgent, Shares, noted
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from baselines.rollout import training_row
from llm_collab_envs import make
from llm_collab_envs.coding.function_pair.expert import Plan
from llm_collab_envs.writing.section_writing import expert as writing
from llm_collab_envs.writing.section_writing.style import DECISIONS

IGNORE = -100
_NOISE = "you are the team of it a plan and message round tokens left no style 1 2 3 4 5 6".split()

T = TypeVar("T")
Row = tuple[list[int], list[bool]]  # ids, and which of them the model is to write


class Lessons:
    """An endless source of training rows.

    Args:
        context: How histories become tokens.
        recipe: Envs and team sizes.
        seed: Its own seed.
        shares: How often the teachers of each env do what.
    """

    def __init__(
        self, context: Context, recipe: Recipe, seed: int, shares: Mapping[str, Shares]
    ) -> None:
        """Make one env for each id and team size."""
        self._context = context
        self._rng = np.random.default_rng(seed)
        self._ids, self._id_weights = _weighted(recipe.envs)
        self._sizes, self._size_weights = _weighted(recipe.team_sizes)
        self._teachers = {i: TEACHERS[i](self._rng, shares[i]) for i in self._ids}
        self._envs = {(i, n): _env(i, n) for i in self._ids for n in self._sizes}

    def rows(self) -> list[Row]:
        """Play one episode and return a row for each agent."""
        env_id = self._ids[self._rng.choice(len(self._ids), p=self._id_weights)]
        size = self._sizes[self._rng.choice(len(self._sizes), p=self._size_weights)]
        histories = self.play(self._envs[env_id, size], self._teachers[env_id])
        return [self._lesson(history) for history in histories]

    def play(self, env: Any, teacher: ImperfectAgent) -> list[History]:
        """Play one episode; a finished agent's history ends with its `<done/>`."""
        observations, infos = env.reset(seed=self._seed())
        histories = {agent: History() for agent in env.agents}
        while env.agents:
            actions = {}
            for agent in env.agents:
                actions[agent] = ""
                if not infos[agent]["done"]:
                    actions[agent] = teacher(observations[agent])
                    ids = self._encode(actions[agent])
                    histories[agent].observations.append(observations[agent])
                    histories[agent].replies.append(Reply(actions[agent], tuple(ids)))
            observations, _, _, _, infos = env.step(actions)
        return list(histories.values())

    def exercise(self, progress: float) -> list[Row]:
        """Return short rows that ask for some of the work of an env, briefing left out.

        The first exercises show one thing, at about the same distance from what is to be made of
        it, so that what to make is learned before where to find it. Then come more things and more
        noise in between, until only the content says what belongs where.

        Args:
            progress: From 0, the easiest, to 1.
        """
        env_id = self._ids[self._rng.choice(len(self._ids), p=self._id_weights)]
        return EXERCISES[env_id](self, progress)

    def _sections(self, progress: float) -> list[Row]:
        """Ask for some of a few sections in a given style."""
        observations, _ = self._envs["section_writing_v0", 1].reset(seed=self._seed())
        memo = writing.read(observations["agent_0"])
        most = 1 + int(progress * 3.99)
        rows = []
        for _ in range(2):
            shown = self._some(list(memo.sections), most)
            asked = self._some(shown, most)
            style = {d: str(self._rng.choice(list(o))) for d, o in list(DECISIONS.items())[:3]}
            lines = ["You know: " + "; ".join(f"{d}: {o}" for d, o in style.items()) + "."]
            for title in shown:
                lines += [title, *(f"- {a}: {memo.facts[a][0]}" for a in memo.sections[title])]
            lines.append(f"Write: {', '.join(asked)}.")
            part = replace(memo, sections={title: memo.sections[title] for title in asked})
            rows.append(self._asked(lines, writing.write(part, style), progress))
        return rows

    def _functions(self, progress: float) -> list[Row]:
        """Ask for some of a few functions, with some of their steps."""
        source = self._envs["function_pair_v0", 1].tasks
        task = source[int(self._rng.integers(len(source)))]
        values = task.known("value")
        rows = []
        for _ in range(6):
            known: dict[str, str] = {}
            lines, written = ["You write:"], []
            first = 1 + int(self._rng.integers(1 + progress * 20))
            for function in self._some(task.functions, 1 + int(progress * 3.99)):
                title, *sentences, result = function.specification
                part = self._stretch(len(function.steps), 1 + int(progress * 5.99))
                steps = function.steps[part]
                shown = enumerate([*sentences[part], result], first)
                lines += [f"{function.label}: {title}", *(f"{n}. {text}" for n, text in shown)]
                known |= {t: values[t] for step in steps for t in step.texts if t in values}
                plan = Plan(function.label, function.header, steps, function.key)
                written.append(noted(plan, count(first), values))
                first += len(steps) + 1
            lines.insert(0, f"You know: {'; '.join(f'{k} {v}' for k, v in known.items())}.")
            rows.append(self._asked(lines, "\n".join(written), progress))
        return rows

    def _asked(self, lines: list[str], product: str, progress: float) -> Row:
        """Return a row that asks by some lines, and noise, for a product."""
        noise = self._rng.choice(_NOISE, int(self._rng.integers(0, 1 + int(progress * 100))))
        prompt = self._context.first("\n".join([*lines, " ".join(noise)]))
        reply = self._encode(f"<submit>{product}</submit><done/>")
        return prompt + reply, [False] * len(prompt) + [True] * len(reply)

    def _some(self, things: Sequence[T], most: int) -> list[T]:
        """Choose some things, at least one, their order kept."""
        count = int(self._rng.integers(1, min(most, len(things)) + 1))
        chosen = set(self._rng.choice(len(things), count, replace=False).tolist())
        return [thing for n, thing in enumerate(things) if n in chosen]

    def _stretch(self, length: int, most: int) -> slice:
        """Choose a stretch of at least one and at most `most` of so many things."""
        count = int(self._rng.integers(1, min(most, length) + 1))
        start = int(self._rng.integers(length - count + 1))
        return slice(start, start + count)

    def _seed(self) -> int:
        return int(self._rng.integers(2**31))

    def _encode(self, text: str) -> list[int]:
        return [*self._context.tokenizer(text)["input_ids"], self._context.eos_id]

    def _lesson(self, history: History) -> Row:
        row = training_row(self._context, history)
        mask = [False] * len(row.prompt_ids) + [own == 1 for own in row.env_mask]
        return row.prompt_ids + row.completion_ids, mask


EXERCISES = {
    "function_pair_v0": Lessons._functions,
    "section_writing_v0": Lessons._sections,
}


def batches(rows: Iterator[list[Row]], budget: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Pack rows of similar length into batches of about `budget` tokens: ids and labels, (B, T)."""
    pool: list[Row] = []
    while True:
        while sum(len(ids) for ids, _ in pool) < 8 * budget:
            pool += next(rows)
        pool.sort(key=lambda row: len(row[0]))
        groups: list[list[Row]] = [[]]
        for row in pool:
            if (len(groups[-1]) + 1) * len(row[0]) > budget and groups[-1]:
                groups.append([])
            groups[-1].append(row)
        pool = []
        order = np.random.default_rng(len(groups)).permutation(len(groups))
        for at in order:
            yield collate(groups[at])


def collate(rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad rows on the right: ids and labels, both (B, T)."""
    width = max(len(ids) for ids, _ in rows)
    ids_BT = torch.zeros(len(rows), width, dtype=torch.long)
    labels_BT = torch.full((len(rows), width), IGNORE)
    for n, (ids, mask) in enumerate(rows):
        ids_BT[n, : len(ids)] = torch.tensor(ids)
        labels_BT[n, : len(ids)] = torch.tensor(
            [i if own else IGNORE for i, own in zip(ids, mask, strict=True)]
        )
    return ids_BT, labels_BT


def _env(env_id: str, size: int) -> Any:
    """Return an env with a team of that size, or of the largest that it admits."""
    most = make(env_id, team_size=1).largest_team
    return make(env_id, team_size=min(size, most))


def _weighted(shares: tuple[tuple[Any, float], ...]) -> tuple[list[Any], list[float]]:
    total = sum(share for _, share in shares)
    return [thing for thing, _ in shares], [share / total for _, share in shares]
