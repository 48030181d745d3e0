"""Files of rows: what comes back, what is said about the rows, and which files are rejected."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sklearn_trainer.contract import Folders
from sklearn_trainer.errors import ModelError, RequestError
from sklearn_trainer.serving import row_files
from sklearn_trainer.serving.file_prediction import FilePrediction, predict_file
from sklearn_trainer.serving.model_folder import Model, load_model
from sklearn_trainer.serving.predictor import Options, Predictor
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import estimator, plan
from tests.support.training.models import FAST, Trained, train

BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
RIDGE = "sklearn.linear_model.Ridge"
Predict = Callable[..., tuple[list[dict[str, str]], FilePrediction]]


def train_fruit(base: Path, task: str, class_path: str, fork_server: ForkServer) -> Trained:
    target, other = ("kind", "price") if task == "classification" else ("price", "kind")
    rows = [{k: v for k, v in row.items() if k != other} for row in fruit.rows(300)]
    columns = fruit.columns(task)
    assert columns[-1]["name"] == target
    return train(
        base,
        plan(columns, task=task, estimators=[estimator("model", class_path)], confirm=FAST),
        {"train/train.csv": fruit.as_csv(rows)},
        fork_server,
        {"max_iter": "20"},
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Trained:
    base = tmp_path_factory.mktemp("model") / "ml"
    return train_fruit(base, "classification", BOOSTING, fork_server)


@pytest.fixture(scope="module")
def model(trained: Trained) -> Model:
    return load_model(trained.folders)


@pytest.fixture
def predict(model: Model, tmp_path: Path) -> Predict:
    def predict(
        content: str | bytes, name: str = "new.csv", **limits: Any
    ) -> tuple[list[dict[str, str]], FilePrediction]:
        source, answer = tmp_path / name, tmp_path / f"answer-{name}"
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        limits = {"max_bytes": 2**24, "max_seconds": 900, **limits}
        outcome = predict_file(model, source, answer, **limits)
        if name.endswith(".parquet"):
            return pq.read_table(answer).to_pylist(), outcome
        written = answer.read_bytes()
        text = gzip.decompress(written) if name.endswith(".gz") else written
        return list(csv.DictReader(io.StringIO(text.decode()))), outcome

    return predict


def new_rows(count: int = 30, **values: Any) -> list[dict[str, Any]]:
    rows = fruit.rows(count, seed=8)
    return [{k: v for k, v in row.items() if k not in ("kind", "price")} | values for row in rows]


def served(model: Model, rows: list[dict[str, Any]]) -> list[list[str]]:
    answer = Predictor(model).answer(
        fruit.as_csv(rows).encode(), Options("text/csv", "text/csv", probabilities=True)
    )
    return list(csv.reader(io.StringIO(answer.decode())))


ADDED = ["prediction", "probability_apple", "probability_pear", "probability_plum"]


@pytest.mark.parametrize("name", ["new.csv", "new.csv.gz"])
def test_rows_come_back_in_their_order_with_what_serve_predicts(
    predict: Predict, model: Model, name: str
) -> None:
    rows = new_rows(remark='said "so, so"\nand left', comment="ours")
    text = fruit.as_csv(rows).encode()
    answer, outcome = predict(gzip.compress(text) if name.endswith(".gz") else text, name)
    assert [{k: v for k, v in row.items() if k not in ADDED} for row in answer] == [
        {k: str(v) for k, v in row.items()} for row in rows
    ]
    assert [[row[name] for name in ADDED] for row in answer] == served(model, rows)
    assert outcome.rows == len(rows)


def test_text_is_unchanged_to_the_byte(predict: Predict, tmp_path: Path) -> None:
    header = "picked,ripe,orchard,colour,size,weight,remark,note"
    line = '2026-09-01,TRUE,"orchard 1",red, 1.50 ,007,"a ""b""\nc",\u00e9'
    predict(f"\ufeff{header}\r\n{line}\r\n\r\n{line}")
    written = (tmp_path / "answer-new.csv").read_bytes().decode()
    assert written.startswith(f"{header},prediction,")
    assert written.count(f"\n{line},") == 2


def test_parquet_stays_parquet_with_its_types(predict: Predict, model: Model) -> None:
    rows = new_rows()
    table = pa.Table.from_pandas(
        pd.read_csv(io.StringIO(fruit.as_csv(rows)), parse_dates=["picked"])
    )
    answer, _ = predict(_parquet(table), "new.parquet")
    frame = table.to_pylist()
    assert [{k: v for k, v in row.items() if k not in ADDED} for row in answer] == frame
    assert [row["prediction"] for row in answer] == [line[0] for line in served(model, rows)]
    assert all(isinstance(row["probability_pear"], float) for row in answer)


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_rows_without_a_header_are_answered_with_the_training_names(
    predict: Predict, model: Model
) -> None:
    rows = new_rows(5)
    headless = fruit.as_csv(rows).partition("\n")[2]
    answer, _ = predict(headless)
    assert [row["weight"] for row in answer] == [str(row["weight"]) for row in rows]
    assert [row["prediction"] for row in answer] == [line[0] for line in served(model, rows)]


def test_a_name_that_is_taken_gets_a_number(predict: Predict) -> None:
    answer, _ = predict(fruit.as_csv(new_rows(3, prediction="ours")))
    assert answer[0]["prediction"] == "ours"
    assert answer[0]["prediction.1"] in fruit.CLASSES


def test_pieces_of_any_size_give_the_same_answer(
    predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = fruit.as_csv(new_rows(50, weight="heavy"))
    whole, known_of_whole = predict(text)
    monkeypatch.setattr(row_files, "PIECE_ROWS", 7)
    in_pieces, known_of_pieces = predict(text)
    assert in_pieces == whole
    assert known_of_pieces.unusable_values == known_of_whole.unusable_values == {"weight": 50}


def test_values_that_cannot_be_read_count_as_missing(predict: Predict, model: Model) -> None:
    rows = new_rows(10, weight="heavy", size="1e300")
    answer, outcome = predict(fruit.as_csv(rows))
    assert outcome.unusable_values == {"weight": 10, "size": 10}
    missing = [{**row, "weight": "", "size": ""} for row in rows]
    assert [row["prediction"] for row in answer] == [line[0] for line in served(model, missing)]


def test_categories_that_training_never_had_are_counted_and_named(predict: Predict) -> None:
    rows = [*new_rows(6, colour="mauve"), *new_rows(3, colour="taupe"), *new_rows(20)]
    _, outcome = predict(fruit.as_csv(rows))
    unknown = outcome.unknown_categories["colour"]
    assert (unknown.rows, unknown.most_frequent) == (9, ("mauve", "taupe"))


@pytest.mark.parametrize(
    ("column", "value", "bin_name", "training_share"),
    [
        ("size", "5", "or above", 0.1),
        ("colour", "blue", "'blue'", 1 / 3),
        ("weight", "", "missing", 0.1),
        ("picked", "2020-01-01", "below 2026-08", 0.1),
    ],
)
def test_a_shifted_column_is_called_different(
    predict: Predict, column: str, value: str, bin_name: str, training_share: float
) -> None:
    _, outcome = predict(fruit.as_csv(new_rows(200, **{column: value})))
    [difference] = outcome.unlike_training
    assert difference.column == column
    assert bin_name in difference.values
    assert difference.share == 1
    assert difference.training_share == pytest.approx(training_share, abs=0.1)


@pytest.mark.parametrize(("count", "values"), [(400, {}), (99, {"size": "50"})])
def test_rows_of_the_same_population_or_few_are_not_called_different(
    predict: Predict, count: int, values: dict[str, Any]
) -> None:
    assert predict(fruit.as_csv(new_rows(count, **values)))[1].unlike_training == ()


def test_without_permission_no_category_is_kept(
    trained: Trained, tmp_path: Path, fork_server: ForkServer
) -> None:
    rows = [{k: v for k, v in row.items() if k != "price"} for row in fruit.rows(300)]
    content = plan(fruit.columns(), estimators=[estimator("model", BOOSTING)], confirm=FAST)
    content["report"]["show_categories"] = False
    files: dict[str, bytes | str] = {"train/train.csv": fruit.as_csv(rows)}
    secret = train(tmp_path / "ml", content, files, fork_server, {"max_iter": "20"})
    shown, hidden = (
        json.loads((run.folders.model / "metadata.json").read_text()) for run in (trained, secret)
    )
    assert "green" in json.dumps(shown["distributions"])
    assert "green" not in json.dumps([hidden["distributions"], hidden["check_rows"]])


def test_a_regression_gets_one_column_of_numbers(tmp_path: Path, fork_server: ForkServer) -> None:
    trained = train_fruit(tmp_path / "ml", "regression", RIDGE, fork_server)
    source, answer = tmp_path / "new.csv", tmp_path / "answer.csv"
    source.write_text(fruit.as_csv(new_rows(4)))
    predict_file(load_model(trained.folders), source, answer, max_bytes=2**20, max_seconds=60)
    rows = list(csv.DictReader(answer.open()))
    assert all(0 < float(row["prediction"]) < 10 for row in rows)
    assert not any("probability" in name for name in rows[0])


HEADER = "weight,size,colour,orchard,ripe,picked,remark"


@pytest.mark.parametrize(
    ("content", "name", "part"),
    [
        ("", "new.csv", "no rows"),
        (f"{HEADER}\n", "new.csv", "no rows"),
        ("size,colour\n1,red\n", "new.csv", "columns are missing"),
        ("1,2\n3,4\n", "new.csv", "number of values"),
        (f"{HEADER}\n1,2\n", "new.csv", "different number of values"),
        (f'{HEADER}\n1,2,"red', "new.csv", "cannot be read as CSV"),
        (f"{HEADER}\n".encode() + b"1,2,\xff,o,true,,\n", "new.csv", "not UTF-8"),
        (b"no gzip", "new.csv.gz", "cannot be read"),
        (gzip.compress(f"{HEADER}\n1,2,red,o,true,,\n".encode())[:-9], "new.csv.gz", "cannot be"),
        (b"PAR1 broken PAR1", "new.parquet", "cannot be read"),
        (_parquet(pa.table({"size": [1.0]})), "new.parquet", "columns are missing"),
    ],
)
def test_files_that_cannot_be_predicted_are_rejected_in_words(
    predict: Predict, content: str | bytes, name: str, part: str
) -> None:
    with pytest.raises(RequestError, match=part):
        predict(content, name)


@pytest.mark.parametrize("name", ["new.csv.gz", "new.parquet"])
def test_a_file_that_grows_beyond_the_limit_is_rejected_before_it_is_decoded(
    predict: Predict, name: str
) -> None:
    if name.endswith(".gz"):
        content = gzip.compress(f"{HEADER}\n".encode() + b"0,0,red,o,true,,\n" * 10**6)
    else:
        zeros = {name: pa.array([0.0] * 10**6) for name in HEADER.split(",")}
        content = _parquet(pa.table(zeros))
    assert len(content) < 2**20
    with pytest.raises(RequestError, match="larger than what is predicted at once"):
        predict(content, name, max_bytes=2**20)


def test_a_line_without_an_end_is_rejected(predict: Predict) -> None:
    bomb = gzip.compress(b"0" * (row_files.LONGEST_LINE + 10))
    with pytest.raises(RequestError, match="too long to be a row"):
        predict(bomb, "new.csv.gz", max_bytes=2**26)


def test_a_file_that_would_take_too_long_fails_after_its_first_piece(
    predict: Predict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(row_files, "PIECE_ROWS", 10)
    with pytest.raises(RequestError, match="too long to predict") as error:
        predict(fruit.as_csv(new_rows(5000)), max_seconds=1e-3)
    assert "batch transform" in error.value.content["to_do"]
    assert (tmp_path / "answer-new.csv").read_text().count("\n") < 1000


def test_a_model_that_this_image_predicts_differently_is_not_loaded(
    trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.folders.model, tmp_path / "model")
    path = tmp_path / "model" / "metadata.json"
    metadata = json.loads(path.read_text())
    first = metadata["check_rows"]["predictions"][0]
    metadata["check_rows"]["predictions"][0] = first[::-1]
    path.write_text(json.dumps(metadata))
    with pytest.raises(ModelError, match="does not predict") as error:
        load_model(Folders(tmp_path))
    assert "tunedrop run" in error.value.to_do
