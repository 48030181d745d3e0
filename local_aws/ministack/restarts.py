"""What a start makes good after a server that was killed, so that nothing is silently lost.

Half-written objects are undone before MiniStack reads them. Once it answers, the executions that
ran are announced as failed, and the newest objects once more.
"""

from __future__ import annotations

from pathlib import Path

from local_aws.ministack import (
    contents_journal,
    executions_journal,
    object_files,
    s3_events,
    saved_state,
)

# How long MiniStack may take between a write's answer and its event, with all cores busy.
_EVENTS_SECONDS = 5.0


class Start:
    """One start of MiniStack.

    Parameters
    ----------
    state, objects
        Its folders.
    """

    def __init__(self, state: Path, objects: Path) -> None:
        self._state = state
        self._mark = state / "running"
        self._again = saved_state.is_there(state)
        self._killed = self._mark.exists() and self._again
        if not self._again:
            executions_journal.journal.forget()
            contents_journal.journal.forget()
        if self._killed:
            object_files.mend(objects)
        self._mark.touch()

    def complete(self) -> None:
        """Tell what the last server left untold; once MiniStack answers."""
        executions_journal.announce_interrupted()
        if self._killed:
            s3_events.announce_latest(_EVENTS_SECONDS)
        if self._again:
            saved_state.save()
        contents_journal.keep(lambda: saved_state.is_there(self._state))

    def end(self) -> None:
        """Note that this server has ended in order, with everything in MiniStack's saved state."""
        contents_journal.journal.forget()
        self._mark.unlink(missing_ok=True)
