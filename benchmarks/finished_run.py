"""A made-up run whose jobs are done: what PlanRun, SageMaker and Confirm left for WriteReport."""

from __future__ import annotations

import io
import json
import math
import random
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.aws import Aws
from benchmarks.environments import ROOT

BUCKET = "tunedrop-data"
DATASET, RUN_ID = "cars", "20261123T120000Z-1a2b3c4d"
TUNING_JOB, CONFIRM_JOB = "td-0a1b2c3d-0123456789-0", "tc-0a1b2c3d-0123456789"
ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{TUNING_JOB}"
METRIC = "validation:r2"
_OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"

_START = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)
_PARALLEL = 10


def finished_run(training_jobs: int) -> Aws:
    """Return an AWS with the run in its bucket and its training jobs in SageMaker."""
    chance = random.Random(training_jobs)  # noqa: S311 - not for secrets
    plan = _plan(training_jobs)
    ranges = plan["tuning_jobs"][0]["estimator"]["ranges"]
    summaries = [_summary(number, ranges, chance) for number in range(training_jobs)]
    run = f"runs/{DATASET}/{RUN_ID}/"
    output = f"training/{DATASET}/{RUN_ID}/{CONFIRM_JOB}/output/"
    described = _description(ranges, summaries)
    documents = {
        "run.json": _run(),
        "plan.json": plan,
        f"jobs/{TUNING_JOB}.result.json": _result(TUNING_JOB, "tuning", described),
        f"jobs/{CONFIRM_JOB}.result.json": _result(CONFIRM_JOB, "confirm", {}),
    }
    return Aws(
        objects={
            **{run + name: json.dumps(each).encode() for name, each in documents.items()},
            output + "output.tar.gz": _archive({"confirm.json": _confirm()}),
            output + "model.tar.gz": b"model",
        },
        tuning_job=described,
        summaries=summaries,
        found=[{"TrainingJob": _training_job(each, chance)} for each in summaries],
    )


def _plan(training_jobs: int) -> dict[str, Any]:
    """Let PlanRun's own code plan examples/cars, for one estimator and so many training jobs."""
    sys.path[:0] = [str(ROOT / "lambda"), str(ROOT / "common")]
    from tunedrop.cli.dataset_files import find_files
    from tunedrop.cli.rehearsal import DEFAULT_ENVIRONMENT, rehearse

    cars = rehearse(find_files(ROOT / "examples/cars"), None, DEFAULT_ENVIRONMENT).plan
    plan = cars.model_dump(mode="json")
    [job] = [j for j in plan["tuning_jobs"] if j["estimator"]["key"] == "hist_gradient_boosting"]
    job |= {"name": TUNING_JOB, "max_training_jobs": training_jobs, "strategy": "Random"}
    plan["tuning_jobs"] = [job]
    plan["confirm"]["name"] = CONFIRM_JOB
    return {**plan, "dataset": DATASET, "run_id": RUN_ID}


def _run() -> dict[str, Any]:
    return {
        "dataset": DATASET,
        "run_id": RUN_ID,
        "digest": "1a2b3c4d",
        "execution": "arn:aws:states:eu-west-1:123456789012:execution:Tunedrop-run:1",
        "trigger": {"kind": "object", "time": "2026-11-23T12:00:00+00:00", "key": "datasets/cars"},
        "objects": [],
    }


def _summary(number: int, ranges: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    tuned = {name: _value(wanted, chance) for name, wanted in ranges.items()}
    started = _START + timedelta(seconds=60 * (number // _PARALLEL) + chance.random() * 20)
    failed = chance.random() < 0.01
    objective = 0.9 - 0.1 * abs(math.log10(float(tuned["learning_rate"])) + 1) * chance.random()
    name = f"{TUNING_JOB}-{number:05d}-{chance.getrandbits(32):08x}"
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}",
        "CreationTime": (started - timedelta(seconds=60)).timestamp(),
        "TrainingStartTime": started.timestamp(),
        "TrainingEndTime": (started + timedelta(seconds=30 + chance.random() * 20)).timestamp(),
        "TrainingJobStatus": "Failed" if failed else "Completed",
        "TunedHyperParameters": tuned,
        "ObjectiveStatus": "Failed" if failed else "Succeeded",
        **(
            {"FailureReason": "AlgorithmError: ValueError: it did not converge."}
            if failed
            else {
                _OBJECTIVE: {
                    "MetricName": METRIC,
                    "Value": objective,
                }
            }
        ),
    }


def _value(wanted: dict[str, Any], chance: random.Random) -> str:
    if wanted["kind"] == "categorical":
        return str(chance.choice(wanted["values"]))
    low, high = wanted["minimum"], wanted["maximum"]
    if wanted["scaling"] == "Logarithmic":
        value = math.exp(chance.uniform(math.log(low), math.log(high)))
    else:
        value = chance.uniform(low, high)
    return str(round(value)) if wanted["kind"] == "integer" else repr(value)


def _training_job(summary: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a training job as long as Search shows it."""
    metrics = (
        "validation:r2",
        "validation:neg_mean_absolute_error",
        "fold_spread",
        "fit_seconds",
        "score_seconds",
    )
    channel = {
        "ChannelName": "train",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": f"s3://{BUCKET}/inputs/cars/1a2b/train/",
                "S3DataDistributionType": "FullyReplicated",
            }
        },
        "CompressionType": "None",
    }
    objective = summary.get(_OBJECTIVE)
    times = {"StartTime": summary["TrainingStartTime"], "EndTime": summary["TrainingEndTime"]}
    return {
        **{
            name: summary[name]
            for name in summary
            if name.startswith("Training") or name in ("CreationTime", "FailureReason")
        },
        "TuningJobArn": ARN,
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://{BUCKET}/training/cars/model.tar.gz"},
        "HyperParameters": {**summary["TunedHyperParameters"], "tunedrop_job": "tune"},
        "AlgorithmSpecification": {
            "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop:1a2b",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": m, "Regex": f"{m}=([-+0-9.e]+);"} for m in metrics],
        },
        "RoleArn": "arn:aws:iam::123456789012:role/TunedropTraining",
        "InputDataConfig": [channel, {**channel, "ChannelName": "plan"}],
        "OutputDataConfig": {"KmsKeyId": "", "S3OutputPath": f"s3://{BUCKET}/training/cars/"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 14400},
        "SecondaryStatusTransitions": [
            {"Status": status, **times, "StatusMessage": f"{status} the training job"}
            for status in ("Starting", "Downloading", "Training", "Uploading", "Completed")
        ],
        "FinalMetricDataList": [
            {
                "MetricName": m,
                "Value": objective["Value"] if m == METRIC else chance.random(),
                "Timestamp": summary["TrainingEndTime"],
            }
            for m in metrics
            if objective
        ],
        "TrainingTimeInSeconds": 40,
        "BillableTimeInSeconds": 40,
    }


def _description(ranges: dict[str, Any], summaries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the tuning job as SageMaker describes it, with what the SDK's analytics read."""
    kinds: dict[str, list[dict[str, Any]]] = {"continuous": [], "integer": [], "categorical": []}
    for name, wanted in ranges.items():
        kinds[wanted["kind"]].append(
            {"Name": name, "Values": list(wanted["values"])}
            if wanted["kind"] == "categorical"
            else {
                "Name": name,
                "MinValue": str(wanted["minimum"]),
                "MaxValue": str(wanted["maximum"]),
                "ScalingType": wanted["scaling"],
            }
        )
    scored = [each for each in summaries if _OBJECTIVE in each]
    failed = len(summaries) - len(scored)
    return {
        "HyperParameterTuningJobName": TUNING_JOB,
        "HyperParameterTuningJobArn": ARN,
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": _START.timestamp(),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": METRIC},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": len(summaries),
                "MaxParallelTrainingJobs": _PARALLEL,
            },
            "ParameterRanges": {
                "ContinuousParameterRanges": kinds["continuous"],
                "IntegerParameterRanges": kinds["integer"],
                "CategoricalParameterRanges": kinds["categorical"],
            },
        },
        "TrainingJobDefinition": {"StaticHyperParameters": {"_tuning_objective_metric": METRIC}},
        "TrainingJobStatusCounters": {"Completed": len(scored), "NonRetryableError": failed},
        "ObjectiveStatusCounters": {"Succeeded": len(scored), "Failed": failed},
        "BestTrainingJob": max(scored, key=lambda each: each[_OBJECTIVE]["Value"]),
    }


def _result(name: str, kind: str, described: dict[str, Any]) -> dict[str, Any]:
    end = {"tuning": "HyperParameterTuningEndTime", "confirm": "TrainingEndTime"}[kind]
    description = {
        **described,
        "CreationTime": _START.isoformat(),
        "TrainingStartTime": _START.isoformat(),
        end: (_START + timedelta(hours=1)).isoformat(),
        "TrainingTimeInSeconds": 60,
        "BillableTimeInSeconds": 60,
    }
    return {"job": name, "kind": kind, "status": "Completed", "description": description}


def _confirm() -> dict[str, Any]:
    means = {"dummy": -0.01, "defaults:hist_gradient_boosting": 0.86, "winner": 0.88}
    return {
        "version": 1,
        "metric": "r2",
        "contenders": [
            {
                "name": name,
                "estimator": "dummy" if name == "dummy" else "hist_gradient_boosting",
                "hyperparameters": {"learning_rate": "0.1"} if name == "winner" else {},
                "status": "scored",
                "scores": [mean] * 20,
                "mean": mean,
                "standard_error": 0.01,
                "interval": [mean - 0.02, mean + 0.02],
                "test_score": None,
                "fit_seconds": 0.1,
            }
            for name, mean in means.items()
        ],
        "comparisons": [],
        "shipped": "winner",
        "verdict": "first model",
        "sentence": "Ships the tuning's winner.",
        "rows": {"train": 397},
        "folds": 5,
        "repeats": 4,
        "seed": 1,
        "versions": {"scikit-learn": "1.9.1"},
    }


def _archive(documents: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, document in documents.items():
            body = json.dumps(document).encode()
            member = tarfile.TarInfo(str(Path(name)))
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()
