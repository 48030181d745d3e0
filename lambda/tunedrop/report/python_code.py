"""The shipped model as Python to paste: a pipeline with its hyperparameters, and how to load it.

Names and values come from a plan and from training jobs, so they enter the code only as checked
identifiers or as literals. The preprocessing is that of `sklearn_trainer.preprocessing`, as far as
the plan's columns tell; the fitted model knows more (what each column really held).
"""

from __future__ import annotations

import ast
import keyword
import math
import pprint
import re
from dataclasses import dataclass

from tunedrop.plan import EstimatorPlan
from tunedrop.report.confirm_scores import CHAMPION, DUMMY, Contender
from tunedrop.report.results import Results

_CLASS_PATH = re.compile(r"sklearn(\.[A-Za-z_][A-Za-z0-9_]*)+")
_WORDS = {"none": "None", "null": "None", "true": "True", "false": "False"}
_PREPROCESSING = "preprocess__"
_MAX_LITERAL = 200

# What the training image asks of scikit-learn's own tags; this Lambda has no scikit-learn to ask.
_SCALE_FREE = ("sklearn.tree.", "sklearn.ensemble.")
_TAKES_MISSING = ("HistGradientBoosting", "RandomForest", "ExtraTree", "DecisionTree")
_SCALES_TARGET = ("sklearn.svm.", "sklearn.neural_network.", "sklearn.gaussian_process.")
_SEEDED = (
    *_TAKES_MISSING, "GradientBoosting", "AdaBoost", "LogisticRegression", "SGD", "MLP", "LinearSV",
    "Ridge", "Lasso", "ElasticNet", "Perceptron",
)  # fmt: skip
_SCALERS = {
    "standard": "StandardScaler()",
    "robust": "RobustScaler()",
    "minmax": "MinMaxScaler()",
    "quantile": (
        'QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=0)'
    ),
    "none": "",
}


@dataclass(frozen=True)
class _Parts:
    """What the code is made of."""

    module: str
    name: str
    arguments: tuple[tuple[str, str], ...]
    numeric: list[str]
    categorical: list[str]
    others: list[str]
    imputation: str
    scaling: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def native(self) -> bool:
        """Whether the estimator splits on categories itself."""
        return self.name.startswith("HistGradientBoosting")


def pipeline_code(results: Results) -> str:
    """Return a script that builds the shipped estimator's pipeline; "" when there is none."""
    parts = _parts(results)
    if parts is None:
        return ""
    body = _body(parts, results)
    return "\n".join([*_imports(parts, body), "", *body]) + "\n"


def load_code(results: Results) -> str:
    """Return the commands that fetch and load the fitted model."""
    if not results.model:
        return ""
    return (
        f"# aws s3 cp '{results.model}' .\n"
        "# tar xzf model.tar.gz\n"
        "# pip install the versions that metadata.json lists\n"
        "import json\n"
        "import skops.io\n"
        "\n"
        'metadata = json.load(open("metadata.json"))\n'
        'model = skops.io.load("model.skops", trusted=metadata["trusted_types"])\n'
        "# README.md says how to prepare rows for model.predict(rows)\n"
    )


def literal(value: str | int | float | bool | None, *, continuous: bool = False) -> str:
    """Return a hyperparameter as a Python literal, read as the training image reads it.

    Example
    -------
    >>> literal("0.5"), literal("100"), literal("None"), literal("sqrt"), literal("(10, 5)")
    ('0.5', '100', 'None', "'sqrt'", '(10, 5)')
    >>> literal("1", continuous=True)
    '1.0'
    """
    text = str(value)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        read = float(text) if continuous else ast.literal_eval(text[:_MAX_LITERAL])
    except (ValueError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return repr(text)
    if isinstance(read, float) and not math.isfinite(read):
        return repr(text)
    return repr(read) if isinstance(read, (int, float, tuple, list)) else repr(text)


def _parts(results: Results) -> _Parts | None:
    shipped = results.confirm.shipped_contender
    estimator = _estimator(results, shipped)
    if estimator is None:
        return None
    path = "sklearn." + estimator.class_path.removeprefix("sklearn.")
    if not _CLASS_PATH.fullmatch(path):
        return None
    module, _, name = path.rpartition(".")
    columns = [column for column in results.data.columns if column.role == "feature"]
    by_kind = {
        "numeric": [c.name for c in columns if c.kind in ("numeric", "boolean")],
        "categorical": [c.name for c in columns if c.kind == "categorical"],
        "others": [c.name for c in columns if c.kind in ("text", "datetime")],
    }
    if not by_kind["numeric"] and not by_kind["categorical"]:
        return None
    given = {name: str(value) for name, value in shipped.hyperparameters.items()}
    arguments = _arguments(estimator, given, results.seed, name)
    if name.startswith("HistGradientBoosting") and by_kind["categorical"]:
        arguments += (("categorical_features", "list(range(len(categorical)))"),)
    usual = "none" if path.startswith(_SCALE_FREE) else "standard"
    return _Parts(
        module=module,
        name=name,
        arguments=arguments,
        imputation=given.get(f"{_PREPROCESSING}imputation", "median"),
        scaling=_SCALERS.get(given.get(f"{_PREPROCESSING}scaling", usual), ""),
        **by_kind,
    )


def _estimator(results: Results, shipped: Contender) -> EstimatorPlan | None:
    if shipped.name == DUMMY:
        return None
    if shipped.name == CHAMPION and results.champion_estimator:
        return results.champion_estimator
    planned = (job.estimator for job in results.tuning_jobs)
    return next((each for each in planned if each.key == shipped.estimator), None)


def _arguments(
    estimator: EstimatorPlan, given: dict[str, str], seed: int, name: str
) -> tuple[tuple[str, str], ...]:
    """Return constructor arguments; what is no identifier can be no argument and is left out."""
    found = []
    for parameter, value in sorted(given.items()):
        if not parameter.isidentifier() or keyword.iskeyword(parameter):
            continue
        if not parameter.startswith(_PREPROCESSING):
            wanted = estimator.ranges.get(parameter)
            continuous = wanted is not None and wanted.kind == "continuous"
            found.append((parameter, literal(value, continuous=continuous)))
    if name.startswith(_SEEDED) and "random_state" not in given:
        found.append(("random_state", str(seed)))
    return tuple(found)


def _body(parts: _Parts, results: Results) -> list[str]:
    lines = []
    steps = []
    numbers = _number_steps(parts)
    if parts.categorical:
        lines.append(_assignment("categorical", parts.categorical))
        encoder = (
            'OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))'
            if parts.native
            else 'OneHotEncoder(handle_unknown="ignore", sparse_output=False)'
        )
        steps.append(f"({encoder}, categorical)")
    if parts.numeric:
        lines.append(_assignment("numeric", parts.numeric))
        steps.append(f"({numbers or repr('passthrough')}, numeric)")
    if parts.others:
        names = ", ".join(repr(name) for name in parts.others)
        lines.append(f"# not in this sketch: {names}; the fitted model below prepares them")
    lines += [
        "",
        "model = make_pipeline(",
        "    make_column_transformer(",
        *[f"        {step}," for step in steps],
        "    ),",
        *_estimator_lines(parts, results.task),
        ")",
    ]
    known = " + ".join(n for n in ("categorical", "numeric") if getattr(parts, n))
    return [*lines, f"# model.fit(data[{known}], data[{results.target!r}])"]


def _estimator_lines(parts: _Parts, task: str) -> list[str]:
    call = [f"{parts.name}(", *[f"    {key}={value}," for key, value in parts.arguments], ")"]
    scaled = parts.path.startswith(_SCALES_TARGET) or parts.name == "SGDRegressor"
    if task == "regression" and scaled:
        inner = [f"    {line}" for line in call]
        inner[-1] += ","
        call = [
            "TransformedTargetRegressor(",
            *inner,
            "    transformer=StandardScaler(),",
            ")",
        ]
    return [f"    {line}" for line in call[:-1]] + [f"    {call[-1]},"]


def _number_steps(parts: _Parts) -> str:
    impute = not parts.name.startswith(_TAKES_MISSING)
    imputer = f"SimpleImputer(strategy={parts.imputation!r}, add_indicator=True)" if impute else ""
    steps = [step for step in (imputer, parts.scaling) if step]
    return f"make_pipeline({', '.join(steps)})" if len(steps) > 1 else "".join(steps)


_MODULES = {
    "make_column_transformer": "sklearn.compose",
    "TransformedTargetRegressor": "sklearn.compose",
    "SimpleImputer": "sklearn.impute",
    "make_pipeline": "sklearn.pipeline",
    "MinMaxScaler": "sklearn.preprocessing",
    "OneHotEncoder": "sklearn.preprocessing",
    "OrdinalEncoder": "sklearn.preprocessing",
    "QuantileTransformer": "sklearn.preprocessing",
    "RobustScaler": "sklearn.preprocessing",
    "StandardScaler": "sklearn.preprocessing",
}


def _imports(parts: _Parts, body: list[str]) -> list[str]:
    """Return the imports of what the body calls, and of nothing else."""
    code = [line for line in body if not line.startswith("#")]
    wanted = {
        (module, name)
        for name, module in _MODULES.items()
        if any(re.search(rf"\b{name}\(", line) for line in code)
    }
    wanted.add((parts.module, parts.name))
    modules = sorted({module for module, _ in wanted})
    return [
        f"from {module} import {', '.join(sorted(n for m, n in wanted if m == module))}"
        for module in modules
    ]


def _assignment(name: str, value: list[str]) -> str:
    text = pprint.pformat(value, width=84, compact=True)
    return f"{name} = {text}" if "\n" not in text else f"{name} = (\n{text}\n)"
