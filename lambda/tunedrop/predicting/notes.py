"""Says in sentences how the rows of a file differ from the training rows."""

from __future__ import annotations

from collections.abc import Mapping

from tunedrop import wording
from tunedrop.predicting.records import PredictionRecord
from tunedrop_common.data_text import quote


def describe(prediction: PredictionRecord, least_rows: int) -> tuple[str, ...]:
    """Return the sentences about a file that was predicted.

    Parameters
    ----------
    least_rows
        Fewer are not compared with the training rows.
    """
    outcome_notes = _name_unusable(
        prediction.unusable_outcomes, "this row is not scored", "these rows are not scored"
    )
    notes = _name_unusable(
        prediction.unusable_values, "it counts as missing", "they count as missing"
    )
    for column, unknown in prediction.unknown_categories.items():
        names = ", ".join(map(quote, unknown.most_frequent))
        notes.append(
            f"Column {quote(column)} has {wording.count(unknown.rows, 'row')} with categories that "
            f"training did not have, such as {names}."
        )
    notes += [
        f"Column {quote(unlike.column)} is distributed unlike the training rows: "
        f"{wording.percent(unlike.share)} of the rows are {unlike.values}, "
        f"{wording.percent(unlike.training_share)} of the training rows."
        for unlike in prediction.unlike_training
    ]
    if prediction.rows < least_rows:
        notes.append(f"Fewer than {least_rows} rows are not compared with the training rows.")
    elif not notes:
        notes.append("These rows look like the training rows.")
    return (*outcome_notes, *notes)


def _name_unusable(counts: Mapping[str, int], of_one: str, of_more: str) -> list[str]:
    return [
        f"Column {quote(column)} has {wording.count(count, 'value')} that cannot be used: "
        f"{of_one if count == 1 else of_more}."
        for column, count in counts.items()
    ]
