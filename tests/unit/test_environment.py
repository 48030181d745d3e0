import json

import pytest

from tests.support.environ import ADMISSION_SETTINGS, ENVIRON, LIMITS
from tunedrop.environment import (
    AdmitEnvironment,
    BucketEnvironment,
    DeploymentError,
    PlanRunEnvironment,
    ReportSettings,
    StartJobEnvironment,
    StopJobsEnvironment,
)


def test_every_lambda_reads_what_it_needs() -> None:
    plan_run = PlanRunEnvironment.from_environ(ENVIRON)
    assert plan_run.limits.instance_types == ("ml.m5.large", "ml.m5.xlarge")
    assert plan_run.limits.max_cost_usd is None
    assert plan_run.spot is False
    assert plan_run.report == ReportSettings(explanation_time_ratio=0.5, show_worst_rows=True)
    start_job = StartJobEnvironment.from_environ(ENVIRON)
    assert start_job.network.isolation is True
    assert start_job.kms_key_arn == ""
    assert start_job.tags == {"team": "data"}
    assert start_job.quota_wait_seconds == 86400
    assert StopJobsEnvironment.from_environ(ENVIRON).job_prefix == "0a1b2c3d"
    admit = AdmitEnvironment.from_environ(ENVIRON)
    assert admit.admission.max_concurrent_runs == 10
    assert admit.admission.marker_file is None
    assert BucketEnvironment.from_environ(ENVIRON).bucket == "bucket"


@pytest.mark.parametrize("name", [n for n in ENVIRON if n != "TUNEDROP_KMS_KEY_ARN"])
def test_a_missing_variable_is_named(name: str) -> None:
    environ = {k: v for k, v in ENVIRON.items() if k != name}
    with pytest.raises(DeploymentError, match=name):
        _read_all(environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TUNEDROP_LIMITS", "{"),
        ("TUNEDROP_LIMITS", json.dumps({**LIMITS, "instance_types": []})),
        ("TUNEDROP_LIMITS", json.dumps({**LIMITS, "max_training_jobs": "many"})),
        ("TUNEDROP_NETWORK", "{}"),
        ("TUNEDROP_ADMISSION", json.dumps({**ADMISSION_SETTINGS, "max_concurrent_runs": 0})),
        ("TUNEDROP_SPOT", "True"),
        ("TUNEDROP_REPORT", '{"explanation_time_ratio": -1}'),
        ("TUNEDROP_QUOTA_WAIT_SECONDS", "a day"),
    ],
)
def test_an_unreadable_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(DeploymentError, match=name):
        _read_all({**ENVIRON, name: value})


def _read_all(environ: dict[str, str]) -> None:
    for record in (
        AdmitEnvironment,
        BucketEnvironment,
        PlanRunEnvironment,
        StartJobEnvironment,
        StopJobsEnvironment,
    ):
        record.from_environ(environ)
