from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.training.forks import ForkServer


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Prevent threads from waiting for each other on a busy machine."""
    import sklearn.ensemble  # noqa: F401 - loads the libraries that the limit is for
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
