"""Resolves everything about a run into one `Plan`, before any money is spent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sklearn_trainer.model.preprocessing import ENCODING
from tunedrop import __version__
from tunedrop.datasets.layout import lay_out
from tunedrop.environment import PlanRunEnvironment
from tunedrop.objects import ObjectVersion
from tunedrop.planning.costs import Budget, FitCounts, plan_cost
from tunedrop.planning.data import (
    DataDecisions,
    decide_about_data,
    plan_report,
    provide_data,
)
from tunedrop.planning.earlier_runs import add_champion, add_parents, expected_times
from tunedrop.planning.estimators.selection import choose_estimators, without
from tunedrop.planning.estimators.trial_fits import TrialFits, order_rows, try_fits
from tunedrop.planning.folds import (
    CONFIRM_FOLDS,
    check_class_sizes,
    choose_final_test,
    choose_folds,
    confirm_repeats,
    rows_left,
    training_rows,
)
from tunedrop.planning.limits import choose_budget
from tunedrop.planning.machines import planned_instance
from tunedrop.planning.metrics import choose_metric
from tunedrop.planning.prices import PriceList, find_prices
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.planning.tuning_config.model import (
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
    TuningJobPlan,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


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
    layout = lay_out(run.objects, run.dataset)
    config = _read_config(bucket, layout.tuning_config)
    decided = decide_about_data(bucket, layout, config, environment)
    choices = _choose(config, decided, has_test_file=bool(layout.test))
    rows = order_rows(decided, choices.fold_rows)
    fold_seconds = trial_fits(rows, choices.estimators, choices.metric, config)
    limits, why_prices = find_prices(bucket, price_list, environment.limits)
    times = expected_times(bucket, run)
    repeats = confirm_repeats(decided.table.rows)
    budget = choose_budget(
        config,
        choices.estimators,
        limits,
        times,
        FitCounts(choices.folds.folds, CONFIRM_FOLDS * repeats, fold_seconds),
        rows=decided.table.rows,
        columns=len(decided.columns),
        spot=environment.spot,
    )
    data = provide_data(bucket, run, layout, decided)
    reasons = (*choices.reasons, *budget.decisions, times.why, why_prices)
    plan = Plan(
        dataset=run.dataset,
        run_id=run.run_id,
        task=decided.task,
        data=data,
        metric=choices.metric,
        cross_validation=choices.folds,
        final_test=choices.final_test,
        seed=choices.folds.seed,
        tuning_jobs=_plan_tuning_jobs(config, choices.estimators, budget, run, environment),
        parallel_tuning_jobs=budget.parallel_tuning_jobs,
        confirm=_plan_confirm(config, len(choices.estimators), budget, repeats, run, environment),
        report=plan_report(config, decided, environment.report),
        instance=planned_instance(
            budget.instance_type, spot=environment.spot, train_bytes=data.train.bytes
        ),
        fallback_instances=budget.fallback_instances,
        cost=plan_cost(budget, limits.prices_usd_per_hour, times),
        image=environment.training_image,
        release=__version__,
        decisions=(*decided.decisions, *filter(None, reasons)),
        warnings=decided.warnings + budget.warnings,
        sample_warnings=decided.sample_warnings,
    )
    if config.warm_start == "auto":
        plan = add_parents(bucket, sagemaker, plan)
    return add_champion(bucket, plan)


def _plan_tuning_jobs(
    config: TuningConfig,
    estimators: Sequence[EstimatorPlan],
    budget: Budget,
    run: Run,
    environment: PlanRunEnvironment,
) -> tuple[TuningJobPlan, ...]:
    """Plan a tuning job for each estimator."""
    seed = _derive_seed("search", config, run)
    convergence = config.convergence or ConvergenceConfig()
    return tuple(
        TuningJobPlan(
            name=jobs.name_tuning_job(environment.job_prefix, run.dataset, run.run_id, index),
            estimator=estimator,
            strategy=config.strategy.capitalize(),
            max_training_jobs=budget.training_jobs[estimator.key],
            max_parallel_training_jobs=budget.parallel_training_jobs,
            max_runtime_seconds=budget.max_runtime_seconds,
            max_training_job_seconds=budget.training_job_seconds[estimator.key],
            # Off by default: SageMaker compares a running mean over folds with the earlier
            # jobs' averages up to that fold, so where later folds are harder it stops good
            # jobs too.
            early_stopping=config.early_stopping.capitalize(),
            max_jobs_not_improving=convergence.jobs_without_improvement,
            stop_on_convergence=convergence.when_converged,
            target_objective=convergence.target_value,
            random_seed=(seed + index) % 2**31,
        )
        for index, estimator in enumerate(estimators)
    )


def _plan_confirm(
    config: TuningConfig,
    estimators: int,
    budget: Budget,
    repeats: int,
    run: Run,
    environment: PlanRunEnvironment,
) -> ConfirmPlan:
    """Plan the job that scores the contenders."""
    return ConfirmPlan(
        name=jobs.name_confirm_job(environment.job_prefix, run.dataset, run.run_id),
        folds=CONFIRM_FOLDS,
        repeats=repeats,
        seed=_derive_seed("confirm", config, run),
        max_seconds=budget.confirm_seconds,
        max_seconds_per_contender=budget.confirm_seconds,
        ensemble=config.ensemble == "auto" and estimators > 1,
    )


def _choose(config: TuningConfig, decided: DataDecisions, *, has_test_file: bool) -> _Choices:
    task, target, table = decided.task, decided.target, decided.table
    seed = config.seed or 0  # folds repeat from run to run, so that scores compare
    metric, why_metric = choose_metric(config, task, decided.y)
    estimators, why_estimators = choose_estimators(config, task, metric, seed)
    features = [column for column in table.columns if column.name in decided.features]
    if not any(column.kind == "categorical" and column.distinct > 2 for column in features):
        estimators = [without(estimator, ENCODING, config) for estimator in estimators]
    final_test, why_test = choose_final_test(config, table.rows, has_test_file)
    if task == "classification" and table.is_complete:
        check_class_sizes(target, final_test)
    folds, why_folds = choose_folds(config, task, rows_left(table.rows, final_test), seed)
    rows = rows_left(target.present if table.is_complete else table.rows, final_test)
    reasons = (why_metric, why_estimators, why_folds, why_test)
    return _Choices(metric, estimators, folds, final_test, training_rows(rows, folds), reasons)


def _read_config(bucket: Bucket, version: ObjectVersion | None) -> TuningConfig:
    if version is None:
        return TuningConfig()
    # A little more than may be read, so that a file that is too large shows.
    body = bucket.read_range(version.key, 0, MAX_BYTES + 1, version_id=version.version_id)
    return read_tuning_config(body)


def _derive_seed(purpose: str, config: TuningConfig, run: Run) -> int:
    """Return a seed that differs from run to run, unless tuning.yaml has one."""
    source = run.run_id if config.seed is None else str(config.seed)
    return int(hashlib.sha256(f"{purpose}:{source}".encode()).hexdigest()[:8], 16) % 2**31
