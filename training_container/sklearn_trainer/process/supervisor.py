"""Runs the job in a child process, and explains its end where the job itself cannot.

The child does the work; its parent imports nothing heavy, waits, and ends the child at SIGTERM,
which no C code of a fit can delay. The parent reports a child that was killed.
output/failure has a paragraph for people, then the traceback; SageMaker shows its first 1,024
characters as FailureReason. The log gets no values out of the data.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from sklearn_trainer.contract import EXIT_FAILED, EXIT_OUT_OF_MEMORY, EXIT_TERMINATED, Folders
from sklearn_trainer.errors import MemoryRanOut, TunedropError
from sklearn_trainer.process.children import die_with_parent
from sklearn_trainer.process.resources import Memory, format_memory

_AWAITED = (signal.SIGTERM, signal.SIGCHLD)

# A killed process that had used this share of the memory most likely died of it.
ALMOST_ALL = 0.8

PARAGRAPH_LIMIT, FILE_LIMIT = 900, 20_000  # characters

MORE = (
    "Choose an instance type with more memory in tuning.yaml, or narrow the ranges of what makes "
    "models large."
)


def supervise(job: Callable[[], int], folders: Folders) -> int:
    """Run the job in a child process.

    Parameters
    ----------
    job
        Returns the exit code; has reported its own failure when that is not 0.

    Returns
    -------
    The exit code: the job's own; 143 after SIGTERM; 137 after SIGKILL for want of memory, 1 after
    another; 128 plus the number of any other signal.
    """
    before = Memory.read()
    sys.stdout.flush()
    sys.stderr.flush()
    # Blocked, a signal waits for sigwait: none is lost, whenever it comes.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    previous = signal.signal(signal.SIGCHLD, lambda *_: None)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, previous)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        _work(job, parent)
    try:
        return _wait(child, before, folders)
    finally:
        signal.signal(signal.SIGCHLD, previous)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _work(job: Callable[[], int], parent: int) -> NoReturn:
    """Run the job in the child, and exit."""
    code = 1
    try:
        die_with_parent(parent, EXIT_TERMINATED)
        faulthandler.enable()
        code = job()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        # Without the teardown of hundreds of imported modules.
        os._exit(code)


def _wait(child: int, before: Memory, folders: Folders) -> int:
    while True:
        received = signal.sigwait(_AWAITED)
        if received == signal.SIGTERM:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            _report_words(
                "Stopped by SIGTERM: SageMaker asked the training job to end, "
                "because it was stopped, reached its runtime limit or lost its spot instance.",
                folders,
            )
            return EXIT_TERMINATED
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code >= 0:
                return code
            peak = usage.ru_maxrss * (1024 if sys.platform == "linux" else 1)
            paragraph, exit_code = _explain_death(-code, peak, before, Memory.read())
            _report_words(paragraph, folders)
            return exit_code


def _explain_death(number: int, peak: int, before: Memory, after: Memory) -> tuple[str, int]:
    """Return why a process that could not report its failure has ended, and the exit code."""
    used = f"It had used {format_memory(peak)} of {format_memory(after.limit)}."
    if number != signal.SIGKILL:
        return (
            f"The training job crashed inside a library ({signal.Signals(number).name}). "
            f"{used} The log says where. Try other ranges or another estimator, "
            "and report it with the plan of the run."
        ), 128 + number
    if after.kills > before.kills:
        cause = "The training job ran out of memory: the kernel killed it."
    elif peak >= ALMOST_ALL * after.limit:
        cause = "The training job was killed, most likely for lack of memory."
    else:
        return (
            f"The training job was killed by SIGKILL. {used} So memory is not the "
            "likely reason; something outside of the job ended it. Start the run again."
        ), EXIT_FAILED
    return f"{cause} {used} {MORE}", EXIT_OUT_OF_MEMORY


def report_failure(error: BaseException, folders: Folders) -> int:
    """Write output/failure, say in the log that the job failed, and return the exit code."""
    print(_log_line(error), file=sys.stderr, flush=True)
    trace = "".join(traceback.format_exception(error))
    _write_failure(_explain(error), trace, folders)
    return EXIT_OUT_OF_MEMORY if isinstance(error, MemoryError | MemoryRanOut) else EXIT_FAILED


def _report_words(paragraph: str, folders: Folders) -> None:
    """Write output/failure where there is no traceback; the log gets the same words."""
    print(paragraph, file=sys.stderr, flush=True)
    _write_failure(paragraph, "", folders)


def _write_failure(paragraph: str, trace: str, folders: Folders) -> None:
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
        limit = format_memory(Memory.read().limit)
        return (
            f"The training job ran out of memory: an allocation failed, of {limit} in all. {MORE}"
        )
    return (
        f"Unexpected error in the training job: {type(error).__name__}: {error}. "
        "The traceback below says where; please report it with the plan of the run."
    )


def _log_line(error: BaseException) -> str:
    if isinstance(error, TunedropError):
        return f"Failed. {error.for_log}"
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Failed with {type(error).__name__}; output/failure has the message.\n{frames}"
