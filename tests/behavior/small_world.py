"""A world small enough to read: kinematic vehicles with actuator limits, driven by the product's drivers."""

import math
from pathlib import Path

import numpy as np
import yaml
from numba import njit

from simengine.behavior.driver_state import DriverMemory, draw_drivers, empty_memory
from simengine.behavior.lanes.lane_rules import RoadRules, road_rules
from simengine.behavior.traffic.traffic import Conditions, traffic_controls
from simengine.core.rng import kernel_seed
from simengine.core.space.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, WorldState, empty_actors, empty_controls, empty_state
from simengine.physics.vehicle.catalog import fill_actor
from simengine.road.network.network import LaneArrays, RoadNetwork, lane_arrays
from simengine.road.network.projection import lane_pose
from simengine.road.network.signals import signal_colors
from simengine.road.procedural.kinds import make_intersection, make_street
from simengine.scenario.spec import DriverKinds, DriverSpread

DT = 0.05  # [s]
DRIVE_LAG = 0.1  # of engine and brakes [s]
SPREAD = DriverSpread(
    desired_speed=1.0,
    desired_speed_std=0.1,
    time_gap=1.4,
    time_gap_std=0.2,
    time_gap_shape="normal",
    min_gap=1.0,
    max_acceleration=1.0,
    comfortable_deceleration=1.0,
    temper_std=0.1,
    politeness=0.2,
    lane_change_threshold=0.1,
    lane_change_bias=0.3,
    noise=0.0,
    noise_time=5.0,
)
NORMAL = Path(__file__).parents[2] / "conf" / "traffic" / "normal.yaml"
KINDS = DriverKinds.model_validate(yaml.safe_load(NORMAL.read_text())["driver_kinds"])


@njit(cache=True)
def _yaw(q):
    return yaw_from_quaternion(q[0], q[1], q[2], q[3])


@njit(cache=True)
def advance(
    wheelbase,
    rear,
    rate,
    strongest,
    hardest,
    valid,
    position,
    orientation,
    velocity,
    steering,
    drive,
    wanted,
    angle,
    dt,
):
    """Roll every vehicle without slip about its rear axle; arrays of one world."""
    for a in range(len(valid)):
        if not valid[a] or wheelbase[a] <= 0.0:
            continue
        yaw = _yaw(orientation[a])
        speed = velocity[a, 0] * math.cos(yaw) + velocity[a, 1] * math.sin(yaw)
        steering[a] += min(rate[a] * dt, max(-rate[a] * dt, angle[a] - steering[a]))
        drive[a] += (wanted[a] - drive[a]) * min(1.0, dt / DRIVE_LAG)
        after = max(0.0, speed + dt * min(strongest[a], max(-hardest[a], drive[a])))
        mean = 0.5 * (speed + after)
        curvature = math.tan(steering[a]) / wheelbase[a]
        turn = mean * curvature * dt
        x = position[a, 0] - rear[a] * math.cos(yaw) + mean * dt * math.cos(yaw + 0.5 * turn)
        y = position[a, 1] - rear[a] * math.sin(yaw) + mean * dt * math.sin(yaw + 0.5 * turn)
        yaw += turn
        position[a, 0], position[a, 1] = x + rear[a] * math.cos(yaw), y + rear[a] * math.sin(yaw)
        orientation[a, 0], orientation[a, 3] = math.cos(0.5 * yaw), math.sin(0.5 * yaw)
        swing = after * curvature * rear[a]
        velocity[a, 0] = after * math.cos(yaw) - swing * math.sin(yaw)
        velocity[a, 1] = after * math.sin(yaw) + swing * math.cos(yaw)


@njit(cache=True)
def first_touch(length, width, valid, position, orientation):
    """Return two actors whose boxes overlap, or −1, −1."""
    for a in range(len(valid)):
        for b in range(a + 1, len(valid)):
            if not valid[a] or not valid[b]:
                continue
            dx, dy = position[a, 0] - position[b, 0], position[a, 1] - position[b, 1]
            if (
                dx * dx + dy * dy < 200.0
                and boxes_gap(
                    position[a, 0],
                    position[a, 1],
                    _yaw(orientation[a]),
                    length[a],
                    width[a],
                    position[b, 0],
                    position[b, 1],
                    _yaw(orientation[b]),
                    length[b],
                    width[b],
                )
                < 0.0
            ):
                return a, b
    return -1, -1


class SmallWorld:
    """One world of vehicles on a network; `models` names one catalog model per actor."""

    def __init__(self, network: RoadNetwork, models: list[str], seed: int = 1, friction: float = 0.75) -> None:
        count = len(models)
        self.network = network
        self.lanes: LaneArrays = lane_arrays(network)
        self.rules: RoadRules = road_rules(network)
        self.actors: ActorTable = empty_actors(1, count)
        for a, model in enumerate(models):
            fill_actor(self.actors, 0, a, model, (0.5, 0.5, 0.5))
        self.actors.behavior[...] = Behavior.TRAFFIC
        self.actors.drag[...] = self.actors.rolling_resistance[...] = 0.0  # `advance` knows neither
        self.state: WorldState = empty_state(1, count)
        self.seed = kernel_seed(seed, "small_world")
        self.memory: DriverMemory = draw_drivers(empty_memory(1, count), self.actors, KINDS, SPREAD, self.seed)
        self.drives = np.ones((1, count), np.bool_)
        self.obeys = np.ones((1, count), np.bool_)
        self.conditions = Conditions(np.array([friction]), np.array([2000.0]), np.array([False]))
        self.controls = empty_controls(1, count)
        self.time = 0.0

    def put(self, actor: int, lane: int, s: float, speed: float, t: float = 0.0, turned: float = 0.0) -> None:
        """Place an actor at lane coordinates [m], turned against the lane [rad]."""
        x, y, z, heading = lane_pose(self.lanes, lane, s, t)
        yaw = heading + turned
        self.state.position[0, actor] = (x, y, z + 0.5 * self.actors.height[0, actor])
        self.state.orientation[0, actor] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
        self.state.velocity[0, actor] = (speed * math.cos(yaw), speed * math.sin(yaw), 0.0)
        self.state.valid[0, actor] = True

    def decide(self) -> None:
        """Let the drivers decide."""
        colors = signal_colors(self.network, self.time).reshape(1, -1)
        traffic_controls(
            self.lanes,
            self.rules,
            self.actors,
            self.state,
            self.memory,
            self.drives,
            self.obeys,
            colors,
            self.conditions,
            self.seed,
            DT,
            self.controls,
        )

    def move(self) -> None:
        """Let everybody move on for one step; what does not drive keeps its velocity."""
        actors, state, controls = self.actors, self.state, self.controls
        advance(
            actors.front_axle[0] + actors.rear_axle[0],
            actors.rear_axle[0] - actors.cog_offset[0],
            actors.max_steering_rate[0],
            actors.max_acceleration[0],
            actors.max_deceleration[0],
            state.valid[0],
            state.position[0],
            state.orientation[0],
            state.velocity[0],
            state.steering[0],
            state.drive[0],
            controls.acceleration[0],
            controls.steering[0],
            DT,
        )
        still = actors.front_axle[0] + actors.rear_axle[0] <= 0.0
        state.position[0, still] += DT * state.velocity[0, still]
        state.tick[0] += 1
        self.time += DT

    def step(self) -> None:
        """Decide, then move."""
        self.decide()
        self.move()

    def touching(self) -> tuple[int, int]:
        """Return two actors that overlap, or −1, −1."""
        return first_touch(
            self.actors.length[0],
            self.actors.width[0],
            self.state.valid[0],
            self.state.position[0],
            self.state.orientation[0],
        )

    def speed(self, actor: int) -> float:
        """Return an actor's speed [m/s]."""
        return math.hypot(*self.state.velocity[0, actor, :2])


def straight(lanes: int = 1, length: float = 1000.0, speed_limit: float = 30.0, crossing: float = 0.0) -> RoadNetwork:
    """Return a straight one-way street; with `crossing` a pedestrian crossing in the middle of every such stretch."""
    return make_street(
        length=length, curvature=0.0, lanes_forward=lanes, lanes_backward=0, lane_width=3.5, shoulder_width=0.0,
        pavement_width=2.0 if crossing else 0.0, parking_width=0.0, crossing_spacing=crossing, speed_limit=speed_limit,
        grade=0.0, ring=False,
    )  # fmt: skip


def ring(lanes: int, length: float, speed_limit: float = 33.3) -> RoadNetwork:
    """Return a ring road of a given circumference."""
    return make_street(
        length=length, curvature=math.tau / length, lanes_forward=lanes, lanes_backward=0, lane_width=3.5,
        shoulder_width=0.0, pavement_width=0.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=speed_limit,
        grade=0.0, ring=True,
    )  # fmt: skip


def junction(signaled: bool, lanes: int = 1) -> RoadNetwork:
    """Return a four-way intersection."""
    return make_intersection(
        arm_length=120.0, lanes=lanes, lane_width=3.5, pavement_width=2.0, speed_limit=13.9, signaled=signaled,
        green=20.0, amber=3.0, all_red=2.0,
    )  # fmt: skip
