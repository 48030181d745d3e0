"""Results of a run: its plan, job outcomes and final comparison in one record; its champion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tunedrop.champions.record import ChampionModel
from tunedrop.errors import TunedropError
from tunedrop.report.confirm_scores import ConfirmScores, Contender
from tunedrop.report.job_outcomes import JobOutcome, JobOutcomes, attempts_warnings
from tunedrop.report.results import (
    BilledJob,
    Cost,
    Results,
    TrainingJob,
    TuningJob,
    best_training_job,
)
from tunedrop.report.sections.data_quality import describe_finding
from tunedrop.run_record import Run
from tunedrop.running.attempts import JobResult
from tunedrop.wording import (
    BASELINE,
    CHAMPION,
    DEFAULTS_PREFIX,
    ENSEMBLE,
    NO_USEFUL_MODEL,
)
from tunedrop_common.plan import ChampionMember, Plan, TuningJobPlan

UNKNOWN = "Unknown"
# What SageMaker calls the times of Confirm's training job.
_TIMES = {
    "created": "CreationTime",
    "started": "TrainingStartTime",
    "ended": "TrainingEndTime",
    "training_seconds": "TrainingTimeInSeconds",
    "billable_seconds": "BillableTimeInSeconds",
}


def assemble(
    *,
    run: Run,
    plan: Plan,
    outcomes: JobOutcomes,
    training_jobs: tuple[TrainingJob, ...],
    earlier_training_jobs: tuple[TrainingJob, ...] = (),
    confirm: ConfirmScores,
    model: str | None,
    folder: str,
    region: str,
) -> Results:
    """Put everything together; pure, so the same inputs give the same file.

    Parameters
    ----------
    earlier_training_jobs
        Those of attempts that brought nothing, which are billed all the same.
    """
    best = best_training_job(training_jobs)
    models = _models(confirm, plan)
    confirm_outcome = outcomes[plan.confirm.name]
    confirm_job = _confirm_job(confirm_outcome.name, confirm_outcome.result)
    return Results(
        dataset=plan.dataset,
        run_id=plan.run_id,
        metric=plan.metric.objective,
        verdict=confirm.verdict,
        sentence=confirm.sentence,
        selected=confirm.selected,
        members=models if len(models) > 1 else (),
        best_training_job=best.name if best else None,
        objective=best.objective if best else None,
        hyperparameters=best.hyperparameters if best else {},
        estimator=best.estimator if best else None,
        confirm=confirm,
        confirm_job=confirm_job,
        tuning_jobs=tuple(_tuning_job(job, outcomes[job.name]) for job in plan.tuning_jobs),
        training_jobs=training_jobs,
        model=model,
        cost=cost(plan, outcomes, training_jobs, earlier_training_jobs, confirm_job),
        warnings=_of_plan(plan, confirm) + attempts_warnings(outcomes, plan) + confirm.warnings,
        folder=folder,
        region=region,
        run=run,
        plan=plan,
    )


def _of_plan(plan: Plan, confirm: ConfirmScores) -> tuple[str, ...]:
    """Return the plan's warnings, those of the sample only where Confirm did not check all rows."""
    if not any(skipped.step == "data checks" for skipped in confirm.explanation.skipped):
        return plan.warnings
    return (*plan.warnings, *(describe_finding(finding).text for finding in plan.sample_warnings))


def _tuning_job(planned: TuningJobPlan, outcome: JobOutcome) -> TuningJob:
    result = outcome.result
    lost = "There is no record of how this tuning job ended."
    description = result.description if result else {}
    return TuningJob(
        **planned.model_dump() | outcome.terms(planned) | {"name": outcome.name},
        arn=description.get("HyperParameterTuningJobArn") or "",
        status=result.status if result else UNKNOWN,
        failure_reason=result.reason if result else lost,
        created=description.get("CreationTime"),
        ended=description.get("HyperParameterTuningEndTime"),
    )


def _confirm_job(name: str, result: JobResult | None) -> BilledJob:
    description = result.description if result else {}
    return BilledJob(name=name, **{field: description.get(key) for field, key in _TIMES.items()})


def cost(
    plan: Plan,
    outcomes: JobOutcomes,
    jobs: Iterable[TrainingJob],
    earlier_jobs: Iterable[TrainingJob],
    confirm_job: BilledJob,
) -> Cost | None:
    """Return what is billed for, or None when SageMaker gave no seconds at all.

    Each job has the price of the machine that its attempt ran on, also one that brought nothing.
    """
    all_jobs: list[BilledJob] = [*jobs, confirm_job, *earlier_jobs]
    all_jobs += [
        _confirm_job(attempt.name, attempt.result)
        for attempt in outcomes[plan.confirm.name].earlier
    ]
    machines = {
        attempt.name: attempt.settings
        for outcome in outcomes.values()
        for attempt in outcome.attempts
    }
    billed = [job for job in all_jobs if job.billable_seconds is not None]
    if not billed:
        return None
    seconds: Counter[str] = Counter()
    is_spot = False
    for job in billed:
        attempt = job.tuning_job if isinstance(job, TrainingJob) else job.name
        machine = machines.get(attempt) or plan.instance
        seconds[machine.type] += job.billable_seconds or 0
        is_spot = is_spot or machine.spot
    prices = plan.cost.usd_per_hour
    usd = None
    if all(instance_type in prices for instance_type in seconds):
        usd = round(sum(n / 3600 * prices[machine] for machine, n in seconds.items()), 4)
    return Cost(
        instance_type=", ".join(seconds),
        spot=is_spot,
        training_seconds=sum(job.training_seconds or 0 for job in billed),
        billable_seconds=seconds.total(),
        jobs_without_seconds=len(all_jobs) - len(billed),
        usd_per_hour=prices.get(next(iter(seconds))) if len(seconds) == 1 else None,
        usd=usd,
    )


def champion_of(results: Results) -> ChampionModel | None:
    """Return the champion that a run makes, or None when it makes none.

    A model which beats nothing doesn't take the place of one that did, whatever this data was.
    """
    selected = results.confirm.selected_contender
    useless = results.verdict == NO_USEFUL_MODEL or selected.name == BASELINE
    if useless or results.model is None:
        return None
    first, *_ = _models(results.confirm, results.plan)
    return ChampionModel(
        run_id=results.run_id,
        model=results.model,
        estimator=first.estimator,
        hyperparameters=first.hyperparameters,
        members=results.members,
        metric=results.metric,
        score=selected.mean,
        interval=selected.interval,
        verdict=results.verdict,
        time=results.finished,
    )


def _models(confirm: ConfirmScores, plan: Plan) -> tuple[ChampionMember, ...]:
    """Return what the selected model is made of: one model, or those of an ensemble."""
    selected, champion = confirm.selected_contender, plan.confirm.champion
    if selected.name == CHAMPION and champion:
        fields = champion.model_dump(include={"estimator", "hyperparameters"})
        return champion.members or (ChampionMember.model_validate(fields),)
    if selected.name == ENSEMBLE:
        contenders = [confirm.tuned(key) for key in selected.members]
        if not contenders:
            raise TunedropError(
                "Confirm selected an ensemble, and confirm.json doesn't say of what"
            )
        return tuple(_model(contender, plan) for contender in contenders)
    return () if selected.name == BASELINE else (_model(selected, plan),)


def _model(contender: Contender, plan: Plan) -> ChampionMember:
    estimator = plan.estimator(contender.estimator)
    if contender.name.startswith(DEFAULTS_PREFIX):
        # scikit-learn's own: without what the plan fixes
        bare = estimator.model_copy(update={"fixed": {}})
        return ChampionMember(estimator=bare, hyperparameters={})
    tuned = {
        name: str(value)
        for name, value in contender.hyperparameters.items()
        if name not in estimator.fixed
    }
    return ChampionMember(estimator=estimator, hyperparameters=tuned)
