"""Tuning jobs by unmodified boto3: strategies, stopping, failures, definitions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.sagemaker.machine import Machine, until
from tests.support.sagemaker.requests import categorical, continuous, tuning_request


def counters(described: dict[str, Any]) -> dict[str, int]:
    return {key: value for key, value in described["TrainingJobStatusCounters"].items() if value}


@pytest.mark.parametrize("strategy", ["Bayesian", "Random"])
def test_a_sampling_strategy_runs_as_many_training_jobs_as_asked(
    aws: Machine, strategy: str
) -> None:
    described = aws.tune(f"sampled-{strategy}", strategy=strategy, jobs=6)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert counters(described) == {"Completed": 6}
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 6, "Pending": 0, "Failed": 0}
    jobs = aws.training_jobs(described["HyperParameterTuningJobName"])
    values = [float(job["TunedHyperParameters"]["x"]) for job in jobs]
    assert len(set(values)) == 6
    assert all(0 <= value <= 1 for value in values)
    best = max(jobs, key=lambda job: job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
    assert described["BestTrainingJob"] == best


def test_the_same_seed_gives_the_same_hyperparameters(aws: Machine) -> None:
    def drawn(name: str, seed: int) -> list[dict[str, str]]:
        aws.tune(name, jobs=4, config={"RandomSeed": seed})
        jobs = sorted(aws.training_jobs(name), key=lambda job: job["CreationTime"])
        return [job["TunedHyperParameters"] for job in jobs]

    first = drawn("seed-a", 7)
    assert drawn("seed-b", 7) == first
    assert drawn("seed-other", 8) != first


def test_grid_runs_each_combination_once(aws: Machine) -> None:
    ranges = categorical(x=["0.1", "0.3", "0.5"], kind=["red", "blue"])
    described = aws.tune("grid", strategy="Grid", jobs=None, ranges=ranges)
    assert described["HyperParameterTuningJobConfig"]["ResourceLimits"] == {
        "MaxParallelTrainingJobs": 2,
        "MaxNumberOfTrainingJobs": 6,
    }
    tried = [tuple(job["TunedHyperParameters"].values()) for job in aws.training_jobs("grid")]
    assert sorted(tried) == [(x, kind) for x in ("0.1", "0.3", "0.5") for kind in ("blue", "red")]
    assert described["BestTrainingJob"]["TunedHyperParameters"]["x"] == "0.3"


def test_hyperband_stops_the_worse_training_jobs_at_the_rungs(aws: Machine) -> None:
    config = {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}}
    described = aws.tune(
        "hyperband",
        strategy="Hyperband",
        jobs=12,
        static={"epochs": "9", "seconds": "0.05"},
        config=config,
    )
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    jobs = aws.training_jobs("hyperband")
    stopped = [job for job in jobs if job["TrainingJobStatus"] == "Stopped"]
    finished = [job for job in jobs if job["TrainingJobStatus"] == "Completed"]
    assert stopped
    assert finished

    def badness(job: dict[str, Any]) -> float:
        return abs(float(job["TunedHyperParameters"]["x"]) - 0.3)

    assert min(map(badness, finished)) <= min(map(badness, stopped))
    assert described["BestTrainingJob"]["TrainingJobStatus"] == "Completed"


def test_early_stopping_stops_what_is_worse_than_the_median(aws: Machine) -> None:
    ranges = categorical(x=["0.3", "0.31", "0.32", "0.33", "5"])
    described = aws.tune(
        "early",
        strategy="Grid",
        jobs=None,
        parallel=1,
        ranges=ranges,
        # The one that is worse runs until it is stopped.
        static={"epochs": "3", "behaviour": "hang_when_poor"},
        config={"TrainingJobEarlyStoppingType": "Auto"},
    )
    assert counters(described)["Stopped"] >= 1
    jobs = {job["TunedHyperParameters"]["x"]: job for job in aws.training_jobs("early")}
    assert jobs["5"]["TrainingJobStatus"] == "Stopped"
    assert jobs["5"]["ObjectiveStatus"] == "Succeeded"
    assert jobs["0.3"]["TrainingJobStatus"] == "Completed"


def test_stopping_a_tuning_job_stops_its_training_jobs_and_keeps_their_models(
    aws: Machine,
) -> None:
    request = tuning_request("stopped", jobs=9, static={"behaviour": "wait"})
    aws.sagemaker.create_hyper_parameter_tuning_job(**request)
    until(lambda: len(aws.training_jobs("stopped", StatusEquals="InProgress")) == 2)
    running = aws.wait_for_tuning_job("stopped", "InProgress")
    assert counters(running) == {"InProgress": 2}
    assert "BestTrainingJob" not in running
    for job in aws.training_jobs("stopped"):
        aws.wait_for_training_job(job["TrainingJobName"], "Training")
        aws.wait_for_metrics(job["TrainingJobName"])
    aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    described = aws.wait_for_tuning_job("stopped")
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert counters(described) == {"Stopped": 2}
    for job in aws.training_jobs("stopped"):
        key = f"training/{job['TrainingJobName']}/output/model.tar.gz"
        assert aws.archive(key) == {"checkpoint.txt": "stopped in time"}
    with pytest.raises(ClientError, match=r"ValidationException.*in status Stopped"):
        aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")


def test_a_tuning_job_is_stopping_until_its_training_jobs_have_stopped(aws: Machine) -> None:
    request = tuning_request("stopping", jobs=2, parallel=1, static={"behaviour": "ignore_sigterm"})
    aws.sagemaker.create_hyper_parameter_tuning_job(**request)
    [job] = until(lambda: aws.training_jobs("stopping"))
    aws.wait_for_metrics(job["TrainingJobName"])
    running = aws.wait_for_tuning_job("stopping", "InProgress")
    assert running["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 1, "Failed": 0}
    aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopping")
    aws.wait_for_tuning_job("stopping", "Stopping")
    described = aws.wait_for_training_job(job["TrainingJobName"], "Stopping")
    assert described["TrainingJobStatus"] == "Stopping"
    assert described["SecondaryStatusTransitions"][-1]["StatusMessage"]
    ended = aws.wait_for_tuning_job("stopping")
    assert ended["HyperParameterTuningJobStatus"] == "Stopped"
    assert counters(ended) == {"Stopped": 1}
    assert ended["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 0}


def test_five_failed_training_jobs_fail_the_tuning_job(aws: Machine) -> None:
    described = aws.tune("failing", jobs=20, parallel=1, static={"behaviour": "fail"})
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert counters(described) == {"NonRetryableError": 5}
    assert "BestTrainingJob" not in described
    job = aws.training_jobs("failing")[0]
    assert job["FailureReason"].startswith("AlgorithmError: The column 'petal' is missing.")
    assert job["FailureReason"].endswith(", exit code: 1")
    assert job["ObjectiveStatus"] == "Failed"


def test_some_failures_do_not_fail_the_tuning_job(aws: Machine) -> None:
    ranges = categorical(behaviour=["score", "fail", "raise", "infinite"])
    described = aws.tune("mixed", strategy="Grid", jobs=None, ranges=ranges)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert counters(described) == {"Completed": 2, "NonRetryableError": 2}
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 3}


@pytest.mark.parametrize(
    ("criteria", "most"),
    [
        ({"TargetObjectiveMetricValue": 0.5}, 3),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, 5),
        ({"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}, 23),
    ],
)
def test_a_completion_criterion_completes_the_tuning_job_early(
    aws: Machine, criteria: dict[str, Any], most: int
) -> None:
    name = f"criterion-{most}"
    described = aws.tune(
        name,
        jobs=60,
        ranges=continuous(low="0.29", high="0.31"),
        config={"TuningJobCompletionCriteria": criteria},
    )
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert sum(counters(described).values()) <= most
    details = described["TuningJobCompletionDetails"]
    assert ("ConvergenceDetectedTime" in details) == ("ConvergenceDetected" in criteria)
