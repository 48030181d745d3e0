"""Subnets of the deployment's own: what their machines call has to have an endpoint or a route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunedrop.cli.doctor.findings import Finding, ok, wrong
from tunedrop.cli.stack import Stack

# What the Lambdas call besides S3.
_LAMBDA_SERVICES = ("sagemaker.api", "ecr.api", "states", "sqs", "sns")

_Entry = Mapping[str, Any]


def reachable(stack: Stack) -> Iterator[Finding]:
    """Check S3 from the jobs' subnets, and all services from the Lambdas' ones."""
    of_jobs = stack.jobs.network.subnets
    of_lambdas = stack.configuration("StartJob").get("VpcConfig", {}).get("SubnetIds", [])
    if not of_jobs and not of_lambdas:
        yield ok("no subnets of yours")
        return
    ec2 = stack.client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=sorted({*of_jobs, *of_lambdas}))["Subnets"]
    of_vpcs = [{"Name": "vpc-id", "Values": sorted({subnet["VpcId"] for subnet in subnets})}]
    tables = _all(ec2, "describe_route_tables", "RouteTables", of_vpcs)
    endpoints = _all(ec2, "describe_vpc_endpoints", "VpcEndpoints", of_vpcs)
    for subnet in subnets:
        table = _table_of(subnet, tables)
        services = ("s3", *(_LAMBDA_SERVICES if subnet["SubnetId"] in of_lambdas else ()))
        served = {e["ServiceName"] for e in endpoints if _serves(e, subnet["VpcId"], table)}
        missing = [s for s in services if f"com.amazonaws.{stack.region}.{s}" not in served]
        yield _finding(subnet, table, missing)


def _finding(subnet: _Entry, table: _Entry, missing: list[str]) -> Finding:
    name = subnet["SubnetId"]
    if any(map(_leads_out, table.get("Routes", ()))):
        return ok(f"{name} has a default route")
    if not missing:
        return ok(f"{name} has the endpoints that it needs")
    return wrong(
        f"{name} in {subnet['VpcId']} reaches no {', '.join(missing)}",
        "Make a gateway endpoint for s3 and interface endpoints for the others (aws ec2 "
        f"create-vpc-endpoint), or a default route in {table['RouteTableId']}",
    )


def _leads_out(route: _Entry) -> bool:
    """Machines have no public addresses, so that an internet gateway leads nowhere."""
    return (
        route.get("DestinationCidrBlock") == "0.0.0.0/0"
        and route.get("State") != "blackhole"
        and not route.get("GatewayId", "").startswith("igw-")
    )


def _serves(endpoint: _Entry, vpc: str, table: _Entry) -> bool:
    if endpoint["VpcId"] != vpc:
        return False
    if endpoint.get("VpcEndpointType", "Gateway") == "Gateway":
        return table["RouteTableId"] in endpoint.get("RouteTableIds", ())
    return bool(endpoint.get("PrivateDnsEnabled"))


def _table_of(subnet: _Entry, tables: list[_Entry]) -> _Entry:
    """Return the subnet's own route table, or the main one of its VPC."""
    main: _Entry = {"RouteTableId": "the main route table"}
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet["SubnetId"]:
                return table
            if association.get("Main") and table["VpcId"] == subnet["VpcId"]:
                main = table
    return main


def _all(ec2: Any, operation: str, field: str, filters: list[dict[str, Any]]) -> list[_Entry]:
    pages = ec2.get_paginator(operation).paginate(Filters=filters)
    return [entry for page in pages for entry in page[field]]
