"""Single-track vehicle models as scalar kernels: the fixed steps by which the batched physics advances them.

They take CommonRoad's models KS and ST (see `reference_models`) on in our own way:

- `advance_kinematic` takes the midpoint rule to KS about the center of mass.
- `advance_dynamic` writes ST in the body's frame, where it stays right at any slip: velocities along and across the
  vehicle, slip angles through the arctangent, each axle's lateral force saturating, as the tire of `bullet` does, at
  what friction leaves beside the longitudinal force. That is what anti-lock brakes leave at most: they hold a slip, so
  a wheel that runs at an angle too pulls less along. As ST it turns in when it brakes in a bend, and a neutral one is
  unstable under braking above some speed (24 m/s at 8 m/s² for the reference car of set 2). Lateral velocity and yaw
  rate are stiff at low speed (rate ~ C_S g / v), so they are advanced by the θ-method with θ = max(½, 1 − 1/(h λ)):
  second order where the step resolves them, without ringing where not. `four_wheels` has four wheels instead.
"""

import math
from typing import NamedTuple

from numba import njit

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.anti_lock import controlled_slip
from simengine.physics.vehicle.tire import saturation

SLIP_SPEED = 0.5  # floor of the speed in slip angles, which are undefined at rest [m/s]


class PlanarMotion(NamedTuple):
    """Where a body is in the ground plane and how it moves."""

    x: float  # center of mass, world [m]
    y: float
    yaw: float  # [rad]
    forward: float  # velocity of the center of mass along the body [m/s]
    leftward: float  # and across it [m/s]
    yaw_rate: float  # [rad/s]


class SingleTrack(NamedTuple):
    """What a vehicle is that has one wheel per axle."""

    mass: float  # [kg]
    yaw_inertia: float  # [kg m²]
    front_axle: float  # center of mass to front axle [m]
    rear_axle: float  # center of mass to rear axle [m]
    cog_height: float  # center of mass above the ground [m]
    front_stiffness: float  # lateral force of the front axle per load and slip angle, C_S [1/rad]
    rear_stiffness: float  # that of the rear axle [1/rad]


@njit(cache=True, _nrt=False)
def limit_steering_rate(steering: float, rate: float, max_steering: float, max_rate: float) -> float:
    """Limit a steering rate by the actuator, and to nothing outwards at the stop.

    Args:
        steering: Road-wheel angle [rad].
        rate: Demanded rate [rad/s].
        max_steering: Largest angle to either side [rad].
        max_rate: Largest rate [rad/s].

    Returns:
        The rate that happens [rad/s].
    """
    if (steering <= -max_steering and rate <= 0.0) or (steering >= max_steering and rate >= 0.0):
        return 0.0
    return min(max_rate, max(-max_rate, rate))


@njit(cache=True, _nrt=False)
def limit_acceleration(
    speed: float, acceleration: float, max_acceleration: float, switch_speed: float, min_speed: float, max_speed: float
) -> float:
    """Limit an acceleration by the drive: constant up to the switching speed, of constant power above it.

    Args:
        speed: Forward speed [m/s].
        acceleration: Demanded [m/s²].
        max_acceleration: Largest to either side [m/s²].
        switch_speed: Where power begins to limit [m/s].
        min_speed: No further braking or reversing below it [m/s].
        max_speed: No further acceleration above it [m/s].

    Returns:
        The acceleration that happens [m/s²].
    """
    if (speed <= min_speed and acceleration <= 0.0) or (speed >= max_speed and acceleration >= 0.0):
        return 0.0
    highest = max_acceleration * switch_speed / speed if speed > switch_speed else max_acceleration
    return min(highest, max(-max_acceleration, acceleration))


@njit(cache=True, _nrt=False)
def axle_loads(track: SingleTrack, acceleration: float) -> tuple[float, float]:
    """Return the vertical forces on the front and the rear axle [N] at a longitudinal acceleration [m/s²]."""
    wheelbase = track.front_axle + track.rear_axle
    front = track.mass * (GRAVITY * track.rear_axle - acceleration * track.cog_height) / wheelbase
    rear = track.mass * (GRAVITY * track.front_axle + acceleration * track.cog_height) / wheelbase
    return front, rear


@njit(cache=True, _nrt=False)
def advance_steering(steering: float, demand: float, max_steering: float, max_rate: float, step: float) -> float:
    """Move a road-wheel angle towards its demand [rad] within its stops and its rate [rad/s], for `step` [s]."""
    demand = min(max_steering, max(-max_steering, demand))
    change = max_rate * step
    return steering + min(change, max(-change, demand - steering))


@njit(cache=True, _nrt=False)
def advance_kinematic(
    x: float,
    y: float,
    yaw: float,
    speed: float,
    steering: float,
    acceleration: float,
    front_axle: float,
    rear_axle: float,
    step: float,
) -> tuple[float, float, float, float, float, float, float]:
    """Advance a vehicle that rolls without slip by the midpoint rule, for constant steering and acceleration.

    Args:
        x: Center of mass, world [m].
        y: Center of mass, world [m].
        yaw: [rad].
        speed: Of the center of mass [m/s]; never changes its sign within the step.
        steering: Road-wheel angle [rad].
        acceleration: Of the speed [m/s²].
        front_axle: Center of mass to front axle [m].
        rear_axle: Center of mass to rear axle [m].
        step: [s].

    Returns:
        x, y, yaw, speed, and the body's velocities at the end: forward [m/s], leftward [m/s], yaw rate [rad/s].
    """
    after = speed + acceleration * step
    if speed * after < 0.0:
        after = 0.0
    middle = 0.5 * (speed + after)
    wheelbase = front_axle + rear_axle
    tangent = math.tan(steering)
    lateral = tangent * rear_axle / wheelbase  # tangent of the slip angle
    cosine = 1.0 / math.sqrt(1.0 + lateral * lateral)
    curvature = cosine * tangent / wheelbase
    half = yaw + 0.5 * curvature * middle * step
    cos_yaw, sin_yaw = math.cos(half), math.sin(half)
    forward, leftward = middle * cosine, middle * cosine * lateral
    x += (forward * cos_yaw - leftward * sin_yaw) * step
    y += (forward * sin_yaw + leftward * cos_yaw) * step
    return x, y, yaw + curvature * middle * step, after, after * cosine, after * cosine * lateral, after * curvature


@njit(cache=True, _nrt=False)
def lateral_budget(load: float, friction: float, longitudinal_share: float) -> float:
    """Return the lateral force an axle can still carry [N] when a share of its friction goes into drive or brakes."""
    return friction * load * math.sqrt(max(0.0, 1.0 - longitudinal_share * longitudinal_share))


@njit(cache=True, _nrt=False)
def longitudinal_share(across: float, along: float, friction: float, stiffness: float) -> float:
    """Return the largest share of an axle's friction that goes along its wheels under anti-lock brakes.

    They hold the slip; the force of a tire that slides points against its slip and its slip angle together.

    Args:
        across: Lateral velocity of the wheel in its own frame [m/s].
        along: Its velocity ahead, positive [m/s].
        friction: µ.
        stiffness: Force per load and slip [1/rad].
    """
    angle, held = across / along, controlled_slip(friction, stiffness)
    return held / math.sqrt(held * held + angle * angle)


@njit(cache=True, _nrt=False)
def side_force(linear: float, rate: float, budget: float, across: float, reach: float) -> tuple[float, float]:
    """Return the lateral force of tires and its derivative; it saturates as `simengine.physics.vehicle.tire` does.

    Below `reach` the secant takes the derivative's place where it is steeper, so that an implicit step brings sliding
    tires to rest and does not rattle about it.

    Args:
        linear: Force without saturation, over −1 [N].
        rate: Its derivative to `across` [N s/m].
        budget: Largest force [N].
        across: Lateral velocity of the wheels [m/s].
        reach: Lateral velocity that friction can undo within a few steps [m/s].

    Returns:
        Force [N] and its derivative to `across` [N s/m].
    """
    if budget <= 0.0:
        return 0.0, 0.0
    s = abs(linear) / budget
    share = saturation(s)
    force = -budget * share if linear > 0.0 else budget * share
    derivative = -rate
    if s > 1e-3:
        # d/ds of s (1 + s⁴)^−¼ is (1 + s⁴)^−5/4, the fifth power of the share over s.
        keep = share / s
        derivative *= keep * keep * keep * keep * keep
    if abs(across) < reach and across != 0.0:
        derivative = min(derivative, -abs(force / across))
    return force, derivative


@njit(cache=True, _nrt=False)
def axle_force(slope: float, across: float, reference: float, budget: float, reach: float) -> tuple[float, float]:
    """Return the lateral force of an axle and its derivative, see `side_force`.

    Args:
        slope: Cornering stiffness [N/rad].
        across: Lateral velocity of the wheel in its own frame [m/s].
        reference: Speed of the slip angle [m/s].
        budget: Largest force [N].
        reach: Lateral velocity that friction can undo within a few steps [m/s].
    """
    ratio = across / reference
    return side_force(slope * math.atan(ratio), slope / (reference * (1.0 + ratio * ratio)), budget, across, reach)


@njit(cache=True, _nrt=False)
def advance_plane(
    motion: PlanarMotion,
    along: float,
    across: float,
    turning: float,
    j_side: float,
    j_side_turn: float,
    j_turn_side: float,
    j_turn: float,
    step: float,
) -> PlanarMotion:
    """Return the motion of a body in the plane after a step, by the θ-method: its lateral accelerations are stiff.

    Args:
        motion: Before the step.
        along: Acceleration by forces along the body [m/s²].
        across: Acceleration by forces across it [m/s²].
        turning: Yaw acceleration [rad/s²].
        j_side: Derivative of `across` to the leftward velocity [1/s].
        j_side_turn: To the yaw rate [m/s].
        j_turn_side: Derivative of `turning` to the leftward velocity [1/(m s)].
        j_turn: To the yaw rate [1/s].
        step: [s].
    """
    x, y, yaw, forward, leftward, yaw_rate = motion
    # w' = f + J (w − w₀) for w = (leftward, yaw rate).
    f_side = across - forward * yaw_rate
    stiff = -step * min(j_side, j_turn)
    theta = max(0.5, 1.0 - 1.0 / stiff) if stiff > 0.0 else 0.5
    gain = theta * step
    a11, a12, a21, a22 = 1.0 - gain * j_side, -gain * (j_side_turn - forward), -gain * j_turn_side, 1.0 - gain * j_turn
    determinant = a11 * a22 - a12 * a21
    d_left = step * (f_side * a22 - turning * a12) / determinant
    d_rate = step * (turning * a11 - f_side * a21) / determinant
    middle_left, middle_rate = leftward + 0.5 * d_left, yaw_rate + 0.5 * d_rate
    d_forward = step * (along + middle_left * middle_rate)
    half = yaw + 0.5 * step * middle_rate
    middle_forward = forward + 0.5 * d_forward
    cos_yaw, sin_yaw = math.cos(half), math.sin(half)
    x += step * (middle_forward * cos_yaw - middle_left * sin_yaw)
    y += step * (middle_forward * sin_yaw + middle_left * cos_yaw)
    return PlanarMotion(x, y, yaw + step * middle_rate, forward + d_forward, leftward + d_left, yaw_rate + d_rate)


@njit(cache=True, _nrt=False)
def advance_dynamic(
    motion: PlanarMotion,
    steering: float,
    pull: float,
    push: float,
    track: SingleTrack,
    front_friction: float,
    rear_friction: float,
    step: float,
) -> PlanarMotion:
    """Return the motion of a single track on tires after a step of constant steering and longitudinal acceleration.

    Only what the tires give of that takes friction from the turn and moves load between the axles: air drag and a slope
    act on the body.

    Args:
        motion: Before the step.
        steering: Road-wheel angle [rad].
        pull: Acceleration along the body that the tires give: drive, brakes, rolling; within friction [m/s²].
        push: That of drag and slope [m/s²].
        track: The vehicle.
        front_friction: µ under the front axle.
        rear_friction: µ under the rear axle.
        step: [s].
    """
    forward, leftward, yaw_rate = motion.forward, motion.leftward, motion.yaw_rate
    mass, yaw_inertia, front_axle, rear_axle, _, front_stiffness, rear_stiffness = track
    front_load, rear_load = axle_loads(track, pull)
    front_load, rear_load = max(0.0, front_load), max(0.0, rear_load)
    grip = max(1e-6, (front_friction * front_load + rear_friction * rear_load) / mass)
    reach = 4.0 * step * grip
    cosine, sine = math.cos(steering), math.sin(steering)
    front_left = leftward + front_axle * yaw_rate
    front_across, rear_across = front_left * cosine - forward * sine, leftward - rear_axle * yaw_rate
    front_along = max(SLIP_SPEED, abs(forward * cosine + front_left * sine))
    rear_along = max(SLIP_SPEED, abs(forward))
    wanted = abs(pull) / grip
    front_share = min(wanted, longitudinal_share(front_across, front_along, front_friction, front_stiffness))
    rear_share = min(wanted, longitudinal_share(rear_across, rear_along, rear_friction, rear_stiffness))
    if wanted > 0.0:
        most = front_friction * front_load * front_share + rear_friction * rear_load * rear_share
        pull *= min(1.0, most / (mass * grip * wanted))
    front_force, front_slope = axle_force(
        front_stiffness * front_load,
        front_across,
        front_along,
        lateral_budget(front_load, front_friction, front_share),
        reach,
    )
    rear_force, rear_slope = axle_force(
        rear_stiffness * rear_load,
        rear_across,
        rear_along,
        lateral_budget(rear_load, rear_friction, rear_share),
        reach,
    )
    front_slope *= cosine * cosine
    lateral_force = front_force * cosine
    return advance_plane(
        motion,
        pull + push - front_force * sine / mass,
        (lateral_force + rear_force) / mass,
        (front_axle * lateral_force - rear_axle * rear_force) / yaw_inertia,
        (front_slope + rear_slope) / mass,
        (front_axle * front_slope - rear_axle * rear_slope) / mass,
        (front_axle * front_slope - rear_axle * rear_slope) / yaw_inertia,
        (front_axle * front_axle * front_slope + rear_axle * rear_axle * rear_slope) / yaw_inertia,
        step,
    )
