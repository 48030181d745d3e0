"""Subnets of the deployment's own: what their machines call has to have an endpoint or a route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tunedrop.cli.doctor.deployed import Deployed
from tunedrop.cli.doctor.findings import Finding, ok, wrong

# What the Lambdas call besides S3.
LAMBDA_SERVICES = ("sagemaker.api", "ecr.api", "states", "sqs", "sns")
# Machines have no public addresses, so that an internet gateway leads nowhere.
_LEADS_OUT = (
    "NatGatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "CarrierGatewayId",
)

Entries = Sequence[Mapping[str, Any]]


def reachable(deployed: Deployed) -> Iterator[Finding]:
    """Check S3 from the jobs' subnets, and all services from the Lambdas' ones."""
    of_jobs = deployed.jobs.network.subnets
    of_lambdas = deployed.configuration("StartJob").get("VpcConfig", {}).get("SubnetIds", [])
    if not of_jobs and not of_lambdas:
        yield ok("no subnets of yours")
        return
    ec2 = deployed.client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=sorted({*of_jobs, *of_lambdas}))["Subnets"]
    of_vpcs = [{"Name": "vpc-id", "Values": sorted({subnet["VpcId"] for subnet in subnets})}]
    tables = _all(ec2, "describe_route_tables", "RouteTables", of_vpcs)
    endpoints = _all(ec2, "describe_vpc_endpoints", "VpcEndpoints", of_vpcs)
    for subnet in subnets:
        services = ("s3", *(LAMBDA_SERVICES if subnet["SubnetId"] in of_lambdas else ()))
        yield judge(subnet, tables, endpoints, services, deployed.stack.region)


def judge(
    subnet: Mapping[str, Any],
    tables: Entries,
    endpoints: Entries,
    services: Iterable[str],
    region: str,
) -> Finding:
    """Judge one subnet by its route table and by the endpoints of its VPC."""
    name, vpc = subnet["SubnetId"], subnet["VpcId"]
    table = _table_of(subnet, tables)
    if any(
        route.get(way)
        for route in table.get("Routes", ())
        for way in _LEADS_OUT
        if _is_default(route)
    ):
        return ok(f"{name} has a default route")
    missing = [
        service
        for service in services
        if not any(
            _serves(endpoint, f"com.amazonaws.{region}.{service}", vpc, table["RouteTableId"])
            for endpoint in endpoints
        )
    ]
    if not missing:
        return ok(f"{name} has the endpoints that it needs")
    return wrong(
        f"{name} in {vpc} reaches no {', '.join(missing)}",
        "Make a gateway endpoint for s3 and interface endpoints for the others (aws ec2 "
        f"create-vpc-endpoint), or a default route in {table['RouteTableId']}",
    )


def _serves(endpoint: Mapping[str, Any], service: str, vpc: str, table: str) -> bool:
    if endpoint["ServiceName"] != service or endpoint["VpcId"] != vpc:
        return False
    if endpoint.get("VpcEndpointType", "Gateway") == "Gateway":
        return table in endpoint.get("RouteTableIds", ())
    return bool(endpoint.get("PrivateDnsEnabled"))


def _table_of(subnet: Mapping[str, Any], tables: Entries) -> Mapping[str, Any]:
    """Return the subnet's own route table, or the main one of its VPC."""
    main: Mapping[str, Any] = {"RouteTableId": "the main route table"}
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet["SubnetId"]:
                return table
            if association.get("Main") and table["VpcId"] == subnet["VpcId"]:
                main = table
    return main


def _is_default(route: Mapping[str, Any]) -> bool:
    return route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") != "blackhole"


def _all(ec2: Any, operation: str, field: str, filters: Entries) -> list[dict[str, Any]]:
    pages = ec2.get_paginator(operation).paginate(Filters=filters)
    return [entry for page in pages for entry in page[field]]
