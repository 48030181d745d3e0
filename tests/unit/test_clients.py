from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

from tunedrop import clients

MOMENT = datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [1795435200.5, "2026-11-23T12:00:00.500Z", "2026-11-23T13:00:00.500+01:00"]
)
def test_times_of_every_service_are_read(text: object) -> None:
    assert clients.read_timestamp(text) == MOMENT


def test_the_clients_read_times_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    body = io.BytesIO(json.dumps({"CreationTime": MOMENT.timestamp()}).encode())
    answer = AWSResponse(
        "https://sagemaker", 200, HTTPHeaders(), HTTPResponse(body, preload_content=False)
    )
    made = (clients.sagemaker, clients._session)
    for each in made:
        each.cache_clear()
    try:
        client = clients.sagemaker()
        respond: Any = lambda **_: answer  # noqa: E731
        client.meta.events.register("before-send.sagemaker", respond)
        described = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="any")
    finally:
        for each in made:
            each.cache_clear()
    assert described["CreationTime"] == MOMENT
    assert described["CreationTime"].tzinfo is UTC
