"""The model folder: what is in it, that this image's list covers it, and what is not loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from skops.io.exceptions import UntrustedTypesFoundException
from werkzeug.test import Client

from sklearn_trainer.contract import Folders
from sklearn_trainer.errors import ModelError
from sklearn_trainer.serving.model_folder import load_model
from sklearn_trainer.serving.server import prepare
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import column, plan
from tests.support.training.models import FAST, Trained, train


def client(folders: Folders) -> Client:
    return Client(prepare(folders, "127.0.0.1", {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})[1])


def invoke(folders: Folders, body: Any, content_type: str = "application/json") -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    answer = client(folders).post("/invocations", data=data, content_type=content_type)
    assert answer.status_code == 200, answer.get_data()
    return answer.get_json() if answer.is_json else answer.get_data(as_text=True)


@pytest.fixture
def copy(fruit_model: Trained, tmp_path: Path) -> Folders:
    """Return a copy of the model, for a test to damage."""
    shutil.copytree(fruit_model.folders.model, tmp_path / "ml" / "model")
    return Folders(tmp_path / "ml")


def test_the_metadata_says_what_the_model_is_made_of_and_how_to_feed_it(
    fruit_model: Trained,
) -> None:
    folders, dataset = fruit_model.folders, fruit_model.dataset
    metadata = json.loads((folders.model / "metadata.json").read_text())
    confirm = json.loads((folders.output / "confirm.json").read_text())
    scores = {contender["name"]: contender["scores"] for contender in confirm["contenders"]}
    expected = {
        "task": "classification",
        "target": "kind",
        "classes": list(fruit.CLASSES),
        "columns": [
            {"name": name, "dtype": str(kind)} for name, kind in dataset.train.X.dtypes.items()
        ],
        "scores": scores[confirm["selected"]],
        "verdict": confirm["verdict"],
        "seed": fruit_model.job.read_plan().seed,
    }
    assert {name: metadata[name] for name in expected} == expected
    required = {"run_id", "dataset", "estimator", "hyperparameters", "metric", "test_score"}
    assert required <= metadata.keys()
    assert metadata["versions"]["scikit-learn"] == sklearn.__version__
    assert metadata["input"]["columns"][0] == "weight"
    assert [feature["name"] for feature in metadata["schema"]["features"]] == [
        feature.name for feature in dataset.schema.features
    ]


@pytest.fixture
def forged(copy: Folders) -> Folders:
    """Return a model that would call a function of the standard library, and trusts itself."""
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    model.extra_ = FunctionTransformer(func=shutil.rmtree)
    skops.io.dump(model, copy.model / "model.skops")
    metadata = json.loads((copy.model / "metadata.json").read_text())
    metadata |= {"trusted_types": ["shutil.rmtree"], "versions": {"scikit-learn": "1.0"}}
    (copy.model / "metadata.json").write_text(json.dumps(metadata))
    return copy


def test_only_the_listed_types_are_served_whatever_the_metadata_says(forged: Folders) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(forged)
    assert "does not list as safe to load" in str(caught.value)
    assert "shutil.rmtree" in str(caught.value)
    assert "scikit-learn 1.0, here " in str(caught.value)


def run_readme(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (folder / "README.md").read_text()
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    monkeypatch.chdir(folder)
    exec(code, {})  # noqa: S102 - our own documentation


def test_the_snippet_of_the_readme_predicts_the_same(
    fruit_model: Trained, copy: Folders, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    fruit_model.dataset.train.X.to_csv(copy.model / "new.csv", index=False)
    with np.printoptions(threshold=10_000):
        run_readme(copy.model, monkeypatch)
    assert capsys.readouterr().out.split("'")[1::2] == fruit_model.predictions


def test_the_snippet_of_the_readme_loads_no_forged_model(
    forged: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UntrustedTypesFoundException, match=r"shutil\.rmtree"):
        run_readme(forged.model, monkeypatch)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x80\x04\x95pickle", b"{}"])
def test_a_broken_model_file_is_rejected_and_never_unpickled(content: bytes, copy: Folders) -> None:
    (copy.model / "model.skops").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read by this image"):
        load_model(copy)


@pytest.mark.parametrize("text", ["{}", "[]", '{"schema": {}, "input": {}}'])
def test_metadata_that_describes_no_input_is_rejected(text: str, copy: Folders) -> None:
    (copy.model / "metadata.json").write_text(text)
    with pytest.raises(Exception, match=r"metadata\.json"):
        load_model(copy)


def test_a_regression_on_european_numbers_is_served_with_them_too(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    numbers = [{"x": i % 7 / 2 if i % 9 else None, "y": i % 7 / 4} for i in range(60)]
    rows = [
        {name: "" if x is None else str(x).replace(".", ",") for name, x in row.items()}
        for row in numbers
    ]
    trained = train(
        tmp_path / "ml",
        plan(
            [column("x"), column("y", "numeric", "target")],
            task="regression",
            data={"csv": {"delimiter": ";", "decimal": ","}},
            confirm=FAST,
        ),
        {"train/train.csv": fruit.as_csv(rows, ";")},
        fork_server,
    )
    for delimiter in ";,":
        answer = invoke(trained.folders, fruit.as_csv(rows, delimiter), "text/csv")
        assert [float(line) for line in answer.splitlines()] == trained.predictions
    assert invoke(trained.folders, numbers)["predictions"] == trained.predictions
    answer = client(trained.folders).post(
        "/invocations",
        json=[[1]],
        headers={"X-Amzn-SageMaker-Custom-Attributes": "probabilities=true"},
    )
    assert answer.status_code == 400
    assert answer.get_json()["error"]["message"] == "The model predicts no probabilities."
    enormous = client(trained.folders).post("/invocations", json=[[1e308]])
    assert enormous.status_code in (200, 400)


@pytest.mark.parametrize("unnamed", ["first", "last"])
def test_a_column_without_a_name_in_the_header_may_be_in_a_request_too(
    unnamed: str, tmp_path: Path, fork_server: ForkServer
) -> None:
    rows = [f"{i % 7},{'ab'[i % 7 > 3]}" for i in range(60)]
    named = [column("x"), column("y", "categorical", "target")]
    nameless = [column("", "categorical", "ignored")]
    if unnamed == "first":  # as R writes row names
        columns, rows = nameless + named, [f'"row {i}",{row}' for i, row in enumerate(rows)]
    else:
        columns, rows = named + nameless, [f"{row}," for row in rows]
    file = "\n".join(["x,y", *rows])
    trained = train(
        tmp_path / "ml",
        plan(columns, data={"csv": {"unnamed_column": unnamed}}, confirm=FAST),
        {"train/train.csv": file},
        fork_server,
    )
    plain = "\n".join(["x", *(str(i % 7) for i in range(60))])
    for body in ("\n".join(rows), plain):
        assert invoke(trained.folders, body, "text/csv").split() == trained.predictions


def test_a_model_of_a_parquet_file_is_served_with_json_and_csv(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    count = 80
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2026-01-01", periods=count, freq="7h"),
            "code": [[101, 7, 12_345][index % 3] for index in range(count)],
            "open": [index % 4 < 2 for index in range(count)],
            "word": [["NA", "yes", None, "no"][index % 4] for index in range(count)],
            "y": [index % 3 == 0 for index in range(count)],
        }
    )
    frame.to_parquet(tmp_path / "train.parquet")
    kinds = {"when": "datetime", "open": "boolean", "y": "boolean"}
    columns = [
        column(name, kinds.get(name, "categorical"), "target" if name == "y" else "feature")
        for name in map(str, frame)
    ]
    trained = train(
        tmp_path / "ml",
        plan(columns, file="train.parquet", confirm=FAST),
        {"train/train.parquet": (tmp_path / "train.parquet").read_bytes()},
        fork_server,
    )
    rows = json.loads(frame.to_json(orient="records", date_format="iso"))
    assert invoke(trained.folders, rows)["predictions"] == trained.predictions
    are_words = (frame["word"] != "NA").tolist()  # which is missing in a CSV file
    text = invoke(trained.folders, frame[are_words].to_csv(index=False), "text/csv")
    expected = [str(label) for label in np.array(trained.predictions)[are_words]]
    assert text.split() == [label.lower() for label in expected]
