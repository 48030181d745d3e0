"""One SageMaker for all tests that don't need one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sagemaker.machine import Machine


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(Path(tmp_path_factory.mktemp("sagemaker")), grace_seconds=1)
    yield machine
    machine.stop()
