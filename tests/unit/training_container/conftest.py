from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import plan
from tests.support.training.models import FAST, Trained, train


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fruit_model(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Trained:
    """A logistic regression of the kinds of 90 fruits."""
    rows = [{name: row[name] for name in row if name != "price"} for row in fruit.rows(90)]
    return train(
        tmp_path_factory.mktemp("fruit") / "ml",
        plan(fruit.columns(), confirm=FAST),
        {"train/train.csv": fruit.as_csv(rows)},
        fork_server,
    )


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Prevent threads from waiting for each other on a busy machine."""
    import sklearn.ensemble  # noqa: F401 - loads the libraries that the limit is for
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
