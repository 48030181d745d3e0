"""Confirm's job finds what is wrong with tables that have a fault built in, and with no other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.support import faulty_tables as tables
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, estimator
from tests.support.training.tables import confirm_job
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
