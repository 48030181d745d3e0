"""Confirm's job finds what is wrong with tables that have a fault built in, and with no other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.support import faulty_tables as tables
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, estimator
from tests.support.training.tables import confirm_job
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.explanation import Explanation

BOOSTING = estimator(
    "boosting", "sklearn.ensemble.HistGradientBoostingClassifier", fixed={"max_iter": "20"}
)


def _confirm(
    base: Path, server: ForkServer, table: pd.DataFrame, test: pd.DataFrame | None = None
) -> tuple[Finished, Explanation]:
    job = confirm_job(base, table, test, estimators=[BOOSTING], confirm={"folds": 4, "repeats": 2})
    finished = server.run(job)
    assert finished.code == 0, finished.log
    explanation = Explanation.model_validate(finished.confirm["explanation"])
    steps = {"data checks", "leakage", "duplicates", "shift", "segments"}
    assert not steps & {skipped.step for skipped in explanation.skipped}
    return finished, explanation


def _leaky_columns(explanation: Explanation) -> list[str]:
    return [column.column for column in explanation.data_quality.leaky_columns]


def test_a_plain_table_has_no_problem(tmp_path: Path, fork_server: ForkServer) -> None:
    _, explanation = _confirm(tmp_path, fork_server, tables.plain(), tables.plain(120, seed=2))
    assert explanation.data_quality.findings == ()
    assert _leaky_columns(explanation) == []
    assert explanation.data_quality.shift is not None
    assert not explanation.data_quality.shift.is_significant


def test_a_code_that_was_made_from_the_target_leaks(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    _, explanation = _confirm(tmp_path, fork_server, tables.leaking())
    assert _leaky_columns(explanation) == ["code"]
    assert explanation.data_quality.findings == ()


def test_a_copy_of_the_target_is_a_finding_and_leaks(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    _, explanation = _confirm(tmp_path, fork_server, tables.copied())
    assert _leaky_columns(explanation) == ["churned"]
    assert explanation.data_quality.findings == (
        DataFinding(check="target copy", column="churned"),
    )


def test_patients_of_nearly_equal_rows_are_a_group_and_no_leak(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    _, explanation = _confirm(tmp_path, fork_server, tables.patients())
    assert explanation.data_quality.findings == (
        DataFinding(check="group", column="patient", count=40),
    )
    assert _leaky_columns(explanation) == []


@pytest.mark.parametrize(
    ("table", "finding"),
    [
        (tables.duplicated(), DataFinding(check="duplicate rows", count=24)),
        (tables.drifting(), DataFinding(check="time", column="sold")),
    ],
    ids=["duplicates", "drift"],
)
def test_a_fault_is_the_only_finding(
    table: pd.DataFrame, finding: DataFinding, tmp_path: Path, fork_server: ForkServer
) -> None:
    _, explanation = _confirm(tmp_path, fork_server, table)
    assert explanation.data_quality.findings == (finding,)


def test_test_rows_among_the_training_rows_are_counted_and_scored_without(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    _, explanation = _confirm(tmp_path, fork_server, *tables.overlapping())
    assert explanation.data_quality.findings == (
        DataFinding(check="test rows in training", count=20),
    )
    assert explanation.data_quality.duplicates is not None
    assert explanation.data_quality.duplicates.test_rows_in_training == 20
    assert explanation.data_quality.duplicates.test_score_without is not None


def test_a_shifted_test_file_is_told_apart_by_its_column(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    _, explanation = _confirm(tmp_path, fork_server, *tables.shifted())
    assert explanation.data_quality.shift is not None
    assert explanation.data_quality.shift.is_significant
    assert explanation.data_quality.shift.columns == ("price",)


def test_noise_makes_no_useful_model(tmp_path: Path, fork_server: ForkServer) -> None:
    finished, explanation = _confirm(tmp_path, fork_server, tables.noise())
    assert finished.confirm["verdict"] == "no useful model"
    assert explanation.data_quality.findings == ()
    assert _leaky_columns(explanation) == []


def test_a_bad_segment_is_significant(tmp_path: Path, fork_server: ForkServer) -> None:
    _, explanation = _confirm(tmp_path, fork_server, tables.bad_segment())
    assert explanation.segments is not None
    significant = [segment for segment in explanation.segments.segments if segment.is_significant]
    assert "west" in significant[0].label
    assert significant[0].columns[0] == "region"
