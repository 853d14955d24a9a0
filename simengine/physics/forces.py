"""All forces on all bodies of one world in one call: one force and one torque a body.

The ground is sampled below every wheel and foot, then the kernel of each actor's mobility is called.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import rotation_matrix
from simengine.core.state import ActorTable, Behavior, Controls, Mobility
from simengine.physics.backend import FrictionPatches
from simengine.physics.bodies import Bodies
from simengine.physics.chassis import Chassis
from simengine.physics.robots import robot_forces
from simengine.physics.suspension import CONTACT_COLUMNS, GROUND_COLUMNS
from simengine.physics.walkers import walker_forces
from simengine.physics.wheels import FALLEN_LEAN, wheeled_forces
from simengine.road.network import LaneArrays
from simengine.road.projection import ground_at

_WALKER, _FREE, _DIFFERENTIAL = int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)
_PARKED = int(Behavior.PARKED)


@njit(cache=True)
def friction_at(x: float, y: float, base: float, patches: FrictionPatches) -> float:
    """Return µ at a place [m] of world 0: that of the last active patch that covers it, else of the weather."""
    friction = base
    for p in range(patches.active.shape[1]):
        if patches.active[0, p]:
            dx, dy = x - patches.x[0, p], y - patches.y[0, p]
            if dx * dx + dy * dy <= patches.radius[0, p] * patches.radius[0, p]:
                friction = patches.friction[0, p]
    return friction


@njit(cache=True)
def sample_ground(
    a: int, chassis: Chassis, position: NDArray[np.float64], rotation: NDArray[np.float64], lanes: LaneArrays,
    base_friction: float, patches: FrictionPatches, grip: NDArray[np.float64], out: NDArray[np.float64],
) -> None:
    """Write height, normal and µ of the ground below each wheel of body `a`. `grip` (4,), `out` (4, 5)."""
    for w in range(4):
        cx, cy, cz = chassis.contact[a, w, 0], chassis.contact[a, w, 1], chassis.contact[a, w, 2]
        x = position[0] + rotation[0, 0] * cx + rotation[0, 1] * cy + rotation[0, 2] * cz
        y = position[1] + rotation[1, 0] * cx + rotation[1, 1] * cy + rotation[1, 2] * cz
        z = position[2] + rotation[2, 0] * cx + rotation[2, 1] * cy + rotation[2, 2] * cz
        out[w, 0], out[w, 1], out[w, 2], out[w, 3] = ground_at(lanes, x, y, z)
        out[w, 4] = friction_at(x, y, base_friction, patches) * grip[w]


@njit(cache=True)
def advance_forces(
    actors: ActorTable, chassis: Chassis, lanes: LaneArrays, base_friction: float, patches: FrictionPatches,
    controls: Controls, grip: NDArray[np.float64], dt: float, bodies: Bodies, force: NDArray[np.float64],
    torque: NDArray[np.float64], acts: NDArray[np.bool_],
) -> None:
    """Advance wheels and actuators of every dynamic actor by one step and write the force and torque on its body.

    Args:
        actors: What the actors are; world 0.
        chassis: What follows for their bodies.
        lanes: The ground.
        base_friction: µ of the weather.
        patches: Slippery discs.
        controls: What is asked of the actors.
        grip: Friction factor of each tyre. Shape (num_actors, 4).
        dt: [s].
        bodies: Motion of the bodies; actuators, spin and deflection are advanced.
        force: Resultant without gravity, world [N]. Shape (num_actors, 3).
        torque: About the centre of mass, world [N m]. Shape (num_actors, 3).
        acts: Whether there is any force on the body. Shape (num_actors,).
    """
    rotation = np.empty((3, 3))
    ground = np.empty((4, GROUND_COLUMNS))
    contact = np.zeros((4, CONTACT_COLUMNS))
    foot = np.empty(3)
    for a in range(len(bodies.dynamic)):
        mobility = actors.mobility[0, a]
        acts[a] = bodies.dynamic[a] and mobility != _FREE and not (mobility == _WALKER and bodies.struck[a])
        if not acts[a]:
            continue
        position, q = bodies.position[a], bodies.orientation[a]
        rotation_matrix(q[0], q[1], q[2], q[3], rotation)
        if mobility == _WALKER:
            foot[0], foot[1] = position[0], position[1]
            foot[2] = position[2] - actors.cog_height[0, a]
            row = ground[0]
            row[0], row[1], row[2], row[3] = ground_at(lanes, foot[0], foot[1], foot[2])
            row[4] = friction_at(foot[0], foot[1], base_friction, patches)
            walker_forces(
                actors.mass[0, a], actors.max_acceleration[0, a], actors.max_speed[0, a], chassis.inertia[a],
                controls.velocity[0, a, 0], controls.velocity[0, a, 1], foot, rotation, bodies.velocity[a],
                bodies.angular_velocity[a], row, dt, force[a], torque[a],
            )  # fmt: skip
            continue
        sample_ground(a, chassis, position, rotation, lanes, base_friction, patches, grip[a], ground)
        if mobility == _DIFFERENTIAL:
            robot_forces(
                a, actors, chassis, controls.velocity[0, a, 0], controls.velocity[0, a, 1], position, rotation,
                bodies.velocity[a], bodies.angular_velocity[a], ground, dt, contact, bodies.spin[a],
                bodies.deflection[a], force[a], torque[a],
            )  # fmt: skip
            continue
        if actors.track_width[0, a] == 0.0 and abs(math.atan2(rotation[2, 1], rotation[2, 2])) > FALLEN_LEAN:
            bodies.struck[a] = True
        wheeled_forces(
            a, actors, chassis, actors.behavior[0, a] == _PARKED, not bodies.struck[a], controls.acceleration[0, a],
            controls.steering[0, a], position, rotation, bodies.velocity[a], bodies.angular_velocity[a], ground, dt,
            contact, bodies.actuator[a], bodies.spin[a], bodies.deflection[a], force[a], torque[a],
        )  # fmt: skip
