"""The template as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.synthesis import ROOT, Template, text


def test_the_outputs_are_what_people_and_the_local_aws_look_for(template: Template) -> None:
    outputs = {name: text(o["Value"]) for name, o in template.body["Outputs"].items()}
    (bucket,) = template.of_type("AWS::S3::Bucket")
    (topic,) = template.of_type("AWS::SNS::Topic")

    assert set(outputs) == {
        "Bucket", "StateMachine", "Topic", "ServingRole", "DropCommand",
    }  # fmt: skip
    assert outputs["Bucket"] == f"<{bucket}>"
    assert outputs["Topic"] == f"<{topic}>"
    assert outputs["StateMachine"].startswith("<RunsStateMachine")
    assert outputs["ServingRole"].startswith("<ServingRole")


def test_the_reports_code_to_deploy_finds_the_serving_role_by_names_of_this_stack(
    template: Template,
) -> None:
    code = (ROOT / "lambda/tunedrop/report/model_code.py").read_text()
    (suffix,) = re.findall(r'RUNS_SUFFIX = "(.*)"', code)
    (output,) = re.findall(r'ROLE_OUTPUT = "(.*)"', code)
    assert template.state_machine(f"Tunedrop{suffix}")
    assert output in template.body["Outputs"]


def test_the_drop_command_drops_a_file_that_is_in_the_checkout(template: Template) -> None:
    command = text(template.body["Outputs"]["DropCommand"]["Value"]).split()

    assert command[:3] == ["aws", "s3", "cp"]
    assert (ROOT / command[3]).is_file()
    assert command[4].startswith("s3://<DataBucket")
    assert command[4].endswith("/datasets/penguins/")


def test_a_laptops_template_differs_by_its_settings_only(
    template: Template, laptop_template: Template
) -> None:
    differing = set(differences(template.body, laptop_template.body))
    # Changed functions have other versions, under other logical ids.
    versions = {path for path in differing if "FunctionCurrentVersion" in path}
    functions = {path for path in differing if path.startswith("Resources.Functions")} - versions
    definition = {path for path in differing if "Properties.DefinitionString" in path}
    arrivals = {path for path in differing if path.startswith("Resources.ArrivalsQueue")}

    assert differing == functions | versions | definition | arrivals
    assert {path.partition(".Properties.")[2] for path in functions} <= {
        "Architectures.0",
        "Runtime",
        "Code.S3Key",
        "Environment.Variables.TUNEDROP_DOOR",
    }
    assert {path.partition(".Properties.")[2] for path in arrivals} == {"DelaySeconds"}
    before, after = (t.state_machine("Tunedrop-run") for t in (template, laptop_template))
    waits = {path.rpartition(".")[2] for path in differences(before, after)}
    assert waits == {"FunctionName", "HeartbeatSeconds", "TimeoutSeconds"}


def test_nothing_in_the_template_names_the_machine_that_wrote_it(template: Template) -> None:
    body = json.dumps(template.body)

    assert str(ROOT) not in body
    assert str(Path.home()) not in body.replace('"/', "")


def test_the_stack_is_for_any_account_and_region(template: Template) -> None:
    manifest = json.loads(template.path.with_name("manifest.json").read_text())

    environment = manifest["artifacts"]["Tunedrop"]["environment"]
    assert environment == "aws://unknown-account/unknown-region"
    assert "AWS::CDK::Metadata" not in {r["Type"] for r in template.body["Resources"].values()}


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Return the paths at which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{path}.{index}")
    elif one != other:
        yield path
