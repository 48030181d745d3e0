"""Drops a split on a local AWS, and prints the loss of the shipped model on the rows kept aside.

`quality_ours.py WORKSPACE FOLDER TARGET SCORER JOBS ENSEMBLE`; FOLDER-ROUND has train.csv and
test.csv, and gets seconds.txt for the peers.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error

from benchmarks.programs.drop_to_report import drop, read
from local_aws.session import running_stack
from local_aws.workspace import Workspace
from sklearn_trainer.contract import Folders
from sklearn_trainer.serving.model_folder import load_model
from sklearn_trainer.serving.predictor import CSV, Options, Predictor


def main() -> None:
    """Run one split."""
    workspace, folder = Path(sys.argv[1]), Path(f"{sys.argv[2]}-{os.environ['ROUND']}")
    target, scorer, jobs, ensemble = sys.argv[3:]
    settings = (
        f"target: {json.dumps(target)}\nmetric: {scorer}\ntraining_jobs: {jobs}\n"
        f"test_fraction: 0\nensemble: {ensemble}\nseed: 1\n"
    )
    rows = (folder / "train.csv").read_bytes()
    with running_stack(Workspace(workspace), lambda line: print(line, flush=True)) as found:
        head = b"".join(rows.splitlines(keepends=True)[:200])
        drop(*found, "warm-up", head, b"estimators: [linear]\ntraining_jobs: 10\n")
        started = time.time()
        run = drop(*found, "measured", rows, settings.encode())
        seconds = time.time() - started
        shipped = read(*found, f"{run}results.json")
        bucket, _, key = shipped["model"].removeprefix("s3://").partition("/")
        body = found[0].s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        archive.extractall(folder / "model", filter="data")
    if ensemble == "auto":
        (folder / "seconds.txt").write_text(f"{seconds:.1f}")
    loss = loss_of(folder, target)
    print(json.dumps({"seconds": seconds, "loss": loss, "shipped": shipped["shipped"]}))


def loss_of(folder: Path, target: str) -> float:
    """Return the loss of the model on test.csv, asked as its endpoint is."""
    test = pd.read_csv(folder / "test.csv", keep_default_na=False, dtype=str)
    actual = test.pop(target)
    model = load_model(Folders(folder))
    probabilities = model.classes is not None
    options = Options(CSV, CSV, header="present", probabilities=probabilities)
    answer = Predictor(model).answer(test.to_csv(index=False).encode(), options)
    predicted = pd.read_csv(io.BytesIO(answer), header=None)
    if not probabilities:
        return float(root_mean_squared_error(actual.astype(float), predicted[0]))
    shares = predicted.iloc[:, 1:].to_numpy(dtype=np.float64)
    return float(log_loss(actual, shares / shares.sum(1, keepdims=True), labels=model.classes))


if __name__ == "__main__":
    main()
