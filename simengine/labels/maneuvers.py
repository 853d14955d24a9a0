"""What vehicles did: lane changes, turns, braking, standstill, as intervals found in the tracks."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS
from simengine.core.state import ActorTable, Behavior, Mobility
from simengine.labels.annotation import Interval
from simengine.labels.motion import LaneMotion, Motion, lane_motion_of, motion_of, runs
from simengine.labels.tracks import Tracks
from simengine.road.network.network import RoadNetwork

BRAKING, BRAKING_ENDS = -2.0, -0.5  # begins below, lasts while below [m/s²]
BRAKING_LEAST = 0.3  # [s]
STANDSTILL, STANDSTILL_LEAST = 0.1, 1.0  # slower than [m/s], for [s]
MOVED = 0.5  # an actor that never goes faster has no standstill [m/s]
TURN_LEAST = math.radians(30.0)  # change of heading inside a junction
TURN_GAP = 0.5  # outside the junction's lanes that does not end a turn [s]
DRIFTING = 0.15  # a lane change lasts while the drift is above [m/s]
DRIFT_LONGEST = 8.0  # to either side of crossing the line [s]


def _interval(name: str, actor: int, tracks: Tracks, start: int, end: int) -> Interval:
    """Return a maneuver between two recorded times."""
    return Interval(f"maneuver:{name}", actor, int(tracks.time_ns[start]), -1, int(tracks.time_ns[end]))


def _braking(tracks: Tracks, motion: Motion, actor: int) -> list[Interval]:
    """Return stretches of hard braking; a deceleration belongs to the step that ends at its time."""
    slowing = motion.acceleration[:, actor] < BRAKING_ENDS
    found = []
    for start, stop in runs(slowing):
        hard = np.flatnonzero(motion.acceleration[start:stop, actor] < BRAKING)
        if len(hard) == 0:
            continue
        begin = start + int(hard[0]) - 1
        if tracks.time_ns[stop - 1] - tracks.time_ns[begin] >= BRAKING_LEAST * NANOSECONDS:
            found.append(_interval("braking", actor, tracks, begin, stop - 1))
    return found


def _standstill(tracks: Tracks, motion: Motion, actor: int) -> list[Interval]:
    """Return stretches in which a vehicle that moves at other times stands."""
    speed = np.abs(motion.speed[:, actor])
    if not speed.max(initial=0.0) > MOVED:
        return []
    return [
        _interval("standstill", actor, tracks, start, stop - 1)
        for start, stop in runs(tracks.valid[:, actor] & (speed < STANDSTILL))
        if tracks.time_ns[stop - 1] - tracks.time_ns[start] >= STANDSTILL_LEAST * NANOSECONDS
    ]


def _turning(
    tracks: Tracks, motion: Motion, lanes: LaneMotion, junction: NDArray[np.bool_], actor: int
) -> list[Interval]:
    """Return passages of a junction that change the heading; `junction` says which lanes lie in one."""
    lane = lanes.lane[:, actor]
    inside = (lane >= 0) & junction[lane]
    joined: list[tuple[int, int]] = []
    for start, stop in runs(inside):
        if joined and tracks.time_ns[start] - tracks.time_ns[joined[-1][1] - 1] <= TURN_GAP * NANOSECONDS:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    found = []
    for start, stop in joined:
        turned = float(motion.turned[start:stop, actor].sum())
        if abs(turned) >= TURN_LEAST:
            name = "turn_left" if turned > 0.0 else "turn_right"
            found.append(_interval(name, actor, tracks, start, stop - 1))
    return found


def _side(network: RoadNetwork, before: int, after: int) -> int:
    """Return 1 if a lane lies left of another, or of its continuation, −1 if right, 0 if neither."""
    ahead = network.successor[network.successor_first[before] : network.successor_first[before + 1]]
    for lane in (before, *ahead):
        for side, neighbor in ((1, network.lane_left[lane]), (-1, network.lane_right[lane])):
            if neighbor < 0:
                continue
            if neighbor == after:
                return side
            beyond = network.successor[network.successor_first[neighbor] : network.successor_first[neighbor + 1]]
            if lane == before and after in beyond:
                return side
    return 0


def _lane_changes(tracks: Tracks, lanes: LaneMotion, network: RoadNetwork, actor: int) -> list[Interval]:
    """Return crossings into a neighbor lane, from where the drift towards it begins to where it ends."""
    lane, drift = lanes.lane[:, actor], lanes.drift[:, actor]
    longest = DRIFT_LONGEST * NANOSECONDS
    found: list[Interval] = []
    for k in range(1, len(lane)):
        if lane[k] == lane[k - 1] or lane[k] < 0 or lane[k - 1] < 0:
            continue
        side = _side(network, int(lane[k - 1]), int(lane[k]))
        if side == 0 or not (side * drift[k] > DRIFTING or side * drift[k - 1] > DRIFTING):
            continue
        start, end = k - 1, k
        while (
            start > 0
            and lane[start - 1] >= 0
            and side * drift[start - 1] > DRIFTING
            and (tracks.time_ns[k] - tracks.time_ns[start - 1] <= longest)
        ):
            start -= 1
        while (
            end + 1 < len(lane)
            and lane[end + 1] >= 0
            and side * drift[end] > DRIFTING
            and (tracks.time_ns[end + 1] - tracks.time_ns[k] <= longest)
        ):
            end += 1
        found.append(_interval("lane_change_left" if side > 0 else "lane_change_right", actor, tracks, start, end))
    return found


def maneuver_intervals(
    tracks: Tracks, actors: ActorTable, slots: NDArray[np.int64], network: RoadNetwork
) -> list[Interval]:
    """Return the maneuvers of every vehicle that drives, in order of their start.

    Args:
        tracks: Of the whole episode.
        actors: What the actors are; row 0 is used.
        slots: Row of the table of each actor of the tracks. Shape (num_ids,).
        network: The lanes they drive on.
    """
    driving = np.isin(actors.mobility[0], (int(Mobility.WHEELED), int(Mobility.DIFFERENTIAL)))
    driving &= actors.present[0] & (actors.behavior[0] != Behavior.PARKED)
    driving = driving[slots]
    motion = motion_of(tracks)
    lanes = lane_motion_of(tracks, motion, network, driving)
    junction = network.lane_junction >= 0
    found: list[Interval] = []
    for actor in np.flatnonzero(driving):
        a = int(actor)
        found += _braking(tracks, motion, a) + _standstill(tracks, motion, a)
        found += _turning(tracks, motion, lanes, junction, a) + _lane_changes(tracks, lanes, network, a)
    return sorted(found, key=lambda interval: (interval.start_ns, interval.actor, interval.name))
