"""What mechanics says a maneuver comes to, in closed form; and what has been published of it."""

import math

from simengine.core.mechanics import GRAVITY, ROTATING
from simengine.physics.vehicle.catalog import STANDARD_AIR, VehicleModel
from simengine.physics.vehicle.planar_motion import PEDAL_TIME, POWER_SPEED

# UK Highway Code, braking part of the stopping distances [mph, m]: v² / 2 µ g at µ = 0.67.
UK_BRAKING = ((20.0, 6.0), (30.0, 14.0), (40.0, 24.0), (50.0, 38.0), (60.0, 55.0), (70.0, 75.0))
UK_FRICTION = 0.67
MPH = 0.44704  # [m/s]


def braking_distance(speed: float, friction: float) -> float:
    """Return v² / 2 µ g [m]: what tires alone need from a speed [m/s]."""
    return speed**2 / (2.0 * friction * GRAVITY)


def drag_per_mass(model: VehicleModel) -> float:
    """Return the deceleration by air drag over the square of the speed [1/m]."""
    return 0.5 * STANDARD_AIR * model.drag_area / model.mass


def _distance_with_drag(speed: float, deceleration: float, drag: float) -> float:
    """Return ∫ v dv / (a + k v²) [m] down from a speed [m/s], the deceleration [m/s²] apart from drag constant."""
    return math.log(1.0 + drag * speed**2 / deceleration) / (2.0 * drag)


def full_braking_distance(model: VehicleModel, speed: float, friction: float) -> float:
    """Return the distance of an emergency stop [m], from the pedal's first movement, with all resistances.

    The tires cannot give more than µ g, rolling resistance included; air drag comes on top. Brakes build up as
    1 − exp(−t / τ) until friction limits them; what is lost until then counts as a delay at full speed.
    """
    limit = friction * GRAVITY
    until = -PEDAL_TIME * math.log(1.0 - limit / model.max_deceleration)
    built = model.max_deceleration * (until - PEDAL_TIME * (1.0 - math.exp(-until / PEDAL_TIME)))
    delay = until - built / limit
    return speed * delay + _distance_with_drag(speed, limit, drag_per_mass(model))


def moderate_braking_distance(model: VehicleModel, speed: float, pedal: float) -> float:
    """Return the distance of a stop at a demanded deceleration [m/s²] below the tires' limit, resistances on [m].

    A first-order lag delays by τ; meanwhile the resistances brake already. They have to slow the wheels' turning too;
    the pedal makes up for it.
    """
    rolling, drag = model.rolling_resistance * GRAVITY / ROTATING, drag_per_mass(model) / ROTATING
    begun = speed - PEDAL_TIME * (drag * speed**2 + rolling)
    return 0.5 * (speed + begun) * PEDAL_TIME + _distance_with_drag(begun, pedal + rolling, drag)


def full_stop_distance(model: VehicleModel, speed: float, friction: float) -> float:
    """Return the distance of a stop with the pedal fully down [m], by what tires or brakes give, resistances on."""
    if model.max_deceleration > friction * GRAVITY:
        return full_braking_distance(model, speed, friction)
    return moderate_braking_distance(model, speed, model.max_deceleration)


def _traction(model: VehicleModel, friction: float) -> float:
    """Return the acceleration that the driven wheels hold [m/s²]; the load that it moves is on them or off them."""
    wheelbase, most = model.front_axle + model.rear_axle, friction * GRAVITY
    if model.track_width == 0.0:  # riders dose both wheels as they can take it
        return min(most, GRAVITY * model.front_axle / model.cog_height)
    moved, limit = friction * model.cog_height / wheelbase, math.inf
    front, rear = model.drive_front, 1.0 - model.drive_front
    if front > 0.0:
        limit = most * model.rear_axle / wheelbase / (front + moved)
    if rear > moved:
        limit = min(limit, most * model.front_axle / wheelbase / (rear - moved))
    return limit


def run_up_time(model: VehicleModel, target: float, friction: float) -> float:
    """Return the time from standing to a speed [m/s] with the pedal fully down, all resistances on [s].

    ∫ dv / (min(a_max, P / λ m v) − (f g + k v²) / λ) with λ for the turning wheels, by the midpoint rule. The drive
    builds up as 1 − exp(−t / τ) until the driven wheels hold no more; what is lost until then counts as a delay.

    Args:
        model: The vehicle.
        target: [m/s].
        friction: µ.
    """
    most, delay = model.max_acceleration, PEDAL_TIME
    traction = _traction(model, friction)
    if traction < most:
        until = -PEDAL_TIME * math.log(1.0 - traction / most)
        delay = until - most * (until - PEDAL_TIME * (1.0 - math.exp(-until / PEDAL_TIME))) / traction
        most = traction
    rolling, drag = model.rolling_resistance * GRAVITY / ROTATING, drag_per_mass(model) / ROTATING
    steps, time = 10000, delay
    for k in range(steps):
        speed = (k + 0.5) / steps * target
        power = model.power / (ROTATING * model.mass * max(POWER_SPEED, speed))
        left = min(most, power) - rolling - drag * speed**2
        if left <= 0.0:
            return math.inf
        time += target / steps / left
    return time


def understeer_gradient(model: VehicleModel, pull: float = 0.0) -> float:
    """Return K = d δ / d a_y beyond L / R of the linear single track [rad s²/m]: the axles' difference in slip per a_y.

    An axle that carries its static load's part of the turn with a stiffness in proportion to its load under way slips
    by a_y / (g C) · static load / load.

    Args:
        model: The vehicle.
        pull: Longitudinal acceleration that its tires give, which moves load to the rear [m/s²].
    """
    moved = pull * model.cog_height / GRAVITY
    front = model.rear_axle / (model.rear_axle - moved) / model.front_stiffness
    rear = model.front_axle / (model.front_axle + moved) / model.rear_stiffness
    return (front - rear) / GRAVITY


def single_track_yaw_rate(model: VehicleModel, speed: float, steering: float) -> float:
    """Return the yaw rate of the linear single-track model in steady cornering [rad/s]: r = v δ / (L + K v²).

    The drive makes up for air drag, so its tires pull by as much.
    """
    gradient = understeer_gradient(model, drag_per_mass(model) * speed**2)
    return speed * steering / (model.front_axle + model.rear_axle + gradient * speed**2)
