"""Hazards as intervals: when an event set one off, when the ego first reacted, when it was over.

Reaction: the ego brakes, with its brake lamps lit where it has any, beyond 1 m/s² (and half a m/s² harder than it
decelerated at the onset), or turns its wheels by more than 1.7° from where they stood. What comes with a collision or
after it is none, nor is what slows the ego without its driver: drag of a burst tire, a grade. Nor is braking or turning
that was under way when the episode began with the hazard: what the ego does in the first moments shows how it drove
before. Over: the ego collides with the hazardous actor; has stopped; that actor lies behind it or has left; or the time
to collision, having been critical, is safe again for good, for a second at least; else when the episode ends. An ego
that has stopped and collides with that actor before it lies behind was not out of danger: the hazard lasts until then.

A hazard that comes from behind is not over because it lies there, nor because the ego has stopped: it lasts until the
collision, until it lies behind or ahead of the ego and goes away for good, for a second at least, or until the time to
collision is safe again as above.
"""

import math
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS
from simengine.core.space.plan_view import plan_view
from simengine.core.state import EGO, ActorKind, Light
from simengine.labels.annotation import Collision, Interval
from simengine.labels.motion import Motion, motion_of
from simengine.labels.tracks import Tracks

REACTION_DECELERATION = -1.0  # [m/s²]
REACTION_CHANGE = 0.5  # harder than at the onset by [m/s²]
REACTION_STEERING = 0.03  # road-wheel angle [rad]
STOPPED = 0.1  # [m/s]
CRITICAL_TTC = 4.0  # below it a course is critical [s]
RECOVERED_FOR = 1.0  # [s]
PERCEIVED = 0.4  # after which a driver decides on a hazard at the earliest (UN R157, Annex 4, Appendix 3) [s]
UNDER_WAY = 0.003  # change of the road-wheel angle over a recorded step from which the wheels are being turned [rad]
_WITH_BRAKE_LAMPS = {int(kind) for kind in (ActorKind.CAR, ActorKind.TRUCK, ActorKind.BUS, ActorKind.MOTORCYCLE)}
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
    steering, lights = tracks.steering[:, EGO], tracks.lights[:, EGO] & int(Light.BRAKE)
    has_lamps = int(tracks.kind[EGO]) in _WITH_BRAKE_LAMPS
    straight = begin = onset  # frames with which steering and braking are compared
    slowing = acceleration[onset]
    if onset == 0:  # what came before is not recorded
        settled = int(np.searchsorted(tracks.time_ns, tracks.time_ns[0] + PERCEIVED * NANOSECONDS, side="right")) - 1
        if lights[0] or not has_lamps:
            begin, slowing = settled, min(0.0, float(acceleration[: settled + 1].min()))
        if np.abs(np.diff(steering[:2])).max(initial=0.0) > UNDER_WAY:
            straight = settled
    turned = np.abs(steering - steering[straight]) > REACTION_STEERING
    turned[:straight] = False
    braked = acceleration < min(REACTION_DECELERATION, slowing - REACTION_CHANGE)
    braked[: begin + 1] = False
    if has_lamps:
        braked &= lights != 0
    reacted = np.flatnonzero(((turned | braked) & tracks.valid[:, EGO])[onset:])
    return int(tracks.time_ns[onset + reacted[0]]) if len(reacted) else -1


def _state(tracks: Tracks, frame: int, actor: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x, y, yaw, vx, vy of an actor at a recorded time, and its size as it stands or lies. Shapes (5,), (3,)."""
    p, v = tracks.position[frame, actor], tracks.velocity[frame, actor]
    yaw, *size = plan_view(*tracks.orientation[frame, actor].tolist(), *tracks.size[actor].tolist())
    return np.array([p[0], p[1], yaw, v[0], v[1]]), np.array(size)


class _Danger(NamedTuple):
    """How a moment stands between the ego and those that it has to heed."""

    time_to_collision: float  # the least with any that does not lie behind [s]
    from_behind: float  # the least with any [s]
    ahead: float  # how far the foremost lies ahead, negative once all lie wholly behind [m]
    goes_away: bool  # all lie wholly behind or wholly ahead, and none comes nearer


def _danger(tracks: Tracks, frame: int, heeded: list[int]) -> _Danger:
    """Return how a recorded time stands; `heeded` holds the actors to heed that are in the world."""
    soonest, anywhere, foremost, away = math.inf, math.inf, -math.inf, True
    ego, ego_size = _state(tracks, frame, EGO)
    for actor in heeded:
        other, other_size = _state(tracks, frame, actor)
        ttc, ahead = course(ego, other, ego_size, other_size)
        soonest, foremost = min(soonest, ttc if ahead >= 0.0 else math.inf), max(foremost, ahead)
        anywhere = min(anywhere, ttc)
        beyond = course(other, ego, other_size, ego_size)[1] < 0.0  # the ego lies wholly behind it, as it is headed
        dx, dy, dvx, dvy = other[[0, 1, 3, 4]] - ego[[0, 1, 3, 4]]
        parts = dx * dvx + dy * dvy >= -STOPPED * math.hypot(dx, dy)
        away = away and parts and (ahead < 0.0 or beyond)
    return _Danger(soonest, anywhere, foremost, away)


def hazard_intervals(
    tracks: Tracks, onsets: Iterable[HazardOnset], end_ns: int, collisions: Sequence[Collision] = ()
) -> list[Interval]:
    """Return the interval of every hazard, in order of their onsets.

    Args:
        tracks: Of the whole episode.
        onsets: Hazard events that fired.
        end_ns: When the episode ended; a hazard that was not over ends with it [ns].
        collisions: Of the whole episode.
    """
    if len(tracks.time_ns) == 0:
        return []
    motion = motion_of(tracks)
    last = len(tracks.time_ns) - 1
    found = []
    for event in sorted(onsets, key=lambda onset: (onset.time_ns, onset.name)):
        onset = min(int(np.searchsorted(tracks.time_ns, event.time_ns, side="left")), last)
        hit_ns = _hit(event, collisions)
        over_ns = _over(tracks, motion, event, onset, hit_ns)
        over_ns = max(over_ns if over_ns >= 0 else end_ns, event.time_ns)
        response = _reaction(tracks, motion.acceleration[:, EGO], onset)
        if response > over_ns or response >= hit_ns:  # a blow slows and turns the ego as well
            response = -1
        found.append(Interval(f"hazard:{event.name}", event.actor, event.time_ns, response, over_ns))
    return found


def _hit(event: HazardOnset, collisions: Sequence[Collision]) -> int:
    """Return when the ego first collided with whom it had to heed [ns], the largest integer if it did not."""
    heeded = set(event.heeded) - {EGO}
    hits = [c.start_ns for c in collisions if c.actor == EGO and c.other in heeded and c.start_ns >= event.time_ns]
    return min(hits, default=sys.maxsize)


def _over(tracks: Tracks, motion: Motion, event: HazardOnset, onset: int, hit_ns: int) -> int:
    """Return when a hazard was over [ns], −1 if it was not.

    Args:
        tracks: Of the whole episode.
        motion: Of the same.
        event: What set it off.
        onset: Frame with which it began.
        hit_ns: When the ego collided with whom it had to heed [ns].
    """
    stopped_ns, safe_ns, critical, moved, seen, now = -1, -1, False, False, False, 0
    comes_from_behind = False
    for frame in range(onset, len(tracks.time_ns)):
        now = int(tracks.time_ns[frame])
        if now >= hit_ns:
            return hit_ns
        speed = abs(float(motion.speed[frame, EGO]))
        moved = moved or speed > 5.0 * STOPPED
        if stopped_ns < 0 and moved and speed < STOPPED and not comes_from_behind:
            stopped_ns = _first_safe(safe_ns, now, now)
        if event.heeded == (EGO,):
            if stopped_ns >= 0:
                return stopped_ns
            continue
        heeded = [actor for actor in event.heeded if tracks.valid[frame, actor]]
        danger = _danger(tracks, frame, heeded)
        if heeded and not seen:
            seen, comes_from_behind = True, danger.ahead < 0.0
        if seen and danger.ahead < 0.0 and not (comes_from_behind and heeded):  # behind the ego, or gone
            return stopped_ns if stopped_ns >= 0 else _first_safe(safe_ns, now, now)
        if stopped_ns < 0:
            ttc = danger.from_behind if comes_from_behind else danger.time_to_collision
            critical = critical or ttc < CRITICAL_TTC
            safe = (critical and ttc >= CRITICAL_TTC) or (comes_from_behind and danger.goes_away)
            safe_ns = -1 if not safe else safe_ns if safe_ns >= 0 else now
    return stopped_ns if stopped_ns >= 0 else _first_safe(safe_ns, now, -1)


def _first_safe(safe_ns: int, now: int, otherwise: int) -> int:
    """Return since when the ego has been safe [ns], if that has lasted long enough by now, else another value."""
    return safe_ns if 0 <= safe_ns <= now - RECOVERED_FOR * NANOSECONDS else otherwise
