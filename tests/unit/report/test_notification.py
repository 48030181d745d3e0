"""What people read in their mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.plans import champion, in_use
from tests.support.report.synthetic_plan import HOSTILE, make_plan
from tests.support.report.synthetic_results import make_errors, make_results
from tunedrop.report.notification import notification
from tunedrop.report.results import Results

RECORD = in_use(make_plan().run_id)


@given(st.text(min_size=1, max_size=300))
def test_sns_takes_any_subject(dataset: str) -> None:
    results = make_results(2).model_copy(update={"dataset": dataset, "metric": dataset})
    subject = notification(results, RECORD)["subject"]
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()


@pytest.mark.parametrize(
    ("results", "numbers"),
    [
        (
            make_results(),
            ("balanced accuracy", "0.9700", "0.9500 to 0.9900", "0.9600", " 12 (9 completed"),
        ),
        # errors are positive
        (make_errors(), ("root mean squared error", "2.5000", "2.3000 to 2.7000", "2.6000")),
    ],
)
def test_the_message_has_the_numbers_and_where_the_report_is(
    results: Results, numbers: tuple[str, ...]
) -> None:
    message = notification(results.model_copy(update={"dataset": "Käse"}), RECORD)
    assert message["subject"] == f"Tunedrop Kase: better model in use, {numbers[0]} {numbers[1]}"
    for words in (*numbers, "s3://tunedrop-data/runs/iris/20261123T225242Z-1a2b3c4d/report.html"):
        assert words in message["message"]


def test_no_value_of_the_data_is_in_it() -> None:
    message = notification(make_results(20, plan=make_plan(hostile=True)), RECORD)
    text = message["subject"] + message["message"]
    for value in ("SECRET", "species", HOSTILE):
        assert value not in text


def test_it_names_the_decision_that_keeps_the_model_out_of_use() -> None:
    run_id = make_plan().run_id
    pending = RECORD.model_copy(update={"in_use": None, "pending": champion(run_id)})
    assert f"--approve {run_id}" in notification(make_results(), pending)["message"]
    pinned = in_use("20260101T000000Z-00000000").with_pin(True)
    assert "--unpin" in notification(make_results(), pinned)["message"]
    assert "tunedrop champion" not in notification(make_results(), RECORD)["message"]
