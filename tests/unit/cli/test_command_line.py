from __future__ import annotations

import pytest
from botocore.exceptions import NoCredentialsError

from tests.support.deployment import Deployment
from tests.support.fakes import client_error
from tunedrop.cli.main import main


@pytest.mark.parametrize(
    "line", ["", "stop", "stop iris --all", "runs --limit 0", "drop iris --keep --replace"]
)
def test_a_wrong_command_line_is_status_2(line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NoCredentialsError(), "The call to AWS failed: Unable to locate credentials"),
        (
            client_error("AccessDenied", 403, "not authorized to perform: s3:ListBucket"),
            "not authorized to perform: s3:ListBucket. Ask the operator of this deployment",
        ),
    ],
)
def test_an_error_of_aws_is_a_sentence_and_status_1(
    deployment: Deployment, error: Exception, message: str
) -> None:
    deployment.cloudformation.fail_next("DescribeStacks", error)
    deployment.run("runs", status=1)
    assert message in deployment.err
    assert "Traceback" not in deployment.err


def test_a_stack_that_is_missing_or_not_tunedrops_is_an_error(deployment: Deployment) -> None:
    deployment.run("runs", "--stack", "Nope", status=1)
    assert "There is no stack 'Nope' in the region eu-west-1" in deployment.err
    deployment.add_stack("Website", "ROLLBACK_COMPLETE", Url="https://example.com")
    deployment.run("runs", "--stack", "Website", status=1)
    assert "is ROLLBACK_COMPLETE and has no output Bucket" in deployment.err
