from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.sagemaker.errors import ValidationError
from local_aws.sagemaker.search.definition import (
    NumericRange,
    Scaling,
    parse_ranges,
)
from local_aws.sagemaker.search.strategies import Search

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


def continuous(low: float, high: float, scaling: Scaling = "Auto") -> NumericRange:
    return NumericRange("x", low, high, scaling, "Continuous")


@given(finite, finite)
def test_drawn_values_come_back(a: float, b: float) -> None:
    item = continuous(min(a, b), max(a, b), "Linear")
    suggestion = Search("Random", (item,), maximize=True, seed=1).ask()
    assert item.decode(suggestion.hyperparameters["x"]) == suggestion.trial.params["x"]


@pytest.mark.parametrize(
    ("low", "high", "logarithmic"),
    [(1e-3, 1, True), (1, 99, False), (0, 1000, False), (-5, 1000, False), (1, 100, True)],
)
def test_auto_scaling_is_logarithmic_for_ranges_of_magnitudes(
    low: float, high: float, logarithmic: bool
) -> None:
    assert continuous(low, high).logarithmic is logarithmic


@given(st.text(max_size=20))
def test_a_bound_is_a_plain_finite_number_or_is_rejected(text: str) -> None:
    request = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": text, "MaxValue": "1e30"}]}
    try:
        (item,) = parse_ranges(request)
    except ValidationError:
        return
    assert isinstance(item, NumericRange)
    assert math.isfinite(item.low)
    assert text.isascii()


@pytest.mark.parametrize("text", ["1.0", "1e3", "٣", "", "9" * 19, "0x10", " 1", "1_0"])
def test_an_integer_bound_is_made_of_digits(text: str) -> None:
    request = {"IntegerParameterRanges": [{"Name": "x", "MinValue": text, "MaxValue": "10"}]}
    with pytest.raises(ValidationError, match="not a valid integer value"):
        parse_ranges(request)


@pytest.mark.parametrize("text", ["4", "-1", "1.5", "x", ""])
def test_a_parents_value_outside_of_an_integer_range_is_no_observation(text: str) -> None:
    assert NumericRange("x", 0, 3, "Linear", "Integer").decode(text) is None
