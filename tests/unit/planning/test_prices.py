"""Prices of the settings and of AWS's price list: kept, asked again, and never a reason to fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.parsers import ResponseParserError

from tests.support.fake_pricing import US_EAST_1, FakePricing, priced, product
from tests.support.fakes import FakeS3, client_error
from tunedrop.cli.dry_run import DEFAULT_ENVIRONMENT
from tunedrop.environment import Limits
from tunedrop.planning.prices import PriceList, find_prices
from tunedrop.storage import Bucket

LIMITS = DEFAULT_ENVIRONMENT.limits
KEY = "prices/eu-west-1.json"


class World:
    """A bucket, and a price list that may be asked."""

    def __init__(self, products: list[Any] | None = None) -> None:
        self.s3 = FakeS3()
        self.pricing = FakePricing(products)

        self.why = ""

    def find(self, limits: Limits = LIMITS) -> Mapping[str, float]:
        client: Any = self.s3
        bucket = Bucket(client, "bucket")
        price_list = PriceList("eu-west-1", lambda: self.pricing)
        limits, self.why = find_prices(bucket, price_list, limits)
        return limits.prices_usd_per_hour

    def kept(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.s3.body(KEY))
        return record

    def age(self, age: timedelta) -> None:
        """Make what is kept as old as this."""
        answered = (datetime.now(UTC) - age).isoformat()
        self.s3.put(KEY, json.dumps(self.kept() | {"answered": answered}))

    @property
    def asked(self) -> int:
        return len(self.pricing.calls_of("GetProducts"))


def test_the_prices_of_machines_for_training_in_the_region_are_read_from_all_pages() -> None:
    world = World()
    prices = world.find()
    assert prices == US_EAST_1
    assert "AWS's price list for eu-west-1 of " in world.why
    first, second = world.pricing.calls_of("GetProducts")
    assert world.s3.keys() == [KEY]
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
    assert complete_world.asked == 0
    assert complete_world.s3.calls == []


def test_they_are_kept_for_a_week() -> None:
    world = World()
    first = world.find()
    world.age(timedelta(days=6, hours=23))
    world.pricing.products = priced(dict.fromkeys(US_EAST_1, 7.0))
    assert world.find() == first
    requests = world.asked
    world.age(timedelta(days=7, seconds=1))
    assert set(world.find().values()) == {7.0}
    assert world.asked > requests
    assert world.find() == dict.fromkeys(US_EAST_1, 7.0)


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


def test_old_prices_are_better_than_none_and_their_age_is_said() -> None:
    world = World()
    world.find()
    world.age(timedelta(days=30))
    world.pricing.fail_next("GetProducts", client_error("AccessDeniedException"))
    day = datetime.now(UTC) - timedelta(days=30)
    prices = world.find()
    assert prices == US_EAST_1
    assert f"of {day:%Y-%m-%d}" in world.why


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


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff",
        b'{"answered": "2999-01-01T00:00:00Z", "usd_per_hour": {}}',
        b'{"answered": "2026-01-01T00:00:00Z", "usd_per_hour": {"ml.m5.large": -1}}',
    ],
)
def test_kept_prices_that_cannot_be_are_asked_again(content: bytes) -> None:
    world = World()
    world.s3.put(KEY, content)
    assert world.find() == US_EAST_1
    assert world.asked


def test_a_list_with_nothing_in_it_is_no_answer() -> None:
    world = World([])
    assert world.find() == {}
    assert world.s3.keys() == []
