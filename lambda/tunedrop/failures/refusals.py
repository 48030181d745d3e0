"""PlanRun's rejection of an input: all of it goes into failure.json, what may travel is raised.

An exception that leaves a Lambda is in its log and in the execution's history; values out of
people's data must not.
"""

from __future__ import annotations

from datetime import datetime

from tunedrop import run_record
from tunedrop.errors import UserInputError
from tunedrop.failures.error_meanings import may_travel
from tunedrop.failures.failures import explain_input, failure_document
from tunedrop.run_record import RunFolder
from tunedrop.storage import Bucket
from tunedrop.wording import without_quotes


def refuse(
    bucket: Bucket, run: RunFolder, error: UserInputError, *, execution: str, now: datetime
) -> UserInputError:
    """Write failure.json of a run; return the error to raise."""
    explanation = explain_input(type(error).__name__, str(error), error)
    document = failure_document(run, explanation, execution=execution, stopped_jobs=(), time=now)
    run_record.write_failure(bucket, run, document)
    return error if may_travel(explanation.error) else _without_values(error)


def _without_values(error: UserInputError) -> UserInputError:
    return type(error)(
        without_quotes(error.what),
        where=without_quotes(error.where),
        expected=without_quotes(error.expected),
        to_do=without_quotes(error.to_do),
    )
