"""Drivers of ordinary vehicles: what each wants from its acceleration, steering and lights, one world at a time."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    MAX_DECELERATION,
    NOISE,
    PRESENT,
    PROGRESS,
    ROUTE_LANES,
    START,
    DriverMemory,
    advance_noise,
    vehicle_table,
)
from simengine.behavior.junction.another_way import looks_for_another_way, take_way_with_room
from simengine.behavior.junction.grants import rule_junctions
from simengine.behavior.junction.path_through import (
    ENTER,
    HELD,
    JUNCTION,
    KNOWN,
    LEAVES,
    LINE,
    WAIT,
    Passage,
    empty_passage,
    find_passage,
)
from simengine.behavior.junction.right_of_way import count_waiting
from simengine.behavior.lane_change.choice import consider_change
from simengine.behavior.lane_change.lane_ends import merging_line
from simengine.behavior.lanes.lane_rules import DriverLanes, RoadRules
from simengine.behavior.lanes.occupancy import (
    LENGTH,
    SPEED,
    VEHICLE_DRIFT,
    WIDTH,
    YAW,
    Occupancy,
    Places,
    X,
    Y,
    Z,
    add_entry,
    empty_occupancy,
    empty_places,
    look_around,
    occupy_lanes,
)
from simengine.behavior.lanes.route import LOST, SEARCH, find_lane, track_lane
from simengine.behavior.traffic.response import HOLD, look_horizon, response
from simengine.behavior.vehicle.giving_way_to_walkers import crossing_stop, mark_busy_crossings
from simengine.behavior.vehicle.lateral import advance_change, steer_along_route
from simengine.behavior.vehicle.near_collision_braking import guarded
from simengine.behavior.vehicle.pedals import human_braking, resistance
from simengine.behavior.vehicle.road_conditions import EMERGENCY_SHARE, grip_bound
from simengine.behavior.vehicle.traffic_lights import AMBER_DECELERATION, AMBER_SHARE, signal_stop
from simengine.core.state import ActorTable, Controls, Light, Mobility, WorldState
from simengine.road.network.network import LaneArrays, Turn

RELEASE_SPEED = 0.2  # below which a driver who wants to go on asks at least for what releases the brakes [m/s]
RELEASE = 0.1  # see `physics.vehicle.wheels.HOLD_DEMAND` [m/s²]
INDICATE = 30.0  # before a turn [m]
INDICATE_TIME = 3.0  # [s]
BRAKES = 8.0  # that ordinary drivers use in need [m/s²]
STEADY = 3.0  # below it the noise of a driver's acceleration fades, so that nobody creeps [m/s]

WHEELED, DIFFERENTIAL = int(Mobility.WHEELED), int(Mobility.DIFFERENTIAL)
TURN_LEFT, TURN_RIGHT = int(Turn.LEFT), int(Turn.RIGHT)
LIGHT_LEFT, LIGHT_RIGHT, LIGHT_HEAD = int(Light.LEFT), int(Light.RIGHT), int(Light.HEAD)


class Conditions(NamedTuple):
    """What the weather does to drivers. Shapes (num_envs,)."""

    friction: NDArray[np.float64]  # µ
    sight_distance: NDArray[np.float64]  # [m]
    headlights: NDArray[np.bool_]  # drivers have them on


class DrivingConditions(NamedTuple):
    """What the weather does to the drivers of one world."""

    friction: float  # µ
    sight_distance: float  # how far they see [m]
    headlights: bool  # they have them on


class Drivers(NamedTuple):
    """Who decides in one world, and what they drive."""

    decides: NDArray[np.bool_]  # (num_actors,)
    vehicles: NDArray[np.float64]  # a row of `driver_state.vehicle_table` each. (num_actors, 10)
    steering: NDArray[np.float64]  # present road-wheel angles [rad]. (num_actors,)
    # A driver under test brakes as people do, and takes a last look beside only during a lane change; others avoid
    # every touch they foresee.
    tested: bool


class Scratch(NamedTuple):
    """What is worked out anew for each world at each decision."""

    places: Places
    occupancy: Occupancy
    passage: Passage
    busy: NDArray[np.int8]  # crossings with people in the way, see `stopping`; shape of `Crossings.crossing`
    kept: NDArray[np.int32]  # a route while another is tried. (ROUTE_LANES,)


def empty_scratch(num_actors: int, num_lanes: int, num_crossed: int) -> Scratch:
    """Allocate the scratch of one world."""
    return Scratch(
        empty_places(num_actors),
        empty_occupancy(num_lanes, num_actors),
        empty_passage(num_actors),
        np.zeros(num_crossed, np.int8),
        np.zeros(ROUTE_LANES, np.int32),
    )


@njit(cache=True, _nrt=False)
def announce_change(occupancy: Occupancy, memory: DriverMemory, pose: NDArray[np.float64], e: int, a: int) -> None:
    """Enter a vehicle that is on its way into a lane there as if it were in its middle.

    Its box does not reach it yet, or only its edge, which another that comes from the other side would not mind.
    """
    lane = memory.lane[e, a]
    if memory.change[e, a, PROGRESS] < 1.0 and lane >= 0:
        half = 0.5 * pose[WIDTH]
        add_entry(occupancy, lane, a, memory.s[e, a], 0.5 * pose[LENGTH], -half, half, pose[SPEED], 0.0, VEHICLE_DRIFT)


@njit(cache=True, _nrt=False)
def indicators(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, speed: float) -> int:
    """Return the bits of `Light` for a change of lane or a turn ahead."""
    if memory.change[e, a, PROGRESS] < 1.0:
        if memory.change[e, a, START] < -0.5:
            return LIGHT_LEFT
        if memory.change[e, a, START] > 0.5:
            return LIGHT_RIGHT
    way = -memory.s[e, a]
    for k in range(PRESENT, ROUTE_LANES):
        lane = memory.route[e, a, k]
        if lane < 0 or way > INDICATE + INDICATE_TIME * speed:
            break
        if lanes.lane_turn[lane] == TURN_LEFT:
            return LIGHT_LEFT
        if lanes.lane_turn[lane] == TURN_RIGHT:
            return LIGHT_RIGHT
        way += lanes.lane_length[lane]
    return 0


@njit(cache=True, _nrt=False)
def survey(
    rules: RoadRules,
    mobility: NDArray[np.int32],
    memory: DriverMemory,
    scratch: Scratch,
    signal_colors: NDArray[np.int32],
    drives: NDArray[np.bool_],
    obeys: NDArray[np.bool_],
    friction: float,
    tick: int,
    seed: np.uint64,
    dt: float,
    e: int,
) -> None:
    """Find everybody's lane, what stands on the lanes, and who may pass the junctions of world e.

    Args:
        rules: The network.
        mobility: Of the actors. Shape (num_actors,).
        memory: Decisions; lanes, waiting times and grants are written.
        scratch: With `places` filled; the rest is written.
        signal_colors: Of world e. Shape (num_signals,).
        drives: Drivers that keep to these rules; the others are looked up anew when they leave their lane.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        friction: µ.
        tick: Now.
        seed: Of the routes.
        dt: Time since the last call [s].
        e: World.
    """
    ways, passage = rules.ways, scratch.passage
    occupy_lanes(ways, rules.grid, scratch.places, mobility, scratch.occupancy)
    mark_busy_crossings(ways, rules.crossings, scratch.places, mobility, scratch.busy)
    for a in range(len(mobility)):
        passage.plan[a, JUNCTION] = passage.plan[a, LEAVES] = -1
        if not scratch.places.seen[a] or (mobility[a] != WHEELED and mobility[a] != DIFFERENTIAL):
            continue
        pose = scratch.places.pose[a]
        if track_lane(ways, memory, seed, e, a, pose[X], pose[Y], LOST if drives[a] else 0.1):
            beyond = SEARCH if drives[a] else LOST  # who is lost drives back, see `road_conditions.planned_speed`
            find_lane(ways, rules.grid, memory, seed, e, a, pose[X], pose[Y], pose[Z], pose[YAW], beyond)
        speed, half = max(0.0, pose[SPEED]), 0.5 * pose[LENGTH]
        memory.traveled[e, a] += speed * dt
        count_waiting(memory, e, a, speed, dt)
        advance_noise(memory, seed, tick, e, a, dt)
        announce_change(scratch.occupancy, memory, pose, e, a)
        horizon = look_horizon(speed, math.inf)
        find_passage(ways, rules.stops, rules.conflicts, memory, pose[LENGTH], e, a, horizon, passage)
        passage.flag[a, KNOWN] = drives[a] and obeys[a]
        if obeys[a] and memory.lane[e, a] >= 0:
            line = min(
                signal_stop(ways, rules.stops, memory, signal_colors, e, a, speed, half, friction, horizon),
                crossing_stop(ways, rules.crossings, memory, scratch.busy, e, a, speed, half, friction, horizon),
            )
            passage.way[a, LINE] = line
            passage.flag[a, HELD] = passage.plan[a, JUNCTION] >= 0 and line < passage.way[a, ENTER] + 0.5
    passage.gentle[0] = grip_bound(AMBER_DECELERATION, friction, AMBER_SHARE)
    rule_junctions(ways, rules.conflicts, scratch.occupancy, memory, scratch.places, obeys, tick, e, passage)


@njit(cache=True, _nrt=False)
def decide(
    rules: RoadRules,
    drivers: Drivers,
    memory: DriverMemory,
    scratch: Scratch,
    conditions: DrivingConditions,
    seed: np.uint64,
    dt: float,
    e: int,
    acceleration: NDArray[np.float64],
    angle: NDArray[np.float64],
    lights: NDArray[np.int32],
) -> None:
    """Let drivers of world e decide, after `survey`.

    Args:
        rules: The network.
        drivers: Who decides, and what they drive.
        memory: Decisions; updated.
        scratch: As `survey` left it.
        conditions: What the weather does to drivers.
        seed: Of the routes.
        dt: Time since the last call [s].
        e: World.
        acceleration: Written where they decide: asked of engine and brakes [m/s²]. Shape (num_actors,).
        angle: The same: road-wheel angle [rad].
        lights: The same: bits of `Light`.
    """
    drives, tested, steering = drivers.decides, drivers.tested, drivers.steering
    friction, sight = conditions.friction, conditions.sight_distance
    ways, places, occupancy = rules.ways, scratch.places, scratch.occupancy
    for a in range(len(places.seen)):
        if places.seen[a] and drives[a] and memory.lane[e, a] >= 0:
            if not tested and looks_for_another_way(memory, places, scratch.passage, dt, e, a):
                take_way_with_room(ways, rules.stops, rules.conflicts, occupancy, memory, places, scratch.passage,
                                   scratch.kept, seed, look_horizon(0.0, math.inf), e, a)  # fmt: skip
            under_way = memory.change[e, a, PROGRESS] < 1.0
            consider_change(ways, occupancy, places.pose[a], memory, seed, e, a, friction, dt)
            if not under_way:
                announce_change(occupancy, memory, places.pose[a], e, a)
    head = LIGHT_HEAD if conditions.headlights else 0
    for a in range(len(places.seen)):
        if not places.seen[a] or not drives[a]:
            continue
        pose, vehicle = places.pose[a], drivers.vehicles[a]
        if memory.lane[e, a] < 0:
            acceleration[a], angle[a], lights[a] = HOLD, 0.0, head
            continue
        line = min(
            scratch.passage.way[a, LINE],
            scratch.passage.way[a, WAIT],
            merging_line(ways, memory, e, a, pose[LENGTH], pose[WIDTH]),
        )
        brakes = min(vehicle[MAX_DECELERATION], BRAKES)
        wanted, gap, other_speed = response(ways, occupancy, memory, pose, line, brakes, e, a, friction, sight)
        if tested:
            if line < gap:
                gap, other_speed = line, 0.0
            hardest = grip_bound(brakes, friction, EMERGENCY_SHARE)
            wanted = human_braking(wanted, max(0.0, pose[SPEED]), gap, other_speed, hardest)
        else:
            if memory.style[e, a, NOISE] > 0.0 and wanted != HOLD:
                wanted += memory.style[e, a, NOISE] * memory.noise[e, a] * min(1.0, max(0.0, pose[SPEED]) / STEADY)
        if not tested or memory.change[e, a, PROGRESS] < 1.0:
            wanted = guarded(wanted, places, a, vehicle, steering[a], memory.waiting[e, a])
        if wanted != HOLD:
            goes = wanted > 0.0
            wanted += resistance(ways, memory.route[e, a], memory.s[e, a], max(0.0, pose[SPEED]), vehicle)
            if goes and pose[SPEED] < RELEASE_SPEED:  # downhill too, where the slope alone would do
                wanted = max(wanted, RELEASE)
        acceleration[a] = wanted
        advance_change(memory, e, a, pose[SPEED], pose[LENGTH], dt)
        angle[a] = steer_along_route(ways, memory, e, a, pose, vehicle, steering[a])
        lights[a] = indicators(ways, memory, e, a, pose[SPEED]) | head


def traffic_controls(
    lanes: LaneArrays,
    rules: RoadRules,
    actors: ActorTable,
    state: WorldState,
    memory: DriverMemory,
    drives: NDArray[np.bool_],
    obeys: NDArray[np.bool_],
    signal_colors: NDArray[np.int32],
    conditions: Conditions,
    seed: np.uint64,
    dt: float,
    controls: Controls,
) -> None:
    """Let every ordinary driver decide; minds and controls are filled.

    Args:
        lanes: The network.
        rules: What `lane_rules.road_rules` made of it.
        actors: What they are.
        state: What moves.
        memory: Decisions; updated.
        drives: Who is driven by these rules now. Shape (num_envs, num_actors).
        obeys: Who asks for the way at junctions; others are expected to take it. Shape (num_envs, num_actors).
        signal_colors: `SignalColor`. Shape (num_envs, num_signals).
        conditions: The weather's effect.
        seed: Of the routes.
        dt: Time between decisions [s].
        controls: Written where `drives`.
    """
    # The ego's driver calls the same kernels: what would be one kernel here would be compiled a second time there.
    vehicles = vehicle_table(actors)
    scratch = empty_scratch(state.valid.shape[1], len(lanes.lane_length), len(rules.crossings.crossing))
    for e in range(state.valid.shape[0]):
        friction = float(conditions.friction[e])
        look_around(
            actors.length[e],
            actors.width[e],
            actors.height[e],
            state.valid[e],
            state.position[e],
            state.orientation[e],
            state.velocity[e],
            scratch.places,
        )
        survey(
            rules,
            actors.mobility[e],
            memory,
            scratch,
            signal_colors[e],
            drives[e],
            obeys[e],
            friction,
            int(state.tick[e]),
            seed,
            dt,
            e,
        )
        here = DrivingConditions(friction, float(conditions.sight_distance[e]), bool(conditions.headlights[e]))
        decide(
            rules,
            Drivers(drives[e], vehicles[e], state.steering[e], False),
            memory,
            scratch,
            here,
            seed,
            dt,
            e,
            controls.acceleration[e],
            controls.steering[e],
            controls.lights[e],
        )
