"""The template as a whole."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.synthesis import ROOT, Template, text


def test_the_outputs_are_those_that_users_and_the_local_aws_need(template: Template) -> None:
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


def test_the_stack_is_for_any_account_and_region(template: Template) -> None:
    manifest = json.loads(template.path.with_name("manifest.json").read_text())

    environment = manifest["artifacts"]["Tunedrop"]["environment"]
    assert environment == "aws://unknown-account/unknown-region"
    assert "AWS::CDK::Metadata" not in {r["Type"] for r in template.body["Resources"].values()}


def test_a_laptops_template_differs_by_its_settings_only(
    template: Template, laptop_template: Template
) -> None:
    assert _without_settings(template) == _without_settings(laptop_template)
    before, after = (
        json.dumps(_without_waits(t.state_machine("Tunedrop-run")))
        for t in (template, laptop_template)
    )
    assert before == after


def _without_settings(template: Template) -> Any:
    resources = {}
    for name, resource in template.body["Resources"].items():
        properties = dict(resource["Properties"])
        if resource["Type"] == "AWS::Lambda::Function":
            for setting in ("Architectures", "Runtime", "Code", "Environment"):
                properties.pop(setting, None)
        for setting in ("DelaySeconds", "DefinitionString"):
            properties.pop(setting, None)
        # Changed functions have other versions, under other logical ids.
        if resource["Type"] != "AWS::Lambda::Version":
            resources[name] = {**resource, "Properties": properties}
    return {**template.body, "Resources": resources}


def _without_waits(value: Any) -> Any:
    if isinstance(value, dict):
        waits = ("FunctionName", "HeartbeatSeconds", "TimeoutSeconds")
        return {key: _without_waits(item) for key, item in value.items() if key not in waits}
    return [_without_waits(item) for item in value] if isinstance(value, list) else value
