"""Synthetic plans as plan.json has them, for tests that change some of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tunedrop.champions.record import ChampionModel, ChampionRecord
from tunedrop_common.plan import Column, EstimatorPlan, Kind, Plan

IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop@sha256:{'1a2b' * 16}"


def column(
    name: str, kind: str | None = "numeric", role: str = "feature", **more: Any
) -> dict[str, Any]:
    """Make a column of a plan."""
    return {"name": name, "kind": kind, "role": role, **more}


def feature(name: str, kind: Kind = "numeric", distinct: int = 0, **more: Any) -> Column:
    """Make a feature of a schema."""
    return Column(name=name, kind=kind, role="feature", distinct=distinct, **more)


def logarithmic(minimum: float, maximum: float) -> dict[str, Any]:
    """Make a range of numbers on a logarithmic scale."""
    return {
        "kind": "continuous", "minimum": minimum, "maximum": maximum, "scaling": "Logarithmic",
    }  # fmt: skip


def tuning_job(name: str, estimator: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Make a tuning job of a plan."""
    return {
        "name": name,
        "estimator": estimator,
        "strategy": "Bayesian",
        "max_training_jobs": 10,
        "max_parallel_training_jobs": 2,
        "max_runtime_seconds": 3600,
        "max_training_job_seconds": 600,
        "early_stopping": "Auto",
        "random_seed": 7,
        **changes,
    }


def plan_json(
    columns: list[dict[str, Any]], jobs: list[dict[str, Any]], /, **changes: Any
) -> dict[str, Any]:
    """Make a plan; a dictionary in `changes` changes those of its keys that it has."""
    content: dict[str, Any] = {
        "dataset": "iris",
        "run_id": "20261123T225242Z-1a2b3c4d",
        "task": "classification",
        "data": {
            "format": "csv",
            "csv": {},
            "train": {
                "uri": "s3://tunedrop-data/inputs/iris/1a2b3c4d/",
                "files": ["train.csv"],
                "bytes": 4000,
                "versions": {"datasets/iris/train.csv": "v1"},
            },
            "test": None,
            "columns": columns,
            "target": next(item["name"] for item in columns if item["role"] == "target"),
            "rows": 150,
            "is_complete": True,
        },
        "metric": {"objective": "balanced_accuracy"},
        "cross_validation": {"folds": 5, "stratified": True, "seed": 1},
        "final_test": {"kind": "none"},
        "seed": 1,
        "tuning_jobs": jobs,
        "parallel_tuning_jobs": 2,
        "confirm": {
            "name": "tc-0a1b2c3d-0123456789",
            "folds": 5,
            "repeats": 4,
            "seed": 2,
            "max_seconds": 1800,
            "max_seconds_per_contender": 300,
        },
        "instance": {"type": "ml.m5.large", "volume_gb": 10},
        "fallback_instances": [],
        "cost": {
            "usd_per_hour": {},
            "expected_seconds": 6000,
            "max_seconds": 90_000,
            "expected_usd": None,
            "max_usd": None,
        },
        "report": {
            "explanation_time_ratio": 1.0,
            "show_worst_rows": False,
            "show_categories": True,
            "segments": [],
        },
        "image": IMAGE,
        "release": "0.1.0",
        "decisions": [],
        "warnings": [],
        "sample_warnings": [],
    }
    for key, value in changes.items():
        content[key] = {**content.get(key, {}), **value} if isinstance(value, dict) else value
    return Plan.model_validate(content).model_dump(mode="json")


def champion(run_id: str = "20261123T000000Z-aaaaaaaa", dataset: str = "iris") -> ChampionModel:
    """Make a model that may be in use."""
    return ChampionModel(
        run_id=run_id,
        model=f"s3://bucket/models/{dataset}/{run_id}/model.tar.gz",
        estimator=EstimatorPlan(key="linear", class_path="linear_model.Ridge", fixed={}, ranges={}),
        hyperparameters={"C": "0.8"},
        metric="balanced_accuracy",
        score=0.95,
        interval=(0.91, 0.99),
        verdict="promoted",
        time=None,
    )


def in_use(
    run_id: str = "20261123T000000Z-aaaaaaaa", dataset: str = "iris", **changes: Any
) -> ChampionRecord:
    """Make the record of a dataset with a run's model in use."""
    model = ChampionModel.model_validate(champion(run_id, dataset).model_dump() | changes)
    return ChampionRecord(dataset=dataset).with_run(
        model, replaces=None, manual=False, time=datetime(2026, 11, 23, tzinfo=UTC)
    )
