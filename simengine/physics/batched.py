"""Physics of many worlds at once: single-track vehicles, walkers, sliding loads and robots, contacts of oriented boxes.

What it leaves out beside `bullet`: body roll, pitch and suspension (an actor takes the ground's slope at once), the two
wheels of an axle (their grips are averaged), wheel slip in drive and braking, rolling sideways down a banked road, and
tumbling (a load keeps its face down; a struck person falls over once and slides). `model="kinematic"` rolls vehicles
without slip for as long as nothing strikes them.
"""

import math

import numpy as np
from numba import njit

from simengine.core.errors import ScenarioError
from simengine.core.geometry import (
    multiply_quaternions,
    quaternion_from_euler,
    rotate,
    yaw_from_quaternion,
)
from simengine.core.state import ActorKind, ActorTable, Behavior, Controls, Light, Mobility, WorldState, copy_state
from simengine.physics import planar_motion
from simengine.physics.backend import Contact, FrictionPatches, Ground, Physics
from simengine.physics.contact_boxes import COLUMNS, ObstacleGrid, find_contacts, solve_contacts
from simengine.physics.hand_over_worlds import mark_hand_overs
from simengine.physics.vehicle_models import advance_steering
from simengine.physics.wheels import HOLD_DEMAND, HOLD_SPEED
from simengine.road.network import LaneArrays, lane_arrays
from simengine.road.projection import ground_at

MODELS = ("dynamic", "kinematic")
_WHEELED, _WALKER, _FREE, _DIFFERENTIAL = (
    int(Mobility.WHEELED), int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)
)  # fmt: skip
_PARKED, _ANIMAL, _BRAKE = int(Behavior.PARKED), int(ActorKind.ANIMAL), int(Light.BRAKE)
_BRAKE_LIGHT_FROM = -0.3  # demanded acceleration that lights the brake lamps [m/s²]
_STRIDE_PERSON = 0.8  # two steps over body height; 1.4 m for an adult (Winter, "Biomechanics", ch. 1)
_STRIDE_ANIMAL = 1.5  # one bound over body length; 2.6 m for a deer
_REPLAY_TIME = 0.3  # time constant over which a recording's longitudinal acceleration is smoothed for the lights [s]
_REPLAY_STEER_FROM = 1.0  # speed below which a recording's steering cannot be told from its yaw rate [m/s]
_FALL_SPEED = 1.5  # change of velocity in a blow that a person does not stay standing through [m/s]
_FALL_RATE = 3.0  # angular velocity of a falling body: 90° in half a second [rad/s]


class BatchedPhysics(Physics):
    """Advances any number of worlds over one ground; see the module for what is modelled.

    Args:
        model: "dynamic" (tyres) or "kinematic" (rolling without slip).
    """

    def __init__(self, model: str = "dynamic") -> None:
        if model not in MODELS:
            raise ScenarioError(f"physics.model: {model!r} is not known; allowed: {', '.join(MODELS)}")
        self._kinematic = model == "kinematic"
        self._rows = np.zeros((0, 0, COLUMNS))
        self._counts = np.zeros(0, np.int64)
        self._tick = np.zeros(0, np.int64)

    def reset(self, actors: ActorTable, state: WorldState, ground: Ground, rate_hz: int) -> WorldState:
        """Take the arrays as the world and return its state with every actor set on the ground; see `Physics`."""
        if rate_hz <= 0:
            raise ScenarioError(f"physics.rate_hz: {rate_hz} is not allowed; must be positive")
        self._actors, self._ground, self._step = actors, ground, 1.0 / rate_hz
        self._lanes = lane_arrays(ground.network)
        self._obstacles = ObstacleGrid(ground.obstacles)
        num_envs, num_actors = state.valid.shape
        self._rows = np.zeros((num_envs, max(8, 2 * num_actors), COLUMNS))
        self._counts = np.zeros(num_envs, np.int64)
        self._tick = state.tick.copy()
        # What a recording's acceleration is told from: the velocity of the tick before, if it was replayed then too.
        self._carried, self._last = np.zeros(state.valid.shape, np.bool_), np.zeros_like(state.velocity)
        settled = copy_state(state)
        settle_actors(actors, self._lanes, settled)
        return settled

    def step(self, state: WorldState, controls: Controls) -> WorldState:
        """Advance every world by one tick; see `Physics`.

        A replayed actor that something dynamic is about to touch is handed over: `replayed` is then false in the
        returned state.
        """
        state = self._hand_over(state)
        grid = self._obstacles
        while True:
            after = copy_state(state)
            advance_worlds(
                self._actors, state, controls, self._ground.friction, self._ground.patches, self._lanes,
                grid.boxes, grid.origin, grid.cell, grid.first, grid.member, grid.columns, grid.rows,
                self._kinematic, self._step, self._carried, self._last, after, self._rows, self._counts,
            )  # fmt: skip
            most = int(self._counts.max(initial=0))
            if most <= self._rows.shape[1]:
                break
            # More contacts than rows: make room and take the tick again from the same state.
            self._rows = np.zeros((self._rows.shape[0], 2 * most, COLUMNS))
        self._tick = after.tick
        self._carried = state.replayed & state.valid
        self._last = np.where(self._carried[..., None], state.velocity, 0.0)
        return after

    def _hand_over(self, state: WorldState) -> WorldState:
        """Return the state with every replayed actor that is about to be touched made dynamic."""
        if not (state.valid & state.replayed).any():
            return state
        must = np.zeros(state.valid.shape, np.bool_)
        if mark_hand_overs(self._actors, state, self._step, must) == 0:
            return state
        handed = copy_state(state)
        handed.replayed[must] = False
        # The pose it was given is that of the tick to come.
        handed.position[must] -= state.velocity[must] * self._step
        return handed

    def contacts(self) -> list[Contact]:
        """Return what touched during the last tick."""
        found = []
        for e in np.flatnonzero(self._counts):
            for row in self._rows[e, : self._counts[e]]:
                a, b = int(row[0]), int(row[1])
                found.append(
                    Contact(
                        env=int(e), tick=int(self._tick[e]), actor=a, other=max(b, -1),
                        position=(float(row[2]), float(row[3]), float(row[4])),
                        normal=(float(row[5]), float(row[6]), 0.0),
                        impulse=float(row[8]), closing_speed=float(row[9]),
                    )
                )  # fmt: skip
        return found

    def close(self) -> None:
        """Nothing to free: the arrays are the world."""


@njit(cache=True, _nrt=False)
def _friction_at(x: float, y: float, base: float, patches: FrictionPatches, e: int) -> float:
    """Return µ at a place [m]: that of the last active patch that covers it, else of the weather."""
    friction = base
    for p in range(patches.active.shape[1]):
        if patches.active[e, p]:
            dx, dy = x - patches.x[e, p], y - patches.y[e, p]
            if dx * dx + dy * dy <= patches.radius[e, p] * patches.radius[e, p]:
                friction = patches.friction[e, p]
    return friction


@njit(cache=True, _nrt=False)
def _ground(lanes: LaneArrays, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the height of the ground [m] and its rise over run along x and y; `z` tells a bridge from below it."""
    height, nx, ny, nz = ground_at(lanes, x, y, z)
    return height, -nx / nz, -ny / nz


@njit(cache=True, _nrt=False)
def _stand(state: WorldState, e: int, a: int, yaw: float, slope_x: float, slope_y: float) -> None:
    """Set an orientation by its yaw and the ground's gradient."""
    cosine, sine = math.cos(yaw), math.sin(yaw)
    ahead, left = slope_x * cosine + slope_y * sine, -slope_x * sine + slope_y * cosine
    roll, pitch = math.atan(left / math.sqrt(1.0 + ahead * ahead)), -math.atan(ahead)
    w, x, y, z = quaternion_from_euler(roll, pitch, yaw)
    state.orientation[e, a, 0], state.orientation[e, a, 1] = w, x
    state.orientation[e, a, 2], state.orientation[e, a, 3] = y, z


@njit(cache=True, _nrt=False)
def _up(state: WorldState, e: int, a: int) -> float:
    """Return the vertical component of an actor's up axis."""
    x, y = state.orientation[e, a, 1], state.orientation[e, a, 2]
    return 1.0 - 2.0 * (x * x + y * y)


@njit(cache=True, _nrt=False)
def _slope_ahead(state: WorldState, e: int, a: int) -> float:
    """Return the rise over run that an actor's x axis points along."""
    w, x = state.orientation[e, a, 0], state.orientation[e, a, 1]
    y, z = state.orientation[e, a, 2], state.orientation[e, a, 3]
    rise = 2.0 * (x * z - w * y)
    return rise / math.sqrt(max(1e-12, 1.0 - rise * rise))


@njit(cache=True, _nrt=False)
def _support(actors: ActorTable, state: WorldState, e: int, a: int) -> float:
    """Return how far an actor's box reaches below its centre [m]."""
    w, x = state.orientation[e, a, 0], state.orientation[e, a, 1]
    y, z = state.orientation[e, a, 2], state.orientation[e, a, 3]
    return 0.5 * (
        abs(2.0 * (x * z - w * y)) * actors.length[e, a]
        + abs(2.0 * (y * z + w * x)) * actors.width[e, a]
        + abs(1.0 - 2.0 * (x * x + y * y)) * actors.height[e, a]
    )


@njit(cache=True, _nrt=False)
def _rest_height(actors: ActorTable, e: int, a: int, slope_x: float, slope_y: float) -> float:
    """Return the height of a standing box's centre above the ground under it [m]."""
    return 0.5 * actors.height[e, a] * math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)


@njit(cache=True, _nrt=False)
def settle_actors(actors: ActorTable, lanes: LaneArrays, state: WorldState) -> None:
    """Set every actor that is not replayed on the ground; loads only where they would be under it."""
    for e in range(state.valid.shape[0]):
        for a in range(state.valid.shape[1]):
            if not state.valid[e, a] or state.replayed[e, a]:
                continue
            x, y = state.position[e, a, 0], state.position[e, a, 1]
            height, slope_x, slope_y = _ground(lanes, x, y, state.position[e, a, 2])
            mobility = actors.mobility[e, a]
            if mobility == _FREE:
                lowest = height + _support(actors, state, e, a)
                state.position[e, a, 2] = max(lowest, state.position[e, a, 2])
            elif mobility == _WALKER:
                state.position[e, a, 2] = height + 0.5 * actors.height[e, a]
            else:
                q = state.orientation[e, a]
                _stand(state, e, a, yaw_from_quaternion(q[0], q[1], q[2], q[3]), slope_x, slope_y)
                state.position[e, a, 2] = height + _rest_height(actors, e, a, slope_x, slope_y)


@njit(cache=True, _nrt=False)
def _move_actor(actors, before, controls, base_friction, patches, kinematic, step, e, a, after, center, twist, pose):
    """Advance one actor for a tick as if it were alone, into `center`, `twist` and `pose` [rad] of its world.

    Columns: `center` x, y of the centre of mass; `twist` its velocity and the yaw rate; `pose` is that of
    `find_contacts`. Steering, drive and gait go straight into `after`.
    """
    q = before.orientation[e, a]
    yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    x, y = before.position[e, a, 0], before.position[e, a, 1]
    vx, vy = before.velocity[e, a, 0], before.velocity[e, a, 1]
    yaw_rate = before.angular_velocity[e, a, 2]
    mobility = actors.mobility[e, a]
    cosine, sine = math.cos(yaw), math.sin(yaw)
    offset = actors.cog_offset[e, a]
    x, y = x + offset * cosine, y + offset * sine
    vx, vy = vx - yaw_rate * offset * sine, vy + yaw_rate * offset * cosine
    forward, leftward = vx * cosine + vy * sine, -vx * sine + vy * cosine
    friction = _friction_at(x, y, base_friction, patches, e)
    if before.replayed[e, a]:
        pass  # its pose is that of the tick to come
    elif mobility == _WHEELED:
        grip = before.tyre_grip[e, a]
        front, rear = 0.5 * friction * (grip[0] + grip[1]), 0.5 * friction * (grip[2] + grip[3])
        steering = advance_steering(
            before.steering[e, a], controls.steering[e, a], actors.max_steering[e, a], actors.max_steering_rate[e, a],
            step,
        )
        demand = min(actors.max_acceleration[e, a], max(-actors.max_deceleration[e, a], controls.acceleration[e, a]))
        drive = planar_motion.lag(before.drive[e, a], demand, step)
        holding = actors.behavior[e, a] == _PARKED or (abs(forward) < HOLD_SPEED and demand < HOLD_DEMAND)
        after.steering[e, a], after.drive[e, a] = steering, drive
        acceleration = planar_motion.longitudinal_acceleration(
            drive, holding, forward, _slope_ahead(before, e, a), actors.mass[e, a], actors.max_acceleration[e, a],
            actors.max_deceleration[e, a], actors.power[e, a], actors.drag[e, a],
            actors.rolling_resistance[e, a], actors.max_speed[e, a], 0.5 * (front + rear), step,
        )
        x, y, yaw, forward, leftward, yaw_rate = planar_motion.move_wheeled(
            x, y, yaw, forward, leftward, yaw_rate, 0.5 * (steering + before.steering[e, a]), acceleration, kinematic,
            actors.mass[e, a], actors.yaw_inertia[e, a], actors.front_axle[e, a], actors.rear_axle[e, a],
            actors.cog_height[e, a], actors.cornering_stiffness[e, a], front, rear, step,
        )
        cosine, sine = math.cos(yaw), math.sin(yaw)
        vx, vy = forward * cosine - leftward * sine, forward * sine + leftward * cosine
    elif mobility == _DIFFERENTIAL:
        x, y, yaw, forward, leftward, yaw_rate = planar_motion.move_differential(
            x, y, yaw, forward, leftward, yaw_rate, controls.velocity[e, a, 0], controls.velocity[e, a, 1],
            actors.max_acceleration[e, a], actors.max_deceleration[e, a], actors.max_speed[e, a],
            actors.track_width[e, a], friction, step,
        )
        cosine, sine = math.cos(yaw), math.sin(yaw)
        vx, vy = forward * cosine - leftward * sine, forward * sine + leftward * cosine
    elif mobility == _WALKER and not _fallen(before, e, a):
        x, y, yaw, vx, vy, yaw_rate = planar_motion.move_walker(
            x, y, yaw, vx, vy, controls.velocity[e, a, 0], controls.velocity[e, a, 1],
            actors.max_acceleration[e, a], actors.max_speed[e, a], step,
        )
        after.gait_phase[e, a] += _step_angle(actors, e, a, vx, vy, step)
    else:
        x, y, yaw = x + vx * step, y + vy * step, yaw + yaw_rate * step
    center[a, 0], center[a, 1] = x, y
    twist[a, 0], twist[a, 1], twist[a, 2] = vx, vy, yaw_rate
    cosine, sine = math.cos(yaw), math.sin(yaw)
    pose[a, 0], pose[a, 1], pose[a, 2] = x - offset * cosine, y - offset * sine, yaw
    support = _support(actors, before, e, a)
    pose[a, 3], pose[a, 4] = before.position[e, a, 2] - support, before.position[e, a, 2] + support


@njit(cache=True, _nrt=False)
def _step_angle(actors: ActorTable, e: int, a: int, vx: float, vy: float, step: float) -> float:
    """Return how far the gait advances [rad] in a tick."""
    stride = _STRIDE_PERSON * actors.height[e, a]
    if actors.kind[e, a] == _ANIMAL:
        stride = _STRIDE_ANIMAL * actors.length[e, a]
    return 2.0 * math.pi * math.sqrt(vx * vx + vy * vy) * step / stride


@njit(cache=True, _nrt=False)
def _carry(actors, before, step, e, a, carried, last, after):
    """Write what follows from a replayed actor's given motion: acceleration, drive, steering, wheels, gait."""
    q, velocity = before.orientation[e, a], before.velocity[e, a]
    ahead_x, ahead_y, ahead_z = rotate(q[0], q[1], q[2], q[3], 1.0, 0.0, 0.0)
    for k in range(3):
        after.acceleration[e, a, k] = (velocity[k] - last[e, a, k]) / step if carried[e, a] else 0.0
    forward = velocity[0] * ahead_x + velocity[1] * ahead_y + velocity[2] * ahead_z
    change = after.acceleration[e, a]
    along = change[0] * ahead_x + change[1] * ahead_y + change[2] * ahead_z
    after.drive[e, a] = along + (before.drive[e, a] - along) * math.exp(-step / _REPLAY_TIME)
    mobility = actors.mobility[e, a]
    if mobility == _WHEELED and abs(forward) > _REPLAY_STEER_FROM:
        wheelbase = actors.front_axle[e, a] + actors.rear_axle[e, a]
        angle = math.atan(wheelbase * before.angular_velocity[e, a, 2] / forward)
        after.steering[e, a] = min(actors.max_steering[e, a], max(-actors.max_steering[e, a], angle))
    elif mobility == _WALKER:
        after.gait_phase[e, a] += _step_angle(actors, e, a, velocity[0], velocity[1], step)
    yaw = math.atan2(ahead_y, ahead_x)
    _spin_wheels(actors, e, a, velocity[0], velocity[1], yaw, before.angular_velocity[e, a, 2], step, after)


@njit(cache=True, _nrt=False)
def _fallen(state: WorldState, e: int, a: int) -> bool:
    """Return whether a walker no longer stands: those on their feet are exactly upright."""
    x, y = state.orientation[e, a, 1], state.orientation[e, a, 2]
    return x * x + y * y > 1e-9 or state.angular_velocity[e, a, 0] != 0.0 or state.angular_velocity[e, a, 1] != 0.0


@njit(cache=True, _nrt=False)
def _fall_over(state: WorldState, e: int, a: int, step: float) -> None:
    """Turn a struck walker about its horizontal angular velocity until it lies."""
    wx, wy = state.angular_velocity[e, a, 0], state.angular_velocity[e, a, 1]
    rate = math.sqrt(wx * wx + wy * wy)
    if rate == 0.0:
        return
    half = 0.5 * rate * step
    cosine, sine = math.cos(half), math.sin(half) / rate
    q = state.orientation[e, a]
    w, x, y, z = multiply_quaternions(cosine, wx * sine, wy * sine, 0.0, q[0], q[1], q[2], q[3])
    norm = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
    q[0], q[1], q[2], q[3] = w * norm, x * norm, y * norm, z * norm
    if _up(state, e, a) <= 0.0:
        state.angular_velocity[e, a, 0] = state.angular_velocity[e, a, 1] = 0.0


@njit(cache=True, _nrt=False)
def _place_actor(actors, before, base_friction, patches, lanes, step, e, a, pose, twist, struck, after):
    """Write an actor's pose and velocity after the tick into `after`: on the ground, falling, or sliding on it.

    `pose` x, y and yaw are final; `twist` is of the centre of mass; `struck` is the change of velocity that contacts
    made (x, y) [m/s].
    """
    x, y, yaw = pose[a, 0], pose[a, 1], pose[a, 2]
    vx, vy, yaw_rate = twist[a, 0], twist[a, 1], twist[a, 2]
    offset = actors.cog_offset[e, a]
    vx, vy = vx + yaw_rate * offset * math.sin(yaw), vy - yaw_rate * offset * math.cos(yaw)
    z = before.position[e, a, 2]
    mobility = actors.mobility[e, a]
    blow = math.sqrt(struck[a, 0] * struck[a, 0] + struck[a, 1] * struck[a, 1])
    height, slope_x, slope_y = _ground(lanes, x, y, z)
    fallen = mobility == _WALKER and _fallen(before, e, a)
    vz = 0.0
    if mobility == _FREE or fallen:
        if fallen:
            _fall_over(after, e, a, step)
        support = _support(actors, after, e, a)
        friction = _friction_at(x, y, base_friction, patches, e)
        radius = math.sqrt(actors.yaw_inertia[e, a] / actors.mass[e, a])
        vx, vy, vz, yaw_rate, clearance = planar_motion.move_free(
            vx, vy, before.velocity[e, a, 2], yaw_rate, max(0.0, z - support - height), friction, radius, step
        )
        z = height + support + clearance
        if not fallen:
            _turn_by(after, e, a, twist[a, 2] * step)
        after.angular_velocity[e, a, 2] = 0.0 if fallen else yaw_rate
    elif mobility == _WALKER:
        z = height + 0.5 * actors.height[e, a]
        w, qx, qy, qz = quaternion_from_euler(0.0, 0.0, yaw)
        after.orientation[e, a, 0], after.orientation[e, a, 1] = w, 0.0
        after.orientation[e, a, 2], after.orientation[e, a, 3] = 0.0, qz
        after.angular_velocity[e, a, 2] = yaw_rate
        vz = (z - before.position[e, a, 2]) / step
        if blow > _FALL_SPEED:
            after.angular_velocity[e, a, 0] = -struck[a, 1] / blow * _FALL_RATE
            after.angular_velocity[e, a, 1] = struck[a, 0] / blow * _FALL_RATE
    else:
        _stand(after, e, a, yaw, slope_x, slope_y)
        z = height + _rest_height(actors, e, a, slope_x, slope_y)
        vz = vx * slope_x + vy * slope_y
        after.angular_velocity[e, a, 0] = after.angular_velocity[e, a, 1] = 0.0
        after.angular_velocity[e, a, 2] = yaw_rate
        _spin_wheels(actors, e, a, vx, vy, yaw, yaw_rate, step, after)
    after.position[e, a, 0], after.position[e, a, 1], after.position[e, a, 2] = x, y, z
    after.velocity[e, a, 0], after.velocity[e, a, 1], after.velocity[e, a, 2] = vx, vy, vz
    for k in range(3):
        after.acceleration[e, a, k] = (after.velocity[e, a, k] - before.velocity[e, a, k]) / step


@njit(cache=True, _nrt=False)
def _turn_by(state: WorldState, e: int, a: int, angle: float) -> None:
    """Turn an actor about the vertical axis [rad]."""
    q = state.orientation[e, a]
    w, x, y, z = multiply_quaternions(math.cos(0.5 * angle), 0.0, 0.0, math.sin(0.5 * angle), q[0], q[1], q[2], q[3])
    norm = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
    q[0], q[1], q[2], q[3] = w * norm, x * norm, y * norm, z * norm


@njit(cache=True, _nrt=False)
def _spin_wheels(actors, e, a, vx, vy, yaw, yaw_rate, step, after):
    """Roll the wheels without slip: front left and right, rear left and right; a robot's driven wheels come first."""
    radius = actors.wheel_radius[e, a]
    if radius <= 0.0:
        return
    forward = vx * math.cos(yaw) + vy * math.sin(yaw)
    half = 0.5 * actors.track_width[e, a]
    for wheel in range(4):
        speed = forward + (-half if wheel % 2 == 0 else half) * yaw_rate
        if wheel >= 2 and actors.mobility[e, a] == _DIFFERENTIAL:
            speed = forward  # casters
        if wheel < 2 and actors.mobility[e, a] == _WHEELED:
            speed /= max(0.3, math.cos(after.steering[e, a]))
        after.wheel_speed[e, a, wheel] = speed / radius
        after.wheel_rotation[e, a, wheel] += speed / radius * step


@njit(cache=True, _nrt=False)
def _lamps(actors: ActorTable, e: int, a: int, asked: int, drive: float) -> int:
    """Return the lamps that are lit: those asked for, and the brake lamps of a vehicle that brakes."""
    lit = asked & ~_BRAKE
    if actors.mobility[e, a] == _WHEELED and drive < _BRAKE_LIGHT_FROM:
        lit |= _BRAKE
    return lit


@njit(cache=True)
def advance_worlds(
    actors, before, controls, base_friction, patches, lanes, boxes, origin, cell, first, member, columns, rows,
    kinematic, step, carried, last, after, contact_rows, contact_counts,
):
    """Advance every world by one tick.

    Args:
        actors: What the actors are.
        before: The state before the tick.
        controls: What is asked of them.
        base_friction: µ of the weather. Shape (num_envs,).
        patches: Slippery discs.
        lanes: Of the network, whose elevation the actors stand on.
        boxes: And up to `rows`: the fields of the scenery's `ObstacleGrid`.
        kinematic: Roll vehicles without slip.
        step: [s].
        carried: Actors that were replayed in the tick before. Shape (num_envs, num_actors).
        last: Their velocity then [m/s]. Shape (num_envs, num_actors, 3).
        after: A copy of `before`; becomes the state after the tick.
        contact_rows: Contacts, see `contact_boxes`. Shape (num_envs, capacity, COLUMNS).
        contact_counts: Contacts found, perhaps more than the capacity. Shape (num_envs,).
    """
    num_envs, num_actors = before.valid.shape
    active, still = np.zeros(num_actors, np.bool_), np.zeros(num_actors, np.bool_)
    center, twist, pose = np.zeros((num_actors, 2)), np.zeros((num_actors, 3)), np.zeros((num_actors, 5))
    size, push, struck = np.zeros((num_actors, 2)), np.zeros((num_actors, 2)), np.zeros((num_actors, 2))
    inverse_mass, inverse_inertia = np.zeros(num_actors), np.zeros(num_actors)
    for e in range(num_envs):
        for a in range(num_actors):
            active[a], still[a] = before.valid[e, a], before.replayed[e, a]
            push[a, 0] = push[a, 1] = 0.0
            if not active[a]:
                continue
            _move_actor(
                actors, before, controls, base_friction[e], patches, kinematic, step, e, a, after, center, twist, pose
            )
            size[a, 0], size[a, 1] = actors.length[e, a], actors.width[e, a]
            inverse_mass[a] = 0.0 if still[a] else 1.0 / actors.mass[e, a]
            inverse_inertia[a] = 0.0 if still[a] else 1.0 / actors.yaw_inertia[e, a]
            struck[a, 0], struck[a, 1] = twist[a, 0], twist[a, 1]
        found = find_contacts(
            active, still, pose, size, boxes, origin, cell, first, member, columns, rows, contact_rows[e]
        )
        contact_counts[e] = found
        found = min(found, contact_rows.shape[1])
        if found > 0:
            solve_contacts(found, center, inverse_mass, inverse_inertia, contact_rows[e], twist, push)
        for a in range(num_actors):
            if not active[a]:
                continue
            if still[a]:
                _carry(actors, before, step, e, a, carried, last, after)
                after.lights[e, a] = _lamps(actors, e, a, controls.lights[e, a], after.drive[e, a])
                continue
            struck[a, 0], struck[a, 1] = twist[a, 0] - struck[a, 0], twist[a, 1] - struck[a, 1]
            pose[a, 0] += push[a, 0]
            pose[a, 1] += push[a, 1]
            _place_actor(
                actors, before, base_friction[e], patches, lanes, step, e, a, pose, twist, struck, after
            )
            after.lights[e, a] = _lamps(actors, e, a, controls.lights[e, a], after.drive[e, a])
        after.tick[e] = before.tick[e] + 1
