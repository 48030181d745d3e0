"""What people read of a failed run: failure.json with everything, and a notification.

Values out of people's data are in failure.json only. A notification says what went wrong, where
to read on and what to do, and repeats an error's message only where that cannot quote data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tunedrop.errors import UserInputError
from tunedrop.failures.error_causes import ErrorCause
from tunedrop.failures.error_meanings import is_user_input, may_travel, meaning
from tunedrop.run_record import RunFolder
from tunedrop.wording import without_quotes

_MORE_MACHINES = (
    "Further attempts run on the machines that limits.instance_types allows: allow larger or other "
    "ones where these did not do."
)

# Of an error that may not be sent around.
_WRONG_INPUT = "The dataset, or what was asked of it, cannot be used"

SUBJECT_LENGTH = 99  # SNS: less than 100 ASCII characters


@dataclass(frozen=True)
class Explanation:
    """An error in words for people. `found` and `message` may quote their data.

    `notice` is what can be sent around.
    """

    error: str
    message: str
    notice: str
    what: str
    where: str = ""
    found: str = ""
    expected: str = ""
    to_do: str = ""
    attempts: tuple[str, ...] = ()


def explain(
    cause: ErrorCause,
    reasons: Sequence[str] = (),
    attempts: Sequence[str] = (),
    time_limits: Sequence[str] = (),
) -> Explanation:
    """Put an error into words.

    Parameters
    ----------
    reasons
        Those of the jobs that failed.
    attempts
        What was tried for each job that needed more than one attempt.
    time_limits
        The keys of the time limits that jobs reached.
    """
    if is_user_input(cause.name):
        # PlanRun has recorded all parts; this is the message alone, which may quote data.
        what = cause.message.rstrip(".") if may_travel(cause.name) else _WRONG_INPUT
        return explain_input(cause.name, cause.message, UserInputError(what))
    what, to_do = meaning(cause)
    to_do = f"{to_do} {_MORE_MACHINES}" if attempts else to_do
    for key in dict.fromkeys(time_limits):
        to_do = f"{to_do} Raise {key}, or have fewer rows or folds."
    found = "; ".join(reasons)
    return Explanation(
        error=cause.name,
        message=_sentences(what, cause.message, found, to_do),
        notice=_sentences(what, cause.message if may_travel(cause.name) else ""),
        what=what,
        found=found,
        to_do=to_do,
        attempts=tuple(attempts),
    )


def explain_input(name: str, message: str, parts: UserInputError) -> Explanation:
    """Put an error of the input into words, which has them already."""
    where = f" ({parts.where})" if parts.where else ""
    notice = f"{parts.what}{where}."
    return Explanation(
        error=name,
        message=message,
        notice=notice if may_travel(name) else without_quotes(notice),
        what=parts.what,
        where=parts.where,
        found=parts.found,
        expected=parts.expected,
        to_do=parts.to_do,
    )


def failure_document(
    run: RunFolder,
    explanation: Explanation,
    *,
    execution: str,
    stopped_jobs: Sequence[str],
    not_stopped: Sequence[str] = (),
    time: datetime,
) -> dict[str, Any]:
    """Return failure.json."""
    message, to_do = explanation.message, explanation.to_do
    if not_stopped:
        still = f"Stop these jobs in the SageMaker console: {', '.join(not_stopped)}."
        message, to_do = f"{message} {still}", f"{to_do} {still}".strip()
    return {
        "run": {"dataset": run.dataset, "run_id": run.run_id},
        "error": explanation.error,
        "message": message,
        "what": explanation.what,
        "where": explanation.where,
        "found": explanation.found,
        "expected": explanation.expected,
        "to_do": to_do,
        "attempts": list(explanation.attempts),
        "stopped_jobs": list(stopped_jobs),
        "execution": execution,
        "time": time.astimezone(UTC).isoformat(),
    }


def notification(
    run: RunFolder, explanation: Explanation, *, execution: str, details: str
) -> dict[str, str]:
    """Return what people are sent; `details` is failure.json's URI, or "" where there is none."""
    lines = [explanation.notice]
    if explanation.to_do:
        to_do = explanation.to_do
        quoted = is_user_input(explanation.error) and not may_travel(explanation.error)
        lines += ["", f"What to do: {without_quotes(to_do) if quoted else to_do}"]
    if explanation.attempts:
        lines += ["", "What was tried:", *explanation.attempts]
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
    """Make a text fit for the subject of an e-mail that SNS sends: printable ASCII, short."""
    printable = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    if len(printable) <= SUBJECT_LENGTH:
        return printable
    return printable[: SUBJECT_LENGTH - 3] + "..."


def _sentences(*parts: str) -> str:
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)
