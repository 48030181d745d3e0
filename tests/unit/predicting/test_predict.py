"""The Lambda Predict by its events: one answer for each version of a file, whatever happens."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sklearn_trainer.serving import file_prediction
from tests.support.fakes import client_error
from tests.support.predict_world import AGAIN, ANSWER, DONE, KEY, RECORD, RUN_ID, World
from tests.support.training import fruit
from tunedrop import keys
from tunedrop.errors import UserInputError
from tunedrop.handlers import predict
from tunedrop.predicting import prediction


class Killed(BaseException):
    """The process ended: memory or time ran out."""


def rows(count: int = 20, seed: int = 5, **values: Any) -> str:
    table = fruit.rows(count, seed=seed)
    return fruit.as_csv(
        [{k: v for k, v in row.items() if k not in ("kind", "price")} | values for row in table]
    )


def test_a_file_gets_its_rows_back_and_a_record_that_names_the_model(world: World) -> None:
    record = world.predict(rows())
    answer = world.s3.body(ANSWER).decode().splitlines()
    assert answer[0].endswith(
        "remark,scale,nothing,id,prediction,probability_apple,probability_pear,probability_plum"
    )
    assert len(answer) == 21
    assert (record["status"], record["run_id"], record["rows"]) == ("done", RUN_ID, 20)
    assert record["version_id"] == world.s3.versions[KEY][-1].version_id
    assert record["model"] == f"s3://bucket/models/fruit/{RUN_ID}/model.tar.gz"
    assert record["answer_version_id"] == world.s3.versions[ANSWER][-1].version_id
    assert [call["Key"] for call in world.s3.calls_of("PutObject")][-2:] == [ANSWER, RECORD]


def test_what_differs_from_training_is_said_in_sentences(world: World) -> None:
    record = world.predict(rows(150, size="90", colour="mauve", weight="heavy"))
    notes = " ".join(record["notes"])
    assert record["unusable_values"] == {"weight": 150}
    assert record["unknown_categories"]["colour"] == {"rows": 150, "most_frequent": ["mauve"]}
    assert {"size", "colour", "weight"} <= {c["column"] for c in record["unlike_training"]}
    for part in ("150 values", "'mauve'", "'size'", "100%"):
        assert part in notes


def test_rows_like_the_training_rows_are_called_so(world: World) -> None:
    record = world.predict(rows(150, seed=3))
    assert record["notes"] == ["These rows look like the training rows."]


def test_the_same_version_delivered_twice_is_answered_once(world: World) -> None:
    world.predict(rows())
    before = {key: len(versions) for key, versions in world.s3.versions.items()}
    assert predict.handler(world.event(), None) == DONE
    assert {key: len(versions) for key, versions in world.s3.versions.items()} == before


def test_a_replaced_file_gets_an_answer_for_its_newest_version(world: World) -> None:
    world.predict(rows(20))
    record = world.predict(rows(7))
    assert (record["version_id"], record["rows"]) == (world.s3.versions[KEY][-1].version_id, 7)


def test_a_file_that_is_replaced_while_it_is_predicted_gets_no_old_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.s3.put(KEY, rows(20))
    predict_file = file_prediction.predict_file

    def replace_meanwhile(*arguments: Any, **options: Any) -> Any:
        world.s3.put(KEY, rows(7))
        return predict_file(*arguments, **options)

    monkeypatch.setattr(prediction, "predict_file", replace_meanwhile)
    assert predict.handler(world.event(), None) == DONE
    assert not world.s3.keys("predictions/fruit/new")


def test_a_deleted_file_is_passed_over(world: World) -> None:
    world.s3.put(KEY, rows())
    world.s3.delete_object(Bucket="bucket", Key=KEY)
    assert predict.handler(world.event(), None) == DONE
    assert not world.s3.keys("predictions/")


def test_after_two_attempts_without_an_end_a_file_did_not_finish(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.s3.put(KEY, rows())
    begun = []

    def die(*_: Any, **__: Any) -> None:
        begun.append(1)
        raise Killed

    monkeypatch.setattr(prediction, "predict_file", die)
    for _ in range(2):
        with pytest.raises(Killed):
            predict.handler(world.event(), None)
        assert predict.handler(world.event(), None) == AGAIN  # the first may still be at work
        world.clock.advance(16 * 60)
    assert predict.handler(world.event(), None) == DONE
    record = world.record()
    assert len(begun) == 2
    assert record["status"] == "failed"
    assert "did not finish" in record["error"]["what"]
    assert "batch transform" in record["error"]["to_do"]


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject", "PutObject"])
@pytest.mark.parametrize("call", range(4))
def test_errors_of_aws_cost_no_attempt_and_lose_nothing(
    world: World, operation: str, call: int
) -> None:
    world.s3.put(KEY, rows())
    for _ in range(3):
        failing = client_error("SlowDown", 503)
        world.s3.fail_next(operation, *[None] * call, failing)
        answer = predict.handler(world.event(), None)
        if answer == DONE:
            break
        assert answer == AGAIN
        world.clock.advance(16 * 60)
    world.s3._failures.clear()
    assert predict.handler(world.event(), None) == DONE
    assert world.record()["status"] == "done"


@pytest.mark.parametrize(
    ("key", "content", "part"),
    [
        ("predict/fruit/new.xlsx", "PK", "format is unknown"),
        ("predict/other/new.csv", "a,b\n1,2\n", "no model in use"),
        (KEY, "size,colour\n1,red\n", "columns are missing"),
        ("predict/fruit/new.parquet", "PAR1", "cannot be read"),
        (KEY, "", "no rows"),
    ],
)
def test_a_file_that_cannot_be_predicted_gets_a_record_with_what_to_do(
    world: World, key: str, content: str, part: str
) -> None:
    record = world.predict(content, key)
    assert record["status"] == "failed"
    assert part in record["error"]["what"]
    assert record["error"]["to_do"]
    assert len(world.s3.keys("predictions/")) <= 2


def test_a_file_beyond_the_limit_is_not_downloaded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNEDROP_MAX_PREDICTION_BYTES", "100")
    assert "larger" in world.predict(rows())["error"]["what"]
    assert KEY not in [call["Key"] for call in world.s3.calls_of("GetObject")]


def test_a_model_that_has_expired_is_named(world: World) -> None:
    world.use("20261124T000000Z-bbbbbbbb")
    assert "tunedrop run fruit" in world.predict(rows())["error"]["to_do"]


def test_files_whose_names_begin_alike_have_answers_of_their_own(world: World) -> None:
    world.predict(rows(5), "predict/fruit/a.csv")
    world.predict(gzip.compress(rows(9).encode()), "predict/fruit/a.csv.gz")
    for name, count in (("a.csv", 5), ("a.csv.gz", 9)):
        assert world.record(f"predictions/fruit/{name}.json")["rows"] == count


@pytest.mark.parametrize(
    "key", ["predict/fruit/", "predict/new.csv", "predict/fruit/deep/new.csv", "datasets/a/b.csv"]
)
def test_keys_that_are_no_file_of_a_dataset_are_passed_over(world: World, key: str) -> None:
    world.s3.put(key, rows())
    assert predict.handler(world.event(key), None) == DONE
    assert not world.s3.keys("predictions/")


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"reconcile": false}', "[" * 100_000])
def test_a_message_of_nobody_fails_and_becomes_a_dead_letter(world: World, body: str) -> None:
    event = {"Records": [{"messageId": "1", "body": body}]}
    with pytest.raises(UserInputError):
        predict.handler(event, None)


def test_the_hourly_reconciliation_finds_files_without_an_answer(world: World) -> None:
    world.predict(rows())
    lost = "predict/fruit/lost.csv"
    world.s3.put(lost, rows())
    assert predict.handler(world.message({"reconcile": True}), None) == DONE
    assert not world.queue.take()  # its event may still be under way
    world.clock.advance(3600)
    world.s3.put("predict/fruit/young.csv", rows())
    predict.handler(world.message({"reconcile": True}), None)
    [body] = world.queue.take()
    predict.handler(world.message(json.loads(body)), None)
    assert world.record("predictions/fruit/lost.csv.json")["status"] == "done"


def test_a_crafted_archive_writes_nothing_outside_and_loads_nothing(
    world: World, tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as members:
        for name in ("../evil", "model.skops", "metadata.json"):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            members.addfile(member)
    world.s3.put(keys.model("fruit", "20261125T000000Z-cccccccc"), packed.getvalue())
    world.use("20261125T000000Z-cccccccc")
    assert world.predict(rows())["status"] == "failed"
    assert not (tmp_path.parent / "evil").exists()
