"""The Lambdas: they read all variables that the deployment sets (docs/interfaces.md)."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from tests.support.synthesis import Template, text
from tunedrop import environment

READERS: dict[str, Any] = {
    "Admit": environment.AdmitEnvironment,
    "PlanRun": environment.PlanRunEnvironment,
    "StartJob": environment.StartJobEnvironment,
    "AwaitJob": environment.BucketEnvironment,
    "ResumeRun": environment.BucketEnvironment,
    "WriteReport": environment.WriteReportEnvironment,
    "RecordFailure": environment.RecordFailureEnvironment,
    "StopJobs": environment.StopJobsEnvironment,
    "Predict": environment.PredictEnvironment,
}
NAMES = tuple(READERS)


class Recorder(dict[str, str]):
    """Variables that record which keys are read."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.keys_read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.keys_read.add(key)
        return super().get(key, default)


def test_only_admit_which_sends_to_its_own_queue_may_call_itself(template: Template) -> None:
    loops = {name: function["RecursiveLoop"] for name, function in template.lambdas.items()}
    assert loops == {name: "Allow" if name == "Admit" else "Terminate" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_lambda_reads_all_its_variables(template: Template, name: str) -> None:
    variables = Recorder(template.variables_of(name))

    READERS[name].from_environ(variables)

    assert variables.keys_read == {key for key in variables if key.startswith("TUNEDROP_")}


@pytest.mark.parametrize("name", NAMES)
def test_a_lambda_runs_its_own_handler_and_is_traced_and_logged(
    template: Template, name: str
) -> None:
    function = template.lambdas[name]
    if name in ("PlanRun", "Predict"):
        handler = function["ImageConfig"]["Command"][0]
        assert (function["PackageType"], function["Architectures"]) == ("Image", ["x86_64"])
    else:
        handler = function["Handler"]
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    module, _, attribute = handler.rpartition(".")

    assert module.rpartition(".")[2].replace("_", "") == name.lower()
    assert callable(getattr(importlib.import_module(module), attribute))
    assert function["TracingConfig"] == {"Mode": "Active"}
    logging = function["LoggingConfig"]
    assert text(logging["LogGroup"]).startswith(f"<Functions{name}Logs")
    assert (logging["LogFormat"], logging["ApplicationLogLevel"]) == ("JSON", "INFO")
    assert template.one("AWS::Logs::LogGroup", LogGroupName=f"/aws/lambda/Tunedrop-{name}")


def test_every_log_group_has_a_retention_and_goes_with_the_stack(template: Template) -> None:
    groups = template.of_type("AWS::Logs::LogGroup")

    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == 90
        assert group["DeletionPolicy"] == "Delete"


def test_plan_run_is_the_training_image_of_its_plans(template: Template) -> None:
    function = template.lambdas["PlanRun"]
    uri = text(function["Code"]["ImageUri"])

    assert re.search(r"/cdk-hnb659fds-container-assets-\S+:[0-9a-f]{64}$", uri)
    # One is written with a join, the other with a substitution.
    assert uri.replace("<", "${").replace(">", "}") == text(
        template.variables_of("PlanRun")["TUNEDROP_TRAINING_IMAGE"]
    )
    # The limit of a new account, and of a Lambda: docs/decisions/container.md has measurements.
    assert (function["MemorySize"], function["Timeout"]) == (3008, 900)


def test_versions_of_the_state_machines_lambdas_are_retained(template: Template) -> None:
    versions = template.of_type("AWS::Lambda::Version").values()

    functions = sorted(text(v["Properties"]["FunctionName"]) for v in versions)
    names = ("AwaitJob", "PlanRun", "RecordFailure", "StartJob", "WriteReport")
    for name, function in zip(names, functions, strict=True):
        assert function.startswith(f"<Functions{name}Function")
    assert {version["DeletionPolicy"] for version in versions} == {"Retain"}
