"""What is tuned of an estimator: the catalogue's default ranges, or tuning.yaml's instead.

Names such as `estimator__max_depth` belong to the estimator inside, `preprocess__*` to the
preprocessing. Values are the strings of a plan: "None" for null, "0.1", "(64, 64)".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.estimators import INSIDE, required_parameters
from sklearn_trainer.model.hyperparameters import (
    RUN_PARAMETERS,
    RangeKind,
    accepted_ranges,
    describe_values,
    hyperparameter_names,
    parse_parameters,
)
from sklearn_trainer.model.preprocessing import PREFIX, Preprocessing
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.catalogue import (
    CATALOGUE,
    SCALINGS,
    ClassSpace,
    EstimatorClass,
    Scaling,
    find_class,
    find_estimator,
    path_of,
    task_of,
)
from tunedrop.planning.tuning_config.estimator_config import (
    NumericRangeConfig,
    Value,
)
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Range, Task

_SEED = "random_state"

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CategoricalParameterRange.html
_MAX_VALUE_LENGTH = 256


def resolve_estimator(written: str, task: Task, config: TuningConfig, seed: int) -> EstimatorPlan:
    """Put together what tuning.yaml and the catalogue say about one estimator.

    `ranges` of tuning.yaml replace the catalogue's; what is `fixed` is not tuned.

    Parameters
    ----------
    written
        Its name, as tuning.yaml or a default has it.
    """
    estimator = find_estimator(written, task, config.where("estimators", written))
    key = written if written in CATALOGUE.names else estimator.__name__
    entry = _Entry(estimator, config, written)
    defaults = CATALOGUE.classes.get(estimator.__name__, ClassSpace(fixed={}, ranges={}))
    details = config.estimator(written)
    own_fixed = entry.own_fixed(defaults.fixed)
    fixed = {**defaults.fixed, **own_fixed}
    ranges: dict[str, Range]
    if details.ranges is None:
        ranges = {
            name: range_
            for name, range_ in defaults.ranges.items()
            if name not in own_fixed and name.partition("__")[0] not in own_fixed
        }
    else:
        ranges = {
            name: entry.own_range(name, written_range, fixed, defaults.ranges.get(name))
            for name, written_range in details.ranges.items()
        }
    entry.check_complete(key, fixed, ranges)
    fixed = {name: text for name, text in fixed.items() if name not in ranges}
    if _SEED in hyperparameter_names(estimator) and _SEED not in ranges:
        fixed.setdefault(_SEED, str(seed))
    return EstimatorPlan(
        key=key,
        class_path=path_of(estimator),
        fixed=fixed,
        ranges=ranges,
        fixed_by_config=sorted(own_fixed),
    )


def to_text(value: object) -> str:
    """Write a value of tuning.yaml as the training container reads it.

    Example
    -------
    >>> to_text(None), to_text(True), to_text(0.1), to_text([64, 64]), to_text({"a": 2})
    ('None', 'True', '0.1', '(64, 64)', "{'a': 2}")
    """
    return value.strip() if isinstance(value, str) else repr(_with_tuples(value))


def _with_tuples(value: object) -> object:
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class _Entry:
    """What tuning.yaml says about one estimator, under the name that it has there."""

    estimator: EstimatorClass
    config: TuningConfig
    written: str

    def own_fixed(self, usual: Mapping[str, str]) -> dict[str, str]:
        """Return the hyperparameters that tuning.yaml fixes."""
        details = self.config.estimator(self.written)
        texts: dict[str, str] = {}
        # What is inside comes first: it decides what the names with two underscores are.
        for name in sorted(details.fixed, key=lambda name: name.count("__")):
            where = self._where("fixed", name)
            if name in (details.ranges or ()):
                raise TuningConfigError(
                    f"{name} is both tuned and fixed",
                    where=where,
                    to_do="Remove it from `ranges` or from `fixed`.",
                )
            text = to_text(details.fixed[name])
            texts[name] = check_value(self.estimator, name, text, where, {**usual, **texts})
        return texts

    def own_range(
        self,
        name: str,
        written: NumericRangeConfig | list[Value],
        fixed: Mapping[str, str],
        usual: Range | None,
    ) -> Range:
        """Return a range of tuning.yaml; what it leaves open is as in the catalogue's range."""
        where = self._where("ranges", name)
        if isinstance(written, list):
            texts = (to_text(value) for value in written)
            values = [check_value(self.estimator, name, text, where, fixed) for text in texts]
            longest = max(map(len, values))
            if longest > _MAX_VALUE_LENGTH:
                raise TuningConfigError(
                    f"A value of {name} is too long for SageMaker",
                    where=where,
                    found=f"{longest} characters",
                    expected=f"at most {_MAX_VALUE_LENGTH}",
                    to_do="Write shorter values, or a single one in `fixed`.",
                )
            return CategoricalRange(kind="categorical", values=tuple(dict.fromkeys(values)))
        usual = usual if isinstance(usual, NumericRange) else None
        return NumericRange(
            kind=range_kind(self.estimator, name, written, where, fixed),
            minimum=written.min,
            maximum=written.max,
            scaling=_scaling(written, usual),
        )

    def check_complete(
        self, key: str, fixed: Mapping[str, str], ranges: Mapping[str, Range]
    ) -> None:
        """Check that nothing is missing, and something is tuned."""
        required = required_parameters(self.estimator)
        missing = [name for name in required if name not in {*fixed, *ranges}]
        if missing:
            kind = "Classifier" if task_of(self.estimator) == "classification" else "Regressor"
            problem = f"{self.estimator.__name__} wraps another estimator, which must be named"
            expected = f"`{missing[0]}` among its `fixed`"
            to_do = f"Add for instance `fixed: {{{missing[0]}: DecisionTree{kind}}}`."
        elif not ranges or (
            self.config.strategy != "grid"
            and all(r.kind == "categorical" and len(r.values) == 1 for r in ranges.values())
        ):
            problem = f"{key} has nothing to tune"
            names = ", ".join(hyperparameter_names(self.estimator))
            expected = f"`ranges` of some of these: {names}, {PREFIX}scaling and others of it"
            to_do = "Add `ranges` with a {min, max}, or a list of two values or more, for some."
        else:
            return
        raise TuningConfigError(problem, where=self._where(), expected=expected, to_do=to_do)

    def _where(self, *path: str) -> str:
        return self.config.where("estimators", self.written, *path)


def _scaling(written: NumericRangeConfig, usual: NumericRange | None) -> Scaling:
    if written.scaling is not None:
        return SCALINGS[written.scaling]
    if usual is None or (usual.scaling == "Logarithmic" and written.min <= 0):
        return "Auto"
    return usual.scaling


def check_value(
    estimator: EstimatorClass, name: str, text: str, where: str, fixed: Mapping[str, str]
) -> str:
    """Return a value as the plan has it.

    Parameters
    ----------
    fixed
        The estimator's fixed values, which name the estimators inside.

    Raises
    ------
    TuningConfigError
        If scikit-learn takes no such hyperparameter, or not this value.
    """
    owner, own_name = _owner(estimator, name, where, fixed)
    try:
        parse_parameters(owner, {own_name: text})
    except HyperparameterError as error:
        if own_name in INSIDE and own_name in hyperparameter_names(owner):
            return path_of(find_estimator(text, task_of(estimator), where))
        raise _at(where, error) from None
    return text


def range_kind(
    estimator: EstimatorClass,
    name: str,
    written: NumericRangeConfig,
    where: str,
    fixed: Mapping[str, str],
) -> RangeKind:
    """Return of which numbers a range is; scikit-learn takes all of them."""
    owner, own_name = _owner(estimator, name, where, fixed)
    try:
        accepted = accepted_ranges(owner, own_name, written.min, written.max)
    except HyperparameterError as error:
        raise _at(where, error) from None
    if written.type == "int" and accepted:  # where real numbers are accepted, whole ones are, too
        return "integer"
    if written.type == "float":
        accepted.discard("integer")
    if not accepted:
        raise TuningConfigError(
            f"{owner.__name__} does not take all values of this range of {own_name}",
            where=where,
            found=f"'{written.min:g} to {written.max:g}'",
            expected=describe_values(owner, own_name),
            to_do="Correct min and max, or write a list of values.",
        )
    has_integer_ends = isinstance(written.min, int) and isinstance(written.max, int)
    preferred: RangeKind = "integer" if has_integer_ends else "continuous"
    return preferred if preferred in accepted else accepted.pop()


def _owner(
    estimator: EstimatorClass, name: str, where: str, fixed: Mapping[str, str]
) -> tuple[EstimatorClass, str]:
    """Return the class that a hyperparameter belongs to, and its name there."""
    if name.startswith(PREFIX):
        return Preprocessing, name.removeprefix(PREFIX)
    if name in RUN_PARAMETERS:
        raise TuningConfigError(
            f"Tunedrop sets {name}, which does not change the model",
            where=where,
            found=repr(name),
            expected="hyperparameters of the model",
            to_do=f"Remove {name}.",
        )
    outer, _, inner_name = name.partition("__")
    if not inner_name or outer not in INSIDE or outer not in hyperparameter_names(estimator):
        return estimator, name
    inside = find_class(fixed.get(outer, ""))
    if inside is None:
        return estimator, name
    prefix = f"{outer}__"
    inner_fixed = {n.removeprefix(prefix): v for n, v in fixed.items() if n.startswith(prefix)}
    return _owner(inside, inner_name, where, inner_fixed)


def _at(where: str, error: HyperparameterError) -> TuningConfigError:
    return TuningConfigError(
        error.what, where=where, found=error.found, expected=error.expected, to_do=error.to_do
    )
