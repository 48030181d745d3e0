"""Quotas of the allowed instance types: new accounts have none for many of them."""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop.cli.doctor.findings import Finding, ok, unknown, wrong
from tunedrop.cli.stack import Stack


def training_jobs(stack: Stack) -> Iterator[Finding]:
    """Check the quotas for training jobs, and for those on spot machines if they are used."""
    planning = stack.planning
    pages = stack.client("service-quotas").get_paginator("list_service_quotas")
    quotas = {
        quota["QuotaName"]: float(quota["Value"])
        for page in pages.paginate(ServiceCode="sagemaker")
        for quota in page["Quotas"]
    }
    for kind in ("spot training job", "training job") if planning.spot else ("training job",):
        for machine in planning.limits.instance_types:
            name = f"{machine} for {kind} usage"
            value = quotas.get(name)
            if value is None:
                yield unknown(f"AWS lists no quota {name!r}; look in the Service Quotas console")
            elif value < 1:
                yield wrong(
                    f"{name}: 0",
                    "Ask for more in the Service Quotas console (Amazon SageMaker), or take the "
                    "type out of limits.instance_types",
                )
            else:
                yield ok(f"{name}: {value:g}")
