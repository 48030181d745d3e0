"""The index stays true: runs that end at the same time, crashes between two writes, lost runs."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.support.checks import make_check
from tests.support.fakes import FakeS3, client_error
from tests.support.plans import in_use
from tests.support.report.synthetic_results import confirm_json, make_results
from tunedrop import keys
from tunedrop.index.publishing import publish_champion_and_checks, publish_failure, publish_report
from tunedrop.storage import Bucket

HISTORY, PAGE = "index/iris.json", "index/iris.html"
CATALOGUE, CATALOGUE_PAGE = "index/index.json", "index/index.html"
FAILURE = {"error": "DatasetError", "what": "Row 'Ann, 42' is odd", "time": "2026-11-20T10:00:00Z"}


class Killed(Exception):
    """The Lambda ends here."""


def run_id(number: int) -> str:
    return f"20261123T22{number // 60:02d}{number % 60:02d}Z-1a2b3c4d"


def results(number: int = 1, dataset: str = "iris", score: float = 0.97) -> Any:
    contenders = confirm_json()["contenders"]
    contenders[-1] |= {"mean": score, "interval": [score - 0.02, score + 0.02]}
    run = make_results(3, confirm={"contenders": contenders})
    run = run.model_copy(update={"run_id": run_id(number), "dataset": dataset})
    return run.model_dump(mode="json")


def document(s3: FakeS3, key: str = HISTORY) -> Any:
    return json.loads(s3.body(key))


def run_ids(s3: FakeS3) -> list[str]:
    return [entry["run_id"] for entry in document(s3)["runs"]]


def test_a_run_with_a_report_is_in_all_four_objects(s3: FakeS3, bucket: Bucket) -> None:
    s3.put("models/iris/champion.json", in_use(run_id(1)).model_dump_json())
    assert publish_report(bucket, "iris", results())
    (entry,) = document(s3)["runs"]
    assert (entry["outcome"], entry["verdict"]) == ("reported", "promoted")
    assert (entry["score"]["value"], *entry["score"]["interval"]) == pytest.approx(
        (0.97, 0.95, 0.99)
    )
    assert document(s3)["champion"] == run_id(1)
    page = s3.body(PAGE).decode()
    assert f'href="../runs/iris/{run_id(1)}/report.html"' in page
    assert "0.9700" in page
    assert "in use" in page
    (dataset,) = document(s3, CATALOGUE)["datasets"]
    assert (dataset["dataset"], dataset["runs"]) == ("iris", 1)
    assert 'href="iris.html"' in s3.body(CATALOGUE_PAGE).decode()
    for key in (PAGE, CATALOGUE_PAGE):
        assert s3.versions[key][-1].content_type.startswith("text/html")


def test_a_failed_run_is_shown_without_values_out_of_peoples_data(
    s3: FakeS3, bucket: Bucket
) -> None:
    assert publish_failure(bucket, "iris", run_id(2), FAILURE)
    page = s3.body(PAGE).decode()
    assert "DatasetError" in page
    assert f'href="../runs/iris/{run_id(2)}/failure.json"' in page
    for key in (HISTORY, PAGE, CATALOGUE, CATALOGUE_PAGE):
        assert "Ann" not in s3.body(key).decode(), key


def put_check(s3: FakeS3, number: int, dataset: str = "iris", **changes: Any) -> None:
    check = make_check(number, dataset=dataset, **changes)
    s3.put(keys.check(dataset, check.file, check.version_id), check.model_dump_json())


def check_files(s3: FakeS3, dataset: str = "iris") -> list[str]:
    history = document(s3, keys.index_history(dataset))
    return [check["file"] for check in history["checks"]]


def test_checks_and_promotions_are_on_the_page(s3: FakeS3, bucket: Bucket) -> None:
    s3.put("models/iris/champion.json", in_use(run_id(1)).model_dump_json())
    publish_report(bucket, "iris", results(1))
    assert document(s3)["checks"] == []
    put_check(s3, 1, verdict="worse")
    put_check(s3, 2)
    assert publish_champion_and_checks(bucket, "iris")
    assert check_files(s3) == ["month-2.csv", "month-1.csv"]
    promotions = [promotion["run_id"] for promotion in document(s3)["promotions"]]
    assert promotions == [run_id(1)]
    page = s3.body(PAGE).decode()
    for text in ("month-1.csv", "month-2.csv", ">Worse<"):
        assert text in page


def test_a_check_that_is_written_again_takes_its_place_and_one_that_has_gone_stays(
    s3: FakeS3, bucket: Bucket
) -> None:
    for verdict in ("as promised", "worse"):
        put_check(s3, 1, verdict=verdict)
        publish_champion_and_checks(bucket, "iris")
    s3.delete_object(Bucket=bucket.name, Key=keys.check("iris", "month-1.csv", "version-1"))
    put_check(s3, 2)
    publish_champion_and_checks(bucket, "iris")
    checks = [(check["file"], check["verdict"]) for check in document(s3)["checks"]]
    assert checks == [("month-2.csv", "as promised"), ("month-1.csv", "worse")]


def test_a_damaged_check_keeps_no_other_out(
    s3: FakeS3, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    put_check(s3, 1)
    bodies = ("", "nonsense", "[]", '{"rows": "many"}', "\0")
    for number, body in enumerate(bodies):
        s3.put(keys.check("iris", f"odd-{number}.csv", "1"), body)
    assert publish_champion_and_checks(bucket, "iris")
    assert check_files(s3) == ["month-1.csv"]
    assert caplog.text.count("skipped: checks/iris/odd-") == len(bodies)


def test_a_failed_run_leaves_the_champion_as_it_was(s3: FakeS3, bucket: Bucket) -> None:
    s3.put("models/iris/champion.json", in_use(run_id(1)).model_dump_json())
    put_check(s3, 1)
    publish_report(bucket, "iris", results(1))
    s3.calls.clear()
    publish_failure(bucket, "iris", run_id(2), FAILURE)
    assert document(s3)["champion"] == run_id(1)
    assert (check_files(s3), len(document(s3)["promotions"])) == (["month-1.csv"], 1)
    read = [call["Key"].partition("/")[0] for call in s3.calls_of("GetObject")]
    assert not {"models", "checks"} & {*read}
    assert "month-1.csv" in s3.body(PAGE).decode()


def test_a_report_made_again_takes_the_place_of_its_run(s3: FakeS3, bucket: Bucket) -> None:
    publish_failure(bucket, "iris", run_id(1), FAILURE)
    publish_report(bucket, "iris", results(1))
    assert [entry["outcome"] for entry in document(s3)["runs"]] == ["reported"]


def test_doing_it_again_writes_nothing(s3: FakeS3, bucket: Bucket) -> None:
    publish_report(bucket, "iris", results())
    before = len(s3.calls_of("PutObject"))
    publish_report(bucket, "iris", results())
    assert len(s3.calls_of("PutObject")) == before


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_the_next_run_repairs_what_a_crash_left_undone(
    s3: FakeS3, bucket: Bucket, writes: int
) -> None:
    """A crash after each of the four writes; the run's own files are there by then."""
    first = results(1)
    s3.put(keys.run_file("iris", run_id(1), "results.json"), json.dumps(first))
    s3.fail_next("PutObject", *[None] * writes, Killed())
    with pytest.raises(Killed):
        publish_report(bucket, "iris", first)
    publish_report(bucket, "iris", results(2))
    assert run_ids(s3) == [run_id(2), run_id(1)]
    assert run_id(1) in s3.body(PAGE).decode()
    assert document(s3, CATALOGUE)["datasets"][0]["runs"] == 2
    assert "iris" in s3.body(CATALOGUE_PAGE).decode()


def test_runs_from_before_there_was_an_index_are_found_in_their_folders(
    s3: FakeS3, bucket: Bucket
) -> None:
    for number in range(1, 31):
        name = "failure.json" if number % 3 == 0 else "results.json"
        content = json.dumps(FAILURE) if number % 3 == 0 else json.dumps(results(number))
        s3.put(keys.run_file("iris", run_id(number), name), content)
    s3.put(keys.run_file("iris", run_id(31), "plan.json"), "{}")  # under way
    publish_report(bucket, "iris", results(40))
    assert len(run_ids(s3)) == 20  # no more than 20 folders were looked into
    publish_report(bucket, "iris", results(41))
    assert run_ids(s3)[:2] == [run_id(41), run_id(40)]
    assert len(run_ids(s3)) == 32
    assert run_id(31) not in run_ids(s3)


def test_work_does_not_grow_with_the_runs_that_are_known(s3: FakeS3, bucket: Bucket) -> None:
    calls = []
    for number in range(1, 20):
        s3.calls.clear()
        publish_report(bucket, "iris", results(number))
        calls.append(len(s3.calls))
    assert set(calls[1:]) == {calls[1]}


def test_runs_and_checks_at_the_same_time_are_all_there(s3: FakeS3, bucket: Bucket) -> None:
    """Threads interleave at every call of S3, each with a dataset shared with others."""
    chance = random.Random(3)  # noqa: S311
    original = s3._begin

    def interleaved(operation: str, parameters: dict[str, Any]) -> None:
        threading.Event().wait(chance.random() / 500)
        original(operation, parameters)

    s3._begin = interleaved  # type: ignore[method-assign]

    def pause(seconds: float) -> None:
        threading.Event().wait(seconds / 20)

    slow = Bucket(bucket.client, bucket.name, pause=pause)
    documents = [results(number, dataset) for dataset in ("iris", "wine") for number in range(1, 5)]
    successes: list[bool] = []

    def check(number: int, dataset: str) -> bool:
        put_check(s3, number, dataset)
        return publish_champion_and_checks(slow, dataset)

    calls: list[Callable[[], bool]] = [
        *(partial(publish_report, slow, document["dataset"], document) for document in documents),
        *(partial(check, number, dataset) for dataset in ("iris", "wine") for number in range(4)),
    ]
    threads = [threading.Thread(target=lambda c=call: successes.append(c())) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert successes == [True] * 16
    for dataset in ("iris", "wine"):
        expected_ids = {run_id(number) for number in range(1, 5)}
        history = document(s3, keys.index_history(dataset))
        assert {entry["run_id"] for entry in history["runs"]} == expected_ids
        files = [f"month-{number}.csv" for number in range(3, -1, -1)]
        assert check_files(s3, dataset) == files
        page = s3.body(keys.index_page(dataset)).decode()
        assert all(name in page for name in (*expected_ids, *files))
    runs = [
        (dataset["dataset"], dataset["runs"]) for dataset in document(s3, CATALOGUE)["datasets"]
    ]
    assert runs == [("iris", 4), ("wine", 4)]


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown"])
def test_an_index_that_cannot_be_written_is_logged_and_takes_no_report_away(
    s3: FakeS3, bucket: Bucket, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    s3.fail_next("PutObject", client_error(code, 403 if code == "AccessDenied" else 503))
    assert not publish_report(bucket, "iris", results())
    assert "the index of iris was not updated" in caplog.text
    assert publish_report(bucket, "iris", results())


@pytest.mark.parametrize("body", ["nonsense", "{}", "[]", '{"error": 3}'])
def test_a_run_whose_files_cannot_be_read_keeps_no_other_out(
    s3: FakeS3, bucket: Bucket, body: str
) -> None:
    s3.put(keys.run_file("iris", run_id(1), "results.json"), body)
    s3.put(keys.run_file("iris", run_id(2), "failure.json"), body)
    assert publish_report(bucket, "iris", results(3))
    assert run_ids(s3) == [run_id(3)]


@pytest.mark.parametrize("name", ["index", "Index"])
def test_a_dataset_called_index_has_a_page_of_its_own(
    s3: FakeS3, bucket: Bucket, name: str
) -> None:
    publish_report(bucket, name, results(1, name))
    page = keys.index_page(name)
    assert page != CATALOGUE_PAGE
    assert f'href="{page.removeprefix("index/")}"' in s3.body(CATALOGUE_PAGE).decode()
    assert f"runs/{name}/{run_id(1)}/report.html" in s3.body(page).decode()
