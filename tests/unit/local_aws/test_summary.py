from __future__ import annotations

from pathlib import Path
from typing import Any

from local_aws import summary
from local_aws.summary import Summary

RESULTS: dict[str, Any] = {
    "metric": "balanced_accuracy",
    "verdict": "first model",
    "sentence": "The winner beats the dummy.",
    "best_training_job": "td-0-001",
    "objective": 0.9561234567,
    "estimator": "forest",
    "hyperparameters": {"max_depth": "3"},
    "confirm": {"verdict": "first model"},
    "warnings": ["A column is constant."],
}
KEYS = [
    "run_id",
    "status",
    "report",
    "best_training_job",
    "objective",
    "hyperparameters",
    "confirm",
]


def test_json_has_the_documented_keys(tmp_path: Path) -> None:
    found = summary.of_results(RESULTS, "r1", tmp_path).as_json()
    assert list(found) == KEYS
    assert found["objective"] == 0.9561234567
    assert found["report"] == str(tmp_path / "report.html")
    assert list(Summary(None, "Failed").as_json()) == KEYS


def test_people_read_verdict_hyperparameters_and_places(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"")
    said = "\n".join(summary.lines(RESULTS, tmp_path))
    assert "Verdict: first model. The winner beats the dummy." in said
    assert "Best balanced_accuracy in tuning: 0.956123" in said
    assert "  max_depth = 3" in said
    assert "Warning: A column is constant." in said
    assert f"Report: {tmp_path / 'report.html'}" in said
    assert f"Model: {tmp_path / 'model.tar.gz'}" in said
