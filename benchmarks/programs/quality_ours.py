"""Drops a table on a local AWS, and prints the loss of the selected model on the rows kept aside.

`quality_ours.py WORKSPACE FOLDER TARGET METRIC JOBS ENSEMBLE`; FOLDER has train.csv and test.csv,
and gets seconds.txt for the peers.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error

from benchmarks.programs.drop_to_report import drop_twice, read
from local_aws.session import running_stack
from local_aws.workspace import Workspace
from sklearn_trainer.contract import Folders
from sklearn_trainer.serving.model_folder import load_model
from sklearn_trainer.serving.predictor import CSV, Options, Predictor


def main() -> None:
    """Run one table."""
    workspace, folder = (Path(argument) for argument in sys.argv[1:3])
    target, metric, jobs, ensemble = sys.argv[3:]
    settings = (
        f"target: {json.dumps(target)}\nmetric: {metric}\ntraining_jobs: {jobs}\n"
        f"test_fraction: 0\nensemble: {ensemble}\nseed: 1\n"
    )
    with running_stack(Workspace(workspace), print) as stack:
        rows = (folder / "train.csv").read_bytes()
        run, seconds = drop_twice(*stack, rows, settings.encode())
        bucket, _, key = read(*stack, f"{run}results.json")["model"][5:].partition("/")
        body = stack[0].s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        archive.extractall(folder / "model", filter="data")
    if ensemble == "auto":
        (folder / "seconds.txt").write_text(f"{seconds:.1f}")
    print(json.dumps({"seconds": seconds, "loss": _compute_loss(folder, target)}))


def _compute_loss(folder: Path, target: str) -> float:
    """Return the loss of the model on test.csv, called as its endpoint is."""
    test = pd.read_csv(folder / "test.csv", keep_default_na=False, dtype=str)
    actual = test.pop(target)
    model = load_model(Folders(folder))
    options = Options(CSV, CSV, header="present", probabilities=model.classes is not None)
    answer = Predictor(model).answer(test.to_csv(index=False).encode(), options)
    predicted = pd.read_csv(io.BytesIO(answer), header=None)
    if model.classes is None:
        return float(root_mean_squared_error(actual.astype(float), predicted[0]))
    shares = predicted.iloc[:, 1:].to_numpy(dtype=float)
    return float(log_loss(actual, shares / shares.sum(1, keepdims=True), labels=model.classes))


if __name__ == "__main__":
    main()
