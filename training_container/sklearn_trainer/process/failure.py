"""Explains a failed job: a paragraph for people, then the traceback, in output/failure.

SageMaker shows the first 1,024 characters as FailureReason. The log gets no values out of the data.
"""

from __future__ import annotations

import sys
import traceback

from sklearn_trainer.contract import Folders
from sklearn_trainer.errors import TunedropError
from sklearn_trainer.process.memory import Memory, amount

PARAGRAPH_LIMIT = 900
FILE_LIMIT = 20_000


def report(error: BaseException, folders: Folders) -> None:
    """Write output/failure, and say in the log that the job failed."""
    print(_for_log(error), file=sys.stderr, flush=True)
    trace = "".join(traceback.format_exception(error))
    _write(_explain(error), trace, folders)


def write(paragraph: str, folders: Folders) -> None:
    """Write output/failure where there is no traceback; the log gets the same words."""
    print(paragraph, file=sys.stderr, flush=True)
    _write(paragraph, "", folders)


def _write(paragraph: str, trace: str, folders: Folders) -> None:
    paragraph = " ".join(paragraph.split())
    if len(paragraph) > PARAGRAPH_LIMIT:
        paragraph = f"{paragraph[: PARAGRAPH_LIMIT - 1]}…"
    text = f"{paragraph}\n\n{trace}".rstrip() + "\n"
    try:
        folders.failure.parent.mkdir(parents=True, exist_ok=True)
        folders.failure.write_text(text[:FILE_LIMIT], encoding="utf-8", errors="replace")
    except OSError as error:  # a full disk may be what the job failed of: its exit code must stand
        print(f"{folders.failure} cannot be written: {error}", file=sys.stderr, flush=True)


def _explain(error: BaseException) -> str:
    if isinstance(error, TunedropError):
        return str(error)
    if isinstance(error, MemoryError):
        limit = amount(Memory.now().limit)
        return (
            f"The training job ran out of memory: an allocation failed, of {limit} in "
            "all. Choose an instance type with more memory in tuning.yaml, or narrow the ranges of "
            "what makes models large."
        )
    return (
        f"The training job met an error that it has no words for: {type(error).__name__}: {error}. "
        "The traceback below says where; please report it with the plan of the run."
    )


def _for_log(error: BaseException) -> str:
    if isinstance(error, TunedropError):
        return f"Failed. {error.for_log}"
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Failed with {type(error).__name__}; output/failure has the message.\n{frames}"
