"""The physics against closed forms, published tables and models, and itself: the whole grid, a row each.

The tests hold a part of the same grid, with the same maneuvers and closed forms.
"""

import itertools
import math
import random
from collections.abc import Iterable, Iterator

from simengine.core.mechanics import GRAVITY
from simengine.core.text.printable_text import say
from simengine.physics.vehicle import reference_models, vehicle_models
from simengine.physics.vehicle.catalog import model_named
from simengine.physics.vehicle.vehicle_models import SingleTrack
from tools.checks.motion import agreement
from tools.checks.motion.braking_course import brake_on_course
from tools.checks.motion.closed_forms import (
    MPH,
    UK_BRAKING,
    UK_FRICTION,
    braking_distance,
    full_braking_distance,
    single_track_yaw_rate,
)
from tools.checks.motion.proving_ground import (
    brake_from,
    brake_with_lag,
    collide,
    drive_many,
    park_on_slope,
    steady_cornering,
)
from tools.checks.table import Row

FRICTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
SPEEDS_KMH = (30.0, 60.0, 90.0, 120.0)
LATERALS = (0.1, 0.2, 0.3, 0.4)  # [g]
CORNERING_SPEEDS = (8.0, 15.0, 24.0, 30.0)  # [m/s]
CORNERING_MODELS = ("compact_car", "sedan", "suv", "van", "truck", "bus")
PARKED = (("sedan", 0.0), ("sedan", 0.7), ("sedan", 0.5 * math.pi), ("truck", 0.0), ("motorcycle", 0.0))
COLLISIONS = (
    ("rear-end", 0.0, 0.0), ("head-on, 0.5 m aside", 0.5, math.pi), ("into the side", 0.6, 0.5 * math.pi),
)  # fmt: skip

# Stops in bends: every kind at its usual speeds, on dry, wet and slippery roads, up to what its brakes can do.
BEND_MODELS = ("compact_car", "sedan", "suv", "van", "truck", "bus", "motorcycle", "bicycle")
BEND_SPEEDS = {"bicycle": (6.0, 11.0), "truck": (12.0, 25.0), "bus": (12.0, 25.0)}
BEND_CASES = tuple(itertools.product((math.inf, 300.0, 60.0), (4.0, 9.0), (0.8, 0.5, 0.3)))
BEND_SHARE = 0.45  # of the friction that a bend may take at first; whoever enters faster runs wide


def _worst(what: str, found: Iterable[tuple[str, float, float]], bound: float) -> Row:
    """Return the row of the largest relative difference of some (case, measured, expected)."""
    case, measured, expected = max(found, key=lambda one: abs(one[1] / one[2] - 1.0))
    note = f"worst {case}: {measured:.5g} for {expected:.5g}"
    return Row(what, 100.0 * abs(measured / expected - 1.0), bound, "%", note=note)


def braking(frictions: Iterable[float] = FRICTIONS, speeds_kmh: Iterable[float] = SPEEDS_KMH) -> Iterator[Row]:
    """Compare full stops on every friction with their closed forms, without and with resistances."""
    speeds = tuple(speeds_kmh)
    for friction in frictions:
        found = [
            (f"{kmh:g} km/h", brake_from("sedan", kmh / 3.6, friction)[0], braking_distance(kmh / 3.6, friction))
            for kmh in speeds
        ]
        yield _worst(f"braking against v²/2µg, µ {friction:g}", found, 3.0)
    model = model_named("sedan")
    for friction in frictions:
        found = [
            (
                f"{kmh:g} km/h",
                brake_with_lag("sedan", kmh / 3.6, friction, -20.0),
                full_braking_distance(model, kmh / 3.6, friction),
            )
            for kmh in speeds
        ]
        yield _worst(f"the same with drag, rolling resistance, brake lag, µ {friction:g}", found, 3.0)


def stopping_table(rows: Iterable[tuple[float, float]] = UK_BRAKING) -> Iterator[Row]:
    """Compare stops with the UK Highway Code's braking distances."""
    for mph, published in rows:
        distance = brake_with_lag("sedan", mph * MPH, UK_FRICTION, -20.0)
        note = f"{distance:.2f} m for {published:g} m"
        yield Row(f"UK stopping table, {mph:g} mph", abs(distance - published), 1.0, "m", note=note)


def cornering(
    models: Iterable[str] = CORNERING_MODELS,
    speeds: Iterable[float] = CORNERING_SPEEDS,
    laterals: Iterable[float] = LATERALS,
) -> Iterator[Row]:
    """Compare yaw rates of steady turns with the linear single-track model's."""
    for name in models:
        model, found = model_named(name), []
        for speed in speeds:
            if speed > model.max_speed - 2.0:
                continue
            for lateral in laterals:
                rate, came, steering = steady_cornering(name, speed, lateral * GRAVITY)
                found.append((f"{speed:g} m/s, {lateral:g} g", rate, single_track_yaw_rate(model, came, steering)))
        yield _worst(f"yaw rate against the single-track model, {name}", found, 5.0)


def stops_in_bends(
    models: Iterable[str] = BEND_MODELS, cases: Iterable[tuple[float, float, float]] = BEND_CASES
) -> Iterator[Row]:
    """Measure how far vehicles slide and tip that brake on a straight and in bends, a kind at a time in each physics.

    Args:
        models: Of the vehicles.
        cases: Radius [m], deceleration asked for [m/s²] and µ of each stop.
    """
    from simengine.physics.batched.batched import BatchedPhysics
    from simengine.physics.bullet.bullet import BulletPhysics

    grid = tuple(cases)
    for name in models:
        for physics in (BatchedPhysics, BulletPhysics):
            slid, tipped, count = (0.0, ""), (0.0, ""), 0
            for speed in BEND_SPEEDS.get(name, (12.0, 31.0)):
                for radius, deceleration, friction in grid:
                    if speed * speed / radius > BEND_SHARE * friction * GRAVITY:
                        continue
                    found = brake_on_course(physics(), name, speed, radius, deceleration, friction)
                    case = f"{speed:g} m/s, {radius:g} m, {deceleration:g} m/s², µ {friction:g}"
                    slid = max(slid, (math.degrees(found.side_slip), case))
                    tipped = max(tipped, (math.degrees(math.acos(found.upright)), case))
                    count += 1
            where = physics.__name__.removesuffix("Physics").lower()
            what, note = f"{name} braking in bends, {where}", f"{count} stops; worst {slid[1]}"
            yield Row(f"{what}, side slip", slid[0], 8.0, "°", note=note)
            if physics is BulletPhysics:  # where bodies roll and lean
                yield Row(f"{what}, tilt", tipped[0], 30.0, "°", note=tipped[1])


def parking(cases: Iterable[tuple[str, float]] = PARKED, seconds: float = 60.0) -> Iterator[Row]:
    """Measure how far parked vehicles creep on a slope of 10 %."""
    for name, yaw in cases:
        creep = 1000.0 * park_on_slope(name, 0.10, seconds, yaw)
        yield Row(f"{name} parked on 10 %, {math.degrees(yaw):.0f}° to it, {seconds:g} s", creep, 1.0, "mm")


def collisions(cases: Iterable[tuple[str, float, float]] = COLLISIONS) -> Iterator[Row]:
    """Measure how much momentum a collision loses."""
    for name, offset, heading in cases:
        collision = collide(offset, heading)
        note = f"tires can have taken {100.0 * collision.road:.1f} %"
        yield Row(f"momentum across a collision, {name}", 100.0 * collision.changed, 5.0, "%", note=note)
        said = 100.0 * abs(collision.told - 1.0)
        yield Row(f"impulse that the contacts report, {name}", said, 10.0, "%")


def both_physics() -> Iterator[Row]:
    """Compare `batched` with `bullet` in the tire's linear range."""
    batched, bullet = agreement.braking_distances()
    yield _worst("batched against bullet, braking distance", [("25 m/s at 4 m/s²", batched, bullet)], 3.0)
    batched, bullet = agreement.cornering_rates()
    yield _worst("batched against bullet, steady yaw rate", [("15 m/s", batched, bullet)], 5.0)
    batched, bullet, apart = agreement.lane_changes()
    yield _worst("batched against bullet, lane change", [("20 m/s", batched, bullet)], 6.0)
    yield Row("batched against bullet, farthest apart in it", 100.0 * apart / bullet, 6.0, "%")


def published_derivatives(count: int = 1000) -> Iterator[Row]:
    """Compare the derivatives of `batched` with commonroad-vehicle-models' at random states of a BMW 320i."""
    try:
        from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
        from vehiclemodels.vehicle_dynamics_ks import vehicle_dynamics_ks
        from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st
    except ImportError:
        say("    commonroad-vehicle-models is not installed (extra: test): its derivatives are not compared")
        return
    p = parameters_vehicle2()
    draw = random.Random(1)
    friction = p.tire.p_dy1
    stiffness = -p.tire.p_ky1 / friction
    track = SingleTrack(p.m, p.I_z, p.a, p.b, p.h_s, stiffness, stiffness)
    worst = {"kinematic": 0.0, "dynamic": 0.0}
    for _ in range(count):
        speed = draw.choice([draw.uniform(-5.0, 50.0), draw.uniform(-0.1, 0.1)])
        x = [0.0, 0.0, draw.uniform(-1.066, 1.066), speed, draw.uniform(-3.1, 3.1), draw.uniform(-1.0, 1.0),
             draw.uniform(-0.3, 0.3)]  # fmt: skip
        u = [draw.uniform(-0.6, 0.6), draw.uniform(-15.0, 15.0)]
        rate = vehicle_models.limit_steering_rate(x[2], u[0], p.steering.max, p.steering.v_max)
        acceleration = vehicle_models.limit_acceleration(
            x[3], u[1], p.longitudinal.a_max, p.longitudinal.v_switch, p.longitudinal.v_min, p.longitudinal.v_max
        )
        pairs = {
            "kinematic": (
                reference_models.kinematic_derivative(x[2], x[3], x[4], rate, acceleration, p.a + p.b),
                vehicle_dynamics_ks(x[:5], u, p),
            ),
            "dynamic": (
                reference_models.dynamic_derivative(*x[2:], rate, acceleration, track, friction),
                vehicle_dynamics_st(x, u, p),
            ),
        }
        for name, (ours, theirs) in pairs.items():
            off = max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(ours, theirs, strict=True))
            worst[name] = max(worst[name], off)
    for name, off in worst.items():
        note = f"{count} states, relative above 1"
        yield Row(f"{name} derivative against commonroad-vehicle-models", off, 1e-10, "", note=note)


def many_vehicles(count: int = 40, seconds: float = 10.0) -> Iterator[Row]:
    """Measure how fast rigid bodies run on one core."""
    factor = drive_many(count, seconds)
    yield Row(f"{count} vehicles at 120 Hz on one core", factor, 4.0, "x", at_least=True, note="of processor time")


def rows() -> Iterator[Row]:
    """Yield every row."""
    yield from braking()
    yield from stopping_table()
    yield from cornering()
    yield from stops_in_bends()
    yield from parking()
    yield from collisions()
    yield from both_physics()
    yield from published_derivatives()
    yield from many_vehicles()
