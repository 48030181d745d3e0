from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.tasks import retry_delay


@pytest.mark.parametrize(
    ("retrier", "delays"),
    [
        ({}, [1, 2, 4]),
        ({"IntervalSeconds": 5, "BackoffRate": 3, "MaxDelaySeconds": 20}, [5, 15, 20]),
        ({"IntervalSeconds": 8, "JitterStrategy": "NONE"}, [8, 16, 32]),
        ({"IntervalSeconds": 8, "JitterStrategy": "FULL"}, [4, 8, 16]),
    ],
    ids=["AWS's defaults", "cut by the maximum", "no jitter", "half of it by full jitter"],
)
def test_the_delay_before_a_retry(retrier: dict[str, Any], delays: list[float]) -> None:
    def middle(low: float, high: float) -> float:
        return (low + high) / 2

    assert [retry_delay(retrier, attempt, middle) for attempt in range(3)] == delays
