"""Traffic starts no faster than it can slow down for whoever is ahead, and leaves the ego the room to do so.

How fast the ego starts, and where, is for the scenario to say; where it could not slow down comfortably for ordinary
vehicles ahead of it, these are left out.
"""

import math
from dataclasses import replace

from simengine.behavior.vehicle.road_conditions import COMFORT_SHARE, grip_bound
from simengine.core.state import EGO, Behavior, Mobility
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import locate
from simengine.road.network.traverse import COMFORTABLE_BRAKING
from simengine.simulation.placement.placer import ActorPlan, Placer

_ROOM = 2.0  # left behind whoever is ahead: s0 of the IDM [m]
_REACH = 300.0  # along the lanes: more than anybody brakes on [m]


def ease_starts(placer: Placer) -> None:
    """Leave out whom the ego could not slow down for, and lower the speeds of those who would have to brake hard.

    Behind a vehicle of speed u that is a gap g ahead on any way that the lanes allow, v² ≤ u² + 2 b g, with b the
    comfortable deceleration of the IDM or what a driver plans with on slippery ground.
    """
    braking = min(COMFORTABLE_BRAKING, grip_bound(math.inf, placer.friction, COMFORT_SHARE))
    left_out = 0
    while True:
        on_lane = _by_lane(placer)
        ahead = {
            k: _next_ahead(placer.lanes, on_lane, lane, s)
            for lane, row in on_lane.items()
            for s, k in row
            if k == EGO or placer.plans[k].behavior == Behavior.TRAFFIC
        }
        _slow(placer, ahead, braking)
        ego = placer.plans[EGO]
        hopeless = [
            other
            for other, way in ahead.get(EGO, ())
            if placer.plans[other].behavior == Behavior.TRAFFIC
            and _allowed(ego, placer.plans[other], way, braking) < ego.speed
        ]
        if not hopeless:
            break
        left_out += len(hopeless)
        for other in sorted(hopeless, reverse=True):
            del placer.plans[other]
    if left_out:
        placer.tell(
            f"traffic: {left_out} vehicle{'s' * (left_out > 1)} left out ahead of the ego, which could not slow down "
            f"for them from {placer.plans[EGO].speed:.0f} m/s (ego.speed)"
        )


def _by_lane(placer: Placer) -> dict[int, list[tuple[float, int]]]:
    """Return who is on each lane and may be driven into: where along it [m], and its index."""
    on_lane: dict[int, list[tuple[float, int]]] = {}
    for k, plan in enumerate(placer.plans):
        if not plan.present or plan.model.mobility != Mobility.WHEELED or plan.behavior == Behavior.PARKED:
            continue
        lane, s, _ = locate(placer.lanes, plan.x, plan.y, plan.z, plan.yaw)
        if lane >= 0:
            on_lane.setdefault(lane, []).append((s, k))
    return on_lane


def _allowed(plan: ActorPlan, leader: ActorPlan, way: float, braking: float) -> float:
    """Return how fast a vehicle may start behind another that is so far ahead, middle to middle [m/s]."""
    gap = max(0.0, way - 0.5 * (plan.footprint[0] + leader.footprint[0]) - _ROOM)
    return math.sqrt(leader.speed**2 + 2.0 * braking * gap)


def _slow(placer: Placer, ahead: dict[int, list[tuple[int, float]]], braking: float) -> None:
    """Lower the speeds of ordinary vehicles; `ahead` tells of each vehicle who is ahead and how far [m]."""
    slowed = {k for k in ahead if k != EGO}
    while slowed:  # who is slower now slows those behind; speeds only fall, to no less than the slowest ahead
        again = set()
        for k in slowed:
            plan = placer.plans[k]
            allowed = min((_allowed(plan, placer.plans[other], way, braking) for other, way in ahead[k]), default=1e9)
            if allowed < plan.speed:
                placer.plans[k] = replace(plan, speed=allowed)
                again |= {b for b, row in ahead.items() if b != EGO and any(other == k for other, _ in row)}
        slowed = again


def _next_ahead(
    lanes: LaneArrays, on_lane: dict[int, list[tuple[float, int]]], lane: int, s: float
) -> list[tuple[int, float]]:
    """Return the next vehicle on every way on from a place, as its index and how far ahead it is [m]."""
    found: list[tuple[int, float]] = []
    todo, seen = [(lane, -s)], {lane}
    while todo:
        here, start = todo.pop()
        beyond = [(start + at, k) for at, k in on_lane.get(here, ()) if start + at > 0.0]
        if beyond:
            way, k = min(beyond)
            found.append((k, way))
            continue
        end = start + float(lanes.lane_length[here])
        if end > _REACH:
            continue
        for following in lanes.successor[lanes.successor_first[here] : lanes.successor_first[here + 1]].tolist():
            if following not in seen:
                seen.add(following)
                todo.append((following, end))
    return [(k, way) for k, way in found if way < _REACH]
