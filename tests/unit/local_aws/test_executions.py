from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from local_aws.ministack.executions import delay


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def test_the_defaults_are_awss() -> None:
    assert [delay({}, attempt, middle) for attempt in range(3)] == [1, 2, 4]


def test_the_maximum_cuts_the_backoff() -> None:
    retrier = {"IntervalSeconds": 5, "BackoffRate": 3, "MaxDelaySeconds": 20}
    assert [delay(retrier, attempt, middle) for attempt in range(3)] == [5, 15, 20]


def test_full_jitter_is_between_nothing_and_the_delay() -> None:
    retrier = {"IntervalSeconds": 8, "JitterStrategy": "FULL"}
    assert delay(retrier, 1, middle) == 8
    assert delay({**retrier, "JitterStrategy": "NONE"}, 1, middle) == 16


@given(
    st.integers(1, 100),
    st.floats(1, 10),
    st.integers(1, 1000),
    st.integers(0, 20),
)
def test_no_delay_is_longer_than_the_maximum(
    interval: int, rate: float, maximum: int, attempt: int
) -> None:
    retrier = {"IntervalSeconds": interval, "BackoffRate": rate, "MaxDelaySeconds": maximum}
    assert 0 <= delay(retrier, attempt, middle) <= maximum
