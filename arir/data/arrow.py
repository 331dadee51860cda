"""Between Arrow and NumPy or Python, without pandas.

pyarrow's own ``pa.array`` and ``to_numpy`` import pandas where it is installed, which alone takes
longer than measuring a small run. Arrays here have no nulls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["as_mask", "as_numbers", "as_strings", "numbers_of", "offsets_of"]


def as_strings(texts: Sequence[str] | NDArray[np.object_]) -> pa.StringArray:
    """An Arrow array of strings (of less than 2 GiB together).

    >>> as_strings(["a", "", "سؤال"]).to_pylist()
    ['a', '', 'سؤال']
    """
    import pyarrow as pa

    joined = "".join(texts)
    sizes = map(len, texts) if joined.isascii() else (len(text.encode()) for text in texts)
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(sizes, np.int32, len(texts)), out=offsets[1:])
    return pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(offsets), pa.py_buffer(joined.encode())
    )


def as_numbers(values: NDArray[Any]) -> pa.Array:
    """An Arrow array over the memory of a NumPy array of numbers.

    >>> as_numbers(np.array([0.5, 2.0])).to_pylist()
    [0.5, 2.0]
    """
    import pyarrow as pa

    kept = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(kept.dtype)
    return pa.Array.from_buffers(kind, len(kept), [None, pa.py_buffer(kept)])


def as_mask(values: NDArray[np.bool_]) -> pa.BooleanArray:
    """An Arrow array of truth values, a bit each.

    >>> as_mask(np.array([True, False, True])).to_pylist()
    [True, False, True]
    """
    import pyarrow as pa

    bits = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])


def numbers_of(array: pa.Array) -> NDArray[Any]:
    """A NumPy array over the memory of an Arrow array of numbers.

    >>> numbers_of(as_numbers(np.array([1, 2, 3])).slice(1)).tolist()
    [2, 3]
    """
    kind = np.dtype(array.type.to_pandas_dtype())
    start = array.offset * kind.itemsize
    return np.frombuffer(array.buffers()[1], kind, len(array), start)


def offsets_of(strings: pa.StringArray) -> NDArray[np.int32]:
    """Where each string begins in the bytes of the array, and the last ends, shape (N + 1,).

    >>> offsets_of(as_strings(["a", "", "bcd"])).tolist()
    [0, 1, 1, 4]
    """
    return np.frombuffer(strings.buffers()[1], np.int32, len(strings) + 1, 4 * strings.offset)
