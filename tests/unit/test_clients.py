from __future__ import annotations

import boto3
import pytest

from tunedrop import clients


@pytest.mark.parametrize(
    ("region", "endpoint_region"),
    [
        ("eu-central-1", "eu-central-1"),
        ("ap-south-1", "ap-south-1"),
        ("us-east-1", "us-east-1"),
        ("eu-west-1", "us-east-1"),
        ("sa-east-1", "us-east-1"),
    ],
)
def test_prices_come_from_a_region_with_the_price_list_within_seconds(
    region: str, endpoint_region: str
) -> None:
    client = clients.make_pricing(boto3.Session("none", "none", region_name=region))
    assert client.meta.endpoint_url == f"https://api.pricing.{endpoint_region}.amazonaws.com"
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 10)
    assert config.retries["total_max_attempts"] == 1
