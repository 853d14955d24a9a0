"""Traffic starts no faster than it can slow down for whoever is ahead, on the ground as it is."""

import math
from dataclasses import replace

from simengine.behavior.conditions import COMFORT_SHARE, grip_bound
from simengine.core.state import Behavior, Mobility
from simengine.road.network import LaneArrays
from simengine.road.projection import locate
from simengine.simulation.placement.placer import Placer

_BRAKING = 2.0  # comfortable deceleration of the IDM [m/s²]
_ROOM = 2.0  # left behind whoever is ahead: s0 of the IDM [m]
_REACH = 300.0  # along the lanes: more than anybody brakes on [m]


def ease_starts(placer: Placer) -> None:
    """Lower the speeds of ordinary vehicles that would have to brake hard from the first tick on.

    Behind a vehicle of speed u that is a gap g ahead on any way that the lanes allow, v² ≤ u² + 2 b g, with b the
    comfortable deceleration of the IDM or what a driver plans with on slippery ground.
    """
    braking = min(_BRAKING, grip_bound(math.inf, placer.friction, COMFORT_SHARE))
    on_lane: dict[int, list[tuple[float, int]]] = {}
    for k, plan in enumerate(placer.plans):
        if not plan.present or plan.model.mobility != Mobility.WHEELED or plan.behavior == Behavior.PARKED:
            continue
        lane, s, _ = locate(placer.lanes, plan.x, plan.y, plan.z, plan.yaw)
        if lane >= 0:
            on_lane.setdefault(lane, []).append((s, k))
    ahead = {
        k: _next_ahead(placer.lanes, on_lane, lane, s)
        for lane, row in on_lane.items()
        for s, k in row
        if placer.plans[k].behavior == Behavior.TRAFFIC
    }
    slowed = set(ahead)
    while slowed:  # who is slower now slows those behind; speeds only fall, to no less than the slowest ahead
        again = set()
        for k in slowed:
            plan = placer.plans[k]
            allowed = plan.speed
            for other, way in ahead[k]:
                leader = placer.plans[other]
                gap = max(0.0, way - 0.5 * (plan.footprint[0] + leader.footprint[0]) - _ROOM)
                allowed = min(allowed, math.sqrt(leader.speed**2 + 2.0 * braking * gap))
            if allowed < plan.speed:
                placer.plans[k] = replace(plan, speed=allowed)
                again |= {behind for behind, row in ahead.items() if any(other == k for other, _ in row)}
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
