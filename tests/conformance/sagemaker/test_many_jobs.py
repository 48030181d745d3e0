"""As many jobs as the quotas allow, and still quick answers. The bounds allow for a busy machine.

What they take on a machine that does nothing else is in docs/performance.md (Answers of a busy
SageMaker); `make benchmark ARGS=busy_answers` measures it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.sagemaker.machine import Machine, tuning_request, until

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path, cloudwatch=False)
    machine.start()
    yield machine
    machine.kill()


def milliseconds(act: Callable[[], Any], times: int = 15) -> float:
    def once() -> float:
        start = time.perf_counter()
        act()
        return (time.perf_counter() - start) * 1000

    return statistics.median(once() for _ in range(times))


def test_750_training_jobs_in_a_tuning_job_leave_it_responsive(own: Machine) -> None:
    own.sagemaker.create_hyper_parameter_tuning_job(
        **tuning_request("many", strategy="Bayesian", jobs=750, parallel=10)
    )
    name = {"HyperParameterTuningJobName": "many"}

    def describe() -> dict[str, Any]:
        described: dict[str, Any] = own.sagemaker.describe_hyper_parameter_tuning_job(**name)
        return described

    until(lambda: describe()["TrainingJobStatusCounters"]["Completed"] >= 600, seconds=500)
    while_it_runs = milliseconds(describe)
    until(lambda: describe()["HyperParameterTuningJobStatus"] == "Completed", seconds=200)
    filters = [{"Name": "TuningJobArn", "Value": describe()["HyperParameterTuningJobArn"]}]

    def search() -> None:
        found = own.sagemaker.search(
            Resource="TrainingJob", SearchExpression={"Filters": filters}, MaxResults=100
        )
        assert len(found["Results"]) == 100

    at_the_end = milliseconds(describe), milliseconds(search)
    print(f"describe {while_it_runs:.0f} ms, then {at_the_end[0]:.0f}; search {at_the_end[1]:.0f}")
    assert while_it_runs < 200
    assert at_the_end[0] < 100
    assert at_the_end[1] < 500
    assert len(own.training_jobs("many", MaxResults=100)) == 750


def test_50_tuning_jobs_at_once_all_get_on_and_answer(own: Machine) -> None:
    names = [f"crowd-{number}" for number in range(50)]
    for name in names:
        own.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name, jobs=4))

    def completed() -> list[str]:
        found = own.sagemaker.list_hyper_parameter_tuning_jobs(
            NameContains="crowd-", StatusEquals="Completed", MaxResults=100
        )["HyperParameterTuningJobSummaries"]
        return [job["HyperParameterTuningJobName"] for job in found]

    def describe() -> None:
        own.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=names[0])

    assert milliseconds(describe) < 200
    counts = [
        own.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
            "TrainingJobStatusCounters"
        ]
        for name in names
    ]
    started = [count["Completed"] + count["InProgress"] for count in counts]
    # They were looked at one after the other, while all went on.
    assert max(started) - min(started) <= 3
    until(lambda: len(completed()) == 50, seconds=200)
