"""The user's subnets of a deployment, and the services that machines in them do not reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunedrop.cli.stack import Stack

# Called by the Lambdas besides S3.
_LAMBDA_SERVICES = ("sagemaker.api", "ecr.api", "states", "sqs", "sns", "events")

_Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Subnet:
    """A subnet of jobs or Lambdas; `missing` names the services that it does not reach."""

    name: str
    vpc: str
    route_table: str
    missing: list[str]


def read_subnets(stack: Stack) -> Iterator[Subnet]:
    """Yield the subnets of jobs, which need S3, and of Lambdas, which need all services."""
    job_subnets = stack.start_job.network.subnets
    lambda_subnets = stack.configuration("StartJob").get("VpcConfig", {}).get("SubnetIds", [])
    if not job_subnets and not lambda_subnets:
        return
    ec2 = stack.client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=sorted({*job_subnets, *lambda_subnets}))["Subnets"]
    vpcs = [{"Name": "vpc-id", "Values": sorted({subnet["VpcId"] for subnet in subnets})}]
    tables = _list_all(ec2, "describe_route_tables", "RouteTables", vpcs)
    endpoints = _list_all(ec2, "describe_vpc_endpoints", "VpcEndpoints", vpcs)
    for subnet in subnets:
        name, vpc, table = subnet["SubnetId"], subnet["VpcId"], _find_table(subnet, tables)
        services = ("s3", *(_LAMBDA_SERVICES if name in lambda_subnets else ()))
        served = {e["ServiceName"] for e in endpoints if _is_used(e, vpc, table)}
        missing = [s for s in services if f"com.amazonaws.{stack.region}.{s}" not in served]
        if any(map(_is_default_route, table.get("Routes", ()))):
            missing = []
        yield Subnet(name, vpc, table["RouteTableId"], missing)


def _is_default_route(route: _Entry) -> bool:
    """Return whether a route leads out of the VPC without a public address."""
    return (
        route.get("DestinationCidrBlock") == "0.0.0.0/0"
        and route.get("State") != "blackhole"
        and not route.get("GatewayId", "").startswith("igw-")
    )


def _is_used(endpoint: _Entry, vpc: str, table: _Entry) -> bool:
    if endpoint["VpcId"] != vpc:
        return False
    if endpoint.get("VpcEndpointType", "Gateway") == "Gateway":
        return table["RouteTableId"] in endpoint.get("RouteTableIds", ())
    return bool(endpoint.get("PrivateDnsEnabled"))


def _find_table(subnet: _Entry, tables: list[_Entry]) -> _Entry:
    """Return the subnet's own route table, or the main one of its VPC."""
    main: _Entry = {"RouteTableId": "the main route table"}
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet["SubnetId"]:
                return table
            if association.get("Main") and table["VpcId"] == subnet["VpcId"]:
                main = table
    return main


def _list_all(ec2: Any, operation: str, field: str, filters: list[dict[str, Any]]) -> list[_Entry]:
    pages = ec2.get_paginator(operation).paginate(Filters=filters)
    return [entry for page in pages for entry in page[field]]
