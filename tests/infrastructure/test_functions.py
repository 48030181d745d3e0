"""The Lambdas: what the deployment tells them is what they read (docs/interfaces.md)."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import pytest

from cdk_app.settings import Settings
from tests.support.synthesis import Template, text
from tunedrop import environment

READERS: dict[str, Any] = {
    "Admit": environment.AdmitEnvironment,
    "PlanRun": environment.PlanRunEnvironment,
    "StartJob": environment.StartJobEnvironment,
    "AwaitJob": environment.BucketEnvironment,
    "ResumeRun": environment.BucketEnvironment,
    "WriteReport": environment.BucketEnvironment,
    "RecordFailure": environment.BucketEnvironment,
    "StopJobs": environment.StopJobsEnvironment,
}
NAMES = tuple(READERS)


class Recorder(dict[str, str]):
    """Variables that remember who was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_these_are_the_lambdas(template: Template) -> None:
    assert set(template.lambdas) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_lambda_reads_all_that_the_deployment_tells_it(template: Template, name: str) -> None:
    told = Recorder(template.variables_of(name))

    READERS[name].from_environ(told)

    assert told.asked == {key for key in told if key.startswith("TUNEDROP_")}


def test_the_settings_arrive_as_the_lambdas_read_them(template: Template) -> None:
    planning = environment.PlanRunEnvironment.from_environ(template.variables_of("PlanRun"))
    starting = environment.StartJobEnvironment.from_environ(template.variables_of("StartJob"))
    settings = Settings()

    assert planning.limits.max_training_jobs == settings.limits.max_training_jobs
    assert planning.limits.instance_types == settings.limits.instance_types
    assert planning.limits.max_cost_usd == settings.limits.max_cost_usd == 25
    assert planning.copy_limit_bytes == settings.copy_limit_bytes
    assert planning.spot is False
    assert planning.job_prefix == "097720d0"
    assert json.loads(template.variables_of("Admit")["TUNEDROP_DOOR"]) == {
        "settle_seconds": 60,
        "max_concurrent_runs": 10,
        "max_runs_per_dataset_per_day": 24,
        "manifest": None,
    }
    assert not {"max_concurrent_runs", "max_runs_per_dataset_per_day"} & set(
        json.loads(template.variables_of("PlanRun")["TUNEDROP_LIMITS"])
    )
    assert starting.network.isolation is True
    assert starting.kms_key_arn == ""
    assert starting.training_role_arn.startswith("<TrainingRole")


def handler_of(template: Template, name: str) -> str:
    function = template.lambdas[name]
    return str(function["ImageConfig"]["Command"][0] if name == "PlanRun" else function["Handler"])


@pytest.mark.parametrize("name", NAMES)
def test_a_lambda_runs_its_own_handler(template: Template, name: str) -> None:
    handler = handler_of(template, name)
    module, _, function = handler.rpartition(".")

    assert module.rpartition(".")[2].replace("_", "") == name.lower()
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("name", NAMES)
def test_a_lambda_is_traced_logged_for_a_while_and_built_for_its_runtime(
    template: Template, name: str
) -> None:
    function = template.lambdas[name]
    assert template.one("AWS::Logs::LogGroup", LogGroupName=f"/aws/lambda/Tunedrop-{name}")

    assert function["TracingConfig"] == {"Mode": "Active"}
    logging = function["LoggingConfig"]
    assert text(logging["LogGroup"]).startswith(f"<Functions{name}Logs")
    assert (logging["LogFormat"], logging["ApplicationLogLevel"]) == ("JSON", "INFO")
    if name == "PlanRun":
        assert (function["PackageType"], function["Architectures"]) == ("Image", ["x86_64"])
    else:
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_every_log_group_has_a_retention_and_goes_with_the_stack(template: Template) -> None:
    groups = template.of_type("AWS::Logs::LogGroup")

    assert len(groups) == len(NAMES) + 1
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == 90
        assert group["DeletionPolicy"] == "Delete"


def test_lambdas_share_an_asset_with_those_that_need_the_same_libraries(
    template: Template,
) -> None:
    assets = {name: json.dumps(f["Code"]) for name, f in template.lambdas.items()}

    assert len(set(assets.values())) == 4
    others = {a for n, a in assets.items() if n not in ("Admit", "PlanRun", "WriteReport")}
    assert len(others) == 1
    assert not others & {assets["Admit"], assets["PlanRun"], assets["WriteReport"]}


def test_plan_run_is_the_image_that_its_plans_give_the_jobs(template: Template) -> None:
    function = template.lambdas["PlanRun"]
    uri = text(function["Code"]["ImageUri"])

    assert re.search(r"/cdk-hnb659fds-container-assets-\S+:[0-9a-f]{64}$", uri)
    # The one is written with a join, the other with a substitution.
    assert uri.replace("<", "${").replace(">", "}") == text(
        template.variables_of("PlanRun")["TUNEDROP_TRAINING_IMAGE"]
    )
    assert function["ImageConfig"]["WorkingDirectory"] == "/"
    # skrub writes below its home, and in a Lambda only /tmp can be written.
    assert template.variables_of("PlanRun")["HOME"] == "/tmp"  # noqa: S108 - a Lambda's own
    assert function["MemorySize"] <= 3008  # what a new account may have


@pytest.mark.parametrize("name", NAMES)
def test_a_lambda_that_fails_or_is_throttled_raises_an_alarm(template: Template, name: str) -> None:
    alarms = {
        alarm["MetricName"]: alarm
        for alarm in template.named("AWS::CloudWatch::Alarm", Namespace="AWS/Lambda").values()
        if text(alarm["Dimensions"][0]["Value"]).startswith(f"<Functions{name}Function")
    }
    (topic,) = template.of_type("AWS::SNS::Topic")

    # PlanRun's refusals and StartJob's waits for quotas are errors by design.
    by_design = name in ("PlanRun", "StartJob")
    assert set(alarms) == ({"Throttles"} if by_design else {"Throttles", "Errors"})
    for alarm in alarms.values():
        assert (alarm["Threshold"], alarm["AlarmActions"]) == (1, [{"Ref": topic}])
        assert f"the Lambda {name}".lower() in alarm["AlarmDescription"].lower()


CALLED = ("PlanRun", "StartJob", "AwaitJob", "WriteReport", "RecordFailure")


def test_lambdas_of_the_state_machine_are_published_as_versions_that_stay(
    template: Template,
) -> None:
    versions = template.of_type("AWS::Lambda::Version").values()

    published = {text(v["Properties"]["FunctionName"]): v["DeletionPolicy"] for v in versions}
    assert set(published.values()) == {"Retain"}
    assert len(published) == len(CALLED)
    for name, function in zip(sorted(CALLED), sorted(published), strict=True):
        assert function.startswith(f"<Functions{name}Function")
