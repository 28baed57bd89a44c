"""Thrift's compact protocol, in which the footer and the page index of a Parquet file are written: reading any struct,
writing the few kinds of fields that a footer needs.

On failure: IndexError or ValueError for bytes that are none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Struct = dict[int, Any]
"""Values by the number of their field."""

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
_TRUE, _FALSE, _BYTE, _DOUBLE, _SET = 1, 2, 3, 7, 10
_LONG = 15
END = b"\0"
"""Behind the last field of a struct."""


class Reader:
    """Reads `data` from `at` on; after each value `at` is behind it."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def fields(self) -> Iterator[tuple[int, Any]]:
        """Yield number and value of every field of a struct."""
        number = 0
        while header := self._byte():
            number = number + (header >> 4) if header >> 4 else self._signed()
            kind = header & 15
            yield number, kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)

    def begin_list(self) -> tuple[int, int]:
        """Return of how many values of what kind a list is."""
        header = self._byte()
        return (self._varint() if header >> 4 == _LONG else header >> 4), header & 15

    def _value(self, kind: int) -> Any:
        if kind in (4, I32, I64):
            return self._signed()
        if kind == BINARY:
            return self._bytes(self._varint())
        if kind == STRUCT:
            return dict(self.fields())
        if kind in (LIST, _SET):
            count, of = self.begin_list()
            return [self._value(of) for _ in range(count)]
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise ValueError(f"a field of kind {kind} is in no footer")

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift

    def _signed(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)


def places_of_pages(offset_index: bytes) -> NDArray[np.int64]:
    """Return offset, size and first row of every page that Parquet's OffsetIndex tells of, n x 3."""
    reader = Reader(offset_index, at=1)
    count, _ = reader.begin_list()
    body = np.frombuffer(offset_index, np.uint8, offset=reader.at)
    # headers of fields and the end of a struct are one byte each below 128: all can be taken for numbers
    ends = np.flatnonzero(body < 0x80)[: 7 * count]
    begins = np.concatenate([[0], ends[:-1] + 1])
    shifts = 7 * (np.arange(ends[-1] + 1) - np.repeat(begins, ends - begins + 1))
    numbers = np.add.reduceat((body[: ends[-1] + 1] & 0x7F).astype(np.int64) << shifts, begins).reshape(count, 7)
    if offset_index[0] != 1 << 4 | LIST or (numbers[:, ::2] != (1 << 4 | I64, 1 << 4 | I32, 1 << 4 | I64, 0)).any():
        raise ValueError("this is no list of pages")
    return numbers[:, 1::2] >> 1


def number(value: int, kind: int = I64, *, skipped: int = 0) -> bytes:
    """Return a field that holds `value` >= 0, so many numbers of fields after the one before."""
    return bytes([(skipped + 1) << 4 | kind]) + _varint(value << 1)


def numbers(values: Sequence[int]) -> bytes:
    """Return the next field, a list of 32 bit numbers >= 0."""
    return beginning_of_list(len(values), I32) + b"".join(_varint(one << 1) for one in values)


def texts(values: Sequence[bytes]) -> bytes:
    """Return the next field, a list of texts."""
    return beginning_of_list(len(values), BINARY) + b"".join(_varint(len(one)) + one for one in values)


def beginning_of_list(count: int, kind: int = STRUCT) -> bytes:
    """Return what stands before the values of a list, which is the next field."""
    return bytes([1 << 4 | LIST, _LONG << 4 | kind]) + _varint(count)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
