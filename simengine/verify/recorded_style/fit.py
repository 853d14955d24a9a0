"""Driver distributions such that traffic driven by them looks like the recorded one.

Calibration by distributions: drivers drive a recording's vehicles from where they start, and accelerations, speeds,
headways, gaps and lane changes are compared with the recorded ones as distributions, and the gaps that drivers would
settle at with those of recorded vehicles that keep up with whom they follow; not trajectory by trajectory
(Treiber & Kesting, "Traffic Flow Dynamics", 2013, ch. 16, call the latter local and the former global calibration).
Every distance counts in units of the one between halves of the fitted vehicles; the same random numbers serve every
trial, so that trials differ by their parameters alone.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.rng import generator
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.distance import between, vehicle_floors
from simengine.verify.recorded_style.drive import ReadyRecording, drive, set_stage
from simengine.verify.recorded_style.quantities import RATE, Traffic, measure
from simengine.verify.recorded_style.roads import RecordedRoad
from simengine.verify.recorded_style.search import minimize, population
from simengine.verify.recorded_style.settled_gaps import settled_distance

WORLDS = 2  # in which every recording is driven in a trial
RATE_HZ = 40  # ticks of the physics in trials; the table is made with those of conf/physics
FITTED = ("acceleration", "speed", "headway", "gap", RATE)  # jerk is mostly noise of the recordings
SPLITS = 100  # halves that a weight is taken from
TOUCH = 20.0  # weight of the share of driven vehicles that touch somebody


class Range(NamedTuple):
    """Where a parameter is looked for."""

    low: float
    high: float
    start: float
    logarithmic: bool = False


RANGES = {
    "desired_speed": Range(0.7, 1.6, 1.0),
    "desired_speed_std": Range(0.0, 0.4, 0.2),
    "time_gap": Range(0.5, 2.0, 1.0),
    "time_gap_std": Range(0.0, 0.9, 0.5),
    "min_gap": Range(0.3, 2.0, 0.8),
    "max_acceleration": Range(0.3, 2.0, 1.2),
    "comfortable_deceleration": Range(0.4, 2.5, 2.0),
    "temper_std": Range(0.0, 0.3, 0.15),
    "lane_change_threshold": Range(0.1, 8.0, 3.0, logarithmic=True),
    "noise": Range(0.0, 1.5, 0.9),
    "noise_time": Range(1.0, 10.0, 1.5, logarithmic=True),  # faster is noise of the recording, not of people
}
# Kept: what so few changes of lane cannot tell, and what the law says where the recordings are from.
FIXED = {"time_gap_shape": "lognormal", "politeness": 0.3, "lane_change_bias": 0.0}
DIGITS = 3  # significant ones that are kept


def drivers_at(point: NDArray[np.float64]) -> DriverSpread:
    """Return the drivers at a point of the search, rounded as they are written."""
    values = {}
    for (name, limits), x in zip(RANGES.items(), point.tolist(), strict=True):
        if limits.logarithmic:
            value = limits.low * (limits.high / limits.low) ** x
        else:
            value = limits.low + x * (limits.high - limits.low)
        values[name] = float(f"{value:.{DIGITS}g}")
    return DriverSpread(**values, **FIXED)


def start_point() -> NDArray[np.float64]:
    """Return where the search begins."""
    point = []
    for r in RANGES.values():
        if r.logarithmic:
            point.append(math.log(r.start / r.low) / math.log(r.high / r.low))
        else:
            point.append((r.start - r.low) / (r.high - r.low))
    return np.array(point)


def trials(rounds: int) -> int:
    """Return how many trials a fit makes."""
    return 1 + rounds * population(len(RANGES))


def show(stage: ReadyRecording, drivers: DriverSpread, worlds: int, seed: int) -> tuple[list[Traffic], int]:
    """Return what a recording's vehicles show when drivers drive them, and how many pairs touched."""
    tracks, touched = drive(stage, drivers, worlds, seed)
    road = stage.road
    return [measure(road.lanes, road.lane_end, one, road.time_step, road.driven) for one in tracks], touched


def fit(
    sites: dict[str, Sequence[RecordedRoad]], seed: int, rounds: int,
    told: Callable[[int, float], object] = lambda tried, best: None,
) -> DriverSpread:  # fmt: skip
    """Fit drivers to recordings.

    Args:
        sites: Recordings by the place where they were made; every site counts the same.
        seed: Of everything drawn.
        rounds: Of the search.
        told: Called after every round with trials made and the best value.
    """
    random = generator(seed, "recorded_style")
    stages = {site: [set_stage(road, RATE_HZ) for road in roads] for site, roads in sites.items()}
    weights = {}
    for site, roads in sites.items():
        for name in FITTED:
            own = vehicle_floors([road.recorded for road in roads], name, random, SPLITS)
            if len(own) and own.mean() > 0.0:  # fewer than two vehicles, or equal ones, give no unit to count in
                weights[site, name] = 1.0 / float(own.mean())

    def badness(point: NDArray[np.float64]) -> float:
        drivers, total = drivers_at(point), 0.0
        for site, ready in stages.items():
            shown, touched = [], 0
            for stage in ready:
                traffic, hits = show(stage, drivers, WORLDS, seed)
                shown += traffic
                touched += hits
            recorded = [stage.road.recorded for stage in ready]
            for name in FITTED:
                if (site, name) in weights:
                    distance = weights[site, name] * between(shown, recorded, name)
                    total += distance * distance if math.isfinite(distance) else 100.0
            settled = weights.get((site, "gap"), 0.0) * settled_distance(drivers, recorded)
            total += settled * settled if math.isfinite(settled) else 0.0
            total += TOUCH * touched / (WORLDS * max(1, sum(int(stage.road.driven.sum()) for stage in ready)))
        return total / (len(stages) * (len(FITTED) + 1))

    return drivers_at(minimize(badness, start_point(), 0.2, rounds, random, told).point)
