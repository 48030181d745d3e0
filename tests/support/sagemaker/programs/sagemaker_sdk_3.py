"""What a script does with the SageMaker Python SDK 3; prints what it saw as one line of JSON."""

from __future__ import annotations

import json
import sys

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.core.resources import HyperParameterTuningJob, Tag, TrainingJob
from sagemaker.core.shapes import (
    HyperParameterTuningJobWarmStartConfig,
    ParentHyperParameterTuningJob,
)
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

ROLE = "arn:aws:iam::000000000000:role/Sdk3"


def main(uri: str) -> None:
    create_role()
    trainer = ModelTrainer(
        training_image="000000000000.dkr.ecr.us-east-1.amazonaws.com/tiny:1",
        role=ROLE,
        sagemaker_session=Session(boto_session=boto3.Session(), default_bucket="tuning"),
        base_job_name="sdk3",
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
        output_data_config=OutputDataConfig(s3_output_path="s3://tuning/sdk3"),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        hyperparameters={"epochs": "2"},
    )
    inputs = [InputData(channel_name="train", data_source=uri)]
    trainer.train(input_data_config=inputs, wait=True, logs=True)
    tuner = tuner_of(trainer, max_jobs=4)
    tuner.tune(inputs, job_name="by-sdk3", wait=True)
    parent = ParentHyperParameterTuningJob(hyper_parameter_tuning_job_name="by-sdk3")
    warm_start = HyperParameterTuningJobWarmStartConfig(
        warm_start_type="IdenticalDataAndAlgorithm", parent_hyper_parameter_tuning_jobs=[parent]
    )
    child = tuner_of(trainer, max_jobs=2, warm_start_config=warm_start)
    child.tune(inputs, job_name="by-sdk3-child", wait=True)
    job = HyperParameterTuningJob.get(hyper_parameter_tuning_job_name="by-sdk3")
    by_objective = list(
        job.get_all_training_jobs(sort_by="FinalObjectiveMetricValue", sort_order="Descending")
    )
    best = TrainingJob.get(training_job_name=tuner.best_training_job())
    seen = {
        "status": job.hyper_parameter_tuning_job_status,
        "rows": len(tuner.analytics().dataframe()),
        "names": [each.training_job_name for each in by_objective],
        "best": best.training_job_name,
        "metrics": [metric.metric_name for metric in best.final_metric_data_list],
        "overall_best": child.describe().overall_best_training_job.training_job_name,
        "tags": [(tag.key, tag.value) for tag in Tag.get_all(job.hyper_parameter_tuning_job_arn)],
        "stopped": stopped(job),
    }
    print(json.dumps(seen))


def create_role() -> None:
    """Make the role that the SDK looks at before it starts anything."""
    trust = {"Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = boto3.client("iam")
    iam.create_role(RoleName="Sdk3", AssumeRolePolicyDocument=policy(trust))
    everything = policy({"Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="Sdk3", PolicyName="all", PolicyDocument=everything)


def policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def tuner_of(trainer: ModelTrainer, **more: object) -> HyperparameterTuner:
    return HyperparameterTuner(
        trainer,
        "objective",
        {
            "x": ContinuousParameter(0.0, 1.0),
            "kind": CategoricalParameter(["a", "b"]),
            "n": IntegerParameter(1, 3),
        },
        metric_definitions=[{"Name": "objective", "Regex": "objective=([0-9.]+);"}],
        max_parallel_jobs=2,
        tags=[{"Key": "by", "Value": "sdk3"}],
        **more,
    )


def stopped(job: HyperParameterTuningJob) -> str:
    """Start such a job again, that waits; stop and delete it."""
    definition = job.training_job_definition
    definition.static_hyper_parameters = {"behaviour": "wait"}
    waiting = HyperParameterTuningJob.create(
        hyper_parameter_tuning_job_name="by-sdk3-stopped",
        hyper_parameter_tuning_job_config=job.hyper_parameter_tuning_job_config,
        training_job_definition=definition,
    )
    waiting.stop()
    waiting.wait(poll=1, timeout=60)
    status = waiting.refresh().hyper_parameter_tuning_job_status
    waiting.delete()
    return str(status)


if __name__ == "__main__":
    main(sys.argv[1])
