"""Opens a text table as text, whether it is packed or not."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_GZIP = b"\x1f\x8b"


def is_gzip(path: Path) -> bool:
    """Tell whether a file is packed, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def open_text(
    path: Path, encoding: str, errors: str = "strict", *, skip: int = 0
) -> Iterator[TextIO]:
    """Open a file that may be packed, as text without a byte order mark and its first lines."""
    with path.open("rb") as raw:
        binary = gzip.GzipFile(fileobj=raw) if is_gzip(path) else raw
        decoder = "utf-8-sig" if encoding == "utf-8" else encoding
        with io.TextIOWrapper(binary, encoding=decoder, errors=errors, newline="") as text:
            for _ in range(skip):
                text.readline()
            yield text
