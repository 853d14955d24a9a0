"""A pinhole camera: its intrinsics, where it stands, and what carries the world into its axes.

Optical axes are x right, y down, z forward; a sensor's own are ISO 8855's (forward, left, up).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Intrinsics(NamedTuple):
    """A pinhole camera without distortion; the center of pixel (column, row) is at (column + 0.5, row + 0.5)."""

    width: int  # [px]
    height: int  # [px]
    fx: float  # focal length [px]
    fy: float  # [px]
    cx: float  # principal point [px]
    cy: float  # [px]


class CameraView(NamedTuple):
    """Where the image is taken from; a mirror image has a reflection in `world_from_camera`."""

    eye: NDArray[np.float64]  # [m]. (3,)
    world_from_camera: NDArray[np.float64]  # optical axes into the world. (3, 3)
    camera: Intrinsics


def intrinsics_of_fov(width: int, height: int, horizontal_fov: float) -> Intrinsics:
    """Return the intrinsics of a camera with square pixels and a horizontal field of view [rad]."""
    focal = 0.5 * width / math.tan(0.5 * horizontal_fov)
    return Intrinsics(width, height, focal, focal, 0.5 * width, 0.5 * height)


def halve(camera: Intrinsics) -> Intrinsics:
    """Return the intrinsics of a camera that sees the same at half the resolution, rounded up."""
    return Intrinsics(
        (camera.width + 1) // 2,
        (camera.height + 1) // 2,
        0.5 * camera.fx,
        0.5 * camera.fy,
        0.5 * camera.cx,
        0.5 * camera.cy,
    )
