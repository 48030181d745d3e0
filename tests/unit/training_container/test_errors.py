from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.explanation import against_champion, classification, regression
from sklearn_trainer.explanation.bins import FEWEST_ROWS
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, ScoredRows
from tests.support.training.contender_predictions import RATIO, predicted, predictions, scored_rows
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.model_errors import ClassificationErrors

ROWS = 400


def interval(measured: IntervalEstimate) -> tuple[float, float]:
    assert measured.interval is not None
    low, high = measured.interval
    assert low is not None
    assert high is not None
    return low, high


def two_classes(labels: list[Any], **about: Any) -> ContenderPredictions:
    draw = np.random.default_rng(3)
    y = (draw.random(ROWS) < 0.3).astype(np.int64)
    scored = scored_rows(ROWS)
    likely = 1 / (1 + np.exp(-draw.normal(y[scored.rows] * 2.0 - 1.5, 1)))
    worse = 1 / (1 + np.exp(-draw.normal(y[scored.rows] - 1.0, 1)))
    contenders = {
        "winner": predicted(likely[:, None], "probabilities"),
        "champion": predicted(worse[:, None], "probabilities"),
    }
    return predictions(y, contenders, classes=labels, scored=scored, **about)


def several_classes(count: int, rows: int = ROWS, **about: Any) -> ContenderPredictions:
    draw = np.random.default_rng(4)
    share = 0.9 ** np.arange(count)
    y = draw.choice(count, rows, p=share / share.sum())
    scored = scored_rows(rows)
    values = draw.random((len(scored.rows), count))
    values[np.arange(len(values)), y[scored.rows]] += 0.6
    values = values / values.sum(axis=1, keepdims=True)
    classes = [f"class {number:03}" for number in range(count)]
    contenders = {"winner": predicted(values, about.pop("kind", "probabilities"))}
    return predictions(y, contenders, classes=classes, scored=scored, **about)


def weights_of(found: ContenderPredictions, once: Any) -> Any:
    return None if found.weights is None else found.weights[once]


ABOUT = [
    pytest.param({}, id="plain"),
    pytest.param({"weights": np.random.default_rng(8).lognormal(0, 1, ROWS)}, id="weights"),
    pytest.param({"groups": np.random.default_rng(8).integers(0, 50, ROWS)}, id="groups"),
]


@pytest.mark.parametrize("about", ABOUT)
@pytest.mark.parametrize("count", [2, 4])
def test_counts_and_rates_are_scikit_learns_on_one_repeat(count: int, about: Any) -> None:
    found = two_classes(["no", "yes"], **about) if count == 2 else several_classes(count, **about)
    errors = classification.errors(found, RATIO)
    once = found.repeat(0)
    actual, labels = found.actual[once], found.contenders["winner"].labels
    assert labels is not None
    weights = weights_of(found, once)
    matrix = confusion_matrix(actual, labels[once])
    assert np.array_equal(errors.confusion.counts, matrix)
    assert errors.confusion.labels == tuple(found.classes or [])
    weighted = confusion_matrix(actual, labels[once], sample_weight=weights, normalize="true")
    assert np.array(errors.confusion.shares) == pytest.approx(weighted)
    precision, recall, _, _ = precision_recall_fscore_support(
        actual, labels[once], sample_weight=weights
    )
    rows = [each.rows for each in errors.classes]
    assert rows == sorted(rows, reverse=True)
    for each in errors.classes:
        place = (found.classes or []).index(each.label)
        assert each.rows == matrix[place].sum()
        assert each.predicted == matrix[:, place].sum()
        assert each.precision.value == pytest.approx(precision[place])
        assert each.recall.value == pytest.approx(recall[place])
        low, high = interval(each.recall)
        assert 0 <= low < recall[place] < high <= 1
    assert errors.basis.rows == ROWS
    assert errors.basis.repeats == 4
    assert errors.basis.weighted == ("weights" in about)
    assert errors.basis.groups == (50 if "groups" in about else None)


@pytest.mark.parametrize("about", ABOUT)
@pytest.mark.parametrize("count", [2, 4])
def test_curves_are_scikit_learns_and_keep_their_shape(count: int, about: Any) -> None:
    found = two_classes(["no", "yes"], **about) if count == 2 else several_classes(count, **about)
    errors = classification.errors(found, RATIO)
    once = found.repeat(0)
    weights = weights_of(found, once)
    assert len(errors.roc) == len(errors.precision_recall) == (1 if count == 2 else 4)
    for roc, pr in zip(errors.roc, errors.precision_recall, strict=True):
        index = (found.classes or []).index(roc.label)
        assert pr.label == roc.label
        every = found.contenders["winner"].of_class(index)
        true, values = found.actual[once] == index, every[once]
        assert roc.area.value == pytest.approx(roc_auc_score(true, values, sample_weight=weights))
        expected = average_precision_score(true, values, sample_weight=weights)
        assert pr.area.value == pytest.approx(expected)
        x, y, _ = roc_curve(true, values, sample_weight=weights)
        assert np.trapezoid(roc.y, roc.x) == pytest.approx(np.trapezoid(y, x), abs=0.003)
        assert farthest(x, y, roc.x, roc.y) < 0.01
        precision, recall, _ = precision_recall_curve(true, values, sample_weight=weights)
        assert farthest(recall, precision, pr.x, pr.y) < 0.02
        assert len(roc.x) == len(roc.y) <= 100
        assert len(pr.x) == len(pr.y) <= 100
        by_fold = []
        for fold in np.unique(found.scored.folds):
            here = found.scored.folds == fold
            its = weights_of(found, here)
            by_fold.append(
                roc_auc_score(found.actual[here] == index, every[here], sample_weight=its)
            )
        half = estimate(by_fold, RATIO, rows=ROWS)
        low, high = interval(roc.area)
        assert high - low == pytest.approx(half.interval[1] - half.interval[0])


def farthest(x: Any, y: Any, line_x: Any, line_y: Any) -> float:
    """Return how far a point is from a line at the most."""
    starts, ends = (np.column_stack([line_x, line_y])[part] for part in (slice(-1), slice(1, None)))
    points = np.column_stack([x, y])
    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    shares = np.clip(((points[:, None] - starts) * along).sum(axis=2) / length, 0, 1)
    nearest = starts + shares[..., None] * along
    return float(np.linalg.norm(points[:, None] - nearest, axis=2).min(axis=1).max())


def test_calibration_is_that_of_each_repeat_averaged() -> None:
    found = two_classes(["no", "yes"])
    calibration = classification.errors(found, RATIO).calibration
    assert calibration is not None
    values = found.contenders["winner"].of_class(1)
    repeats = [found.repeat(number) for number in range(4)]
    briers = [brier_score_loss(found.actual[each], values[each]) for each in repeats]
    assert calibration.label == "yes"
    assert calibration.brier.value == pytest.approx(np.mean(briers))
    share = found.actual[repeats[0]].mean()
    assert calibration.brier_of_guessing == pytest.approx(share * (1 - share))
    cuts = np.quantile(values[repeats[0]], np.arange(1, 10) / 10)
    observed, predictions = np.zeros(10), np.zeros(10)
    for each in repeats:
        true, guess = found.actual[each], values[each]
        in_bin = [np.searchsorted(cuts, guess) == number for number in range(10)]
        observed += [true[rows].mean() / 4 for rows in in_bin]
        predictions += [guess[rows].mean() / 4 for rows in in_bin]
    assert [each.rows for each in calibration.bins] == [ROWS // 10] * 10
    assert [each.observed.value for each in calibration.bins] == pytest.approx(observed)
    assert [each.predicted for each in calibration.bins] == pytest.approx(predictions)
    for measured in (each.observed for each in calibration.bins):
        low, high = interval(measured)
        assert measured.value is not None
        assert low <= measured.value < high


def normalised(values: Any) -> Any:
    return values.astype(float) / values.astype(float).sum(axis=1, keepdims=True)


def test_calibration_of_several_classes_is_about_the_class_called() -> None:
    found = several_classes(4)
    calibration = classification.errors(found, RATIO).calibration
    assert calibration is not None
    assert calibration.label is None
    winner = found.contenders["winner"]
    each_repeat = [
        brier_score_loss(found.actual[once], normalised(winner.values[once]))
        for once in map(found.repeat, range(4))
    ]
    assert calibration.brier.value == pytest.approx(np.mean(each_repeat), abs=1e-6)
    once = found.repeat(0)
    assert sum(each.rows for each in calibration.bins) == ROWS
    assert winner.labels is not None
    right = np.equal(winner.labels, found.actual)
    means = [each.predicted for each in calibration.bins]
    assert means == sorted(means)
    assert means[0] >= winner.values[once].max(axis=1).min() - 0.1
    shares = [each.observed.value or 0 for each in calibration.bins]
    assert np.mean(shares) == pytest.approx(right.mean(), abs=0.02)
    assert classification.errors(found, RATIO).thresholds == ()


def test_averaged_predictions_would_look_better_calibrated_and_are_not_used() -> None:
    found = two_classes(["no", "yes"])
    calibration = classification.errors(found, RATIO).calibration
    assert calibration is not None
    values = found.contenders["winner"].of_class(1)
    rows = found.scored.rows
    averaged = np.bincount(rows, values) / np.bincount(rows)
    assert calibration.brier.value is not None
    better = brier_score_loss(found.actual[found.repeat(0)], averaged)
    assert calibration.brier.value > better + 0.01


@pytest.mark.parametrize("about", ABOUT)
def test_thresholds_say_what_calling_from_there_on_brings(about: Any) -> None:
    found = two_classes(["no", "yes"], **about)
    thresholds = classification.errors(found, RATIO).thresholds
    once = found.repeat(0)
    values, true = found.contenders["winner"].of_class(1)[once], found.actual[once] == 1
    weights = np.ones(ROWS) if found.weights is None else found.weights[once]
    assert 51 < len(thresholds) <= 101
    assert 0.5 in [each.threshold for each in thresholds]
    for each in thresholds:
        flagged = values >= each.threshold
        assert each.flagged == pytest.approx(np.average(flagged, weights=weights))
        assert each.recall == pytest.approx(np.average(flagged[true], weights=weights[true]))
        if flagged.any():
            precision = np.average(true[flagged], weights=weights[flagged])
            assert each.precision == pytest.approx(precision)
        else:
            assert each.precision is None


@pytest.mark.parametrize(
    ("labels", "positive"),
    [(["b", "a"], "b"), ([0, 1], 1), ([False, True], True), ([1, 2], 1), (["0", "1"], "1")],
)
def test_the_positive_class_is_the_one_that_metrics_are_about(
    labels: list[Any], positive: Any
) -> None:
    labels = sorted(labels)
    errors = classification.errors(two_classes(labels), RATIO)
    assert errors.positive is positive or errors.positive == positive
    assert type(errors.positive) is type(positive)
    assert errors.roc[0].label == positive
    assert errors.calibration is not None
    assert errors.calibration.label == positive
    assert errors.roc[0].area.value is not None
    assert errors.roc[0].area.value > 0.7


def test_decisions_have_curves_and_labels_have_none() -> None:
    found = several_classes(3, kind="decisions")
    errors = classification.errors(found, RATIO)
    assert len(errors.roc) == 3
    assert errors.calibration is None
    winner = found.contenders["winner"]
    labels = predicted(np.empty((len(found.actual), 0)), "labels", winner.labels)
    bare = classification.errors(
        predictions(
            found.actual[found.repeat(0)],
            {"winner": labels},
            classes=found.classes,
            scored=found.scored,
        ),
        RATIO,
    )
    assert bare.classes == errors.classes
    assert bare.confusion == errors.confusion
    assert (bare.roc, bare.precision_recall, bare.calibration, bare.thresholds) == (
        (),
        (),
        None,
        (),
    )


def test_many_classes_are_folded_into_one() -> None:
    found = several_classes(40, 3000)
    errors = classification.errors(found, RATIO)
    assert len(errors.classes) == 40
    assert len(errors.roc) == 30
    assert len(errors.confusion.labels) == 30
    assert errors.confusion.folded == 10
    counts = np.array(errors.confusion.counts)
    assert counts.shape == (31, 31)
    assert counts.sum() == 3000
    once = found.repeat(0)
    shown = [(found.classes or []).index(label) for label in errors.confusion.labels]
    assert counts[-1].sum() == (~np.isin(found.actual[once], shown)).sum()
    assert shown == sorted(shown)


def test_a_class_that_the_repeat_does_not_have_has_no_recall_and_no_curve() -> None:
    found = several_classes(3)
    kept = found.actual != 2
    scored = ScoredRows(*(each[kept] for each in vars(found.scored).values()))
    winner = found.contenders["winner"]
    y = found.actual[found.repeat(0)]
    values = predicted(winner.values[kept], "probabilities")
    errors = classification.errors(
        predictions(y, {"winner": values}, classes=found.classes, scored=scored), RATIO
    )
    last = errors.classes[-1]
    assert (last.label, last.rows, last.recall.value) == ("class 002", 0, None)
    assert last.predicted > 0
    assert last.precision.value == 0
    assert sorted(str(each.label) for each in errors.roc) == ["class 000", "class 001"]
    assert errors.confusion.shares[2] == (None, None, None)


def test_rows_in_the_order_of_time_are_those_of_the_first_repeat() -> None:
    scored = ScoredRows(
        np.concatenate([np.arange(100, 400), np.arange(80, 380)]),
        np.repeat(np.arange(6), 100),
        np.repeat([0, 1], 300),
    )
    draw = np.random.default_rng(1)
    y = draw.integers(0, 2, 400)
    values = np.clip(draw.normal(0.2 + 0.6 * y[scored.rows], 0.2), 0, 1)
    winner = predicted(values[:, None], "probabilities")
    errors = classification.errors(
        predictions(y, {"winner": winner}, classes=[0, 1], scored=scored), RATIO
    )
    assert (errors.basis.rows, errors.basis.of_rows, errors.basis.repeats) == (300, 400, 2)
    assert errors.roc[0].area.value == pytest.approx(roc_auc_score(y[100:], values[:300]), abs=1e-6)


def regression_evidence(**about: Any) -> ContenderPredictions:
    draw = np.random.default_rng(6)
    y = draw.gamma(2.0, 100.0, ROWS)
    scored = scored_rows(ROWS)
    here = y[scored.rows]
    contenders = {
        "winner": predicted(0.8 * here[:, None] + draw.normal(30, 20, (len(here), 1)), "values"),
        "champion": predicted(0.5 * here[:, None] + draw.normal(100, 20, (len(here), 1)), "values"),
    }
    return predictions(y, contenders, scored=scored, **about)


@pytest.mark.parametrize("about", ABOUT)
def test_a_regressions_numbers_are_those_of_one_repeat(about: Any) -> None:
    found = regression_evidence(**about)
    errors = regression.errors(found)
    once = found.repeat(0)
    guess = found.contenders["winner"].values[once, 0].astype(float)
    residual = found.actual[once] - guess
    weights = np.ones(ROWS) if found.weights is None else found.weights[once]
    average = np.average(np.abs(residual), weights=weights)
    assert errors.mean_absolute_error.value == pytest.approx(average)
    low, high = interval(errors.mean_absolute_error)
    assert low < average < high
    if not about:
        assert errors.median_absolute_error == pytest.approx(np.median(np.abs(residual)))
        error = np.abs(residual).std(ddof=1) / math.sqrt(ROWS)
        assert high - average == pytest.approx(1.966 * error, rel=0.001)
    assert len(errors.bins) == 20
    assert sum(each.rows for each in errors.bins) == ROWS
    order, start = np.argsort(guess), 0
    for each in errors.bins:
        rows = order[start : start + each.rows]
        start += each.rows
        assert each.rows >= FEWEST_ROWS
        assert each.predicted == pytest.approx(np.average(guess[rows], weights=weights[rows]))
        actual = found.actual[once][rows]
        assert each.mean_actual == pytest.approx(np.average(actual, weights=weights[rows]))
        if found.weights is None:
            assert each.actual == pytest.approx(np.quantile(actual, (0.1, 0.25, 0.5, 0.75, 0.9)))
            quantiles = np.quantile(residual[rows], (0.1, 0.25, 0.5, 0.75, 0.9))
            assert each.residual == pytest.approx(quantiles)
    for bar in errors.histogram[1:-1]:
        inside = (residual >= bar.low) & (residual < bar.high)
        assert bar.rows == pytest.approx(inside.sum(), abs=1)
    assert sum(bar.rows for bar in errors.histogram) == ROWS
    assert 10 <= len(errors.histogram) <= 40


def test_coverage_is_measured_on_folds_that_did_not_set_the_bounds() -> None:
    found = regression_evidence()
    errors = regression.errors(found)
    once = found.repeat(0)
    residual = found.actual[once] - found.contenders["winner"].values[once, 0].astype(float)
    second = found.scored.folds[once] % 2 == 1
    assert [each.level for each in errors.bounds] == [0.5, 0.8, 0.95]
    for each in errors.bounds:
        tails = [(1 - each.level) / 2, (1 + each.level) / 2]
        assert [each.low, each.high] == pytest.approx(np.quantile(residual, tails))
        inside = 0
        for half in (second, ~second):
            low, high = np.quantile(residual[half], tails)
            inside += ((residual[~half] >= low) & (residual[~half] <= high)).sum()
        assert each.coverage.value == pytest.approx(inside / ROWS)
        low, high = interval(each.coverage)
        assert low < inside / ROWS < high


@pytest.mark.parametrize("rows", [6, 30, 200])
@pytest.mark.parametrize("constant", [0.0, 12.5])
def test_constant_predictions_and_few_rows_are_handled(rows: int, constant: float) -> None:
    y = np.arange(rows, dtype=float)
    scored = scored_rows(rows)
    contenders = {
        name: predicted(np.full((len(scored.rows), 1), constant), "values")
        for name in ("winner", "champion")
    }
    found = predictions(y, contenders, scored=scored)
    errors = regression.errors(found)
    assert len(errors.bins) == (rows >= FEWEST_ROWS)
    assert sum(bar.rows for bar in errors.histogram) == rows
    assert errors.mean_absolute_error.value == pytest.approx(np.abs(y - constant).mean())
    against = against_champion.changes(found)
    assert against is not None
    assert {each.gain.value for each in against.changes} == {0.0}
    half = (y >= rows / 2).astype(np.int64)
    same = {"winner": predicted(np.full((len(scored.rows), 1), 0.4), "probabilities")}
    classes = classification.errors(
        predictions(half, same, classes=["a", "b"], scored=scored), RATIO
    )
    assert classes.roc[0].area.value == 0.5
    assert [each.predicted for each in classes.classes] == [rows, 0]
    assert classes.calibration is not None
    assert len(classes.calibration.bins) == (rows >= FEWEST_ROWS)
    assert classes.calibration.brier.value == pytest.approx(0.26)


def test_perfect_predictions_are_handled() -> None:
    y = np.arange(100, dtype=float)
    scored = scored_rows(100)
    found = predictions(y, {"winner": predicted(y[scored.rows][:, None], "values")}, scored=scored)
    errors = regression.errors(found)
    assert [(bar.low, bar.high, bar.rows) for bar in errors.histogram] == [(0.0, 0.0, 100)]
    assert errors.bounds[2].coverage.value == 1.0


def test_a_residual_far_from_all_others_is_in_the_last_bar() -> None:
    values = np.append(np.random.default_rng(1).normal(0, 1e-3, 999), 1e30)
    bars = regression.histogram(values)
    assert sum(bar.rows for bar in bars) == 1000
    assert bars[-1].high < 0.01
    assert bars[-1].rows >= 1
    below = regression.histogram(-values)
    assert below[0].rows == (-values < below[0].high).sum()


def test_rows_of_weight_0_change_nothing() -> None:
    found = two_classes(["no", "yes"])
    weights = np.ones(ROWS)
    weights[:100] = 0
    some = two_classes(["no", "yes"], weights=weights)
    errors = classification.errors(some, RATIO)
    once = found.repeat(0) & (found.scored.rows >= 100)
    values = found.contenders["winner"].of_class(1)[once]
    assert errors.basis.rows == 300
    assert errors.roc[0].area.value == pytest.approx(roc_auc_score(found.actual[once], values))


def test_a_promotion_is_compared_class_by_class_on_the_same_rows() -> None:
    found = two_classes(["no", "yes"])
    against = against_champion.changes(found)
    assert against is not None
    assert against.measure == "recall"
    once = found.repeat(0)
    actual = found.actual[once]
    recalls = {}
    for name in ("champion", "winner"):
        labels = found.contenders[name].labels
        assert labels is not None
        _, recalls[name], _, _ = precision_recall_fscore_support(actual, labels[once])
    assert [each.label for each in against.changes] == ["no", "yes"]
    for index, each in enumerate(against.changes):
        assert each.champion == pytest.approx(recalls["champion"][index])
        assert each.shipped == pytest.approx(recalls["winner"][index])
        gain = recalls["winner"][index] - recalls["champion"][index]
        assert each.gain.value == pytest.approx(gain)
        low, high = interval(each.gain)
        assert low < gain < high


def test_a_promotion_is_compared_tenth_by_tenth_of_the_target() -> None:
    found = regression_evidence()
    against = against_champion.changes(found)
    assert against is not None
    assert against.measure == "mean absolute error"
    assert len(against.changes) == 10
    assert sum(each.rows for each in against.changes) == ROWS
    once = found.repeat(0)
    actual = found.actual[once]
    up_to = float(against.changes[0].label.removeprefix("up to "))
    lowest = actual <= up_to
    assert against.changes[0].rows == lowest.sum()
    off = {
        name: np.abs(actual - found.contenders[name].values[once, 0])[lowest].mean()
        for name in ("champion", "winner")
    }
    assert against.changes[0].champion == pytest.approx(off["champion"], rel=1e-4)
    assert against.changes[0].gain.value == pytest.approx(off["champion"] - off["winner"], rel=1e-3)
    labels = [each.label for each in against.changes]
    assert labels[-1].startswith("above ")
    assert all(" to " in label for label in labels[:-1])


def test_there_is_nothing_to_compare_without_a_champion_or_where_it_is_shipped() -> None:
    found = two_classes(["no", "yes"])
    kept = two_classes(["no", "yes"], shipped="champion")
    assert against_champion.changes(kept) is None
    alone = predictions(
        found.actual[found.repeat(0)],
        {"winner": found.contenders["winner"]},
        classes=found.classes,
        scored=found.scored,
    )
    assert against_champion.changes(alone) is None


def test_a_record_survives_json() -> None:
    errors = classification.errors(several_classes(5), RATIO)
    assert ClassificationErrors.model_validate_json(errors.model_dump_json()) == errors
