"""What machines cost an hour: the settings' prices, else those of AWS's price list.

The list is kept in the bucket for a week. It is a help, and never a reason for a run to fail: what
it doesn't say stays unknown.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import AwareDatetime, Field

from tunedrop import keys
from tunedrop.environment import Limits
from tunedrop.errors import UnreadableState
from tunedrop.storage import Bucket
from tunedrop_common.plan import Record

logger = logging.getLogger(__name__)

_GOOD_FOR = timedelta(days=7)

_Usd = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class PriceList:
    """AWS's price list for one region.

    Parameters
    ----------
    client
        Makes the client of AWS Price List, once it is needed.
    """

    region: str
    client: Callable[[], Any]


class KeptPrices(Record):
    """prices/<region>.json: what AWS's price list said."""

    answered: AwareDatetime
    usd_per_hour: dict[str, _Usd]


def find_prices(bucket: Bucket, price_list: PriceList | None, limits: Limits) -> tuple[Limits, str]:
    """Return the limits with prices of all instance types that are known, and their source.

    Those of the settings come first.
    """
    configured = limits.prices_usd_per_hour
    missing = [name for name in limits.instance_types if name not in configured]
    if price_list is None or not missing:
        return limits, ""
    record = _look_up(bucket, price_list)
    listed = {name: record.usd_per_hour[name] for name in missing if name in record.usd_per_hour}
    if not listed:
        return limits, ""
    day = f"{record.answered.astimezone(UTC):%Y-%m-%d}"
    why = f"Prices are those of AWS's price list for {price_list.region} of {day}, on demand."
    return replace(limits, prices_usd_per_hour={**configured, **listed}), why


def _look_up(bucket: Bucket, price_list: PriceList) -> KeptPrices:
    """Return the bucket's record, or today's answer; old prices are better than none."""
    key, time = keys.prices(price_list.region), datetime.now(UTC)
    try:
        stored = bucket.find_record(key, KeptPrices)
    except UnreadableState:
        stored = None
    if stored is not None and timedelta() <= time - stored.answered < _GOOD_FOR:
        return stored
    answer = KeptPrices(answered=time, usd_per_hour=_ask(price_list))
    if not answer.usd_per_hour:
        return stored or answer
    bucket.put_json(key, answer.model_dump(mode="json"))
    return answer


def _ask(price_list: PriceList) -> dict[str, float]:
    """Return AWS's prices of all instance types for training; none without an answer."""
    fields = {
        "productFamily": "ML Instance",
        "component": "Training",
        "regionCode": price_list.region,
    }
    filters = [{"Type": "TERM_MATCH", "Field": f, "Value": v} for f, v in fields.items()]
    prices: dict[str, float] = {}
    try:
        pages = (
            price_list.client()
            .get_paginator("get_products")
            .paginate(ServiceCode="AmazonSageMaker", FormatVersion="aws_v1", Filters=filters)
        )
        for product in (product for page in pages for product in page["PriceList"]):
            for name, usd in _read_product(product):
                # A type that is listed twice: the greater price is the safe one.
                prices[name] = max(usd, prices.get(name, 0))
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        logger.warning("AWS's price list did not answer: %s", error)
        return {}
    return prices


def _read_product(product: str) -> Iterator[tuple[str, float]]:
    """Yield an instance type with its hourly prices, of a product, which is JSON in a string.

    Free tiers cost nothing, and the fees of reservations are no price of an hour.
    """
    try:
        entry = json.loads(product)
        name = entry["product"]["attributes"]["instanceName"]
        prices = [
            float(dimension["pricePerUnit"].get("USD", 0))
            for term in entry["terms"]["OnDemand"].values()
            for dimension in term["priceDimensions"].values()
            if dimension["unit"].lower() in ("hrs", "hours")
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    yield from ((name, usd) for usd in prices if math.isfinite(usd) and usd > 0)
