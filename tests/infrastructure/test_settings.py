from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.context import CDK_JSON, KEY, SettingsError, load_settings, parse_settings
from cdk_app.settings import Settings
from tests.support.synthesis import run_app


def error_of(values: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_settings(values)
    return str(caught.value)


def retuned(**changes: Any) -> dict[str, Any]:
    """Return the settings of one schedule."""
    schedule = {"name": "nightly", "expression": "cron(0 3 * * ? *)", **changes}
    return {"retuning": [schedule]}


def test_cdk_json_spells_out_every_setting_with_its_default() -> None:
    written = json.loads(CDK_JSON.read_text())["context"][KEY]

    assert written == Settings().model_dump(mode="json")
    # Without an override the CDK hands out cdk.json's own object.
    assert load_settings(None) == load_settings(written) == Settings()


def test_an_override_changes_only_the_keys_that_it_names_at_any_depth(tmp_path: Path) -> None:
    limits = {"max_training_jobs": 50, "instance_types": ["ml.c5.xlarge"]}
    loaded = load_settings(json.dumps({"quiet_period_seconds": 5, "limits": limits}))

    assert loaded.quiet_period_seconds == 5
    assert loaded.limits.instance_types == ("ml.c5.xlarge",)  # lists are replaced
    assert loaded.limits.max_training_jobs == 50
    assert loaded.limits.max_runtime_seconds == Settings().limits.max_runtime_seconds
    assert loaded.heartbeat_seconds == Settings().heartbeat_seconds
    cdk_json = tmp_path / "cdk.json"
    cdk_json.write_text('{"context": {"tunedrop": {"limits": {"max_training_jobs": 77}}}}')
    loaded = load_settings('{"limits": {"max_dataset_bytes": 5}}', cdk_json=cdk_json)
    assert (loaded.limits.max_training_jobs, loaded.limits.max_dataset_bytes) == (77, 5)


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        (
            {"quiet_period_secconds": 5},
            "quiet_period_secconds: no such setting. Did you mean quiet_period_seconds?",
        ),
        (
            {"limits": {"max_jobs": 5}},
            "limits.max_jobs: no such setting. Did you mean limits.max_training_jobs?",
        ),
        ({"spot": "yes"}, 'spot: found "yes"; input should be a valid boolean.'),
        (
            {"stack_name": "1st"},
            'stack_name: found "1st"; expected 1 to 40 letters, digits and hyphens',
        ),
        ({"bucket_name": "Big"}, 'bucket_name: found "Big"; expected 3 to 63 lower-case letters'),
        (
            {"training_image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop:1.0"},
            "expected an ECR image by its digest, as a tag can be moved",
        ),
        (
            {"base_image": "python"},
            'base_image: found "python"; expected an image with its registry',
        ),
        (
            {"access_logs_bucket": "logs-of-all", "existing_bucket": "old-one"},
            "about a new bucket, existing_bucket is one to adopt: give one of both.",
        ),
        ({"network": {"lambdas": True}}, "lambdas are to run in subnets, and there are none"),
        ({"kms_key_arn": "alias/mine"}, 'kms_key_arn: found "alias/mine"; expected the ARN of'),
        (
            {"limits": {"instance_types": ["m5.large"]}},
            'limits.instance_types.0: found "m5.large"; expected a SageMaker instance type',
        ),
        (
            {"network": {"subnets": ["subnet-12345678"]}},
            "subnets and security_groups belong together: give both or none.",
        ),
        ({"event_bus": "a bus"}, 'event_bus: found "a bus"; expected the name or the ARN of'),
        (retuned(expression="daily"), 'retuning.0.expression: found "daily"; expected cron('),
        (retuned(datasets=["a/b"]), 'retuning.0.datasets.0: found "a/b"; expected a dataset'),
        *(
            (retuned(name=name), f"retuning.0.name: found {json.dumps(name)}; expected 1 to 40")
            for name in ("", "-a", "a-", "A", "a_b", "a b", "a\n", "ä", "a" * 41)
        ),
        (retuned(when="better"), "retuning.0.when: found \"better\"; input should be 'always'"),
        (
            {"retuning": [*retuned()["retuning"], *retuned(when="worse")["retuning"]]},
            "expected schedules of different names: nightly is there twice",
        ),
        ({"retuning": retuned()["retuning"][0]}, "retuning: found {"),
        ({"start_on": []}, "start_on: found []; tuple should have at least 1 item"),
        ({"start_on": ["drops"]}, "start_on.0: found \"drops\"; input should be 'drop'"),
        ({"notification_email": "me"}, 'notification_email: found "me"; expected an e-mail'),
        ({"tags": {"aws:x": "1"}}, 'tags.aws:x: found "aws:x"; expected a tag that is not aws:'),
        (
            {"prices_usd_per_hour": {"ml.m5.large": 0}},
            "prices_usd_per_hour.ml.m5.large: found 0; input should be greater than 0.",
        ),
        (
            {"heartbeat_seconds": 60},
            "heartbeat_seconds (60) could fill the history of an execution: with 10 waits at once "
            "(limits.max_parallel_training_jobs) and a run_timeout_seconds of 604800 it must be "
            "at least 1512",
        ),
    ],
)
def test_an_error_names_the_setting_and_the_allowed_values(
    values: dict[str, Any], finding: str
) -> None:
    assert finding in error_of(values)


def test_a_graviton_instance_type_is_rejected_for_the_amd64_image() -> None:
    for name in ("ml.m6g.xlarge", "ml.m7gd.large", "ml.c6gn.2xlarge", "ml.im4gn.large"):
        message = error_of({"limits": {"instance_types": [name]}})
        assert f'limits.instance_types.0: found "{name}"; expected a type with an x86' in message
    x86_types = ("ml.g5.xlarge", "ml.g4dn.xlarge", "ml.gr6.4xlarge", "ml.m7i.large")
    limits = {"instance_types": list(x86_types)}
    assert parse_settings({"limits": limits}).limits.instance_types == x86_types


def test_the_heartbeat_that_is_asked_for_instead_is_accepted() -> None:
    """An execution's history has 25,000 events; a heartbeat of a wait about five of them."""
    assert parse_settings({"heartbeat_seconds": 1512}).heartbeat_seconds == 1512
    assert "must be at least 1512" in error_of({"heartbeat_seconds": 1511})
    one_wait = {"heartbeat_seconds": 152, "limits": {"max_parallel_training_jobs": 1}}
    assert parse_settings(one_wait).heartbeat_seconds == 152


@pytest.mark.parametrize("override", ["", "{", "[1]", "null", "spot"])
def test_an_override_that_is_not_an_object_is_reported(override: str) -> None:
    with pytest.raises(SettingsError, match="-c tunedrop"):
        load_settings(override)


def test_an_unreadable_cdk_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{")

    with pytest.raises(SettingsError, match=r"cdk\.json cannot be read"):
        load_settings(None, cdk_json=tmp_path / "cdk.json")


def test_the_app_reports_wrong_settings_without_a_traceback(tmp_path: Path) -> None:
    result = run_app(tmp_path, {"stack_nam": "Mine"})

    assert result.returncode == 1
    assert "stack_nam: no such setting. Did you mean stack_name?" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("override", "variable"),
    [
        ({"tags": {f"cost-centre-{n:02}": "x" * 90 for n in range(40)}}, "TUNEDROP_TAGS"),
        ({"prices_usd_per_hour": {f"ml.m5.{n}x": 1 for n in range(250)}}, "TUNEDROP_LIMITS"),
    ],
)
def test_settings_that_exceed_lambdas_variables_stop_the_synthesis(
    override: dict[str, Any], variable: str, tmp_path: Path
) -> None:
    result = run_app(tmp_path, override)

    assert result.returncode == 1
    assert f"Lambda allows 4,096. Shorten the settings in its longest one, {variable}: {{" in (
        result.stderr
    )
