"""The checksum of long arrays is XXH64, bit for bit."""

import numpy as np
import pytest

from simengine.simulation.files.checksum import checksum


def reference(content: bytes) -> int:
    """XXH64 with seed 0, written down from the specification with Python's integers."""
    p1, p2, p3, p4, p5 = (
        0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
    )  # fmt: skip
    mask = 2**64 - 1

    def turn(word, bits):
        return (word << bits | word >> 64 - bits) & mask

    def mixed(word, begin=0):
        return turn((begin + word * p2) & mask, 31) * p1 & mask

    place, lanes = 0, [(p1 + p2) & mask, p2, 0, -p1 & mask]
    while len(content) - place >= 32:
        for lane in range(4):
            lanes[lane] = mixed(int.from_bytes(content[place : place + 8], "little"), lanes[lane])
            place += 8
    total = p5
    if place:
        total = sum(turn(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & mask
        for lane in lanes:
            total = ((total ^ mixed(lane)) * p1 + p4) & mask
    total = (total + len(content)) & mask
    while len(content) - place >= 8:
        total = (turn(total ^ mixed(int.from_bytes(content[place : place + 8], "little")), 27) * p1 + p4) & mask
        place += 8
    if len(content) - place >= 4:
        word = int.from_bytes(content[place : place + 4], "little")
        total = (turn(total ^ word * p1 & mask, 23) * p2 + p3) & mask
        place += 4
    for byte in content[place:]:
        total = turn(total ^ byte * p5 & mask, 11) * p1 & mask
    total = (total ^ total >> 33) * p2 & mask
    total = (total ^ total >> 29) * p3 & mask
    return total ^ total >> 32


# Published test values of the algorithm (seed 0).
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "ef46db3751d8e999"), (b"a", "d24ec4f1a98c6e5b"), (b"abc", "44bc2cf5ad770999"),
        (b"Nobody inspects the spammish repetition", "fbcea83c8a378bf1"),
    ],
)  # fmt: skip
def test_the_checksum_has_the_published_values(text, expected):
    assert checksum(np.frombuffer(text, np.uint8))[::-1].hex() == expected


def test_the_checksum_agrees_with_the_specification_at_every_length():
    content = np.random.default_rng(3).integers(0, 256, 150, np.uint8)
    for length in range(len(content)):
        assert int.from_bytes(checksum(content[:length]), "little") == reference(content[:length].tobytes()), length


def test_the_checksum_does_not_depend_on_where_the_array_lies_or_whether_it_may_be_written():
    content = np.random.default_rng(1).integers(0, 256, 1003, np.uint8)
    shifted = np.empty(len(content) + 1, np.uint8)[1:]
    shifted[:] = content
    frozen = content.copy()
    frozen.flags.writeable = False
    assert checksum(content) == checksum(shifted) == checksum(frozen)
    assert content.flags.writeable
