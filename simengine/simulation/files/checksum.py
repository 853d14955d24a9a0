"""XXH64, a fast checksum of 64 bits: what stands for a long array in an episode's digest.

Reference: Y. Collet, "XXHash fast digest algorithm", https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
It tells any two arrays apart that chance or a defect made different; it is no protection against forgery.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_PRIME_1, _PRIME_2, _PRIME_3 = (
    np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
)  # fmt: skip
_PRIME_4, _PRIME_5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
_BITS = np.uint64(64)


@njit(cache=True, inline="always")
def _turn(word: np.uint64, bits: int) -> np.uint64:
    """Rotate a word to the left."""
    return word << np.uint64(bits) | word >> _BITS - np.uint64(bits)


@njit(cache=True, inline="always")
def _mixed(word: np.uint64) -> np.uint64:
    return _turn(word * _PRIME_2, 31) * _PRIME_1


@njit(cache=True)
def xxh64(words: NDArray[np.uint64], tail: NDArray[np.uint8]) -> np.uint64:
    """Return the XXH64, seed 0, of little-endian words and up to 7 bytes that follow them."""
    striped = len(words) // 4 * 4
    total = _PRIME_5
    if striped > 0:
        a, b, c, d = _PRIME_1 + _PRIME_2, _PRIME_2, np.uint64(0), np.uint64(0) - _PRIME_1
        for i in range(0, striped, 4):
            a = _turn(a + words[i] * _PRIME_2, 31) * _PRIME_1
            b = _turn(b + words[i + 1] * _PRIME_2, 31) * _PRIME_1
            c = _turn(c + words[i + 2] * _PRIME_2, 31) * _PRIME_1
            d = _turn(d + words[i + 3] * _PRIME_2, 31) * _PRIME_1
        total = _turn(a, 1) + _turn(b, 7) + _turn(c, 12) + _turn(d, 18)
        for lane in (a, b, c, d):
            total = (total ^ _mixed(lane)) * _PRIME_1 + _PRIME_4
    total += np.uint64(8 * len(words) + len(tail))
    for i in range(striped, len(words)):
        total = _turn(total ^ _mixed(words[i]), 27) * _PRIME_1 + _PRIME_4
    done = 0
    if len(tail) >= 4:
        word = np.uint64(0)
        for i in range(4):
            word |= np.uint64(tail[i]) << np.uint64(8 * i)
        total = _turn(total ^ word * _PRIME_1, 23) * _PRIME_2 + _PRIME_3
        done = 4
    for i in range(done, len(tail)):
        total = _turn(total ^ np.uint64(tail[i]) * _PRIME_5, 11) * _PRIME_1
    total = (total ^ total >> np.uint64(33)) * _PRIME_2
    total = (total ^ total >> np.uint64(29)) * _PRIME_3
    return total ^ total >> np.uint64(32)


def checksum(array: NDArray[Any]) -> bytes:
    """Return the checksum of the bytes of a contiguous, little-endian array. 8 bytes, little-endian."""
    content = array.reshape(-1).view(np.uint8)
    words = content[: len(content) // 8 * 8].view(np.uint64)
    if not words.flags.aligned:
        words = words.copy()
    words.flags.writeable = False  # so that the kernel is compiled for one type of array only
    tail = content[8 * len(words) :]
    tail.flags.writeable = False
    with np.errstate(over="ignore"):  # where the kernel runs as Python: arithmetic is modulo 2⁶⁴
        return int(xxh64(words, tail)).to_bytes(8, "little")
