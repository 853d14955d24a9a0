"""All forces on all bodies of one world in one call: one force and one torque a body.

The ground is sampled below every wheel and foot, then the kernel of each actor's mobility is called.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import rotation_matrix
from simengine.core.state import Mobility
from simengine.physics.backend import FrictionPatches
from simengine.physics.robots import robot_forces
from simengine.physics.suspension import CONTACT_COLUMNS, GROUND_COLUMNS
from simengine.physics.walkers import walker_forces
from simengine.physics.wheels import FALLEN_LEAN, wheeled_forces
from simengine.road.network import LaneArrays
from simengine.road.projection import ground_at

_WALKER, _FREE, _DIFFERENTIAL = int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)


@njit(cache=True, _nrt=False)
def friction_at(x: float, y: float, base: float, patches: FrictionPatches) -> float:
    """Return µ at a place [m] of world 0: that of the last active patch that covers it, else of the weather."""
    friction = base
    for p in range(patches.active.shape[1]):
        if patches.active[0, p]:
            dx, dy = x - patches.x[0, p], y - patches.y[0, p]
            if dx * dx + dy * dy <= patches.radius[0, p] * patches.radius[0, p]:
                friction = patches.friction[0, p]
    return friction


@njit(cache=True, _nrt=False)
def sample_ground(
    chassis: np.void, body: np.void, rotation: NDArray[np.float64], lanes: LaneArrays, base_friction: float,
    patches: FrictionPatches, out: NDArray[np.float64],
) -> None:
    """Write height, normal and µ (grip included) of the ground below each wheel of a body. Shape (4, 5)."""
    for w in range(4):
        cx, cy, cz = chassis.contact[w, 0], chassis.contact[w, 1], chassis.contact[w, 2]
        x = body.position[0] + rotation[0, 0] * cx + rotation[0, 1] * cy + rotation[0, 2] * cz
        y = body.position[1] + rotation[1, 0] * cx + rotation[1, 1] * cy + rotation[1, 2] * cz
        z = body.position[2] + rotation[2, 0] * cx + rotation[2, 1] * cy + rotation[2, 2] * cz
        out[w, 0], out[w, 1], out[w, 2], out[w, 3] = ground_at(lanes, x, y, z)
        out[w, 4] = friction_at(x, y, base_friction, patches) * body.grip[w]


@njit(cache=True)
def advance_forces(
    chassis: NDArray[np.void], bodies: NDArray[np.void], lanes: LaneArrays, base_friction: float,
    sliding: float, patches: FrictionPatches, dt: float,
) -> None:
    """Advance wheels and actuators of every dynamic body by one step and set the force and torque on it.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion and what is asked of them. Shape (num_actors,).
        lanes: The ground.
        base_friction: µ of surface and weather.
        sliding: Friction of sliding tires over it.
        patches: Slippery discs.
        dt: [s].
    """
    rotation = np.empty((3, 3))
    ground = np.empty((4, GROUND_COLUMNS))
    contact = np.zeros((4, CONTACT_COLUMNS))
    for a in range(len(bodies)):
        body, own = bodies[a], chassis[a]
        body.acts = body.dynamic and own.mobility != _FREE and not (own.mobility == _WALKER and body.struck)
        if not body.acts:
            continue
        q = body.orientation
        rotation_matrix(q[0], q[1], q[2], q[3], rotation)
        if own.mobility == _WALKER:
            x, y, row = body.position[0], body.position[1], ground[0]
            row[0], row[1], row[2], row[3] = ground_at(lanes, x, y, body.position[2] - own.cog_height)
            row[4] = friction_at(x, y, base_friction, patches)
            walker_forces(own, body, rotation, row, dt)
            continue
        sample_ground(own, body, rotation, lanes, base_friction, patches, ground)
        if own.mobility == _DIFFERENTIAL:
            robot_forces(own, body, rotation, ground, dt, contact)
            continue
        if own.track_width == 0.0 and abs(math.atan2(rotation[2, 1], rotation[2, 2])) > FALLEN_LEAN:
            body.struck = True
        wheeled_forces(own, body, rotation, ground, dt, contact, sliding)
