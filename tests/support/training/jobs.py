"""Makes training jobs as SageMaker would: a folder with hyperparameters, a plan and channels."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.tables import inspect_table
from sklearn_trainer.data.target import infer_labels
from sklearn_trainer.errors import DatasetError
from tests.support import plans
from tunedrop_common.plan import CsvDialect, Plan

column = plans.column

CSV = CsvDialect().model_dump(mode="json")

LINE = re.compile(r"fold=(\d+)/(\d+) ")


def estimator(
    key: str = "forest",
    class_path: str = "sklearn.ensemble.RandomForestClassifier",
    ranges: dict[str, Any] | None = None,
    fixed: dict[str, str] | None = None,
    fixed_by_config: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "key": key,
        "class_path": class_path,
        "fixed": fixed or {},
        "ranges": ranges or {},
        "fixed_by_config": list(fixed_by_config),
    }


def part(*files: str) -> dict[str, Any]:
    return {
        "uri": "s3://bucket/inputs/",
        "files": list(files),
        "bytes": 1,
        "versions": {},
    }


def plan(
    columns: list[dict[str, Any]],
    *,
    task: str = "classification",
    estimators: list[dict[str, Any]] | None = None,
    metric: str = "",
    additional: tuple[str, ...] = (),
    file: str = "train.csv",
    **changes: Any,
) -> dict[str, Any]:
    """Return a plan in the workflow's own model; `changes` are dotted paths with _ for dots."""
    default = "sklearn.linear_model." + (
        "LogisticRegression" if task == "classification" else "Ridge"
    )
    jobs = [
        plans.tuning_job(
            f"td-{index}", estimator, strategy="Random", early_stopping="Off", random_seed=1,
            max_runtime_seconds=600, max_training_job_seconds=60,
        )
        for index, estimator in enumerate(estimators or [estimator("linear", default)])
    ]  # fmt: skip
    parquet = file.endswith("parquet")
    settings: dict[str, Any] = {
        "dataset": "fruit",
        "task": task,
        "data": {
            "format": "parquet" if parquet else "csv",
            "csv": None if parquet else {},
            "train": part(file),
            "rows": 100,
        },
        "metric": {
            "objective": metric or ("balanced_accuracy" if task == "classification" else "r2"),
            "additional": list(additional),
        },
        "cross_validation": {"folds": 3, "stratified": task == "classification", "seed": 7},
        "seed": 11,
        "confirm": {
            "folds": 3, "repeats": 2, "seed": 13, "max_seconds": 600,
            "max_seconds_per_contender": 60,
        },
        "report": {"explanation_time_ratio": 0.0},  # tests of the explanation ask for it
    }  # fmt: skip
    for key, value in changes.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, dict) else value
    return plans.plan_json(columns, jobs, **settings)


@dataclass
class Job:
    """The folder of one training job.

    Confirm's hyperparameters are those of the first estimator, which is the search's best; `tuned`
    has other estimators' by their keys.
    """

    base: Path
    plan: dict[str, Any]
    hyperparameters: dict[str, str] = field(default_factory=dict)
    job: str = "tune"
    files: dict[str, bytes | str] = field(default_factory=dict)
    tuned: dict[str, dict[str, str]] = field(default_factory=dict)

    def write(self) -> Job:
        self.plan = _with_schema(self.plan, self.files)
        config = self.base / "input" / "config"
        config.mkdir(parents=True)
        key = self.plan["tuning_jobs"][0]["estimator"]["key"]
        hyperparameters = {
            "tunedrop_job": self.job,
            "tunedrop_estimator": key,
            "_tuning_objective_metric": "validation:x",
            "sagemaker_region": "eu-west-1",
        }
        if self.job == "tune":
            hyperparameters |= self.hyperparameters
        else:
            tuned = {key: self.hyperparameters, **self.tuned}
            hyperparameters |= {f"tunedrop_tuned_{name}": json.dumps(tuned[name]) for name in tuned}
        (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
        folder = self.base / "input" / "data" / "plan"
        folder.mkdir(parents=True)
        (folder / "plan.json").write_text(json.dumps(self.plan))
        for name, content in self.files.items():
            path = self.base / "input" / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    @property
    def folders(self) -> Folders:
        return Folders(self.base)

    def read_plan(self) -> Plan:
        return self.folders.read_plan()


def _with_schema(plan: dict[str, Any], files: dict[str, bytes | str]) -> dict[str, Any]:
    """Return the plan with what PlanRun finds out about its columns and classes.

    A plan of data that PlanRun rejects, or that only the test knows, stays as it is.
    """
    content = files.get(f"train/{plan['data']['train']['files'][0]}")
    if content is None or plan["data"]["csv"] not in ({}, None, CSV):
        return plan
    columns = {column["name"]: column for column in plan["data"]["columns"]}
    with TemporaryDirectory() as folder:
        path = Path(folder) / plan["data"]["train"]["files"][0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            table = inspect_table([path], plan["data"]["format"])
        except DatasetError:
            return plan
    profiles = {profile.name: profile for profile in table.columns}
    for name, column in columns.items():
        profile = profiles.get(name)
        if profile is not None and profile.kind == column["kind"]:
            column |= {
                "distinct": profile.distinct,
                "day_first": profile.day_first,
                "has_time_of_day": profile.has_time_of_day,
                "has_unparsable": profile.unparsable > 0,
            }
    target = plan["data"]["target"]
    if plan["task"] == "classification" and target in profiles:
        labels, present = infer_labels(table.data.column(target))
        plan["data"]["labels"] = np.unique(labels[present]).tolist()
    return plan


@dataclass(frozen=True)
class Finished:
    """How a training job ended."""

    base: Path
    code: int
    log: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.log.splitlines() if LINE.match(line)]

    @property
    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text()

    @property
    def tune(self) -> dict[str, Any]:
        return _read(self.base / "output" / "data" / "tune.json")

    @property
    def confirm(self) -> dict[str, Any]:
        return _read(self.base / "output" / "data" / "confirm.json")

    @property
    def predictions(self) -> pd.DataFrame:
        return pd.read_parquet(self.base / "output" / "data" / "predictions.parquet")

    @property
    def about_predictions(self) -> dict[str, Any]:
        file = pq.ParquetFile(self.base / "output" / "data" / "predictions.parquet")
        content: dict[str, Any] = json.loads(file.metadata.metadata[b"tunedrop"])
        return content

    @property
    def metadata(self) -> dict[str, Any]:
        return _read(self.base / "model" / "metadata.json")


def metric_value(line: str, name: str) -> float:
    """Read a metric as SageMaker does, by the regular expression of docs/training-container.md."""
    match = re.search(rf"{name}=([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?);", line)
    assert match, line
    return float(match.group(1))


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content
