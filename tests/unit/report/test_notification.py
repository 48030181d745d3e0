"""What people read in their mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_plan import HOSTILE, make_plan
from tests.support.report.synthetic_results import contender, make_errors, make_results
from tunedrop.report.notification import notification


def test_the_subject_has_dataset_verdict_and_value() -> None:
    subject = notification(make_results())["subject"]
    assert subject == "Tunedrop iris: new champion, balanced accuracy 0.9700"


@pytest.mark.parametrize("verdict", ["promoted", "kept champion", "first model", "no useful model"])
def test_every_verdict_has_its_words(verdict: str) -> None:
    told = notification(make_results(confirm={"verdict": verdict}))
    assert len(told["subject"]) < 100
    assert told["message"].startswith("Dataset iris: ")


@given(st.text(min_size=1, max_size=300))
def test_sns_takes_any_subject(dataset: str) -> None:
    results = make_results(2).model_copy(update={"dataset": dataset, "metric": dataset})
    subject = notification(results)["subject"]
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()


def test_the_body_has_the_numbers_and_where_to_read_on() -> None:
    message = notification(make_results())["message"]
    assert "New splits:     0.9700 balanced accuracy (95 %: 0.9500 to 0.9900)" in message
    assert "Test score:     0.9600 balanced accuracy" in message
    assert "s3://tunedrop-data/runs/iris/20261123T225242Z-1a2b3c4d/report.html" in message
    assert "Training jobs:  12" in message


def test_an_error_is_positive() -> None:
    results = make_errors()
    told = notification(results)
    assert told["subject"] == "Tunedrop iris: new champion, root mean squared error 2.5000"
    assert "2.5000 root mean squared error (95 %: 2.3000 to 2.7000)" in told["message"]
    assert "Test score:     2.6000" in told["message"]


def test_letters_outside_of_ascii_become_their_nearest() -> None:
    results = make_results().model_copy(update={"dataset": "Käse", "metric": "r2"})
    assert notification(results)["subject"] == "Tunedrop Kase: new champion, R2 0.9700"


def test_nothing_out_of_peoples_data_is_in_it() -> None:
    told = notification(make_results(20, plan=make_plan(hostile=True)))
    text = told["subject"] + told["message"]
    assert "SECRET" not in text
    assert "species" not in text
    assert HOSTILE not in text


def test_a_model_without_a_score_has_a_notification_too() -> None:
    results = make_results(
        confirm={
            "contenders": [contender("baseline", 0.3), contender("champion", None)],
            "shipped": "champion",
            "verdict": "kept champion",
        }
    )
    assert notification(results)["subject"].endswith("balanced accuracy -")
