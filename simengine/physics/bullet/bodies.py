"""The motion of the rigid bodies of one world, one record each, and its exchange with the arrays of `WorldState`.

Bullet moves centers of mass; the program's arrays hold box centers. `load_motion` and `load_demands` take over what the
caller gives, `finish_tick` derives what follows from a tick, `store` writes it out.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import rotate
from simengine.core.state import Controls, Mobility, WorldState
from simengine.physics.feet.strides import gait_advance
from simengine.physics.vehicle.lamp_switches import lit_lamps, replayed_pedal
from simengine.physics.vehicle.wheels import REPLAY_STEER_FROM, replayed_steering

_WALKER = int(Mobility.WALKER)

_BODY_FIELDS = np.dtype(
    [
        ("position", np.float64, (3,)),  # center of mass, world [m]
        ("orientation", np.float64, (4,)),  # w, x, y, z
        ("velocity", np.float64, (3,)),  # of the center of mass, world [m/s]
        ("angular_velocity", np.float64, (3,)),  # world [rad/s]
        ("box_position", np.float64, (3,)),  # box center, world [m]
        ("box_velocity", np.float64, (3,)),  # world [m/s]
        ("last_velocity", np.float64, (3,)),  # of the box center a tick ago, world [m/s]
        ("acceleration", np.float64, (3,)),  # of the box center, mean over the tick, world [m/s²]
        ("steering", np.float64),  # [rad]
        ("drive", np.float64),  # demanded acceleration after the lag [m/s²]
        ("spin", np.float64, (4,)),  # of the wheels [rad/s]
        ("turned", np.float64, (4,)),  # angle the wheels have turned [rad]
        ("deflection", np.float64, (4, 2)),  # of the bristles [m]
        ("grip", np.float64, (4,)),  # friction factor of the tires
        ("burst", np.int32, (4,)),  # 1 for tires without air
        ("gait", np.float64),  # phase of the steps [rad]
        ("lights", np.int32),
        ("dynamic", np.bool_),  # in the world and carried by forces
        ("replayed", np.bool_),  # in the world and carried by the caller
        ("struck", np.bool_),  # a walker or two-wheeler that was hit: now it only falls
        ("demand_acceleration", np.float64),  # [m/s²]
        ("demand_steering", np.float64),  # [rad]
        ("demand_velocity", np.float64, (2,)),  # as `Controls.velocity`
        ("demand_lights", np.int32),
        ("clear", np.bool_),  # no curb was in the way of its wheels at `clear_pose`
        ("clear_pose", np.float64, (5,)),  # x, y [m], x and y of its x axis, steering [rad]
        ("acts", np.bool_),  # there is a force on it
        ("force", np.float64, (3,)),  # without gravity, world [N]
        ("torque", np.float64, (3,)),  # about the center of mass, world [N m]
    ],
    align=True,
)
BODY = np.dtype((np.record, _BODY_FIELDS))  # so that Python too reads fields as attributes
# Fields of a body that are those of the state, by name in `WorldState`.
_MOTION = {
    "position": "box_position", "orientation": "orientation", "velocity": "box_velocity",
    "angular_velocity": "angular_velocity", "steering": "steering", "drive": "drive", "wheel_speed": "spin",
    "wheel_rotation": "turned", "tire_deflection": "deflection", "gait_phase": "gait", "lights": "lights",
}  # fmt: skip
_GIVEN = ("position", "orientation", "velocity", "angular_velocity", "acceleration")  # of a replayed actor


def empty_bodies(num_actors: int) -> NDArray[np.void]:
    """Allocate bodies of which none is in the world. Shape (num_actors,), dtype `BODY`."""
    bodies = np.zeros(num_actors, BODY)
    bodies["orientation"][:, 0] = 1.0
    return bodies


def boxes_of(chassis: NDArray[np.void], bodies: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the table of boxes that `hand_over` reads. Shape (num_actors, BOX_COLUMNS)."""
    sizes = [chassis[name][:, None] for name in ("length", "width", "height")]
    return np.hstack([bodies["box_position"], bodies["box_velocity"], bodies["orientation"], *sizes])


def load_motion(state: WorldState, rows: NDArray[np.int64], bodies: NDArray[np.void]) -> None:
    """Take over the motion of some actors of world 0 whole; their centers of mass are for `body_from_box`."""
    for name, field in _MOTION.items():
        bodies[field][rows] = getattr(state, name)[0, rows]


def load_given(state: WorldState, rows: NDArray[np.int64], bodies: NDArray[np.void]) -> None:
    """Take over what the caller gives of replayed actors of world 0: pose, velocity, acceleration."""
    for name in _GIVEN:
        bodies[_MOTION.get(name, name)][rows] = getattr(state, name)[0, rows]


def load_demands(state: WorldState, controls: Controls, bodies: NDArray[np.void]) -> None:
    """Take over what is asked of every actor of world 0, and the grip of its tires."""
    bodies["demand_acceleration"] = controls.acceleration[0]
    bodies["demand_steering"] = controls.steering[0]
    bodies["demand_velocity"] = controls.velocity[0]
    bodies["demand_lights"] = controls.lights[0]
    bodies["grip"], bodies["burst"] = state.tire_grip[0], state.tire_burst[0]


def store(bodies: NDArray[np.void], out: WorldState) -> None:
    """Write the motion of every actor in the world into world 0 of a state; a given pose comes back as it was."""
    rows = np.flatnonzero(bodies["dynamic"] | bodies["replayed"])
    for name, field in _MOTION.items():
        getattr(out, name)[0, rows] = bodies[field][rows]
    out.acceleration[0, rows] = bodies["acceleration"][rows]


@njit(cache=True, _nrt=False)
def box_from_body(chassis, body):
    """Set position and velocity of a body's box center from those of its center of mass."""
    q, omega, offset = body.orientation, body.angular_velocity, chassis.box_offset
    rx, ry, rz = rotate(q[0], q[1], q[2], q[3], offset[0], offset[1], offset[2])
    body.box_position[0] = body.position[0] + rx
    body.box_position[1] = body.position[1] + ry
    body.box_position[2] = body.position[2] + rz
    body.box_velocity[0] = body.velocity[0] + omega[1] * rz - omega[2] * ry
    body.box_velocity[1] = body.velocity[1] + omega[2] * rx - omega[0] * rz
    body.box_velocity[2] = body.velocity[2] + omega[0] * ry - omega[1] * rx


@njit(cache=True, _nrt=False)
def body_from_box(chassis, body):
    """Set position and velocity of a body's center of mass from those of its box center."""
    q, omega, offset = body.orientation, body.angular_velocity, chassis.box_offset
    rx, ry, rz = rotate(q[0], q[1], q[2], q[3], offset[0], offset[1], offset[2])
    body.position[0] = body.box_position[0] - rx
    body.position[1] = body.box_position[1] - ry
    body.position[2] = body.box_position[2] - rz
    body.velocity[0] = body.box_velocity[0] - omega[1] * rz + omega[2] * ry
    body.velocity[1] = body.box_velocity[1] - omega[2] * rx + omega[0] * rz
    body.velocity[2] = body.box_velocity[2] - omega[0] * ry + omega[1] * rx


@njit(cache=True, _nrt=False)
def finish_tick(chassis: NDArray[np.void], bodies: NDArray[np.void], dt: float) -> None:
    """Derive what follows from the motion of every actor in the world over a tick of `dt` [s]."""
    for a in range(len(bodies)):
        body = bodies[a]
        if not body.dynamic and not body.replayed:
            continue
        if body.dynamic:
            box_from_body(chassis[a], body)
        for i in range(3):
            if body.dynamic:
                body.acceleration[i] = (body.box_velocity[i] - body.last_velocity[i]) / dt
            body.last_velocity[i] = body.box_velocity[i]
        if body.replayed:
            _follow_wheels(chassis[a], body, dt)
        for w in range(4):
            body.turned[w] += body.spin[w] * dt
        if chassis[a].mobility == _WALKER and not body.struck:
            vx, vy = body.box_velocity[0], body.box_velocity[1]
            body.gait += gait_advance(chassis[a].kind, chassis[a].length, chassis[a].height, vx, vy, dt)
        body.lights = lit_lamps(
            chassis[a].kind,
            chassis[a].mobility,
            chassis[a].parked or body.struck,
            body.replayed,
            body.demand_lights,
            body.drive,
        )


@njit(cache=True, _nrt=False)
def _follow_wheels(chassis, body, dt):
    """Derive steering, wheel spin and pedal of a replayed actor from its given motion."""
    q = body.orientation
    ahead_x, ahead_y, ahead_z = rotate(q[0], q[1], q[2], q[3], 1.0, 0.0, 0.0)
    v, acceleration = body.box_velocity, body.acceleration
    forward = v[0] * ahead_x + v[1] * ahead_y + v[2] * ahead_z
    along = acceleration[0] * ahead_x + acceleration[1] * ahead_y + acceleration[2] * ahead_z
    body.drive = replayed_pedal(body.drive, along, forward, dt)
    if abs(forward) > REPLAY_STEER_FROM:
        wheelbase = chassis.front_axle + chassis.rear_axle
        body.steering = replayed_steering(wheelbase, body.angular_velocity[2], forward, chassis.max_steering)
    for w in range(4):
        body.spin[w] = forward / chassis.wheel_radius if chassis.wheel_radius > 0.0 else 0.0
        body.deflection[w, 0] = body.deflection[w, 1] = 0.0
