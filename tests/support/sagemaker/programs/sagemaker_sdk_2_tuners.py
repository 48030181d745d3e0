"""Every kind of tuner of the SageMaker Python SDK 2; prints what it saw as one line of JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import sagemaker
from botocore.exceptions import ClientError
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperbandStrategyConfig,
    HyperparameterTuner,
    InstanceConfig,
    IntegerParameter,
    StrategyConfig,
    TuningJobCompletionCriteriaConfig,
    WarmStartConfig,
    WarmStartTypes,
)

SESSION = sagemaker.Session(default_bucket="tuning")
METRICS = [{"Name": "objective", "Regex": "objective=([0-9.]+);"}]
X = {"x": ContinuousParameter(0.0, 1.0)}


def estimator(epochs: int = 2, **more: Any) -> Estimator:
    return Estimator(
        image_uri="000000000000.dkr.ecr.us-east-1.amazonaws.com/tiny:1",
        role="arn:aws:iam::000000000000:role/Training",
        instance_count=1,
        instance_type="ml.m5.large",
        output_path="s3://tuning/tuners",
        sagemaker_session=SESSION,
        hyperparameters={"epochs": epochs},
        metric_definitions=METRICS,
        **more,
    )


def tuner(ranges: dict[str, Any], **more: Any) -> HyperparameterTuner:
    return HyperparameterTuner(
        estimator(),
        "objective",
        ranges,
        metric_definitions=METRICS,
        max_parallel_jobs=2,
        **{"max_jobs": 4, **more},
    )


def main(uri: str) -> None:
    resource = HyperbandStrategyConfig(max_resource=4, min_resource=1)
    hyperband = tuner(
        {**X, "n": IntegerParameter(1, 5)},
        strategy="Hyperband",
        strategy_config=StrategyConfig(resource),
        max_runtime_in_seconds=600,
        random_seed=3,
    )
    criteria = TuningJobCompletionCriteriaConfig(
        max_number_of_training_jobs_not_improving=3,
        complete_on_convergence=True,
        target_objective_metric_value=5.0,
    )
    bounded = tuner(
        X,
        completion_criteria_config=criteria,
        early_stopping_type="Auto",
    )
    flexible = tuner(X)
    flexible.override_resource_config(
        [
            InstanceConfig(instance_count=1, instance_type=kind, volume_size=5)
            for kind in ("ml.m5.large", "ml.m4.xlarge")
        ]
    )
    letters = {"k": CategoricalParameter(["a", "b"]), "j": CategoricalParameter([1, 2])}
    grid = tuner(letters, strategy="Grid")
    child = tuner(
        letters,
        max_jobs=2,
        warm_start_config=WarmStartConfig(WarmStartTypes.TRANSFER_LEARNING, {"sdk2-grid"}),
    )
    tuners = {
        "hyperband": hyperband,
        "bounded": bounded,
        "flexible": flexible,
        "grid": grid,
        "child": child,
    }
    for name, each in tuners.items():
        each.fit(uri, job_name=f"sdk2-{name}", wait=True)
    several = HyperparameterTuner.create(
        {"one": estimator(), "two": estimator(1)},
        {"one": "objective", "two": "objective"},
        {"one": X, "two": {"x": ContinuousParameter(0.1, 0.9)}},
        {"one": METRICS, "two": METRICS},
        strategy="Random",
        max_jobs=4,
        max_parallel_jobs=2,
    )
    refused = ""
    try:
        several.fit({"one": uri, "two": uri}, job_name="sdk2-several", include_cls_metadata={})
    except ClientError as error:
        refused = str(error)
    seen = {
        "statuses": {
            name: each.describe()["HyperParameterTuningJobStatus"] for name, each in tuners.items()
        },
        "rows": {name: len(each.analytics().dataframe()) for name, each in tuners.items()},
        "refused": refused,
        "model": trained(uri),
    }
    print(json.dumps(seen))


def trained(uri: str) -> str:
    """Run a single training job with what few others use."""
    single = estimator(
        use_spot_instances=True,
        max_run=60,
        max_wait=120,
        checkpoint_s3_uri="s3://tuning/checkpoints",
        environment={"A": "1"},
        encrypt_inter_container_traffic=True,
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        max_retry_attempts=2,
        volume_kms_key="alias/volume",
        output_kms_key="alias/output",
    )
    inputs = {"train": TrainingInput(uri, content_type="text/csv", input_mode="FastFile")}
    single.fit(inputs, logs="All", job_name="sdk2-single")
    return str(single.model_data)


if __name__ == "__main__":
    main(sys.argv[1])
