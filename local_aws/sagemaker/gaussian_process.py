"""Gaussian-process regression with few points in a unit cube, as hyperparameter tuning has them.

Matern-5/2 with a length scale for each hyperparameter; the scales are the most probable ones under
a prior that expects the smoother functions the more dimensions there are (Hvarfner and others,
2024, "Vanilla Bayesian optimization performs great in high dimensions").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

Array = NDArray[np.float64]

_ROOT_5 = np.sqrt(5.0)
_JITTER = 1e-8
_MOST_STEPS = 40

# Log-normal priors: mean and standard deviation of the logarithms.
_SCALE_MEAN, _SCALE_DEVIATION = np.sqrt(2.0), np.sqrt(3.0)
_NOISE_MEAN, _NOISE_DEVIATION = -5.0, 1.5
_SIGNAL_MEAN, _SIGNAL_DEVIATION = 0.0, 0.7
_BOUNDS_SCALE = (np.log(0.03), np.log(50.0))
_BOUNDS_SIGNAL = (np.log(0.05), np.log(20.0))
_BOUNDS_NOISE = (np.log(1e-6), np.log(0.5))


@dataclass(frozen=True)
class Features:
    """Points as columns of numbers; columns of one hyperparameter share a length scale.

    Parameters
    ----------
    points : array of shape (n_points, n_columns)
    groups : array of shape (n_columns,)
        The number of the hyperparameter of each column.
    """

    points: Array
    groups: NDArray[np.intp]

    @property
    def dimensions(self) -> int:
        """How many hyperparameters there are."""
        return int(self.groups.max()) + 1

    def at(self, points: Array) -> Features:
        """Make features of other points."""
        return Features(points, self.groups)


@dataclass(frozen=True)
class Posterior:
    """What a Gaussian process knows after its points; made by `fit`."""

    features: Features
    logarithms: Array
    """Of the length scales, the signal's variance, and the noise's."""
    factor: tuple[Array, bool]
    weights: Array

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the noiseless function at some points."""
        d = self.features.dimensions
        signal = np.exp(self.logarithms[d])
        scaled = self._scaled(points), self._scaled(self.features.points)
        cross = signal * _matern(_distances(*scaled))
        mean = cross @ self.weights
        lower = solve_triangular(self.factor[0], cross.T, lower=True, check_finite=False)
        variance = signal - np.einsum("ij,ij->j", lower, lower)
        return mean, np.sqrt(np.maximum(variance, 1e-12))

    def with_believed(self, points: Array) -> Posterior:
        """Add points as if they had turned out as predicted (those that are being tried)."""
        if not len(points):
            return self
        mean, _ = self.predict(points)
        known = self.factor[0] @ (self.factor[0].T @ self.weights)
        features = self.features.at(np.vstack([self.features.points, points]))
        return _posterior(features, np.concatenate([known, mean]), self.logarithms)

    def _scaled(self, points: Array) -> Array:
        return points / np.exp(self.logarithms[self.features.groups])


def fit(features: Features, values: Array, start: Array | None = None) -> Posterior:
    """Fit length scales, signal and noise to standardized values.

    Parameters
    ----------
    start
        The logarithms of an earlier fit, to begin with.
    """
    prior = prior_means(features.dimensions)
    starts = [prior] if start is None else [start, prior]
    squares = _squares(features)
    bounds = [_BOUNDS_SCALE] * features.dimensions + [_BOUNDS_SIGNAL, _BOUNDS_NOISE]
    low, high = np.array(bounds).T
    found = [
        minimize(
            _loss,
            np.clip(begin, low, high),
            args=(squares, values),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": _MOST_STEPS},
        )
        for begin in starts
    ]
    best = min(found, key=lambda result: result.fun)
    return _posterior(features, values, best.x)


def refit(features: Features, values: Array, logarithms: Array) -> Posterior:
    """Take in more points with the length scales of an earlier fit."""
    return _posterior(features, values, logarithms)


def _posterior(features: Features, values: Array, logarithms: Array) -> Posterior:
    d = features.dimensions
    scaled = features.points / np.exp(logarithms[features.groups])
    covariance = np.exp(logarithms[d]) * _matern(_distances(scaled, scaled))
    covariance[np.diag_indices_from(covariance)] += np.exp(logarithms[d + 1]) + _JITTER
    lower, _ = cho_factor(covariance, lower=True, check_finite=False)
    lower = np.tril(lower)
    weights = cho_solve((lower, True), values, check_finite=False)
    return Posterior(features, logarithms, (lower, True), weights)


def _loss(logarithms: Array, squares: Array, values: Array) -> tuple[float, Array]:
    """Negative logarithm of the posterior probability of the scales, and its gradient."""
    d, n = len(squares), len(values)
    scaled = squares * np.exp(-2 * logarithms[:d])[:, None, None]
    distance = np.sqrt(scaled.sum(axis=0))
    decay = np.exp(-_ROOT_5 * distance)
    signal, noise = np.exp(logarithms[d]), np.exp(logarithms[d + 1])
    smooth = signal * (1 + _ROOT_5 * distance + 5 / 3 * distance**2) * decay
    covariance = smooth.copy()
    covariance[np.diag_indices(n)] += noise + _JITTER
    factor = cho_factor(covariance, lower=True, check_finite=False)
    weights = cho_solve(factor, values, check_finite=False)
    inverse = cho_solve(factor, np.eye(n), check_finite=False)
    # d loss / d covariance
    outer = 0.5 * (inverse - np.outer(weights, weights))
    slope = signal * (5 / 3) * (1 + _ROOT_5 * distance) * decay
    gradient = np.concatenate(
        [
            np.einsum("ij,kij->k", outer * slope, scaled),
            [np.sum(outer * smooth), noise * np.trace(outer)],
        ]
    )
    loss = 0.5 * values @ weights + np.log(np.diag(factor[0])).sum()
    off = logarithms - prior_means(d)
    deviations = np.array([_SCALE_DEVIATION] * d + [_SIGNAL_DEVIATION, _NOISE_DEVIATION])
    return float(loss + 0.5 * np.sum((off / deviations) ** 2)), gradient + off / deviations**2


def prior_means(dimensions: int) -> Array:
    """Return the most probable logarithms before anything is known."""
    scale = _SCALE_MEAN + 0.5 * np.log(dimensions) - _SCALE_DEVIATION**2 / 2
    return np.array([scale] * dimensions + [_SIGNAL_MEAN, _NOISE_MEAN])


def _squares(features: Features) -> Array:
    """Squared differences, one matrix for each hyperparameter."""
    squares = np.zeros((features.dimensions, len(features.points), len(features.points)))
    for column, group in zip(features.points.T, features.groups, strict=True):
        squares[group] += (column[:, None] - column[None, :]) ** 2
    return squares


def _distances(a: Array, b: Array) -> Array:
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def _matern(distance: Array) -> Array:
    scaled = _ROOT_5 * distance
    return np.asarray((1 + scaled + scaled**2 / 3) * np.exp(-scaled))
