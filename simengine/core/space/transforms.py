"""Rigid transforms as matrices, each named `a_from_b`, so that names chain: p_a = a_from_b @ p_b.

What is digested calls the kernels, whose sums have one order; `invert_pose` is NumPy's and is for what is exported.
Quaternions and the matrices made of them are in `geometry`.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import quaternion_from_euler, rotation_matrix

# Optical axes (x right, y down, z forward) in the frame of a sensor (ISO 8855: x forward, y left, z up), as a matrix
# and as a quaternion w, x, y, z.
SENSOR_FROM_OPTICAL = ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
SENSOR_FROM_OPTICAL_QUATERNION = (0.5, -0.5, 0.5, -0.5)


@njit(cache=True, _nrt=False)
def quaternion_on_slope(yaw: float, ahead: float, left: float) -> tuple[float, float, float, float]:
    """Return the orientation of a box of a yaw [rad] that stands on ground which rises ahead and to the left [m/m]."""
    roll, pitch = math.atan(left / math.sqrt(1.0 + ahead * ahead)), -math.atan(ahead)
    return quaternion_from_euler(roll, pitch, yaw)


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


@njit(cache=True)
def chain_poses(
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    lever: NDArray[np.float64],
    body_from_mount: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Chain a body's pose with a mount on it.

    Args:
        position: Origin of the body [m]. Shape (3,).
        orientation: Of the body, w, x, y, z. Shape (4,).
        lever: Origin of the mount in the body's frame [m]. Shape (3,).
        body_from_mount: Rotation. Shape (3, 3).
        out: World from mount. Shape (4, 4).
    """
    body = np.empty((3, 3))
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], body)
    for i in range(3):
        for j in range(3):
            out[i, j] = (
                body[i, 0] * body_from_mount[0, j]
                + body[i, 1] * body_from_mount[1, j]
                + body[i, 2] * body_from_mount[2, j]
            )
        out[i, 3] = position[i] + body[i, 0] * lever[0] + body[i, 1] * lever[1] + body[i, 2] * lever[2]
        out[3, i] = 0.0
    out[3, 3] = 1.0


@njit(cache=True)
def relate_poses(
    world_from_a: NDArray[np.float64],
    world_from_b: NDArray[np.float64],
    origin: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Chain the inverse of one pose with another.

    Args:
        world_from_a: In the world; only the first three rows are read. Shape (4, 4) or (3, 4).
        world_from_b: About an origin. Shape (4, 4) or (3, 4).
        origin: Of the second pose, world [m]. Shape (3,).
        out: a from b. Shape (3, 4).
    """
    for j in range(4):
        x, y, z = world_from_b[0, j], world_from_b[1, j], world_from_b[2, j]
        if j == 3:
            x -= world_from_a[0, 3] - origin[0]
            y -= world_from_a[1, 3] - origin[1]
            z -= world_from_a[2, 3] - origin[2]
        for i in range(3):
            out[i, j] = world_from_a[0, i] * x + world_from_a[1, i] * y + world_from_a[2, i] * z


def world_from_optical(world_from_sensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the optical axes of a camera in the world, of its sensor's pose. Shape (3, 3)."""
    axes = np.empty((3, 3))
    chain_rotations(np.ascontiguousarray(world_from_sensor[:3, :3]), np.array(SENSOR_FROM_OPTICAL), axes)
    return axes


def optical_from_world(axes: NDArray[np.float64], eye: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the transform into a camera's optical axes (3, 3), of them and its place in the world. Shape (3, 4)."""
    out = np.empty((3, 4))
    out[:, :3] = axes.T
    shift = np.empty(3)
    rotate_rows(axes, eye, shift)
    out[:, 3] = -shift
    return out


def invert_pose(a_from_b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return b from a. Shapes (4, 4)."""
    inverse = np.eye(4)
    inverse[:3, :3] = a_from_b[:3, :3].T
    place = np.empty(3)
    rotate_rows(np.ascontiguousarray(a_from_b[:3, :3]), np.ascontiguousarray(a_from_b[:3, 3]), place)
    inverse[:3, 3] = -place
    return inverse


def quaternion_from_matrix(rotation: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return a rotation, the first three rows and columns of a matrix, as w, x, y, z.

    Shepperd, "Quaternion from rotation matrix", 1978: divides by the largest component.
    """
    r = rotation[:3, :3]
    squares = [
        1.0 + r[0, 0] + r[1, 1] + r[2, 2],
        1.0 + r[0, 0] - r[1, 1] - r[2, 2],
        1.0 - r[0, 0] + r[1, 1] - r[2, 2],
        1.0 - r[0, 0] - r[1, 1] + r[2, 2],
    ]
    largest = int(np.argmax(squares))
    rows_of = [
        [squares[0], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
        [r[2, 1] - r[1, 2], squares[1], r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
        [r[0, 2] - r[2, 0], r[0, 1] + r[1, 0], squares[2], r[1, 2] + r[2, 1]],
        [r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], squares[3]],
    ]
    scale = 0.5 / np.sqrt(squares[largest])
    w, x, y, z = (float(component * scale) for component in rows_of[largest])
    return w, x, y, z
