"""DriverLanes that scripted people will walk, which chance actors leave free: else the hazard would come to nothing."""

import math
from typing import NamedTuple

from simengine.core.space.geometry import boxes_gap
from simengine.road.network.frenet import project_on_lane
from simengine.road.network.projection import lane_pose
from simengine.simulation.placement.placer import ActorPlan, Placer

_ROOM = 0.5  # on either side of whoever walks there [m]


class Corridor(NamedTuple):
    """A strip of ground in plan view."""

    x: float  # of its middle [m]
    y: float
    yaw: float  # [rad]
    length: float  # [m]
    width: float


def walked_corridors(placer: Placer) -> list[Corridor]:
    """Return the strips that `walk` events lead along from where their actors are placed."""
    scenario, plans = placer.scenario.scenario, {plan.name: plan for plan in placer.plans}
    found = []
    for event in scenario.events.values():
        plan = plans.get(event.actor)
        if event.do.kind != "walk" or plan is None:
            continue
        s, _ = project_on_lane(placer.lanes, placer.course.lane, plan.x, plan.y)
        yaw = lane_pose(placer.lanes, placer.course.lane, s, 0.0)[3] + math.radians(event.do.heading_deg)
        half = 0.5 * event.do.distance
        length = event.do.distance + plan.model.length
        found.append(
            Corridor(
                plan.x + half * math.cos(yaw), plan.y + half * math.sin(yaw), yaw, length,
                plan.model.width + 2.0 * _ROOM,
            )
        )  # fmt: skip
    return found


def in_corridor(placer: Placer, plan: ActorPlan) -> bool:
    """Say whether a plan stands where a scripted walker is to go."""
    return any(
        boxes_gap(plan.x, plan.y, plan.yaw, *plan.footprint, way.x, way.y, way.yaw, way.length, way.width) < 0.0
        for way in walked_corridors(placer)
    )
