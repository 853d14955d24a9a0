"""Parked cars and traffic around the ego, drawn at random: as many as are asked for or as find room."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.lanes.long_vehicles import CLOSED, ON, find_long_ways, is_agile, is_too_steep, open_ends
from simengine.behavior.vehicle.road_conditions import COMFORT_SHARE, grip_bound
from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind, Behavior
from simengine.physics.vehicle.catalog import model_named, models_of_kind
from simengine.road.network.frenet import lane_width
from simengine.road.network.network import LaneType
from simengine.road.network.projection import lane_pose
from simengine.road.network.traverse import approach_speed, walk_lanes
from simengine.simulation.placement.corridors import in_corridor
from simengine.simulation.placement.placer import ActorPlan, Placer
from simengine.simulation.placement.scripted import KINDS, clear_of_script, in_scripted_stretch

_SIDE_ROOM = 0.4  # of a lane's width besides the vehicle's; narrower lanes begin or end there [m]
_SIDE_GAP = 0.3  # to what stands beside the lane, as to parked cars that are passed [m]
_LANE_END = 4.0  # of a lane, where no vehicle is placed [m]
_TRIES = 8  # places looked at for a vehicle before it is left out
_SLOWEST = 0.5  # so slow a vehicle would be at a lane's end that it has no room left to change to the next [m/s]
_PARKING_PITCH = 6.2  # length of a parking place [m]


def place_parked(placer: Placer, fraction: float) -> None:
    """Fill a share of the parking places, clear of crossings and of the scenario's own actors."""
    cars = models_of_kind(ActorKind.CAR)
    network, lanes = placer.network, placer.lanes
    for lane in np.flatnonzero(lanes.lane_type == LaneType.PARKING):
        places = int(lanes.lane_length[lane] // _PARKING_PITCH)
        for place in range(places):
            taken, which, shift = placer.random.random(), int(placer.random.integers(len(cars))), placer.random.random()
            if taken >= fraction:
                continue
            s = (place + 0.5) * _PARKING_PITCH + 0.3 * (shift - 0.5)
            plan = placer.on_lane(f"parked_{len(placer.plans)}", cars[which], Behavior.PARKED, int(lane), s, 0.0, 0.0)
            near_crossing = any(
                math.hypot(*(0.5 * (a + b)[:2] - (plan.x, plan.y))) < 10.0
                for a, b in zip(network.crossing_start, network.crossing_end, strict=True)
            )
            kept_free = clear_of_script(placer, plan) and not in_corridor(placer, plan)
            if not near_crossing and kept_free and placer.free(plan, 0.5):
                placer.plans.append(plan)


def place_traffic(placer: Placer) -> None:
    """Spread vehicles over the lanes near the ego with the density, mix and spacing that the spec asks for."""
    spec, lanes = placer.scenario.traffic, placer.lanes
    if spec.density <= 0.0 or spec.max_vehicles == 0:
        return
    ego = placer.plans[0]
    kinds = [kind for kind, share in spec.mix.items() if share > 0.0]
    shares = np.array([spec.mix[kind] for kind in kinds])
    if not kinds:
        raise ScenarioError("traffic.mix: at least one share must be above 0")
    shares = shares / shares.sum()
    spacing = 1000.0 / spec.density
    candidates: list[tuple[int, float]] = []
    for lane in np.flatnonzero((lanes.lane_type == LaneType.DRIVING) & (lanes.lane_junction < 0)):
        points = lanes.point_position[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]]
        if np.hypot(points[:, 0] - ego.x, points[:, 1] - ego.y).min() > spec.radius + float(lanes.lane_length[lane]):
            continue
        s = float(placer.random.uniform(0.0, spacing))
        while s < lanes.lane_length[lane] - _LANE_END:
            candidates.append((int(lane), s))
            s += spacing * float(placer.random.uniform(0.7, 1.3))
    placed, wanted, long_ways = 0, 0, find_long_ways(lanes, placer.friction)
    steep = np.flatnonzero((lanes.lane_type == LaneType.DRIVING) & (long_ways == CLOSED)).tolist()
    names = [str(placer.network.lane_name[lane]) for lane in steep if is_too_steep(lanes, lane, placer.friction)]
    placer.remark(f"lanes too steep or banked for a µ of {placer.friction:.3g} carry no traffic", names)
    for index in placer.random.permutation(len(candidates)):
        if placed == spec.max_vehicles:
            break
        drawn = candidates[int(index)]
        x, y, _, heading = lane_pose(lanes, *drawn, 0.0)
        if math.hypot(x - ego.x, y - ego.y) > spec.radius or in_scripted_stretch(placer, x, y, heading):
            continue
        wanted += 1
        for lane, s in chain([drawn], _elsewhere(placer, *drawn, spacing, candidates)):
            plan = _vehicle(placer, f"traffic_{placed}", lane, s, kinds, shares)
            if not _may_start(placer, plan, lane, s, long_ways):
                continue
            placer.plans.append(plan)
            placed += 1
            break
    if spec.inflow > 0.0 and candidates:
        for spare in range(placed, spec.max_vehicles):  # waits outside until its time has come
            plan = _vehicle(placer, f"traffic_{spare}", *candidates[0], kinds, shares)
            placer.plans.append(replace(plan, speed=0.0, present=False))
    asked = min(wanted, spec.max_vehicles)
    if placed < asked:
        placer.tell(f"traffic: {placed} of {asked} vehicles placed, there is no room for more")
    elif asked == 0 and not placer.scenario.scenario.actors:
        placer.tell(f"traffic.density = {spec.density:g}: no lane within traffic.radius = {spec.radius:g} m takes one")


def _vehicle(
    placer: Placer, name: str, lane: int, s: float, kinds: list[str], shares: NDArray[np.float64]
) -> ActorPlan:
    """Plan a vehicle of a drawn kind at a lane and s [m], as fast as the lane and the spacing let it drive."""
    spec = placer.scenario.traffic
    names = KINDS[kinds[int(placer.random.choice(len(kinds), p=shares))]]
    model = model_named(names[int(placer.random.integers(len(names)))])
    flow = max(0.0, 1000.0 / spec.density - model.length - 2.0) / (spec.drivers.time_gap + spec.drivers.time_gap_std)
    comfort = grip_bound(math.inf, placer.friction, COMFORT_SHARE)
    speed = min(approach_speed(placer.lanes, lane, s, comfort) * spec.drivers.desired_speed, flow, model.max_speed)
    return placer.on_lane(name, model, Behavior.TRAFFIC, lane, s, 0.0, speed)


def _elsewhere(
    placer: Placer, lane: int, s: float, spacing: float, candidates: list[tuple[int, float]]
) -> Iterator[tuple[int, float]]:
    """Yield further places for a vehicle that does not fit where it was drawn: near there, then anywhere."""
    length = float(placer.lanes.lane_length[lane])
    for _ in range(_TRIES):
        near = s + spacing * float(placer.random.uniform(-0.5, 0.5))
        if 0.0 <= near <= length - _LANE_END:
            yield lane, near
    for _ in range(_TRIES):
        other, place = candidates[int(placer.random.integers(len(candidates)))]
        place += spacing * float(placer.random.uniform(-0.5, 0.5))
        if 0.0 <= place <= float(placer.lanes.lane_length[other]) - _LANE_END:
            yield other, place


def _may_start(placer: Placer, plan: ActorPlan, lane: int, s: float, long_ways: NDArray[np.int8]) -> bool:
    """Say whether a vehicle has room at a place and a way on from there that it can turn; see `long_vehicles`."""
    model, lanes = plan.model, placer.lanes
    if long_ways[lane] == CLOSED:
        return False
    if long_ways[lane] != ON and not is_agile(model.max_steering_rate, model.front_axle + model.rear_axle):
        return False
    if plan.speed < _SLOWEST and open_ends(lanes, long_ways)[1][lane]:
        return False
    if lane_width(placer.lanes, lane, s) < plan.model.width + _SIDE_ROOM:
        return False
    near = math.hypot(plan.x - placer.plans[0].x, plan.y - placer.plans[0].y) <= placer.scenario.traffic.radius
    if not near or in_scripted_stretch(placer, plan.x, plan.y, plan.yaw):
        return False
    return _fits(placer, plan, lane, s) and placer.free(plan, _SIDE_GAP, headway=1.2, along=0.7)


def _fits(placer: Placer, plan: ActorPlan, lane: int, s: float) -> bool:
    """Say whether a vehicle's whole length is on the map."""
    half = 0.5 * plan.model.length + 1.0
    end_lane, end = walk_lanes(placer.lanes, lane, s, half)
    start_lane, start = walk_lanes(placer.lanes, lane, s, -half)
    return end <= placer.lanes.lane_length[end_lane] and start >= 0.0
