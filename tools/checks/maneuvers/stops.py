"""Full stops, braking on split friction, and a start on a hill: what the four figures of a bend do not tell.

- *Full stops.* The pedal goes down as far as it can; compared is the distance until the car stands. ST brakes at µ g,
  having no longitudinal tire, MB with anti-lock brakes (see `reference`).
- *Split friction.* The wheels on the left have another µ than those on the right, and the steering is held straight.
  ST has no left and right, so the bounds are those of MB and of MB with the sides changed, in the mirror: the measured
  tires of the package are not the same to both sides.
- *Hill start.* No published model has a hill; the bounds are those of mechanics. The car holds itself for 5 s, then
  demands an acceleration: it may roll back a little while the drive builds up, and then has speed and way of a mass
  with that demand after its lag, less g sin θ, of which wheels that turn with it take off up to a share of their own.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.catalog import model_named
from simengine.physics.vehicle.planar_motion import PEDAL_TIME
from tools.checks.maneuvers.actuators import after_actuators
from tools.checks.maneuvers.cells import Cell, Row, judge, spanned, why_left_out, without_answer
from tools.checks.maneuvers.course import Course, stopping_distance
from tools.checks.maneuvers.inputs import KMH, LEAD_IN, STEP, Maneuver, sampled
from tools.checks.maneuvers.ours import Vehicle, drive
from tools.checks.maneuvers.reference import Reference, drive_multi_body, drive_single_track

STOPS = tuple((kmh, friction) for kmh in (50, 100, 130) for friction in (1.0, 0.5, 0.2))
SPLIT = (1.0, 0.3)  # µ on the left and on the right
SPLIT_DEMANDS = (4.0, 11.5)  # [m/s²]
GRADE = 0.15  # of the hill
HILL_DEMAND = 3.0  # [m/s²]
HOLD_TIME, HILL_TIME = 5.0, 3.0  # how long it holds, and drives [s]
CREEP, ROLL_BACK = 0.01, 0.05  # how far it may creep while it holds, and roll back [m]
STANDING = 0.01  # speed at which one of our vehicles stands [m/s]
_LONGEST = 60.0  # stop [s]


class FullStop(NamedTuple):
    """A full stop and the road that it is made on."""

    maneuver: Maneuver
    friction: float  # µ


def full_stops(reference: Reference) -> Iterator[FullStop]:
    """Return the stops."""
    demand = reference.parameters.longitudinal.a_max
    for kmh, friction in STOPS:
        yield FullStop(
            sampled("full stop", f"{kmh} km/h, µ {friction:g}", kmh * KMH, _LONGEST, lambda t: 0.0, lambda t: -demand),
            friction,
        )  # fmt: skip


def stop_rows(reference: Reference, stop: FullStop, physics: tuple[str, ...]) -> Iterator[Row]:
    """Compare one stop."""
    model, grip = model_named(reference.model), (stop.friction, stop.friction)
    maneuver = stop.maneuver
    inputs = after_actuators(model, maneuver.steering, maneuver.acceleration, STEP)
    published = (
        drive_single_track(reference, inputs, maneuver.speed, stop.friction, until_standing=True),
        drive_multi_body(reference, inputs, maneuver.speed, grip, anti_lock=True, until_standing=True),
    )
    lead = LEAD_IN * maneuver.speed
    distances = tuple(stopping_distance(course) - lead for course in published)
    for name in physics:
        ours = drive(
            name, reference.model, maneuver.steering, maneuver.acceleration, maneuver.speed, grip, STEP, STANDING
        )
        distance = stopping_distance(ours) - lead
        if ours.speed[-1] > STANDING:
            distance = math.nan  # it never stood
        yield Row(maneuver.title, name, (spanned("stopping distance", "m", distance, distances, max(distances)),))


def split_brakes(reference: Reference) -> Iterator[Maneuver]:
    """Return the braking on split friction."""
    for demand in SPLIT_DEMANDS:
        yield sampled(
            "split friction", f"80 km/h, {demand:g} m/s²", 80.0 * KMH, 2.0, lambda t: 0.0, lambda t, d=demand: -d
        )


def mirrored(course: Course) -> Course:
    """Return a course with left and right changed."""
    return course._replace(y=-course.y, yaw=-course.yaw, vy=-course.vy, yaw_rate=-course.yaw_rate)


def split_rows(reference: Reference, maneuver: Maneuver, physics: tuple[str, ...]) -> Iterator[Row]:
    """Compare one braking on split friction."""
    inputs = after_actuators(model_named(reference.model), maneuver.steering, maneuver.acceleration, STEP)
    try:
        published = (
            drive_multi_body(reference, inputs, maneuver.speed, SPLIT, anti_lock=True),
            mirrored(drive_multi_body(reference, inputs, maneuver.speed, SPLIT[::-1], anti_lock=True)),
        )
    except ArithmeticError as error:
        yield from without_answer(maneuver.title, physics, error)
        return
    left_out = why_left_out(*published)
    for name in physics:
        ours = drive(name, reference.model, maneuver.steering, maneuver.acceleration, maneuver.speed, SPLIT, STEP)
        yield Row(maneuver.title, name, () if left_out else judge(ours, published), left_out)


def hill_speed(time: float, rotating: float) -> tuple[float, float]:
    """Return speed [m/s] and way [m] up the hill by mechanics.

    Args:
        time: After the demand [s].
        rotating: Inertia of the wheels over that of the car, made up for by the drive but not against gravity.
    """
    down = GRAVITY * GRADE / math.sqrt(1.0 + GRADE * GRADE) / (1.0 + rotating)
    decay = math.exp(-time / PEDAL_TIME)
    lagged = time - PEDAL_TIME * (1.0 - decay)  # ∫ of the demand's share that has come through
    far = 0.5 * time * time - PEDAL_TIME * time + PEDAL_TIME * PEDAL_TIME * (1.0 - decay)
    return HILL_DEMAND * lagged - down * time, HILL_DEMAND * far - 0.5 * down * time * time


def hill_rows(reference: Reference, physics: tuple[str, ...]) -> Iterator[Row]:
    """Start on the hill."""
    p = reference.parameters
    rotating = 4.0 * p.I_y_w / (p.m * p.R_w**2)
    speeds, ways = zip(hill_speed(HILL_TIME, 0.0), hill_speed(HILL_TIME, rotating), strict=True)
    longer = math.sqrt(1.0 + GRADE * GRADE)  # ways along the hill over those in plan view
    for name in physics:
        vehicle = Vehicle(name, reference.model, 0.0, (reference.friction,) * 2, round(1.0 / STEP), GRADE)
        places = [vehicle.center()[0]]
        for tick in range(round((HOLD_TIME + HILL_TIME) / STEP)):
            vehicle.step(0.0, HILL_DEMAND if tick >= round(HOLD_TIME / STEP) else 0.0)
            places.append(vehicle.center()[0])
        along = longer * (np.array(places) - places[0])
        reached = longer * vehicle.center()[3]
        vehicle.close()
        held, driven = along[: round(HOLD_TIME / STEP) + 1], along[round(HOLD_TIME / STEP) :]
        creep, back = float(np.abs(held).max()), float(driven[0] - driven.min())
        yield Row(f"hill start, {GRADE:.0%}, {HILL_DEMAND:g} m/s²", name, (
            Cell("creep while held", "m", creep, 0.0, CREEP),
            Cell("rolls back", "m", back, 0.0, ROLL_BACK),
            spanned("speed after 3 s", "m/s", reached, speeds, max(speeds)),
            spanned("way after 3 s", "m", float(driven[-1] - driven[0]), ways, max(ways)),
        ))  # fmt: skip
