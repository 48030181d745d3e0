"""Synthetic training jobs, scores and results: small, seeded, as hostile as a test wants them."""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.report.synthetic_plan import (
    BUCKET,
    CONFIRM_JOB,
    HOSTILE,
    RUN_ID,
    TUNING_JOBS,
    make_plan,
    make_run,
    planned_cost,
)
from tunedrop.index.records import RunEntry
from tunedrop.report.assembly import assemble
from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop.report.job_outcomes import JobOutcome
from tunedrop.report.results import Results, TrainingJob
from tunedrop.running.attempts import JobResult
from tunedrop_common.plan import Plan

START = datetime(2026, 11, 23, 22, 53, 0, tzinfo=UTC)
PIPELINE = """from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

model = Pipeline(steps=[('estimator', HistGradientBoostingClassifier(max_iter=50))])
"""


def training_job(number: int = 1, objective: float | None = 0.9, **changes: Any) -> TrainingJob:
    """Make a training job that ran for half a minute, `number` minutes after the start."""
    started = START + timedelta(minutes=number)
    values: dict[str, Any] = {
        "name": f"{TUNING_JOBS[0]}-{number:03d}-0123abcd",
        "tuning_job": TUNING_JOBS[0],
        "estimator": "boosting",
        "hyperparameters": {"learning_rate": "0.1", "max_leaf_nodes": "31"},
        "objective": objective,
        "status": "Completed",
        "created": started - timedelta(seconds=2),
        "started": started,
        "ended": started + timedelta(seconds=30),
        "training_seconds": 30,
        "billable_seconds": 30,
    }
    return TrainingJob(**(values | changes))


def training_jobs(amount: int, *, hostile: bool = False, seed: int = 1) -> tuple[TrainingJob, ...]:
    """Make training jobs of both tuning jobs; some fail, some are stopped."""
    chance = random.Random(seed)  # noqa: S311  (not for secrets)
    jobs = []
    for number in range(1, amount + 1):
        first = number <= (amount + 1) // 2
        tuned = (
            {
                "learning_rate": repr(10 ** chance.uniform(-2, 0)),
                "max_leaf_nodes": str(chance.randint(4, 64)),
            }
            if first
            else {
                "C": repr(10 ** chance.uniform(-3, 2)),
                "class_weight": chance.choice(["None", "balanced"]),
            }
        )
        status = chance.choices(["Completed", "Stopped", "Failed"], [80, 12, 8])[0]
        job = TUNING_JOBS[0 if first else 1]
        jobs.append(
            training_job(
                number,
                None if status == "Failed" else 0.8 + chance.random() / 10,
                name=f"{job}-{number:05d}-0123abcd",
                tuning_job=job,
                estimator="boosting" if first else "linear",
                hyperparameters=tuned,
                status=status,
                failure_reason="It broke " + HOSTILE * hostile if status == "Failed" else "",
            )
        )
    return tuple(jobs)


def of_ranges(
    ranges: Mapping[str, Any], tuned: Iterable[Mapping[str, str]], objective: float = 0.8
) -> Results:
    """Make a run whose first estimator has other ranges, and a training job for each values."""
    plans = [job.model_dump() for job in make_plan().tuning_jobs]
    plans[0]["estimator"]["ranges"] = dict(ranges)
    jobs = tuple(
        training_job(number, objective + number / 100, hyperparameters=dict(values))
        for number, values in enumerate(tuned, start=1)
    )
    return make_results(jobs, plan=make_plan(tuning_jobs=plans))


def contender(name: str, mean: float | None = 0.9, **changes: Any) -> dict[str, Any]:
    """Make a contender of confirm.json."""
    scored = mean is not None
    return {
        "name": name,
        "estimator": "boosting",
        "hyperparameters": {},
        "status": "scored" if scored else "not scored",
        "reason": "" if scored else "it broke",
        "scores": [mean] * 20 if scored else [],
        "mean": mean,
        "standard_error": 0.01 if scored else None,
        "interval": [mean - 0.02, mean + 0.02] if mean is not None else None,
        "test_score": mean - 0.01 if mean is not None else None,
        "fit_seconds": 0.1 if scored else None,
        **changes,
    }


def confirm_json(**changes: Any) -> dict[str, Any]:
    """Make confirm.json: the tuned boosting is promoted."""
    return {
        "version": 1,
        "metric": "balanced_accuracy",
        "contenders": [
            contender("baseline", 0.3333, estimator="baseline"),
            contender("defaults:boosting", 0.93),
            contender("defaults:linear", 0.94, estimator="linear"),
            contender(
                "tuned:boosting",
                0.97,
                hyperparameters={
                    "max_iter": "50", "learning_rate": "0.1", "max_leaf_nodes": "31",
                },
            ),
            contender(
                "tuned:linear",
                0.955,
                estimator="linear",
                hyperparameters={"max_iter": "1000", "C": "0.5", "class_weight": "None"},
            ),
            contender(
                "champion",
                0.95,
                estimator="linear",
                hyperparameters={"max_iter": "1000", "C": "0.8", "class_weight": "balanced"},
            ),
        ],
        "comparisons": [
            {
                "a": "tuned:boosting", "b": "champion", "difference": 0.02, "standard_error": 0.005,
                "t": 4.0, "p_value": 0.001, "clears_margin": True,
            }
        ],
        "margin": 2.0,
        "error_rate": 0.05,
        "selected": "tuned:boosting",
        "verdict": "promoted",
        "sentence": "Promoted: the tuned boosting model (significant).",
        "rows": {"train": 120, "test": 30, "dropped_missing_target": 2},
        "classes": ["SECRET-setosa", "SECRET-virginica"],
        "folds": 5,
        "repeats": 4,
        "seed": 2,
        "warnings": [],
        "versions": {"scikit-learn": "1.9.1", "python": "3.11.9"},
        "profile": {"features": [], "features_in_all": 0, "target": {}},
        "python": PIPELINE,
        "explanation": {},
        **changes,
    }  # fmt: skip


def ensemble_json() -> dict[str, Any]:
    """Make what confirm.json has beside or instead of `confirm_json` if an ensemble is selected."""
    members = ["boosting", "linear"]
    ensemble = contender("ensemble", 0.98, estimator="ensemble", members=members)
    return {"contenders": [*confirm_json()["contenders"], ensemble], "selected": "ensemble"}


def confirm_result(status: str = "Completed", **changes: Any) -> dict[str, Any]:
    """Make Confirm's result.json."""
    return {
        "job": CONFIRM_JOB,
        "kind": "confirm",
        "status": status,
        "failure_reason": "",
        "description": {
            "CreationTime": "2026-11-23T23:30:00+00:00",
            "TrainingStartTime": "2026-11-23T23:30:10+00:00",
            "TrainingEndTime": "2026-11-23T23:31:10+00:00",
            "TrainingTimeInSeconds": 60,
            "BillableTimeInSeconds": 60,
        },
        **changes,
    }


def tuning_result(name: str, status: str = "Completed") -> dict[str, Any]:
    """Make a tuning job's result.json."""
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{name}"
    return {
        "job": name,
        "kind": "tuning",
        "status": status,
        "failure_reason": "",
        "description": {
            "HyperParameterTuningJobArn": arn,
            "CreationTime": "2026-11-23T22:53:00+00:00",
            "HyperParameterTuningEndTime": "2026-11-23T23:29:00+00:00",
        },
    }


def make_results(
    jobs: tuple[TrainingJob, ...] | int = 12,
    *,
    hostile: bool = False,
    plan: Plan | None = None,
    confirm: Mapping[str, Any] | None = None,
    price: float | None = 0.12,
) -> Results:
    """Make results as WriteReport assembles them."""
    plan = (plan or make_plan(hostile=hostile)).model_copy(update={"cost": planned_cost(price)})
    hostile_text = (
        {"sentence": "Promotes it." + HOSTILE, "python": PIPELINE + HOSTILE} if hostile else {}
    )
    ends = {name: tuning_result(name) for name in TUNING_JOBS} | {CONFIRM_JOB: confirm_result()}
    return assemble(
        run=make_run(),
        plan=plan,
        outcomes={
            name: JobOutcome(name, JobResult.model_validate(end)) for name, end in ends.items()
        },
        training_jobs=training_jobs(jobs, hostile=hostile) if isinstance(jobs, int) else jobs,
        confirm=ConfirmScores.model_validate({**confirm_json(), **hostile_text, **(confirm or {})}),
        model=f"s3://{BUCKET}/models/iris/{RUN_ID}/model.tar.gz",
        folder=f"s3://{BUCKET}/runs/iris/{RUN_ID}/",
        region="eu-west-1",
    )


def make_errors(amount: int = 12, scale: float = 1) -> Results:
    """Make a run of a regression scored by an error, which scikit-learn's scorer negates."""
    jobs = tuple(
        job.model_copy(
            update={
                "objective": None if job.objective is None else 40 * scale * (job.objective - 1)
            }
        )
        for job in training_jobs(amount)
    )
    contenders = [
        contender(name, -error * scale, estimator=estimator, test_score=(-error - 0.1) * scale,
                  interval=[(-error - 0.2) * scale, (-error + 0.2) * scale])
        for name, error, estimator in (
            ("baseline", 30.0, "baseline"), ("defaults:boosting", 3.5, "boosting"),
            ("defaults:linear", 3.25, "linear"), ("tuned:boosting", 2.5, "boosting"),
            ("champion", 3.0, "linear"),
        )
    ]  # fmt: skip
    metric = "neg_root_mean_squared_error"
    return make_results(
        jobs,
        plan=make_plan(task="regression", metric={"objective": metric}),
        confirm={
            "metric": metric, "contenders": contenders, "classes": None,
        },
    )  # fmt: skip


def archive(content: bytes | None = None, name: str = "confirm.json") -> bytes:
    """Make an output.tar.gz with one file."""
    body = json.dumps(confirm_json()).encode() if content is None else content
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(body)
        tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()


def entry(number: int, score: float | None = 0.9, **changes: object) -> RunEntry:
    """Make a run with a report, or one without a score."""
    values: dict[str, object] = {
        "run_id": f"run-{number:04d}",
        "outcome": "reported",
        "time": f"2026-11-23T10:{number % 60:02d}:00+00:00",
        "verdict": "promoted",
        "metric": "r2",
        "selected": "tuned:linear",
        "score": {"value": score, "interval": score and (score - 0.01, score + 0.01)},
        "training_jobs": 40,
        "usd": 1.25,
    }
    return RunEntry.model_validate(values | changes)
