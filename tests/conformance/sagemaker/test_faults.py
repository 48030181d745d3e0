"""What happens to certain jobs on request: no machine, no memory."""

from __future__ import annotations

from typing import Any

from tests.support.sagemaker.machine import Machine
from tests.support.sagemaker.requests import definition

SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}
OTHER_TYPE = {"ResourceConfig": {**definition()["ResourceConfig"], "InstanceType": "ml.c5.xlarge"}}
# https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a "
    "different ML instance type."
)


def ends(described: dict[str, Any]) -> tuple[str, str, str]:
    return (
        described["TrainingJobStatus"],
        described["SecondaryStatus"],
        described.get("FailureReason", ""),
    )


def test_a_type_that_there_is_no_capacity_of_fails_its_training_jobs(aws: Machine) -> None:
    with aws.conditions(faults=[{"kind": "capacity", "instance_type": "ml.m5.large"}]):
        described = aws.train("no-capacity", change={"RetryStrategy": {"MaximumRetryAttempts": 2}})
        unaffected = aws.train("other-type", change=OTHER_TYPE)
    assert ends(described) == ("Failed", "Failed", NO_CAPACITY)
    transitions = [item["Status"] for item in described["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Failed"]
    assert "BillableTimeInSeconds" not in described
    assert unaffected["TrainingJobStatus"] == "Completed"


def test_a_fault_may_meet_the_first_jobs_of_a_name_only(aws: Machine) -> None:
    with aws.conditions(faults=[{"kind": "capacity", "name": "scarce-", "first": 2}]):
        jobs = {name: aws.train(name) for name in ("scarce-1", "plenty", "scarce-2", "scarce-3")}
    assert {name: job["TrainingJobStatus"] for name, job in jobs.items()} == {
        "scarce-1": "Failed",
        "plenty": "Completed",
        "scarce-2": "Failed",
        "scarce-3": "Completed",
    }


def test_a_spot_job_may_wait_for_too_long_and_others_never_do(aws: Machine) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html"""
    with aws.conditions(faults=[{"kind": "spot_wait"}]):
        waited = aws.train("waited", change=SPOT)
        on_demand = aws.train("on-demand")
    assert ends(waited) == ("Stopped", "MaxWaitTimeExceeded", "")
    assert on_demand["TrainingJobStatus"] == "Completed"


def test_a_training_job_may_be_killed_for_its_memory(aws: Machine) -> None:
    with aws.conditions(faults=[{"kind": "memory", "name": "greedy", "first": 1}]):
        killed = aws.train("greedy-1", epochs="3", seconds="0.05")
        again = aws.train("greedy-2")
    assert ends(killed) == ("Failed", "Failed", "AlgorithmError: , exit code: 137")
    assert again["TrainingJobStatus"] == "Completed"
