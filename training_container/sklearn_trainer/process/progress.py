"""How far a job has come, told across a fork: the supervisor has the last words."""

from __future__ import annotations

import mmap

_BYTES = 4096


class Progress:
    """A short text in memory that parent and child share."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _BYTES)
        self.text = "before its first fold was scored"

    @property
    def text(self) -> str:
        """What the job is doing, to be read after "stopped"."""
        length = int.from_bytes(self._shared[:2], "big")
        return self._shared[2 : 2 + length].decode("utf-8", "replace")

    @text.setter
    def text(self, text: str) -> None:
        content = text.encode("utf-8", "replace")[: _BYTES - 2]
        # The length last: a reader in between sees the beginning of the new text at worst.
        self._shared[2 : 2 + len(content)] = content
        self._shared[:2] = len(content).to_bytes(2, "big")
