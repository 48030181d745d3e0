"""What Confirm makes an ensemble of: the best training jobs, and where their predictions are.

Two files of the run, written by StartJob before Confirm's first request: `candidates.json`, and a
manifest of the jobs' outputs, which is a channel. SageMaker fails a job whose manifest names an
object that is not there, so only outputs that are there are listed; what has expired is left out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tunedrop import keys
from tunedrop.running.job_requests import ScoredJob
from tunedrop.running.jobs import JobNotFound, describe
from tunedrop.storage import Bucket
from tunedrop_common.candidates import FEWEST_CANDIDATES, CandidateList, ListedJob
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = logging.getLogger(__name__)


def provide_candidates(
    bucket: Bucket, sagemaker: SageMakerClient, plan: Plan, best: Sequence[ScoredJob]
) -> bool:
    """Write both files, unless they are there; return whether there is an ensemble to be made.

    Of the best training jobs, those whose output is not there are left out.
    """
    if not plan.confirm.ensemble:
        return False
    outputs = dict(_outputs(bucket, sagemaker, plan, best))
    candidates = [job for job in best if job.training_job in outputs]
    if len(candidates) < FEWEST_CANDIDATES:
        logger.info("%s training jobs have an output: no ensemble", len(candidates))
        return False
    listed = CandidateList(candidates=tuple(map(_listed, candidates)))
    key = keys.candidates(plan.dataset, plan.run_id)
    bucket.put_json_once(key, listed.model_dump(mode="json"))
    manifest = _manifest(bucket, plan, [outputs[job.training_job] for job in candidates])
    bucket.put_json_once(keys.predictions_manifest(plan.dataset, plan.run_id), manifest)
    return True


def _listed(job: ScoredJob) -> ListedJob:
    return ListedJob(
        training_job=job.training_job,
        estimator=job.estimator.key,
        hyperparameters=job.hyperparameters,
        objective=job.objective,
    )


def _manifest(bucket: Bucket, plan: Plan, outputs: Sequence[str]) -> list[Any]:
    """Return the manifest: a prefix that all have, then the rest of each key.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
    """
    # A resumed run's are below several runs of the dataset.
    prefix = keys.training_folder_of(plan.dataset)
    return [
        {"prefix": f"s3://{bucket.name}/{prefix}"},
        *(output.removeprefix(prefix) for output in outputs),
    ]


def _outputs(
    bucket: Bucket, sagemaker: SageMakerClient, plan: Plan, best: Sequence[ScoredJob]
) -> Iterator[tuple[str, str]]:
    """Yield the training jobs whose output is there, each with its key."""
    finished = {job.finished_job for job in plan.tuning_jobs if job.finished_job}
    for tuning_job in dict.fromkeys(job.tuning_job for job in best):
        folder = keys.training_folder(plan.dataset, plan.run_id)
        if tuning_job in finished:
            folder = _folder_of(bucket, sagemaker, tuning_job)
        if not folder.startswith(keys.training_folder_of(plan.dataset)):
            continue
        # Training jobs have their tuning job's name and more: a listing costs less than a request
        # for each, and needs no permission to read what is there.
        there = set(bucket.list_keys(f"{folder}{tuning_job}-"))
        for job in best:
            output = keys.job_output(folder, job.training_job)
            if job.tuning_job == tuning_job and output in there:
                yield job.training_job, output


def _folder_of(bucket: Bucket, sagemaker: SageMakerClient, tuning_job: str) -> str:
    """Return where a tuning job of an earlier run wrote to; "" when nobody knows any more."""
    try:
        found = describe(sagemaker, tuning_job, "tuning").description
    except JobNotFound:
        return ""
    output = found.get("TrainingJobDefinition", {}).get("OutputDataConfig", {})
    path = str(output.get("S3OutputPath", "")).removeprefix(f"s3://{bucket.name}/")
    return f"{path.rstrip('/')}/"
