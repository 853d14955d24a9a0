"""All forces on all bodies of one world in one call: one force and one torque a body.

The ground is sampled below every wheel and foot, and what lies on it below the wheels; then the kernel of each actor's
mobility is called. A load that a wheel stands on is pushed along by it, and held by the ground below.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import rotate, rotation_matrix
from simengine.core.state import Mobility
from simengine.physics.backend import FrictionPatches
from simengine.physics.contact.footing import CurbGrid, box_around, near_curb, over_box, over_curb
from simengine.physics.feet.walkers import give_way, walker_forces
from simengine.physics.materials import SLIDING_SHARE
from simengine.physics.vehicle.robots import robot_forces
from simengine.physics.vehicle.slippery_patches import friction_at
from simengine.physics.vehicle.suspension import (
    ARM,
    CONTACT_COLUMNS,
    EDGE,
    FORCE,
    FRICTION_OF_GROUND,
    GROUND_COLUMNS,
    MOTION,
    SUPPORT,
    clear_force,
)
from simengine.physics.vehicle.wheels import FALLEN_LEAN, ackermann, wheeled_forces
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

_SAME = 1e-3  # of place [m] and direction, within which the way of a wheel is looked at once
_WALKER, _FREE, _DIFFERENTIAL = int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)


@njit(cache=True, _nrt=False)
def sample_ground(
    chassis: np.void,
    body: np.void,
    rotation: NDArray[np.float64],
    lanes: LaneArrays,
    curbs: CurbGrid,
    base_friction: float,
    patches: FrictionPatches,
    out: NDArray[np.float64],
) -> None:
    """Write samples of the ground below each wheel of a body, µ with the grip of its tire.

    Args:
        chassis: What the body is.
        body: Its motion.
        rotation: World from body. Shape (3, 3).
        lanes: The ground.
        curbs: Edges that wheels may climb.
        base_friction: µ of surface and weather.
        patches: Slippery discs.
        out: Written, a sample per wheel. Shape (4, 10).
    """
    tangent, looks = math.tan(body.steering), not _stands_clear(body, rotation) and _is_level(rotation)
    clear = looks
    for w in range(4):
        x, y, z = _below(chassis, body, rotation, w)
        out[w, 0], out[w, 1], out[w, 2], out[w, 3] = ground_at(lanes, x, y, z)
        out[w, FRICTION_OF_GROUND] = friction_at(x, y, base_friction, patches, 0) * body.grip[w]
        out[w, MOTION] = out[w, MOTION + 1] = out[w, MOTION + 2] = 0.0
        out[w, SUPPORT], out[w, EDGE] = -1.0, 0.0
        if looks and near_curb(curbs, x, y):
            hx, hy = _way(chassis, rotation, tangent, w)
            over_curb(lanes, x, y, hx, hy, chassis.wheel_radius, out[w])
            clear = clear and out[w, EDGE] == 0.0
    if looks:
        body.clear, body.clear_pose[0], body.clear_pose[1] = clear, body.position[0], body.position[1]
        body.clear_pose[2], body.clear_pose[3], body.clear_pose[4] = rotation[0, 0], rotation[1, 0], body.steering


@njit(cache=True, _nrt=False)
def _stands_clear(body: np.void, rotation: NDArray[np.float64]) -> bool:
    """Return whether a body stands where its wheels were found clear of curbs, as parked cars do for good."""
    return (
        body.clear
        and abs(body.position[0] - body.clear_pose[0]) < _SAME
        and abs(body.position[1] - body.clear_pose[1]) < _SAME
        and abs(rotation[0, 0] - body.clear_pose[2]) < _SAME
        and abs(rotation[1, 0] - body.clear_pose[3]) < _SAME
        and abs(body.steering - body.clear_pose[4]) < _SAME
    )


@njit(cache=True, _nrt=False)
def _below(chassis: np.void, body: np.void, rotation: NDArray[np.float64], w: int) -> tuple[float, float, float]:
    """Return where a wheel touches the ground at rest, world [m]."""
    cx, cy, cz = chassis.contact[w, 0], chassis.contact[w, 1], chassis.contact[w, 2]
    return (
        body.position[0] + rotation[0, 0] * cx + rotation[0, 1] * cy + rotation[0, 2] * cz,
        body.position[1] + rotation[1, 0] * cx + rotation[1, 1] * cy + rotation[1, 2] * cz,
        body.position[2] + rotation[2, 0] * cx + rotation[2, 1] * cy + rotation[2, 2] * cz,
    )


@njit(cache=True, _nrt=False)
def _is_level(rotation: NDArray[np.float64]) -> bool:
    """Return whether a body's x axis rises by less than 60°, so that its wheels have a way in plan view."""
    return rotation[0, 0] * rotation[0, 0] + rotation[1, 0] * rotation[1, 0] > 0.25


@njit(cache=True, _nrt=False)
def _way(chassis: np.void, rotation: NDArray[np.float64], tangent: float, w: int) -> tuple[float, float]:
    """Return the direction of a wheel in plan view, a unit vector.

    Args:
        chassis: What the body is.
        rotation: World from body. Shape (3, 3).
        tangent: Of the angle that the front axle is steered by; of a two-wheeler, that its rider asks for.
        w: Wheel.
    """
    level = math.sqrt(rotation[0, 0] * rotation[0, 0] + rotation[1, 0] * rotation[1, 0])
    hx, hy = rotation[0, 0] / level, rotation[1, 0] / level
    wheelbase = chassis.front_axle + chassis.rear_axle
    cosine, sine = ackermann(tangent, chassis.contact[w, 0], chassis.contact[w, 1], wheelbase)
    return cosine * hx - sine * hy, sine * hx + cosine * hy


@njit(cache=True, _nrt=False)
def step_onto(
    chassis: np.void,
    bodies: NDArray[np.void],
    a: int,
    rotation: NDArray[np.float64],
    boxes: NDArray[np.float64],
    count: int,
    owner: NDArray[np.int64],
    ground: NDArray[np.float64],
) -> bool:
    """Let the wheels of a body stand on low boxes and loads; returns whether one does.

    Args:
        chassis: What the body is.
        bodies: All of them. Shape (num_actors,).
        a: Which.
        rotation: World from body. Shape (3, 3).
        boxes: Low boxes and loads, see `footing`. Shape (most, 7).
        count: How many there are.
        owner: Body of each box, −1 for the scenery. Shape (most,).
        ground: Samples below the wheels; those of wheels on a box are written. Shape (4, 10).
    """
    body, found = bodies[a], False
    if not _is_level(rotation):
        return False
    tangent = math.tan(body.steering)
    for i in range(count):
        dx, dy = boxes[i, 0] - body.position[0], boxes[i, 1] - body.position[1]
        reach = 0.5 * (chassis.length + chassis.width + boxes[i, 3] + boxes[i, 4])
        if dx * dx + dy * dy > reach * reach:
            continue
        for w in range(4):
            x, y, _ = _below(chassis, body, rotation, w)
            hx, hy = _way(chassis, rotation, tangent, w)
            if not over_box(boxes[i], x, y, hx, hy, chassis.wheel_radius, ground[w]):
                continue
            found, ground[w, SUPPORT] = True, owner[i]
            for k in range(3):
                ground[w, MOTION + k] = 0.0
            if owner[i] >= 0:
                below = bodies[owner[i]]
                rx, ry = x - below.position[0], y - below.position[1]
                ground[w, MOTION] = below.velocity[0] - below.angular_velocity[2] * ry
                ground[w, MOTION + 1] = below.velocity[1] + below.angular_velocity[2] * rx
                ground[w, MOTION + 2] = below.velocity[2]
    return found


@njit(cache=True, _nrt=False)
def _press(
    chassis: NDArray[np.void],
    bodies: NDArray[np.void],
    a: int,
    contact: NDArray[np.float64],
    ground: NDArray[np.float64],
    sliding: float,
    dt: float,
) -> None:
    """Push the loads below a body's wheels along the ground.

    What lies under a wheel is clamped between wheel and ground: the wheel's weight goes through it, and it slides only
    as far as the wheel pulls harder, or it is faster, than the ground's friction under that weight holds.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion; forces are written. Shape (num_actors,).
        a: Whose wheels.
        contact: Where they touch and how hard. Shape (4, 14).
        ground: Samples below them. Shape (4, 10).
        sliding: Friction of sliding tires over the greatest.
        dt: [s].
    """
    body = bodies[a]
    for w in range(4):
        if ground[w, SUPPORT] < 0.0:
            continue
        b = int(ground[w, SUPPORT])
        load, own = bodies[b], chassis[b]
        fx, fy = -contact[w, FORCE], -contact[w, FORCE + 1]
        rx = body.position[0] + contact[w, ARM] - load.position[0]
        ry = body.position[1] + contact[w, ARM + 1] - load.position[1]
        # The load's mass as it is felt at the wheel, where it may turn about its middle too.
        felt = 1.0 / (1.0 / own.mass + (rx * rx + ry * ry) / own.inertia[2])
        hx = fx + felt * (load.velocity[0] - load.angular_velocity[2] * ry) / dt
        hy = fy + felt * (load.velocity[1] + load.angular_velocity[2] * rx) / dt
        held = SLIDING_SHARE * sliding * ground[w, FRICTION_OF_GROUND] * max(0.0, contact[w, FORCE + 2])
        share = min(1.0, held / max(1e-9, math.sqrt(hx * hx + hy * hy)))
        fx, fy = fx - share * hx, fy - share * hy
        load.force[0] += fx
        load.force[1] += fy
        load.torque[2] += rx * fy - ry * fx
        load.acts = True


@njit(cache=True)
def advance_forces(
    chassis: NDArray[np.void],
    bodies: NDArray[np.void],
    lanes: LaneArrays,
    curbs: CurbGrid,
    scenery: NDArray[np.float64],
    base_friction: float,
    sliding: float,
    patches: FrictionPatches,
    dt: float,
) -> None:
    """Advance wheels and actuators of every dynamic body by one step and set the force and torque on it.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion and what is asked of them. Shape (num_actors,).
        lanes: The ground.
        curbs: Where its curbs are.
        scenery: Boxes that wheels may roll over, see `footing.low_boxes`. Shape (n, 7).
        base_friction: µ of surface and weather.
        sliding: Friction of sliding tires over it.
        patches: Slippery discs.
        dt: [s].
    """
    rotation = np.empty((3, 3))
    ground = np.empty((4, GROUND_COLUMNS))
    contact = np.zeros((4, CONTACT_COLUMNS))
    count = len(scenery)
    boxes, owner = np.empty((count + len(bodies), 7)), np.full(count + len(bodies), -1)
    boxes[:count] = scenery
    for a in range(len(bodies)):
        bodies[a].acts = False
        if bodies[a].dynamic and chassis[a].mobility == _FREE:
            clear_force(bodies[a])
            q, offset, place = bodies[a].orientation, chassis[a].box_offset, bodies[a].position
            dx, dy, dz = rotate(q[0], q[1], q[2], q[3], offset[0], offset[1], offset[2])
            box_around(
                place[0] + dx,
                place[1] + dy,
                place[2] + dz,
                q,
                chassis[a].length,
                chassis[a].width,
                chassis[a].height,
                boxes[count],
            )
            owner[count] = a
            count += 1
    for a in range(len(bodies)):
        body, own = bodies[a], chassis[a]
        if not body.dynamic or own.mobility == _FREE:
            continue
        body.acts = True
        q = body.orientation
        rotation_matrix(q[0], q[1], q[2], q[3], rotation)
        if own.mobility == _WALKER:
            x, y, row = body.position[0], body.position[1], ground[0]
            row[0], row[1], row[2], row[3] = ground_at(lanes, x, y, body.position[2] - own.cog_height)
            if body.struck:
                give_way(own, body, rotation, row[0])
                continue
            row[FRICTION_OF_GROUND] = friction_at(x, y, base_friction, patches, 0)
            walker_forces(own, body, rotation, row, dt)
            continue
        sample_ground(own, body, rotation, lanes, curbs, base_friction, patches, ground)
        lifted = count > 0 and step_onto(own, bodies, a, rotation, boxes, count, owner, ground)
        if own.mobility == _DIFFERENTIAL:
            robot_forces(own, body, rotation, ground, dt, contact)
        else:
            if own.track_width == 0.0 and abs(math.atan2(rotation[2, 1], rotation[2, 2])) > FALLEN_LEAN:
                body.struck = True
            wheeled_forces(own, body, rotation, ground, dt, contact, sliding)
        if lifted:
            _press(chassis, bodies, a, contact, ground, sliding, dt)
