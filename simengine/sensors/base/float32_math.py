"""Exponential and logarithm in single precision from sums and products alone.

The mathematical library's own differ in the last bit from one processor to the next and are called one value at a time;
these give the same bits everywhere, and loops over them become whole-vector loops.
"""

import numpy as np
from numba import njit

_F = np.float32
# (2^x − 1) / x on [0, 1]: a least-squares fit at Chebyshev nodes, within 9e-8 of 2^x.
_E0, _E1, _E2, _E3, _E4, _E5 = (
    _F(0.693147171),
    _F(0.240227215),
    _F(0.0554959361),
    _F(0.00965244074),
    _F(0.00126893513),
    _F(0.000208291957),
)
_LOG2_E = _F(1.4426950408889634)
# 2 / ((2 k + 1) ln 2), k = 0..4, of the series of the inverse hyperbolic tangent.
_L0, _L1, _L2, _L3, _L4 = (_F(2.885390081777927 / odd) for odd in (1, 3, 5, 7, 9))
_SQRT_HALF_BITS = np.int32(0x3F3504F3)


@njit(cache=True, error_model="numpy")
def exp2(x: np.float32) -> np.float32:
    """Return 2^x, within 2e-7 of its value; x is held between −126 and 126."""
    x = min(_F(126.0), max(_F(-126.0), x))
    whole = np.floor(x)
    t = x - whole
    share = _F(1.0) + t * (_E0 + t * (_E1 + t * (_E2 + t * (_E3 + t * (_E4 + t * _E5)))))
    return share * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit(cache=True, error_model="numpy")
def exp(x: np.float32) -> np.float32:
    """Return e^x."""
    return exp2(x * _LOG2_E)


@njit(cache=True, error_model="numpy")
def log2(x: np.float32) -> np.float32:
    """Return the binary logarithm of a positive normal number, within 3e-7 of it (absolute near 1)."""
    bits = np.float32(x).view(np.int32)
    power = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> np.int32(23))
    m = np.int32(bits - np.int32(power << np.int32(23))).view(np.float32)  # from √½ to √2
    s = (m - _F(1.0)) / (m + _F(1.0))
    q = s * s
    return _F(power) + s * (_L0 + q * (_L1 + q * (_L2 + q * (_L3 + q * _L4))))


@njit(cache=True, error_model="numpy")
def power(base: np.float32, exponent: np.float32) -> np.float32:
    """Return base^exponent of a base that is not negative; 0 gives a number below 1e-37 or so."""
    return exp2(exponent * log2(max(base, _F(1e-30))))
