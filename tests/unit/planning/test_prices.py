"""Prices of the settings and of AWS's price list, which are never a reason to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.parsers import ResponseParserError

from tests.support.fake_pricing import US_EAST_1, FakePricing, product
from tests.support.fakes import client_error
from tunedrop.cli.dry_run import DEFAULT_ENVIRONMENT
from tunedrop.environment import Limits
from tunedrop.planning.prices import PriceList, find_prices

LIMITS = DEFAULT_ENVIRONMENT.limits


class World:
    """A price list that may be asked."""

    def __init__(self, products: list[Any] | None = None) -> None:
        self.pricing = FakePricing(products)
        self.why = ""

    def find(self, limits: Limits = LIMITS) -> Mapping[str, float]:
        price_list = PriceList("eu-west-1", lambda: self.pricing)
        limits, self.why = find_prices(price_list, limits)
        return limits.prices_usd_per_hour


def test_the_prices_of_machines_for_training_in_the_region_are_read_from_all_pages() -> None:
    world = World()
    prices = world.find()
    assert prices == US_EAST_1
    assert "AWS's price list for eu-west-1" in world.why
    first, second = world.pricing.calls_of("GetProducts")
    assert first["ServiceCode"] == "AmazonSageMaker"
    assert {filter_["Field"]: filter_["Value"] for filter_ in first["Filters"]} == {
        "productFamily": "ML Instance",
        "component": "Training",
        "regionCode": "eu-west-1",
    }
    assert second["NextToken"] == "3"


def test_the_settings_prices_come_first_and_are_enough_where_they_are_complete() -> None:
    world = World()
    partly = replace(LIMITS, prices_usd_per_hour={"ml.m5.large": 9.0})
    assert world.find(partly) == {**US_EAST_1, "ml.m5.large": 9.0}
    complete_world = World()
    complete = replace(LIMITS, prices_usd_per_hour=dict.fromkeys(LIMITS.instance_types, 9.0))
    assert complete_world.find(complete) == complete.prices_usd_per_hour
    assert not complete_world.pricing.calls_of("GetProducts")


@pytest.mark.parametrize(
    "answers",
    [
        [client_error("AccessDeniedException", 400)],
        [None, client_error("ExpiredNextTokenException")],
        [NoCredentialsError()],
        [ResponseParserError("not JSON")],
    ],
)
def test_without_an_answer_prices_are_unknown_and_the_next_run_asks_again(
    answers: list[Exception | None],
) -> None:
    world = World()
    world.pricing.fail_next("GetProducts", *answers)
    assert world.find() == {}
    assert world.find() == US_EAST_1


@pytest.mark.parametrize(
    "odd",
    [
        product("ml.m5.large", "0.0000000000"),
        product("ml.m5.large", "NaN"),
        product("ml.m5.large", "cheap"),
        product("ml.m5.large", 13.57, unit="Quantity"),
        product("ml.m5.large", 0.8, currency="CNY"),
        "not JSON",
        "null",
        '{"product": {"attributes": {"instanceName": "ml.m5.large"}}}',
        '{"product": {"attributes": null}, "terms": {"OnDemand": []}}',
    ],
)
def test_what_is_no_hourly_price_of_a_machine_for_training_is_left_out(odd: Any) -> None:
    class Unfiltered(FakePricing):
        def get_products(self, **parameters: Any) -> dict[str, Any]:
            return {"PriceList": [odd, product("ml.m5.xlarge", 0.23), odd]}

    world = World()
    world.pricing = Unfiltered()
    assert world.find() == {"ml.m5.xlarge": 0.23}


def test_of_two_prices_the_greater_one_counts() -> None:
    products = [product("ml.m5.large", usd) for usd in (0.1, 0.3, 0.2)]
    assert World(products).find() == {"ml.m5.large": 0.3}
