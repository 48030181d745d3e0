"""The shipped model as Python to paste: a pipeline with its hyperparameters, and how to load it.

The preprocessing is that of `sklearn_trainer.model.preprocessing`, as far as the plan's columns
tell; the fitted model knows more (what each column really held).
"""

from __future__ import annotations

import ast
import pprint
from collections.abc import Mapping
from dataclasses import dataclass

from tunedrop.planning.estimators.sklearn_estimators import (
    Prepared,
    SklearnEstimator,
    known_by_path,
)
from tunedrop.report.confirm_scores import CHAMPION, DUMMY, Contender
from tunedrop.report.python_estimator import Imports, estimator_lines
from tunedrop.report.results import Results
from tunedrop_common.plan import EstimatorPlan
from tunedrop_common.preprocessing import PREFIX

_COMPOSE = "sklearn.compose"
_PIPELINE = "sklearn.pipeline"
_PREPROCESSING = "sklearn.preprocessing"

_NUMBERS_CLASSES = "HistGradientBoostingClassifier"
_BINS = 8  # as sklearn_trainer.model.pipeline has it, for estimators that take nothing but codes
_SCALERS = {
    "standard": ("StandardScaler", ""),
    "robust": ("RobustScaler", ""),
    "minmax": ("MinMaxScaler", ""),
    "quantile": (
        "QuantileTransformer",
        'n_quantiles=100, output_distribution="normal", random_state=0',
    ),
}


@dataclass(frozen=True)
class _Sketch:
    """What the code is made of."""

    estimator: SklearnEstimator
    plan: EstimatorPlan
    values: Mapping[str, str]
    chosen: Mapping[str, str]
    numeric: list[str]
    categorical: list[str]
    others: list[str]

    @property
    def prepared(self) -> Prepared:
        """How features and target are prepared."""
        return self.estimator.prepared_with(self.values)

    @property
    def components(self) -> str:
        """The number of principal components, "" for none."""
        text = self.chosen.get("components", "")
        return str(int(float(text))) if text else ""

    @property
    def native(self) -> bool:
        """Whether the estimator splits on categories itself."""
        return self.prepared.categories and not (self.chosen.get("encoding") or self.components)


def pipeline_code(results: Results) -> str:
    """Return a script that builds the shipped estimator's pipeline; "" when there is none."""
    sketch = _sketch(results)
    if sketch is None:
        return ""
    imports = Imports()
    body = _body(sketch, results, imports)
    return "\n".join([*imports.lines(), "", *body]) + "\n"


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


def _sketch(results: Results) -> _Sketch | None:
    shipped = results.confirm.shipped_contender
    plan = _plan_of(results, shipped)
    if plan is None:
        return None
    estimator = known_by_path("sklearn." + plan.class_path.removeprefix("sklearn."))
    if estimator is None:
        return None
    columns = [column for column in results.data.columns if column.role == "feature"]
    numeric = [c.name for c in columns if c.kind in ("numeric", "boolean")]
    categorical = [c.name for c in columns if c.kind == "categorical"]
    if not numeric and not categorical:
        return None
    given = {name: str(value) for name, value in shipped.hyperparameters.items()}
    return _Sketch(
        estimator=estimator,
        plan=plan,
        values={n: v for n, v in given.items() if not n.startswith(PREFIX)},
        chosen={n.removeprefix(PREFIX): v for n, v in given.items() if n.startswith(PREFIX)},
        numeric=numeric,
        categorical=categorical,
        others=[c.name for c in columns if c.kind in ("text", "datetime")],
    )


def _plan_of(results: Results, shipped: Contender) -> EstimatorPlan | None:
    if shipped.name == DUMMY:
        return None
    if shipped.name == CHAMPION and results.champion_estimator:
        return results.champion_estimator
    planned = (job.estimator for job in results.tuning_jobs)
    return next((each for each in planned if each.key == shipped.estimator), None)


def _body(sketch: _Sketch, results: Results, imports: Imports) -> list[str]:
    lines = []
    steps = []
    if sketch.categorical:
        lines.append(_assignment("categorical", sketch.categorical))
        steps.append(f"({_categories(sketch, results, imports)}, categorical)")
    if sketch.numeric:
        lines.append(_assignment("numeric", sketch.numeric))
        numbers = _chain([_imputer(sketch, imports), _scaler(sketch, imports)], imports)
        steps.append(f"({numbers or repr('passthrough')}, numeric)")
    if sketch.others:
        names = ", ".join(repr(name) for name in sketch.others)
        lines.append(f"# not in this sketch: {names}; the fitted model below prepares them")
    model = [*_after_columns(sketch, imports), _estimator(sketch, results, imports)]
    lines += [
        "",
        f"model = {imports.use(_PIPELINE, 'make_pipeline')}(",
        f"    {imports.use(_COMPOSE, 'make_column_transformer')}(",
        *[f"        {step}," for step in steps],
        *(
            ["        verbose_feature_names_out=False,", '    ).set_output(transform="pandas"),']
            if sketch.values.get("monotonic_cst", "").startswith("{")
            else ["    ),"]
        ),
        *[f"    {line}" for step in model for line in _with_comma(step)],
        ")",
    ]
    known = " + ".join(n for n in ("categorical", "numeric") if getattr(sketch, n))
    return [*lines, f"# model.fit(data[{known}], data[{results.target!r}])"]


def _categories(sketch: _Sketch, results: Results, imports: Imports) -> str:
    """Return what turns categories into numbers."""
    encoding = sketch.chosen.get("encoding", "")
    if sketch.native or encoding == "ordinal":
        ordinal = imports.use(_PREPROCESSING, "OrdinalEncoder")
        unknown = 'float("nan")' if sketch.native else "-1"
        encoder = f'{ordinal}(handle_unknown="use_encoded_value", unknown_value={unknown}'
        if sketch.native:
            return f"{encoder})"
        scaler = _scaler(sketch, imports)
        if not scaler and sketch.prepared.positive:
            scaler = f"{imports.use(_PREPROCESSING, 'MinMaxScaler')}(clip=True)"
        return _chain([f"{encoder}, encoded_missing_value=-1)", scaler], imports)
    if encoding == "target":
        kind = "continuous" if results.task == "regression" else "auto"
        folds = f"{imports.use('sklearn.model_selection', 'KFold')}(5, shuffle=True, " + (
            f"random_state={results.seed})"
        )
        encoder = imports.use(_PREPROCESSING, "TargetEncoder")
        encoder = f'{encoder}(target_type="{kind}", cv={folds})'
        return _chain([encoder, _scaler(sketch, imports)], imports)
    one_hot = imports.use(_PREPROCESSING, "OneHotEncoder")
    return f'{one_hot}(handle_unknown="ignore", sparse_output=False)'


def _imputer(sketch: _Sketch, imports: Imports) -> str:
    chosen = sketch.chosen.get("imputation", "")
    if sketch.prepared.missing and not chosen and not sketch.components:
        return ""
    imputer = imports.use("sklearn.impute", "SimpleImputer")
    return (
        f"{imputer}(strategy={chosen or 'median'!r}, add_indicator=True, keep_empty_features=True)"
    )


def _scaler(sketch: _Sketch, imports: Imports) -> str:
    needed = sketch.prepared.scaled or bool(sketch.components)
    scaling = sketch.chosen.get("scaling") or ("standard" if needed else "none")
    if sketch.prepared.positive and scaling != "none" and not sketch.components:
        return f"{imports.use(_PREPROCESSING, 'MinMaxScaler')}(clip=True)"
    if scaling not in _SCALERS:
        return ""
    name, arguments = _SCALERS[scaling]
    return f"{imports.use(_PREPROCESSING, name)}({arguments})"


def _after_columns(sketch: _Sketch, imports: Imports) -> list[list[str]]:
    """Return the steps between the prepared columns and the estimator."""
    steps = []
    if sketch.components:
        steps.append([f"{imports.use('sklearn.decomposition', 'PCA')}()"])
        first = f'("passthrough", slice(0, {sketch.components}))'
        steps.append([f"{imports.use(_COMPOSE, 'make_column_transformer')}({first})"])
        if sketch.prepared.positive:
            steps.append([f"{imports.use(_PREPROCESSING, 'MinMaxScaler')}(clip=True)"])
    if sketch.prepared.codes:
        bins = imports.use(_PREPROCESSING, "KBinsDiscretizer")
        how = 'encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"'
        steps.append([f"{bins}({_BINS}, {how})"])
    return steps


def _estimator(sketch: _Sketch, results: Results, imports: Imports) -> list[str]:
    extra = {}
    if sketch.native and sketch.categorical and "categorical_features" not in sketch.values:
        extra["categorical_features"] = "list(range(len(categorical)))"
    takes_bins = sketch.prepared.codes and "min_categories" in sketch.estimator.parameters
    if takes_bins and "min_categories" not in sketch.values:
        extra["min_categories"] = str(_BINS)
    extra |= _numbered_weights(sketch, results)
    lines = estimator_lines(
        sketch.estimator,
        sketch.values,
        continuous=[n for n, r in sketch.plan.ranges.items() if r.kind == "continuous"],
        seed=results.seed,
        imports=imports,
        extra=extra,
    )
    if results.task != "regression" or not sketch.prepared.scaled_target:
        return lines
    return [
        f"{imports.use(_COMPOSE, 'TransformedTargetRegressor')}(",
        *[f"    {line}" for line in _with_comma([f"regressor={lines[0]}", *lines[1:]])],
        f"    transformer={imports.use(_PREPROCESSING, 'StandardScaler')}(),",
        ")",
    ]


def _numbered_weights(sketch: _Sketch, results: Results) -> dict[str, str]:
    """Return the weights of classes by the numbers of the classes, for the one which wants them.

    Histogram gradient boosting numbers the classes before it looks them up (scikit-learn 1.9).
    """
    text = sketch.values.get("class_weight", "")
    classes = results.confirm.classes
    if sketch.estimator.name != _NUMBERS_CLASSES or not text.startswith("{") or not classes:
        return {}
    weights = {str(label): weight for label, weight in ast.literal_eval(text).items()}
    known = {n: weights[str(c)] for n, c in enumerate(classes) if str(c) in weights}
    return {"class_weight": repr(known)}


def _with_comma(lines: list[str]) -> list[str]:
    return [*lines[:-1], f"{lines[-1]},"]


def _chain(steps: list[str], imports: Imports) -> str:
    present = [step for step in steps if step]
    if len(present) < 2:
        return "".join(present)
    return f"{imports.use(_PIPELINE, 'make_pipeline')}({', '.join(present)})"


def _assignment(name: str, value: list[str]) -> str:
    text = pprint.pformat(value, width=84, compact=True)
    return f"{name} = {text}" if "\n" not in text else f"{name} = (\n{text}\n)"
