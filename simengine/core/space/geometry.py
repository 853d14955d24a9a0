"""Rotations, poses and boxes as scalar kernels. Quaternions are w, x, y, z; angles in radians, counter-clockwise."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, _nrt=False)
def wrap_angle(angle: float) -> float:
    """Wrap an angle into (−π, π] [rad]."""
    wrapped = (angle + math.pi) % (2.0 * math.pi)
    if wrapped <= 0.0:
        wrapped += 2.0 * math.pi
    return wrapped - math.pi


@njit(cache=True, _nrt=False)
def quaternion_from_euler(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Compose a quaternion from intrinsic z-y-x angles [rad]; positive pitch lowers the nose (ISO 8855)."""
    cr, sr = math.cos(0.5 * roll), math.sin(0.5 * roll)
    cp, sp = math.cos(0.5 * pitch), math.sin(0.5 * pitch)
    cy, sy = math.cos(0.5 * yaw), math.sin(0.5 * yaw)
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )


@njit(cache=True, _nrt=False)
def euler_from_quaternion(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return roll, pitch, yaw [rad] of a unit quaternion (intrinsic z-y-x)."""
    sine = 2.0 * (w * y - z * x)
    sine = min(1.0, max(-1.0, sine))
    return (
        math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y)),
        math.asin(sine),
        math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)),
    )


@njit(cache=True, _nrt=False)
def yaw_from_quaternion(w: float, x: float, y: float, z: float) -> float:
    """Return the yaw [rad] of a unit quaternion."""
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


@njit(cache=True, _nrt=False)
def rotate(w: float, x: float, y: float, z: float, vx: float, vy: float, vz: float) -> tuple[float, float, float]:
    """Rotate a vector by a unit quaternion: actor coordinates into world coordinates."""
    tx = 2.0 * (y * vz - z * vy)
    ty = 2.0 * (z * vx - x * vz)
    tz = 2.0 * (x * vy - y * vx)
    return (
        vx + w * tx + y * tz - z * ty,
        vy + w * ty + z * tx - x * tz,
        vz + w * tz + x * ty - y * tx,
    )


@njit(cache=True, _nrt=False)
def rotate_inverse(
    w: float, x: float, y: float, z: float, vx: float, vy: float, vz: float
) -> tuple[float, float, float]:
    """Rotate a vector by the inverse of a unit quaternion: world coordinates into actor coordinates."""
    return rotate(w, -x, -y, -z, vx, vy, vz)


@njit(cache=True, _nrt=False)
def along_axis(w: float, x: float, y: float, z: float, vx: float, vy: float, vz: float) -> float:
    """Return the component of a world vector along an actor's x axis: on a slope what its speedometer shows."""
    ax, ay, az = rotate(w, x, y, z, 1.0, 0.0, 0.0)
    return ax * vx + ay * vy + az * vz


@njit(cache=True, _nrt=False)
def ground_speed(w: float, x: float, y: float, z: float, vx: float, vy: float, vz: float) -> float:
    """Return the speed of an actor in the plane it stands on [m/s]: what it slides counts, what it bounces does not.

    One that lies on its side or its roof has no such plane; all of its velocity counts.
    """
    ux, uy, uz = rotate(w, x, y, z, 0.0, 0.0, 1.0)
    up = ux * vx + uy * vy + uz * vz if uz > 0.5 else 0.0
    vx, vy, vz = vx - up * ux, vy - up * uy, vz - up * uz
    return math.sqrt(vx * vx + vy * vy + vz * vz)


@njit(cache=True, _nrt=False)
def multiply_quaternions(
    aw: float, ax: float, ay: float, az: float, bw: float, bx: float, by: float, bz: float
) -> tuple[float, float, float, float]:
    """Chain two rotations: b first, then a."""
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


@njit(cache=True, _nrt=False)
def interpolate_quaternions(
    a: NDArray[np.float64], b: NDArray[np.float64], fraction: float, out: NDArray[np.float64]
) -> None:
    """Interpolate two nearby unit quaternions along the shorter arc and normalize (nlerp), into `out`. Shapes (4,)."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    sign = 1.0 if dot >= 0.0 else -1.0
    norm = 0.0
    for i in range(4):
        out[i] = (1.0 - fraction) * a[i] + sign * fraction * b[i]
        norm += out[i] * out[i]
    norm = math.sqrt(norm)
    for i in range(4):
        out[i] /= norm


@njit(cache=True, _nrt=False)
def rotation_matrix(w: float, x: float, y: float, z: float, out: NDArray[np.float64]) -> None:
    """Write the 3 × 3 matrix of a unit quaternion into `out[:3, :3]`."""
    out[0, 0] = 1.0 - 2.0 * (y * y + z * z)
    out[0, 1] = 2.0 * (x * y - w * z)
    out[0, 2] = 2.0 * (x * z + w * y)
    out[1, 0] = 2.0 * (x * y + w * z)
    out[1, 1] = 1.0 - 2.0 * (x * x + z * z)
    out[1, 2] = 2.0 * (y * z - w * x)
    out[2, 0] = 2.0 * (x * z - w * y)
    out[2, 1] = 2.0 * (y * z + w * x)
    out[2, 2] = 1.0 - 2.0 * (x * x + y * y)


@njit(cache=True, _nrt=False)
def box_reach(w: float, x: float, y: float, z: float, length: float, width: float, height: float) -> float:
    """Return how far a box of an orientation (unit quaternion) and sizes [m] reaches below and above its center [m]."""
    return 0.5 * (
        abs(2.0 * (x * z - w * y)) * length
        + abs(2.0 * (y * z + w * x)) * width
        + abs(1.0 - 2.0 * (x * x + y * y)) * height
    )


@njit(cache=True, _nrt=False)
def boxes_gap(
    ax: float,
    ay: float,
    a_yaw: float,
    a_length: float,
    a_width: float,
    bx: float,
    by: float,
    b_yaw: float,
    b_length: float,
    b_width: float,
) -> float:
    """Return the largest separation of two oriented rectangles along their four axes [m]; negative when they overlap.

    Separating-axis test: the value bounds the true distance from below and its negative is the penetration depth.
    """
    dx, dy = bx - ax, by - ay
    ca, sa, cb, sb = math.cos(a_yaw), math.sin(a_yaw), math.cos(b_yaw), math.sin(b_yaw)
    c, s = abs(ca * cb + sa * sb), abs(ca * sb - sa * cb)
    hal, haw, hbl, hbw = 0.5 * a_length, 0.5 * a_width, 0.5 * b_length, 0.5 * b_width
    gap = abs(dx * ca + dy * sa) - hal - (hbl * c + hbw * s)
    gap = max(gap, abs(-dx * sa + dy * ca) - haw - (hbl * s + hbw * c))
    gap = max(gap, abs(dx * cb + dy * sb) - hbl - (hal * c + haw * s))
    return max(gap, abs(-dx * sb + dy * cb) - hbw - (hal * s + haw * c))
