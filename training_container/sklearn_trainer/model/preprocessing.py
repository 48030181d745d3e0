"""Prepares the features for an estimator; fitted inside each fold, as a part of the pipeline.

Numbers are imputed and scaled where the estimator needs it, categories become columns or codes,
datetimes parts of the calendar, free text a few dimensions. scikit-learn's own transformers, and
skrub's for datetimes and text: it is imported only where there are any. The hyperparameters
`preprocess__*` choose; what is absent is decided by what the estimator needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Final

import numpy as np
from sklearn import preprocessing
from sklearn.base import is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model import estimators
from sklearn_trainer.model.estimators import Estimator
from sklearn_trainer.model.hyperparameters import parse_parameters
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import Column

PREFIX: Final = "preprocess__"
ENCODING: Final = f"{PREFIX}encoding"

# The encoding where histogram gradient boosting splits on categories itself.
NATIVE: Final = "native"

TEXT_COMPONENTS = 30
MISSING_TEXT = "(missing)"
TARGET_ENCODING_FOLDS = 5

_Part = tuple[str, Any, list[str]]


@dataclass(frozen=True)
class Preprocessing:
    """The choices; "" and None mean: by the estimator's needs."""

    imputation: str = ""
    scaling: str = ""
    encoding: str = ""
    components: int | None = None
    text_components: int | None = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "imputation": [StrOptions({"mean", "median", "most_frequent"})],
        "scaling": [StrOptions({"standard", "robust", "minmax", "quantile", "none"})],
        "encoding": [StrOptions({NATIVE, "onehot", "ordinal", "target"})],
        "components": [Interval(Integral, 1, None, closed="left")],
        "text_components": [Interval(Integral, 2, 300, closed="both")],
    }

    @classmethod
    def parse(cls, hyperparameters: Mapping[str, str]) -> Preprocessing:
        """Read the hyperparameters whose names start with preprocess__."""
        choices = {
            n.removeprefix(PREFIX): text
            for n, text in hyperparameters.items()
            if n.startswith(PREFIX)
        }
        return cls(**parse_parameters(cls, choices))


def build_preprocessing(
    schema: Schema, estimator: Estimator, chosen: Preprocessing, *, seed: int
) -> tuple[Any, int]:
    """Return a transformer, or None where nothing is to be done, and how many code columns it has.

    The codes of categories, for estimators that split on categories themselves, come first.
    """
    build = _Builder(schema, estimator, chosen, seed)
    coded = build.coded()
    parts = [part for part in build.parts(coded) if part[2]]
    if [part[0] for part in parts] == ["numbers"]:
        columns = build.numbers()
    else:
        columns = ColumnTransformer(parts, sparse_threshold=0.0, verbose_feature_names_out=False)
    return _then(columns, *build.components()), len(coded)


@dataclass
class _Builder:
    """The parts of the preprocessing of one estimator."""

    schema: Schema
    estimator: Estimator
    chosen: Preprocessing
    seed: int

    def __post_init__(self) -> None:
        estimator, is_reduced = self.estimator, bool(self.chosen.components)
        self.positive = estimators.needs_positive(estimator)
        self.takes_missing = estimators.takes_missing(estimator) and not is_reduced
        splits_on_categories = estimators.takes_categories(estimator) and not is_reduced
        self.encoding = self.chosen.encoding or (NATIVE if splits_on_categories else "")
        if self.encoding == NATIVE and not splits_on_categories:
            raise HyperparameterError(
                f"{type(estimator).__name__} does not split on categories itself",
                where=ENCODING,
                found=repr(NATIVE),
                expected="histogram gradient boosting without principal components, or another "
                "encoding",
                to_do="Correct it in tuning.yaml.",
            )

    def parts(self, coded: Sequence[str]) -> list[_Part]:
        """Return what each column goes through, the coded ones first."""
        low, high = (
            [feature.name for feature in them]
            for them in (self.schema.low_cardinality, self.schema.high_cardinality)
        )
        one_hot, ordinal, by_target = self.encoded([n for n in low if n not in coded], high, coded)
        return [
            ("codes", self.codes() if coded else None, list(coded)),
            (
                "one_hot",
                preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                one_hot,
            ),
            ("ordinal", _then(self.ordinal(), self.scaler() or self.to_positive()), ordinal),
            ("target_encoded", _then(self.target_encoder(), self.scaler()), by_target),
            ("numbers", self.numbers() or "passthrough", self.schema.numbers),
            *(
                (f"datetime_{i}", self.datetime(feature), [feature.name])
                for i, feature in enumerate(self.schema.datetime_columns)
            ),
            *(
                (f"text_{i}", self.text(feature), [feature.name])
                for i, feature in enumerate(self.schema.text_columns)
            ),
        ]

    def coded(self) -> list[str]:
        """Return the categories that the estimator splits on itself, as far as its bins go."""
        if self.encoding != NATIVE:
            return []
        bins = self.estimator.get_params()["max_bins"]
        categories = (*self.schema.low_cardinality, *self.schema.high_cardinality)
        return [feature.name for feature in categories if feature.distinct < bins]

    def encoded(
        self, low: list[str], high: list[str], coded: Sequence[str]
    ) -> tuple[list[str], list[str], list[str]]:
        """Sort categories by how they become numbers: one column each, by code, by the target."""
        rest = [name for name in high if name not in coded]
        if self.encoding == "ordinal":
            return [], low, rest
        if self.encoding in ("target", NATIVE):
            return [], [], [*low, *rest]
        return low, [], rest

    def numbers(self) -> Any:
        """Return the transformer of numbers, None where they can stay as they are."""
        return _then(self.imputer(), self.scaler())

    def imputer(self) -> Any:
        """Return the imputer of numbers, None where the estimator takes missing values."""
        if self.takes_missing and not self.chosen.imputation:
            return None
        return SimpleImputer(
            strategy=self.chosen.imputation or "median",
            add_indicator=True,
            keep_empty_features=True,
        )

    def scaler(self) -> Any:
        """Return the scaler that was chosen or is needed, None for none."""
        is_needed = estimators.needs_scaling(self.estimator) or self.chosen.components
        scaling = self.chosen.scaling or ("standard" if is_needed else "none")
        if self.positive and scaling != "none" and not self.chosen.components:
            return self.to_positive()
        scalers = {
            "standard": preprocessing.StandardScaler(),
            "robust": preprocessing.RobustScaler(),
            "minmax": preprocessing.MinMaxScaler(),
            "quantile": preprocessing.QuantileTransformer(
                n_quantiles=100, output_distribution="normal", random_state=0
            ),
        }
        return scalers.get(scaling)

    def to_positive(self) -> Any:
        """Return a scaler to positive numbers, for an estimator that takes no others."""
        return preprocessing.MinMaxScaler(clip=True) if self.positive else None

    def codes(self) -> Any:
        """Return the coder for an estimator that takes missing codes for unknown categories."""
        return preprocessing.OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=np.nan,
            encoded_missing_value=np.nan,
            max_categories=self.estimator.get_params()["max_bins"],
        )

    def ordinal(self) -> Any:
        """Return the coder for all others, for whom -1 is unknown or missing."""
        return preprocessing.OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
        )

    def target_encoder(self) -> Any:
        """Return the encoder that puts the target's mean in a category's place."""
        # Left to itself, it takes a regression's target of whole numbers for classes, each of
        # which becomes a column.
        kind = "continuous" if is_regressor(self.estimator) else "auto"
        folds = KFold(TARGET_ENCODING_FOLDS, shuffle=True, random_state=self.seed)
        return preprocessing.TargetEncoder(target_type=kind, cv=folds)

    def datetime(self, feature: Column) -> Any:
        """Return the encoder of datetimes; circular where the scale of a feature matters."""
        from skrub import DatetimeEncoder

        encoder = DatetimeEncoder(
            resolution="second" if feature.has_time_of_day else "hour",
            add_weekday=True,
            periodic_encoding="circular" if estimators.needs_scaling(self.estimator) else None,
        )
        return _then(_of_one_column(encoder), self.imputer(), self.scaler())

    def text(self, feature: Column) -> Any:
        """Return the encoder of free text: the main directions of its character n-grams."""
        from skrub import StringEncoder

        components = self.chosen.text_components or TEXT_COMPONENTS
        # A fold has at least half of the words, and has to have more of them than dimensions.
        dimensions = max(2, min(components, feature.distinct // 2 - 1))
        # Rows without a text are rows with the same text: a fold of nothing else can be fitted.
        fill_missing = SimpleImputer(
            strategy="constant", fill_value=MISSING_TEXT, keep_empty_features=True
        ).set_output(transform="pandas")
        encoder = _of_one_column(StringEncoder(dimensions, random_state=self.seed))
        return _then(fill_missing, encoder, self.to_positive())

    def components(self) -> list[Any]:
        """Return the steps that leave the first principal components, as many as there are."""
        if not self.chosen.components:
            return []
        # How many there are is known in each fold only, and a slice may end beyond the last.
        first = slice(0, self.chosen.components)
        steps = [PCA(), ColumnTransformer([("first", "passthrough", first)])]
        return [*steps, self.to_positive()]


def _of_one_column(encoder: Any) -> Any:
    """Return an encoder of series that takes the only column of a frame, whose name may be ""."""
    return ColumnTransformer([("column", encoder, 0)])


def _then(*steps: Any) -> Any:
    """Return a pipeline of the steps that are not None."""
    present = [step for step in steps if step is not None]
    if len(present) < 2:
        return present[0] if present else None
    return make_pipeline(*present)


def known_categories(pipeline: Any) -> dict[str, frozenset[Any]]:
    """Return the categories of each encoded column that a fitted pipeline knows.

    Those of an ensemble are its first member's: all members were fitted on the same rows.
    """
    members = getattr(pipeline[-1], "estimators_", None)
    if members is not None and hasattr(members[0], "named_steps"):
        return known_categories(members[0])
    known: dict[str, frozenset[Any]] = {}
    prepare = pipeline[0]
    steps = [step for _, step in prepare.steps] if hasattr(prepare, "steps") else [prepare]
    for _, transformer, names in getattr(steps[0], "transformers_", ()):
        encoder = transformer[0] if hasattr(transformer, "steps") else transformer
        if hasattr(encoder, "categories_"):
            categories = (frozenset(values.tolist()) for values in encoder.categories_)
            known |= dict(zip(names, categories, strict=True))
    return known
