"""What machines cost an hour: the settings' prices, else those of AWS's price list.

The list is kept in the bucket for a week. It is a help, and never a reason for a run to fail: what
it doesn't say stays unknown.
"""

from __future__ import annotations

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
_ASK_AGAIN_AFTER = timedelta(hours=1)

# A page has 100 products at most, and a region about 200 types of machines for training.
_MOST_PAGES = 20
_PAGE_SIZE = 100

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

    asked: AwareDatetime = Field(description="When it was asked last.")
    answered: AwareDatetime | None = Field(None, description="When these prices were read.")
    usd_per_hour: dict[str, _Usd] = {}

    def is_fresh(self, now: datetime) -> bool:
        """Whether it need not be asked again."""
        good_for = _GOOD_FOR if self.asked == self.answered else _ASK_AGAIN_AFTER
        return timedelta() <= now - self.asked < good_for


def find_prices(bucket: Bucket, price_list: PriceList | None, limits: Limits) -> Prices:
    """Return the prices of the deployment's machines; those of its settings come first."""
    own = limits.prices_usd_per_hour
    missing = [each for each in limits.instance_types if each not in own]
    if price_list is None or not missing:
        return Prices(own)
    kept = _look_up(bucket, price_list, datetime.now(UTC))
    listed = {each: kept.usd_per_hour[each] for each in missing if each in kept.usd_per_hour}
    if not listed or kept.answered is None:
        return Prices(own)
    day = f"{kept.answered.astimezone(UTC):%Y-%m-%d}"
    why = f"Prices are those of AWS's price list for {price_list.region} of {day}, on demand."
    return Prices({**own, **listed}, why)


def _look_up(bucket: Bucket, price_list: PriceList, now: datetime) -> KeptPrices:
    """Return what was kept, or what is asked for now; old prices are better than none."""
    key = keys.prices(price_list.region)
    kept = _read(bucket.find(key))
    if kept is not None and kept.is_fresh(now):
        return kept
    found = _ask(price_list)
    if found:
        kept = KeptPrices(asked=now, answered=now, usd_per_hour=found)
    elif kept is not None:
        kept = kept.model_copy(update={"asked": now})
    else:
        kept = KeptPrices(asked=now)
    if price_list.keep:
        bucket.put_json(key, kept.model_dump(mode="json"))
    return kept


def _read(body: bytes | None) -> KeptPrices | None:
    try:
        return None if body is None else KeptPrices.model_validate_json(body)
    except ValidationError:
        return None


def _ask(price_list: PriceList) -> dict[str, float]:
    """Ask for the prices of all machines for training; none when there is no answer."""
    found: dict[str, float] = {}
    try:
        for product in _products(price_list):
            for instance_type, usd in _priced(product, price_list.region):
                # A type that is listed twice: the greater price is the safe one.
                found[instance_type] = max(usd, found.get(instance_type, 0))
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        logger.warning("AWS's price list did not answer: %s", error)
        return {}
    return found


def _products(price_list: PriceList) -> Iterator[Any]:
    equal = {
        "productFamily": "ML Instance",
        "component": "Training",
        "regionCode": price_list.region,
    }
    request: dict[str, Any] = {
        "ServiceCode": "AmazonSageMaker",
        "FormatVersion": "aws_v1",
        "Filters": [{"Type": "TERM_MATCH", "Field": f, "Value": v} for f, v in equal.items()],
        "MaxResults": _PAGE_SIZE,
    }
    client = price_list.client()
    for _ in range(_MOST_PAGES):
        page = client.get_products(**request)
        yield from page.get("PriceList") or ()
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Attributes(_Answer):
    name: str = Field(alias="instanceName")
    component: str
    region: str = Field(alias="regionCode")


class _Product(_Answer):
    attributes: _Attributes


class _Dimension(_Answer):
    unit: str
    price: dict[str, float] = Field(alias="pricePerUnit")


class _Term(_Answer):
    dimensions: dict[str, _Dimension] = Field(alias="priceDimensions")


class _Terms(_Answer):
    on_demand: dict[str, _Term] = Field(alias="OnDemand")


class _ListedProduct(_Answer):
    """A product of the price list with its prices, as far as we read it."""

    product: _Product
    terms: _Terms


def _priced(text: Any, region: str) -> Iterator[tuple[str, float]]:
    """Read one product, which is JSON in a string; what is no hourly price is left out.

    Free tiers cost nothing, and the fees of reservations are no price of an hour.
    """
    try:
        entry = _ListedProduct.model_validate_json(text if isinstance(text, str) else "")
    except ValidationError:
        return
    attributes = entry.product.attributes
    if (attributes.component, attributes.region) != ("Training", region):
        return
    for term in entry.terms.on_demand.values():
        for dimension in term.dimensions.values():
            usd = dimension.price.get("USD", 0.0)
            if dimension.unit.lower() in ("hrs", "hours") and math.isfinite(usd) and usd > 0:
                yield attributes.name, usd
