"""Resolves everything about a run into one `Plan`, before any money is spent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tunedrop.claims import Run
from tunedrop.datasets.layout import lay_out
from tunedrop.environment import PlanRunEnvironment
from tunedrop.objects import ObjectVersion
from tunedrop.planning.costs import Budget, plan_cost, seconds_per_contender
from tunedrop.planning.data import DataDecisions, decide_about_data, provide_data
from tunedrop.planning.earlier_runs import (
    about_parents,
    choose_parents,
    earlier_plans,
    find_champion,
)
from tunedrop.planning.estimators.search_spaces import within_rows, without
from tunedrop.planning.estimators.selection import choose_estimators
from tunedrop.planning.folds import (
    check_class_sizes,
    choose_final_test,
    choose_folds,
    confirm_folds,
    least_training,
    rows_left,
)
from tunedrop.planning.job_times import expected_times
from tunedrop.planning.limits import choose_budget
from tunedrop.planning.machines import planned_instance
from tunedrop.planning.metrics import choose_metric
from tunedrop.planning.prices import PriceList, find_prices
from tunedrop.planning.report_plan import plan_report
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.planning.tuning_config.model import SAGEMAKER_STRATEGIES, TuningConfig
from tunedrop.planning.tuning_config.yaml_text import MAX_BYTES
from tunedrop.planning.tuning_job_plan import plan_tuning_job
from tunedrop.running import job_names
from tunedrop.storage import Bucket
from tunedrop_common.plan import (
    Champion,
    ConfirmPlan,
    CrossValidation,
    EstimatorPlan,
    FinalTest,
    Metric,
    Plan,
    PlannedCost,
)
from tunedrop_common.preprocessing import ENCODING

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
    reasons: tuple[str, ...]


def make_plan(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    run: Run,
    environment: PlanRunEnvironment,
    price_list: PriceList | None = None,
) -> Plan:
    """Read tuning.yaml, look at the data and resolve the plan.

    Parameters
    ----------
    price_list
        Where prices come from that the settings don't have; None: from nowhere.

    Raises
    ------
    UserInputError
        When the data or tuning.yaml cannot be used, or ask for more than the limits allow.
    """
    layout = lay_out(run.objects, run.dataset)
    config = _read_config(bucket, layout.tuning_config)
    seeds = _seeds(config, run)
    decided = decide_about_data(bucket, layout, config, environment)
    choices = _choose(config, decided, seeds.folds, has_test_file=bool(layout.test))
    estimators, rows = choices.estimators, decided.table.rows
    budget, cost, why_cost = _budget(bucket, run, config, environment, price_list, decided, choices)
    champion, why_champion = _champion(bucket, run, config, choices, decided)
    parents = _parents(bucket, sagemaker, run, config, choices, decided, budget)
    data = provide_data(bucket, run, layout, decided, environment)
    return Plan(
        dataset=run.dataset,
        run_id=run.run_id,
        task=decided.task,
        data=data,
        metric=choices.metric,
        cross_validation=choices.folds,
        final_test=choices.final_test,
        seed=seeds.folds,
        tuning_jobs=tuple(
            plan_tuning_job(run, environment, config, budget, seeds.search, i, e, parents[e.key])
            for i, e in enumerate(estimators)
        ),
        parallel_tuning_jobs=budget.parallel_tuning_jobs,
        confirm=_confirm(run, environment, config, budget, seeds, rows, len(estimators), champion),
        report=plan_report(config, decided, environment.report),
        instance=planned_instance(
            budget.instance_type, spot=environment.spot, train_bytes=data.train.bytes
        ),
        ladder=budget.ladder,
        cost=cost,
        decisions=(
            *decided.decisions,
            *filter(None, (*choices.reasons, why_champion)),
            *budget.decisions,
            *why_cost,
            *about_parents(parents),
        ),
        warnings=decided.warnings + budget.warnings,
        hints=decided.hints,
    )


def _budget(
    bucket: Bucket,
    run: Run,
    config: TuningConfig,
    environment: PlanRunEnvironment,
    price_list: PriceList | None,
    decided: DataDecisions,
    choices: _Choices,
) -> tuple[Budget, PlannedCost, tuple[str, ...]]:
    """Return the budget, what it costs, and how that was found."""
    prices = find_prices(bucket, price_list, environment.limits)
    times = expected_times(bucket, run)
    budget = choose_budget(
        config,
        choices.estimators,
        replace(environment.limits, prices_usd_per_hour=prices.usd_per_hour),
        rows=decided.table.rows,
        columns=len(decided.columns),
        spot=environment.spot,
        times=times,
    )
    cost = plan_cost(budget, prices.usd_per_hour, times)
    return budget, cost, tuple(filter(None, (times.why, prices.why)))


def _champion(
    bucket: Bucket, run: Run, config: TuningConfig, choices: _Choices, decided: DataDecisions
) -> tuple[Champion | None, str]:
    return find_champion(
        bucket,
        run.dataset,
        task=decided.task,
        target=decided.target.name,
        objective=choices.metric.objective,
        features=decided.features,
        weighted=config.weight_column is not None,
    )


def _choose(
    config: TuningConfig, decided: DataDecisions, seed: int, *, has_test_file: bool
) -> _Choices:
    task, target, table = decided.task, decided.target, decided.table
    metric, why_metric = choose_metric(config, task, target)
    estimators, why_estimators = choose_estimators(config, task, metric, seed)
    features = [each for each in table.columns if each.name in decided.features]
    if not any(each.kind == "categorical" and each.distinct > 2 for each in features):
        estimators = [without(each, ENCODING, config) for each in estimators]
    final_test, why_test = choose_final_test(config, table.rows, has_test_file)
    if task == "classification" and table.complete:
        check_class_sizes(target, final_test)
    folds, why_folds = choose_folds(config, task, rows_left(table.rows, final_test), seed)
    why_less: list[str] = []
    if table.complete:
        least = least_training(rows_left(target.present, final_test), folds, target)
        limited = [within_rows(each, config, least) for each in estimators]
        estimators = [estimator for estimator, _ in limited]
        why_less = [why for _, why in limited]
    reasons = (why_metric, why_estimators, *why_less, why_folds, why_test)
    return _Choices(metric, estimators, folds, final_test, reasons)


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


def _parents(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    run: Run,
    config: TuningConfig,
    choices: _Choices,
    decided: DataDecisions,
    budget: Budget,
) -> dict[str, tuple[str, ...]]:
    if config.warm_start == "off":
        return {estimator.key: () for estimator in choices.estimators}
    plans = earlier_plans(bucket, run.dataset, run.run_id)
    return {
        estimator.key: choose_parents(
            sagemaker,
            plans,
            estimator=estimator,
            objective=choices.metric.objective,
            strategy=SAGEMAKER_STRATEGIES[config.strategy],
            row_columns={role: column.name for role, column in decided.row_columns.items()},
            training_jobs=budget.training_jobs[estimator.key],
        )
        for estimator in choices.estimators
    }


def _confirm(
    run: Run,
    environment: PlanRunEnvironment,
    config: TuningConfig,
    budget: Budget,
    seeds: _Seeds,
    rows: int,
    estimators: int,
    champion: Champion | None,
) -> ConfirmPlan:
    folds, repeats = confirm_folds(rows)
    return ConfirmPlan(
        name=job_names.confirm(environment.job_prefix, run.dataset, run.run_id),
        folds=folds,
        repeats=repeats,
        seed=seeds.confirm,
        max_seconds=budget.confirm_seconds,
        max_seconds_per_contender=seconds_per_contender(
            budget.confirm_seconds, estimators, champion
        ),
        champion=champion,
        ensemble=config.ensemble == "auto",
    )
