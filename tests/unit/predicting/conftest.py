"""Models in use, and the handler of Predict, for the tests by its events."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest

from sklearn_trainer.evaluation import bootstrap
from tests.support.environ import ENVIRON
from tests.support.predict_world import World
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import estimator, plan
from tests.support.training.models import train
from tunedrop import clients
from tunedrop.predicting import prediction


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """Return the model.tar.gz of a classification and of a regression."""
    fork_server = ForkServer()
    packed = {}
    for task, target, class_path in (
        ("classification", "kind", "sklearn.tree.DecisionTreeClassifier"),
        ("regression", "price", "sklearn.linear_model.Ridge"),
    ):
        other = "price" if target == "kind" else "kind"
        rows = [{k: v for k, v in row.items() if k != other} for row in fruit.rows(150)]
        trained = train(
            tmp_path_factory.mktemp("model") / "ml",
            plan(
                fruit.columns(task),
                task=task,
                estimators=[estimator("model", class_path)],
                metric="" if task == "classification" else "neg_root_mean_squared_error",
                confirm={"folds": 5, "repeats": 2},
            ),
            {"train/train.csv": fruit.as_csv(rows)},
            fork_server,
        )
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as members:
            for path in sorted(trained.folders.model.iterdir()):
                members.add(path, path.name)
        packed[task] = archive.getvalue()
    yield packed
    fork_server.stop()


@pytest.fixture
def world(archives: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(archives)
    monkeypatch.setattr(clients, "s3", lambda: world.s3)
    monkeypatch.setattr(clients, "sqs", lambda: world.queue)
    monkeypatch.setattr(prediction, "now", world.clock)
    monkeypatch.setattr(bootstrap, "RESAMPLES", 100)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return world
