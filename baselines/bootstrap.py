"""Means and ratios of means with 95 % bootstrap intervals over episodes.

Percentile intervals (Efron & Tibshirani 1993, ch. 13), as the usual BCa ones are undefined where
nearly all episodes agree, which is what good and hopeless policies look like.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import DegenerateDataWarning, bootstrap

CONFIDENCE = 0.95
RESAMPLES = 9_999
_AT_ONCE = 1_000_000  # numbers that one batch of resamples holds


class Interval(NamedTuple):
    """An estimate and its 95 % interval.

    `low` and `high` are NaN where one episode is all, and where a resample has no value.
    """

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Return the mean of one figure over episodes.

    Args:
        values: One for each episode.
        seed: Of the resampling.
    """
    return paired_interval(np.mean, values, seed=seed)


def paired_interval(
    statistic: Callable[..., Any], *samples: Sequence[float], seed: int = 0
) -> Interval:
    """Return a statistic of figures that were taken on the same tasks, resampled together.

    Args:
        statistic: Takes one array for each sample and `axis`.
        *samples: Figures, the n-th of each on the same task.
        seed: Of the resampling.
    """
    arrays: list[NDArray[np.float64]] = [np.asarray(values, dtype=float) for values in samples]
    estimate = float(statistic(*arrays, axis=-1))
    if len(arrays[0]) < 2 or math.isnan(estimate):
        return Interval(estimate, math.nan, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # of a resample without a value
        interval = bootstrap(
            arrays,
            statistic,
            paired=len(arrays) > 1,
            vectorized=True,
            confidence_level=CONFIDENCE,
            n_resamples=RESAMPLES,
            batch=max(1, _AT_ONCE // len(arrays[0])),
            method="percentile",
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return Interval(estimate, float(interval.low), float(interval.high))


def normalised_score(
    team: NDArray[np.float64],
    silent: NDArray[np.float64],
    expert: NDArray[np.float64],
    axis: int = -1,
) -> Any:
    """Return (R - R_silent) / (R_expert - R_silent) of mean joint rewards: 0 silent, 1 expert.

    NaN where the expert is no better than silence.
    """
    floor = silent.mean(axis=axis)
    return _ratio(team.mean(axis=axis) - floor, expert.mean(axis=axis) - floor)


def ratio_of_means(above: NDArray[np.float64], below: NDArray[np.float64], axis: int = -1) -> Any:
    """Return mean over mean, such as the speed-up: solo over team critical path.

    NaN where the mean below is 0.
    """
    return _ratio(above.mean(axis=axis), below.mean(axis=axis))


def _ratio(above: Any, below: Any) -> Any:
    """Return above / below, NaN where what is below is not positive."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)
