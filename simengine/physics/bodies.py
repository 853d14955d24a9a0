"""The rigid bodies of one world about their centres of mass, and their exchange with the arrays of `WorldState`."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.state import ActorKind, ActorTable, Controls, Light, Mobility, WorldState
from simengine.physics.chassis import Chassis

_WHEELED, _WALKER, _DIFFERENTIAL = int(Mobility.WHEELED), int(Mobility.WALKER), int(Mobility.DIFFERENTIAL)
_ANIMAL = int(ActorKind.ANIMAL)
_BRAKE = int(Light.BRAKE)
_BRAKE_LIGHT_FROM = -0.3  # demanded acceleration that lights the brake lamps, as in `batched` [m/s²]
_REPLAY_TIME = 0.3  # time constant over which a recording's longitudinal acceleration is smoothed for the lights [s]
_REPLAY_STEER_FROM = 1.0  # speed below which a recording's steering cannot be told from its yaw rate [m/s]
_STRIDE_PERSON = 0.8  # two steps over body height; 1.4 m for an adult (Winter, "Biomechanics", ch. 1)
_STRIDE_ANIMAL = 1.5  # one bound over body length; 2.6 m for a deer


class Bodies(NamedTuple):
    """The rigid bodies of one world and what moves inside them. Shapes (num_actors, …)."""

    position: NDArray[np.float64]  # centre of mass, world [m]. (…, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (…, 4)
    velocity: NDArray[np.float64]  # of the centre of mass, world [m/s]. (…, 3)
    angular_velocity: NDArray[np.float64]  # world [rad/s]. (…, 3)
    actuator: NDArray[np.float64]  # steering [rad], demanded acceleration after the lag [m/s²]. (…, 2)
    spin: NDArray[np.float64]  # of the wheels [rad/s]. (…, 4)
    deflection: NDArray[np.float64]  # of the bristles [m]. (…, 4, 2)
    rotation_angle: NDArray[np.float64]  # of the wheels [rad]. (…, 4)
    gait: NDArray[np.float64]  # phase of the steps [rad]
    dynamic: NDArray[np.bool_]  # carried by forces: in the world and not replayed
    carried: NDArray[np.bool_]  # was replayed at the last tick, so its last velocity is known
    struck: NDArray[np.bool_]  # a walker or two-wheeler that was hit: now it only falls


def empty_bodies(num_actors: int) -> Bodies:
    """Allocate bodies of which none is in the world."""
    return Bodies(
        position=np.zeros((num_actors, 3)),
        orientation=np.tile(np.array([1.0, 0.0, 0.0, 0.0]), (num_actors, 1)),
        velocity=np.zeros((num_actors, 3)),
        angular_velocity=np.zeros((num_actors, 3)),
        actuator=np.zeros((num_actors, 2)),
        spin=np.zeros((num_actors, 4)),
        deflection=np.zeros((num_actors, 4, 2)),
        rotation_angle=np.zeros((num_actors, 4)),
        gait=np.zeros(num_actors),
        dynamic=np.zeros(num_actors, np.bool_),
        carried=np.zeros(num_actors, np.bool_),
        struck=np.zeros(num_actors, np.bool_),
    )


@njit(cache=True)
def box_from_body(
    bodies: Bodies, chassis: Chassis, a: int, position: NDArray[np.float64], velocity: NDArray[np.float64]
) -> None:
    """Write position and velocity of an actor's box centre from those of its centre of mass. Shapes (3,)."""
    q, omega = bodies.orientation[a], bodies.angular_velocity[a]
    rx, ry, rz = _turned_offset(q, chassis.box_offset[a])
    position[0] = bodies.position[a, 0] + rx
    position[1] = bodies.position[a, 1] + ry
    position[2] = bodies.position[a, 2] + rz
    velocity[0] = bodies.velocity[a, 0] + omega[1] * rz - omega[2] * ry
    velocity[1] = bodies.velocity[a, 1] + omega[2] * rx - omega[0] * rz
    velocity[2] = bodies.velocity[a, 2] + omega[0] * ry - omega[1] * rx


@njit(cache=True)
def body_from_box(state: WorldState, chassis: Chassis, a: int, bodies: Bodies) -> None:
    """Take over an actor's pose, velocity, actuators, wheels and bristles from world 0 of a state."""
    q, omega = state.orientation[0, a], state.angular_velocity[0, a]
    rx, ry, rz = _turned_offset(q, chassis.box_offset[a])
    bodies.position[a, 0] = state.position[0, a, 0] - rx
    bodies.position[a, 1] = state.position[0, a, 1] - ry
    bodies.position[a, 2] = state.position[0, a, 2] - rz
    bodies.velocity[a, 0] = state.velocity[0, a, 0] - omega[1] * rz + omega[2] * ry
    bodies.velocity[a, 1] = state.velocity[0, a, 1] - omega[2] * rx + omega[0] * rz
    bodies.velocity[a, 2] = state.velocity[0, a, 2] - omega[0] * ry + omega[1] * rx
    bodies.orientation[a] = q
    bodies.angular_velocity[a] = omega
    bodies.actuator[a, 0], bodies.actuator[a, 1] = state.steering[0, a], state.drive[0, a]
    bodies.spin[a] = state.wheel_speed[0, a]
    bodies.rotation_angle[a] = state.wheel_rotation[0, a]
    bodies.deflection[a] = state.tyre_deflection[0, a]
    bodies.gait[a] = state.gait_phase[0, a]


@njit(cache=True)
def _turned_offset(q: NDArray[np.float64], offset: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return an offset of the body frame in world coordinates."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    tx = 2.0 * (y * offset[2] - z * offset[1])
    ty = 2.0 * (z * offset[0] - x * offset[2])
    tz = 2.0 * (x * offset[1] - y * offset[0])
    return (
        offset[0] + w * tx + y * tz - z * ty,
        offset[1] + w * ty + z * tx - x * tz,
        offset[2] + w * tz + x * ty - y * tx,
    )


@njit(cache=True)
def write_state(
    actors: ActorTable, chassis: Chassis, bodies: Bodies, before: WorldState, controls: Controls, dt: float,
    after: WorldState,
) -> None:
    """Write every dynamic actor of world 0 after a tick of `dt` [s]; what else `after` holds stays as in `before`."""
    for a in range(len(bodies.dynamic)):
        if not bodies.dynamic[a]:
            continue
        box_from_body(bodies, chassis, a, after.position[0, a], after.velocity[0, a])
        after.orientation[0, a] = bodies.orientation[a]
        after.angular_velocity[0, a] = bodies.angular_velocity[a]
        for i in range(3):
            after.acceleration[0, a, i] = (after.velocity[0, a, i] - before.velocity[0, a, i]) / dt
        after.steering[0, a], after.drive[0, a] = bodies.actuator[a, 0], bodies.actuator[a, 1]
        for w in range(4):
            bodies.rotation_angle[a, w] += bodies.spin[a, w] * dt
            after.wheel_speed[0, a, w] = bodies.spin[a, w]
            after.wheel_rotation[0, a, w] = bodies.rotation_angle[a, w]
            after.tyre_deflection[0, a, w, 0] = bodies.deflection[a, w, 0]
            after.tyre_deflection[0, a, w, 1] = bodies.deflection[a, w, 1]
        if actors.mobility[0, a] == _WALKER and not bodies.struck[a]:
            bodies.gait[a] += _step_angle(actors, a, bodies.velocity[a, 0], bodies.velocity[a, 1], dt)
        after.gait_phase[0, a] = bodies.gait[a]
        after.lights[0, a] = _lamps(actors, a, controls.lights[0, a], bodies.actuator[a, 1])


@njit(cache=True)
def carry_replayed(
    replayed: NDArray[np.bool_], actors: ActorTable, chassis: Chassis, bodies: Bodies, before: WorldState,
    controls: Controls, dt: float, after: WorldState,
) -> None:
    """Take over the given motion of every replayed actor and write what follows from it: wheels, steering, gait, lamps.

    Pose and velocity stay as the caller gave them.
    """
    for a in range(len(replayed)):
        if not replayed[a]:
            bodies.carried[a] = False
        else:
            _carry(a, actors, chassis, bodies, before, controls, dt, after)


@njit(cache=True)
def _carry(
    a: int, actors: ActorTable, chassis: Chassis, bodies: Bodies, before: WorldState, controls: Controls, dt: float,
    after: WorldState,
) -> None:
    """Carry one replayed actor; see `carry_replayed`."""
    vx, vy, vz = before.velocity[0, a, 0], before.velocity[0, a, 1], before.velocity[0, a, 2]
    q, omega = before.orientation[0, a], before.angular_velocity[0, a]
    last_x, last_y, last_z = bodies.velocity[a, 0], bodies.velocity[a, 1], bodies.velocity[a, 2]
    body_from_box(before, chassis, a, bodies)
    now_x, now_y, now_z = bodies.velocity[a, 0], bodies.velocity[a, 1], bodies.velocity[a, 2]
    if not bodies.carried[a]:
        last_x, last_y, last_z = now_x, now_y, now_z
        bodies.carried[a] = True
    after.acceleration[0, a, 0] = (now_x - last_x) / dt
    after.acceleration[0, a, 1] = (now_y - last_y) / dt
    after.acceleration[0, a, 2] = (now_z - last_z) / dt
    ahead_x = 1.0 - 2.0 * (q[2] * q[2] + q[3] * q[3])
    ahead_y = 2.0 * (q[1] * q[2] + q[0] * q[3])
    ahead_z = 2.0 * (q[1] * q[3] - q[0] * q[2])
    forward = vx * ahead_x + vy * ahead_y + vz * ahead_z
    along = (
        after.acceleration[0, a, 0] * ahead_x + after.acceleration[0, a, 1] * ahead_y
        + after.acceleration[0, a, 2] * ahead_z
    )  # fmt: skip
    drive = along + (before.drive[0, a] - along) * math.exp(-dt / _REPLAY_TIME)
    steering = before.steering[0, a]
    if abs(forward) > _REPLAY_STEER_FROM:
        wheelbase = actors.front_axle[0, a] + actors.rear_axle[0, a]
        limit = actors.max_steering[0, a]
        steering = min(limit, max(-limit, math.atan(wheelbase * omega[2] / forward)))
    bodies.actuator[a, 0], bodies.actuator[a, 1] = steering, drive
    after.steering[0, a], after.drive[0, a] = steering, drive
    radius = actors.wheel_radius[0, a]
    for w in range(4):
        bodies.spin[a, w] = forward / radius if radius > 0.0 else 0.0
        bodies.rotation_angle[a, w] = before.wheel_rotation[0, a, w] + bodies.spin[a, w] * dt
        bodies.deflection[a, w, 0] = bodies.deflection[a, w, 1] = 0.0
        after.wheel_speed[0, a, w] = bodies.spin[a, w]
        after.wheel_rotation[0, a, w] = bodies.rotation_angle[a, w]
        after.tyre_deflection[0, a, w, 0] = after.tyre_deflection[0, a, w, 1] = 0.0
    if actors.mobility[0, a] == _WALKER:
        bodies.gait[a] = before.gait_phase[0, a] + _step_angle(actors, a, vx, vy, dt)
        after.gait_phase[0, a] = bodies.gait[a]
    after.lights[0, a] = _lamps(actors, a, controls.lights[0, a], drive)


@njit(cache=True)
def _step_angle(actors: ActorTable, a: int, vx: float, vy: float, dt: float) -> float:
    """Return how far the gait advances [rad] while walking for `dt` [s]."""
    stride = _STRIDE_PERSON * actors.height[0, a]
    if actors.kind[0, a] == _ANIMAL:
        stride = _STRIDE_ANIMAL * actors.length[0, a]
    return 2.0 * math.pi * math.sqrt(vx * vx + vy * vy) * dt / stride


@njit(cache=True)
def _lamps(actors: ActorTable, a: int, asked: int, drive: float) -> int:
    """Return the lamps that are lit: those asked for, and the brake lamps of a vehicle that brakes."""
    lit = asked & ~_BRAKE
    if actors.mobility[0, a] == _WHEELED and drive < _BRAKE_LIGHT_FROM:
        lit |= _BRAKE
    return lit
