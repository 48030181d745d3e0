"""Cuts the text of a CSV file into pieces of whole records, which threads parse side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from sklearn_trainer.data.csv_faults import BLOCK_BYTES

# Threads parse pieces of whole records side by side. Small ones stay in the processor's cache.
PIECE_BYTES = 2**20

# So many pieces are read ahead: threads have work while the rows of one are copied.
PIECES_AHEAD = 5


class NotInPieces(Exception):
    """The lines of a file do not show where its records end."""


def parsed_pieces(
    text: pa.NativeFile,
    options: Callable[[int, dict[str, int]], dict[str, Any]],
    above: dict[str, int],
) -> Iterator[pa.Table]:
    """Yield the rows of each piece, in the order of the file.

    Parameters
    ----------
    options
        Returns Arrow's options for a piece of this size, and what to skip above its rows.
    above
        What to skip in the first piece.
    """
    with ThreadPoolExecutor() as threads:
        parsed: deque[Future[pa.Table]] = deque()
        for piece in _pieces(text):
            if above and piece.count(b"\n") < sum(above.values()):
                raise NotInPieces
            parsed.append(threads.submit(_parse, piece, options(len(piece), above)))
            above = {}
            if len(parsed) > PIECES_AHEAD:
                yield parsed.popleft().result()
        while parsed:
            yield parsed.popleft().result()


def _pieces(text: pa.NativeFile) -> Iterator[bytes]:
    """Yield the text in pieces that end with a line, and have each quotation mark's partner."""
    piece = b""
    while more := text.read(PIECE_BYTES):
        piece += more
        if len(piece) > BLOCK_BYTES:
            raise NotInPieces
        end = piece.rfind(b"\n") + 1
        odd = _marks(piece, end) % 2
        while odd and end:
            start = piece.rfind(b"\n", 0, end - 1) + 1
            odd ^= piece.count(b'"', start, end) % 2
            end = start
        if end:
            yield piece[:end]
            piece = piece[end:]
    if piece:
        yield piece


def _marks(piece: bytes, end: int) -> int:
    """Count quotation marks; NumPy takes a fraction of the time of `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8, end) == ord('"')))


def _parse(piece: bytes, options: dict[str, Any]) -> pa.Table:
    """Parse a piece; its last field ends with a line only where a mark in mid-field misled."""
    table = arrow_csv.read_csv(pa.BufferReader(piece), **options)
    last = table.slice(max(0, len(table) - 1)).to_pylist()
    if any(str(value).endswith("\n") for row in last for value in row.values()):
        raise NotInPieces
    return table
