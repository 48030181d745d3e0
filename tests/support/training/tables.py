"""Runs Confirm on a pandas table by the container's entry point, or checks the data alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.folds import fresh_folds
from sklearn_trainer.evaluation.contenders import list_contenders
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.job_warnings import JobWarnings
from tests.support.training.explained_models import predictions_of, score_and_explain
from tests.support.training.jobs import Job, column, part, plan

TARGET = "target"


def confirm_job(
    base: Path,
    table: pd.DataFrame,
    test: pd.DataFrame | None = None,
    *,
    roles: dict[str, str] | None = None,
    **changes: Any,
) -> Job:
    """Write a Confirm job of the table; the target is called so."""
    files: dict[str, bytes | str] = {"train/train.csv": table.to_csv(index=False)}
    settings: dict[str, Any] = {"report": {"explanation_time_ratio": 100.0}, **changes}
    if test is not None:
        files["test/test.csv"] = test.to_csv(index=False)
        settings["final_test"] = {"kind": "file"}
        settings["data"] = {**settings.get("data", {}), "test": part("test.csv")}
    roles = {TARGET: "target", **(roles or {})}
    columns = [
        column(str(name), _kind(table[name]), roles.get(str(name), "feature")) for name in table
    ]
    return Job(base / "ml", plan(columns, **settings), {}, "confirm", files).write()


def explained_model_of(
    base: Path, table: pd.DataFrame, test: pd.DataFrame | None = None, **changes: Any
) -> tuple[ExplainedModel, ContenderPredictions]:
    """Return what an explanation of the tuned model is about: much faster than all of the job."""
    job = confirm_job(base, table, test, **changes)
    job_plan, dataset = job.read_plan(), load(job.read_plan(), job.folders, JobWarnings())
    fresh = fresh_folds(dataset.train.splits(job_plan), job_plan.confirm, JobWarnings())
    contenders = list_contenders(job.folders.read_request(), job_plan)
    explained = score_and_explain(job_plan, dataset, fresh, contenders)
    return explained, predictions_of(explained)


def _kind(values: pd.Series) -> str:
    if types.is_datetime64_any_dtype(values):
        return "datetime"
    return "numeric" if types.is_numeric_dtype(values) else "categorical"
