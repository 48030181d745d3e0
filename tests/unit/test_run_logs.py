"""The run's keys on log lines, as Lambda's runtime finds them: attributes of the record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tunedrop import run_logs
from tunedrop.run_logs import add_run_keys, logged

logger = logging.getLogger("tunedrop.tests")
RUN = {"dataset": "iris", "run_id": "20261123T225242Z-1a2b3c4d"}


@pytest.fixture(autouse=True)
def _set_up(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(run_logs, "_keys", {})  # without what other tests' calls left in them
    factory = logging.getLogRecordFactory()
    run_logs.set_up()
    caplog.set_level(logging.INFO)
    yield
    logging.setLogRecordFactory(factory)


def keys_of(record: logging.LogRecord) -> dict[str, Any]:
    names = ("dataset", "run_id", "execution", "job")
    return {name: getattr(record, name) for name in names if hasattr(record, name)}


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        ({**RUN, "execution": "arn"}, {**RUN, "execution": "arn"}),
        ({**RUN, "job": "td-1", "token": "secret"}, {**RUN, "job": "td-1"}),
        (
            {"job": {**RUN, "job": "td-1"}, "execution": "arn", "error": {"Cause": "5.1,3.5"}},
            {**RUN, "job": "td-1", "execution": "arn"},
        ),
        (
            {"input": {"dataset": "iris"}, "execution": "arn", "started": "now"},
            {"execution": "arn"},
        ),
        ({"scheduled_start": "2026-11-23T03:00:00Z", "dataset": None}, {}),
    ],
)
def test_a_line_has_the_keys_that_the_event_names_and_nothing_else_of_it(
    event: dict[str, Any], keys: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    logged(lambda event, context: logger.info("done"))(event, None)

    (record,) = caplog.records
    assert keys_of(record) == keys
    assert "secret" not in str(vars(record))
    assert "5.1,3.5" not in str(vars(record))


def test_keys_are_those_of_one_event(caplog: pytest.LogCaptureFixture) -> None:
    def handler(event: dict[str, Any], context: object) -> None:
        add_run_keys(run_id="found later")
        logger.info("done")

    logged(handler)({"dataset": "iris"}, None)
    logged(lambda event, context: logger.info("next"))({}, None)
    logger.info("after")

    assert [keys_of(record) for record in caplog.records] == [
        {"dataset": "iris", "run_id": "found later"}, {}, {},
    ]  # fmt: skip


def test_a_failure_is_logged_with_the_keys_and_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handler(event: dict[str, Any], context: object) -> None:
        raise ValueError("the value 5.1 of somebody's table")

    with pytest.raises(ValueError, match=r"5\.1"):
        logged(handler)(RUN, None)

    (record,) = caplog.records
    assert (record.getMessage(), keys_of(record)) == ("failed: ValueError", RUN)


def test_the_libraries_own_chatter_stays_out() -> None:
    assert not logging.getLogger("botocore.credentials").isEnabledFor(logging.INFO)
    assert logging.getLogger("tunedrop.planning").isEnabledFor(logging.INFO)
