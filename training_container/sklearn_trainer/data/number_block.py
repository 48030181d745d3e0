"""The numbers of a table in one piece of memory, filled by a reader and handed to fit() as it is.

An Arrow column looks at each of its columns, so that nothing between a file and fit() copies them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sklearn_trainer.data.values import Floats, Mask
from tunedrop_common.targets import GREATEST

_WIDTH = np.dtype(np.float64).itemsize


class NumberBlock:
    """Columns of float64 side by side, to be filled; missing values are NaN.

    Parameters
    ----------
    names
        The columns, in their order. Those that become one array in the end stand together.
    """

    def __init__(self, names: Sequence[str], rows: int) -> None:
        self.names = tuple(names)
        self.values: Floats = np.empty((rows, len(self.names)), dtype=np.float64, order="F")
        self._missing = np.zeros(len(self.names), dtype=np.bool_)
        self._too_great = np.zeros(len(self.names), dtype=np.bool_)

    def fill(self, rows: slice, columns: slice, numbers: npt.ArrayLike) -> Floats:
        """Put numbers of shape (rows, columns) in their place, and look at them there.

        They are in the processor's cache now, and would have to be read again later. Threads may
        fill different places at a time. Zero loses its sign, which some readers find and some not.

        Returns
        -------
        The least and the greatest number of each column, of shape (2, columns); NaN if all are
        missing.
        """
        place = self.values[rows, columns]
        np.add(numbers, 0.0, out=place)
        if not len(place):
            return np.empty((2, 0))
        reach = np.array([place.min(axis=0), place.max(axis=0)])
        missing = np.isnan(reach[0])
        if missing.any():
            self._missing[columns][missing] = True  # nothing else is written: threads may be at it
            reach = np.array([np.fmin.reduce(place), np.fmax.reduce(place)])
        self._too_great[columns][(np.abs(reach) > GREATEST).any(axis=0)] = True
        return reach

    def arrays(self) -> dict[str, pa.ChunkedArray]:
        """Return the columns as Arrow sees them, NaN as null.

        Nothing is copied but columns with a number beyond `GREATEST`, which fit() must not get.
        """
        rows, size = len(self.values), len(self.values) * _WIDTH
        whole = pa.py_buffer(self.values.T)
        found = {}
        for index, name in enumerate(self.names):
            column = self.values[:, index]
            numbers = whole.slice(index * size, size)
            if self._too_great[index]:
                numbers = pa.py_buffer(column.copy())
            known = pa.array(~np.isnan(column)).buffers()[1] if self._missing[index] else None
            array = pa.Array.from_buffers(pa.float64(), rows, [known, numbers])
            found[name] = pa.chunked_array([array])
        return found


def block_of(columns: Sequence[pa.ChunkedArray]) -> Floats | None:
    """Return the array of shape (rows, columns) that these columns are neighbours in, if they are.

    It is the memory of the `NumberBlock` itself, in Fortran's order, with no number beyond
    `GREATEST`. None if the columns are from elsewhere, or stand in another order.
    """
    if not columns or any(c.num_chunks != 1 or c.type != pa.float64() for c in columns):
        return None
    arrays = [column.chunk(0) for column in columns]
    rows, buffers = len(arrays[0]), [array.buffers()[1] for array in arrays]
    whole = buffers[0].parent
    if whole is None or not whole.is_mutable or rows == 0:
        return None
    start, size = buffers[0].address, rows * _WIDTH
    for index, (array, buffer) in enumerate(zip(arrays, buffers, strict=True)):
        if array.offset or len(array) != rows or buffer.address != start + index * size:
            return None
    if start + len(columns) * size > whole.address + whole.size:
        return None
    first = (start - whole.address) // _WIDTH
    flat: Floats = np.frombuffer(whole, dtype=np.float64)[first : first + rows * len(columns)]
    values = flat.reshape((rows, len(columns)), order="F")
    agree = all(
        np.array_equal(np.isnan(values[:, index]), _nulls(array))
        for index, array in enumerate(arrays)
        if array.null_count
    )
    return values if agree else None


def _nulls(array: pa.Array) -> Mask:
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
