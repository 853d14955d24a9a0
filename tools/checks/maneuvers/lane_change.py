"""The lane changes of ISO 3888 as a way to follow, and the driver who once follows it on ST.

The way leaves a lane as soon and reaches the next as late as the cones let it: it has left the middle of a lane, where
its cones end, by half of what the lane is wider than the car. Between them its lateral acceleration is a whole sine.
The driver's steering is then replayed into every model.

Sections and widths are ISO 3888-1's and 3888-2's; the offset of 3888-1 is 3.5 m, that of 3888-2 leaves 1 m between the
lanes.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simengine.physics.vehicle.catalog import model_named
from simengine.physics.vehicle.vehicle_models import advance_steering
from tools.checks.maneuvers.inputs import KMH, LEAD_IN, STEP, Maneuver
from tools.checks.maneuvers.reference import Reference, advance

_PREVIEW = 0.45  # how far ahead the driver looks [s]
_RESPONSE = 0.17  # how much earlier than the way's curve comes the steering for it [s]
_GAIN = 1.0  # of the error at the preview point


class Track(NamedTuple):
    """Where cones stand: five sections [m], what each lane is wider than the car [m], and the other lane's offset."""

    sections: tuple[float, float, float, float, float]
    slack: tuple[float, float, float]
    offset: float


def iso_3888_1(width: float) -> Track:
    """Return the track of ISO 3888-1 for a car of a width [m]."""
    return Track((15.0, 30.0, 25.0, 25.0, 15.0), (0.1 * width + 0.25, 0.2 * width + 0.25, 0.3 * width + 0.25), 3.5)


def iso_3888_2(width: float) -> Track:
    """Return the track of ISO 3888-2 for a car of a width [m]."""
    first, second = 1.1 * width + 0.25, width + 1.0
    return Track(
        (12.0, 13.5, 11.0, 12.5, 12.0), (first - width, 1.0, max(3.0, 1.3 * width + 0.25) - width),
        0.5 * first + 1.0 + 0.5 * second,
    )  # fmt: skip


class Swing(NamedTuple):
    """A change of lane whose second derivative is a whole sine."""

    start: float  # [m]
    length: float  # [m]
    rise: float  # to the left [m]


def _risen(share: float) -> float:
    """Return how much of a swing's rise there is after a share of its length."""
    return share - math.sin(2.0 * math.pi * share) / (2.0 * math.pi)


def _share_of(risen: float) -> float:
    """Return after which share of a swing's length there is so much of its rise; the inverse of `_risen`."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _risen(middle) < risen else (low, middle)
    return low


def swings(track: Track) -> tuple[Swing, Swing]:
    """Return the two changes of lane."""
    found, begin = [], track.sections[0]
    for k in range(2):
        gap = track.sections[1 + 2 * k]
        before, after = (_share_of(0.5 * track.slack[k + j] / track.offset) for j in range(2))  # within the lanes
        length = gap / (1.0 - before - after)
        found.append(Swing(begin - before * length, length, track.offset if k == 0 else -track.offset))
        begin += gap + track.sections[2 + 2 * k]
    return found[0], found[1]


def way(changes: tuple[Swing, Swing], x: float) -> tuple[float, float, float]:
    """Return y [m], slope and curvature [1/m] of the way at x [m]."""
    y = slope = second = 0.0
    for start, length, rise in changes:
        share = min(1.0, max(0.0, (x - start) / length))
        angle = 2.0 * math.pi * share
        y += rise * _risen(share)
        slope += rise / length * (1.0 - math.cos(angle))
        second += rise / length**2 * 2.0 * math.pi * math.sin(angle)
    return y, slope, second / (1.0 + slope * slope) ** 1.5


def drive_lane_change(reference: Reference, track: Track, speed: float) -> tuple[list[float], float]:
    """Follow a track on ST at a constant speed [m/s].

    Returns:
        The steering demanded in every tick [rad], and the greatest distance from the way [m].
    """
    model, changes = model_named(reference.model), swings(track)
    state, angle, demands, off = np.array([0.0, 0.0, 0.0, speed, 0.0, 0.0, 0.0]), 0.0, [], 0.0
    lead = LEAD_IN * speed
    for _ in range(round((LEAD_IN + sum(track.sections) / speed + 0.5) / STEP)):
        x, y, _, _, yaw, _, slip = state
        course, reach = yaw + slip, speed * _PREVIEW
        ahead, _, _ = way(changes, x + reach * math.cos(course) - lead)
        _, _, curvature = way(changes, x + speed * _RESPONSE - lead)
        off = max(off, abs(y - way(changes, x - lead)[0]))
        error = ahead - y - reach * math.sin(course)
        # On the way, an arc of its curvature does not end at the preview point: only what is beside that counts.
        expected = ahead - way(changes, x - lead)[0] - reach * math.sin(math.atan(way(changes, x - lead)[1]))
        demand = reference.wheelbase * (curvature + _GAIN * 2.0 * (error - expected) / reach**2)
        demands.append(demand)
        turned = advance_steering(angle, demand, model.max_steering, model.max_steering_rate, STEP)
        rate, angle = (turned - angle) / STEP, turned

        def slopes(_, state, rate=rate):
            return np.array(reference.single_track(state.tolist(), (rate, 0.0), reference.parameters))

        state = advance(slopes, state, STEP)
    return demands, off


def lane_changes(reference: Reference) -> Iterator[Maneuver]:
    """The four lane changes."""
    width = reference.parameters.w
    for name, track, speeds in (
        ("ISO 3888-1", iso_3888_1(width), (80, 100)), ("ISO 3888-2", iso_3888_2(width), (55, 65)),
    ):  # fmt: skip
        for kmh in speeds:
            demands, _ = drive_lane_change(reference, track, kmh * KMH)
            yield Maneuver(name, f"{kmh} km/h", kmh * KMH, np.array(demands), np.zeros(len(demands)))
