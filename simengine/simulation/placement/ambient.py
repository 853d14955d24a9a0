"""Parked cars, traffic and people around the ego, drawn at random."""

import math

import numpy as np

from simengine.behavior.long_ways import ON, find_long_ways, is_agile
from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind, Behavior
from simengine.physics.catalog import model_named, models_of_kind
from simengine.road.frenet import lane_width
from simengine.road.network import LaneType
from simengine.road.traverse import approach_speed, walk_lanes
from simengine.simulation.placement.placer import ActorPlan, Placer
from simengine.simulation.placement.scripted import KINDS, clear_of_script, in_scripted_stretch

_SIDE_ROOM = 0.4  # of a lane's width besides the vehicle's; narrower lanes begin or end there [m]
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
            if not near_crossing and clear_of_script(placer, plan) and placer.free(plan, 0.5):
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
        while s < lanes.lane_length[lane] - 4.0:
            candidates.append((int(lane), s))
            s += spacing * float(placer.random.uniform(0.7, 1.3))
    placed, long_ways = 0, find_long_ways(lanes)
    for index in placer.random.permutation(len(candidates)):
        lane, s = candidates[int(index)]
        names = KINDS[kinds[int(placer.random.choice(len(kinds), p=shares))]]
        model = model_named(names[int(placer.random.integers(len(names)))])
        flow = max(0.0, spacing - model.length - 2.0) / (spec.drivers.time_gap + spec.drivers.time_gap_std)
        speed = min(approach_speed(placer.lanes, lane, s) * spec.drivers.desired_speed, flow, model.max_speed)
        plan = placer.on_lane(f"traffic_{placed}", model, Behavior.TRAFFIC, lane, s, 0.0, speed)
        if math.hypot(plan.x - ego.x, plan.y - ego.y) > spec.radius or in_scripted_stretch(placer, plan):
            continue
        agile = is_agile(model.max_steering_rate, model.front_axle + model.rear_axle)
        if not agile and long_ways[lane] != ON:
            continue
        if lanes.successor_first[lane + 1] == lanes.successor_first[lane] and speed < _SLOWEST:
            continue
        if lane_width(placer.lanes, lane, s) < model.width + _SIDE_ROOM or not _fits(placer, plan, lane, s):
            continue
        if not placer.free(plan, 1.0, headway=1.2):
            continue
        placer.plans.append(plan)
        placed += 1
        if placed == spec.max_vehicles:
            break
    if spec.inflow > 0.0:
        for spare in range(placed, spec.max_vehicles):  # waits outside until its time has come
            names = KINDS[kinds[int(placer.random.choice(len(kinds), p=shares))]]
            model, (lane, s) = model_named(names[int(placer.random.integers(len(names)))]), candidates[0]
            placer.plans.append(
                placer.on_lane(f"traffic_{spare}", model, Behavior.TRAFFIC, lane, s, 0.0, 0.0, present=False)
            )
    elif placed == 0 and not placer.scenario.scenario.actors:
        raise ScenarioError(
            f"traffic.density = {spec.density}: no free gap within traffic.radius = {spec.radius} m of the ego"
        )


def _fits(placer: Placer, plan: ActorPlan, lane: int, s: float) -> bool:
    """Say whether a vehicle's whole length is on the map."""
    half = 0.5 * plan.model.length + 1.0
    end_lane, end = walk_lanes(placer.lanes, lane, s, half)
    start_lane, start = walk_lanes(placer.lanes, lane, s, -half)
    return end <= placer.lanes.lane_length[end_lane] and start >= 0.0


def place_people(placer: Placer) -> None:
    """Spread people over the pavements near the ego."""
    spec, lanes = placer.scenario.pedestrians, placer.lanes
    if spec.density <= 0.0 or spec.max_people == 0:
        return
    ego = placer.plans[0]
    spots = []
    for lane in np.flatnonzero(lanes.lane_type == LaneType.PAVEMENT):
        length = float(lanes.lane_length[lane])
        for _ in range(int(placer.random.poisson(spec.density * length / 1000.0))):
            spots.append(
                (int(lane), float(placer.random.uniform(0.0, length)), float(placer.random.uniform(-0.35, 0.35)))
            )
    placed = 0
    for index in placer.random.permutation(len(spots)):
        lane, s, across = spots[int(index)]
        first = lanes.lane_first_point[lane]
        t = across * float(lanes.point_width[first])
        child = placer.random.random() < 0.12
        heading = 0.0 if placer.random.random() < 0.5 else math.pi
        plan = placer.on_lane(
            f"person_{placed}", model_named("child" if child else "pedestrian"), Behavior.WALKER, lane, s, t, 0.0,
            heading,
        )  # fmt: skip
        if math.hypot(plan.x - ego.x, plan.y - ego.y) > placer.scenario.traffic.radius or not placer.free(plan, 0.5):
            continue
        if not clear_of_script(placer, plan):
            continue
        placer.plans.append(plan)
        placed += 1
        if placed == spec.max_people:
            break
