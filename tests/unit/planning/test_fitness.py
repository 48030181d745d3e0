"""An estimator that would fail in every training job, for what is inside or what it gets."""

import pytest

from tests.support.planning import World
from tunedrop.errors import TuningConfigError
from tunedrop_common.plan import Plan

ROWS = [f"{i % 5},{i % 3},{'ab'[i % 2]},{i}.5" for i in range(40)]
TABLE = "\n".join(["count,temperature,kind,price", *ROWS])
BELOW = "\n".join(["count,temperature,kind,price", *(row.replace(",2,", ",-2,") for row in ROWS)])


def planned(config: str, *, csv: str = TABLE, target: str = "kind") -> Plan:
    world = World()
    world.drop("fruit/train.csv", csv)
    text = f"target: {target}\n{config}"
    return world.plan(world.run(world.drop("fruit/tuning.yaml", text)))


@pytest.mark.parametrize(
    ("inside", "method", "fits"),
    [
        ("DecisionTreeClassifier", "decision_function", False),
        ("DecisionTreeClassifier", "predict_proba", True),
        ("LinearSVC", "predict_proba", False),
        ("LinearSVC", "decision_function", True),
        ("LinearSVC", "auto", True),
    ],
)
def test_a_threshold_needs_what_it_is_a_threshold_of(inside: str, method: str, fits: bool) -> None:
    config = (
        f"estimators: {{FixedThresholdClassifier: {{fixed: {{estimator: {inside}, "
        f"response_method: {method}}}, ranges: {{threshold: [0.1, 0.2]}}}}}}"
    )
    if fits:
        assert planned(config).tuning_jobs[0].estimator.fixed["response_method"] == method
        return
    with pytest.raises(TuningConfigError, match=f"{inside} gives no {method}"):
        planned(config)


def test_consensus_about_another_model_needs_to_know_of_how_many_rows() -> None:
    ranges = "ranges: {max_trials: {min: 10, max: 50}}"
    inside = "estimators: {RANSACRegressor: {fixed: {estimator: Ridge%s}, " + ranges + "}}"
    with pytest.raises(TuningConfigError, match=r"min_samples: 0\.5"):
        planned(inside % "", target="price")
    assert planned(inside % ", min_samples: 0.5", target="price")


def test_unscaled_negative_numbers_are_refused_where_none_are_taken() -> None:
    config = "estimators: {MultinomialNB: {ranges: {preprocess__scaling: [minmax, none]}}}"
    assert planned(config)
    with pytest.raises(TuningConfigError, match="unscaled 'temperature' has some") as refused:
        planned(config, csv=BELOW)
    assert "key estimators.MultinomialNB.ranges.preprocess__scaling" in refused.value.where
    assert planned(config.replace("Multinomial", "Gaussian"), csv=BELOW)


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        ("linear", True),
        ("hist_gradient_boosting", True),
        ("random_forest", False),
        ("bagging", False),
        ("nearest_neighbors", False),
        ("PoissonRegressor", False),
        ("HistGradientBoostingRegressor: {fixed: {loss: poisson}}", False),
        ("BaggingRegressor: {fixed: {estimator: Ridge}}", True),
    ],
)
def test_the_plan_says_which_models_a_metric_may_have_no_value_for(
    estimator: str, said: bool
) -> None:
    config = f"metric: neg_mean_squared_log_error\nestimators: {{{estimator}}}"
    if ":" not in estimator:
        config = config.replace("{", "[").replace("}", "]")
    found = [each for each in planned(config, target="price").decisions if "below 0" in each]
    assert bool(found) == said


def test_neighbors_within_a_radius_there_need_not_be() -> None:
    chosen = planned("estimators: {RadiusNeighborsClassifier: {ranges: {p: [1, 2]}}}")
    assert chosen.tuning_jobs[0].estimator.fixed["outlier_label"] == "most_frequent"
    plan = planned("estimators: [RadiusNeighborsRegressor]", target="price")
    assert any("no prediction for a row without a neighbor" in each for each in plan.decisions)
