from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.aws import Aws
from tunedrop import clients

MOMENT = datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [1795435200.5, "2026-11-23T12:00:00.500Z", "2026-11-23T13:00:00.500+01:00"]
)
def test_times_of_every_service_are_read(text: object) -> None:
    assert clients.read_timestamp(text) == MOMENT


def test_the_clients_read_times_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(tuning_job={"CreationTime": MOMENT.timestamp()})
    for name, value in {
        "AWS_ENDPOINT_URL": aws.serve(),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }.items():
        monkeypatch.setenv(name, value)
    for made in (clients.sagemaker, clients._session):
        made.cache_clear()
    try:
        answer = clients.sagemaker().describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="any"
        )
    finally:
        for made in (clients.sagemaker, clients._session):
            made.cache_clear()
    assert answer["CreationTime"] == MOMENT
    assert answer["CreationTime"].tzinfo is UTC
