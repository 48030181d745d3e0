"""plan.json as the training container reads it: the part of the run's plan that a job needs.

The workflow writes it with a model of its own; docs/interfaces.md and a test hold both together.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from sklearn_trainer.contract import read_json
from sklearn_trainer.errors import PlanError
from sklearn_trainer.records import decode

CLASSIFICATION = "classification"
REGRESSION = "regression"

HYPERBAND = "Hyperband"
FOLD_KINDS = ("shuffled", "grouped", "ordered")

FEATURE_ROLES = ("feature", "time")
"""Columns that are learnt from."""


@dataclass(frozen=True)
class Column:
    """A column, as samples of the data showed it."""

    name: str
    kind: str
    role: str
    reason: str = ""


@dataclass(frozen=True)
class Part:
    """The files of one channel, relative to its folder."""

    files: tuple[str, ...]


@dataclass(frozen=True)
class CsvDialect:
    """How the text is to be read."""

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    lines_above_header: int = 0
    unnamed_column: str = ""  # first or last: the header has no name for it


@dataclass(frozen=True)
class Data:
    """What to learn from."""

    format: str
    train: Part
    columns: tuple[Column, ...]
    target: str
    csv: CsvDialect | None = None
    test: Part | None = None

    @property
    def decimal(self) -> str:
        """The decimal sign of numbers that are written as text."""
        return self.csv.decimal if self.csv else "."


@dataclass(frozen=True)
class Metric:
    """Names of scikit-learn scorers: greater is better for all of them."""

    objective: str
    additional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The objective first, then the others, each once."""
        return tuple(dict.fromkeys((self.objective, *self.additional)))


@dataclass(frozen=True)
class CrossValidation:
    """The folds of the tuning's training jobs; one fold means a holdout.

    The kind is shuffled, grouped or ordered, for Confirm's folds and the final test as well.
    """

    folds: int
    stratified: bool
    seed: int
    kind: str = "shuffled"
    holdout_fraction: float | None = None


@dataclass(frozen=True)
class FinalTest:
    """Rows that no fold ever sees."""

    kind: str
    fraction: float | None = None


@dataclass(frozen=True)
class Range:
    """Of a range, only what decides how its values are read."""

    kind: str


@dataclass(frozen=True)
class EstimatorPlan:
    """One estimator: its key in hyperparameters and reports, and its dotted path below sklearn.

    `fixed_by_config` names those of `fixed` that are the dataset's own wish.
    """

    key: str
    class_path: str
    fixed: dict[str, str]
    ranges: dict[str, Range]
    fixed_by_config: tuple[str, ...] = ()


@dataclass(frozen=True)
class TuningJobPlan:
    """One tuning job, for one estimator."""

    estimator: EstimatorPlan
    strategy: str = ""


@dataclass(frozen=True)
class Champion:
    """The model in use when the run was planned."""

    estimator: EstimatorPlan
    hyperparameters: dict[str, str]


@dataclass(frozen=True)
class ConfirmPlan:
    """How the contenders are compared."""

    folds: int
    repeats: int
    seed: int
    max_seconds_per_contender: int
    champion: Champion | None = None


@dataclass(frozen=True)
class Plan:
    """Everything resolved."""

    task: str
    data: Data
    metric: Metric
    cross_validation: CrossValidation
    final_test: FinalTest
    seed: int
    tuning_jobs: tuple[TuningJobPlan, ...]
    confirm: ConfirmPlan
    dataset: str = ""
    run_id: str = ""
    warnings: tuple[str, ...] = field(default=())

    def estimator(self, key: str) -> EstimatorPlan:
        """Return the estimator of that key."""
        for job in self.tuning_jobs:
            if job.estimator.key == key:
                return job.estimator
        raise PlanError(
            "The hyperparameter tunedrop_estimator is not an estimator of the plan",
            found=repr(key),
            expected=f"one of {', '.join(job.estimator.key for job in self.tuning_jobs)}",
            to_do="Start the job with the plan that it was made for.",
        )

    def lines_of(self, key: str, folds: int) -> list[int]:
        """Return how often the scores of each of so many folds are to be reported.

        Hyperband counts reports as what a training job was given, up to as many as it planned
        folds. Where the data allowed fewer, some are reported twice, so that its rungs stay where
        they were.
        """
        planned = self.cross_validation.folds
        strategy = next(j.strategy for j in self.tuning_jobs if j.estimator.key == key)
        if strategy != HYPERBAND or folds >= planned:
            return [1] * folds
        ends = [planned * number // folds for number in range(folds + 1)]
        return [end - start for start, end in itertools.pairwise(ends)]


def read_plan(path: Path) -> Plan:
    """Read plan.json."""
    content = read_json(path)
    version = content.get("version") if isinstance(content, dict) else None
    if version != 1:
        raise PlanError(
            "plan.json has a version that this training image does not know",
            where=str(path),
            found=repr(version),
            expected="1",
            to_do="Use the image of the same release as the workflow.",
        )
    plan = decode(Plan, content, "plan.json")
    if plan.task not in (CLASSIFICATION, REGRESSION):
        raise PlanError(
            "plan.json asks for a task that does not exist",
            where="plan.json task",
            found=repr(plan.task),
            expected=f"{CLASSIFICATION} or {REGRESSION}",
            to_do="Use the image of the same release as the workflow.",
        )
    if plan.cross_validation.kind not in FOLD_KINDS:
        raise PlanError(
            "plan.json asks for folds that this training image does not know",
            where="plan.json cross_validation.kind",
            found=repr(plan.cross_validation.kind),
            expected=f"one of {', '.join(FOLD_KINDS)}",
            to_do="Use the image of the same release as the workflow.",
        )
    return plan
