"""What a notebook does with the SageMaker Python SDK 2; prints what it saw as one line of JSON."""

# The SDK is only partly typed.
# mypy: disable-error-code="no-untyped-call,attr-defined,dict-item"

from __future__ import annotations

import json
import sys
import time

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.tuner import CategoricalParameter, ContinuousParameter, HyperparameterTuner


def main(uri: str) -> None:
    session = sagemaker.Session(default_bucket="tuning")
    estimator = Estimator(
        image_uri="000000000000.dkr.ecr.us-east-1.amazonaws.com/tiny:1",
        role="arn:aws:iam::000000000000:role/Training",
        instance_count=1,
        instance_type="ml.m5.large",
        output_path="s3://tuning/sdk",
        sagemaker_session=session,
    )
    tuner = HyperparameterTuner(
        estimator,
        "objective",
        {"x": ContinuousParameter(0.0, 1.0), "kind": CategoricalParameter(["a", "b"])},
        metric_definitions=[{"Name": "objective", "Regex": "objective=([0-9.]+);"}],
        max_jobs=2,
        max_parallel_jobs=2,
        tags=[{"Key": "by", "Value": "sdk"}],
    )
    tuner.fit({"train": uri}, job_name="by-sdk", wait=True)
    frame = tuner.analytics().dataframe()
    attached = HyperparameterTuner.attach("by-sdk", sagemaker_session=session)
    child = attached.identical_dataset_and_algorithm_tuner()
    child.metric_definitions = tuner.metric_definitions
    child.fit({"train": uri}, job_name="by-sdk-child", wait=False)
    while child.describe()["HyperParameterTuningJobStatus"] == "InProgress":
        time.sleep(0.1)
    # It logs that the job is over already; any other error than ValidationException would come out.
    session.stop_tuning_job("by-sdk")
    summary = {
        "rows": len(frame),
        "columns": list(frame.columns),
        "names": list(frame["TrainingJobName"]),
        "best": tuner.best_training_job(),
        "attached": {
            "jobs": attached.max_jobs,
            "metric": attached.objective_metric_name,
            "ranges": sorted(
                item["Name"] for kind in attached.hyperparameter_ranges().values() for item in kind
            ),
        },
        "model": attached.best_estimator().model_data,
    }
    print(json.dumps(summary, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
