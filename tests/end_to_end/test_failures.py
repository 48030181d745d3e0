"""What goes wrong ends as designed: words for a stranger, nothing lost, nothing left running."""

from __future__ import annotations

import json
import time

from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tests.support.rules import disabled
from tests.support.runs import IRIS, ONE, SLOWER, Runs, nothing_is_running


def test_bad_input_ends_before_it_costs_anything_and_says_what_to_do(
    deployment: Deployment,
) -> None:
    runs = Runs(deployment, "bad input")
    runs.drop(train_csv=IRIS, tuning_yaml="target: sort\n")
    failure = runs.failure(60)
    assert failure["error"] == "DatasetError"
    assert "'sort'" in failure["message"]
    assert "sepal length (cm)" in failure["message"]
    assert failure["to_do"]
    [run_id] = runs.ids()
    assert not [name for name in runs.files(run_id) if name.startswith("jobs/")]
    assert runs.states(run_id) == ["PlanRun", "RecordRejection", "NotifyRejection", "Rejected"]
    assert f"datasets/{runs.dataset}/train.csv" in deployment.keys("datasets/")


def test_a_lost_event_costs_a_heartbeat_and_no_more(deployment: Deployment) -> None:
    runs = Runs(deployment, "lost event")
    with disabled(deployment, lambda rule: "aws.sagemaker" in rule.get("EventPattern", "")):
        runs.drop(tuning_yaml=ONE, train_csv=IRIS)
        [run_id] = eventually(runs.planned, bool, 60)
        [job] = runs.tuning_jobs(run_id)
        eventually(lambda: tuning_status(runs, job), lambda status: status == "Completed", 120)
        time.sleep(3)
        [job] = runs.tuning_jobs(run_id)  # by now with the number of its attempt
        assert deployment.keys(f"callbacks/{job}.json")
    runs.succeeded()
    eventually(lambda: nothing_is_running(deployment), bool, 60)


def test_an_aborted_execution_leaves_no_job_running_and_says_so(deployment: Deployment) -> None:
    runs = Runs(deployment, "aborted")
    runs.drop(tuning_yaml=SLOWER, train_csv=IRIS)
    run_id, job = runs.tuning()
    execution = runs.read(run_id, "run.json")["execution"]
    deployment.clients.steps.stop_execution(executionArn=execution)
    failure = runs.failure(60)
    assert "stopped" in failure["message"].lower()
    assert failure["to_do"]
    assert failure["stopped_jobs"] == [job]
    eventually(lambda: tuning_status(runs, job), lambda status: status == "Stopped", 60)
    eventually(lambda: nothing_is_running(deployment), bool, 60)


def test_an_abort_whose_event_was_lost_is_cleaned_up_by_the_hourly_reconciliation(
    deployment: Deployment,
) -> None:
    runs = Runs(deployment, "reconciled")
    runs.drop(tuning_yaml=SLOWER, train_csv=IRIS)
    run_id, job = runs.tuning()
    with disabled(deployment, lambda rule: "Step Functions" in rule.get("EventPattern", "")):
        deployment.clients.steps.stop_execution(
            executionArn=runs.read(run_id, "run.json")["execution"]
        )
        time.sleep(2)
    assert "failure.json" not in runs.files(run_id)
    assert tuning_status(runs, job) == "InProgress"
    assert runs.dataset in deployment.state()["slots"]
    reconcile(deployment)
    runs.failure(60)
    eventually(lambda: tuning_status(runs, job), lambda status: status == "Stopped", 60)
    eventually(lambda: nothing_is_running(deployment), bool, 60)
    eventually(lambda: runs.dataset in deployment.state()["slots"], lambda has: not has, 60)


def test_a_stopped_tuning_job_is_confirmed_with_what_it_has(deployment: Deployment) -> None:
    runs = Runs(deployment, "stopped job")
    runs.drop(tuning_yaml=SLOWER, train_csv=IRIS)
    run_id, job = runs.tuning()
    deployment.clients.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
    results = runs.succeeded()
    assert runs.read(run_id, f"jobs/{job}.result.json")["status"] == "Stopped"
    completed = [job for job in results["training_jobs"] if job["status"] == "Completed"]
    assert 0 < len(completed) < 300
    assert results["objective"] == max(job["objective"] for job in completed)


def test_a_failed_tuning_job_ends_its_own_branch_only(deployment: Deployment) -> None:
    runs = Runs(deployment, "half failed")
    runs.drop(tuning_yaml=f"{QUICK_WITH_A_HOPELESS_ONE}  decision_tree:\n", train_csv=IRIS)
    results = runs.succeeded()
    [run_id] = runs.ids()
    hopeless, tree = runs.tuning_jobs(run_id)
    assert runs.read(run_id, f"jobs/{hopeless}.result.json")["status"] == "Failed"
    assert runs.read(run_id, f"jobs/{tree}.result.json")["status"] == "Completed"
    assert results["estimator"] == "decision_tree"
    reasons = {
        training_job["failure_reason"]
        for training_job in results["training_jobs"]
        if training_job["estimator"] == "RadiusNeighborsClassifier"
        and training_job["status"] == "Failed"
    }
    assert reasons
    assert all("No neighbors found" in reason for reason in reasons)


def test_a_run_without_a_successful_training_job_says_why(deployment: Deployment) -> None:
    runs = Runs(deployment, "all failed")
    runs.drop(tuning_yaml=QUICK_WITH_A_HOPELESS_ONE, train_csv=IRIS)
    failure = runs.failure()
    assert failure["error"] == "NoSuccessfulTrainingJob"
    assert "No neighbors found" in failure["message"]
    assert failure["to_do"]
    eventually(lambda: nothing_is_running(deployment), bool, 60)


# No row is so near to another, which only a fit can tell: each training job of it fails.
QUICK_WITH_A_HOPELESS_ONE = """\
target: kind
training_jobs: 10
folds: 3
estimators:
  RadiusNeighborsClassifier:
    fixed: {outlier_label: null}
    ranges: {radius: {min: 1.0e-9, max: 1.0e-8}}
"""


def tuning_status(runs: Runs, job: str) -> str:
    answer = runs.deployment.clients.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=job)
    summaries = answer["HyperParameterTuningJobSummaries"]
    return str(summaries[0]["HyperParameterTuningJobStatus"]) if summaries else ""


def reconcile(deployment: Deployment) -> None:
    """Do what the hourly rules do: to StopJobs, and to the admission state."""
    events = deployment.client("events")
    [event] = [
        target["Input"]
        for rule in events.list_rules()["Rules"]
        if rule.get("ScheduleExpression")
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if ":function:" in target["Arn"]
    ]
    deployment.invoke("StopJobs", **json.loads(event))
    deployment.send({"reconcile": True})
