from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.training.forks import ForkServer


@pytest.fixture(scope="session")
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()
