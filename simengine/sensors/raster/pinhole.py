"""A pinhole camera: its intrinsics, where it stands, and what carries the world into its axes.

Optical axes are x right, y down, z forward; a sensor's own are ISO 8855's (forward, left, up).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Intrinsics(NamedTuple):
    """A pinhole camera without distortion; the centre of pixel (column, row) is at (column + 0.5, row + 0.5)."""

    width: int  # [px]
    height: int  # [px]
    fx: float  # focal length [px]
    fy: float  # [px]
    cx: float  # principal point [px]
    cy: float  # [px]


class View(NamedTuple):
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
        (camera.width + 1) // 2, (camera.height + 1) // 2, 0.5 * camera.fx, 0.5 * camera.fy, 0.5 * camera.cx,
        0.5 * camera.cy,
    )


@njit(cache=True)
def chain_rotations(a: NDArray[np.float64], b: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the product of two 3 × 3 matrices."""
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@njit(cache=True)
def rotate_rows(rotation: NDArray[np.float64], vector: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write rotationᵀ · vector: world coordinates into the frame of `rotation`."""
    for i in range(3):
        out[i] = rotation[0, i] * vector[0] + rotation[1, i] * vector[1] + rotation[2, i] * vector[2]


# Optical axes (right, down, forward) in the sensor's frame (forward, left, up).
def _sensor_from_camera() -> NDArray[np.float64]:
    return np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def camera_axes(world_from_sensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return world_from_camera, optical axes, of a sensor's pose. Shape (3, 3)."""
    axes = np.empty((3, 3))
    chain_rotations(np.ascontiguousarray(world_from_sensor[:3, :3]), _sensor_from_camera(), axes)
    return axes


def camera_from_pose(axes: NDArray[np.float64], eye: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return camera_from_world for optical axes (3, 3) and the camera's place (3,). Shape (3, 4)."""
    camera_from_world = np.empty((3, 4))
    camera_from_world[:, :3] = axes.T
    shift = np.empty(3)
    rotate_rows(axes, eye, shift)
    camera_from_world[:, 3] = -shift
    return camera_from_world
