"""What machines cost an hour: the settings' prices, else those of AWS's price list.

The list is kept in the bucket for a week. It is a help, and never a reason for a run to fail: what
it doesn't say stays unknown.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tunedrop import keys
from tunedrop.environment import Limits
from tunedrop.storage import Bucket

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
    keep
        Whether what it answers may be written into the bucket.
    """

    region: str
    client: Callable[[], Any]
    keep: bool = True


@dataclass(frozen=True)
class Prices:
    """US dollars an hour by instance type, as far as they are known, and where they come from."""

    usd_per_hour: Mapping[str, float]
    why: str = ""


class KeptPrices(BaseModel):
    """prices/<region>.json: what AWS's price list said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answered: AwareDatetime
    usd_per_hour: dict[str, _Usd]


def find_prices(bucket: Bucket, price_list: PriceList | None, limits: Limits) -> Prices:
    """Return the prices of the deployment's machines; those of its settings come first."""
    own = limits.prices_usd_per_hour
    missing = [each for each in limits.instance_types if each not in own]
    if price_list is None or not missing:
        return Prices(own)
    kept = _look_up(bucket, price_list, datetime.now(UTC))
    listed = {each: kept.usd_per_hour[each] for each in missing if each in kept.usd_per_hour}
    if not listed:
        return Prices(own)
    day = f"{kept.answered.astimezone(UTC):%Y-%m-%d}"
    why = f"Prices are those of AWS's price list for {price_list.region} of {day}, on demand."
    return Prices({**own, **listed}, why)


def _look_up(bucket: Bucket, price_list: PriceList, now: datetime) -> KeptPrices:
    """Return what was kept, or what is asked for now; old prices are better than none."""
    key = keys.prices(price_list.region)
    kept = _read(bucket.find(key))
    if kept is not None and timedelta() <= now - kept.answered < _GOOD_FOR:
        return kept
    found = KeptPrices(answered=now, usd_per_hour=_ask(price_list))
    if not found.usd_per_hour:
        return kept or found
    if price_list.keep:
        bucket.put_json(key, found.model_dump(mode="json"))
    return found


def _read(body: bytes | None) -> KeptPrices | None:
    try:
        return None if body is None else KeptPrices.model_validate_json(body)
    except ValidationError:
        return None


def _ask(price_list: PriceList) -> dict[str, float]:
    """Ask for the prices of all machines for training; none when there is no answer."""
    wanted = {
        "productFamily": "ML Instance",
        "component": "Training",
        "regionCode": price_list.region,
    }
    filters = [{"Type": "TERM_MATCH", "Field": f, "Value": v} for f, v in wanted.items()]
    found: dict[str, float] = {}
    try:
        pages = (
            price_list.client()
            .get_paginator("get_products")
            .paginate(ServiceCode="AmazonSageMaker", FormatVersion="aws_v1", Filters=filters)
        )
        for product in (product for page in pages for product in page["PriceList"]):
            for instance_type, usd in _priced(product):
                # A type that is listed twice: the greater price is the safe one.
                found[instance_type] = max(usd, found.get(instance_type, 0))
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        logger.warning("AWS's price list did not answer: %s", error)
        return {}
    return found


def _priced(product: str) -> Iterator[tuple[str, float]]:
    """Read one product, which is JSON in a string; what is no hourly price is left out.

    Free tiers cost nothing, and the fees of reservations are no price of an hour.
    """
    try:
        entry = json.loads(product)
        name = entry["product"]["attributes"]["instanceName"]
        dimensions = [
            dimension
            for term in entry["terms"]["OnDemand"].values()
            for dimension in term["priceDimensions"].values()
            if dimension["unit"].lower() in ("hrs", "hours")
        ]
        prices = [float(each["pricePerUnit"].get("USD", 0)) for each in dimensions]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    yield from ((name, usd) for usd in prices if math.isfinite(usd) and usd > 0)
