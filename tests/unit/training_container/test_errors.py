"""How models err: counts, rates and curves are scikit-learn's, on one repeat of the folds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    mean_absolute_error,
    median_absolute_error,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.explanation.bins import FEWEST_ROWS
from sklearn_trainer.explanation.classification import classification_errors
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.errors import compare_to_champion
from sklearn_trainer.explanation.regression import histogram, regression_errors
from tests.support.training.contender_predictions import (
    RATIO,
    ends,
    predicted,
    predictions,
    scored_rows,
)

ROWS = 400


def two_classes(labels: Any = ("no", "yes"), **options: Any) -> ContenderPredictions:
    draw = np.random.default_rng(3)
    y = (draw.random(ROWS) < 0.3).astype(np.int64)
    scored = scored_rows(ROWS)
    likely, worse = (
        1 / (1 + np.exp(-draw.normal(y[scored.rows] * slope - start, 1)))
        for slope, start in ((2.0, 1.5), (1.0, 1.0))
    )
    contenders = {
        "tuned:model": predicted(likely[:, None], "probabilities"),
        "champion": predicted(worse[:, None], "probabilities"),
    }
    return predictions(y, contenders, classes=list(labels), scored=scored, **options)


def several_classes(count: int = 4, rows: int = ROWS, **options: Any) -> ContenderPredictions:
    draw = np.random.default_rng(4)
    share = 0.9 ** np.arange(count)
    y = draw.choice(count, rows, p=share / share.sum())
    scored = scored_rows(rows)
    values = draw.random((len(scored.rows), count))
    values[np.arange(len(values)), y[scored.rows]] += 0.6
    values = values / values.sum(axis=1, keepdims=True)
    classes = [f"class {number:03}" for number in range(count)]
    contenders = {"tuned:model": predicted(values, options.pop("kind", "probabilities"))}
    return predictions(y, contenders, classes=classes, scored=scored, **options)


def amounts(**options: Any) -> ContenderPredictions:
    draw = np.random.default_rng(6)
    y = draw.gamma(2.0, 100.0, ROWS)
    scored = scored_rows(ROWS)
    actual = y[scored.rows]
    contenders = {
        name: predicted(
            slope * actual[:, None] + draw.normal(start, 20, (len(actual), 1)), "values"
        )
        for name, slope, start in (("tuned:model", 0.8, 30), ("champion", 0.5, 100))
    }
    return predictions(y, contenders, scored=scored, **options)


OPTIONS = [
    pytest.param({}, id="plain"),
    pytest.param({"weights": np.random.default_rng(8).lognormal(0, 1, ROWS)}, id="weights"),
    pytest.param({"groups": np.random.default_rng(8).integers(0, 50, ROWS)}, id="groups"),
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("make", [two_classes, several_classes])
def test_counts_and_rates_are_scikit_learns(make: Any, options: Any) -> None:
    synthetic = make(**options)
    errors, once = classification_errors(synthetic, RATIO), synthetic.first_repeat()
    pairs = once.actual, once.predicted.predicted_class
    matrix = confusion_matrix(*pairs)
    assert np.array_equal(errors.confusion.counts, matrix)
    assert errors.confusion.labels == tuple(synthetic.classes)
    weighted = confusion_matrix(*pairs, sample_weight=once.weights, normalize="true")
    assert np.array(errors.confusion.shares) == pytest.approx(weighted)
    precision, recall, _, _ = precision_recall_fscore_support(*pairs, sample_weight=once.weights)
    rows = [one_class.rows for one_class in errors.classes]
    assert rows == sorted(rows, reverse=True)
    for one_class in errors.classes:
        place = synthetic.classes.index(one_class.label)
        assert (one_class.rows, one_class.predicted) == (
            matrix[place].sum(),
            matrix[:, place].sum(),
        )
        assert one_class.precision.value == pytest.approx(precision[place])
        assert one_class.recall.value == pytest.approx(recall[place])
        low, high = ends(one_class.recall)
        assert 0 <= low < recall[place] < high <= 1
    assert (errors.basis.rows, errors.basis.of_rows, errors.basis.repeats) == (ROWS, ROWS, 4)
    assert errors.basis.weighted == ("weights" in options)
    assert errors.basis.groups == (50 if "groups" in options else None)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("make", [two_classes, several_classes])
def test_curves_keep_their_shape_and_areas_have_the_interval_of_the_folds(
    make: Any, options: Any
) -> None:
    synthetic = make(**options)
    errors, once = classification_errors(synthetic, RATIO), synthetic.first_repeat()
    for roc, pr in zip(errors.roc, errors.precision_recall, strict=True):
        index = synthetic.classes.index(roc.label)
        assert pr.label == roc.label
        ranked = once.actual == index, once.predicted.of_class(index)
        area = roc_auc_score(*ranked, sample_weight=once.weights)
        assert roc.area.value == pytest.approx(area)
        expected = average_precision_score(*ranked, sample_weight=once.weights)
        assert pr.area.value == pytest.approx(expected)
        assert np.trapezoid(roc.y, roc.x) == pytest.approx(area, abs=0.003)
        x, y, _ = roc_curve(*ranked, sample_weight=once.weights)
        all_points = {*zip(x.round(5), y.round(5), strict=True)}
        assert {*zip(roc.x, roc.y, strict=True)} <= all_points
        assert (pr.x[0], pr.x[-1]) == (0, 1)
        assert len(roc.x) == len(roc.y) <= 100 >= len(pr.x) == len(pr.y)
        of_folds = [
            roc_auc_score(
                fold.actual == index, fold.predicted.of_class(index), sample_weight=fold.weights
            )
            for fold in synthetic.by_fold()
        ]
        assert len(of_folds) == 20
        interval = estimate(of_folds, FoldSizes(RATIO, ROWS)).interval
        assert np.subtract(*ends(roc.area)) == pytest.approx(np.subtract(*interval))


def test_calibration_is_scikit_learns_in_bins_of_enough_rows() -> None:
    synthetic = two_classes()
    calibration, once = (
        classification_errors(synthetic, RATIO).calibration,
        synthetic.first_repeat(),
    )
    assert calibration is not None
    assert calibration.label == "yes"
    values = once.predicted.of_class(1)
    observed, likely = calibration_curve(once.actual, values, n_bins=10, strategy="quantile")
    assert [bin_.observed.value for bin_ in calibration.bins] == pytest.approx(observed, abs=0.03)
    assert [bin_.predicted for bin_ in calibration.bins] == pytest.approx(likely, abs=0.01)
    assert [bin_.rows for bin_ in calibration.bins] == [ROWS // 10] * 10
    assert calibration.brier.value == pytest.approx(brier_score_loss(once.actual, values))
    share = once.actual.mean()
    assert calibration.baseline_brier == pytest.approx(share * (1 - share))


def test_calibration_of_several_classes_is_about_the_class_called() -> None:
    synthetic = several_classes()
    errors, once = classification_errors(synthetic, RATIO), synthetic.first_repeat()
    calibration = errors.calibration
    assert calibration is not None
    assert (calibration.label, errors.thresholds) == (None, ())
    right = once.predicted.predicted_class == once.actual
    shares = [(bin_.observed.value or 0) * bin_.rows for bin_ in calibration.bins]
    assert sum(shares) == pytest.approx(right.sum())
    values = once.predicted.values.astype(float)
    expected = brier_score_loss(once.actual, values / values.sum(axis=1, keepdims=True))
    assert calibration.brier.value == pytest.approx(expected)


@pytest.mark.parametrize("options", OPTIONS)
def test_thresholds_say_what_calling_from_there_on_brings(options: Any) -> None:
    synthetic = two_classes(**options)
    thresholds, once = classification_errors(synthetic, RATIO).thresholds, synthetic.first_repeat()
    values, true = once.predicted.of_class(1), once.actual == 1
    weights = np.ones(ROWS) if once.weights is None else once.weights
    assert 51 < len(thresholds) <= 101
    assert 0.5 in [threshold.threshold for threshold in thresholds]
    for threshold in thresholds:
        flagged = values >= threshold.threshold
        assert threshold.flagged == pytest.approx(np.average(flagged, weights=weights))
        assert threshold.recall == pytest.approx(np.average(flagged[true], weights=weights[true]))
        precision = np.average(true[flagged], weights=weights[flagged]) if flagged.any() else None
        assert threshold.precision == pytest.approx(precision)


@pytest.mark.parametrize(
    ("labels", "positive"),
    [(["a", "b"], "b"), ([0, 1], 1), ([False, True], True), ([1, 2], 1), (["0", "1"], "1")],
)
def test_the_positive_class_is_the_one_that_metrics_are_about(labels: Any, positive: Any) -> None:
    errors = classification_errors(two_classes(labels), RATIO)
    assert errors.calibration is not None
    labels_shown = (errors.positive, errors.roc[0].label, errors.calibration.label)
    assert labels_shown == (positive,) * 3
    assert type(errors.positive) is type(positive)
    assert (errors.roc[0].area.value or 0) > 0.7


def test_decisions_have_curves_and_labels_have_none() -> None:
    errors = classification_errors(several_classes(3, kind="decisions"), RATIO)
    assert (len(errors.roc), errors.calibration) == (3, None)
    synthetic = several_classes(3)
    labels = predicted(np.empty((len(synthetic.actual), 0)), "labels", synthetic.predicted.labels)
    bare = classification_errors(replace(synthetic, contenders={"tuned:model": labels}), RATIO)
    assert (bare.roc, bare.precision_recall, bare.calibration) == ((), (), None)
    assert bare.confusion == classification_errors(synthetic, RATIO).confusion


def test_many_classes_are_folded_into_one() -> None:
    synthetic = several_classes(40, 3000)
    errors, once = classification_errors(synthetic, RATIO), synthetic.first_repeat()
    assert (len(errors.classes), len(errors.roc), errors.confusion.folded) == (40, 30, 10)
    counts = np.array(errors.confusion.counts)
    assert counts.shape == (31, 31)
    assert counts.sum() == 3000
    shown = [(synthetic.classes or []).index(label) for label in errors.confusion.labels]
    assert counts[-1].sum() == (~np.isin(once.actual, shown)).sum()


@pytest.mark.parametrize("options", OPTIONS)
def test_a_regressions_numbers_are_those_of_its_rows(options: Any) -> None:
    synthetic = amounts(**options)
    errors, once = regression_errors(synthetic), synthetic.first_repeat()
    guess = once.predicted.values[:, 0].astype(float)
    residual = once.actual - guess
    average = mean_absolute_error(once.actual, guess, sample_weight=once.weights)
    assert errors.mean_absolute_error.value == pytest.approx(average)
    low, high = ends(errors.mean_absolute_error)
    assert low < average < high
    median = median_absolute_error(once.actual, guess, sample_weight=once.weights)
    assert errors.median_absolute_error == pytest.approx(median)
    assert [bin_.rows for bin_ in errors.bins] == [FEWEST_ROWS] * 20
    first = np.argsort(guess)[:FEWEST_ROWS]
    assert errors.bins[0].residual[2] in residual[first]
    assert list(errors.bins[0].actual) == sorted(errors.bins[0].actual)
    for bar in errors.histogram[1:-1]:
        inside = (residual >= bar.low) & (residual < bar.high)
        assert bar.rows == pytest.approx(inside.sum(), abs=1)
    assert sum(bar.rows for bar in errors.histogram) == ROWS


def test_coverage_is_measured_on_folds_that_did_not_set_the_bounds() -> None:
    synthetic = amounts()
    once = synthetic.first_repeat()
    residual = once.actual - once.predicted.values[:, 0].astype(float)
    second = once.folds % 2 == 1
    for bound in regression_errors(synthetic).bounds:
        tails = [(1 - bound.level) / 2, (1 + bound.level) / 2]
        assert [bound.low, bound.high] == pytest.approx(np.quantile(residual, tails), rel=0.05)
        covered = 0
        for half in (second, ~second):
            low, high = np.quantile(residual[half], tails, method="inverted_cdf")
            covered += ((residual[~half] >= low) & (residual[~half] <= high)).sum()
        assert bound.coverage.value == pytest.approx(covered / ROWS)
        low, high = ends(bound.coverage)
        assert low < covered / ROWS < high


@pytest.mark.parametrize("rows", [6, 30, 200])
def test_constant_predictions_and_few_rows_are_handled(rows: int) -> None:
    y, scored = np.arange(rows, dtype=float), scored_rows(rows)
    constant = predicted(np.full((len(scored.rows), 1), 12.5), "values")
    synthetic = predictions(y, {"tuned:model": constant, "champion": constant}, scored=scored)
    errors = regression_errors(synthetic)
    assert len(errors.bins) == (rows >= FEWEST_ROWS)
    assert sum(bar.rows for bar in errors.histogram) == rows
    against = compare_to_champion(synthetic)
    assert against is not None
    assert {change.gain.value for change in against.changes} == {0.0}
    same = {"tuned:model": predicted(np.full((len(scored.rows), 1), 0.4), "probabilities")}
    half = (y >= rows / 2).astype(np.int64)
    classes = classification_errors(
        predictions(half, same, classes=["a", "b"], scored=scored), RATIO
    )
    assert classes.roc[0].area.value == 0.5
    assert [one_class.predicted for one_class in classes.classes] == [rows, 0]
    assert classes.calibration is not None
    assert len(classes.calibration.bins) == (rows >= FEWEST_ROWS)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(50),
        np.full(50, 1e16),
        np.append(np.random.default_rng(1).normal(0, 1e-3, 999), 1e30),
    ],
)
def test_a_histogram_counts_all_values(values: Any) -> None:
    bars = histogram(values)
    assert sum(bar.rows for bar in bars) == len(values)
    assert bars[-1].high <= 1e16


def test_rows_of_weight_0_change_nothing() -> None:
    weights = np.where(np.arange(ROWS) < 100, 0.0, 1.0)
    errors = classification_errors(two_classes(weights=weights), RATIO)
    once = two_classes().first_repeat()
    once = once.take(once.rows >= 100)
    assert errors.basis.rows == 300
    expected = roc_auc_score(once.actual, once.predicted.of_class(1))
    assert errors.roc[0].area.value == pytest.approx(expected)


@pytest.mark.parametrize("options", OPTIONS)
def test_a_promotion_is_compared_class_by_class(options: Any) -> None:
    synthetic = two_classes(**options)
    against, once = compare_to_champion(synthetic), synthetic.first_repeat()
    assert against is not None
    assert against.measure == "recall"
    recalls = [
        precision_recall_fscore_support(
            once.actual, once.of(name).predicted.predicted_class, sample_weight=once.weights
        )[1]
        for name in ("champion", "tuned:model")
    ]
    assert [change.label for change in against.changes] == ["no", "yes"]
    for index, change in enumerate(against.changes):
        champion, selected = (recall[index] for recall in recalls)
        assert (change.champion, change.selected) == pytest.approx((champion, selected))
        assert change.gain.value == pytest.approx(selected - champion)
        low, high = ends(change.gain)
        assert low < selected - champion < high


def test_a_promotion_is_compared_tenth_by_tenth_of_the_target() -> None:
    synthetic = amounts()
    against, once = compare_to_champion(synthetic), synthetic.first_repeat()
    assert against is not None
    assert against.measure == "mean absolute error"
    assert sum(change.rows for change in against.changes) == ROWS
    first = against.changes[0]
    lowest = once.actual <= float(first.label.removeprefix("up to "))
    off = [np.abs(once.of(name).errors)[lowest].mean() for name in ("champion", "tuned:model")]
    assert (first.rows, first.champion, first.selected) == (lowest.sum(), *map(pytest.approx, off))
    assert first.gain.value == pytest.approx(off[0] - off[1])
    assert len(against.changes) == 10


def test_there_is_nothing_to_compare_without_a_champion_or_where_it_is_selected() -> None:
    assert compare_to_champion(two_classes(selected="champion")) is None
    assert compare_to_champion(several_classes()) is None


def test_a_class_that_the_repeat_does_not_have_has_no_recall_and_no_curve() -> None:
    synthetic = several_classes(3)
    errors = classification_errors(synthetic.take(synthetic.actual != 2), RATIO)
    last = errors.classes[-1]
    assert (last.label, last.rows, last.recall.value) == ("class 002", 0, None)
    assert last.predicted > 0
    assert last.precision.value == 0
    assert sorted(str(curve.label) for curve in errors.roc) == ["class 000", "class 001"]
