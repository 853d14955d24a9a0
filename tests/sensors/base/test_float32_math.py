"""Single-precision powers: right to the last few bits over the range that pictures need."""

import math

import numpy as np
import pytest

from simengine.sensors.base.float32_math import exp, exp2, log2, power


@pytest.mark.parametrize("x", [-125.5, -20.25, -1.0, -1e-3, 0.0, 1e-6, 0.5, 0.999999, 1.0, 17.75, 100.0])
def test_powers_of_two_and_e(x):
    x = np.float32(x)
    assert exp2(x) == pytest.approx(2.0 ** float(x), rel=3e-7)
    if abs(x) < 80.0:
        assert exp(x) == pytest.approx(math.exp(float(x)), rel=3e-7 * (1.0 + abs(float(x))))


@pytest.mark.parametrize("x", [1e-30, 3e-5, 0.4999, 0.70710677, 0.70710683, 0.99999, 1.0, 1.0001, 1.5, 3.0, 6e4, 1e30])
def test_logarithms(x):
    x = np.float32(x)
    assert log2(x) == pytest.approx(math.log2(float(x)), rel=4e-7, abs=1e-9)


@pytest.mark.parametrize("base, exponent", [(0.999, 2500.0), (0.5, 12.0), (0.97, 340.0), (1.0, 700.0), (2.0, 0.5)])
def test_powers(base, exponent):
    base, exponent = np.float32(base), np.float32(exponent)
    assert power(base, exponent) == pytest.approx(float(base) ** float(exponent), rel=2e-5)


def test_what_is_not_positive_has_no_highlight():
    assert power(np.float32(0.0), np.float32(12.0)) < 1e-30
    assert power(np.float32(-0.3), np.float32(12.0)) < 1e-30
    assert exp2(np.float32(-1e6)) < 1.2e-38
