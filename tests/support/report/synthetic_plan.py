"""Synthetic plans of a run, and its run.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.support.plans import column, logarithmic, plan_json, tuning_job
from tunedrop.run_record import Run
from tunedrop.trigger import Trigger
from tunedrop_common.plan import Plan, PlannedCost

RUN_ID = "20261123T225242Z-1a2b3c4d"
CONFIRM_JOB = "tc-0a1b2c3d-0123456789"
TUNING_JOBS = ("td-0a1b2c3d-0123456789-0", "td-0a1b2c3d-0123456789-1")
HOSTILE = "</script><img src=x onerror=alert(1)>|`*_[a](http://b)@all\u2028<!--"
BUCKET = "tunedrop-data"
BOOSTING = {
    "key": "boosting",
    "class_path": "sklearn.ensemble.HistGradientBoostingClassifier",
    "fixed": {"max_iter": "50"},
    "ranges": {
        "learning_rate": logarithmic(0.01, 1.0),
        "max_leaf_nodes": {"kind": "integer", "minimum": 4, "maximum": 64, "scaling": "Linear"},
    },
}
LINEAR = {
    "key": "linear",
    "class_path": "sklearn.linear_model.LogisticRegression",
    "fixed": {"max_iter": "1000"},
    "ranges": {
        "C": logarithmic(0.001, 100.0),
        "class_weight": {"kind": "categorical", "values": ["None", "balanced"]},
    },
}
CHAMPION = {
    "run_id": "20261122T225242Z-1a2b3c4d",
    "estimator": LINEAR,
    "hyperparameters": {"C": "0.8", "class_weight": "balanced"},
}


def make_plan(*, hostile: bool = False, **changes: Any) -> Plan:
    """Make a plan with two tuning jobs, a champion and a few columns."""
    end = HOSTILE if hostile else ""
    columns = [
        column("width" + end),
        column("colour", "categorical"),
        column("id", "categorical", "ignored", reason="an identifier" + end),
        column("species" + end, "categorical", "target"),
    ]
    defaults = {
        "final_test": {"kind": "fraction", "fraction": 0.2},
        "confirm": {"champion": CHAMPION},
        "cost": planned_cost(0.12).model_dump(),
        "decisions": ["The target is the last column" + end],
        "warnings": ["2 rows have no target" + end],
    }
    jobs = [tuning_job(*names) for names in zip(TUNING_JOBS, (BOOSTING, LINEAR), strict=True)]
    return Plan.model_validate(plan_json(columns, jobs, **defaults | changes))


def make_run() -> Run:
    """Make a run that a file started."""
    return Run(
        dataset="iris",
        run_id=RUN_ID,
        digest="1a2b",
        objects=(),
        execution="arn:aws:states:eu-west-1:123456789012:execution:Tunedrop:8a6f",
        trigger=Trigger(
            kind="object",
            time=datetime(2026, 11, 23, 22, 52, 42, tzinfo=UTC),
            key="datasets/iris/train.csv",
        ),
    )


def planned_cost(price: float | None) -> PlannedCost:
    """Make what a plan says of its cost, at a price of an hour."""
    return PlannedCost(
        usd_per_hour={} if price is None else {"ml.m5.large": price},
        expected_seconds=6000,
        max_seconds=90_000,
        expected_usd=None if price is None else price * 6000 / 3600,
        max_usd=None if price is None else price * 90_000 / 3600,
    )
