"""Pseudo-random numbers and value noise for textures, clouds and pixels: pure functions of integers and positions."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

LATTICE = 256


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


@njit(cache=True, error_model="numpy")
def lattice_table() -> NDArray[np.float32]:
    """Return random numbers in [0, 1) for a lattice that repeats every LATTICE points: looking up beats mixing."""
    table = np.empty((LATTICE, LATTICE), np.float32)
    for j in range(LATTICE):
        for i in range(LATTICE):
            table[j, i] = np.float32(lattice_value(i, j, 0))
    return table


@njit(cache=True, error_model="numpy")
def value_noise(lattice: NDArray[np.float32], x: float, y: float, layer: int) -> float:
    """Return smooth noise in [0, 1) with features of size 1; `layer` gives another pattern. See `lattice_table`."""
    fx, fy = math.floor(x), math.floor(y)
    u, v = x - fx, y - fy
    u, v = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v)
    i0, j0 = (int(fx) + 67 * layer) & (LATTICE - 1), (int(fy) + 131 * layer) & (LATTICE - 1)
    i1, j1 = (i0 + 1) & (LATTICE - 1), (j0 + 1) & (LATTICE - 1)
    a, b = lattice[j0, i0], lattice[j0, i1]
    c, d = lattice[j1, i0], lattice[j1, i1]
    return (a + (b - a) * u) * (1.0 - v) + (c + (d - c) * u) * v


@njit(cache=True, error_model="numpy")
def fractal_noise(lattice: NDArray[np.float32], x: float, y: float, layer: int, octaves: int) -> float:
    """Return noise in [0, 1) of several octaves, each twice as fine and half as strong."""
    total, weight, norm = 0.0, 0.5, 0.0
    for o in range(octaves):
        total += weight * value_noise(lattice, x, y, layer + 17 * o)
        norm += weight
        x, y = 2.03 * x + 11.7, 2.03 * y - 5.3
        weight *= 0.5
    return total / norm


@njit(cache=True, error_model="numpy")
def solid_noise(lattice: NDArray[np.float32], x: float, y: float, z: float, layer: int) -> float:
    """Return smooth noise in [0, 1) in space, with features of size 1: two plane patterns blended along z."""
    fz = math.floor(z)
    w = z - fz
    w = w * w * (3.0 - 2.0 * w)
    k = int(fz)
    low = value_noise(lattice, x, y, layer + 5 * k)
    return low + (value_noise(lattice, x, y, layer + 5 * k + 5) - low) * w


@njit(cache=True, error_model="numpy")
def smooth_step(low: float, high: float, value: float) -> float:
    """Return 0 below `low`, 1 above `high`, a smooth cubic between."""
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)
