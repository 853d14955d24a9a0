"""How each kind of mobility moves for one tick in the ground plane, as scalar kernels: wheels, feet, loads, robots.

Velocities are planar; height, pitch and roll follow from the ground under the actor and are set by the caller.
"""

import math
from typing import NamedTuple

from numba import njit

from simengine.core.mechanics import GRAVITY, ROTATING
from simengine.core.space.geometry import wrap_angle
from simengine.physics.feet.strides import STRIDE_TIME, TURN_FROM, turned_rate
from simengine.physics.materials import GROUND_RESTITUTION, LOAD_RESTITUTION
from simengine.physics.vehicle.robots import SERVO_TIME
from simengine.physics.vehicle.vehicle_models import PlanarMotion, SingleTrack, advance_dynamic, advance_kinematic

PEDAL_TIME = 0.1  # first-order lag from demanded to actual acceleration [s]; brake build-up of 0.1–0.2 s (ECE R13-H)
POWER_SPEED = 1.0  # below it power does not limit the drive [m/s]
SLIP_BEGINS = 0.3  # lateral velocity of the rear axle above which a kinematic vehicle has been struck [m/s]
_BOUNCE = LOAD_RESTITUTION * GROUND_RESTITUTION  # of loads that drop


class Powertrain(NamedTuple):
    """What drives and slows a wheeled vehicle."""

    mass: float  # [kg]
    max_acceleration: float  # drive force limit over mass [m/s²]
    max_deceleration: float  # brake force limit over mass [m/s²]
    power: float  # drive power limit [W]
    drag: float  # of the air, over the square of the speed [kg/m]
    rolling_resistance: float  # coefficient [-]
    max_speed: float  # no drive above it [m/s]


class MotorLimits(NamedTuple):
    """What the motors of a robot's wheels can do."""

    max_acceleration: float  # of a wheel [m/s²]
    max_deceleration: float  # of a wheel [m/s²]
    max_speed: float  # of a wheel [m/s]


@njit(cache=True, _nrt=False)
def lag(value: float, demand: float, step: float) -> float:
    """Move an actuator towards its demand by the first-order lag of the pedals [m/s²]."""
    return demand + (value - demand) * math.exp(-step / PEDAL_TIME)


@njit(cache=True, _nrt=False)
def outer_push(speed: float, slope: float, mass: float, drag: float) -> float:
    """Return the acceleration along the ground by gravity and air [m/s²].

    Args:
        speed: Along the body [m/s].
        slope: Rise over run ahead.
        mass: [kg].
        drag: Over the square of the speed [kg/m].
    """
    return -GRAVITY * slope / math.sqrt(1.0 + slope * slope) - drag * speed * abs(speed) / mass


@njit(cache=True, _nrt=False)
def carried_by_wheels(outer: float) -> float:
    """Return what tires add to a rolling body's acceleration since its wheels have to turn faster or slower [m/s²].

    Pedals make up for the wheels' inertia (`wheels.wheel_torques`); air, slope and rolling resistance do not.

    Args:
        outer: Acceleration by air, slope and rolling resistance if the wheels had no inertia [m/s²].
    """
    return (1.0 / ROTATING - 1.0) * outer


@njit(cache=True, _nrt=False)
def longitudinal_acceleration(
    drive: float, holding: bool, speed: float, slope: float, powertrain: Powertrain, friction: float, step: float
) -> tuple[float, float]:
    """Return the accelerations along a wheeled body [m/s²]: that of its tires, and that of drag and slope.

    Brakes and rolling resistance oppose the motion, hold at standstill, and never turn it round within the step; the
    tires pass on no more of both than friction gives.

    Args:
        drive: Demanded acceleration after the lag; negative brakes [m/s²].
        holding: Whether the brakes are held whatever is demanded.
        speed: Along the body [m/s].
        slope: Rise over run ahead.
        powertrain: The vehicle's.
        friction: µ.
        step: [s].

    Returns:
        What the tires give of it: drive or brakes within friction, and rolling resistance; and what drag and slope do.
    """
    mass = powertrain.mass
    cosine = 1.0 / math.sqrt(1.0 + slope * slope)
    grip = friction * GRAVITY * cosine
    push = outer_push(speed, slope, mass, powertrain.drag)
    rolling = powertrain.rolling_resistance * GRAVITY * cosine
    resist, drives = rolling, 0.0
    if holding:
        resist += powertrain.max_deceleration
    elif drive > 0.0:
        if speed < powertrain.max_speed:
            most = powertrain.power / (ROTATING * mass * max(POWER_SPEED, abs(speed)))  # power turns the wheels too
            limit = min(powertrain.max_acceleration, most)
            drives = min(drive, limit, grip)
    else:
        resist += min(-drive, powertrain.max_deceleration)
    # What opposes motion: first against the speed that the other forces would give.
    free = speed + (drives + push) * step
    if abs(free) <= min(resist, grip) * step:
        return -speed / step - push, push
    pull = drives - math.copysign(resist, free)
    if not holding:
        pull += carried_by_wheels(push - math.copysign(rolling, free))
    return min(grip, max(-grip, pull)), push


@njit(cache=True, _nrt=False)
def move_wheeled(
    motion: PlanarMotion,
    steering: float,
    pull: float,
    push: float,
    kinematic: bool,
    track: SingleTrack,
    front_friction: float,
    rear_friction: float,
    step: float,
) -> PlanarMotion:
    """Return the motion of a wheeled vehicle after a step.

    A kinematic vehicle rolls without slip unless a blow has set its rear axle sliding; then it slides on its tires
    until it rolls again.

    Args:
        motion: Before the step.
        steering: Road-wheel angle [rad].
        pull: Acceleration along the body that the tires give [m/s²].
        push: That of drag and slope [m/s²].
        kinematic: Whether it rolls without slip, else on its tires.
        track: The vehicle.
        front_friction: µ under the front axle.
        rear_friction: µ under the rear axle.
        step: [s].
    """
    rear_slide = motion.leftward - track.rear_axle * motion.yaw_rate
    if kinematic and abs(rear_slide) < SLIP_BEGINS:
        speed = math.sqrt(motion.forward * motion.forward + motion.leftward * motion.leftward)
        speed = speed if motion.forward >= 0.0 else -speed
        # Without slip there is still no more side force than friction gives: the vehicle runs wide instead.
        wheelbase = track.front_axle + track.rear_axle
        steepest = math.atan(wheelbase * front_friction * GRAVITY / max(speed * speed, 1e-3))
        steering = min(steepest, max(-steepest, steering))
        x, y, yaw, _, forward, leftward, yaw_rate = advance_kinematic(
            motion.x, motion.y, motion.yaw, speed, steering, pull + push, track.front_axle, track.rear_axle, step
        )
        return PlanarMotion(x, y, yaw, forward, leftward, yaw_rate)
    after = advance_dynamic(motion, steering, pull, push, track, front_friction, rear_friction, step)
    if after.forward == 0.0 and abs(after.leftward) < 1e-6 and abs(after.yaw_rate) < 1e-6:
        return PlanarMotion(after.x, after.y, after.yaw, after.forward, 0.0, 0.0)
    return after


@njit(cache=True, _nrt=False)
def move_walker(
    x: float,
    y: float,
    yaw: float,
    vx: float,
    vy: float,
    yaw_rate: float,
    demand_x: float,
    demand_y: float,
    max_acceleration: float,
    max_speed: float,
    step: float,
) -> tuple[float, float, float, float, float, float]:
    """Advance a person or animal that follows a demanded ground velocity.

    Args:
        x, y: World [m].
        yaw: [rad].
        vx, vy: Velocity, world [m/s].
        yaw_rate: [rad/s].
        demand_x, demand_y: Demanded velocity, world [m/s].
        max_acceleration: [m/s²].
        max_speed: [m/s].
        step: [s].

    Returns:
        x, y, yaw, vx, vy, yaw rate, in units as above.
    """
    wanted = math.sqrt(demand_x * demand_x + demand_y * demand_y)
    if wanted > max_speed:
        demand_x, demand_y = demand_x * max_speed / wanted, demand_y * max_speed / wanted
    dx, dy = demand_x - vx, demand_y - vy
    change = math.sqrt(dx * dx + dy * dy)
    share = 1.0 - math.exp(-step / STRIDE_TIME)
    if change > 0.0:
        share = min(share, max_acceleration * step / change)
    new_x, new_y = vx + dx * share, vy + dy * share
    x += 0.5 * (vx + new_x) * step
    y += 0.5 * (vy + new_y) * step
    aside = 0.0
    if math.sqrt(new_x * new_x + new_y * new_y) > TURN_FROM:
        aside = wrap_angle(math.atan2(new_y, new_x) - yaw)
    new_rate = turned_rate(aside, yaw_rate, step)
    return x, y, yaw + 0.5 * (yaw_rate + new_rate) * step, new_x, new_y, new_rate


@njit(cache=True, _nrt=False)
def move_free(
    vx: float, vy: float, vz: float, yaw_rate: float, clearance: float, friction: float, radius: float, step: float
) -> tuple[float, float, float, float, float]:
    """Advance a body without a will: it falls, bounces a little, then slides and spins until friction stops it.

    Args:
        vx, vy, vz: Velocity, world [m/s].
        yaw_rate: [rad/s].
        clearance: Of its underside above the ground before the step [m].
        friction: µ.
        radius: Of gyration about the vertical axis [m].
        step: [s].

    Returns:
        New vx, vy, vz, yaw rate, and the clearance after the step [m].
    """
    fall = vz - GRAVITY * step
    after = clearance + 0.5 * (vz + fall) * step
    if after > 0.0:
        return vx, vy, fall, yaw_rate, after
    vz = -_BOUNCE * fall if fall < -1.0 else 0.0
    # Normal impulse per mass carries the friction of this tick: weight plus what the bounce took.
    grip = friction * max(GRAVITY * step, vz - fall)
    speed = math.sqrt(vx * vx + vy * vy)
    keep = max(0.0, 1.0 - grip / speed) if speed > 0.0 else 0.0
    spin = grip * 0.7 / max(radius, 0.05)
    yaw_rate = max(0.0, abs(yaw_rate) - spin) * (1.0 if yaw_rate >= 0.0 else -1.0)
    return vx * keep, vy * keep, vz, yaw_rate, 0.0


@njit(cache=True, _nrt=False)
def move_differential(
    motion: PlanarMotion,
    demand_speed: float,
    demand_rate: float,
    limits: MotorLimits,
    track_width: float,
    friction: float,
    step: float,
) -> PlanarMotion:
    """Return the motion of a robot after a step whose two driven wheels follow a demanded speed and yaw rate.

    Args:
        motion: Before the step; it has no leftward velocity unless it was struck.
        demand_speed: [m/s].
        demand_rate: [rad/s].
        limits: Of its motors.
        track_width: Between the wheels [m].
        friction: µ.
        step: [s].
    """
    x, y, yaw, forward, leftward, yaw_rate = motion
    half = 0.5 * track_width
    grip = friction * GRAVITY
    right = _wheel(forward + half * yaw_rate, demand_speed + half * demand_rate, limits, grip, step)
    left = _wheel(forward - half * yaw_rate, demand_speed - half * demand_rate, limits, grip, step)
    new_forward, new_rate = 0.5 * (right + left), (right - left) / track_width
    slowed = max(0.0, abs(leftward) - grip * step)
    new_left = slowed if leftward >= 0.0 else -slowed
    middle = yaw + 0.25 * (yaw_rate + new_rate) * step
    cosine, sine = math.cos(middle), math.sin(middle)
    along, across = 0.5 * (forward + new_forward) * step, 0.5 * (leftward + new_left) * step
    return PlanarMotion(
        x + along * cosine - across * sine,
        y + along * sine + across * cosine,
        yaw + 0.5 * (yaw_rate + new_rate) * step,
        new_forward,
        new_left,
        new_rate,
    )


@njit(cache=True, _nrt=False)
def _wheel(speed: float, demand: float, limits: MotorLimits, grip: float, step: float) -> float:
    """Return the rim speed of a robot's wheel after the step [m/s]."""
    demand = min(limits.max_speed, max(-limits.max_speed, demand))
    slower = abs(demand) < abs(speed) or demand * speed < 0.0
    change = min(limits.max_deceleration if slower else limits.max_acceleration, grip) * step
    # The motors close in on the demand as a servo does; so near it that no limit is met, in a lag of first order.
    aside = (demand - speed) * (1.0 - math.exp(-step / SERVO_TIME))
    return speed + min(change, max(-change, aside))
