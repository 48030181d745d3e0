"""One estimator's tuning job: its name, its share of the budget, and when it stops."""

from __future__ import annotations

from tunedrop.claims import Run
from tunedrop.environment import PlanRunEnvironment
from tunedrop.planning.costs import Budget
from tunedrop.planning.tuning_config.model import (
    SAGEMAKER_STRATEGIES,
    ConvergenceConfig,
    TuningConfig,
)
from tunedrop.running import job_names
from tunedrop_common.plan import EstimatorPlan, TuningJobPlan


def plan_tuning_job(
    run: Run,
    environment: PlanRunEnvironment,
    config: TuningConfig,
    budget: Budget,
    seed: int,
    index: int,
    estimator: EstimatorPlan,
    parents: tuple[str, ...],
) -> TuningJobPlan:
    """Plan the tuning job of one estimator, the `index`-th of the run."""
    convergence = config.convergence or ConvergenceConfig()
    return TuningJobPlan(
        name=job_names.tuning_job(environment.job_prefix, run.dataset, run.run_id, index),
        estimator=estimator,
        strategy=SAGEMAKER_STRATEGIES[config.strategy],
        max_training_jobs=budget.training_jobs[estimator.key],
        max_parallel_training_jobs=budget.parallel_training_jobs,
        max_runtime_seconds=budget.max_runtime_seconds,
        max_training_job_seconds=budget.max_training_job_seconds,
        # Off by default: SageMaker compares a running mean over folds with the earlier jobs'
        # averages up to that fold, so where later folds are harder it stops good jobs too.
        early_stopping="Auto" if config.early_stopping == "auto" else "Off",
        max_jobs_not_improving=convergence.jobs_without_improvement,
        stop_on_convergence=convergence.when_converged,
        target_objective=convergence.target_value,
        random_seed=(seed + index) % 2**31,
        parents=parents,
    )
