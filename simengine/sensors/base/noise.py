"""Pseudo-random numbers and value noise for textures, clouds and pixels: pure functions of integers and positions.

Noise is worked out from mixed bits instead of a table: single precision without look-ups, so that a loop over pixels
becomes a whole-vector loop.
"""

import numpy as np
from numba import njit

_F = np.float32
_I_STEP, _J_STEP, _K_STEP = np.uint32(0x8DA6B343), np.uint32(0xD8163841), np.uint32(0xCB1AB31F)
_MIX_A, _MIX_B = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
_ONE = np.uint32(1)


@njit(cache=True, error_model="numpy")
def mix_bits(value: int) -> int:
    """Return 32 well mixed bits of 32 bits (the finaliser of MurmurHash3, Appleby)."""
    x = np.uint64(value) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(16))


@njit(cache=True, error_model="numpy")
def lattice_value(i: int, j: int, k: int) -> float:
    """Return a number in [0, 1) for a point of the integer lattice."""
    word = np.uint64(i * 0x8DA6B343 + j * 0xD8163841 + k * 0xCB1AB31F)
    return float(mix_bits(word)) * (1.0 / 4294967296.0)


@njit(cache=True, error_model="numpy", inline="always")
def mix_word(word: np.uint32) -> np.uint32:
    """Return 32 well mixed bits of 32 bits, of a kind that loops do in whole vectors (Wellons, "lowbias32", 2018)."""
    word = np.uint32(word ^ (word >> np.uint32(16)))
    word = np.uint32(word * _MIX_A)
    word = np.uint32(word ^ (word >> np.uint32(15)))
    word = np.uint32(word * _MIX_B)
    return np.uint32(word ^ (word >> np.uint32(16)))


@njit(cache=True, error_model="numpy", inline="always")
def _share_of_word(word: np.uint32) -> np.float32:
    """Return a number in [0, 1) for a word."""
    return _F(np.int32(mix_word(word) >> np.uint32(9))) * _F(1.0 / 8388608.0)


@njit(cache=True, error_model="numpy", inline="always")
def value_noise(x: np.float32, y: np.float32, layer: int) -> np.float32:
    """Return smooth noise in [0, 1) with features of size 1; `layer` gives another pattern."""
    fx, fy = np.floor(x), np.floor(y)
    u, v = x - fx, y - fy
    u, v = u * u * (_F(3.0) - _F(2.0) * u), v * v * (_F(3.0) - _F(2.0) * v)
    i, j = np.uint32(np.int32(fx)), np.uint32(np.int32(fy))
    first = np.uint32(np.uint32(i * _I_STEP) + np.uint32(j * _J_STEP) + np.uint32(np.uint32(layer) * _K_STEP))
    a, b = _share_of_word(first), _share_of_word(np.uint32(first + _I_STEP))
    first = np.uint32(first + _J_STEP)
    c, d = _share_of_word(first), _share_of_word(np.uint32(first + _I_STEP))
    near = a + (b - a) * u
    return near + (c + (d - c) * u - near) * v


@njit(cache=True, error_model="numpy", inline="always")
def two_octaves(x: np.float32, y: np.float32, layer: int) -> np.float32:
    """Return noise in [0, 1) of two octaves, the second twice as fine and half as strong."""
    fine = value_noise(_F(2.03) * x + _F(11.7), _F(2.03) * y - _F(5.3), layer + 17)
    return (_F(2.0) * value_noise(x, y, layer) + fine) * _F(1.0 / 3.0)


@njit(cache=True, error_model="numpy", inline="always")
def three_octaves(x: np.float32, y: np.float32, layer: int) -> np.float32:
    """Return noise in [0, 1) of three octaves, each twice as fine and half as strong as the one before."""
    finer = two_octaves(_F(2.03) * x + _F(11.7), _F(2.03) * y - _F(5.3), layer + 17)
    return (_F(4.0) * value_noise(x, y, layer) + _F(3.0) * finer) * _F(1.0 / 7.0)


@njit(cache=True, error_model="numpy")
def fractal_noise(x: float, y: float, layer: int, octaves: int) -> float:
    """Return noise in [0, 1) of any number of octaves."""
    total, weight, norm = 0.0, 0.5, 0.0
    for o in range(octaves):
        total += weight * float(value_noise(_F(x), _F(y), layer + 17 * o))
        norm += weight
        x, y = 2.03 * x + 11.7, 2.03 * y - 5.3
        weight *= 0.5
    return total / norm


@njit(cache=True, error_model="numpy", inline="always")
def solid_noise(x: np.float32, y: np.float32, z: np.float32, layer: int) -> np.float32:
    """Return smooth noise in [0, 1) in space, with features of size 1: two plane patterns blended along z."""
    fz = np.floor(z)
    w = z - fz
    w = w * w * (_F(3.0) - _F(2.0) * w)
    k = np.uint32(np.uint32(layer) + np.uint32(np.uint32(np.int32(fz)) * np.uint32(5)))
    low = value_noise(x, y, k)
    return low + (value_noise(x, y, np.uint32(k + np.uint32(5))) - low) * w


@njit(cache=True, error_model="numpy")
def smooth_step(low: float, high: float, value: float) -> float:
    """Return 0 below `low`, 1 above `high`, a smooth cubic between."""
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@njit(cache=True, error_model="numpy")
def smooth_ramp(low: np.float32, high: np.float32, value: np.float32) -> np.float32:
    """Return `smooth_step` in single precision."""
    t = min(_F(1.0), max(_F(0.0), (value - low) / (high - low)))
    return t * t * (_F(3.0) - _F(2.0) * t)
