from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.evaluation.comparison import compare, margin
from sklearn_trainer.evaluation.verdict import Decision, decide

SIZES = FoldSizes(0.25, 200)
NOISE = np.random.default_rng(0).normal(0, 0.01, size=(6, 20))


def scores(index: int, mean: float) -> list[float]:
    return [float(score) for score in mean + NOISE[index]]


def decision(champion_planned: bool = False, **means: float) -> Decision:
    names = {name.replace("_", ":", 1): mean for name, mean in means.items()}
    return decide(
        {name: scores(index, mean) for index, (name, mean) in enumerate(names.items())},
        metric="balanced_accuracy",
        sizes=SIZES,
        champion_planned=champion_planned or "champion" in means,
    )


BETTER = {"defaults_forest": 0.8, "tuned_forest": 0.9}


@pytest.mark.parametrize(
    ("means", "selected", "verdict", "words"),
    [
        (
            BETTER,
            "tuned:forest",
            "first model",
            "Selected: the tuned forest model, balanced accuracy 0.1 higher than forest with "
            "default hyperparameters (significant).",
        ),
        (
            {"defaults_forest": 10_000, "tuned_forest": 35_230},
            "tuned:forest",
            "first model",
            "balanced accuracy 25,230 higher",
        ),
        ({"defaults_forest": 0.8, "tuned_forest": 0.802}, None, "first model", "(not significant)"),
        (
            {"defaults_forest": 0.9, "tuned_forest": 0.8, "tuned_tree": 0.85},
            "defaults:forest",
            "first model",
            "higher than the tuned tree model",
        ),
        ({**BETTER, "champion": 0.8}, "tuned:forest", "promoted", "higher than the champion (sig"),
        (
            {**BETTER, "champion": 0.898},
            "champion",
            "kept champion",
            "Kept: the champion, fitted again; the best challenger, the tuned forest model, has no "
            "significant gain (balanced accuracy 0.0",
        ),
        (
            {"defaults_forest": 0.49, "tuned_forest": 0.503},
            "tuned:forest",
            "no useful model",
            "the tuned forest model is the best, and not significantly better than the baseline",
        ),
        (
            {"champion_planned": True, **BETTER},
            "tuned:forest",
            "promoted",
            "The champion could not be scored on this data. Selected: ",
        ),
        (
            {"defaults_forest": 0.8},
            "defaults:forest",
            "first model",
            "the only kind that could be scored",
        ),
        ({"champion": 0.8}, "champion", "kept champion", "no challenger could be scored"),
        (
            {"tuned_tree": 0.8, "tuned_forest": 0.85, "ensemble": 0.9},
            "ensemble",
            "first model",
            "Selected: the ensemble, balanced accuracy 0.049 higher than the tuned forest model (s",
        ),
        ({**BETTER, "ensemble": 0.902}, "tuned:forest", "first model", "Selected: the tuned for"),
        (
            {**BETTER, "champion": 0.8, "ensemble": 0.95},
            "ensemble",
            "promoted",
            "Promoted: the ensemble, balanced accuracy 0.15 higher than the champion",
        ),
        ({**BETTER, "champion": 0.91, "ensemble": 0.913}, "champion", "kept champion", "ensemble"),
    ],
)
def test_what_is_selected_and_why(
    means: dict[str, Any], selected: str | None, verdict: str, words: str
) -> None:
    decided = decision(baseline=0.5, **means)
    assert selected in (decided.selected, None)
    assert decided.verdict == verdict
    assert words in decided.sentence


def test_equal_scores_ship_the_simpler_defaults() -> None:
    same = {name: [0.8, 0.7, 0.9] for name in ("defaults:forest", "tuned:forest")}
    decided = decide(same, metric="r2", sizes=SIZES, champion_planned=False)
    assert decided.selected == "defaults:forest"
    assert "the same R² as the tuned forest model" in decided.sentence
    even = {"defaults:forest": [0.97, 0.91, 0.93], "tuned:forest": [0.84, 1.0, 0.97]}
    decided = decide(even, metric="r2", sizes=SIZES, champion_planned=False)
    assert "the same R² as" in decided.sentence
    with_champion = decide(
        {**same, "champion": [0.8, 0.7, 0.9]},
        metric="r2",
        sizes=SIZES,
        champion_planned=True,
    )
    assert (with_champion.selected, with_champion.verdict) == ("champion", "kept champion")


def test_a_steady_gain_of_the_defaults_is_not_hidden_by_a_tuned_model_that_varies() -> None:
    steady = (0.80 + NOISE[0]).tolist()
    decided = decide(
        {
            "defaults:forest": [score + 0.05 for score in steady],
            "champion": steady,
            "tuned:forest": [
                score + 0.06 + (0.3 if i % 2 else -0.3) for i, score in enumerate(steady)
            ],
        },
        metric="accuracy",
        sizes=SIZES,
        champion_planned=True,
    )
    assert (decided.selected, decided.verdict) == ("defaults:forest", "promoted")
    assert "forest with default hyperparameters, accuracy 0.05 higher" in decided.sentence


@given(
    data=st.data(),
    folds=st.integers(2, 20),
    has_champion=st.booleans(),
    has_ensemble=st.booleans(),
)
def test_no_contender_is_better_than_what_is_selected_by_more_than_the_margin(
    data: st.DataObject, folds: int, has_champion: bool, has_ensemble: bool
) -> None:
    names = ["baseline", "defaults:a", "defaults:b", "tuned:a", "tuned:b"]
    names += ["champion"] * has_champion + ["ensemble"] * has_ensemble
    score = st.floats(0, 1).map(lambda value: round(value, 3))
    scores = {
        name: data.draw(st.lists(score, min_size=folds, max_size=folds), label=name)
        for name in names
    }
    decided = decide(scores, metric="accuracy", sizes=SIZES, champion_planned=has_champion)
    assert decided.margin == margin(folds, 4 + has_ensemble, SIZES.rows)
    for name in set(names) - {"baseline", decided.selected}:
        assert not compare(
            scores[name], scores[decided.selected], SIZES, decided.margin
        ).clears_margin
    if not has_champion and decided.selected != "ensemble":
        singles = set(names) - {"baseline", "ensemble"}
        means = {name: np.mean(values) for name, values in scores.items() if name in singles}
        assert means[decided.selected] == pytest.approx(max(means.values()))


def test_an_error_is_called_by_its_name_without_the_scorers_minus() -> None:
    scores = {"tuned:a": [-2.0, -2.1, -1.9, -2.0], "champion": [-3.0, -3.1, -2.9, -3.0]}
    decided = decide(
        scores,
        metric="neg_root_mean_squared_error",
        sizes=SIZES,
        champion_planned=True,
    )
    assert "root mean squared error 1 lower than the champion" in decided.sentence
