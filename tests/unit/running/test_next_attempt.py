"""What follows an attempt that was not finished: each cause, to the last fallback."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.running.next_attempt import AttemptSettings, Cause, next_settings
from tunedrop_common.plan import FallbackInstance

FIRST = AttemptSettings("ml.m5.large", spot=False, parallel=4, warm_start=True)
SPOT = replace(FIRST, spot=True)
XLARGE = FallbackInstance(type="ml.m5.xlarge", spot=False)
LARGEST = FallbackInstance(type="ml.m5.2xlarge", spot=False)
FALLBACKS = (XLARGE, LARGEST)
ON_DEMAND = (FallbackInstance(type="ml.m5.large", spot=False),)


def after(
    cause: Cause | None,
    first: AttemptSettings = FIRST,
    fallbacks: tuple[FallbackInstance, ...] = FALLBACKS,
) -> AttemptSettings:
    settings = next_settings(first, fallbacks, first, cause)
    assert settings is not None
    return settings


@pytest.mark.parametrize("cause", ["capacity", "quota", "spot wait"])
def test_the_plans_next_machine_is_tried_if_only_the_same_one_on_demand(cause: Cause) -> None:
    assert after(cause) == replace(FIRST, type="ml.m5.xlarge")
    assert after(cause, SPOT, ON_DEMAND) == FIRST


def test_the_same_machine_on_demand_has_no_more_memory() -> None:
    assert next_settings(SPOT, ON_DEMAND, SPOT, "memory") is None
    larger = (*ON_DEMAND, XLARGE)
    assert after("memory", SPOT, larger) == replace(FIRST, type="ml.m5.xlarge")


def test_out_of_memory_leads_to_more_known_memory_only() -> None:
    c5, g5 = (
        FallbackInstance(type=f"ml.{name}", spot=False) for name in ("c5.xlarge", "g5.xlarge")
    )
    fallbacks = (c5, g5, XLARGE)[:2]
    assert after("capacity", FIRST, fallbacks).type == c5.type  # 8 GiB each
    assert next_settings(FIRST, fallbacks, FIRST, "memory") is None
    assert after("memory", FIRST, (c5, XLARGE)).type == XLARGE.type


causes = st.sampled_from(["capacity", "spot wait", "memory", "quota", "warm start"])


@given(st.lists(st.tuples(causes, st.integers(0, 4)), min_size=30, max_size=30))
def test_whatever_happens_the_attempts_end_and_no_machine_is_paid_for_twice(
    story: list[tuple[Cause, int]],
) -> None:
    settings: AttemptSettings | None = SPOT
    paid = []
    for cause, fits in story:
        if settings is None:
            break
        if cause not in ("quota", "warm start"):
            paid.append((settings.type, settings.spot))
        settings = next_settings(SPOT, FALLBACKS, settings, cause, fits)
    else:
        raise AssertionError("the attempts never end")
    assert len(paid) == len(set(paid)) <= 3
