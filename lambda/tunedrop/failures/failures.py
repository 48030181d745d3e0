"""What users read about a failed run: failure.json with all details, and a notification.

Only failure.json contains values from the dataset. A notification says what is wrong, where to read
on and what to do; it repeats an error's message only if that cannot quote the dataset.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tunedrop import run_record
from tunedrop.errors import UserInputError
from tunedrop.failures.error_meanings import explain_meaning, is_safe_to_notify, is_user_input
from tunedrop.failures.executions import ErrorCause
from tunedrop.run_record import RunFolder
from tunedrop.storage import Bucket
from tunedrop.wording import without_quotes

_MORE_INSTANCES = (
    "Further attempts use the instance types that limits.instance_types allows: allow larger or "
    "other ones if these did not suffice."
)

# Replaces a message that may quote the dataset.
_WRONG_INPUT = "The dataset or the request cannot be used"

# SNS: less than 100 ASCII characters.
SUBJECT_LENGTH = 99


@dataclass(frozen=True)
class Explanation:
    """An error as users read it.

    Parameters
    ----------
    message, parts
        The error in one text and in its five parts; both may quote the dataset.
    notice
        The sentences that a notification may contain.
    attempts
        For each job that took several attempts, a sentence on them.
    """

    error: str
    message: str
    notice: str
    parts: UserInputError
    attempts: tuple[str, ...] = ()


def explain(
    cause: ErrorCause,
    reasons: Sequence[str] = (),
    attempts: Sequence[str] = (),
    time_limits: Sequence[str] = (),
) -> Explanation:
    """Return the explanation of an error.

    Parameters
    ----------
    reasons
        Why jobs failed.
    attempts
        A sentence for each job that took several attempts.
    time_limits
        Keys of the time limits that jobs reached.
    """
    is_safe = is_safe_to_notify(cause.name)
    if is_user_input(cause.name):
        # PlanRun has recorded all parts; this is the message alone, which may quote the dataset.
        summary = cause.message.rstrip(".") if is_safe else _WRONG_INPUT
        return explain_input(cause.name, cause.message, UserInputError(summary))
    meaning, to_do = explain_meaning(cause)
    to_do = f"{to_do} {_MORE_INSTANCES}" if attempts else to_do
    for key in dict.fromkeys(time_limits):
        to_do = f"{to_do} Raise {key}, or use fewer rows or folds."
    joined_reasons = "; ".join(reasons)
    return Explanation(
        error=cause.name,
        message=_join_sentences(meaning, cause.message, joined_reasons, to_do),
        notice=_join_sentences(meaning, cause.message if is_safe else ""),
        parts=UserInputError(meaning, found=" ".join(joined_reasons.split()), to_do=to_do),
        attempts=tuple(attempts),
    )


def explain_input(name: str, message: str, parts: UserInputError) -> Explanation:
    """Return the explanation of an error of the input, from its own parts."""
    notice = f"{parts.what} ({parts.where})." if parts.where else f"{parts.what}."
    safe_notice = notice if is_safe_to_notify(name) else without_quotes(notice)
    return Explanation(error=name, message=message, notice=safe_notice, parts=parts)


def failure_document(
    run: RunFolder,
    explanation: Explanation,
    *,
    execution: str,
    stopped_jobs: Sequence[str],
    time: datetime,
) -> dict[str, Any]:
    """Return failure.json."""
    return {
        "run": {"dataset": run.dataset, "run_id": run.run_id},
        "error": explanation.error,
        "message": explanation.message,
        **explanation.parts.parts,
        "attempts": list(explanation.attempts),
        "stopped_jobs": list(stopped_jobs),
        "execution": execution,
        "time": time.astimezone(UTC).isoformat(),
    }


def reject(
    bucket: Bucket, run: RunFolder, error: UserInputError, *, execution: str, time: datetime
) -> UserInputError:
    """Write the failure.json of a run whose input PlanRun rejects; return the error to raise.

    The error to raise quotes nothing from the dataset: Lambda logs it, and the history of the
    execution contains it.
    """
    explanation = explain_input(type(error).__name__, str(error), error)
    document = failure_document(run, explanation, execution=execution, stopped_jobs=(), time=time)
    run_record.write_failure(bucket, run, document)
    if is_safe_to_notify(explanation.error):
        return error
    safe_parts = {name: without_quotes(text) for name, text in error.parts.items()}
    return type(error)(**safe_parts | {"found": ""})


def notification(
    run: RunFolder, explanation: Explanation, *, execution: str, details: str
) -> dict[str, str]:
    """Return the notification; `details` is the URI of failure.json, "" if there is none."""
    lines = [explanation.notice]
    if to_do := explanation.parts.to_do:
        is_quoting = is_user_input(explanation.error) and not is_safe_to_notify(explanation.error)
        lines += ["", f"What to do: {without_quotes(to_do) if is_quoting else to_do}"]
    if explanation.attempts:
        lines += ["", "Attempts:", *explanation.attempts]
    lines += ["", f"Dataset: {run.dataset or 'unknown'}"]
    if run.run_id:
        lines += [f"Run: {run.run_id}"]
    if details:
        lines += [f"All details: {details}"]
    lines += [f"Execution: {execution}"]
    return {
        "subject": subject(f"Tunedrop: {run.dataset or 'a run'} failed ({explanation.error})"),
        "message": "\n".join(lines),
    }


def subject(text: str) -> str:
    """Return a text as the subject of an e-mail by SNS: printable ASCII, short."""
    plain = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    printable = "".join(c if c.isascii() and c.isprintable() else "?" for c in plain)
    if len(printable) <= SUBJECT_LENGTH:
        return printable
    return printable[: SUBJECT_LENGTH - 3] + "..."


def _join_sentences(*sentences: str) -> str:
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)
