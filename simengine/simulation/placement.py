"""Where everybody starts: the ego, the scenario's actors, parked cars, traffic, people, recorded vehicles.

Each placement is a plan with a pose on the ground; `world.py` turns plans into arrays. Plans never overlap.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.geometry import boxes_gap, wrap_angle
from simengine.core.state import ActorKind, Behavior
from simengine.physics.catalog import VehicleModel, model_named, models_of_kind
from simengine.road.frenet import project_on_lane
from simengine.road.network import LaneArrays, LaneType, RoadNetwork, lane_arrays
from simengine.road.projection import lane_pose, locate
from simengine.road.recording import RecordedTracks, StillObstacles
from simengine.scenario.spec import ActorSpec, ConcreteScenario, Placement

# Paints and their shares of new cars, about as BASF's 2023 colour report for Europe has them; linear RGB.
_PAINTS = (
    (0.25, (0.80, 0.80, 0.78)), (0.22, (0.012, 0.012, 0.014)), (0.25, (0.16, 0.165, 0.17)), (0.10, (0.42, 0.43, 0.44)),
    (0.10, (0.02, 0.06, 0.25)), (0.05, (0.35, 0.015, 0.02)), (0.03, (0.03, 0.12, 0.06)),
)  # fmt: skip
_KINDS = {
    "car": ("compact_car", "sedan", "suv", "van"), "truck": ("truck",), "bus": ("bus",), "motorcycle": ("motorcycle",),
    "bicycle": ("bicycle",), "pedestrian": ("pedestrian",), "child": ("child",), "animal": ("deer",),
    "cargo": ("cargo_box", "cargo_crate", "cargo_tyre", "cargo_ladder"), "cone": ("cone",),
}  # fmt: skip
_BEHAVIORS = {
    "traffic": Behavior.TRAFFIC, "scripted": Behavior.SCRIPTED, "parked": Behavior.PARKED, "walker": Behavior.WALKER,
}  # fmt: skip
_CLEARANCE = 0.3  # between any two boxes at the start [m]
_PARKING_PITCH = 6.2  # length of a parking place [m]


@dataclass(frozen=True)
class ActorPlan:
    """One actor before the first tick."""

    name: str
    model: VehicleModel
    behavior: Behavior
    x: float  # box centre on the ground plane, world [m]
    y: float
    z: float  # of the ground there [m]
    yaw: float  # [rad]
    speed: float  # along its heading [m/s]
    color: tuple[float, float, float]  # linear RGB
    present: bool = True  # from the first tick
    clearance: float = 0.0  # of its underside above the ground [m]
    track: int = -1  # row of the recording it follows
    size: tuple[float, float] | None = None  # length and width, where a recording says other than the model [m]


@dataclass(frozen=True)
class Course:
    """The lane position everything is placed against."""

    lane: int
    s: float


def walk_lanes(lanes: LaneArrays, lane: int, s: float, distance: float) -> tuple[int, float]:
    """Go along lanes by a signed distance [m], straight on where they fork; stops at the end of the map."""
    s += distance
    for _ in range(10_000):
        if s > lanes.lane_length[lane]:
            following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
            if len(following) == 0:
                break
            s -= float(lanes.lane_length[lane])
            lane = _straightest(lanes, following)
        elif s < 0.0:
            leading = lanes.predecessor[lanes.predecessor_first[lane] : lanes.predecessor_first[lane + 1]]
            if len(leading) == 0:
                break
            lane = _straightest(lanes, leading)
            s += float(lanes.lane_length[lane])
        else:
            break
    return lane, s


def _straightest(lanes: LaneArrays, candidates: np.ndarray) -> int:
    def bend(lane: int) -> float:
        first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 1
        return abs(wrap_angle(float(lanes.point_heading[last] - lanes.point_heading[first])))

    return int(min(candidates, key=lambda lane: (bend(int(lane)), int(lane))))


def bundle_from_right(lanes: LaneArrays, lane: int) -> list[int]:
    """Return the driving lanes of one direction beside a lane, from the right."""
    seen = {lane}
    while lanes.lane_right[lane] >= 0 and lanes.lane_type[lanes.lane_right[lane]] == LaneType.DRIVING:
        lane = int(lanes.lane_right[lane])
        if lane in seen:
            break
        seen.add(lane)
    bundle = [lane]
    while lanes.lane_left[lane] >= 0 and lanes.lane_type[lanes.lane_left[lane]] == LaneType.DRIVING:
        lane = int(lanes.lane_left[lane])
        if lane in bundle:
            break
        bundle.append(lane)
    return bundle


class Placer:
    """Collects plans, refusing overlaps.

    Args:
        scenario: What to place.
        network: Where.
        random: Of the placement's draws; an argument of each method would be the same one.
    """

    def __init__(self, scenario: ConcreteScenario, network: RoadNetwork, random: np.random.Generator) -> None:
        self.scenario = scenario
        self.network = network
        self.lanes = lane_arrays(network)
        self.random = random
        self.plans: list[ActorPlan] = []
        self.course = Course(-1, 0.0)

    # ------------------------------------------------------------------------------------------------ bookkeeping

    def free(self, plan: ActorPlan, clearance: float = _CLEARANCE, headway: float = 0.0) -> bool:
        """Say whether a plan keeps clear of all earlier ones.

        Args:
            plan: The candidate.
            clearance: Between boxes [m].
            headway: Both boxes are prolonged by what they drive in this time [s].
        """
        for other in self.plans:
            if not other.present or abs(other.z - plan.z) > 3.0:
                continue
            reach = plan.model.length + other.model.length + headway * (plan.speed + other.speed) + 2.0 * clearance
            if abs(other.x - plan.x) > reach or abs(other.y - plan.y) > reach:
                continue
            gap = boxes_gap(
                plan.x,
                plan.y,
                plan.yaw,
                plan.model.length + headway * plan.speed,
                plan.model.width,
                other.x,
                other.y,
                other.yaw,
                other.model.length + headway * other.speed,
                other.model.width,
            )
            if gap < clearance:
                return False
        return True

    def add(self, plan: ActorPlan, key: str) -> None:
        """Keep a plan.

        Raises:
            ScenarioError: It overlaps an earlier one; `key` names the setting that placed it.
        """
        if plan.present and not self.free(plan, clearance=0.0):
            other = next(p for p in self.plans if p.present and not Placer._apart(p, plan))
            raise ScenarioError(
                f"{key}: {plan.name} would stand in {other.name} at x = {plan.x:.1f} m, y = {plan.y:.1f} m; "
                "move one of them"
            )
        self.plans.append(plan)

    @staticmethod
    def _apart(a: ActorPlan, b: ActorPlan) -> bool:
        return abs(a.z - b.z) > 3.0 or boxes_gap(
            a.x, a.y, a.yaw, a.model.length, a.model.width, b.x, b.y, b.yaw, b.model.length, b.model.width
        ) >= 0.0  # fmt: skip

    def on_lane(
        self, name: str, model: VehicleModel, behavior: Behavior, lane: int, s: float, t: float, speed: float,
        heading: float = 0.0, color: tuple[float, float, float] | None = None, present: bool = True,
        clearance: float = 0.0,
    ) -> ActorPlan:  # fmt: skip
        """Plan an actor at a lane position; `heading` is against the lane's direction [rad]."""
        x, y, z, lane_heading = lane_pose(self.lanes, lane, s, t)
        return ActorPlan(
            name, model, behavior, x, y, z, wrap_angle(lane_heading + heading), speed,
            self.paint(model.kind) if color is None else color, present, clearance,
        )  # fmt: skip

    def paint(self, kind: ActorKind) -> tuple[float, float, float]:
        """Draw a colour that suits a kind of actor."""
        if kind in (ActorKind.PEDESTRIAN, ActorKind.BICYCLE, ActorKind.MOTORCYCLE):
            r, g, b = self.random.uniform(0.02, 0.6, 3)
            return float(r), float(g), float(b)
        if kind == ActorKind.BUS:
            return ((0.55, 0.04, 0.03), (0.60, 0.50, 0.05), (0.05, 0.20, 0.45))[int(self.random.integers(3))]
        shares = np.array([share for share, _ in _PAINTS])
        return _PAINTS[int(self.random.choice(len(_PAINTS), p=shares / shares.sum()))][1]

    # -------------------------------------------------------------------------------------------------- the ego

    def _ego_model(self) -> VehicleModel:
        """Return the ego's model, which must be of the kind that its spec says."""
        spec = self.scenario.ego
        model = model_named(spec.model)
        if model.kind.name.lower() != spec.kind:
            raise ScenarioError(f"ego.model = {spec.model}: is a {model.kind.name.lower()}, but ego.kind = {spec.kind}")
        return model

    def ego(self) -> None:
        """Place the ego on a procedural road where its spec says, on a road from a file where the seed draws."""
        spec = self.scenario.ego
        model = self._ego_model()
        if self.scenario.road.kind in ("opendrive", "commonroad"):
            lane, s = self._drawn_start(model)
            speed = min(spec.speed, self.entry_speed(lane, s))
        else:
            lane, s = self._ordered_start()
            speed = spec.speed
        self.course = Course(lane, s)
        self.add(self.on_lane("ego", model, Behavior.EGO, lane, s, 0.0, speed), "ego.position")

    def ego_at(self, x: float, y: float, yaw: float, speed: float) -> None:
        """Place the ego at a pose in plan view that a file gives."""
        model = self._ego_model()
        z = self._height(x, y, yaw)
        lane, s, _ = locate(self.lanes, x, y, z, yaw)
        if lane < 0:
            raise ScenarioError(f"road.file: the ego's start x = {x:.1f} m, y = {y:.1f} m is on no lane")
        self.course = Course(lane, s)
        self.add(ActorPlan("ego", model, Behavior.EGO, x, y, z, yaw, speed, self.paint(model.kind)), "ego")

    def _ordered_start(self) -> tuple[int, float]:
        spec, lanes = self.scenario.ego, self.lanes
        usable = (LaneType.FLOOR,) if self.scenario.road.kind == "warehouse" else (LaneType.DRIVING,)
        first = next(lane for lane in range(len(lanes.lane_type)) if lanes.lane_type[lane] in usable)
        bundle = bundle_from_right(lanes, first)
        if spec.lane >= len(bundle):
            raise ScenarioError(f"ego.lane = {spec.lane}: the road has {len(bundle)} lanes in the ego's direction")
        lane = bundle[spec.lane]
        lane, s = walk_lanes(lanes, lane, 0.0, spec.position)
        if s > lanes.lane_length[lane]:
            end = spec.position - s + float(lanes.lane_length[lane])
            raise ScenarioError(f"ego.position = {spec.position}: the ego's lane ends after {end:.0f} m")
        return lane, s

    def _drawn_start(self, model: VehicleModel) -> tuple[int, float]:
        lanes = self.lanes
        margin = 0.5 * model.length + 2.0
        candidates = [
            lane for lane in range(len(lanes.lane_type))
            if lanes.lane_type[lane] == LaneType.DRIVING and lanes.lane_junction[lane] < 0
            and lanes.lane_length[lane] > 2.0 * margin + 10.0
            and lanes.successor_first[lane + 1] > lanes.successor_first[lane]
        ] or [lane for lane in range(len(lanes.lane_type)) if lanes.lane_type[lane] == LaneType.DRIVING
              and lanes.lane_length[lane] > 2.0 * margin]  # fmt: skip
        if not candidates:
            raise ScenarioError(f"road.file = {self.scenario.road.file}: no driving lane is long enough for the ego")
        weight = np.array([lanes.lane_length[lane] for lane in candidates])
        lane = candidates[int(self.random.choice(len(candidates), p=weight / weight.sum()))]
        return lane, float(self.random.uniform(margin, 0.6 * float(lanes.lane_length[lane])))

    def entry_speed(self, lane: int, s: float) -> float:
        """Return the speed that limit, bend and the way to the next junction allow at a lane position [m/s]."""
        lanes = self.lanes
        first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
        ahead = lanes.point_s[first:last] >= s - 5.0
        bend = float(np.abs(lanes.point_curvature[first:last][ahead]).max(initial=0.0))
        speed = min(float(lanes.lane_speed_limit[lane]), math.sqrt(2.0 / max(bend, 1e-6)))
        following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
        if len(following) == 0 or (lanes.lane_junction[following] >= 0).any():
            speed = min(speed, math.sqrt(2.0 * 2.0 * max(0.0, float(lanes.lane_length[lane]) - s - 8.0)))
        return speed

    # --------------------------------------------------------------------------------------------- the recording

    def recorded_ego(self, recording: RecordedTracks, row: int) -> None:
        """Start the ego where and as a recorded vehicle starts; with the recorded driver it follows that recording."""
        plan = self._recorded_plan(recording, row, "ego", Behavior.EGO)
        if self.scenario.ego.driver != "recorded":
            plan = replace(plan, model=self._ego_model(), track=-1, size=None)
        lane, s, _ = locate(self.lanes, plan.x, plan.y, plan.z, plan.yaw)
        if lane < 0:
            raise ScenarioError(f"ego.recorded_id = {recording.id[row]}: it starts on no lane")
        self.course = Course(lane, s)
        self.add(replace(plan, present=True), "ego.recorded_id")

    def recorded(self, recording: RecordedTracks, leave_out: int) -> None:
        """Add the recorded vehicles, as many as the spec admits, those nearest to the ego first."""
        ego = self.plans[0]
        plans = [
            self._recorded_plan(recording, row, f"recorded_{recording.id[row]}", Behavior.REPLAY)
            for row in range(len(recording.id))
            if row != leave_out and recording.valid[row].any()
        ]
        plans.sort(key=lambda plan: math.hypot(plan.x - ego.x, plan.y - ego.y))
        for plan in plans[: self.scenario.traffic.max_vehicles]:
            # Two recorded boxes may touch, as measured; none may stand in an actor that somebody placed.
            if plan.present and any(not Placer._apart(plan, o) for o in self.plans if o.track < 0 and o.present):
                raise ScenarioError(
                    f"{plan.name} starts where ego or scenario actors stand; set ego.recorded_id or move them"
                )
            self.plans.append(plan)

    def _recorded_plan(self, recording: RecordedTracks, row: int, name: str, behavior: Behavior) -> ActorPlan:
        kind = ActorKind(int(recording.kind[row]))
        length = float(recording.length[row])
        model = min(models_of_kind(kind), key=lambda m: (abs(m.length - length), m.name))
        first = int(np.argmax(recording.valid[row]))
        x, y = (float(value) for value in recording.position[row, first])
        heading = float(recording.heading[row, first])
        return ActorPlan(
            name, model, behavior, x, y, self._height(x, y, heading), heading, float(recording.velocity[row, first]),
            self.paint(kind), present=first == 0, track=row,
            size=(length, float(recording.width[row])),
        )  # fmt: skip

    def _height(self, x: float, y: float, heading: float) -> float:
        """Return the height of the lane at a place of a plan view [m]."""
        lane, s, t = locate(self.lanes, x, y, math.nan, heading)
        return 0.0 if lane < 0 else lane_pose(self.lanes, lane, s, t)[2]

    def still(self, obstacles: StillObstacles) -> None:
        """Add what stands in a recording from its start to its end."""
        for row in range(len(obstacles.id)):
            kind, length = ActorKind(int(obstacles.kind[row])), float(obstacles.length[row])
            model = min(models_of_kind(kind), key=lambda m: (abs(m.length - length), m.name))
            x, y = (float(value) for value in obstacles.position[row])
            heading = float(obstacles.heading[row])
            plan = ActorPlan(
                f"still_{obstacles.id[row]}", model, Behavior.PARKED, x, y, self._height(x, y, heading), heading, 0.0,
                self.paint(kind), size=(length, float(obstacles.width[row])),
            )  # fmt: skip
            self.add(plan, f"road.file, obstacle {obstacles.id[row]}")

    # ---------------------------------------------------------------------------------------- the scenario's actors

    def scripted(self) -> None:
        """Place the actors that the scenario itself names."""
        for name, actor in self.scenario.scenario.actors.items():
            key = f"scenario.actors.{name}.place"
            models = _KINDS[actor.kind]
            model = model_named(models[int(self.random.integers(len(models)))])
            lane, s = self._reference(actor, key)
            plan = self.on_lane(
                name, model, _BEHAVIORS[actor.behavior], lane, s, actor.place.lateral, actor.speed,
                math.radians(actor.place.heading_deg), None, actor.present, actor.place.height,
            )  # fmt: skip
            self.add(plan, key)

    def _reference(self, actor: ActorSpec, key: str) -> tuple[int, float]:
        place, lanes = actor.place, self.lanes
        if place.arm != "own":
            lane = self._arm_lane(place, key)
            lane, s = walk_lanes(lanes, lane, float(lanes.lane_length[lane]), -place.ahead)
        else:
            lane, s = walk_lanes(lanes, self.course.lane, self.course.s, place.ahead)
            lane, s = self._beside(lane, s, place.lane, key)
        if not -1e-9 <= s <= lanes.lane_length[lane] + 1e-9:
            raise ScenarioError(f"{key}.ahead = {place.ahead:.1f}: the road ends before that")
        return lane, s

    def _beside(self, lane: int, s: float, count: int, key: str) -> tuple[int, float]:
        """Step over `count` lanes to the left, past the centre line into oncoming lanes."""
        lanes, oncoming = self.lanes, False
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

    def _arm_lane(self, place: Placement, key: str) -> int:
        """Return the lane by which another arm enters the junction ahead of the ego."""
        lanes = self.lanes
        lane, junction, heading = self.course.lane, -1, 0.0
        for _ in range(1000):
            following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
            if len(following) == 0:
                raise ScenarioError(f"{key}.arm = {place.arm}: there is no junction ahead of the ego")
            if lanes.lane_junction[following[0]] >= 0:
                junction = int(lanes.lane_junction[following[0]])
                heading = float(lanes.point_heading[lanes.lane_first_point[lane + 1] - 1])
                break
            lane = _straightest(lanes, following)
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

    # ------------------------------------------------------------------------------------------------ everybody else

    def parked(self, fraction: float) -> None:
        """Fill a share of the parking places, clear of crossings and of the scenario's own actors."""
        cars = models_of_kind(ActorKind.CAR)
        network, lanes = self.network, self.lanes
        for lane in np.flatnonzero(lanes.lane_type == LaneType.PARKING):
            places = int(lanes.lane_length[lane] // _PARKING_PITCH)
            for place in range(places):
                taken, which, shift = self.random.random(), int(self.random.integers(len(cars))), self.random.random()
                if taken >= fraction:
                    continue
                s = (place + 0.5) * _PARKING_PITCH + 0.3 * (shift - 0.5)
                plan = self.on_lane(f"parked_{len(self.plans)}", cars[which], Behavior.PARKED, int(lane), s, 0.0, 0.0)
                near_crossing = any(
                    math.hypot(*(0.5 * (a + b)[:2] - (plan.x, plan.y))) < 10.0
                    for a, b in zip(network.crossing_start, network.crossing_end, strict=True)
                )
                if not near_crossing and self._clear_of_script(plan) and self.free(plan, 0.5):
                    self.plans.append(plan)

    def _clear_of_script(self, plan: ActorPlan) -> bool:
        """Keep what a scenario places free of chance cars: 1.5 m around its actors, a lane's width across."""
        for other in self.plans[1:]:
            if other.name in self.scenario.scenario.actors and math.hypot(other.x - plan.x, other.y - plan.y) < (
                0.5 * (other.model.length + plan.model.length) + 1.5
            ):
                return False
        return True

    def _in_scripted_stretch(self, plan: ActorPlan) -> bool:
        """Say whether a plan lies on the stretch of the ego's road where the scenario's own actors are."""
        own = [actor.place.ahead for actor in self.scenario.scenario.actors.values() if actor.place.arm == "own"]
        if not own:
            return False
        ego = self.plans[0]
        dx, dy = plan.x - ego.x, plan.y - ego.y
        along = dx * math.cos(ego.yaw) + dy * math.sin(ego.yaw)
        return min(0.0, *own) - 25.0 < along < max(own) + 40.0 and abs(wrap_angle(plan.yaw - ego.yaw)) < 1.0

    def traffic(self) -> None:
        """Spread vehicles over the lanes near the ego with the density, mix and spacing that the spec asks for."""
        spec, lanes = self.scenario.traffic, self.lanes
        if spec.density <= 0.0 or spec.max_vehicles == 0:
            return
        ego = self.plans[0]
        kinds = [kind for kind, share in spec.mix.items() if share > 0.0]
        shares = np.array([spec.mix[kind] for kind in kinds])
        if not kinds:
            raise ScenarioError("traffic.mix: at least one share must be above 0")
        shares = shares / shares.sum()
        spacing = 1000.0 / spec.density
        candidates: list[tuple[int, float]] = []
        for lane in np.flatnonzero((lanes.lane_type == LaneType.DRIVING) & (lanes.lane_junction < 0)):
            points = lanes.point_position[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]]
            if np.hypot(points[:, 0] - ego.x, points[:, 1] - ego.y).min() > spec.radius + float(
                lanes.lane_length[lane]
            ):
                continue
            s = float(self.random.uniform(0.0, spacing))
            while s < lanes.lane_length[lane] - 4.0:
                candidates.append((int(lane), s))
                s += spacing * float(self.random.uniform(0.7, 1.3))
        placed = 0
        for index in self.random.permutation(len(candidates)):
            lane, s = candidates[int(index)]
            names = _KINDS[kinds[int(self.random.choice(len(kinds), p=shares))]]
            model = model_named(names[int(self.random.integers(len(names)))])
            flow = max(0.0, spacing - model.length - 2.0) / (spec.drivers.time_gap + spec.drivers.time_gap_std)
            speed = min(self.entry_speed(lane, s) * spec.drivers.desired_speed, flow, model.max_speed)
            plan = self.on_lane(f"traffic_{placed}", model, Behavior.TRAFFIC, lane, s, 0.0, speed)
            if math.hypot(plan.x - ego.x, plan.y - ego.y) > spec.radius or self._in_scripted_stretch(plan):
                continue
            if not self._fits(plan, lane, s) or not self.free(plan, 1.0, headway=1.2):
                continue
            self.plans.append(plan)
            placed += 1
            if placed == spec.max_vehicles:
                break
        if placed == 0 and not self.scenario.scenario.actors:
            raise ScenarioError(
                f"traffic.density = {spec.density}: no free gap within traffic.radius = {spec.radius} m of the ego"
            )

    def _fits(self, plan: ActorPlan, lane: int, s: float) -> bool:
        """Say whether a vehicle's whole length is on the map."""
        half = 0.5 * plan.model.length + 1.0
        end_lane, end = walk_lanes(self.lanes, lane, s, half)
        start_lane, start = walk_lanes(self.lanes, lane, s, -half)
        return end <= self.lanes.lane_length[end_lane] and start >= 0.0

    def people(self) -> None:
        """Spread people over the pavements near the ego."""
        spec, lanes = self.scenario.pedestrians, self.lanes
        if spec.density <= 0.0 or spec.max_people == 0:
            return
        ego = self.plans[0]
        spots = []
        for lane in np.flatnonzero(lanes.lane_type == LaneType.PAVEMENT):
            length = float(lanes.lane_length[lane])
            for _ in range(int(self.random.poisson(spec.density * length / 1000.0))):
                spots.append(
                    (int(lane), float(self.random.uniform(0.0, length)), float(self.random.uniform(-0.35, 0.35)))
                )
        placed = 0
        for index in self.random.permutation(len(spots)):
            lane, s, across = spots[int(index)]
            first = lanes.lane_first_point[lane]
            t = across * float(lanes.point_width[first])
            child = self.random.random() < 0.12
            heading = 0.0 if self.random.random() < 0.5 else math.pi
            plan = self.on_lane(
                f"person_{placed}", model_named("child" if child else "pedestrian"), Behavior.WALKER, lane, s, t, 0.0,
                heading,
            )  # fmt: skip
            if math.hypot(plan.x - ego.x, plan.y - ego.y) > self.scenario.traffic.radius or not self.free(plan, 0.5):
                continue
            if not self._clear_of_script(plan):
                continue
            self.plans.append(plan)
            placed += 1
            if placed == spec.max_people:
                break
