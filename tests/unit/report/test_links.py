"""Links into the console: each partition's host, names quoted."""

from __future__ import annotations

import re

import pytest

from tests.support.report.synthetic_plan import HOSTILE
from tunedrop.report.links import Console


def addresses(console: Console, name: str) -> list[str]:
    return [
        console.tuning_job(name),
        console.training_job(name),
        console.log(name),
        console.execution(f"arn:aws:states:eu-west-1:123456789012:execution:Tunedrop-run:{name}"),
        console.folder(f"s3://bucket/{name}"),
    ]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("ap-southeast-2", "ap-southeast-2.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_own_console(region: str, host: str) -> None:
    for address in addresses(Console(region), "td-1"):
        assert address.startswith(f"https://{host}/")
        assert f"region={region}" in address


def test_a_log_is_found_by_the_job_that_its_streams_start_with() -> None:
    assert Console("eu-west-1").log("td-1") == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FTrainingJobs"
        "$3FlogStreamNameFilter$3Dtd-1$252F"
    )


@pytest.mark.parametrize("name", ["", "a/b?c#d&e=f", "two words\n", "\"'<>\u2028é", "%24$"])
def test_any_name_stays_inside_its_link(name: str) -> None:
    for address in addresses(Console("eu-west-1"), name + HOSTILE):
        assert re.fullmatch(r"https://eu-west-1\.console\.aws\.amazon\.com/[^\s\"'<>]*", address)
