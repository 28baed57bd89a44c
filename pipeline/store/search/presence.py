"""Which files cannot hold a mark, known without opening them: one Bloom filter a file, in memory only.

Statistics do not help here: every day's file holds marks from A to Z. With 16 bits a mark and 8 probes less than 0.1 %
of the files without a mark are opened for it in vain (Bloom 1970; measured in the tests). A year of a million reads a
day takes about 0.6 GB. Nothing is written to disk, so there is nothing to erase.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.domain.vrm import MAXIMUM_LENGTH

_BITS_PER_MARK = 16
_PROBES = 8
Words = NDArray[np.uint64]


class Presence:
    """The marks of one file, best given in order."""

    def __init__(self, marks: pa.Array) -> None:
        hashes = _once_each(_hashes(marks))
        self._bits = max(64, len(hashes) // 2 * _BITS_PER_MARK)
        held = np.zeros(self._bits, bool)
        for probe in _probes(hashes, self._bits):
            held[probe] = True
        self._held = np.packbits(held)

    @property
    def nbytes(self) -> int:
        return int(self._held.nbytes)

    def may_hold(self, hashes: Words) -> NDArray[np.bool_]:
        """Tell for every one of `hashes_of` some marks whether the file may hold it; False is certain."""
        answer = np.ones(len(hashes) // 2, bool)
        for probe in _probes(hashes, self._bits):
            answer &= (self._held[probe >> 3] >> (7 - (probe & 7)).astype(np.uint8)) & 1 == 1
        return answer


def hashes_of(marks: Sequence[str]) -> Words:
    """Return what `may_hold` wants to know of `marks`."""
    return _hashes(pa.array(marks, pa.string()))


def _hashes(marks: pa.Array) -> Words:
    """Return two words for each mark, first all the first ones."""
    padded = pc.ascii_rpad(marks, MAXIMUM_LENGTH)
    padded = pa.concat_arrays(padded.chunks) if isinstance(padded, pa.ChunkedArray) else padded
    start = padded.offset * MAXIMUM_LENGTH
    letters = np.frombuffer(padded.buffers()[2] or b"", np.uint8)[start : start + len(padded) * MAXIMUM_LENGTH]
    halves = letters.reshape(-1, MAXIMUM_LENGTH).view(np.uint64)
    first = _mixed(halves[:, 0] ^ _mixed(halves[:, 1]))
    return np.concatenate([first, _mixed(first) | np.uint64(1)])


def _once_each(hashes: Words) -> Words:
    """Leave out what stands behind its like: in a sorted file that is all that is double."""
    first, second = np.split(hashes, 2)
    fresh = np.ones(len(first), bool)
    np.not_equal(first[1:], first[:-1], out=fresh[1:])
    return np.concatenate([first[fresh], second[fresh]])


def _mixed(words: Words) -> Words:
    """The finaliser of splitmix64 (Steele et al. 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _probes(hashes: Words, bits: int) -> list[NDArray[np.intp]]:
    first, second = np.split(hashes, 2)
    return [((first + np.uint64(at) * second) % np.uint64(bits)).astype(np.intp) for at in range(_PROBES)]
