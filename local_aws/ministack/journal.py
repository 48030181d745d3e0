"""A file of JSON lines beside MiniStack's saved state: what has happened since it was saved."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class Journal:
    """Lines that a killed server leaves to the next one; thread-safe.

    Parameters
    ----------
    name
        Of the file, without its suffix.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()

    def write(self, entries: Iterable[Any], default: Callable[[Any], Any] | None = None) -> None:
        """Append entries; they are in the file when this returns.

        `default` makes JSON of what `json` cannot write; the `object_hook` of `entries` undoes it.
        """
        lines = "".join(json.dumps(entry, default=default) + "\n" for entry in entries)
        with self._lock, self._paths()[0].open("a", encoding="utf-8") as file:
            file.write(lines)

    def entries(self, object_hook: Callable[[dict[str, Any]], Any] | None = None) -> list[Any]:
        """Read all entries; the last line may be half of one."""
        entries = []
        for path in reversed(self._paths()):
            for line in path.read_text("utf-8").splitlines() if path.exists() else ():
                try:
                    entries.append(json.loads(line, object_hook=object_hook))
                except ValueError:
                    log.warning("a line of %s was not written to its end", path)
        return entries

    @contextmanager
    def being_saved(self) -> Iterator[None]:
        """Empty the journal after MiniStack's state was saved; what comes meanwhile stays."""
        current, old = self._paths()
        with self._lock:
            if current.exists():
                with old.open("a", encoding="utf-8") as kept:
                    kept.write(current.read_text("utf-8"))
                current.unlink()
        yield
        old.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete the journal of a server whose state was never saved."""
        for path in self._paths():
            path.unlink(missing_ok=True)

    def _paths(self) -> tuple[Path, Path]:
        folder = Path(os.environ["STATE_DIR"])
        return folder / f"{self._name}.jsonl", folder / f"{self._name}.old.jsonl"
