"""Ends the process within moments of SIGTERM, even inside one long fit.

A Python signal handler has to wait for the C code of a fit to return. The signal's wake-up file
descriptor does not: a thread waits for it and ends the process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sklearn_trainer.contract import EXIT_TERMINATED


class Progress:
    """How far the job has come, for the last words."""

    def __init__(self) -> None:
        self.text = "before its first fold was scored"


@contextmanager
def ends_on_sigterm(progress: Progress) -> Iterator[None]:
    """Install the handler; outside of the main thread, where that is impossible, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    previous_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reader, progress), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous_writer)
        signal.signal(signal.SIGTERM, previous)
        os.close(writer)  # the watcher reads the end of the file and returns
        watcher.join()
        os.close(reader)


def forget_signals() -> None:
    """Undo `ends_on_sigterm` in a forked child: its parent watches."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _watch(reader: int, progress: Progress) -> None:
    while number := os.read(reader, 1):
        if number[0] == signal.SIGTERM:
            _end(progress)


def _end(progress: Progress) -> None:
    import multiprocessing

    for child in multiprocessing.active_children():
        child.kill()
    message = f"Stopped by SIGTERM {progress.text}: SageMaker asked the training job to end.\n"
    os.write(sys.stdout.fileno() if _has_descriptor() else 1, message.encode())
    os._exit(EXIT_TERMINATED)


def _has_descriptor() -> bool:
    try:
        sys.stdout.fileno()
    except (OSError, AttributeError, ValueError):
        return False
    return True
