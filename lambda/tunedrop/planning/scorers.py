"""scikit-learn's scorers: those of a task, and what each needs.

For all of them greater is better: errors are negated and their names say so. A test holds this
together with scikit-learn.
"""

from __future__ import annotations

from tunedrop_common.plan import Task

_ONE_CLASS = ("f1", "precision", "recall", "jaccard")
_AVERAGES = ("macro", "micro", "weighted")

METRICS: dict[Task, tuple[str, ...]] = {
    "classification": (
        "accuracy",
        "balanced_accuracy",
        "top_k_accuracy",
        "matthews_corrcoef",
        *_ONE_CLASS,
        *(f"{name}_{average}" for name in _ONE_CLASS for average in _AVERAGES),
        "average_precision",
        "roc_auc",
        "roc_auc_ovr",
        "roc_auc_ovr_weighted",
        "roc_auc_ovo",
        "roc_auc_ovo_weighted",
        "neg_log_loss",
        "d2_log_loss_score",
        "neg_brier_score",
        "d2_brier_score",
    ),
    "regression": (
        "r2",
        "explained_variance",
        "d2_absolute_error_score",
        "neg_mean_absolute_error",
        "neg_mean_squared_error",
        "neg_root_mean_squared_error",
        "neg_median_absolute_error",
        "neg_mean_absolute_percentage_error",
        "neg_mean_squared_log_error",
        "neg_root_mean_squared_log_error",
        "neg_mean_poisson_deviance",
        "neg_mean_gamma_deviance",
        "neg_max_error",
    ),
}

NEEDS_PROBABILITIES = frozenset({
    "neg_log_loss", "d2_log_loss_score", "neg_brier_score", "d2_brier_score",
    "roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted",
})  # fmt: skip

# Probabilities, or the values of a decision function.
NEEDS_SCORES = frozenset({"roc_auc", "average_precision", "top_k_accuracy"})

# What they score is the class 1, so the target has to have it, and one other.
NEEDS_CLASS_1 = frozenset({*_ONE_CLASS, "average_precision"})
NEEDS_TWO_CLASSES = frozenset({*_ONE_CLASS, "roc_auc"})
INSTEAD = {
    **{name: f"{name}_macro" for name in _ONE_CLASS},
    "roc_auc": "roc_auc_ovr",
    "average_precision": "roc_auc_ovr",
}

NEEDS_TARGET_FROM_0 = frozenset({
    "neg_mean_squared_log_error", "neg_root_mean_squared_log_error", "neg_mean_poisson_deviance",
})  # fmt: skip

# What people know from papers and other libraries and no likeness of words finds, in lower case
# without separators.
OTHER_NAMES = {
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "prauc": "average_precision",
    "auprc": "average_precision",
    "map": "average_precision",
    "crossentropy": "neg_log_loss",
    "mcc": "matthews_corrcoef",
    "acc": "accuracy",
    "error": "accuracy",
    "fscore": "f1",
    "f1score": "f1",
    "sensitivity": "recall",
    "rmse": "neg_root_mean_squared_error",
    "mse": "neg_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "rmsle": "neg_root_mean_squared_log_error",
    "poisson": "neg_mean_poisson_deviance",
    "gamma": "neg_mean_gamma_deviance",
    "rsquared": "r2",
}
