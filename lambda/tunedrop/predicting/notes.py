"""Says in sentences how the rows of a file differ from the training rows."""

from __future__ import annotations

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
    outcome_notes = [
        f"Column {quote(column)} has {wording.count(count, 'value')} that cannot be used: "
        f"{'this row is' if count == 1 else 'these rows are'} not scored."
        for column, count in prediction.unusable_outcomes.items()
    ]
    notes = [
        f"Column {quote(column)} has {wording.count(count, 'value')} that cannot be used: "
        f"{'it counts' if count == 1 else 'they count'} as missing."
        for column, count in prediction.unusable_values.items()
    ]
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
