"""Steering to a path by a preview error with curvature feedforward.

Kapania & Gerdes, "Design of a feedback-feedforward steering controller for accurate path tracking and stability at the
limits of handling", Vehicle System Dynamics 53 (2015) 1687: the look-ahead error uses the heading plus the side slip
that the path's curvature will cause in steady state (feeding back the measured slip lags and spins at high speed on
low friction). The gain is that of pure pursuit (Coulter, CMU-RI-TR-92-01): the demanded curvature
κ − 2/l² (e + l sin χ) makes the path error a linear oscillator of damping 1/√2 and frequency √2 v/l. Departure: errors
are those of the rear axle, whose course is the heading at low speed.
"""

import math

from numba import njit

from simengine.core.mechanics import GRAVITY

PREVIEW_TIME = 1.0  # of the look-ahead distance [s]
PREVIEW_WHEELBASES = 1.2  # look-ahead at standstill, in wheelbases
PREVIEW_SLIP = 0.3  # more look-ahead, in times that the tires need to build up side force
FEEDFORWARD_TIME = 0.15  # curvature is read this far ahead to cover the steering's own delay [s]
GENTLE_SINE = 0.6  # the course towards the path is cut to this sine, so that a far start turns in smoothly


@njit(cache=True, _nrt=False)
def slip_compliance(cornering_stiffness: float) -> float:
    """Return an axle's slip angle per lateral acceleration in the linear range, on any ground [rad s²/m].

    Slippery ground bounds the force of a tire, it does not make the tire softer (`physics.vehicle.tire`).

    Args:
        cornering_stiffness: Lateral force per load and slip angle [1/rad].
    """
    return 1.0 / (cornering_stiffness * GRAVITY)


@njit(cache=True, _nrt=False)
def preview_distance(speed: float, wheelbase: float, compliance: float) -> float:
    """Return the look-ahead distance [m]; `compliance` is the rear axle's `slip_compliance`."""
    speed = max(speed, 0.0)
    return PREVIEW_WHEELBASES * wheelbase + (PREVIEW_TIME + PREVIEW_SLIP * speed * compliance) * speed


@njit(cache=True, _nrt=False)
def path_curvature_demand(lateral_error: float, course_error: float, curvature: float, look_ahead: float) -> float:
    """Return the curvature to drive in order to join a path [1/m], counter-clockwise positive.

    Args:
        lateral_error: Rear axle left of the path [m].
        course_error: Rear axle's direction of motion minus the path's direction [rad].
        curvature: Of the path [1/m].
        look_ahead: Preview distance [m].
    """
    offset = min(1.0, max(-1.0, lateral_error / look_ahead / GENTLE_SINE)) * GENTLE_SINE
    return curvature - 2.0 / look_ahead * (offset + math.sin(course_error))


@njit(cache=True, _nrt=False)
def steering_for_curvature(
    curvature: float, speed: float, wheelbase: float, understeer: float, max_steering: float
) -> float:
    """Return the road-wheel angle that holds a curvature in steady state [rad]: atan(Lκ) + K v² κ, cut to the lock.

    Args:
        curvature: Of the way [1/m].
        speed: [m/s].
        wheelbase: L [m].
        understeer: K, dδ/da_y beyond L/R [rad s²/m].
        max_steering: Largest road-wheel angle [rad].
    """
    angle = math.atan(wheelbase * curvature) + understeer * speed * speed * curvature
    return min(max_steering, max(-max_steering, angle))


@njit(cache=True, _nrt=False)
def path_steering(
    lateral_error: float,
    heading_error: float,
    curvature: float,
    speed: float,
    wheelbase: float,
    understeer: float,
    compliance: float,
    max_steering: float,
) -> float:
    """Return the road-wheel angle that joins and follows a path [rad], stable from standstill to 50 m/s.

    Args:
        lateral_error: Rear axle left of the path [m].
        heading_error: Vehicle heading minus path direction [rad].
        curvature: Of the path, `FEEDFORWARD_TIME` ahead [1/m].
        speed: [m/s].
        wheelbase: L [m].
        understeer: K [rad s²/m]; 0 for axles of equal `slip_compliance`.
        compliance: Of the rear axle, see `slip_compliance` [rad s²/m].
        max_steering: Largest road-wheel angle [rad].
    """
    course_error = heading_error - compliance * speed * speed * curvature
    look_ahead = preview_distance(speed, wheelbase, compliance)
    demand = path_curvature_demand(lateral_error, course_error, curvature, look_ahead)
    return steering_for_curvature(demand, speed, wheelbase, understeer, max_steering)
