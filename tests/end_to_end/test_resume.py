"""A run that failed after its tuning is resumed: what was tuned is not paid for again."""

from __future__ import annotations

import pytest

from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tests.support.runs import IRIS, QUICK, Runs, nothing_is_running

NO_MACHINE_FOR_CONFIRM = [{"kind": "capacity", "name": "tc-"}]


def requests(runs: Runs, run_id: str, prefix: str) -> list[str]:
    return [name for name in runs.files(run_id) if name.startswith(f"jobs/{prefix}")
            and name.endswith(".request.json")]  # fmt: skip


def tuning_jobs_of(deployment: Deployment) -> int:
    client = deployment.clients.sagemaker
    pages = client.get_paginator("list_hyper_parameter_tuning_jobs").paginate()
    return sum(len(page["HyperParameterTuningJobSummaries"]) for page in pages)


@pytest.mark.slow
def test_a_run_whose_confirm_used_up_its_fallbacks_resumes_without_new_tuning_jobs(
    deployment: Deployment,
) -> None:
    runs = Runs(deployment, "resumed")
    with deployment.conditions(faults=NO_MACHINE_FOR_CONFIRM):
        runs.drop(tuning_yaml=QUICK, train_csv=IRIS)
        runs.failure()
    [failed] = runs.ids()
    assert len(requests(runs, failed, "tc-")) == 3
    before = tuning_jobs_of(deployment)

    answer = deployment.invoke("Admit", resume=f"{runs.dataset}/{failed}")
    [run_id] = set(runs.ended(2)) - {failed}

    # It waits until the failed one's slot is free.
    assert answer.get("run_id") == run_id or "waiting" in answer
    assert runs.read(run_id, "run.json")["trigger"]["requests"][0]["resume"] == failed
    assert "report.html" in runs.files(run_id), runs.read(run_id, "failure.json")["message"]
    assert tuning_jobs_of(deployment) == before
    assert not requests(runs, run_id, "td-")
    taken_over = [job["finished_job"] for job in runs.read(run_id, "plan.json")["tuning_jobs"]]
    assert taken_over == runs.tuning_jobs(failed)
    results = runs.read(run_id, "results.json")
    assert len(results["training_jobs"]) == 20
    eventually(lambda: nothing_is_running(deployment), bool, 60)
