"""Resolves everything about a run into one `Plan`, before any money is spent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sklearn_trainer.model.preprocessing import ENCODING
from tunedrop import __version__
from tunedrop.datasets.layout import Layout, lay_out
from tunedrop.environment import PlanRunEnvironment
from tunedrop.objects import ObjectVersion
from tunedrop.planning.costs import (
    Budget,
    FitCounts,
    expected_times,
    plan_cost,
    seconds_per_contender,
)
from tunedrop.planning.data import (
    DataDecisions,
    decide_about_data,
    plan_report,
    provide_data,
)
from tunedrop.planning.earlier_runs import (
    FoundChampion,
    about_parents,
    choose_parents,
    earlier_plans,
    find_champion,
)
from tunedrop.planning.estimators.selection import choose_estimators, within_rows, without
from tunedrop.planning.estimators.trial_fits import TrialFits, order_rows, try_fits
from tunedrop.planning.folds import (
    check_class_sizes,
    choose_final_test,
    choose_folds,
    confirm_folds,
    least_training,
    rows_left,
)
from tunedrop.planning.limits import choose_budget
from tunedrop.planning.machines import planned_instance
from tunedrop.planning.metrics import choose_metric
from tunedrop.planning.prices import PriceList, find_prices
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.planning.tuning_config.model import (
    SAGEMAKER_STRATEGIES,
    ConvergenceConfig,
    TuningConfig,
)
from tunedrop.planning.tuning_config.yaml_text import MAX_BYTES
from tunedrop.run_record import Run
from tunedrop.running import jobs
from tunedrop.storage import Bucket
from tunedrop_common.plan import (
    ConfirmPlan,
    CrossValidation,
    EstimatorPlan,
    FinalTest,
    Metric,
    Plan,
    PlannedCost,
    TuningJobPlan,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class _Seeds:
    """Folds repeat from run to run, so that scores compare; searches and Confirm are fresh."""

    folds: int
    search: int
    confirm: int


@dataclass(frozen=True)
class _Choices:
    """What is tuned and how it is scored, and why."""

    metric: Metric
    estimators: Sequence[EstimatorPlan]
    folds: CrossValidation
    final_test: FinalTest
    fold_rows: int
    reasons: tuple[str, ...]


def make_plan(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    run: Run,
    environment: PlanRunEnvironment,
    price_list: PriceList | None = None,
    trial_fits: TrialFits = try_fits,
) -> Plan:
    """Read tuning.yaml and the data, and resolve the plan.

    Parameters
    ----------
    price_list
        Where prices come from that the settings don't have; None: from nowhere.
    trial_fits
        Fits the estimators to sampled rows.

    Raises
    ------
    UserInputError
        If the data or tuning.yaml cannot be used, or request more than the limits allow.
    """
    resolver = _read(bucket, run, environment)
    config, decided, choices = resolver.config, resolver.decided, resolver.choices
    rows = order_rows(decided, choices.fold_rows)
    trials = trial_fits(rows, choices.estimators, choices.metric, config)
    budget, cost, why_cost = resolver.budget(price_list, trials.fold_seconds)
    parents = resolver.parents(sagemaker, budget)
    data = provide_data(bucket, run, resolver.layout, decided)
    return Plan(
        dataset=run.dataset,
        run_id=run.run_id,
        task=decided.task,
        data=data,
        metric=choices.metric,
        cross_validation=choices.folds,
        final_test=choices.final_test,
        seed=resolver.seeds.folds,
        tuning_jobs=resolver.tuning_jobs(budget, parents),
        parallel_tuning_jobs=budget.parallel_tuning_jobs,
        confirm=resolver.confirm(budget),
        report=plan_report(config, decided, environment.report),
        instance=planned_instance(
            budget.instance_type, spot=environment.spot, train_bytes=data.train.bytes
        ),
        fallback_instances=budget.fallback_instances,
        cost=cost,
        image=environment.training_image,
        release=__version__,
        decisions=(
            *decided.decisions,
            *filter(None, choices.reasons),
            *budget.decisions,
            *why_cost,
            *about_parents(parents),
        ),
        warnings=decided.warnings + budget.warnings + trials.warnings,
        sample_warnings=decided.sample_warnings,
    )


def _read(bucket: Bucket, run: Run, environment: PlanRunEnvironment) -> _Resolver:
    """Read tuning.yaml and the data, and decide about them."""
    layout = lay_out(run.objects, run.dataset)
    config = _read_config(bucket, layout.tuning_config)
    seeds = _seeds(config, run)
    decided = decide_about_data(bucket, layout, config, environment)
    choices = _choose(config, decided, seeds.folds, has_test_file=bool(layout.test))
    return _Resolver(bucket, run, environment, layout, config, seeds, decided, choices)


@dataclass(frozen=True)
class _Resolver:
    """Resolves the jobs of a run from what was decided about its data, models and folds."""

    bucket: Bucket
    run: Run
    environment: PlanRunEnvironment
    layout: Layout
    config: TuningConfig
    seeds: _Seeds
    decided: DataDecisions
    choices: _Choices

    def budget(
        self, price_list: PriceList | None, fold_seconds: Mapping[str, float]
    ) -> tuple[Budget, PlannedCost, tuple[str, ...]]:
        """Return the budget, what it costs, and how that was found."""
        prices = find_prices(self.bucket, price_list, self.environment.limits)
        times = expected_times(self.bucket, self.run)
        folds, repeats = confirm_folds(self.decided.table.rows)
        budget = choose_budget(
            self.config,
            self.choices.estimators,
            replace(self.environment.limits, prices_usd_per_hour=prices.usd_per_hour),
            times,
            FitCounts(self.choices.folds.folds, folds * repeats, fold_seconds),
            rows=self.decided.table.rows,
            columns=len(self.decided.columns),
            spot=self.environment.spot,
        )
        cost = plan_cost(budget, prices.usd_per_hour, times)
        return budget, cost, tuple(filter(None, (times.why, prices.why)))

    def _champion(self) -> FoundChampion:
        """Return the model in use, and a sentence about it."""
        return find_champion(
            self.bucket,
            self.run.dataset,
            task=self.decided.task,
            target=self.decided.target.name,
            objective=self.choices.metric.objective,
            features=self.decided.features,
            weighted=self.config.weight_column is not None,
        )

    def parents(self, sagemaker: SageMakerClient, budget: Budget) -> dict[str, tuple[str, ...]]:
        """Return the tuning jobs that each estimator's starts from, by its key."""
        if self.config.warm_start == "off":
            return {estimator.key: () for estimator in self.choices.estimators}
        plans = earlier_plans(self.bucket, self.run.dataset, self.run.run_id)
        return {
            estimator.key: choose_parents(
                sagemaker,
                plans,
                estimator=estimator,
                objective=self.choices.metric.objective,
                strategy=SAGEMAKER_STRATEGIES[self.config.strategy],
                row_columns={
                    role: column.name for role, column in self.decided.row_columns.items()
                },
                training_jobs=budget.training_jobs[estimator.key],
            )
            for estimator in self.choices.estimators
        }

    def tuning_jobs(
        self, budget: Budget, parents: Mapping[str, tuple[str, ...]]
    ) -> tuple[TuningJobPlan, ...]:
        """Plan a tuning job for each estimator."""
        prefix, run, config = self.environment.job_prefix, self.run, self.config
        convergence = config.convergence or ConvergenceConfig()
        return tuple(
            TuningJobPlan(
                name=jobs.name_tuning_job(prefix, run.dataset, run.run_id, index),
                estimator=estimator,
                strategy=SAGEMAKER_STRATEGIES[config.strategy],
                max_training_jobs=budget.training_jobs[estimator.key],
                max_parallel_training_jobs=budget.parallel_training_jobs,
                max_runtime_seconds=budget.max_runtime_seconds,
                max_training_job_seconds=budget.training_job_seconds[estimator.key],
                # Off by default: SageMaker compares a running mean over folds with the earlier
                # jobs' averages up to that fold, so where later folds are harder it stops good
                # jobs too.
                early_stopping="Auto" if config.early_stopping == "auto" else "Off",
                max_jobs_not_improving=convergence.jobs_without_improvement,
                stop_on_convergence=convergence.when_converged,
                target_objective=convergence.target_value,
                random_seed=(self.seeds.search + index) % 2**31,
                parents=parents[estimator.key],
            )
            for index, estimator in enumerate(self.choices.estimators)
        )

    def confirm(self, budget: Budget) -> ConfirmPlan:
        """Plan the job that scores the contenders."""
        champion = self._champion()
        folds, repeats = confirm_folds(self.decided.table.rows)
        seconds, estimators = budget.confirm_seconds, len(self.choices.estimators)
        return ConfirmPlan(
            name=jobs.name_confirm_job(
                self.environment.job_prefix, self.run.dataset, self.run.run_id
            ),
            folds=folds,
            repeats=repeats,
            seed=self.seeds.confirm,
            max_seconds=seconds,
            max_seconds_per_contender=seconds_per_contender(seconds, estimators, champion.champion),
            **champion._asdict(),
            ensemble=self.config.ensemble == "auto" and estimators > 1,
        )


def _choose(
    config: TuningConfig, decided: DataDecisions, seed: int, *, has_test_file: bool
) -> _Choices:
    task, target, table = decided.task, decided.target, decided.table
    metric, why_metric = choose_metric(config, task, decided.y)
    estimators, why_estimators = choose_estimators(config, task, metric, seed)
    features = [column for column in table.columns if column.name in decided.features]
    if not any(column.kind == "categorical" and column.distinct > 2 for column in features):
        estimators = [without(estimator, ENCODING, config) for estimator in estimators]
    final_test, why_test = choose_final_test(config, table.rows, has_test_file)
    if task == "classification" and table.is_complete:
        check_class_sizes(target, final_test)
    folds, why_folds = choose_folds(config, task, rows_left(table.rows, final_test), seed)
    why_less: list[str] = []
    rows = rows_left(target.present if table.is_complete else table.rows, final_test)
    least = least_training(rows, folds, target)
    if table.is_complete:
        limited = [within_rows(estimator, config, least) for estimator in estimators]
        estimators = [estimator for estimator, _ in limited]
        why_less = [why for _, why in limited]
    reasons = (why_metric, why_estimators, *why_less, why_folds, why_test)
    fold_rows = least.rows if folds.kind == "shuffled" else rows  # of those, at most
    return _Choices(metric, estimators, folds, final_test, fold_rows, reasons)


def _read_config(bucket: Bucket, version: ObjectVersion | None) -> TuningConfig:
    if version is None:
        return TuningConfig()
    # A little more than may be read, so that a file that is too large shows.
    body = bucket.read_range(version.key, 0, MAX_BYTES + 1, version_id=version.version_id)
    return read_tuning_config(body)


def _seeds(config: TuningConfig, run: Run) -> _Seeds:
    source = run.run_id if config.seed is None else str(config.seed)

    def derived(purpose: str) -> int:
        return int(hashlib.sha256(f"{purpose}:{source}".encode()).hexdigest()[:8], 16) % 2**31

    return _Seeds(folds=config.seed or 0, search=derived("search"), confirm=derived("confirm"))
