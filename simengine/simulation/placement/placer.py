"""Plans of actors before the first tick, and the rule that no two of them overlap."""

from dataclasses import dataclass

import numpy as np

from simengine.assets.paints import PAINTS
from simengine.core.errors import ScenarioError
from simengine.core.space.geometry import boxes_gap, wrap_angle
from simengine.core.state import ActorKind, Behavior
from simengine.physics.vehicle.catalog import VehicleModel
from simengine.road.files.remarks import remark_line
from simengine.road.network.network import RoadNetwork, lane_arrays
from simengine.road.network.projection import lane_pose
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.placement.obstacles import Obstacle, Obstacles

_CLEARANCE = 0.3  # between any two boxes at the start [m]
_STEP = 0.05  # what ends this much above the ground is stepped over [m]


@dataclass(frozen=True)
class ActorPlan:
    """One actor before the first tick."""

    name: str
    model: VehicleModel
    behavior: Behavior
    x: float  # box center on the ground plane, world [m]
    y: float
    z: float  # of the ground there [m]
    yaw: float  # [rad]
    speed: float  # along its heading [m/s]
    color: tuple[float, float, float]  # linear RGB
    present: bool = True  # from the first tick
    clearance: float = 0.0  # of its underside above the ground [m]
    track: int = -1  # row of the recording it follows
    size: tuple[float, float] | None = None  # length and width, where a recording says other than the model [m]
    group: int = -1  # of people in company
    stands: bool = False  # somebody on foot who does not walk
    crossing: int = -1  # at whose curb somebody waits, 2 · crossing + end

    @property
    def footprint(self) -> tuple[float, float]:
        """Length and width of its box [m]."""
        return self.size if self.size is not None else (self.model.length, self.model.width)


@dataclass(frozen=True)
class Course:
    """The lane position everything is placed against."""

    lane: int
    s: float


def apart(a: ActorPlan, b: ActorPlan) -> bool:
    """Say whether two actors do not touch where they are placed, or are on different levels."""
    return abs(a.z - b.z) > 3.0 or boxes_gap(
        a.x, a.y, a.yaw, *a.footprint, b.x, b.y, b.yaw, *b.footprint
    ) >= 0.0  # fmt: skip


class Placer:
    """Collects plans, refusing overlaps.

    Args:
        scenario: What to place.
        network: Where.
        random: Of the placement's draws; an argument of each method would be the same one.
        friction: µ of the ground.
        obstacles: What stands there already.
    """

    def __init__(
        self,
        scenario: ConcreteScenario,
        network: RoadNetwork,
        random: np.random.Generator,
        friction: float,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> None:
        self.scenario = scenario
        self.network = network
        self.lanes = lane_arrays(network)
        self.random = random
        self.friction = friction
        self.plans: list[ActorPlan] = []
        self.course = Course(-1, 0.0)
        self.remarks: list[str] = []
        self.obstacles = Obstacles(obstacles)

    def remark(self, text: str, names: list[str]) -> None:
        """Note what of a file does not take part as the file says, if any; told to the user at the end."""
        if names:
            self.remarks.append(remark_line(self.scenario.road.file, text, names))

    def tell(self, text: str) -> None:
        """Note what could not be done as the settings ask; told to the user at the end."""
        self.remarks.append(text)

    def free(self, plan: ActorPlan, clearance: float = _CLEARANCE, headway: float = 0.0, along: float = 0.0) -> bool:
        """Say whether a plan keeps clear of all earlier ones, and of scenery.

        Args:
            plan: The candidate.
            clearance: Between boxes [m].
            headway: Both boxes are prolonged by what they drive in this time [s].
            along: What the plan's box is prolonged by besides, at either end [m].
        """
        length, width = plan.footprint
        for other in self.plans:
            other_length, other_width = other.footprint
            if not other.present or abs(other.z - plan.z) > 3.0:
                continue
            reach = length + other_length + headway * (plan.speed + other.speed) + 2.0 * (clearance + along)
            if abs(other.x - plan.x) > reach or abs(other.y - plan.y) > reach:
                continue
            gap = boxes_gap(
                plan.x,
                plan.y,
                plan.yaw,
                length + headway * plan.speed + 2.0 * along,
                width,
                other.x,
                other.y,
                other.yaw,
                other_length + headway * other.speed,
                other_width,
            )
            if gap < clearance:
                return False
        return not self.in_the_way(plan, min(clearance, _CLEARANCE))

    def in_the_way(self, plan: ActorPlan, clearance: float = 0.0) -> list[Obstacle]:
        """Return the scenery that a plan would stand in, or nearer to than a clearance [m]."""
        low = plan.z + plan.clearance + _STEP
        return self.obstacles.hit(
            plan.x, plan.y, plan.yaw, plan.footprint, low, low + plan.model.height, clearance
        )  # fmt: skip

    def make_room(self, plan: ActorPlan, key: str) -> None:
        """Take furniture away where an actor is to stand that has to be there.

        Raises:
            ScenarioError: What stands there is part of the map, or of a hall; `key` names the setting.
        """
        for obstacle in self.in_the_way(plan):
            if obstacle.fixed:
                raise ScenarioError(
                    f"{key}: {plan.name} would stand in {obstacle.name} at x = {plan.x:.1f} m, y = {plan.y:.1f} m; "
                    "move it"
                )
            self.obstacles.given_way.add(obstacle.prop)

    def add(self, plan: ActorPlan, key: str) -> None:
        """Keep a plan.

        Raises:
            ScenarioError: It overlaps an earlier one, or what stands there; `key` names the setting that placed it.
        """
        other = next((p for p in self.plans if p.present and not apart(p, plan)), None)
        if plan.present and other is not None:
            raise ScenarioError(
                f"{key}: {plan.name} would stand in {other.name} at x = {plan.x:.1f} m, y = {plan.y:.1f} m; "
                "move one of them"
            )
        self.make_room(plan, key)
        self.plans.append(plan)

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
        """Draw a color that suits a kind of actor."""
        if kind in (ActorKind.PEDESTRIAN, ActorKind.BICYCLE, ActorKind.MOTORCYCLE):
            r, g, b = self.random.uniform(0.02, 0.6, 3)
            return float(r), float(g), float(b)
        if kind == ActorKind.BUS:
            return ((0.55, 0.04, 0.03), (0.60, 0.50, 0.05), (0.05, 0.20, 0.45))[int(self.random.integers(3))]
        shares = np.array([share for share, _ in PAINTS])
        return PAINTS[int(self.random.choice(len(PAINTS), p=shares / shares.sum()))][1]
