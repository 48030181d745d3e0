import json

import pytest

from tests.support.environ import ADMISSION_SETTINGS, ENVIRON, LIMITS
from tunedrop.environment import BucketEnvironment, DeploymentError


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
    records: list[type[BucketEnvironment]] = [BucketEnvironment]
    for record in records + BucketEnvironment.__subclasses__():
        record.from_environ(environ)
