"""Single-track vehicle models as scalar kernels: kinematic and dynamic, and the fixed steps that advance them.

The derivatives are those of CommonRoad's models KS and ST (Althoff, Koschi, Manzinger, "CommonRoad: Composable
benchmarks for motion planning on roads", IV 2017, and the report "CommonRoad: Vehicle Models", 2020), pinned in the
tests to the published values. The steps that the batched physics uses are ours:

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

from numba import njit

from simengine.core.gravity import GRAVITY
from simengine.physics.vehicle.tire import controlled_slip, saturation

KINEMATIC_BELOW = 0.1  # speed below which ST rolls without slip, as in the reference [m/s]
SLIP_SPEED = 0.5  # floor of the speed in slip angles, which are undefined at rest [m/s]


@njit(cache=True, _nrt=False)
def limit_steering_rate(steering, rate, max_steering, max_rate):
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
def limit_acceleration(speed, acceleration, max_acceleration, switch_speed, min_speed, max_speed):
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
def kinematic_derivative(steering, speed, yaw, steering_rate, acceleration, wheelbase):
    """Return the time derivative of KS, whose reference point is the rear axle.

    Args:
        steering: Road-wheel angle [rad].
        speed: Forward speed of the rear axle [m/s].
        yaw: [rad].
        steering_rate: After its limits [rad/s].
        acceleration: After its limits [m/s²].
        wheelbase: [m].

    Returns:
        Rates of x [m/s], y [m/s], steering [rad/s], speed [m/s²], yaw [rad/s].
    """
    return (
        speed * math.cos(yaw), speed * math.sin(yaw), steering_rate, acceleration,
        speed / wheelbase * math.tan(steering),
    )


@njit(cache=True, _nrt=False)
def kinematic_cog_derivative(steering, speed, yaw, steering_rate, acceleration, front_axle, rear_axle):
    """Return the time derivative of KS about the center of mass; arguments as `kinematic_derivative`, axles in [m]."""
    wheelbase = front_axle + rear_axle
    slip = math.atan(math.tan(steering) * rear_axle / wheelbase)
    return (
        speed * math.cos(slip + yaw), speed * math.sin(slip + yaw), steering_rate, acceleration,
        speed * math.cos(slip) * math.tan(steering) / wheelbase,
    )


@njit(cache=True, _nrt=False)
def axle_loads(mass, front_axle, rear_axle, cog_height, acceleration):
    """Return the vertical forces on the front and the rear axle [N] at a longitudinal acceleration [m/s²]."""
    wheelbase = front_axle + rear_axle
    front = mass * (GRAVITY * rear_axle - acceleration * cog_height) / wheelbase
    rear = mass * (GRAVITY * front_axle + acceleration * cog_height) / wheelbase
    return front, rear


@njit(cache=True, _nrt=False)
def dynamic_derivative(
    steering, speed, yaw, yaw_rate, slip, steering_rate, acceleration,
    mass, yaw_inertia, front_axle, rear_axle, cog_height, stiffness, friction,
):
    """Return the time derivative of ST, whose reference point is the center of mass; KS below 0.1 m/s.

    Args:
        steering: Road-wheel angle [rad].
        speed: Of the center of mass [m/s].
        yaw: [rad].
        yaw_rate: [rad/s].
        slip: Angle from the body's axis to the velocity, β [rad].
        steering_rate: After its limits [rad/s].
        acceleration: After its limits [m/s²].
        mass: [kg].
        yaw_inertia: [kg m²].
        front_axle: Center of mass to front axle [m].
        rear_axle: Center of mass to rear axle [m].
        cog_height: Center of mass above the ground [m].
        stiffness: C_S, lateral force per load, friction and slip angle [1/rad].
        friction: µ, which scales the stiffness as in the reference.

    Returns:
        Rates of x [m/s], y [m/s], steering [rad/s], speed [m/s²], yaw [rad/s], yaw rate [rad/s²], slip [rad/s].
    """
    wheelbase = front_axle + rear_axle
    if abs(speed) < KINEMATIC_BELOW:
        dx, dy, _, _, dyaw = kinematic_cog_derivative(
            steering, speed, yaw, steering_rate, acceleration, front_axle, rear_axle
        )
        tangent, cosine = math.tan(steering), math.cos(steering)
        ratio = tangent**2 * rear_axle / wheelbase
        slip_rate = rear_axle * steering_rate / (wheelbase * cosine**2 * (1.0 + ratio**2))
        yaw_acceleration = (
            acceleration * math.cos(slip) * tangent
            - speed * math.sin(slip) * slip_rate * tangent
            + speed * math.cos(slip) * steering_rate / cosine**2
        ) / wheelbase
        return dx, dy, steering_rate, acceleration, dyaw, yaw_acceleration, slip_rate
    front_load, rear_load = axle_loads(mass, front_axle, rear_axle, cog_height, acceleration)
    front_force = friction * stiffness * front_load * (steering - slip - front_axle * yaw_rate / speed)
    rear_force = friction * stiffness * rear_load * (rear_axle * yaw_rate / speed - slip)
    return (
        speed * math.cos(slip + yaw), speed * math.sin(slip + yaw), steering_rate, acceleration, yaw_rate,
        (front_axle * front_force - rear_axle * rear_force) / yaw_inertia,
        (front_force + rear_force) / (mass * speed) - yaw_rate,
    )


@njit(cache=True, _nrt=False)
def advance_steering(steering, demand, max_steering, max_rate, step):
    """Move a road-wheel angle towards its demand [rad] within its stops and its rate [rad/s], for `step` [s]."""
    demand = min(max_steering, max(-max_steering, demand))
    change = max_rate * step
    return steering + min(change, max(-change, demand - steering))


@njit(cache=True, _nrt=False)
def advance_kinematic(x, y, yaw, speed, steering, acceleration, front_axle, rear_axle, step):
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
def lateral_budget(load, friction, longitudinal_share):
    """Return the lateral force an axle can still carry [N] when a share of its friction goes into drive or brakes."""
    return friction * load * math.sqrt(max(0.0, 1.0 - longitudinal_share * longitudinal_share))


@njit(cache=True, _nrt=False)
def longitudinal_share(across, along, friction, stiffness):
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
def side_force(linear, rate, budget, across, reach):
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
def axle_force(slope, across, reference, budget, reach):
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
    x, y, yaw, forward, leftward, yaw_rate, along, across, turning, j_side, j_side_turn, j_turn_side, j_turn, step
):
    """Advance a body in the plane by accelerations of which the lateral ones are stiff, by the θ-method.

    Args:
        x: World [m]; then y, yaw [rad].
        forward: Velocity along the body [m/s]; then across it and the yaw rate [rad/s].
        along: Acceleration by forces along the body [m/s²].
        across: Acceleration by forces across it [m/s²].
        turning: Yaw acceleration [rad/s²].
        j_side: Derivative of `across` to the leftward velocity [1/s].
        j_side_turn: To the yaw rate [m/s].
        j_turn_side: Derivative of `turning` to the leftward velocity [1/(m s)].
        j_turn: To the yaw rate [1/s].
        step: [s].

    Returns:
        x, y, yaw, forward, leftward, yaw rate after the step, in units as above.
    """
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
    return x, y, yaw + step * middle_rate, forward + d_forward, leftward + d_left, yaw_rate + d_rate


@njit(cache=True, _nrt=False)
def advance_dynamic(
    x, y, yaw, forward, leftward, yaw_rate, steering, pull, push,
    mass, yaw_inertia, front_axle, rear_axle, cog_height, front_stiffness, rear_stiffness, front_friction,
    rear_friction, step,
):
    """Advance a single track on tires for constant steering and longitudinal acceleration.

    Only what the tires give of that takes friction from the turn and moves load between the axles: air drag and a slope
    act on the body.

    Args:
        x: Center of mass, world [m].
        y: Center of mass, world [m].
        yaw: [rad].
        forward: Velocity of the center of mass along the body [m/s].
        leftward: Velocity of the center of mass across the body [m/s].
        yaw_rate: [rad/s].
        steering: Road-wheel angle [rad].
        pull: Acceleration along the body that the tires give: drive, brakes, rolling; within friction [m/s²].
        push: That of drag and slope [m/s²].
        mass: [kg].
        yaw_inertia: [kg m²].
        front_axle: Center of mass to front axle [m].
        rear_axle: Center of mass to rear axle [m].
        cog_height: Center of mass above the ground [m].
        front_stiffness: Lateral force of the front axle per load and slip angle [1/rad].
        rear_stiffness: That of the rear axle [1/rad].
        front_friction: µ under the front axle.
        rear_friction: µ under the rear axle.
        step: [s].

    Returns:
        x, y, yaw, forward, leftward, yaw rate after the step, in units as above.
    """
    front_load, rear_load = axle_loads(mass, front_axle, rear_axle, cog_height, pull)
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
        front_stiffness * front_load, front_across, front_along,
        lateral_budget(front_load, front_friction, front_share), reach,
    )
    rear_force, rear_slope = axle_force(
        rear_stiffness * rear_load, rear_across, rear_along, lateral_budget(rear_load, rear_friction, rear_share),
        reach,
    )
    front_slope *= cosine * cosine
    lateral_force = front_force * cosine
    return advance_plane(
        x, y, yaw, forward, leftward, yaw_rate, pull + push - front_force * sine / mass,
        (lateral_force + rear_force) / mass, (front_axle * lateral_force - rear_axle * rear_force) / yaw_inertia,
        (front_slope + rear_slope) / mass, (front_axle * front_slope - rear_axle * rear_slope) / mass,
        (front_axle * front_slope - rear_axle * rear_slope) / yaw_inertia,
        (front_axle * front_axle * front_slope + rear_axle * rear_axle * rear_slope) / yaw_inertia, step,
    )
