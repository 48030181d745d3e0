"""Predicts the rows of a CSV by a logistic regression: `predict_rows.py file|server FILE`."""

import csv
import io
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_trainer.data.distributions import Distributions
from sklearn_trainer.evaluation.promise import Promise
from sklearn_trainer.schema import Schema
from sklearn_trainer.serving.body import Layout, ModelInput
from sklearn_trainer.serving.file_prediction import predict_file
from sklearn_trainer.serving.model_folder import Model
from sklearn_trainer.serving.predictor import Options, Predictor
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.plan import Column

TRAINING_ROWS, REQUEST_BYTES = 5_000, 6 * 10**6

mode, path = sys.argv[1], Path(sys.argv[2])
table = pd.read_csv(path, nrows=TRAINING_ROWS)
y = table.pop("y")
table.columns = table.columns.astype("str")
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(table, y)
features = tuple(Column(name=name, kind="numeric", role="feature") for name in table.columns)
schema = Schema(features=features)
model = Model(
    pipeline=pipeline,
    layout=Layout(ModelInput("csv", (*table.columns, "y"), "y"), schema),
    classes=(0, 1),
    distributions=Distributions.of(table, schema, show_categories=True),
    promise=Promise(metric="accuracy", score=IntervalEstimate(value=None), by="fresh folds"),
)
started = time.perf_counter()
ones = 0
if mode == "file":
    with TemporaryDirectory() as folder:
        answer = Path(folder, "answer.csv")
        predict_file(model, path, answer, max_bytes=10**9, max_seconds=10**6)
        seconds = time.perf_counter() - started
        with answer.open(newline="") as lines:
            ones = sum(row["prediction"] == "1" for row in csv.DictReader(lines))
else:
    predictor = Predictor(model)
    options = Options("text/csv", "text/csv", probabilities=True)
    with path.open("rb") as file:
        header = file.readline()
        while lines := file.readlines(REQUEST_BYTES):
            body = predictor.answer(header + b"".join(lines), options).decode()
            ones += sum(row[0] == "1" for row in csv.reader(io.StringIO(body)))
    seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "checksum": float(ones)}))
