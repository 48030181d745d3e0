"""The Bayesian strategy's sampler for Optuna: expected improvement under a Gaussian process.

It spreads the first points over the space; then each is where the model promises most, given that
those which are being tried turn out as predicted. A training job that failed counts as the worst.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.special import log_ndtr, ndtr

from local_aws.sagemaker.gaussian_process import Array, Features, Posterior, fit, prior_means, refit
from local_aws.sagemaker.unit_cube import UnitCube

# More points make a fit slower and no wiser: half of them are the best, half the latest.
_MOST_POINTS = 160
_CANDIDATES = 768
_SPREAD_CANDIDATES = 128
_LOCAL_ROUNDS = (0.15, 0.05, 0.015)
_LOCAL_CENTRES, _LOCAL_POINTS = 8, 192


class BayesianSampler(BaseSampler):
    """Asks a Gaussian process.

    Parameters
    ----------
    distributions
        The whole space, whose points are asked for.
    seed
        Gives the seed of a point, by its trial's number. What is kept from one point to the next
        follows from the history: equal seeds and equal histories give equal points.
    """

    def __init__(
        self, distributions: Mapping[str, BaseDistribution], seed: Callable[[int], int]
    ) -> None:
        self._distributions = dict(distributions)
        self._cube = UnitCube(self._distributions)
        self._seed = seed
        self._random = np.random.default_rng()
        self._fitted: tuple[int, Array | None] = (0, None)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Say that all hyperparameters are drawn together."""
        return self._distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Find the next point."""
        self._random = np.random.default_rng(self._seed(trial.number))
        trials = [item for item in study.get_trials(deepcopy=False) if item.number != trial.number]
        sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
        over = [item for item in trials if item.state.is_finished() and item.params]
        values = [
            sign * item.value
            if item.state == TrialState.COMPLETE and item.value is not None
            else np.nan
            for item in over
        ]
        running = [item for item in trials if not item.state.is_finished() and item.params]
        points, pending = self._encoded(over), self._encoded(running)
        first = min(10, max(5, self._cube.dimensions + 2))
        if len(points) + len(pending) < first or np.sum(~np.isnan(values)) < 2:
            return self._spread(np.vstack([points, pending]))
        try:
            return self._promising(points, np.array(values), pending)
        except np.linalg.LinAlgError:
            # Rounding made the covariance of nearly equal points indefinite; others will do.
            return self._spread(np.vstack([points, pending]))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Refuse: the space is known as a whole."""
        raise ValueError(f"{param_name} is not one of {', '.join(self._distributions)}")

    def _encoded(self, trials: Sequence[FrozenTrial]) -> Array:
        return self._cube.encode([item.params for item in trials])

    def _spread(self, known: Array) -> dict[str, Any]:
        """Find a point far from all others; the middle of the space comes first."""
        if not len(known):
            return self._cube.decode(self._cube.middle())
        candidates = self._cube.random(self._random, _SPREAD_CANDIDATES)
        gaps = ((candidates[:, None, :] - known[None, :, :]) ** 2).sum(2).min(1)
        return self._cube.decode(candidates[np.argmax(gaps)])

    def _promising(self, points: Array, values: Array, pending: Array) -> dict[str, Any]:
        chosen = _most_telling(values)
        features = Features(points[chosen], self._cube.groups)
        model = refit(features, standardized(values)[chosen], self._scales(points, values))
        mean, _ = model.predict(points[chosen])
        best = float(mean.max())
        model = model.with_believed(pending)
        centres = points[chosen][np.argsort(-mean)[:_LOCAL_CENTRES]]
        candidates = np.vstack([self._cube.random(self._random, _CANDIDATES), centres])
        promise = _log_improvement(model, candidates, best)
        for step in _LOCAL_ROUNDS:
            top = candidates[np.argsort(-promise)[:_LOCAL_CENTRES]]
            near = self._cube.near(self._random, top, step, _LOCAL_POINTS)
            candidates = np.vstack([candidates, near])
            promise = np.concatenate([promise, _log_improvement(model, near, best)])
        known = {row.tobytes() for row in np.vstack([points, pending])}
        for row in candidates[np.argsort(-promise)]:
            if row.tobytes() not in known:
                return self._cube.decode(row)
        # A small space, all of whose points were tried: the most promising is tried once more.
        return self._cube.decode(candidates[np.argmax(promise)])

    def _scales(self, points: Array, values: Array) -> Array:
        """Fit the process's scales: again after each twentieth more of points, from the fit before.

        After a restart all fits are made again, so that they come out the same.
        """
        for count in _fits(len(values)):
            last, scales = self._fitted
            if count > last and np.sum(~np.isnan(values[:count])) >= 2:
                # Rounding may make the covariance of nearly equal points indefinite.
                with contextlib.suppress(np.linalg.LinAlgError):
                    scales = self._fit(points[:count], values[:count], scales)
                self._fitted = count, scales
        scales = self._fitted[1]
        return prior_means(self._cube.dimensions) if scales is None else scales

    def _fit(self, points: Array, values: Array, start: Array | None) -> Array:
        chosen = _most_telling(values)
        features = Features(points[chosen], self._cube.groups)
        return fit(features, standardized(values)[chosen], start).logarithms


def _fits(most: int) -> Iterator[int]:
    """List 2, 3, ..., 20, 21, 23, 25, ..., each a twentieth more, up to a number."""
    count = 2
    while count <= most:
        yield count
        count = max(count + 1, math.ceil(count * 1.05))


def standardized(values: Array) -> Array:
    """Center and scale values; failures and disasters become no worse than bad.

    A model of the good region must not spend itself on how bad the worst is.
    """
    known = values[~np.isnan(values)]
    upper, *lower = np.quantile(known, [1.0, 0.7, 0.5, 0.0])
    spread = next((upper - value for value in lower if value < upper), 1.0)
    floor = upper - 4 * spread
    filled = np.where(np.isnan(values), max(known.min(), floor), np.maximum(values, floor))
    deviation = filled.std()
    return np.asarray((filled - filled.mean()) / (deviation if deviation > 0 else 1.0))


def _most_telling(values: Array) -> NDArray[np.intp]:
    """Choose the points of the model: all, or the best and the latest."""
    if len(values) <= _MOST_POINTS:
        return np.arange(len(values))
    best = np.argsort(-np.nan_to_num(values, nan=-np.inf))[: _MOST_POINTS // 2]
    latest = np.arange(len(values))[-_MOST_POINTS // 2 :]
    return np.unique(np.concatenate([best, latest]))


def _log_improvement(model: Posterior, points: Array, best: float) -> Array:
    """Logarithm of the expected improvement; exact far below the best, where the plain one is 0."""
    mean, deviation = model.predict(points)
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    plain = np.log(np.maximum(density + z * ndtr(z), 1e-300))
    # Of phi(z) + z Phi(z) for z << 0: phi(z) / z**2, to first order.
    tail = log_ndtr(z) - np.log(np.maximum(-z, 1.0))
    return np.asarray(np.where(z > -5, plain, tail) + np.log(deviation))
