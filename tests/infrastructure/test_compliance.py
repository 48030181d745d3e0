"""docs/compliance.md: the findings of cdk-nag's packs that remain, by default and with settings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from cdk_nag import HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks, PCIDSS321Checks

from cdk_app.context import CDK_JSON, context_of, parse_settings
from cdk_app.tunedrop import Tunedrop
from tests.support.synthesis import ROOT

PACKS = (HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks, PCIDSS321Checks)
ALL_SETTINGS = {
    "kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "access_logs_bucket": "logs-of-all",
    "network": {
        "subnets": ["subnet-12345678"],
        "security_groups": ["sg-12345678"],
        "lambdas": True,
    },
}


@pytest.mark.parametrize(("settings", "tables"), [({}, 2), (ALL_SETTINGS, 1)])
def test_the_page_has_the_findings_of_the_packs(
    settings: dict[str, Any], tables: int, tmp_path: Path
) -> None:
    context = {**context_of(CDK_JSON), "aws:cdk:bundling-stacks": []}
    app = App(context=context, outdir=str(tmp_path))
    Tunedrop(Stack(app, "Tunedrop"), "Default", settings=parse_settings(settings))
    Validations.of(app).add_plugins(*(pack(app) for pack in PACKS))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text())
    rules = {
        violation["ruleName"].rpartition("-")[2]
        for pack in report["pluginReports"]
        for violation in pack["violations"]
    }
    page = (ROOT / "docs/compliance.md").read_text().split("| cdk-nag |")
    assert rules == set(re.findall(r"^\| `(\w+)`", "".join(page[-tables:]), re.M))
