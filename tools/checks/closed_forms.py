"""What mechanics says a maneuver comes to, in closed form; and what has been published of it."""

import math

from simengine.physics.catalog import STANDARD_AIR, VehicleModel
from simengine.physics.planar_motion import PEDAL_TIME
from simengine.physics.tyre import GRAVITY

# UK Highway Code, braking part of the stopping distances [mph, m]: v² / 2 µ g at µ = 0.67.
UK_BRAKING = ((20.0, 6.0), (30.0, 14.0), (40.0, 24.0), (50.0, 38.0), (60.0, 55.0), (70.0, 75.0))
UK_FRICTION = 0.67
MPH = 0.44704  # [m/s]


def braking_distance(speed: float, friction: float) -> float:
    """Return v² / 2 µ g [m]: what tyres alone need from a speed [m/s]."""
    return speed**2 / (2.0 * friction * GRAVITY)


def drag_per_mass(model: VehicleModel) -> float:
    """Return the deceleration by air drag over the square of the speed [1/m]."""
    return 0.5 * STANDARD_AIR * model.drag_area / model.mass


def _distance_with_drag(speed: float, deceleration: float, drag: float) -> float:
    """Return ∫ v dv / (a + k v²) [m] down from a speed [m/s], the deceleration [m/s²] apart from drag constant."""
    return math.log(1.0 + drag * speed**2 / deceleration) / (2.0 * drag)


def full_braking_distance(model: VehicleModel, speed: float, friction: float) -> float:
    """Return the distance of an emergency stop [m], from the pedal's first movement, with all resistances.

    The tyres cannot give more than µ g, rolling resistance included; air drag comes on top. Brakes build up as
    1 − exp(−t / τ) until friction limits them; what is lost until then counts as a delay at full speed.
    """
    limit = friction * GRAVITY
    until = -PEDAL_TIME * math.log(1.0 - limit / model.max_deceleration)
    built = model.max_deceleration * (until - PEDAL_TIME * (1.0 - math.exp(-until / PEDAL_TIME)))
    delay = until - built / limit
    return speed * delay + _distance_with_drag(speed, limit, drag_per_mass(model))


def moderate_braking_distance(model: VehicleModel, speed: float, pedal: float) -> float:
    """Return the distance of a stop at a demanded deceleration [m/s²] below the tyres' limit, resistances on [m].

    A first-order lag delays by τ; meanwhile the resistances brake already.
    """
    rolling, drag = model.rolling_resistance * GRAVITY, drag_per_mass(model)
    begun = speed - PEDAL_TIME * (drag * speed**2 + rolling)
    return 0.5 * (speed + begun) * PEDAL_TIME + _distance_with_drag(begun, pedal + rolling, drag)


def single_track_yaw_rate(model: VehicleModel, speed: float, steering: float) -> float:
    """Return the yaw rate of the linear single-track model in steady cornering [rad/s].

    Equal stiffness per load front and rear, so the understeer gradient is zero: r = v δ / L.
    """
    return speed * steering / (model.front_axle + model.rear_axle)
