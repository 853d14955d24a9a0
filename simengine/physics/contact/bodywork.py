"""Collisions of upright vehicles and robots with each other and the scenery in one world of rigid bodies, as forces.

Bullet's contacts are hard: a car that meets a wall at 30 km/h would stop within a tick. Bodywork that crushes is the
same planar contact as in the batched physics (see `contact_boxes`), turned into forces for Bullet to integrate. A
vehicle that has toppled, and whatever has no bodywork, collides in Bullet.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import rotate, yaw_from_quaternion
from simengine.physics.contact.contact_boxes import find_contacts, rise_at, solve_contacts
from simengine.physics.contact.contact_records import PLANAR_BODY
from simengine.physics.contact.crush import has_bodywork
from simengine.physics.contact.obstacle_grid import ObstacleGrid

UPRIGHT = 0.8  # cosine of the tilt from which a vehicle has toppled


def with_bodywork(chassis: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which of some bodies have bodywork. Shape (num_actors,)."""
    return np.array([has_bodywork(own.mobility, own.track_width) for own in chassis], np.bool_)


@njit(cache=True, _nrt=False)
def _box_of(own: np.void, body: np.void, out: np.void) -> None:
    """Write a body's collision box into its `PLANAR_BODY`: its middle, size, underside and top, and its slope."""
    q, offset, size = body.orientation, own.collision_offset, own.collision_size
    dx, dy, dz = rotate(q[0], q[1], q[2], q[3], offset[0], offset[1], offset[2])
    ux, uy, uz = rotate(q[0], q[1], q[2], q[3], 0.0, 0.0, 1.0)
    out.x, out.y = body.position[0] + dx, body.position[1] + dy
    out.yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    out.length, out.width = size[0], size[1]
    half = 0.5 * size[2] / uz
    out.low, out.high = body.position[2] + dz - half, body.position[2] + dz + half
    out.slope_x, out.slope_y = -ux / uz, -uy / uz


@njit(cache=True)
def add_crush_forces(
    chassis: NDArray[np.void],
    bodies: NDArray[np.void],
    active: NDArray[np.bool_],
    grid: ObstacleGrid,
    dt: float,
    last: NDArray[np.void],
    out: NDArray[np.void],
) -> int:
    """Add to every body's force and torque what crushing bodywork takes, and return how many contacts there are.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion, and the other forces of the step. Shape (num_actors,).
        active: Upright dynamic bodies with bodywork. Shape (num_actors,).
        grid: The scenery.
        dt: [s].
        last: Contacts of the step before. Shape (n,).
        out: Contacts, see `find_contacts`; if there are more than it holds, no force is added. Shape (capacity,).
    """
    count = len(bodies)
    planar = np.zeros(count, PLANAR_BODY)
    for a in range(count):
        planar[a].active = planar[a].crushes = active[a]
        if active[a]:
            _box_of(chassis[a], bodies[a], planar[a])
    found = find_contacts(planar, grid, out)
    if found == 0 or found > len(out):
        return found
    for a in range(count):
        if active[a]:
            body, own, flat = bodies[a], chassis[a], planar[a]
            flat.inverse_mass, flat.inverse_inertia = 1.0 / own.mass, 1.0 / own.inertia[2]
            flat.center_x, flat.center_y = body.position[0], body.position[1]
            flat.vx = body.velocity[0] + body.force[0] * flat.inverse_mass * dt
            flat.vy = body.velocity[1] + body.force[1] * flat.inverse_mass * dt
            flat.yaw_rate = body.angular_velocity[2] + body.torque[2] * flat.inverse_inertia * dt
    solve_contacts(last, grid.boxes, dt, planar, out[:found])
    for c in range(found):
        contact = out[c]
        a, b = contact.actor, contact.other
        # As high as the lower center of mass, as near as the contact reaches to it: beams lie about there (bumpers at
        # 0.41–0.51 m, 49 CFR 581), and underrun guards of trucks bring theirs down to them (UN R93 and R58).
        height, x, y = bodies[a].position[2], contact.x, contact.y
        rise = rise_at(planar[a], x, y)
        low, high = planar[a].low + rise, planar[a].high + rise
        if b >= 0:
            rise = rise_at(planar[b], x, y)
            low, high = max(low, planar[b].low + rise), min(high, planar[b].high + rise)
            height = min(height, bodies[b].position[2])
        else:
            low, high = max(low, grid.boxes[-1 - b].low), min(high, grid.boxes[-1 - b].high)
        contact.z = min(high, max(low, height))
        fx = (contact.impulse * contact.nx - contact.sliding_impulse * contact.ny) / dt
        fy = (contact.impulse * contact.ny + contact.sliding_impulse * contact.nx) / dt
        _push(bodies[a], contact, fx, fy)
        if b >= 0:
            _push(bodies[b], contact, -fx, -fy)
    return found


@njit(cache=True, _nrt=False)
def _push(body: np.void, contact: np.void, fx: float, fy: float) -> None:
    """Add a horizontal force [N] at the place of a contact to a body's force and torque."""
    rx, ry, rz = contact.x - body.position[0], contact.y - body.position[1], contact.z - body.position[2]
    body.force[0] += fx
    body.force[1] += fy
    body.torque[0] -= rz * fy
    body.torque[1] += rz * fx
    body.torque[2] += rx * fy - ry * fx
