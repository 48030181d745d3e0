"""One synthesis for all tests of the template, and one with the settings of a laptop."""

from __future__ import annotations

import platform

import pytest

from tests.support.synthesis import Template, synthesize

LAPTOP = {
    "quiet_period_seconds": 1,
    "heartbeat_seconds": 30,
    "run_timeout_seconds": 7200,
    "lambda_architecture": "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
    "lambda_python": ".".join(platform.python_version_tuple()[:2]),
}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesize(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def laptop_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesize(tmp_path_factory.mktemp("laptop"), LAPTOP)
