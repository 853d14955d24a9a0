"""Where the ego starts."""

import math

import numpy as np

from simengine.behavior.lanes.long_vehicles import (
    CLOSED,
    cannot_hold,
    find_long_ways,
    open_ends,
    steepest,
    steepest_held,
)
from simengine.behavior.vehicle.road_conditions import COMFORT_SHARE, grip_bound
from simengine.core.errors import ScenarioError, nearest
from simengine.core.state import Behavior
from simengine.physics.vehicle.catalog import VehicleModel, all_models
from simengine.road.network.network import LaneType
from simengine.road.network.projection import lane_pose, locate
from simengine.road.network.traverse import approach_speed, bundle_from_right, walk_lanes
from simengine.scenario.spec import EgoSpec
from simengine.simulation.placement.placer import ActorPlan, Course, Placer


def ego_model(spec: EgoSpec) -> VehicleModel:
    """Return the ego's model.

    Raises:
        ScenarioError: There is none of that name, or it is of another kind than the spec says.
    """
    models = all_models()
    of_kind = [model.name for model in models.values() if model.kind.name.lower() == spec.kind]
    allowed = f"allowed with ego.kind={spec.kind}: {', '.join(of_kind)}; docs/vehicles.md describes them"
    if spec.model not in models:
        raise ScenarioError(f"ego.model = {spec.model}: no such model{nearest(spec.model, of_kind)}; {allowed}")
    model = models[spec.model]
    if spec.model not in of_kind:
        raise ScenarioError(f"ego.model = {spec.model}: is of the kind {model.kind.name.lower()}; {allowed}")
    return model


def place_ego(placer: Placer) -> None:
    """Place the ego on a procedural road where its spec says, on a road from a file where the seed draws."""
    spec = placer.scenario.ego
    model = ego_model(spec)
    if spec.speed > model.max_speed:
        most = f"must be at most {model.max_speed:g} m/s, the top speed of ego.model = {model.name}"
        raise ScenarioError(f"ego.speed = {spec.speed:g}: {most}")
    if placer.scenario.road.kind in ("opendrive", "commonroad"):
        lane, s = _drawn_start(placer, model)
        comfort = grip_bound(math.inf, placer.friction, COMFORT_SHARE)
        speed = min(spec.speed, approach_speed(placer.lanes, lane, s, comfort))
    else:
        lane, s = _ordered_start(placer)
        speed = spec.speed
    _check_hold(placer, lane)
    placer.course = Course(lane, s)
    placer.add(placer.on_lane("ego", model, Behavior.EGO, lane, s, 0.0, speed), "ego.position")


def place_ego_at(placer: Placer, x: float, y: float, yaw: float, speed: float) -> None:
    """Place the ego at a pose in plan view that a file gives."""
    model = ego_model(placer.scenario.ego)
    z = height(placer, x, y, yaw)
    lane, s, _ = locate(placer.lanes, x, y, z, yaw)
    if lane < 0:
        raise ScenarioError(f"road.file: the ego's start x = {x:.1f} m, y = {y:.1f} m is on no lane")
    _check_hold(placer, lane)
    placer.course = Course(lane, s)
    placer.add(ActorPlan("ego", model, Behavior.EGO, x, y, z, yaw, speed, placer.paint(model.kind)), "ego")


def _check_hold(placer: Placer, lane: int) -> None:
    """Refuse a lane that the ego cannot hold on to.

    Raises:
        ScenarioError: Its incline is more than the friction holds.
    """
    lanes, friction, road = placer.lanes, placer.friction, placer.scenario.road
    most = steepest_held(friction)
    if not cannot_hold(lanes, lane, friction):
        return
    if road.kind == "street":
        allowed = f"must be from {-most:.3g} to {most:.3g}, where surface and weather give a µ of {friction:.3g}"
        raise ScenarioError(f"road.grade = {road.grade:g}: the ego cannot hold on it; {allowed}")
    name, incline = placer.network.lane_name[lane], steepest(lanes, lane)
    place = f"lane {name}, where the ego starts, inclines by {incline:.2f} m in 1 m"
    allowed = f"at most {most:.3g} is allowed, where surface and weather give a µ of {friction:.3g}"
    raise ScenarioError(f"road.file = {getattr(road, 'file', road.kind)}: {place}; {allowed}")


def _ordered_start(placer: Placer) -> tuple[int, float]:
    spec, lanes = placer.scenario.ego, placer.lanes
    usable = (LaneType.FLOOR,) if placer.scenario.road.kind == "warehouse" else (LaneType.DRIVING,)
    first = next(lane for lane in range(len(lanes.lane_type)) if lanes.lane_type[lane] in usable)
    bundle = bundle_from_right(lanes, first)
    if spec.lane >= len(bundle):
        there = "robot" if placer.scenario.road.kind == "warehouse" else "sedan_town"
        allowed = f"must be 0 (ego={there} begins there)" if len(bundle) == 1 else f"must be 0 to {len(bundle) - 1}"
        raise ScenarioError(f"ego.lane = {spec.lane}: {allowed}, the road has no more lanes in the ego's direction")
    lane = bundle[spec.lane]
    lane, s = walk_lanes(lanes, lane, 0.0, spec.position)
    if s > lanes.lane_length[lane]:
        end = spec.position - s + float(lanes.lane_length[lane])
        raise ScenarioError(f"ego.position = {spec.position}: the ego's lane ends after {end:.0f} m")
    return lane, s


def _drawn_start(placer: Placer, model: VehicleModel) -> tuple[int, float]:
    lanes = placer.lanes
    margin = 0.5 * model.length + 2.0
    ways = find_long_ways(lanes, placer.friction)
    _, leads_nowhere = open_ends(lanes, ways)
    long_enough = [
        lane
        for lane in range(len(lanes.lane_type))
        if lanes.lane_type[lane] == LaneType.DRIVING and lanes.lane_length[lane] > 2.0 * margin
    ]
    usable = [lane for lane in long_enough if ways[lane] > CLOSED]
    candidates = [
        lane for lane in usable
        if lanes.lane_junction[lane] < 0 and lanes.lane_length[lane] > 2.0 * margin + 10.0 and not leads_nowhere[lane]
    ] or usable or long_enough  # fmt: skip
    if not candidates:
        raise ScenarioError(f"road.file = {placer.scenario.road.file}: no driving lane is long enough for the ego")
    weight = np.array([lanes.lane_length[lane] for lane in candidates])
    lane = candidates[int(placer.random.choice(len(candidates), p=weight / weight.sum()))]
    return lane, float(placer.random.uniform(margin, 0.6 * float(lanes.lane_length[lane])))


def height(placer: Placer, x: float, y: float, heading: float) -> float:
    """Return the height of the lane at a place of a plan view [m]."""
    lane, s, t = locate(placer.lanes, x, y, math.nan, heading)
    return 0.0 if lane < 0 else lane_pose(placer.lanes, lane, s, t)[2]
