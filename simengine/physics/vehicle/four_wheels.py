"""How a vehicle on four wheels moves in the ground plane for one tick: loads, brakes, drive and tires wheel by wheel.

The single track of `vehicle_models` widened to four wheels, quasi-static: what the tires give along and across moves
load between the axles and from side to side at once, without springs. Brakes and drive are split as in `wheels`, each
wheel gives what its circle of friction has (μ falls with the load as in `tire`), and wheels of one axle that pull
unequally turn the vehicle: on a road that is slippery on one side, or where the load that moves forward in braking
turns it in. Lateral load goes to the axles as their springs and anti-roll bars are (`chassis`): as their static loads.
Both wheels of an axle have its slip angle, since the inner front wheel is steered further (Ackermann).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY, ROTATING
from simengine.core.state import ActorTable
from simengine.physics.vehicle.planar_motion import POWER_SPEED, carried_by_wheels
from simengine.physics.vehicle.stability import stability_brake
from simengine.physics.vehicle.tire import BURST_ROLLING, BURST_STIFFNESS, falling_friction, loaded_friction, saturation
from simengine.physics.vehicle.vehicle_models import (
    SLIP_SPEED,
    PlanarMotion,
    advance_plane,
    longitudinal_share,
    side_force,
)
from simengine.physics.vehicle.wheels import torque_share

_ROUNDS = 2  # in which the load that brakes move forward is found
_LOCKED_SPEED = 0.3  # of a wheel over the ground, above which held wheels slide; below it they are at rest [m/s]
# A wheel's record.
WHEEL = np.dtype([
    ("road", np.float64),  # µ under it
    ("burst", np.bool_),  # a tire without air
    ("load", np.float64),  # normal force [N]
    ("limit", np.float64),  # friction force [N]
    ("driven", np.float64),  # drive force [N]
    ("braked", np.float64),  # brake force [N]
    ("stiffness", np.float64),  # lateral force per load and slip angle [1/rad]
    ("spare", np.float64),  # what drive or brake leave of the force that it can give along [N]
], align=True)  # fmt: skip


@njit(cache=True, _nrt=False)
def _drive_and_brake(
    actors: ActorTable, e: int, a: int, drive: float, holding: bool, speed: float
) -> tuple[float, float]:
    """Return the forces of drive and brakes of all wheels [N] for a demand after the lag [m/s²]; each at least 0."""
    mass, most = actors.mass[e, a], actors.max_deceleration[e, a]
    if holding:
        return 0.0, mass * most
    if drive <= 0.0:
        return 0.0, mass * min(-drive, most)
    if speed >= actors.max_speed[e, a]:
        return 0.0, 0.0
    power = actors.power[e, a] / (ROTATING * max(POWER_SPEED, abs(speed)))  # it turns the wheels too
    limit = min(mass * actors.max_acceleration[e, a], power)
    return min(mass * drive, limit), 0.0


@njit(cache=True, _nrt=False)
def _stopped_share(free: float, resist: float, mass: float, step: float) -> float:
    """Return the share of a braking force [N] that does not turn a speed [m/s] round within a step."""
    most = mass * abs(free)
    return most / (resist * step) if most < resist * step else 1.0


@njit(cache=True, _nrt=False)
def _longitudinal_force(
    actors: ActorTable,
    e: int,
    a: int,
    driving: float,
    braking: float,
    speed: float,
    push: float,
    moved: float,
    level: float,
    wheels: NDArray[np.void],
    step: float,
) -> float:
    """Return the sum of what the tires give along the vehicle [N].

    Args:
        actors: What the vehicles are.
        e, a: Which.
        driving: Force of all its motors [N].
        braking: Force of all its brakes [N].
        speed: Along the ground [m/s].
        push: Acceleration by air drag and slope, along the ground [m/s²].
        moved: Load that is moved to the rear [N].
        level: Length in plan view of a way of 1 along the ground.
        wheels: Records of which the road is known. Shape (4,).
        step: [s].
    """
    mass, front, rear = actors.mass[e, a], actors.front_axle[e, a], actors.rear_axle[e, a]
    weight = mass * GRAVITY * level / (front + rear)
    front_load, rear_load = max(0.0, weight * rear - moved), max(0.0, weight * front + moved)
    front_limit = 0.5 * (wheels[0].road + wheels[1].road) * front_load
    rear_limit = 0.5 * (wheels[2].road + wheels[3].road) * rear_load
    share, rolling = actors.drive_front[e, a], actors.rolling_resistance[e, a]
    driven = min(front_limit, driving * share) + min(rear_limit, driving * (1.0 - share))
    share = actors.brake_front[e, a]
    resist = min(front_limit, braking * share + rolling * front_load)
    resist += min(rear_limit, braking * (1.0 - share) + rolling * rear_load)
    free = speed + (driven / mass + push) * step
    return driven - math.copysign(resist * _stopped_share(free, resist, mass, step), free)


@njit(cache=True, _nrt=False)
def _axle_side_force(stiffness: float, angle: float, load: float, first: int, wheels: NDArray[np.void]) -> float:
    """Return what an axle gives across [N] at a slip angle if both its wheels carry half of its load."""
    limit = 0.5 * load * (wheels[first].road + wheels[first + 1].road)
    if limit <= 0.0:
        return 0.0
    return -limit * saturation(stiffness * load * angle / limit)


@njit(cache=True, _nrt=False)
def _spread_load(load: float, rolled: float, static: float, first: int, wheels: NDArray[np.void]) -> None:
    """Write load and greatest friction [N] of an axle's wheels, of whose load half of `rolled` each goes to the right.

    Args:
        load: Of the axle [N].
        rolled: Difference of the right wheel's load to the left one's [N].
        static: Load of each at rest [N].
        first: Its left wheel.
        wheels: Records, as `advance_on_wheels`.
    """
    half = 0.5 * load
    aside = min(half, max(-half, 0.5 * rolled))
    wheels[first].load, wheels[first + 1].load = half - aside, half + aside
    wheels[first].limit = (half - aside) * loaded_friction(wheels[first].road, half - aside, static)
    wheels[first + 1].limit = (half + aside) * loaded_friction(wheels[first + 1].road, half + aside, static)


@njit(cache=True, _nrt=False)
def _wheels_lock(actors: ActorTable, e: int, a: int, motion: PlanarMotion, sliding: float, road: float) -> bool:
    """Return whether a vehicle that moves has its brakes held harder than its tires can turn the wheels against them.

    Args:
        actors: What the vehicles are.
        e: World.
        a: Vehicle.
        motion: Of the vehicle.
        sliding: Friction of sliding tires over the greatest.
        road: Mean µ under its wheels.
    """
    turning = abs(motion.yaw_rate) * max(actors.front_axle[e, a], actors.rear_axle[e, a])
    moves = abs(motion.forward) + abs(motion.leftward) + turning > _LOCKED_SPEED
    return moves and actors.max_deceleration[e, a] > sliding * road * GRAVITY


@njit(cache=True, _nrt=False)
def _slide_locked(
    actors: ActorTable,
    e: int,
    a: int,
    motion: PlanarMotion,
    push: float,
    level: float,
    sliding: float,
    wheels: NDArray[np.void],
    step: float,
) -> PlanarMotion:
    """Return the motion of a vehicle after a step on wheels that do not turn: friction opposes the sliding of each.

    Parameters are those of `advance_on_wheels`. No anti-lock brakes help who does not drive.
    """
    forward, leftward, yaw_rate = motion.forward, motion.leftward, motion.yaw_rate
    mass, front, rear = actors.mass[e, a], actors.front_axle[e, a], actors.rear_axle[e, a]
    height, half = actors.cog_height[e, a], 0.5 * actors.track_width[e, a]
    front_static, rear_static = mass * GRAVITY * rear / (front + rear), mass * GRAVITY * front / (front + rear)
    along = sideways = moment = side = side_turn = turn = 0.0
    for _ in range(_ROUNDS):
        moved, rolled = along * height / (front + rear), sideways * height / half / (front + rear)
        front_load, rear_load = max(0.0, level * front_static - moved), max(0.0, level * rear_static + moved)
        _spread_load(front_load, rolled * rear, 0.5 * front_static, 0, wheels)
        _spread_load(rear_load, rolled * front, 0.5 * rear_static, 2, wheels)
        along = sideways = moment = side = side_turn = turn = 0.0
        for w in range(4):
            ahead, left = front if w < 2 else -rear, half if w % 2 == 0 else -half
            slide, aside = forward - left * yaw_rate, leftward + ahead * yaw_rate
            limit, speed = sliding * wheels[w].limit, math.sqrt(slide * slide + aside * aside)
            # Near rest no more than stops a quarter of the vehicle within the step.
            gain = limit / max(speed, 4.0 * limit * step / mass, 1e-9)
            along -= gain * slide
            sideways -= gain * aside
            moment += gain * (left * slide - ahead * aside)
            across = gain * slide * slide / max(speed * speed, 1e-9)  # derivative to the velocity across
            side -= across
            side_turn -= across * ahead
            turn -= across * ahead * ahead
    inertia = actors.yaw_inertia[e, a]
    return advance_plane(
        motion,
        level * (along / mass + push),
        sideways / mass,
        moment / inertia,
        side / mass,
        side_turn / mass,
        side_turn / inertia,
        turn / inertia,
        step,
    )


@njit(cache=True, _nrt=False)
def advance_on_wheels(
    actors: ActorTable,
    e: int,
    a: int,
    motion: PlanarMotion,
    steering: float,
    drive: float,
    holding: bool,
    push: float,
    level: float,
    sliding: float,
    wheels: NDArray[np.void],
    step: float,
) -> PlanarMotion:
    """Return the motion of a vehicle on four wheels after a step of constant steering and pedals.

    Args:
        actors: What the vehicles are.
        e: World.
        a: Vehicle.
        motion: Before the step, in plan view.
        steering: Road-wheel angle [rad].
        drive: Demanded acceleration after the lag; negative brakes [m/s²].
        holding: Whether the brakes are held whatever is demanded.
        push: Acceleration by air drag and slope, along the ground [m/s²].
        level: Length in plan view of a way of 1 along the ground.
        sliding: Friction of sliding tires over the greatest.
        wheels: Records of which the caller knows `road` and `burst`; the rest is scratch. Shape (4,).
        step: [s].
    """
    forward, leftward, yaw_rate = motion.forward, motion.leftward, motion.yaw_rate
    mass, front, rear = actors.mass[e, a], actors.front_axle[e, a], actors.rear_axle[e, a]
    height, half = actors.cog_height[e, a], 0.5 * actors.track_width[e, a]
    speed = forward / level
    road = 0.25 * (wheels[0].road + wheels[1].road + wheels[2].road + wheels[3].road)
    if holding and _wheels_lock(actors, e, a, motion, sliding, road):
        return _slide_locked(actors, e, a, motion, push, level, sliding, wheels, step)
    driving, braking = _drive_and_brake(actors, e, a, drive, holding, speed)
    moved = 0.0
    for _ in range(_ROUNDS):
        pull = _longitudinal_force(actors, e, a, driving, braking, speed, push, moved, level, wheels, step)
        moved = pull * height / (front + rear)
    cosine, sine = math.cos(steering), math.sin(steering)
    front_left = leftward + front * yaw_rate
    front_across, rear_across = front_left * cosine - forward * sine, leftward - rear * yaw_rate
    front_along = max(SLIP_SPEED, abs(forward * cosine + front_left * sine))
    rear_along = max(SLIP_SPEED, abs(forward))
    front_ratio, rear_ratio = front_across / front_along, rear_across / rear_along
    front_angle, rear_angle = math.atan(front_ratio), math.atan(rear_ratio)
    front_static, rear_static = mass * GRAVITY * rear / (front + rear), mass * GRAVITY * front / (front + rear)
    front_load, rear_load = max(0.0, level * front_static - moved), max(0.0, level * rear_static + moved)
    across = _axle_side_force(actors.front_stiffness[e, a], front_angle, front_load, 0, wheels)
    across += _axle_side_force(actors.rear_stiffness[e, a], rear_angle, rear_load, 2, wheels)
    rolled = across * height / half / (front + rear)
    _spread_load(front_load, rolled * rear, 0.5 * front_static, 0, wheels)
    _spread_load(rear_load, rolled * front, 0.5 * rear_static, 2, wheels)

    # What each wheel's drive and brake give along it, within its friction and the slip that the controllers hold.
    slowed, slowing = -1, 0.0
    if actors.stability[e, a]:
        understeer = (1.0 / actors.front_stiffness[e, a] - 1.0 / actors.rear_stiffness[e, a]) / GRAVITY
        slowed, slowing = stability_brake(
            forward, yaw_rate, steering, front + rear, understeer, road, actors.yaw_inertia[e, a], 2.0 * half
        )
    driven = resist = rolled_off = limit = 0.0
    # Anti-lock brakes and traction control let no wheel slip beyond the peak along it; across it may.
    front_fall = falling_friction(1.0, sliding, abs(front_ratio))
    rear_fall = falling_friction(1.0, sliding, abs(rear_ratio))
    for w in range(4):
        wheel = wheels[w]
        wheel.limit *= front_fall if w < 2 else rear_fall
        wheel.stiffness = actors.front_stiffness[e, a] if w < 2 else actors.rear_stiffness[e, a]
        if wheel.burst:
            wheel.stiffness *= BURST_STIFFNESS
        if w < 2:
            share = longitudinal_share(front_across, front_along, wheel.road, wheel.stiffness)
        else:
            share = longitudinal_share(rear_across, rear_along, wheel.road, wheel.stiffness)
        most = wheel.limit * share
        rolling = (BURST_ROLLING if wheel.burst else actors.rolling_resistance[e, a]) * wheel.load
        if w == slowed:
            rolling += slowing
        wheel.driven = min(most, driving * torque_share(actors.drive_front[e, a], w))
        wheel.braked = min(most, braking * torque_share(actors.brake_front[e, a], w) + rolling)
        wheel.spare = most - max(wheel.driven, wheel.braked)
        rolled_off += rolling
        driven += wheel.driven
        resist += wheel.braked
        limit += wheel.limit
    free = speed + (driven / mass + push) * step
    opposed, turned = math.copysign(_stopped_share(free, resist, mass, step), free), 0.0
    if abs(opposed) == 1.0 and not holding:
        turned = 0.25 * mass * carried_by_wheels(push - math.copysign(rolled_off, free) / mass)

    reach = 4.0 * step * limit / mass
    along = sideways = moment = front_slope = rear_slope = 0.0
    for w in range(4):
        wheel = wheels[w]
        pull = wheel.driven - opposed * wheel.braked
        pull += min(wheel.spare, max(-wheel.spare, turned))
        budget = math.sqrt(max(0.0, wheel.limit * wheel.limit - pull * pull))
        left = half if w % 2 == 0 else -half
        if w < 2:
            slope = wheel.stiffness * wheel.load
            force, slope = side_force(
                slope * front_angle,
                slope / (front_along * (1.0 + front_ratio * front_ratio)),
                budget,
                front_across,
                reach,
            )
            front_slope += slope
            ahead, aside = pull * cosine - force * sine, pull * sine + force * cosine
            moment += front * aside - left * ahead
        else:
            slope = wheel.stiffness * wheel.load
            force, slope = side_force(
                slope * rear_angle, slope / (rear_along * (1.0 + rear_ratio * rear_ratio)), budget, rear_across, reach
            )
            rear_slope += slope
            ahead, aside = pull, force
            moment += -rear * aside - left * ahead
        along += ahead
        sideways += aside
    front_slope *= cosine * cosine
    inertia = actors.yaw_inertia[e, a]
    return advance_plane(
        motion,
        level * (along / mass + push),
        sideways / mass,
        moment / inertia,
        (front_slope + rear_slope) / mass,
        (front * front_slope - rear * rear_slope) / mass,
        (front * front_slope - rear * rear_slope) / inertia,
        (front * front * front_slope + rear * rear * rear_slope) / inertia,
        step,
    )
