"""WriteReport: from the files and jobs of a run to its results, report, model and champion.

The same run gives the same files again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from botocore.exceptions import ClientError

from tunedrop import keys
from tunedrop.aws_errors import code_of, translated
from tunedrop.champions.record import ChampionRecord, change_champion, read_champion
from tunedrop.errors import ConfirmFailed, RunNotFoundError
from tunedrop.events import EventDetail, RunFinished
from tunedrop.index.publishing import publish_report
from tunedrop.objects import ObjectNotFound, ObjectTooLarge
from tunedrop.report.assembly import assemble, champion_of
from tunedrop.report.confirm_scores import MAX_ARCHIVE_BYTES, ConfirmScores, read_archive
from tunedrop.report.job_outcomes import JobOutcomes, read_job_outcomes
from tunedrop.report.notification import Notification, notification
from tunedrop.report.results import COMPLETED, Results, TrainingJob
from tunedrop.report.training_jobs import collect
from tunedrop.report.training_jobs_csv import training_jobs_csv
from tunedrop.run_record import Run, find_run
from tunedrop.running.attempts import JobResult
from tunedrop.storage import Bucket, to_json
from tunedrop_common.plan import Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

Promotion: TypeAlias = Literal["automatic", "manual"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WrittenReport:
    """What to tell about a run with a report: people, and other systems."""

    notification: Notification
    events: list[EventDetail]


def write_report(
    dataset: str,
    run_id: str,
    bucket: Bucket,
    sagemaker: SageMakerClient,
    *,
    promotion: Promotion | None,
) -> WrittenReport:
    """Write a run's results, report and model; return what to tell.

    Parameters
    ----------
    promotion
        How its model gets into use; None for a report that is built again, which changes no
        champion.

    Raises
    ------
    RunNotFoundError
        If there is no such run, or its Confirm job has not ended.
    ConfirmFailed
        If the Confirm job did not complete, or left nothing that can be read.
    """
    run, plan = _run_and_plan(bucket, dataset, run_id)
    outcomes = read_job_outcomes(bucket, plan)
    confirm = _confirm_scores(bucket, plan, outcomes)
    training_jobs, earlier = _training_jobs(sagemaker, plan, outcomes)
    results = assemble(
        run=run,
        plan=plan,
        outcomes=outcomes,
        training_jobs=training_jobs,
        earlier_training_jobs=earlier,
        confirm=confirm,
        model=_keep_model(bucket, plan, outcomes),
        folder=f"s3://{bucket.name}/{keys.run_folder(dataset, run_id)}",
        region=sagemaker.meta.region_name,
    )
    document = _write_files(bucket, results)
    record = _promote(bucket, results, plan, promotion) if promotion else None
    publish_report(bucket, dataset, document)
    record = record or read_champion(bucket, dataset)
    return WrittenReport(notification(results, record), _events(results, record))


def _events(results: Results, record: ChampionRecord) -> list[EventDetail]:
    selected = results.confirm.selected_contender
    finished = RunFinished(
        dataset=results.dataset,
        run_id=results.run_id,
        verdict=results.verdict,
        metric=results.metric,
        score=selected.mean,
        interval=selected.interval,
    )
    return [finished, *record.events_of(results.run_id)]


def _promote(
    bucket: Bucket, results: Results, plan: Plan, promotion: Promotion
) -> ChampionRecord | None:
    model = champion_of(results)
    if model is None:
        return None
    record = change_champion(
        bucket,
        plan.dataset,
        lambda record: record.with_run(
            model,
            replaces=plan.confirm.replaces,
            manual=promotion == "manual",
            time=results.finished or datetime.now(UTC),
        ),
    )
    logger.info("in use: %s", record.run_in_use)
    return record


def _run_and_plan(bucket: Bucket, dataset: str, run_id: str) -> tuple[Run, Plan]:
    run = find_run(bucket, dataset, run_id)
    plan = bucket.find_record(keys.plan(dataset, run_id), Plan)
    if run is None or plan is None:
        raise RunNotFoundError(
            "There is no planned run of this name",
            found=f"'{dataset[:80]}/{run_id[:80]}'",
            expected="<dataset>/<run id> of a run that has a plan.json",
            to_do=f"Look at s3://{bucket.name}/{keys.RUNS} for the runs that exist.",
        )
    return run, plan


def _confirm_scores(bucket: Bucket, plan: Plan, outcomes: JobOutcomes) -> ConfirmScores:
    name, result = outcomes[plan.confirm.name].name, outcomes[plan.confirm.name].result
    if result is None:
        raise RunNotFoundError(
            "This run has no Confirm job that is over, so there is nothing to report on yet",
            expected=f"a run whose jobs are done; this one lacks the end of {name}",
            to_do="If the run goes on, it will write its report by itself. If it has a "
            "failure.json, do what that says.",
        )
    if result.status != COMPLETED:
        reason = result.reason or "SageMaker gave no reason."
        raise ConfirmFailed(f"The Confirm job {name} ended as {result.status}: {reason}")
    key = _output(plan, outcomes, "output.tar.gz")
    where = f"s3://{bucket.name}/{key}"
    try:
        with bucket.opened(key, limit=MAX_ARCHIVE_BYTES) as archive:
            return read_archive(archive, where=where)
    except ObjectNotFound as error:
        # SageMaker's own output expires; results.json of an earlier report does not
        if (scores := _scores_of_earlier_report(bucket, plan)) is not None:
            return scores
        raise ConfirmFailed(
            f"The Confirm job {name} completed, but its output {where} is not there. It expires "
            "after a while, and no earlier results.json of the run has kept its scores."
        ) from error
    except ObjectTooLarge as error:
        raise ConfirmFailed(f"{where} is too large to be Confirm's scores: {error}.") from error


def _scores_of_earlier_report(bucket: Bucket, plan: Plan) -> ConfirmScores | None:
    results = bucket.find_json(keys.run_file(plan.dataset, plan.run_id, "results.json"))
    return ConfirmScores.model_validate(results["confirm"]) if results else None


def _training_jobs(
    sagemaker: SageMakerClient, plan: Plan, outcomes: JobOutcomes
) -> tuple[tuple[TrainingJob, ...], tuple[TrainingJob, ...]]:
    """Return the training jobs that count, and those of earlier attempts, which are billed too."""
    current: list[TrainingJob] = []
    earlier: list[TrainingJob] = []
    for job in plan.tuning_jobs:
        outcome = outcomes[job.name]
        current += _collect(sagemaker, plan, job, outcome.name, outcome.result)
        for attempt in outcome.earlier:
            earlier += _collect(sagemaker, plan, job, attempt.name, attempt.result)
    return tuple(current), tuple(earlier)


def _collect(
    sagemaker: SageMakerClient, plan: Plan, job: TuningJobPlan, name: str, result: JobResult | None
) -> tuple[TrainingJob, ...]:
    """Return an attempt's training jobs; none of one that SageMaker does not know."""
    folds = plan.cross_validation.folds if job.strategy == "Hyperband" else None
    try:
        with translated():
            return collect(
                sagemaker,
                tuning_job=name,
                arn=result.description.get("HyperParameterTuningJobArn") if result else None,
                estimator=job.estimator.key,
                hyperband_folds=folds,
            )
    except ClientError as error:
        if code_of(error) != "ResourceNotFound":
            raise
        logger.warning("%s shows no training jobs: %s", name, code_of(error))
        return ()


def _keep_model(bucket: Bucket, plan: Plan, outcomes: JobOutcomes) -> str | None:
    """Copy Confirm's model to models/ within S3; return its URI, None if it has expired."""
    source, target = _output(plan, outcomes, "model.tar.gz"), keys.model(plan.dataset, plan.run_id)
    uri = f"s3://{bucket.name}/{target}"
    try:
        bucket.copy(source, target)
    except ObjectNotFound:
        return uri if bucket.exists(target) else None
    return uri


def _output(plan: Plan, outcomes: JobOutcomes, name: str) -> str:
    folder = keys.training_folder(plan.dataset, plan.run_id)
    return keys.job_output(folder, outcomes[plan.confirm.name].name, name)


def _write_files(bucket: Bucket, results: Results) -> dict[str, Any]:
    """Write the files; return what results.json holds."""
    # Altair and its schema take a second to import on a small Lambda: not before the data is there.
    from tunedrop.report.markdown import report_md
    from tunedrop.report.page import report_html

    def put(name: str, content: bytes, content_type: str) -> None:
        bucket.put(keys.run_file(results.dataset, results.run_id, name), content, content_type)

    document = results.model_dump(mode="json")
    put("results.json", to_json(document), "application/json")
    put("training_jobs.csv", training_jobs_csv(results).encode(), "text/csv; charset=utf-8")
    put("report.md", report_md(results).encode(), "text/markdown; charset=utf-8")
    put("report.html", report_html(results).encode(), "text/html; charset=utf-8")
    return document
