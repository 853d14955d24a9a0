"""Collisions of upright vehicles and robots with each other and the scenery in one world of rigid bodies, as forces.

Bullet's contacts are hard: a car that meets a wall at 30 km/h would stop within a tick. Bodywork that crushes is the
same planar contact as in the batched physics (see `contact_boxes`), turned into forces for Bullet to integrate. A
vehicle that has toppled, and whatever has no bodywork, collides in Bullet.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import rotate, yaw_from_quaternion
from simengine.physics.contact.contact_boxes import find_contacts, rise_at, solve_contacts
from simengine.physics.contact.crush import has_bodywork

UPRIGHT = 0.8  # cosine of the tilt from which a vehicle has toppled


def with_bodywork(chassis: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which of some bodies have bodywork. Shape (num_actors,)."""
    return np.array([has_bodywork(own.mobility, own.track_width) for own in chassis], np.bool_)


@njit(cache=True, _nrt=False)
def _box_of(own: np.void, body: np.void, pose: NDArray[np.float64]) -> None:
    """Write x, y, yaw, the lowest and the highest z of a body's collision box at its middle, and its slope."""
    q, offset, size = body.orientation, own.collision_offset, own.collision_size
    dx, dy, dz = rotate(q[0], q[1], q[2], q[3], offset[0], offset[1], offset[2])
    ux, uy, uz = rotate(q[0], q[1], q[2], q[3], 0.0, 0.0, 1.0)
    pose[0], pose[1] = body.position[0] + dx, body.position[1] + dy
    pose[2] = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    half = 0.5 * size[2] / uz
    pose[3], pose[4] = body.position[2] + dz - half, body.position[2] + dz + half
    pose[5], pose[6] = -ux / uz, -uy / uz


@njit(cache=True)
def add_crush_forces(
    chassis: NDArray[np.void], bodies: NDArray[np.void], active: NDArray[np.bool_], boxes, origin, cell, first, member,
    columns, rows, dt: float, last: NDArray[np.float64], out: NDArray[np.float64],
) -> int:
    """Add to every body's force and torque what crushing bodywork takes, and return how many contacts there are.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion, and the other forces of the step. Shape (num_actors,).
        active: Upright dynamic bodies with bodywork. Shape (num_actors,).
        boxes: And up to `rows`: the fields of the scenery's `ObstacleGrid`.
        dt: [s].
        last: Contact rows of the step before. Shape (n, COLUMNS).
        out: Contact rows, see `find_contacts`; if there are more than it holds, no force is added. Shape (capacity,
            COLUMNS).
    """
    count = len(bodies)
    still, pose, size = np.zeros(count, np.bool_), np.zeros((count, 7)), np.zeros((count, 2))
    for a in range(count):
        if active[a]:
            _box_of(chassis[a], bodies[a], pose[a])
            size[a, 0], size[a, 1] = chassis[a].collision_size[0], chassis[a].collision_size[1]
    found = find_contacts(active, still, pose, size, boxes, origin, cell, first, member, columns, rows, out)
    if found == 0 or found > out.shape[0]:
        return found
    center, twist, push = np.zeros((count, 2)), np.zeros((count, 3)), np.zeros((count, 2))
    inverse_mass, inverse_inertia = np.zeros(count), np.zeros(count)
    for a in range(count):
        if active[a]:
            body, own = bodies[a], chassis[a]
            inverse_mass[a], inverse_inertia[a] = 1.0 / own.mass, 1.0 / own.inertia[2]
            center[a, 0], center[a, 1] = body.position[0], body.position[1]
            twist[a, 0] = body.velocity[0] + body.force[0] * inverse_mass[a] * dt
            twist[a, 1] = body.velocity[1] + body.force[1] * inverse_mass[a] * dt
            twist[a, 2] = body.angular_velocity[2] + body.torque[2] * inverse_inertia[a] * dt
    solve_contacts(
        found, last, active, pose, size, boxes, center, inverse_mass, inverse_inertia, dt, out, twist, push
    )
    for c in range(found):
        a, b = int(out[c, 0]), int(out[c, 1])
        # As high as the lower center of mass, as near as the contact reaches to it: beams lie about there (bumpers at
        # 0.41–0.51 m, 49 CFR 581), and underrun guards of trucks bring theirs down to them (UN R93 and R58).
        height, x, y = bodies[a].position[2], out[c, 2], out[c, 3]
        low, high = pose[a, 3] + rise_at(pose, a, x, y), pose[a, 4] + rise_at(pose, a, x, y)
        if b >= 0:
            low, high = max(low, pose[b, 3] + rise_at(pose, b, x, y)), min(high, pose[b, 4] + rise_at(pose, b, x, y))
            height = min(height, bodies[b].position[2])
        else:
            low, high = max(low, boxes[-1 - b, 5]), min(high, boxes[-1 - b, 6])
        out[c, 4] = min(high, max(low, height))
        fx = (out[c, 8] * out[c, 5] - out[c, 10] * out[c, 6]) / dt
        fy = (out[c, 8] * out[c, 6] + out[c, 10] * out[c, 5]) / dt
        _push(bodies[a], out[c], fx, fy)
        if b >= 0:
            _push(bodies[b], out[c], -fx, -fy)
    return found


@njit(cache=True, _nrt=False)
def _push(body: np.void, row: NDArray[np.float64], fx: float, fy: float) -> None:
    """Add a horizontal force [N] at the place of a contact row to a body's force and torque."""
    rx, ry, rz = row[2] - body.position[0], row[3] - body.position[1], row[4] - body.position[2]
    body.force[0] += fx
    body.force[1] += fy
    body.torque[0] -= rz * fy
    body.torque[1] += rz * fx
    body.torque[2] += rx * fy - ry * fx
