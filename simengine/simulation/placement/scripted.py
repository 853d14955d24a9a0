"""Where a scenario puts its own actors."""

import math

from simengine.core.errors import ScenarioError, suggest
from simengine.core.space.geometry import wrap_angle
from simengine.core.state import Behavior
from simengine.physics.vehicle.catalog import all_models, model_named
from simengine.road.network.frenet import project_on_lane
from simengine.road.network.network import LaneType
from simengine.road.network.projection import lane_pose
from simengine.road.network.traverse import bundle_from_right, straightest, walk_lanes
from simengine.scenario.spec import ActorSpec, Placement
from simengine.simulation.placement.placer import ActorPlan, Placer

KINDS = {
    "car": ("compact_car", "sedan", "suv", "van"), "truck": ("truck",), "bus": ("bus",), "motorcycle": ("motorcycle",),
    "bicycle": ("bicycle",), "pedestrian": ("pedestrian",), "child": ("child",), "animal": ("deer",),
    "cargo": ("cargo_box", "cargo_crate", "cargo_tire", "cargo_ladder"), "cone": ("cone",),
}  # fmt: skip
_BEHAVIORS = {
    "traffic": Behavior.TRAFFIC, "scripted": Behavior.SCRIPTED, "parked": Behavior.PARKED, "walker": Behavior.WALKER,
}  # fmt: skip


def place_scripted(placer: Placer) -> None:
    """Place the actors that the scenario itself names."""
    for name, actor in placer.scenario.scenario.actors.items():
        key = f"scenario.actors.{name}.place"
        models = KINDS[actor.kind] if actor.model is None else (_chosen(name, actor),)
        model = model_named(models[int(placer.random.integers(len(models)))])
        lane, s = _reference(placer, actor, key)
        plan = placer.on_lane(
            name, model, _BEHAVIORS[actor.behavior], lane, s, actor.place.lateral, actor.speed,
            math.radians(actor.place.heading_deg), None, actor.present, actor.place.height,
        )  # fmt: skip
        placer.add(plan, key)


def _chosen(name: str, actor: ActorSpec) -> str:
    """Return the model that a scenario gives an actor, if it is one of the actor's kind."""
    model, usual = str(actor.model), KINDS[actor.kind]
    of_kind = [m.name for m in all_models().values() if m.kind == model_named(usual[0]).kind and _fits(m.name, usual)]
    if model not in of_kind:
        raise ScenarioError(f"scenario.actors.{name}.model = {model}: is no {actor.kind}{suggest(model, of_kind)}")
    return model


def _fits(model: str, usual: tuple[str, ...]) -> bool:
    """Say whether a model of the right kind is of the right age too: adult and child are of one kind."""
    return model in usual or not any(model in others for others in KINDS.values())


def _reference(placer: Placer, actor: ActorSpec, key: str) -> tuple[int, float]:
    place, lanes = actor.place, placer.lanes
    if place.arm != "own":
        lane = _arm_lane(placer, place, key)
        lane, s = walk_lanes(lanes, lane, float(lanes.lane_length[lane]), -place.ahead)
    else:
        lane, s = walk_lanes(lanes, placer.course.lane, placer.course.s, place.ahead)
        lane, s = _beside(placer, lane, s, place.lane, key)
    if not -1e-9 <= s <= lanes.lane_length[lane] + 1e-9:
        raise ScenarioError(f"{key}.ahead = {place.ahead:.1f}: the road ends before that")
    return lane, s


def _beside(placer: Placer, lane: int, s: float, count: int, key: str) -> tuple[int, float]:
    """Step over `count` lanes to the left, past the center line into oncoming lanes."""
    lanes, oncoming = placer.lanes, False
    for _ in range(abs(count)):
        leftwards = (count > 0) != oncoming
        step = int(lanes.lane_left[lane] if leftwards else lanes.lane_right[lane])
        if step < 0 and leftwards and not oncoming:
            step, oncoming = int(lanes.lane_opposite[lane]), True
        if step < 0 or lanes.lane_type[step] not in (LaneType.DRIVING, LaneType.FLOOR):
            raise ScenarioError(f"{key}.lane = {count}: the road has no such lane beside the ego's")
        x, y, _, _ = lane_pose(lanes, lane, s, 0.0)
        lane = step
        s, _ = project_on_lane(lanes, lane, x, y)
    return lane, s


def _arm_lane(placer: Placer, place: Placement, key: str) -> int:
    """Return the lane by which another arm enters the junction ahead of the ego."""
    lanes = placer.lanes
    lane, junction, heading = placer.course.lane, -1, 0.0
    for _ in range(1000):
        following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
        if len(following) == 0:
            raise ScenarioError(f"{key}.arm = {place.arm}: there is no junction ahead of the ego")
        if lanes.lane_junction[following[0]] >= 0:
            junction = int(lanes.lane_junction[following[0]])
            heading = float(lanes.point_heading[lanes.lane_first_point[lane + 1] - 1])
            break
        lane = straightest(lanes, following)
    wanted = {"oncoming": math.pi, "left": -0.5 * math.pi, "right": 0.5 * math.pi}[place.arm]
    entries = []
    for other in range(len(lanes.lane_type)):
        following = lanes.successor[lanes.successor_first[other] : lanes.successor_first[other + 1]]
        if lanes.lane_junction[other] >= 0 or lanes.lane_type[other] != LaneType.DRIVING:
            continue
        if any(lanes.lane_junction[f] == junction for f in following):
            end = float(lanes.point_heading[lanes.lane_first_point[other + 1] - 1])
            if abs(wrap_angle(end - heading - wanted)) < 0.6:
                entries.append(other)
    if not entries:
        raise ScenarioError(f"{key}.arm = {place.arm}: the junction ahead of the ego has no such arm")
    bundle = bundle_from_right(lanes, entries[0])
    if not 0 <= place.lane < len(bundle):
        raise ScenarioError(f"{key}.lane = {place.lane}: that arm has {len(bundle)} lanes, counted from its right")
    return bundle[place.lane]


def clear_of_script(placer: Placer, plan: ActorPlan) -> bool:
    """Keep what a scenario places free of chance cars: 1.5 m around its actors, a lane's width across."""
    for other in placer.plans[1:]:
        if other.name in placer.scenario.scenario.actors and math.hypot(other.x - plan.x, other.y - plan.y) < (
            0.5 * (other.model.length + plan.model.length) + 1.5
        ):
            return False
    return True


def in_scripted_stretch(placer: Placer, x: float, y: float, yaw: float) -> bool:
    """Say whether a pose [m, rad] lies on the stretch of the ego's road where the scenario's own actors are."""
    own = [actor.place.ahead for actor in placer.scenario.scenario.actors.values() if actor.place.arm == "own"]
    if not own:
        return False
    ego = placer.plans[0]
    dx, dy = x - ego.x, y - ego.y
    along = dx * math.cos(ego.yaw) + dy * math.sin(ego.yaw)
    return min(0.0, *own) - 25.0 < along < max(own) + 40.0 and abs(wrap_angle(yaw - ego.yaw)) < 1.0
