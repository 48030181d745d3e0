"""AWS Price List: products of SageMaker as it lists them, filtered and in pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.fakes import FakeClient

# On demand, in us-east-1, as https://aws.amazon.com/sagemaker/ai/pricing/ has them for training.
US_EAST_1 = {
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.m5.12xlarge": 2.765,
}


def product(
    instance_type: str,
    usd: Any,
    *,
    region: str = "eu-west-1",
    component: str = "Training",
    unit: str = "Hrs",
    currency: str = "USD",
    **attributes: str,
) -> str:
    """Make a product of the price list: JSON in a string, prices as texts below codes of offers."""
    sku = "JMCWJEAPVJNFJ5P4"
    dimension = {
        "unit": unit,
        "rateCode": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
        "pricePerUnit": {currency: f"{usd:.10f}" if isinstance(usd, float) else usd},
    }
    term = {
        "sku": sku,
        "priceDimensions": {f"{sku}.JRTCKXETXF.6YS6EN2CT7": dimension},
    }
    return json.dumps(
        {
            "product": {
                "sku": sku,
                "productFamily": "ML Instance",
                "attributes": {
                    "regionCode": region,
                    "component": component,
                    "instanceName": instance_type,
                    "instanceType": f"{instance_type}-{component}",
                    **attributes,
                },
            },
            "serviceCode": "AmazonSageMaker",
            "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": term}},
            "version": "20261101000000",
        }
    )


class FakePricing(FakeClient):
    """AWS Price List with these products; those of other components and regions are around."""

    service = "pricing"

    def __init__(self, products: list[Any] | None = None) -> None:
        super().__init__()
        self.products: list[Any] = priced(US_EAST_1) if products is None else products
        self.page_size = 3

    def get_products(self, **parameters: Any) -> dict[str, Any]:
        filters = {item["Field"]: item["Value"] for item in parameters["Filters"]}
        products = [product for product in self.products if _matches(product, filters)]
        parameters = parameters | {"MaxResults": self.page_size}
        return {"FormatVersion": "aws_v1", **self._page("PriceList", products, parameters)}


def priced(prices: Mapping[str, float], region: str = "eu-west-1") -> list[str]:
    """Make the products of a region, with the same types for hosting and in another region."""
    return [
        item
        for name, usd in prices.items()
        for item in (
            product(name, usd * 2, region=region, component="Hosting"),
            product(name, usd, region=region),
            product(name, usd * 3, region="af-south-1"),
        )
    ]


def _matches(text: Any, filters: Mapping[str, str]) -> bool:
    try:
        product = json.loads(text)["product"]
    except (ValueError, TypeError, KeyError):
        return True
    attributes: dict[str, str] = product["attributes"]
    return filters.items() <= {**attributes, "productFamily": product["productFamily"]}.items()
