"""What the tiny model learns from: histories of imperfect teams, and copying exercises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from baselines.models.recipe import Recipe
from baselines.models.teachers import TEACHERS, ImperfectAgent
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from llm_collab_envs import make
from llm_collab_envs.writing.section_writing import expert
from llm_collab_envs.writing.section_writing.style import DECISIONS

IGNORE = -100
_NOISE = "you are the team of it a plan and message round tokens left no style 1 2 3 4 5 6".split()

Row = tuple[list[int], list[bool]]  # ids, and which of them the model is to write


class Lessons:
    """An endless source of training rows.

    Args:
        context: How histories become tokens.
        recipe: Envs and team sizes.
        seed: Its own seed.
    """

    def __init__(self, context: Context, recipe: Recipe, seed: int) -> None:
        """Make one env for each id and team size."""
        self._context = context
        self._rng = np.random.default_rng(seed)
        self._ids, self._id_weights = _weighted(recipe.envs)
        self._sizes, self._size_weights = _weighted(recipe.team_sizes)
        self._teachers = {env_id: TEACHERS[env_id](self._rng) for env_id in self._ids}
        self._envs = {(i, n): make(i, team_size=n) for i in self._ids for n in self._sizes}
        self._easel = make("section_writing_v0", team_size=1)

    def rows(self) -> list[Row]:
        """Play one episode and return a row for each agent."""
        env_id = self._ids[self._rng.choice(len(self._ids), p=self._id_weights)]
        size = self._sizes[self._rng.choice(len(self._sizes), p=self._size_weights)]
        histories = self.play(self._envs[env_id, size], self._teachers[env_id])
        return [self._row(history) for history in histories]

    def play(self, env: Any, teacher: ImperfectAgent) -> list[History]:
        """Play one episode; a finished agent's history ends with its `<done/>`."""
        observations, infos = env.reset(seed=int(self._rng.integers(2**31)))
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
        """Return rows that ask for some of a few sections in a given style, briefing left out.

        The first exercises show one section, always at the same distance from its copy, so that
        what to copy is learned before where to find it. Then come more sections and more noise in
        between, until only the content says what belongs where.

        Args:
            progress: From 0, the easiest, to 1.
        """
        observations, _ = self._easel.reset(seed=int(self._rng.integers(2**31)))
        memo = expert.read(observations["agent_0"])
        most = 1 + int(progress * 3.99)
        rows = []
        for _ in range(2):
            shown = self._some(list(memo.sections), 1, most)
            asked = self._some(shown, 1, most)
            style = {d: str(self._rng.choice(list(o))) for d, o in list(DECISIONS.items())[:3]}
            lines = ["You know: " + "; ".join(f"{d}: {o}" for d, o in style.items()) + "."]
            for title in shown:
                lines += [title, *(f"- {a}: {memo.facts[a][0]}" for a in memo.sections[title])]
            lines.append(f"Write: {', '.join(asked)}.")
            noise = self._rng.choice(_NOISE, int(self._rng.integers(0, 1 + int(progress * 100))))
            prompt = self._context.first("\n".join([*lines, " ".join(noise)]))
            part = replace(memo, sections={title: memo.sections[title] for title in asked})
            reply = self._encode(f"<submit>{expert.write(part, style)}</submit><done/>")
            rows.append((prompt + reply, [False] * len(prompt) + [True] * len(reply)))
        return rows

    def _some(self, titles: list[str], low: int, high: int) -> list[str]:
        """Choose some titles, their order kept."""
        count = int(self._rng.integers(low, min(high, len(titles)) + 1))
        chosen = set(self._rng.choice(len(titles), count, replace=False).tolist())
        return [title for n, title in enumerate(titles) if n in chosen]

    def _encode(self, text: str) -> list[int]:
        return [*self._context.tokenizer(text)["input_ids"], self._context.eos_id]

    def _row(self, history: History) -> Row:
        ids = self._context.first(history.observations[0])
        mask = [False] * len(ids)
        later = [*history.observations[1:], None]
        for reply, observation in zip(history.replies, later, strict=True):
            ids += reply.token_ids
            mask += [True] * len(reply.token_ids)
            if observation is not None:
                between = self._context.next(observation, ended=True)
                ids += between
                mask += [False] * len(between)
        return ids, mask


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


def _weighted(shares: tuple[tuple[Any, float], ...]) -> tuple[list[Any], list[float]]:
    total = sum(share for _, share in shares)
    return [thing for thing, _ in shares], [share / total for _, share in shares]
