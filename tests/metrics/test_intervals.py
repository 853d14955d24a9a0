"""Wilson's intervals against published values."""

import re
from pathlib import Path

import pytest

from simengine.metrics.intervals import wilson_interval


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_of_newcombes_table(count, total, low, high):
    assert wilson_interval(count, total) == pytest.approx((low, high), abs=5e-5)


def test_nothing_is_known_of_no_sample_and_the_interval_mirrors():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    low, high = wilson_interval(29, 29)
    assert high == 1.0 and low == pytest.approx(1.0 - wilson_interval(0, 29)[1])


def test_there_is_one_interval_in_the_code():
    root = Path(__file__).parents[2]
    holders = [
        path.name for folder in ("simengine", "tools") for path in (root / folder).rglob("*.py")
        if re.search(r"\b1\.9(6\b|599)", path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert holders == ["intervals.py"]
