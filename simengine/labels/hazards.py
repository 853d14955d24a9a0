"""Hazards as intervals: when an event set one off, when the ego first reacted, when it was over.

Reaction: the ego decelerates beyond 1 m/s² (and half a m/s² harder than at the onset), or turns its wheels by more than
1.7° from where they stood. Over: the ego has stopped, the hazardous actor lies behind it or has left, or the time to
collision, having been critical, is safe again and stays so for a second; else when the episode ends.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS
from simengine.core.plan_view import plan_view
from simengine.core.state import EGO
from simengine.labels.annotation import Interval
from simengine.labels.motion import Motion, motion_of
from simengine.labels.tracks import Tracks

REACTION_DECELERATION = -1.0  # [m/s²]
REACTION_CHANGE = 0.5  # harder than at the onset by [m/s²]
REACTION_STEERING = 0.03  # road-wheel angle [rad]
STOPPED = 0.1  # [m/s]
CRITICAL_TTC = 4.0  # below it a course is critical [s]
RECOVERED_FOR = 1.0  # [s]
LATERAL_MARGIN = 0.3  # beside the boxes that still counts as a collision course [m]


class HazardOnset(NamedTuple):
    """An event of a scenario that is marked as a hazard, when it fired."""

    name: str  # of the event
    actor: int  # id of who acted, see `WorldState.identity`
    time_ns: int
    threats: tuple[int, ...] = ()  # ids of whom the ego must heed, where it is not who acted

    @property
    def heeded(self) -> tuple[int, ...]:
        """Ids of whom the ego must heed: those that the event names, else who acted."""
        return self.threats or (self.actor,)


@njit(cache=True)
def course(
    ego: NDArray[np.float64], other: NDArray[np.float64], ego_size: NDArray[np.float64], other_size: NDArray[np.float64]
) -> tuple[float, float]:
    """Return time to collision [s], infinite off a collision course, and how far the other's box lies ahead [m].

    Both go on at constant velocity; the boxes are taken along the ego's heading. The distance ahead is from the ego's
    rear to the other's front, so it is negative once the other lies wholly behind.

    Args:
        ego: x, y [m], yaw [rad], vx, vy [m/s]. Shape (5,).
        other: The same. Shape (5,).
        ego_size: Length, width, height [m]. Shape (3,).
        other_size: The same. Shape (3,).
    """
    c, s = math.cos(ego[2]), math.sin(ego[2])
    dx, dy = other[0] - ego[0], other[1] - ego[1]
    wx, wy = other[3] - ego[3], other[4] - ego[4]
    ahead, left = dx * c + dy * s, dy * c - dx * s
    ahead_rate, left_rate = wx * c + wy * s, wy * c - wx * s
    turn = other[2] - ego[2]
    ct, st = abs(math.cos(turn)), abs(math.sin(turn))
    along = 0.5 * (ego_size[0] + other_size[0] * ct + other_size[1] * st)
    across = 0.5 * (ego_size[1] + other_size[1] * ct + other_size[0] * st) + LATERAL_MARGIN
    enter, leave = 0.0, math.inf
    for place, rate, half in ((ahead, ahead_rate, along), (left, left_rate, across)):
        if abs(rate) < 1e-9:
            if abs(place) > half:
                return math.inf, ahead + along
            continue
        near, far = (-half - place) / rate, (half - place) / rate
        enter, leave = max(enter, min(near, far)), min(leave, max(near, far))
    return (enter if enter <= leave else math.inf), ahead + along


def _reaction(tracks: Tracks, acceleration: NDArray[np.float64], onset: int) -> int:
    """Return the time of the ego's first reaction from a recorded time on [ns], or −1."""
    slowing = acceleration[onset]
    limit = min(REACTION_DECELERATION, slowing - REACTION_CHANGE)
    turned = np.abs(tracks.steering[onset:, EGO] - tracks.steering[onset, EGO]) > REACTION_STEERING
    braked = acceleration[onset:] < limit
    braked[0] = False
    reacted = np.flatnonzero((turned | braked) & tracks.valid[onset:, EGO])
    return int(tracks.time_ns[onset + reacted[0]]) if len(reacted) else -1


def _state(tracks: Tracks, frame: int, actor: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x, y, yaw, vx, vy of an actor at a recorded time, and its size as it stands or lies. Shapes (5,), (3,)."""
    p, v = tracks.position[frame, actor], tracks.velocity[frame, actor]
    yaw, *size = plan_view(*tracks.orientation[frame, actor].tolist(), *tracks.size[actor].tolist())
    return np.array([p[0], p[1], yaw, v[0], v[1]]), np.array(size)


def _danger(tracks: Tracks, frame: int, heeded: list[int]) -> tuple[float, float]:
    """Return the least time to collision with any of several actors [s], and how far the foremost lies ahead [m]."""
    soonest, foremost = math.inf, -math.inf
    ego, ego_size = _state(tracks, frame, EGO)
    for actor in heeded:
        other, other_size = _state(tracks, frame, actor)
        ttc, ahead = course(ego, other, ego_size, other_size)
        soonest, foremost = min(soonest, ttc if ahead >= 0.0 else math.inf), max(foremost, ahead)
    return soonest, foremost


def hazard_intervals(tracks: Tracks, onsets: Iterable[HazardOnset], end_ns: int) -> list[Interval]:
    """Return the interval of every hazard, in order of their onsets.

    Args:
        tracks: Of the whole episode.
        onsets: Hazard events that fired.
        end_ns: When the episode ended; a hazard that was not over ends with it [ns].
    """
    if len(tracks.time_ns) == 0:
        return []
    motion = motion_of(tracks)
    last = len(tracks.time_ns) - 1
    found = []
    for event in sorted(onsets, key=lambda onset: (onset.time_ns, onset.name)):
        onset = min(int(np.searchsorted(tracks.time_ns, event.time_ns, side="left")), last)
        end = _over(tracks, motion, event, onset, last)
        response = _reaction(tracks, motion.acceleration[:, EGO], onset)
        over_ns = max(int(tracks.time_ns[end]) if end >= 0 else end_ns, event.time_ns)
        if response > over_ns:
            response = -1
        found.append(Interval(f"hazard:{event.name}", event.actor, event.time_ns, response, over_ns))
    return found


def _over(tracks: Tracks, motion: Motion, event: HazardOnset, onset: int, last: int) -> int:
    """Return the frame with which a hazard is over, −1 if it is not."""
    critical, safe_since, moved, seen = False, -1, False, False
    for frame in range(onset, last + 1):
        speed = abs(float(motion.speed[frame, EGO]))
        moved = moved or speed > 5.0 * STOPPED
        if moved and speed < STOPPED:
            return frame
        if event.heeded == (EGO,):
            continue
        heeded = [actor for actor in event.heeded if tracks.valid[frame, actor]]
        seen = seen or bool(heeded)
        if not heeded:
            if seen:
                return frame
            continue
        ttc, ahead = _danger(tracks, frame, heeded)
        if ahead < 0.0:
            return frame
        if ttc < CRITICAL_TTC:
            critical, safe_since = True, -1
        elif critical:
            safe_since = frame if safe_since < 0 else safe_since
            if tracks.time_ns[frame] - tracks.time_ns[safe_since] >= RECOVERED_FOR * NANOSECONDS:
                return safe_since
    return -1
