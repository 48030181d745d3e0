"""What is tuned of an estimator: the catalogue's default ranges, or tuning.yaml's instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sklearn_trainer.model.estimators import required_parameters
from sklearn_trainer.model.hyperparameters import hyperparameter_names
from sklearn_trainer.model.preprocessing import PREFIX
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators import catalogue
from tunedrop.planning.estimators.sklearn_estimators import (
    EstimatorClass,
    path_of,
)
from tunedrop.planning.estimators.values import check_value, example_inside, range_kind
from tunedrop.planning.folds import LeastTraining
from tunedrop.planning.tuning_config.estimator_config import (
    MAX_VALUES,
    NumericRangeConfig,
    Value,
)
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Range, Task

_SEED = "random_state"


def resolve_estimator(written: str, task: Task, config: TuningConfig, seed: int) -> EstimatorPlan:
    """Put together what tuning.yaml and the catalogue say about one estimator.

    `ranges` of tuning.yaml replace the catalogue's; what is `fixed` is not tuned.

    Parameters
    ----------
    written
        Its name, as tuning.yaml or a default has it.
    """
    estimator = catalogue.find_estimator(written, task, config.where("estimators", written))
    key = written if written in catalogue.names() else estimator.__name__
    entry = _Entry(estimator, config, written)
    defaults = catalogue.space_of(estimator.__name__)
    own = config.estimator(written)
    usual = defaults.fixed_beside({*own.fixed, *(own.ranges or ())})
    own_fixed = entry.own_fixed(usual)
    fixed = {**usual, **own_fixed}
    ranges: dict[str, Range]
    if own.ranges is None:
        ranges = {
            name: range_
            for name, range_ in defaults.ranges.items()
            if name not in own_fixed and name.partition("__")[0] not in own_fixed
        }
    else:
        ranges = {
            name: entry.own_range(name, written_range, fixed, defaults.ranges.get(name))
            for name, written_range in own.ranges.items()
        }
    entry.check_complete(key, fixed, ranges, has_defaults=bool(defaults.ranges))
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


def without(plan: EstimatorPlan, name: str, config: TuningConfig) -> EstimatorPlan:
    """Return the estimator without one of the catalogue's ranges; tuning.yaml's own stay."""
    ranges = {each: given for each, given in plan.ranges.items() if each != name}
    if not ranges or _has_own_ranges(plan, config):
        return plan
    return plan.model_copy(update={"ranges": ranges})


def within_rows(
    plan: EstimatorPlan, config: TuningConfig, least: LeastTraining
) -> tuple[EstimatorPlan, str]:
    """Return the estimator with the catalogue's ranges ending at what the rows of a fold allow.

    The sentence says so; it is "" where nothing changes. tuning.yaml's own ranges stay.
    """
    if _has_own_ranges(plan, config):
        return plan, ""
    limits = {"n_neighbors": (float(least.rows), f"a fold is trained on {least.rows} rows")}
    if plan.class_path.endswith(".NuSVC"):
        why = "the classes are unequal, and nu bounds what the rarest takes part in"
        limits["nu"] = (least.nu, why)
    ranges, sentences = dict(plan.ranges), []
    for name, (limit, why) in limits.items():
        usual = ranges.get(name)
        if isinstance(usual, NumericRange) and usual.minimum < limit < usual.maximum:
            ranges[name] = usual.model_copy(update={"maximum": limit})
            sentences.append(
                f"{name} of {plan.key} is tuned up to {limit:.3g} instead of {usual.maximum:g}: "
                f"{why}."
            )
    return plan.model_copy(update={"ranges": ranges}), " ".join(sentences)


def _has_own_ranges(plan: EstimatorPlan, config: TuningConfig) -> bool:
    return config.estimator(config.written_name(plan.key)).ranges is not None


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
        own = self.config.estimator(self.written)
        found: dict[str, str] = {}
        # What is inside comes first: it decides what the names with two underscores are.
        for name in sorted(own.fixed, key=lambda name: name.count("__")):
            where = self._where("fixed", name)
            if name in (own.ranges or ()):
                raise TuningConfigError(
                    f"{name} is both tuned and fixed",
                    where=where,
                    to_do="Remove it from `ranges` or from `fixed`.",
                )
            text = to_text(own.fixed[name])
            found[name] = check_value(self.estimator, name, text, where, {**usual, **found})
        return found

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
            return self._own_values(name, written, fixed, where)
        usual = usual if isinstance(usual, NumericRange) else None
        return NumericRange(
            kind=range_kind(self.estimator, name, written, where, fixed),
            minimum=written.min,
            maximum=written.max,
            scaling=_scaling(written, usual),
        )

    def _own_values(
        self, name: str, written: list[Value], fixed: Mapping[str, str], where: str
    ) -> CategoricalRange:
        texts = [
            check_value(self.estimator, name, to_text(value), where, fixed) for value in written
        ]
        if not 1 <= len(texts) <= MAX_VALUES or len(set(texts)) < len(texts):
            raise TuningConfigError(
                f"The list of values of {name} cannot be tuned",
                where=where,
                found=f"{len(texts)} values, {len(set(texts))} of them different",
                expected=f"1 to {MAX_VALUES} different values",
                to_do="Correct the list, or give a range with min and max.",
            )
        return CategoricalRange(kind="categorical", values=tuple(texts))

    def check_complete(
        self, key: str, fixed: Mapping[str, str], ranges: Mapping[str, Range], *, has_defaults: bool
    ) -> None:
        """Check that nothing is missing, and something is tuned."""
        required = required_parameters(self.estimator)
        missing = [name for name in required if name not in {*fixed, *ranges}]
        if missing:
            what = f"{self.estimator.__name__} wraps another estimator, which has to be named"
            expected = f"`{missing[0]}` among its `fixed`"
            to_do = f"Add for instance `fixed: {{{missing[0]}: {example_inside(self.estimator)}}}`."
        elif not ranges and not has_defaults:
            what = f"The catalogue has no ranges for {key}, so tuning.yaml has to name some"
            names = ", ".join(hyperparameter_names(self.estimator))
            expected = f"`ranges` of some of these: {names}, {PREFIX}scaling and others of it"
            to_do = "Add `ranges` with a {min, max} or a list of values for each of them."
        elif not ranges or (
            self.config.strategy != "grid" and all(map(_is_single, ranges.values()))
        ):
            what = f"Nothing is left to tune of {key}"
            expected = "a range with min and max, or a list of two values or more"
            to_do = "Take a hyperparameter out of `fixed`, or give `ranges` with more values."
        else:
            return
        raise TuningConfigError(what, where=self._where(), expected=expected, to_do=to_do)

    def _where(self, *path: str) -> str:
        return self.config.where("estimators", self.written, *path)


def _is_single(given: Range) -> bool:
    return isinstance(given, CategoricalRange) and len(given.values) == 1


def _scaling(written: NumericRangeConfig, usual: NumericRange | None) -> catalogue.Scaling:
    if written.scaling is not None:
        return catalogue.SCALINGS[written.scaling]
    if usual is None or (usual.scaling == "Logarithmic" and written.min <= 0):
        return "Auto"
    return usual.scaling
