"""Requests, good and bad, with the answers that AWS documents: the table in `documented.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.support.sagemaker.documented import (
    BAD,
    CONFIG,
    DEFINITION,
    GOOD,
    RANGES,
    Row,
    changed,
    numeric,
)
from tests.support.sagemaker.machine import Machine
from tests.support.sagemaker.requests import (
    training_request,
    tuning_request,
    warm_start,
)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A server with the jobs that the table speaks of."""
    machine = Machine(
        Path(tmp_path_factory.mktemp("limited")),
        conditions={"quotas": {"instances": {"ml.m5.xlarge": 1}}},
        concurrency=4,  # two training jobs never end; the others need a place
        grace_seconds=1,
    )
    machine.tune("tabled", jobs=2, Tags=[{"Key": "t", "Value": "1"}])
    machine.train("tabled-plain")
    machine.sagemaker.create_training_job(**training_request("going-on-plain", "wait"))
    machine.sagemaker.create_hyper_parameter_tuning_job(
        **tuning_request("going-on", parallel=1, static={"behaviour": "wait"})
    )
    yield machine
    machine.stop()


def test_every_operation_that_is_answered_is_in_the_table_as_good_and_as_bad(
    limited: Machine,
) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    answered = {
        operation
        for operation in model.operation_names
        if limited.raw(operation, {})[1].get("__type") != "UnknownOperationException"
    }
    assert answered == {row.operation for row in GOOD}
    assert answered <= {row.operation for row in BAD}


@pytest.mark.parametrize("row", GOOD, ids=str)
def test_good_requests_are_accepted(limited: Machine, row: Row) -> None:
    status, answer = limited.raw(row.operation, row.request)
    assert status == 200, answer
    model = botocore.session.get_session().get_service_model("sagemaker")
    output = model.operation_model(row.operation).output_shape
    assert set(output.required_members if output else ()) <= answer.keys()
    for name, value in row.expected.items():
        member = answer[name]
        assert (len(member) if isinstance(value, int) else member) == value
    verb, _, kind = row.operation.partition("Create")
    if not verb:
        name = f"{kind}Name"
        _, described = limited.raw(f"Describe{kind}", {name: row.request[name]})
        sent = {key: value for key, value in row.request.items() if key != "Tags"}
        assert_contains(described, {**answer, **sent})


def assert_contains(described: Any, request: Any, path: str = "") -> None:
    if isinstance(request, dict):
        for key, value in request.items():
            if key != "HyperParameterTuningResourceConfig":
                assert_contains(described[key], value, f"{path}.{key}")
    else:
        assert described == request, path


@pytest.mark.parametrize("row", BAD, ids=str)
def test_bad_requests_are_rejected_with_the_code_and_in_the_words_of_aws(
    limited: Machine, row: Row
) -> None:
    status, answer = limited.raw(row.operation, row.request)
    assert (status, answer["__type"]) == (400, row.code), answer
    assert row.message in answer["message"]


def test_a_name_is_taken_regardless_of_case(limited: Machine) -> None:
    limited.tune("taken", jobs=1)
    status, answer = limited.raw("CreateHyperParameterTuningJob", tuning_request("TAKEN"))
    assert (status, answer["__type"]) == (400, "ResourceInUse")
    assert answer["message"] == (
        "A hyperparameter tuning job with the name, TAKEN, already exists. Choose a different name."
    )
    limited.train("taken-too")
    status, answer = limited.raw("CreateTrainingJob", training_request("Taken-Too"))
    assert (status, answer["__type"]) == (400, "ResourceInUse")


WARM_STARTS: list[tuple[dict[str, Any], str]] = [
    ({f"{CONFIG}.HyperParameterTuningJobObjective.MetricName": "other"}, "must be the same as"),
    ({f"{CONFIG}.HyperParameterTuningJobObjective.Type": "Minimize"}, "must be the same as"),
    ({f"{DEFINITION}.StaticHyperParameters": {"more": "1"}},
     "The set of tunable plus static HyperParameter names is not the same across current and "),
    ({RANGES: {"IntegerParameterRanges": numeric("0", "1")}},
     "The type of the hyperparameter x"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), WARM_STARTS)
def test_a_warm_start_keeps_to_its_parents(
    limited: Machine, changes: dict[str, Any], message: str
) -> None:
    parents = limited.raw("ListHyperParameterTuningJobs", {"NameContains": "rule-parent"})[1]
    if not parents["HyperParameterTuningJobSummaries"]:
        limited.tune("rule-parent", jobs=1)
    request = tuning_request(
        "bad-child", WarmStartConfig=warm_start("TransferLearning", "rule-parent")
    )
    request = changed(request, changes)
    status, answer = limited.raw("CreateHyperParameterTuningJob", request)
    assert (status, answer["__type"]) == (400, "ValidationException"), answer
    assert message in answer["message"]


def test_the_training_jobs_of_parents_count_towards_the_quota(limited: Machine) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobWarmStartConfig.html"""
    for parent in ("three", "two"):
        limited.tune(parent, jobs=3 if parent == "three" else 2)
    parents = warm_start("TransferLearning", "three", "two")

    def start(name: str, jobs: int) -> tuple[int, dict[str, Any]]:
        request = tuning_request(name, jobs=jobs, WarmStartConfig=parents)
        return limited.raw("CreateHyperParameterTuningJob", request)

    with limited.conditions(quotas={"random_training_jobs": 7}):
        status, answer = start("beyond", 3)
        assert (status, answer["__type"]) == (400, "ResourceLimitExceeded")
        assert answer["message"].startswith(
            "The account-level service limit 'Maximum number of training jobs per hyperparameter "
            "tuning job' is 7 Training Jobs, with current utilization of 0 Training Jobs and a "
            "request delta of 8 Training Jobs."
        )
        assert start("within", 2)[0] == 200
    limited.wait_for_tuning_job("within")
