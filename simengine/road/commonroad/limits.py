"""Speed limits of lanelets whose file states none: from the road before, from the recorded speeds.

Traffic engineers set limits by the speed that 85 % of the vehicles do not exceed (MUTCD 2009, §2B.13); where that is
above what is usual for a lanelet's type, it is the limit, rounded up to a number that signs have. Speeds below tell
nothing: they may be those of a jam. A jam on a motorway is told from a town street by what the map shows.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorKind
from simengine.road.commonroad.intersections import find_root
from simengine.road.files.recording import RecordedTracks
from simengine.road.network.network import LaneType, RoadNetwork, lane_arrays
from simengine.road.network.projection import locate_batch

_SHARE, _FAST_SHARE = 85.0, 95.0  # percentiles of the recorded speeds
_LEAST = 5  # samples of a road's speeds that tell something
_MOST = 20_000  # samples that are looked at
_MOTORS = (ActorKind.CAR, ActorKind.TRUCK, ActorKind.BUS, ActorKind.MOTORCYCLE)
_KMH, _MPH = 1.0 / 3.6, 0.44704  # [m/s]
_MILES = ("USA", "GBR")  # countries whose signs say miles per hour, as benchmark ids name them
_LARGEST = 130.0 * _KMH
_WIDE = 3  # lanes of one direction, without oncoming ones and without junctions: a motorway
_MOTORWAY = {True: 65.0 * _MPH, False: 100.0 * _KMH}  # its least limit where signs count in miles, in kilometers [m/s]
_FASTER = 1.05  # factor above the usual limit from which speeds count as faster


class DerivedLimit(NamedTuple):
    """A limit that the recorded speeds gave to the lanes of one road."""

    lanes: NDArray[np.int64]
    usual: float  # [m/s]
    common: float  # what 85 % do not exceed [m/s]
    limit: float  # [m/s]


def derive_limits(
    network: RoadNetwork, tracks: RecordedTracks, stated: NDArray[np.bool_], country: str
) -> tuple[NDArray[np.float64], list[DerivedLimit]]:
    """Return the limit of every lane [m/s], and what the recorded speeds changed.

    Args:
        network: Its limits are those stated and, elsewhere, those usual for the type.
        tracks: The recorded traffic.
        stated: Lanes whose limit the file states. Shape (num_lanes,).
        country: Three letters, as a benchmark id begins with; decides whether signs count in miles.
    """
    limit = network.lane_speed_limit.copy()
    open_road = (network.lane_type == LaneType.DRIVING) & (network.lane_junction < 0)
    _carry_on(network, open_road, stated, limit)
    road = _roads(network, open_road & ~stated)
    lane, speed = _samples(network, tracks) if road.max(initial=-1) >= 0 else (np.zeros(0, np.int64), np.zeros(0))
    derived = []
    for number in range(int(road.max(initial=-1)) + 1):
        lanes = np.flatnonzero(road == number)
        seen = speed[np.isin(lane, lanes)]
        if len(seen) < _LEAST:
            continue
        usual, common = float(limit[lanes].max()), float(np.percentile(seen, _SHARE))
        found = _sign_above(common, country)
        if _is_motorway(network, lanes) and np.percentile(seen, _FAST_SHARE) > usual:
            found = max(found, _MOTORWAY[country in _MILES])
        if found > usual and (common > _FASTER * usual or found > _sign_above(common, country)):
            limit[lanes] = found
            derived.append(DerivedLimit(lanes, usual, common, found))
    _cross_junctions(network, stated, limit)
    return limit, derived


def _carry_on(
    network: RoadNetwork, open_road: NDArray[np.bool_], stated: NDArray[np.bool_], limit: NDArray[np.float64]
) -> None:
    """Let a stated limit hold beside and after its lanelet up to the next junction; writes `stated` and `limit`."""
    waiting = [int(lane) for lane in np.flatnonzero(stated & open_road)]
    while waiting:
        lane = waiting.pop(0)
        after = network.successor[network.successor_first[lane] : network.successor_first[lane + 1]]
        for other in (int(network.lane_left[lane]), int(network.lane_right[lane]), *map(int, after)):
            if other >= 0 and open_road[other] and not stated[other]:
                stated[other], limit[other] = True, limit[lane]
                waiting.append(other)


def _roads(network: RoadNetwork, counts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the roads that lanes side by side and one after another make; −1 for lanes that do not count."""
    parent = np.arange(len(counts))
    for lane in np.flatnonzero(counts):
        after = network.successor[network.successor_first[lane] : network.successor_first[lane + 1]]
        for other in (network.lane_left[lane], network.lane_right[lane], *after):
            if other >= 0 and counts[other]:
                parent[find_root(parent, lane)] = find_root(parent, other)
    numbers: dict[int, int] = {}
    return np.array(
        [
            numbers.setdefault(int(find_root(parent, lane)), len(numbers)) if counts[lane] else -1
            for lane in range(len(counts))
        ],
        np.int64,
    )


def _samples(network: RoadNetwork, tracks: RecordedTracks) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return on which lane recorded motor vehicles are, and how fast [m/s]."""
    row, step = np.nonzero(tracks.valid & np.isin(tracks.kind, _MOTORS)[:, None])
    every = max(1, math.ceil(len(row) / _MOST))
    row, step = row[::every], step[::every]
    lane, place = np.full(len(row), -1, np.int32), np.zeros((len(row), 2))
    position = tracks.position[row, step]
    locate_batch(
        lane_arrays(network), position[:, 0].copy(), position[:, 1].copy(), np.full(len(row), math.nan),
        tracks.heading[row, step], lane, place,
    )  # fmt: skip
    return lane.astype(np.int64), np.abs(tracks.velocity[row, step])


def _sign_above(speed: float, country: str) -> float:
    """Return the least limit that a sign could show and that is not below a speed [m/s]."""
    step = 5.0 * _MPH if country in _MILES else 10.0 * _KMH
    return min(math.ceil(speed / step - 1e-6) * step, _LARGEST)


def _is_motorway(network: RoadNetwork, lanes: NDArray[np.int64]) -> bool:
    """Say whether a road looks like a motorway: wide, one way, on a map without anything that crosses it."""
    if (network.lane_junction >= 0).any() or len(network.crossing_width) or len(network.stop_lane):
        return False
    if (network.lane_opposite[lanes] >= 0).any():
        return False
    return max(_count_beside(network, int(lane)) for lane in lanes) >= _WIDE


def _count_beside(network: RoadNetwork, lane: int) -> int:
    """Return how many driving lanes lie side by side from a lane on to its left."""
    seen: set[int] = set()
    while lane >= 0 and lane not in seen and network.lane_type[lane] == LaneType.DRIVING:
        seen.add(lane)
        lane = int(network.lane_left[lane])
    return len(seen)


def _cross_junctions(network: RoadNetwork, stated: NDArray[np.bool_], limit: NDArray[np.float64]) -> None:
    """Let lanes inside a junction have the limit of the road that leads in, the lowest of several; writes `limit`."""
    inside = (network.lane_junction >= 0) & (network.lane_type == LaneType.DRIVING) & ~stated
    known = ~inside
    waiting = [int(lane) for lane in np.flatnonzero(inside)]
    for _ in range(len(waiting)):  # one lane at least is known after each pass, or none ever will be
        ready = []
        for lane in waiting:
            before = network.predecessor[network.predecessor_first[lane] : network.predecessor_first[lane + 1]]
            if len(before) and known[before].all():
                limit[lane] = limit[before].min()
                ready.append(lane)
        known[ready] = True
        waiting = [lane for lane in waiting if not known[lane]]
        if not ready:
            break
