"""Cuts the text of a CSV file into pieces of whole records, which threads parse side by side."""

from __future__ import annotations

from codecs import BOM_UTF8
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
    text: pa.NativeFile, above: dict[str, int], options: Callable[[dict[str, int]], dict[str, Any]]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of each piece, in the order of the file.

    Parameters
    ----------
    above
        What to skip in the first piece.
    options
        Returns Arrow's options of what to skip above the rows.
    """
    with ThreadPoolExecutor() as threads:
        parsed: deque[Future[list[pa.RecordBatch]]] = deque()
        for piece in _pieces(text):
            if above and bytes(piece).count(b"\n") < sum(above.values()):
                raise NotInPieces
            if not above and bytes(piece[: len(BOM_UTF8)]) == BOM_UTF8:
                piece = memoryview(BOM_UTF8 + piece)  # Arrow takes one off, as of a file's start
            parsed.append(threads.submit(_parse, piece, options(above)))
            above = {}
            if len(parsed) > PIECES_AHEAD:
                yield from parsed.popleft().result()
        while parsed:
            yield from parsed.popleft().result()


def _pieces(text: pa.NativeFile) -> Iterator[memoryview]:
    """Yield the text in pieces that end with a line, and have each quotation mark's partner.

    A piece's memory is used again when all pieces ahead of it are parsed: to get new memory for
    each takes longer than to read it.
    """
    memory = deque(bytearray(PIECE_BYTES) for _ in range(PIECES_AHEAD + 1))
    rest = b""
    while True:
        room = len(rest) + PIECE_BYTES
        if room > BLOCK_BYTES:
            raise NotInPieces
        if len(memory[0]) < room:
            memory[0] = bytearray(room)
        piece = memory[0]
        piece[: len(rest)] = rest
        view = memoryview(piece)
        size = len(rest) + text.readinto(view[len(rest) : room])
        if size == len(rest):
            break
        end = piece.rfind(b"\n", 0, size) + 1
        odd = _marks(piece, end) % 2
        while odd and end:
            mark = piece.rfind(b'"', 0, end)  # the lines behind it change nothing
            start = piece.rfind(b"\n", 0, mark) + 1
            odd ^= piece.count(b'"', start, end) % 2
            end = start
        if end:
            yield view[:end]
            memory.rotate(-1)
        rest = bytes(view[end:size])
    if rest:
        yield memoryview(rest)


def _marks(piece: bytearray, end: int) -> int:
    """Count quotation marks; NumPy takes a fraction of the time of `bytearray.count`."""
    if piece.find(b'"', 0, end) < 0:
        return 0
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8, end) == ord('"')))


def _parse(piece: memoryview, options: dict[str, Any]) -> list[pa.RecordBatch]:
    """Parse a piece; its last field ends with a line only where a mark in mid-field misled."""
    table = arrow_csv.read_csv(pa.BufferReader(piece), **options)
    batches: list[pa.RecordBatch] = table.to_batches()
    if any(word.endswith("\n") for batch in batches for word in last_words(batch)):
        raise NotInPieces
    return batches


def last_words(batch: pa.RecordBatch) -> list[str]:
    """Return the words of the last row."""
    last = batch.slice(max(0, len(batch) - 1))
    words = [column for column in last.columns if not pa.types.is_floating(column.type)]
    return [word for column in words for word in column.to_pylist() if word is not None]
