"""One table, dropped as CSV, gzip and Parquet part files: the runs are the same."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pandas as pd
import pytest

from local_aws.workspace import REPOSITORY
from tests.support.deployed import Deployment
from tests.support.runs import Runs

# One training job; what is random follows the seed, whatever the run is called.
TUNING = """\
target: species
estimators: {GaussianNB: {ranges: {var_smoothing: [1.0e-9]}}}
strategy: grid
folds: 2
seed: 1
"""
CSV = (REPOSITORY / "examples/penguins/train.csv").read_bytes()
TABLE = pd.read_csv(io.BytesIO(CSV))
HALF = len(TABLE) // 2
FILES = {
    "csv": {"train.csv": CSV},
    "tsv": {"train.tsv": CSV.replace(b",", b"\t")},
    "csv.gz": {"train.csv.gz": gzip.compress(CSV)},
    "parquet": {"train.parquet": TABLE.to_parquet()},
    "parts": {
        "train/part-0.parquet": TABLE[:HALF].to_parquet(),
        "train/part-1.parquet": TABLE[HALF:].to_parquet(),
    },
}


@pytest.fixture(scope="module")
def dropped(deployment: Deployment) -> Deployment:
    """Drop all formats at once, so that their runs go side by side; return the deployment."""
    for name, files in FILES.items():
        for file, content in {**files, "tuning.yaml": TUNING.encode()}.items():
            key = f"datasets/penguins.{name}/{file}"
            deployment.clients.s3.put_object(Bucket=deployment.bucket, Key=key, Body=content)
    return deployment


def scores_of(deployment: Deployment, name: str) -> dict[str, Any]:
    """Return the run's number of rows, and the scores of its training jobs and of Confirm."""
    results = Runs(deployment, f"penguins.{name}").succeeded()
    return {
        "rows": results["confirm"]["rows"]["train"],
        "objectives": [job["objective"] for job in results["training_jobs"]],
        **{model["name"]: model["scores"] for model in results["confirm"]["contenders"]},
    }


@pytest.mark.parametrize("name", FILES)
def test_a_table_has_the_same_run_in_every_format(dropped: Deployment, name: str) -> None:
    scores = scores_of(dropped, name)

    assert scores["rows"] == len(TABLE)
    assert any(model.startswith("tuned:") and scores[model] for model in scores)
    assert scores == scores_of(dropped, "csv")
