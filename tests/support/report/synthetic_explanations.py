"""Synthetic explanations of a model, whole ones: what Confirm says beyond the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.report.synthetic_errors import classification, measured, regression
from tests.support.report.synthetic_results import confirm_json
from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop.report.results import Results
from tunedrop_common.explanation import Explanation

SPECIES = ("Adelie", "Gentoo", "Chinstrap")
COLUMNS = ("bill_length_mm", "island", "flipper_length_mm", "body_mass_g", "sex", "year")


def explained(results: Results, explanation: Mapping[str, Any], **confirm: Any) -> Results:
    """Add an explanation to a run, and other changes of what Confirm said."""
    scores = results.confirm.model_dump() | {"explanation": explanation} | confirm
    return results.model_copy(update={"confirm": ConfirmScores.model_validate(scores)})


def of_classes(
    labels: Sequence[Any] = SPECIES, columns: Sequence[str] = COLUMNS, end: str = "", **changes: Any
) -> dict[str, Any]:
    """Make a whole explanation of a classifier; `end` is the end of every name."""
    named = [label + end if isinstance(label, str) else label for label in labels]
    explanation = {
        "errors": classification(named, rows=max(400, 40 * len(named))),
        "against_champion": {
            "measure": "recall",
            "changes": [_change(str(name), place) for place, name in enumerate(named)],
        },
        "segments": _segments("share wrong", end),
        "worst_rows": [{"number": 7 * place, "error": 0.99 / place} for place in range(1, 11)],
        **_beyond([column + end for column in columns], named[0]),
    }
    return valid(explanation | changes)


def of_numbers(columns: Sequence[str] = COLUMNS, unit: float = 1.0, **changes: Any) -> Any:
    """Make a whole explanation of a regressor."""
    tenths = [f"{10 * place:,} to {10 * (place + 1):,}" for place in range(10)]
    explanation: dict[str, Any] = {
        "errors": regression(unit=unit),
        "against_champion": {
            "measure": "mean absolute error",
            "changes": [_change(label, place) for place, label in enumerate(tenths)],
        },
        "segments": _segments("mean absolute error", ""),
        "worst_rows": [
            {"number": 11, "error": 5.0, "actual": 12.5, "predicted": 7.5,
             "values": {"island": "Dream", "year": 2007}},
        ],
        **_beyond(columns, None),
    }  # fmt: skip
    for point, error in zip(explanation["learning_curve"]["points"], (3.1, 2.8, 2.5), strict=True):
        point["score"] = measured(-error, 0.1)
    explanation["data_quality"] |= {
        "leaky_columns": [
            {"column": columns[0], "column_score": measured(-2.6, 0.1), "of_model": -2.5,
             "is_target_copy": False, "without": {"mean": -4.0, "interval": [-4.5, -3.5]}},
        ],
        "duplicates": None, "shift": None,
    }  # fmt: skip
    explanation["skipped"] = [{"step": "shift", "reason": "There are no test rows."}]
    return valid(explanation | changes)


def valid(explanation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an explanation that the contract takes."""
    return Explanation.model_validate(explanation).model_dump(mode="json")


def scored_by(*metrics: str) -> list[dict[str, Any]]:
    """Return the contenders of confirm.json, each scored by these metrics too."""
    contenders: list[dict[str, Any]] = confirm_json()["contenders"]
    for number, rival in enumerate(contenders):
        rival["metrics"] = {
            metric: {"mean": sign * (0.4 + number / 10), "test_score": sign * 0.5,
                     "interval": sorted((sign * (0.35 + number / 10), sign * (0.45 + number / 10)))}
            for metric in metrics
            for sign in (-1 if metric.startswith("neg_") else 1,)
        }  # fmt: skip
    return contenders


def _change(label: str, number: int) -> dict[str, Any]:
    gain = (0.1, 0.0, -0.12)[number % 3]
    return {
        "label": label, "rows": 40 + number, "champion": 0.8, "selected": 0.8 + gain,
        "gain": measured(gain, 0.05),
    }  # fmt: skip


def _segments(measure: str, end: str) -> dict[str, Any]:
    return {
        "measure": measure,
        "examined": 124,
        "segments": [
            {"columns": [f"age{end}", f"sex{end}"], "label": f"age 30 to 41 and sex female{end}",
             "rows": 1312, "error": 0.31, "error_elsewhere": 0.16, "p_value": 1e-9,
             "is_significant": True},
            {"columns": [f"island{end}"], "label": f"island Dream{end}", "rows": 64, "error": 0.18,
             "error_elsewhere": 0.17, "p_value": 0.731, "is_significant": False,
             "requested": True},
        ],
    }  # fmt: skip


def _beyond(columns: Sequence[str], label: Any) -> dict[str, Any]:
    """Make what does not depend on the task."""
    return {
        "learned": _learned(columns, label),
        "learning_curve": {
            "points": [
                {"share": share, "rows": round(400 * share), "score": measured(score, 0.02)}
                for share, score in ((0.25, 0.91), (0.5, 0.94), (1.0, 0.97))
            ],
            "gain": measured(0.03, 0.02),
            "more_rows_help": True,
        },
        "data_quality": _trust(columns),
    }


def _learned(columns: Sequence[str], label: Any) -> dict[str, Any]:
    importance = [
        {"columns": list(columns[:2]), "drop": measured(0.31, 0.04)},
        *(
            {"columns": [name], "drop": measured(0.2 / place**2, 0.03)}
            for place, name in enumerate(columns[2:], start=1)
        ),
    ]
    kinds: list[tuple[str, list[Any]]] = [
        ("numeric", [30.0 + place for place in range(20)]),
        ("categorical", ["Biscoe", "Dream", "a category"]),
        ("datetime", [f"2007-{month:02d}-01T00:00:00" for month in range(1, 13)]),
        ("numeric", [2.5e4 + 10 * place for place in range(20)]),
    ]
    return {
        "folds": 20,
        "permutations": 5,
        "importance": importance,
        "dependence": [
            {"column": name, "kind": kind, "of_class": label, "grid_values": at,
             "predictions": [0.1 + 0.8 * place / len(at) for place in range(len(at))]}
            for name, (kind, at) in zip(columns, kinds, strict=False)
        ],
    }  # fmt: skip


def _trust(columns: Sequence[str]) -> dict[str, Any]:
    return {
        "leaky_columns": [
            {"column": columns[0], "column_score": measured(0.955, 0.01), "of_model": 0.97,
             "is_target_copy": False, "without": {"mean": 0.81, "interval": [0.78, 0.84]}},
            {"column": columns[1], "column_score": measured(1.0, 0.0), "of_model": 0.97,
             "is_target_copy": True},
        ],
        "duplicates": {
            "rows": 12, "conflicting": 4, "test_rows_in_training": 3,
            "score_without": measured(0.961, 0.02), "test_score_without": 0.952,
        },
        "shift": {
            "auc": measured(0.74, 0.05), "is_significant": True, "columns": list(columns[:3]),
        },
        "findings": [
            {"check": "target copy", "column": columns[1]},
            {"check": "duplicate rows", "count": 12},
            {"check": "time", "column": columns[-1]},
        ],
    }  # fmt: skip
