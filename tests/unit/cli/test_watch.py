from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.support.deployment import BUCKET, Deployment
from tests.support.fakes import client_error
from tests.support.report.synthetic_plan import CONFIRM_JOB, RUN_ID, TUNING_JOBS, make_plan
from tests.support.report.synthetic_results import make_results

RUN = f"iris/{RUN_ID}"


def _tuning_job(
    deployment: Deployment, name: str, status: str, best: float | None, **counts: int
) -> None:
    counters = {"Completed": 0, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0}
    job = {"FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "m", "Value": best}}
    deployment.sagemaker.tuning_jobs[name] = {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobArn": f"arn:aws:sagemaker:eu-west-1:1:{name}",
        "HyperParameterTuningJobStatus": status,
        "TrainingJobStatusCounters": {**counters, "Stopped": 0, **counts},
        **({} if best is None else {"BestTrainingJob": job}),
    }


def _steps(deployment: Deployment) -> list[Callable[[], None]]:
    """Return the steps of a run from its plan to its end, one for each reading of its progress.

    Its first tuning job and its Confirm job have two attempts.
    """
    boosting, confirm = f"{TUNING_JOBS[0]}-2", f"{CONFIRM_JOB}-2"
    execution = deployment.put_run(RUN)

    def planned() -> None:
        deployment.put_json(f"runs/{RUN}/plan.json", make_plan().model_dump(mode="json"))

    def tuning() -> None:
        for name in (TUNING_JOBS[0], CONFIRM_JOB):
            for number in (1, 2):
                deployment.put_json(f"runs/{RUN}/jobs/{name}-{number}.request.json", {})
        _tuning_job(deployment, boosting, "InProgress", 0.91, Completed=3, InProgress=2)

    def confirming() -> None:
        _tuning_job(deployment, boosting, "Completed", 0.95, Completed=9, NonRetryableError=1)
        _tuning_job(deployment, TUNING_JOBS[1], "Failed", None, NonRetryableError=5)
        deployment.sagemaker.add(confirm)

    def ended() -> None:
        deployment.executions.add(execution, "SUCCEEDED")
        results = make_results().model_dump(mode="json")
        deployment.put_json(f"runs/{RUN}/results.json", results)
        deployment.s3.put(f"runs/{RUN}/report.html", "<html>")
        deployment.s3.put(f"models/{RUN}/model.tar.gz", b"model")

    return [planned, tuning, confirming, ended]


def test_without_a_terminal_it_writes_lines_and_the_verdict(deployment: Deployment) -> None:
    deployment.later = _steps(deployment)
    shown = deployment.run("watch").splitlines()
    assert shown[:10] == [
        f"Run {RUN}",
        f"{RUN}: planning",
        "Automatic decisions:",
        "  - The target is the last column",
        f"{RUN}: tuning",
        "  boosting: completed, 9 of 10 done, 1 failed; best balanced accuracy 0.95",
        "  linear: failed, 0 of 10 done, 5 failed",
        f"{RUN}: comparing models on new splits",
        f"{RUN}: succeeded",
        "Verdict: promoted. Promoted: the tuned boosting model (significant).",
    ]
    score = "balanced accuracy 0.9700 (higher is better, 95% CI 0.9500 to 0.9900)"
    assert f"Selected model on new splits: {score}" in shown
    assert f"Report: s3://{BUCKET}/runs/{RUN}/report.html" in shown


def test_json_is_the_result(deployment: Deployment) -> None:
    deployment.later = _steps(deployment)
    answer = json.loads(deployment.run("watch", RUN, "--json"))
    results = make_results()
    assert answer == {
        "run_id": RUN_ID,
        "status": "Succeeded",
        "report": f"s3://{BUCKET}/runs/{RUN}/report.html",
        "best_training_job": results.best_training_job,
        "objective": results.objective,
        "hyperparameters": results.hyperparameters,
        "confirm": results.confirm.model_dump(mode="json"),
    }


def test_fetch_copies_the_run_and_its_model(deployment: Deployment) -> None:
    deployment.later = _steps(deployment)
    shown = deployment.run("watch", RUN, "--fetch")
    folder = Path("tunedrop-runs") / RUN
    assert {path.name for path in folder.iterdir()} == {
        "run.json",
        "plan.json",
        "results.json",
        "report.html",
        "model.tar.gz",
        "jobs",
    }
    assert f"Report: {folder}/report.html\nModel: {folder}/model.tar.gz\n" in shown


def test_a_key_that_leads_out_of_the_folder_is_an_error(deployment: Deployment) -> None:
    deployment.later = _steps(deployment)
    deployment.s3.put(f"runs/{RUN}/../../../../evil", b"")
    deployment.run("watch", RUN, "--fetch", "out", status=1)
    assert "would be written outside of out" in deployment.err
    assert list(Path().iterdir()) == []


def test_an_interrupt_does_not_stop_the_run(deployment: Deployment) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    deployment.later = [*_steps(deployment)[:2], interrupt]
    shown = deployment.run("watch", status=130)
    assert f"The run continues. Watch it again: tunedrop watch '{RUN}'" in shown
    assert deployment.executions.calls_of("StopExecution") == []


def test_it_survives_short_failures_of_aws_and_ends_after_long_ones(
    deployment: Deployment,
) -> None:
    deployment.later = _steps(deployment)
    deployment.executions.fail_next("DescribeExecution", *[client_error("ThrottlingException")] * 9)
    deployment.run("watch")
    deployment.executions.fail_next(
        "DescribeExecution", *[client_error("ThrottlingException", message="slower")] * 30
    )
    deployment.run("watch", status=1)
    assert "slower" in deployment.err


def test_the_newest_run_of_a_dataset_or_of_all_is_found(deployment: Deployment) -> None:
    for run in ("iris/20261123T120000Z-1a2b3c4d", "wine/20261124T120000Z-1a2b3c4d"):
        deployment.put_run(run, "FAILED", failure={"message": f"{run} broke."})
    deployment.put_run("iris/20261122T120000Z-ffffffff", "FAILED", failure={"message": "old"})
    deployment.run("watch", status=1)
    assert "wine/20261124T120000Z-1a2b3c4d broke." in deployment.err
    deployment.run("watch", "iris", status=1)
    assert "iris/20261123T120000Z-1a2b3c4d broke." in deployment.err
    deployment.run("watch", "runs/iris/20261122T120000Z-ffffffff/", status=1)
    assert "old" in deployment.err


def test_an_unknown_run_is_status_2(deployment: Deployment) -> None:
    deployment.run("watch", status=2)
    assert "There is no run yet" in deployment.err
    deployment.put_run(RUN)
    for missing in ("irsi", "iris/20261122T120000Z-ffffffff"):
        deployment.run("watch", missing, status=2)
        assert f"There is no such run. Found '{missing}'; expected DATASET/RUN_ID" in deployment.err


def test_a_run_without_an_execution_yet_is_waited_for(deployment: Deployment) -> None:
    run = f"iris/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-1a2b3c4d"
    execution = deployment.put_run(run)
    del deployment.executions.executions[execution]
    assert " running" in deployment.run("runs")

    def started_and_rejected() -> None:
        deployment.put_run(run, "SUCCEEDED", failure={"message": "No target."})

    deployment.later = [started_and_rejected]
    assert f"{run}: planning\n{run}: rejected" in deployment.run("watch", run, status=1)


def test_an_execution_that_step_functions_has_forgotten_is_no_crash(
    deployment: Deployment,
) -> None:
    del deployment.executions.executions[deployment.put_run(RUN)]
    assert " forgotten" in deployment.run("runs")
    deployment.run("watch", status=1)
    assert "The execution is forgotten and has no failure.json." in deployment.err
