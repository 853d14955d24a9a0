"""CommonRoad's single-track models KS (kinematic) and ST (dynamic) as derivatives, to compare our steps with.

Althoff, Koschi, Manzinger, "CommonRoad: Composable benchmarks for motion planning on roads", IV 2017, and the report
"CommonRoad: Vehicle Models", 2020; pinned in the tests to the published values.
"""

import math

from numba import njit

from simengine.physics.vehicle.vehicle_models import SingleTrack, axle_loads

KINEMATIC_BELOW = 0.1  # speed below which ST rolls without slip, as in the reference [m/s]


@njit(cache=True, _nrt=False)
def kinematic_derivative(
    steering: float, speed: float, yaw: float, steering_rate: float, acceleration: float, wheelbase: float
) -> tuple[float, float, float, float, float]:
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
        speed * math.cos(yaw),
        speed * math.sin(yaw),
        steering_rate,
        acceleration,
        speed / wheelbase * math.tan(steering),
    )


@njit(cache=True, _nrt=False)
def kinematic_cog_derivative(
    steering: float,
    speed: float,
    yaw: float,
    steering_rate: float,
    acceleration: float,
    front_axle: float,
    rear_axle: float,
) -> tuple[float, float, float, float, float]:
    """Return the time derivative of KS about the center of mass.

    Args:
        steering: Road-wheel angle [rad].
        speed: Of the center of mass [m/s].
        yaw: [rad].
        steering_rate: After its limits [rad/s].
        acceleration: After its limits [m/s²].
        front_axle: Center of mass to front axle [m].
        rear_axle: Center of mass to rear axle [m].

    Returns:
        Rates of x [m/s], y [m/s], steering [rad/s], speed [m/s²], yaw [rad/s].
    """
    wheelbase = front_axle + rear_axle
    slip = math.atan(math.tan(steering) * rear_axle / wheelbase)
    return (
        speed * math.cos(slip + yaw),
        speed * math.sin(slip + yaw),
        steering_rate,
        acceleration,
        speed * math.cos(slip) * math.tan(steering) / wheelbase,
    )


@njit(cache=True, _nrt=False)
def dynamic_derivative(
    steering: float,
    speed: float,
    yaw: float,
    yaw_rate: float,
    slip: float,
    steering_rate: float,
    acceleration: float,
    track: SingleTrack,
    friction: float,
) -> tuple[float, float, float, float, float, float, float]:
    """Return the time derivative of ST, whose reference point is the center of mass; KS below 0.1 m/s.

    Args:
        steering: Road-wheel angle [rad].
        speed: Of the center of mass [m/s].
        yaw: [rad].
        yaw_rate: [rad/s].
        slip: Angle from the body's axis to the velocity, β [rad].
        steering_rate: After its limits [rad/s].
        acceleration: After its limits [m/s²].
        track: The vehicle; the reference has one stiffness for both axles.
        friction: µ, which scales the stiffness as in the reference.

    Returns:
        Rates of x [m/s], y [m/s], steering [rad/s], speed [m/s²], yaw [rad/s], yaw rate [rad/s²], slip [rad/s].
    """
    front_axle, rear_axle = track.front_axle, track.rear_axle
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
    front_load, rear_load = axle_loads(track, acceleration)
    front_force = friction * track.front_stiffness * front_load * (steering - slip - front_axle * yaw_rate / speed)
    rear_force = friction * track.rear_stiffness * rear_load * (rear_axle * yaw_rate / speed - slip)
    return (
        speed * math.cos(slip + yaw),
        speed * math.sin(slip + yaw),
        steering_rate,
        acceleration,
        yaw_rate,
        (front_axle * front_force - rear_axle * rear_force) / track.yaw_inertia,
        (front_force + rear_force) / (track.mass * speed) - yaw_rate,
    )
