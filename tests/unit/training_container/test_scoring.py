"""Scores are those of scikit-learn's scorers, whatever the classes are called."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier

from sklearn_trainer.judging.scoring import make_scorers, score


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "average_precision", "roc_auc"])
def test_a_metric_of_the_class_1_scores_it_whatever_the_other_class_is(name: str) -> None:
    y = np.array([1, 2] * 20)
    X = np.arange(40).reshape(-1, 1) % 7
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    found = score(model, X, y, make_scorers([name, "neg_brier_score"], y))
    assert found[name] == get_scorer(name)(model, X, y)
