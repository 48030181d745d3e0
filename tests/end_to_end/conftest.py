"""One deployment for the whole session, and the run of one dataset that several tests check."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sklearn.datasets import load_wine

from local_aws.workspace import REPOSITORY
from tests.support.conformance.functions import eventually
from tests.support.deployed import RETUNED, Deployment, deployed
from tests.support.runs import QUICK, Runs, Tuned

# Small, so that the machine which runs the tests has done with it in seconds.
TUNING = """\
target: species
estimators: [linear]
training_jobs: 10
parallel_training_jobs: 2
folds: 3
early_stopping: off
"""
# The event of the dataset comes that often again while its run is under way.
AGAIN = 10


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("local-aws")) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real dataset and a small tuning.yaml."""
    folder = tmp_path_factory.mktemp("datasets") / "penguins"
    folder.mkdir()
    (folder / "train.csv").write_bytes((REPOSITORY / "examples/penguins/train.csv").read_bytes())
    (folder / "tuning.yaml").write_text(TUNING)
    return folder


@pytest.fixture(scope="session")
def wine(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """The first run of a dataset of five files, written by the AWS CLI in any order."""
    table = load_wine(as_frame=True).frame.rename(columns={"target": "kind"})
    table["kind"] = table["kind"].map(lambda number: f"cultivar {number + 1}")
    header, *rows = table.to_csv(index=False).splitlines(keepends=True)
    random.Random(1).shuffle(rows)  # noqa: S311 - any order will do
    folder = tmp_path_factory.mktemp("wine")
    (folder / "tuning.yaml").write_text(QUICK)
    (folder / "test.csv").write_text(header + "".join(rows[138:]))
    for part in range(3):
        lines = rows[part * 46 : part * 46 + 46]
        (folder / f"part-0000{part}.csv").write_text(header + "".join(lines))
    runs = Runs(deployment, RETUNED)
    deployment.aws("s3", "sync", str(folder), f"s3://{deployment.bucket}/datasets/{RETUNED}/")
    [run_id] = eventually(runs.ids, bool, 60)
    event = runs.event(run_id)
    for _ in range(AGAIN):
        deployment.deliver(event)
    results = runs.succeeded()
    return Tuned(runs, run_id, results, header + "".join(rows[:138]))
