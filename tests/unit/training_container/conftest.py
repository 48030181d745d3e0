from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, plan
from tests.support.training.models import FAST, Trained, train


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture
def run_job(tmp_path: Path, fork_server: ForkServer) -> Callable[..., Finished]:
    """Run a training job on a table, in a folder of the test."""

    def run(
        content: dict[str, Any], table: str, hyperparameters: dict[str, str] | None = None
    ) -> Finished:
        files: dict[str, bytes | str] = {"train/train.csv": table}
        return fork_server.run(
            Job(tmp_path / "ml", content, hyperparameters or {}, files=files).write()
        )

    return run


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
