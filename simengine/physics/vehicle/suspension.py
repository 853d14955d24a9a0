"""Four sprung wheels over an analytic ground: where they touch, how hard, and the pose in which a body rests on them.

Each wheel is a strut along the body's up axis between the body and the plane of the ground below it. Its force acts on
the body at the contact point along the ground's normal: no anti-dive and no jacking, so load transfer comes from the
heights of the forces alone.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import multiply_quaternions, rotation_matrix
from simengine.core.space.transforms import quaternion_on_slope
from simengine.physics.vehicle.tire import BURST_RADIUS

# Columns of a wheel's contact record.
LOAD = 0  # normal force [N]
ARM = 1  # center of mass to contact point, world [m]; 3 columns
NORMAL = 4  # of the ground; 3 columns
SLIDE = 7  # velocity of the body at the contact point against what it stands on, world [m/s]; 3 columns
FRICTION = 10  # µ of the road times the tire's grip
FORCE = 11  # of the ground on the wheel, world [N]; 3 columns
CONTACT_COLUMNS = 14
# Columns of a sample of the ground, or of what lies on it.
HEIGHT = 0  # [m]
NORMAL_OF_GROUND = 1  # 3 columns
FRICTION_OF_GROUND = 4  # µ
MOTION = 5  # velocity of what the wheel stands on, world [m/s]; 3 columns
SUPPORT = 8  # actor that it is, −1 for what does not move
EDGE = 9  # 1 where it is an edge ahead of the hub or behind it
GROUND_COLUMNS = 10

UPRIGHT = 0.5  # cosine of the angle between body and ground from which the wheels touch no more
_BUMP_TRAVEL = 0.10  # compression at which the bump stop is met [m]
_BUMP_STIFFNESS = 5.0  # of the bump stop over that of the spring
_MAX_COMPRESSION = 0.25  # a strut gives no more force beyond it (the collision box then meets what is there) [m]
_MAX_RATE = 3.0  # compression rate beyond which the damper blows off [m/s]


@njit(cache=True, _nrt=False)
def touch_ground(
    chassis: np.void,
    body: np.void,
    rotation: NDArray[np.float64],
    ground: NDArray[np.float64],
    out: NDArray[np.float64],
) -> float:
    """Write the contact record of each wheel of a body and return the sum of the loads [N].

    Args:
        chassis: What the body is.
        body: Its motion.
        rotation: World from body. Shape (3, 3).
        ground: Sample below each wheel. Shape (4, GROUND_COLUMNS).
        out: Contact records. Shape (4, CONTACT_COLUMNS).
    """
    position, velocity, angular_velocity = body.position, body.velocity, body.angular_velocity
    ux, uy, uz = rotation[0, 2], rotation[1, 2], rotation[2, 2]
    for w in range(4):
        cx, cy, cz = chassis.contact[w, 0], chassis.contact[w, 1], chassis.contact[w, 2]
        if body.burst[w]:  # the strut hangs lower
            cz += (1.0 - BURST_RADIUS) * chassis.wheel_radius
        rx = rotation[0, 0] * cx + rotation[0, 1] * cy + rotation[0, 2] * cz
        ry = rotation[1, 0] * cx + rotation[1, 1] * cy + rotation[1, 2] * cz
        rz = rotation[2, 0] * cx + rotation[2, 1] * cy + rotation[2, 2] * cz
        nx, ny, nz = ground[w, 1], ground[w, 2], ground[w, 3]
        lean = ux * nx + uy * ny + uz * nz
        out[w, FRICTION] = ground[w, FRICTION_OF_GROUND]
        out[w, FORCE] = out[w, FORCE + 1] = out[w, FORCE + 2] = 0.0
        out[w, NORMAL], out[w, NORMAL + 1], out[w, NORMAL + 2] = nx, ny, nz
        if lean < UPRIGHT:
            out[w, LOAD] = -1.0
            continue
        compression = (ground[w, 0] - position[2] - rz) * nz / lean
        rx += compression * ux
        ry += compression * uy
        rz += compression * uz
        vx = velocity[0] + angular_velocity[1] * rz - angular_velocity[2] * ry - ground[w, MOTION]
        vy = velocity[1] + angular_velocity[2] * rx - angular_velocity[0] * rz - ground[w, MOTION + 1]
        vz = velocity[2] + angular_velocity[0] * ry - angular_velocity[1] * rx - ground[w, MOTION + 2]
        out[w, LOAD] = compression  # for now; the other wheel of the axle is needed first
        if ground[w, EDGE] > 0.0:  # the force of an edge goes through the hub, not through what lies below it
            rx += chassis.wheel_radius * (ux - nx)
            ry += chassis.wheel_radius * (uy - ny)
            rz += chassis.wheel_radius * (uz - nz)
        out[w, ARM], out[w, ARM + 1], out[w, ARM + 2] = rx, ry, rz
        out[w, SLIDE], out[w, SLIDE + 1], out[w, SLIDE + 2] = vx, vy, vz
    total = 0.0
    for axle in range(2):
        left, right, twist = 2 * axle, 2 * axle + 1, 0.0
        both = True
        for w in (left, right):
            both = both and ux * out[w, NORMAL] + uy * out[w, NORMAL + 1] + uz * out[w, NORMAL + 2] >= UPRIGHT
        if both:
            twist = chassis.anti_roll[axle] * (out[left, LOAD] - out[right, LOAD])
            twist = min(chassis.static_load[left], max(-chassis.static_load[left], twist))
        out[left, LOAD] = _strut_force(left, chassis, rotation, out, twist)
        out[right, LOAD] = _strut_force(right, chassis, rotation, out, -twist)
        total += out[left, LOAD] + out[right, LOAD]
    return total


@njit(cache=True, _nrt=False)
def _strut_force(
    w: int, chassis: np.void, rotation: NDArray[np.float64], contact: NDArray[np.float64], twist: float
) -> float:
    """Return the normal force on a wheel [N] from its compression, which stands in its record's `LOAD`."""
    nx, ny, nz = contact[w, NORMAL], contact[w, NORMAL + 1], contact[w, NORMAL + 2]
    lean = rotation[0, 2] * nx + rotation[1, 2] * ny + rotation[2, 2] * nz
    if lean < UPRIGHT:
        return 0.0
    compression = min(_MAX_COMPRESSION, contact[w, LOAD])
    rate = -(contact[w, SLIDE] * nx + contact[w, SLIDE + 1] * ny + contact[w, SLIDE + 2] * nz) / lean
    rate = min(_MAX_RATE, max(-_MAX_RATE, rate))
    spring = chassis.spring[w]
    force = chassis.static_load[w] + spring * compression + twist
    force += _BUMP_STIFFNESS * spring * max(0.0, compression - _BUMP_TRAVEL)
    if force <= 0.0:  # the wheel hangs: neither spring nor damper pulls it down to the road
        return 0.0
    return max(0.0, force + chassis.damper[w] * rate)


@njit(cache=True, _nrt=False)
def ground_frame(
    contact: NDArray[np.float64], w: int, rotation: NDArray[np.float64], cosine: float, sine: float
) -> tuple[float, float, float, float, float, float]:
    """Return the unit vectors along and across a wheel in the plane of the ground.

    The body's x axis is laid into the plane and turned there by the wheel's angle (its cosine and sine), so steering
    means the same whether a vehicle leans or not.
    """
    nx, ny, nz = contact[w, NORMAL], contact[w, NORMAL + 1], contact[w, NORMAL + 2]
    hx, hy, hz = rotation[0, 0], rotation[1, 0], rotation[2, 0]
    along = hx * nx + hy * ny + hz * nz
    ex, ey, ez = hx - along * nx, hy - along * ny, hz - along * nz
    length = math.sqrt(ex * ex + ey * ey + ez * ez)
    ex, ey, ez = ex / length, ey / length, ez / length
    sx, sy, sz = ny * ez - nz * ey, nz * ex - nx * ez, nx * ey - ny * ex
    return (
        cosine * ex + sine * sx, cosine * ey + sine * sy, cosine * ez + sine * sz,
        cosine * sx - sine * ex, cosine * sy - sine * ey, cosine * sz - sine * ez,
    )  # fmt: skip


@njit(cache=True, _nrt=False)
def add_force(contact: NDArray[np.float64], w: int, fx: float, fy: float, fz: float, body: np.void) -> None:
    """Add a force [N] at a wheel's contact point to the resultant force and torque on a body."""
    rx, ry, rz = contact[w, ARM], contact[w, ARM + 1], contact[w, ARM + 2]
    contact[w, FORCE] += fx
    contact[w, FORCE + 1] += fy
    contact[w, FORCE + 2] += fz
    body.force[0] += fx
    body.force[1] += fy
    body.force[2] += fz
    body.torque[0] += ry * fz - rz * fy
    body.torque[1] += rz * fx - rx * fz
    body.torque[2] += rx * fy - ry * fx


@njit(cache=True, _nrt=False)
def clear_force(body: np.void) -> None:
    """Set the resultant force and torque on a body to nothing."""
    for i in range(3):
        body.force[i] = body.torque[i] = 0.0


@njit(cache=True, _nrt=False)
def start_pose(yaw: float, two_wheeler: bool, nx: float, ny: float, nz: float) -> tuple[float, float, float, float]:
    """Return the orientation of a body of a yaw that stands on a slope; a two-wheeler takes the pitch but no roll."""
    cosine, sine = math.cos(yaw), math.sin(yaw)
    ahead, left = -(nx * cosine + ny * sine) / nz, -(-nx * sine + ny * cosine) / nz  # rise over run
    return quaternion_on_slope(yaw, ahead, 0.0 if two_wheeler else left)


@njit(cache=True, _nrt=False)
def settle_step(
    chassis: np.void,
    body: np.void,
    held: bool,
    ground: NDArray[np.float64],
    rotation: NDArray[np.float64],
    contact: NDArray[np.float64],
) -> float:
    """Move a body at rest by one Newton step towards its equilibrium on springs and return how far [m or rad].

    The unknowns are heave along the up axis, roll and pitch; its pose is written. Gravity's part along the ground is
    balanced at the contact points: by all wheels if `held`, else (rolling freely) across it only. The body's velocity
    must be zero; its force and torque serve as scratch.
    """
    mass, position, orientation = chassis.mass, body.position, body.orientation
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
    total = touch_ground(chassis, body, rotation, ground, contact)
    clear_force(body)
    force, torque = body.force, body.torque
    for w in range(4):
        load = contact[w, LOAD]
        nx, ny, nz = contact[w, NORMAL], contact[w, NORMAL + 1], contact[w, NORMAL + 2]
        fx, fy, fz = holding_force(mass, held, rotation, contact, w, load / max(total, 1.0))
        add_force(contact, w, load * nx + fx, load * ny + fy, load * nz + fz, body)
    force[2] -= mass * GRAVITY
    heave = force[0] * rotation[0, 2] + force[1] * rotation[1, 2] + force[2] * rotation[2, 2]
    roll = torque[0] * rotation[0, 0] + torque[1] * rotation[1, 0] + torque[2] * rotation[2, 0]
    pitch = torque[0] * rotation[0, 1] + torque[1] * rotation[1, 1] + torque[2] * rotation[2, 1]
    # Stiffness of the springs in heave, roll and pitch; compression changes by −heave − y·roll + x·pitch.
    k00 = k01 = k02 = k11 = k12 = k22 = 0.0
    for w in range(4):
        x, y, k = chassis.contact[w, 0], chassis.contact[w, 1], chassis.spring[w]
        bar = chassis.anti_roll[w // 2]
        k00 += k
        k01 += k * y
        k02 -= k * x
        k11 += k * y * y + 2.0 * bar * y * y
        k12 -= k * x * y
        k22 += k * x * x
    if chassis.track_width == 0.0:  # a two-wheeler does not roll
        roll, k01, k12, k11 = 0.0, 0.0, 0.0, 1.0
    # Cramer's rule on the symmetric 3 × 3.
    c00, c01, c02 = k11 * k22 - k12 * k12, k02 * k12 - k01 * k22, k01 * k12 - k02 * k11
    c11, c12, c22 = k00 * k22 - k02 * k02, k01 * k02 - k00 * k12, k00 * k11 - k01 * k01
    determinant = k00 * c00 + k01 * c01 + k02 * c02
    up = (c00 * heave + c01 * roll + c02 * pitch) / determinant
    about_x = (c01 * heave + c11 * roll + c12 * pitch) / determinant
    about_y = (c02 * heave + c12 * roll + c22 * pitch) / determinant
    up, about_x, about_y = min(0.2, max(-0.2, up)), min(0.1, max(-0.1, about_x)), min(0.1, max(-0.1, about_y))
    for i in range(3):
        position[i] += up * rotation[i, 2]
    w0, x0, y0, z0 = multiply_quaternions(
        orientation[0], orientation[1], orientation[2], orientation[3], 1.0, 0.5 * about_x, 0.5 * about_y, 0.0
    )
    norm = math.sqrt(w0 * w0 + x0 * x0 + y0 * y0 + z0 * z0)
    orientation[0], orientation[1], orientation[2], orientation[3] = w0 / norm, x0 / norm, y0 / norm, z0 / norm
    return abs(up) + abs(about_x) + abs(about_y)


@njit(cache=True, _nrt=False)
def holding_force(
    mass: float, held: bool, rotation: NDArray[np.float64], contact: NDArray[np.float64], w: int, share: float
) -> tuple[float, float, float]:
    """Return the force along the ground [N] with which a wheel keeps its share of the body from sliding."""
    nx, ny, nz = contact[w, NORMAL], contact[w, NORMAL + 1], contact[w, NORMAL + 2]
    weight = mass * GRAVITY * share
    fx, fy, fz = -weight * nz * nx, -weight * nz * ny, weight - weight * nz * nz
    if not held:
        ex, ey, ez, _, _, _ = ground_frame(contact, w, rotation, 1.0, 0.0)
        along = fx * ex + fy * ey + fz * ez
        fx, fy, fz = fx - along * ex, fy - along * ey, fz - along * ez
    return fx, fy, fz
