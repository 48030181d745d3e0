"""What machines cost an hour: the settings' prices, else those of AWS's price list.

The list is a help, and never a reason for a run to fail: what it doesn't say stays unknown.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tunedrop.environment import Limits

logger = logging.getLogger(__name__)


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


def find_prices(price_list: PriceList | None, limits: Limits) -> tuple[Limits, str]:
    """Return the limits with prices of all instance types that are known, and their source.

    Those of the settings come first.
    """
    configured = limits.prices_usd_per_hour
    missing = [name for name in limits.instance_types if name not in configured]
    if price_list is None or not missing:
        return limits, ""
    prices = _ask(price_list)
    listed = {name: prices[name] for name in missing if name in prices}
    if not listed:
        return limits, ""
    why = f"Prices are those of AWS's price list for {price_list.region}, on demand."
    return replace(limits, prices_usd_per_hour={**configured, **listed}), why


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
