from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.ministack.executions import delay


def middle(low: float, high: float) -> float:
    return (low + high) / 2


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
    assert [delay(retrier, attempt, middle) for attempt in range(3)] == delays


@given(st.integers(1, 100), st.floats(1, 10), st.integers(1, 1000), st.integers(0, 20))
def test_no_delay_is_longer_than_the_maximum(
    interval: int, rate: float, maximum: int, attempt: int
) -> None:
    retrier = {"IntervalSeconds": interval, "BackoffRate": rate, "MaxDelaySeconds": maximum}
    assert 0 <= delay(retrier, attempt, middle) <= maximum
