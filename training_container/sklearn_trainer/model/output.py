"""Writes the model of a run: the fitted pipeline as skops, its metadata, and how to load it."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from string import Template
from typing import Any

import numpy as np
import skops.io as skops

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.distributions import Distributions
from sklearn_trainer.errors import FitError
from sklearn_trainer.model.check_rows import CheckRows
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.plan import Plan
from tunedrop_common.trusted_types import trusted_types

MODEL_FILE = "model.skops"
METADATA_FILE = "metadata.json"
README_FILE = "README.md"
ROWS_TO_CHECK = 100


def versions() -> dict[str, str]:
    """Return the versions that a model's numbers depend on."""
    packages = ("scikit-learn", "skrub", "numpy", "scipy", "pandas", "pyarrow", "skops")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def write_model(
    pipeline: Pipeline, plan: Plan, dataset: Dataset, folders: Folders, selected: Mapping[str, Any]
) -> list[str]:
    """Write model.skops, metadata.json and README.md; reads the model back as a check.

    Parameters
    ----------
    selected
        What the metadata says about the contender and the decision for it.

    Returns
    -------
    The types in it that `serve` does not load, because this image does not list them.
    """
    folders.model.mkdir(parents=True, exist_ok=True)
    path = folders.model / MODEL_FILE
    skops.dump(pipeline, path)
    types = skops.get_untrusted_types(file=path)
    sample = dataset.train.X.iloc[:ROWS_TO_CHECK]
    again = skops.load(path, trusted=types)
    if not np.array_equal(again.predict(sample), pipeline.predict(sample)):
        raise FitError("The model predicts other values after it is written and read by skops.")
    distributions = Distributions.of(
        dataset.train.X, dataset.schema, show_categories=plan.report.show_categories
    )
    check_rows = CheckRows.of(pipeline, dataset.schema, distributions)
    metadata = {
        **_metadata(plan, dataset),
        "distributions": distributions.model_dump(mode="json"),
        "check_rows": check_rows.model_dump(mode="json"),
        **selected,
        "versions": versions(),
    }
    text = json.dumps(metadata, indent=1, ensure_ascii=False, allow_nan=False)
    (folders.model / METADATA_FILE).write_text(text + "\n", encoding="utf-8")
    listed = "".join(f"        {name}\n" for name in types if name in trusted_types())
    readme = _README.substitute(types=listed)
    (folders.model / README_FILE).write_text(readme, encoding="utf-8")
    return sorted(set(types) - set(trusted_types()))


def _metadata(plan: Plan, dataset: Dataset) -> dict[str, Any]:
    return {
        "version": 1,
        "dataset": plan.dataset,
        "run_id": plan.run_id,
        "task": plan.task,
        "target": plan.data.target,
        "classes": dataset.train.classes,
        "columns": [
            {"name": name, "dtype": str(dtype)} for name, dtype in dataset.train.X.dtypes.items()
        ],
        "input": {
            "format": plan.data.format,
            "columns": [column.name for column in plan.data.columns],
            "target": plan.data.target,
            "delimiter": plan.data.csv.delimiter if plan.data.csv else ",",
            "weight": plan.data.row_columns.get("weight"),
            "group": plan.data.row_columns.get("group"),
        },
        "schema": dataset.schema.model_dump(mode="json"),
        "metric": plan.metric.objective,
        "seed": plan.seed,
        "rows": dataset.rows,
    }


_README = Template('''\
# The model of a Tunedrop run

`model.skops` is a fitted scikit-learn pipeline; `metadata.json` says what it was made of. Load it
with the package versions listed there:

    import json
    import pandas as pd
    import skops.io

    # Types that Tunedrop trusts: what else a file may hold is not loaded.
    trusted = """
$types    """.split()
    metadata = json.load(open("metadata.json"))
    model = skops.io.load("model.skops", trusted=trusted)

    dtypes = {column["name"]: column["dtype"] for column in metadata["columns"]}
    times = [name for name, dtype in dtypes.items() if dtype.startswith("datetime")]
    others = {name: dtype for name, dtype in dtypes.items() if name not in times}
    rows = pd.read_csv("new.csv", dtype=others)[list(dtypes)]
    for name in times:
        rows[name] = pd.to_datetime(rows[name], utc=True).astype(dtypes[name])
    print(model.predict(rows))

- Give the columns by their names, in this order, with these types: numbers as float64 (true and
  false as 1 and 0), words as str, missing values as NaN, infinite ones as NaN too.
- Points in time are in UTC. A time of day or a length of time (kind `duration` in the metadata's
  `schema`) is a number of seconds.
- The image that made the model also serves it, from rows as they were in the training file:
  `docker run IMAGE serve` with this folder as /opt/ml/model.
- skops loads no types that are not listed, which makes a model less dangerous than a pickle. It
  does not make it safe: load models only from people you trust.
''')
