"""The template as a whole."""

from __future__ import annotations

import json
import re

from tests.support.synthesis import ROOT, Template, text


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
