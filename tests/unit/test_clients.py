from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import boto3
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


@pytest.mark.parametrize(
    ("region", "asked"),
    [
        ("eu-central-1", "eu-central-1"),
        ("ap-south-1", "ap-south-1"),
        ("us-east-1", "us-east-1"),
        ("eu-west-1", "us-east-1"),
        ("sa-east-1", "us-east-1"),
    ],
)
def test_prices_are_asked_for_where_the_price_list_is_and_nobody_waits_long(
    region: str, asked: str
) -> None:
    client = clients.make_pricing(boto3.Session("none", "none", region_name=region))
    assert client.meta.endpoint_url == f"https://api.pricing.{asked}.amazonaws.com"
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 10)
    assert config.retries["total_max_attempts"] == 1
