from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError, UnauthorizedSSOTokenError

from tests.support.deployment import Deployment
from tests.support.fakes import client_error
from tunedrop.cli.main import main

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "line", ["", "stop", "stop iris --all", "runs --limit 0", "drop iris --keep --replace"]
)
def test_a_wrong_command_line_is_status_2(line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoCredentialsError(), "AWS cannot be used: Unable to locate credentials"),
        (UnauthorizedSSOTokenError(), "run aws sso login"),
        (client_error("ExpiredToken", message="It is expired"), "It is expired"),
        (
            client_error("AccessDenied", 403, "not authorized to perform: s3:ListBucket"),
            "not authorized to perform: s3:ListBucket. Ask the people who run this deployment",
        ),
    ],
)
def test_every_trouble_with_aws_is_a_sentence_and_status_1(
    deployment: Deployment, error: Exception, told: str
) -> None:
    deployment.cloudformation.fail_next("DescribeStacks", error)
    deployment.run("runs", status=1)
    assert told in deployment.err
    assert "Traceback" not in deployment.err


def test_a_stack_that_is_not_there_or_not_ours_is_an_error(
    deployment: Deployment,
) -> None:
    deployment.run("runs", "--stack", "Nope", status=1)
    assert "There is no stack 'Nope' in the region eu-west-1" in deployment.err
    deployment.add_stack("Website", Url="https://example.com")
    deployment.run("runs", "--stack", "Website", status=1)
    assert "has no output Bucket: it is not Tunedrop's" in deployment.err
    deployment.add_stack("Broken", "ROLLBACK_COMPLETE")
    deployment.run("runs", "--stack", "Broken", status=1)
    assert "is ROLLBACK_COMPLETE and cannot be used" in deployment.err
    deployment.add_stack("Busy", "UPDATE_IN_PROGRESS")
    deployment.run("runs", "--stack", "Busy")


def test_the_package_declares_every_library_that_it_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {requirement.partition(">=")[0] for requirement in project["dependencies"]}
    imported = {
        name.partition(".")[0]
        for file in (ROOT / "lambda/tunedrop").rglob("*.py")
        for name in _imports(file)
    }
    at_build_time = {"vl_convert"}  # the wheel has what it makes
    ours = {"tunedrop", "tunedrop_common", "sklearn_trainer"}
    third_party = imported - sys.stdlib_module_names - ours - at_build_time
    brought = {"botocore": "boto3", "jinja2": "altair", "markupsafe": "altair", "yaml": "pyyaml"}
    brought["sklearn"] = "scikit-learn"
    assert {brought.get(name, name) for name in third_party} <= declared


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(_without_type_checking(ast.parse(file.read_bytes()))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _without_type_checking(tree: ast.Module) -> ast.Module:
    tree.body = [
        statement
        for statement in tree.body
        if not (isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test))
    ]
    return tree
