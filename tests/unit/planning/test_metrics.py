import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import get_scorer

from sklearn_trainer.data.target import Labels
from tunedrop.errors import TuningConfigError
from tunedrop.planning.metrics import choose_metric
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop_common.metric_names import METRIC_NAMES
from tunedrop_common.plan import Metric, Task

BINARY = np.array([0, 1] * 10)
WORDS = np.array(["a", "b"] * 10)
THREE = np.array([0, 1, 2] * 10)
NUMBERS = np.array([-1.5, 2.5, 3.5])


def choose(task: Task, target: Labels, **written: Any) -> tuple[Metric, str]:
    text = json.dumps(written, indent=1).encode()  # YAML as well, with a line for each key
    return choose_metric(read_tuning_config(text), task, target)


def test_what_is_told_is_taken_once() -> None:
    metric, why = choose(
        "classification", BINARY, metric="f1", additional_metrics=["f1", "accuracy", "accuracy"]
    )
    assert metric == Metric(objective="f1", additional=("accuracy",))
    assert why == ""


@pytest.mark.parametrize("name", [*METRIC_NAMES["classification"], *METRIC_NAMES["regression"]])
def test_an_error_is_negated_and_says_so(name: str) -> None:
    """Greater is better for all; real models show it in test_estimators_and_metrics."""
    assert name.startswith("neg_") == (get_scorer(name)._sign < 0)


OF_CLASS_1 = {"f1", "precision", "recall", "jaccard"}


@pytest.mark.parametrize(
    ("y", "refused"),
    [
        (BINARY, {"top_k_accuracy"}),
        (BINARY + 2, {"top_k_accuracy", "average_precision", *OF_CLASS_1}),
        (WORDS, {"top_k_accuracy", "average_precision", *OF_CLASS_1}),
        (THREE, {"roc_auc", *OF_CLASS_1}),
    ],
)
def test_a_metric_is_refused_where_it_cannot_tell_models_apart(
    y: Labels, refused: set[str]
) -> None:
    for name in METRIC_NAMES["classification"]:
        if name in refused:
            with pytest.raises(TuningConfigError, match="cannot score this target"):
                choose("classification", y, metric=name)
        else:
            assert choose("classification", y, metric=name)[0].objective == name


@pytest.mark.parametrize(
    ("task", "target", "name", "message"),
    [
        ("classification", WORDS, "acuracy", "Write 'accuracy' instead"),
        ("classification", WORDS, "log loss", "Write 'neg_log_loss' instead"),
        ("regression", NUMBERS, "mean_absolute_error", "Write 'neg_mean_absolute_error' instead"),
        ("regression", NUMBERS, "accuracy", "for a regression.*or correct `task`"),
        ("classification", WORDS, "f1", "f1_macro"),
        ("regression", NUMBERS, "<script>", "no such metric"),
    ],
)
def test_a_metric_that_cannot_be_is_refused_with_a_better_one(
    task: Task, target: Labels, name: str, message: str
) -> None:
    with pytest.raises(TuningConfigError, match=message):
        choose(task, target, metric=name)
    with pytest.raises(TuningConfigError, match="line 3, key additional_metrics"):
        choose(task, target, seed=1, additional_metrics=[name])
