"""Textures of surfaces by position: each varies the albedo of a run of pixels and fades before pixels grow too coarse.

The planes of `px` (see `raster.pixel_planes`) begin at the run's first pixel: loops that count from nought are the
ones that the compiler turns into whole-vector code.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.noise import (
    lattice_value,
    smooth_ramp,
    solid_noise,
    three_octaves,
    two_octaves,
    value_noise,
)
from simengine.sensors.raster.pixel_planes import (
    BLUE,
    FOOTPRINT,
    GREEN,
    LOCAL_NX,
    LOCAL_NY,
    LOCAL_NZ,
    LOCAL_X,
    LOCAL_Y,
    LOCAL_Z,
    RED,
    WORK,
)

_F = np.float32
_GONE = _F(0.8)  # a pattern is gone where a pixel covers this share of its size


@njit(cache=True, error_model="numpy", inline="always")
def fade(footprint: np.float32, size: np.float32) -> np.float32:
    """Return how much of a pattern of a size survives in a pixel that covers `footprint`, 0..1."""
    return min(_F(1.0), max(_F(0.0), _F(1.6) - _F(2.0) * footprint / size))


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def tint(count: int, px: NDArray[np.float32]) -> None:
    """Multiply the albedo of `count` pixels by WORK."""
    for i in range(count):
        tone = px[WORK + i]
        px[RED + i] *= tone
        px[GREEN + i] *= tone
        px[BLUE + i] *= tone


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def asphalt(finest: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Patches, grain and, close by, single stones; `finest` is the smallest footprint of the pixels [m]."""
    for i in range(count):
        patch = two_octaves(_F(0.16) * px[LOCAL_X + i], _F(0.16) * px[LOCAL_Y + i], 3)
        px[WORK + i] = _F(1.0) + _F(0.34) * (patch - _F(0.5))
    if finest < _GONE * _F(0.09):
        for i in range(count):
            grain = value_noise(_F(24.0) * px[LOCAL_X + i], _F(24.0) * px[LOCAL_Y + i], 5)
            px[WORK + i] += fade(px[FOOTPRINT + i], _F(0.09)) * _F(0.30) * (grain - _F(0.5))
    if finest < _GONE * _F(0.025):
        for i in range(count):
            speck = value_noise(_F(90.0) * px[LOCAL_X + i], _F(90.0) * px[LOCAL_Y + i], 7)
            bright, dark = max(_F(0.0), speck - _F(0.72)), max(_F(0.0), _F(0.3) - speck)
            px[WORK + i] += fade(px[FOOTPRINT + i], _F(0.025)) * (_F(0.9 / 0.28) * bright - _F(0.35 / 0.3) * dark)
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def grass(finest: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Broad patches, dry places, tufts and blades; `finest` is the smallest footprint of the pixels [m]."""
    for i in range(count):
        broad = three_octaves(_F(0.11) * px[LOCAL_X + i], _F(0.11) * px[LOCAL_Y + i], 11)
        px[WORK + i] = _F(0.70) + _F(0.6) * broad
    for i in range(count):
        patch = two_octaves(_F(0.045) * px[LOCAL_X + i] + _F(7.0), _F(0.045) * px[LOCAL_Y + i], 13)
        dry = smooth_ramp(_F(0.50), _F(0.78), patch)
        px[RED + i] += dry * _F(0.055)
        px[GREEN + i] += dry * _F(0.012)
        px[BLUE + i] += dry * _F(0.012)
    if finest < _GONE * _F(0.35):
        for i in range(count):
            tuft = value_noise(_F(6.5) * px[LOCAL_X + i], _F(6.5) * px[LOCAL_Y + i], 15)
            px[WORK + i] *= _F(1.0) + fade(px[FOOTPRINT + i], _F(0.35)) * _F(0.9) * (tuft - _F(0.5))
    if finest < _GONE * _F(0.06):
        for i in range(count):
            blade = value_noise(_F(38.0) * px[LOCAL_X + i], _F(31.0) * px[LOCAL_Y + i], 17)
            px[WORK + i] *= _F(1.0) + fade(px[FOOTPRINT + i], _F(0.06)) * _F(1.1) * (blade - _F(0.5))
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def leaves(finest: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Twigs and leaves over the tones in WORK; `finest` is the smallest footprint of the pixels [m]."""
    if finest < _GONE * _F(0.45):
        for i in range(count):
            x, y, z = px[LOCAL_X + i], px[LOCAL_Y + i], px[LOCAL_Z + i]
            twig = solid_noise(_F(4.3) * x, _F(4.3) * y, _F(4.3) * z, 23)
            px[WORK + i] *= _F(1.0) + fade(px[FOOTPRINT + i], _F(0.45)) * _F(1.1) * (twig - _F(0.5))
    if finest < _GONE * _F(0.12):
        for i in range(count):
            x, y, z = px[LOCAL_X + i], px[LOCAL_Y + i], px[LOCAL_Z + i]
            leaf = solid_noise(_F(15.0) * x, _F(15.0) * y, _F(15.0) * z, 29)
            px[WORK + i] *= _F(1.0) + fade(px[FOOTPRINT + i], _F(0.12)) * _F(1.6) * (leaf - _F(0.5))
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def facade(bricks: bool, finest: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Stains and splashed feet of walls, then bricks or rough plaster; `finest` is the smallest footprint [m]."""
    for i in range(count):
        z = px[LOCAL_Z + i]
        along = px[LOCAL_X + i] * px[LOCAL_NY + i] - px[LOCAL_Y + i] * px[LOCAL_NX + i]
        stain = _F(1.0) + _F(0.14) * (two_octaves(_F(0.5) * along, _F(0.35) * z, 33) - _F(0.5))
        px[WORK + i] = stain * (_F(0.90) + _F(0.10) * smooth_ramp(_F(0.0), _F(2.5), z))
    if bricks and finest < _GONE * _F(0.09):
        for i in range(count):
            along = px[LOCAL_X + i] * px[LOCAL_NY + i] - px[LOCAL_Y + i] * px[LOCAL_NX + i]
            height = px[LOCAL_Z + i] * _F(1.0 / 0.083)
            row = np.floor(height)
            shift = along * _F(4.0) + _F(0.5) * (row - _F(2.0) * np.floor(_F(0.5) * row))
            column = np.floor(shift)
            joint = (height - row < _F(0.13)) or (shift - column < _F(0.05))
            brick = _F(1.0) + _F(0.35) * (_F(lattice_value(int(row), int(column), 37)) - _F(0.5))
            px[WORK + i] *= _F(1.0) + fade(px[FOOTPRINT + i], _F(0.09)) * ((_F(1.6) if joint else brick) - _F(1.0))
    elif finest < _GONE * _F(0.04):
        for i in range(count):
            along = px[LOCAL_X + i] * px[LOCAL_NY + i] - px[LOCAL_Y + i] * px[LOCAL_NX + i]
            rough = value_noise(_F(45.0) * along, _F(45.0) * px[LOCAL_Z + i], 39)
            px[WORK + i] *= _F(1.0) + fade(px[FOOTPRINT + i], _F(0.04)) * _F(0.12) * (rough - _F(0.5))
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def roof(pick: float, count: int, px: NDArray[np.float32]) -> None:
    """Flat roofs are dark, pitched ones tiled or slated by a number in [0, 1)."""
    for i in range(count):
        flat = px[LOCAL_NZ + i] > _F(0.98)
        if flat or pick < 0.22:
            px[RED + i], px[GREEN + i], px[BLUE + i] = _F(0.115), _F(0.115), _F(0.12)
        elif pick < 0.45:
            px[RED + i], px[GREEN + i], px[BLUE + i] = _F(0.16), _F(0.11), _F(0.09)
        tone = _F(1.0) + _F(0.25) * (value_noise(_F(0.9) * px[LOCAL_X + i], _F(0.9) * px[LOCAL_Y + i], 43) - _F(0.5))
        if not flat:
            rise = px[LOCAL_Z + i] * _F(1.0 / 0.22)
            if rise - np.floor(rise) < _F(0.18):
                tone *= _F(1.0) - _F(0.35) * fade(px[FOOTPRINT + i], _F(0.32))
        px[WORK + i] = tone
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def plate(instance: int, count: int, px: NDArray[np.float32]) -> None:
    """Dark characters on a number plate: cells along its long side."""
    for i in range(count):
        y, z = px[LOCAL_Y + i], px[LOCAL_Z + i]
        cell, row = y * _F(1.0 / 0.052), z * _F(1.0 / 0.11)
        place = cell - np.floor(cell)
        glyph = lattice_value(int(np.floor(cell)), int(np.floor(_F(3.0) * place)), instance + 61)
        inside = _F(0.12) < place < _F(0.88) and abs(y) < _F(0.21)
        stroke = _F(0.35) + _F(0.3) * value_noise(_F(70.0) * y, _F(70.0) * z + _F(9.0) * row, instance + 67)
        dark = inside and stroke + _F(0.2) * _F(glyph) > _F(0.62)
        px[WORK + i] = _F(1.0) - fade(px[FOOTPRINT + i], _F(0.03)) * (_F(0.9) if dark else _F(0.0))
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def slabs(edge: np.float32, finest: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Joints between square slabs of an edge length [m]."""
    if finest >= _GONE * _F(0.03):
        return
    for i in range(count):
        u, v = px[LOCAL_X + i] / edge, px[LOCAL_Y + i] / edge
        across, along = abs(u - np.floor(u + _F(0.5))), abs(v - np.floor(v + _F(0.5)))
        joint = min(across, along) * edge < _F(0.008)
        px[WORK + i] = _F(1.0) - (_F(0.45) if joint else _F(0.0)) * fade(px[FOOTPRINT + i], _F(0.03))
    tint(count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def mottle(strength: np.float32, size: np.float32, along: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Grain of a size [m] in space, drawn out along the object's length where `along` is below 1."""
    step = _F(2.0) / size
    for i in range(count):
        x, y, z = px[LOCAL_X + i], px[LOCAL_Y + i], px[LOCAL_Z + i]
        grain = solid_noise(along * step * x, step * y, step * z, 53) - _F(0.5)
        px[WORK + i] = _F(1.0) + fade(px[FOOTPRINT + i], size) * strength * _F(2.0) * grain
    tint(count, px)
