"""scikit-learn's scorers: those of a task, what each needs, and why others are not taken.

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

# scikit-learn's other scorers, and why they are not taken.
_CLUSTERS = "compares clusterings, whatever their labels are called, and this is supervised"
_LABELS = "is for rows with several labels each, and a target has one"
_RATIO = "has no value where a class is predicted without an error, so that good models would fail"
UNFIT: dict[str, str] = {
    **{f"{name}_samples": _LABELS for name in _ONE_CLASS},
    **dict.fromkeys(("positive_likelihood_ratio", "neg_negative_likelihood_ratio"), _RATIO),
    **dict.fromkeys(
        (
            "adjusted_mutual_info_score", "adjusted_rand_score", "completeness_score",
            "fowlkes_mallows_score", "homogeneity_score", "mutual_info_score",
            "normalized_mutual_info_score", "rand_score", "v_measure_score",
        ),
        _CLUSTERS,
    ),
}  # fmt: skip

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

LEAST_TARGET = {
    "neg_mean_squared_log_error": 0.0,
    "neg_root_mean_squared_log_error": 0.0,
    "neg_mean_poisson_deviance": 0.0,
}

# They have no value for predictions below 0 (or at 0, the deviances).
NEEDS_PREDICTIONS_FROM_0 = frozenset({*LEAST_TARGET, "neg_mean_gamma_deviance"})

# What people know from papers and other libraries, in lower case without separators.
OTHER_NAMES = {
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "rocaucscore": "roc_auc",
    "roc": "roc_auc",
    "gini": "roc_auc",
    "aucpr": "average_precision",
    "auprc": "average_precision",
    "aupr": "average_precision",
    "prauc": "average_precision",
    "map": "average_precision",
    "averageprecisionscore": "average_precision",
    "logloss": "neg_log_loss",
    "crossentropy": "neg_log_loss",
    "binarycrossentropy": "neg_log_loss",
    "binarylogloss": "neg_log_loss",
    "categoricalcrossentropy": "neg_log_loss",
    "multilogloss": "neg_log_loss",
    "deviance": "neg_log_loss",
    "brier": "neg_brier_score",
    "brierscore": "neg_brier_score",
    "brierscoreloss": "neg_brier_score",
    "mcc": "matthews_corrcoef",
    "kappa": "matthews_corrcoef",
    "cohenkappa": "matthews_corrcoef",
    "acc": "accuracy",
    "accuracyscore": "accuracy",
    "error": "accuracy",
    "errorrate": "accuracy",
    "merror": "accuracy",
    "bac": "balanced_accuracy",
    "balancedaccuracyscore": "balanced_accuracy",
    "f1score": "f1",
    "fscore": "f1",
    "sensitivity": "recall",
    "tpr": "recall",
    "ppv": "precision",
    "iou": "jaccard",
    "rmse": "neg_root_mean_squared_error",
    "rootmeansquarederror": "neg_root_mean_squared_error",
    "mse": "neg_mean_squared_error",
    "l2": "neg_mean_squared_error",
    "meansquarederror": "neg_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "l1": "neg_mean_absolute_error",
    "meanabsoluteerror": "neg_mean_absolute_error",
    "medae": "neg_median_absolute_error",
    "medianabsoluteerror": "neg_median_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "smape": "neg_mean_absolute_percentage_error",
    "msle": "neg_mean_squared_log_error",
    "rmsle": "neg_root_mean_squared_log_error",
    "maxerror": "neg_max_error",
    "poisson": "neg_mean_poisson_deviance",
    "gamma": "neg_mean_gamma_deviance",
    "rsquared": "r2",
    "rsq": "r2",
    "r2score": "r2",
}
