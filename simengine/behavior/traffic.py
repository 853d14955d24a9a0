"""Drivers of ordinary vehicles: what each wants from its acceleration, steering and lights, one world at a time."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.conditions import (
    COMFORT_SHARE,
    EMERGENCY_SHARE,
    cautious_time_gap,
    grip_bound,
    planned_speed,
    seen_speed,
)
from simengine.behavior.following import drive_freely, follow, respond_ahead, respond_to_lane
from simengine.behavior.junction import Passage, empty_passage, find_passage, rule_junctions
from simengine.behavior.lane_change import consider_change
from simengine.behavior.lateral import advance_change, steer_along_route
from simengine.behavior.memory import NEXT, PRESENT, ROUTE_LANES, DriverMemory
from simengine.behavior.occupancy import (
    Occupancy,
    Places,
    add_entry,
    empty_occupancy,
    empty_places,
    is_on_lane,
    look_around,
    occupy_lanes,
)
from simengine.behavior.route import track_lane
from simengine.behavior.rules import RoadRules
from simengine.behavior.stopping import STOPPED_SPEED, crossing_stop, mark_busy_crossings, signal_stop
from simengine.core.state import ActorTable, Controls, Light, Mobility, WorldState
from simengine.road.frenet import project_on_lane_near
from simengine.road.network import LaneArrays, Turn

LINE_TIME_GAP = 0.4  # kept to a line, which does not move [s]
LINE_MIN_GAP = 0.6  # [m]
HOLD = -2.0  # brakes held at standstill [m/s²]
SHORTEST_HORIZON = 60.0  # how far ahead to look at standstill [m]
HORIZON_TIME = 8.0  # and this much more per speed [s]
INDICATE = 30.0  # before a turn [m]
INDICATE_TIME = 3.0  # [s]
BEYOND_END = 15.0  # a vehicle farther past the end of the road stops [m]
BRAKES = 6.0  # deceleration that any vehicle can reach on a dry road [m/s²]

WHEELED, DIFFERENTIAL = int(Mobility.WHEELED), int(Mobility.DIFFERENTIAL)
TURN_LEFT, TURN_RIGHT = int(Turn.LEFT), int(Turn.RIGHT)
LIGHT_LEFT, LIGHT_RIGHT, LIGHT_HEAD = int(Light.LEFT), int(Light.RIGHT), int(Light.HEAD)


class Conditions(NamedTuple):
    """What the weather does to drivers. Shapes (num_envs,)."""

    friction: NDArray[np.float64]  # µ
    sight_distance: NDArray[np.float64]  # [m]
    headlights: NDArray[np.bool_]  # drivers have them on


@njit(cache=True)
def announce_changes(
    lanes: LaneArrays, occupancy: Occupancy, memory: DriverMemory, places: Places, e: int, a: int
) -> None:
    """Enter a vehicle that is on its way into a lane there, though its box does not reach it yet."""
    lane = memory.lane[e, a]
    if memory.change_progress[e, a] < 1.0 and lane >= 0 and not is_on_lane(occupancy, lane, a):
        half = 0.5 * places.width[a]
        add_entry(
            occupancy, lane, a, memory.s[e, a], 0.5 * places.length[a], -half, half, places.speed[a], 0.0
        )


@njit(cache=True)
def response(
    lanes: LaneArrays, rules: RoadRules, occupancy: Occupancy, memory: DriverMemory, places: Places,
    signal_colors: NDArray[np.int32], busy: NDArray[np.bool_], wait: float, max_deceleration: float, e: int, a: int,
    friction: float, sight: float,
) -> tuple[float, float, float]:
    """Return a driver's acceleration, and the gap and speed of what it follows, were it to react at once.

    Args:
        lanes, rules: The network.
        occupancy: Boxes by lane.
        memory: Minds.
        places: Where the actors are.
        signal_colors: Of world e. Shape (num_signals,).
        busy: Crossings with people in the way, by lane item.
        wait: Where to wait for the junction, ahead of the front [m].
        max_deceleration: Of the brakes [m/s²].
        e, a: Which driver.
        friction: µ.
        sight: How far the driver sees [m].

    Returns:
        Acceleration [m/s²]; gap [m] and speed [m/s] of the leader.
    """
    speed = max(0.0, places.speed[a])
    length, width = places.length[a], places.width[a]
    pull = grip_bound(memory.max_acceleration[e, a], friction, COMFORT_SHARE)
    brake = grip_bound(memory.comfortable_deceleration[e, a], friction, COMFORT_SHARE)
    time_gap, min_gap = cautious_time_gap(memory.time_gap[e, a], friction), memory.min_gap[e, a]
    hardest = grip_bound(max_deceleration, friction, EMERGENCY_SHARE)
    desired = min(planned_speed(lanes, memory, e, a, speed, friction), seen_speed(sight, friction))
    horizon = min(sight, SHORTEST_HORIZON + HORIZON_TIME * speed)
    acceleration = drive_freely(speed, desired, pull, min(hardest, 2.0 * brake))
    ahead, gap, other_speed, _ = respond_ahead(
        lanes, occupancy, memory, e, a, length, width, speed, desired, pull, brake, time_gap, min_gap, horizon
    )
    acceleration = min(acceleration, ahead)
    origin = memory.from_lane[e, a]
    if origin >= 0:
        s, t = project_on_lane_near(lanes, origin, places.x[a], places.y[a], memory.s[e, a])
        beside, beside_gap, beside_speed, _ = respond_to_lane(
            lanes, occupancy, origin, -s, t - 0.5 * width, t + 0.5 * width, a, 0.5 * length, speed, desired, pull,
            brake, time_gap, min_gap, horizon, memory.ignores_signals[e, a],
        )
        if beside < acceleration:
            acceleration, gap, other_speed = beside, beside_gap, beside_speed
    line = min(wait, signal_stop(
        lanes, rules, memory, signal_colors, e, a, speed, 0.5 * length, friction, horizon
    ))
    line = min(line, crossing_stop(lanes, rules, memory, busy, e, a, speed, 0.5 * length, friction, horizon))
    if line < horizon:
        acceleration = min(
            acceleration, follow(speed, desired, line, 0.0, pull, brake, LINE_TIME_GAP, LINE_MIN_GAP)
        )
    if memory.route[e, a, NEXT] < 0 and memory.s[e, a] > lanes.lane_length[memory.lane[e, a]] + BEYOND_END:
        acceleration = min(acceleration, HOLD)
    acceleration = max(acceleration, -hardest)
    if speed < 0.2 and acceleration <= 0.0:
        acceleration = HOLD
    return acceleration, gap, other_speed


@njit(cache=True)
def indicators(lanes: LaneArrays, memory: DriverMemory, e: int, a: int, speed: float) -> int:
    """Return the bits of `Light` for a change of lane or a turn ahead."""
    if memory.change_progress[e, a] < 1.0:
        if memory.change_start[e, a] < -0.5:
            return LIGHT_LEFT
        if memory.change_start[e, a] > 0.5:
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


@njit(cache=True)
def survey(
    lanes: LaneArrays, rules: RoadRules, actors: ActorTable, memory: DriverMemory, places: Places,
    occupancy: Occupancy, passage: Passage, busy: NDArray[np.bool_], signal_colors: NDArray[np.int32],
    obeys: NDArray[np.bool_], friction: float, tick: int, seed: np.uint64, dt: float, e: int,
) -> None:
    """Find everybody's lane, what stands on the lanes, and who may pass the junctions of world e.

    Args:
        lanes, rules: The network.
        actors: Sizes and kinds.
        memory: Minds; lanes, waiting times and grants are written.
        places: Where the actors are.
        occupancy, passage, busy: Written.
        signal_colors: Of world e. Shape (num_signals,).
        obeys: Drivers that ask for the way. Shape (num_actors,).
        friction: µ.
        tick: Now.
        seed: Of the routes.
        dt: Time since the last call [s].
        e: World.
    """
    n = len(places.seen)
    occupy_lanes(lanes, places, occupancy)
    mark_busy_crossings(lanes, rules, places, actors.mobility[e], busy)
    for a in range(n):
        passage.junction[a] = -1
        drives = actors.mobility[e, a] == WHEELED or actors.mobility[e, a] == DIFFERENTIAL
        if not places.seen[a] or not drives:
            continue
        track_lane(lanes, memory, seed, e, a, places.x[a], places.y[a], places.z[a], places.yaw[a])
        speed = max(0.0, places.speed[a])
        memory.travelled[e, a] += speed * dt
        memory.waiting[e, a] = memory.waiting[e, a] + dt if speed < STOPPED_SPEED else 0.0
        announce_changes(lanes, occupancy, memory, places, e, a)
        horizon = SHORTEST_HORIZON + HORIZON_TIME * speed
        find_passage(lanes, rules, memory, places, e, a, horizon, passage)
        if passage.junction[a] >= 0 and obeys[a]:
            half = 0.5 * places.length[a]
            stop = signal_stop(lanes, rules, memory, signal_colors, e, a, speed, half, friction, horizon)
            stop = min(stop, crossing_stop(lanes, rules, memory, busy, e, a, speed, half, friction, horizon))
            passage.held[a] = stop < passage.enter[a] + 0.5
    rule_junctions(lanes, rules, occupancy, memory, places, obeys, tick, dt, e, passage)


@njit(cache=True)
def drive_one(
    lanes: LaneArrays, actors: ActorTable, memory: DriverMemory, places: Places, acceleration: float, steering: float,
    friction: float, headlights: bool, dt: float, e: int, a: int, controls: Controls,
) -> None:
    """Write one driver's controls: a chosen acceleration, steering along the route, lights."""
    controls.acceleration[e, a] = acceleration
    if memory.lane[e, a] < 0:
        controls.acceleration[e, a] = min(acceleration, HOLD)
        controls.steering[e, a] = 0.0
        controls.lights[e, a] = LIGHT_HEAD if headlights else 0
        return
    advance_change(memory, e, a, places.speed[a], places.length[a], dt)
    controls.steering[e, a] = steer_along_route(lanes, actors, memory, places, e, a, steering, friction)
    bits = indicators(lanes, memory, e, a, places.speed[a])
    controls.lights[e, a] = bits | LIGHT_HEAD if headlights else bits


@njit(cache=True)
def traffic_row(
    lanes: LaneArrays, rules: RoadRules, actors: ActorTable, state: WorldState, memory: DriverMemory,
    drives: NDArray[np.bool_], obeys: NDArray[np.bool_], signal_colors: NDArray[np.int32], conditions: Conditions,
    seed: np.uint64, dt: float, e: int, places: Places, occupancy: Occupancy, passage: Passage,
    busy: NDArray[np.bool_], controls: Controls,
) -> None:
    """Let the drivers of world e decide; arguments as of `traffic_controls`, the scratch of one world last."""
    look_around(actors, state, e, places)
    friction, sight = conditions.friction[e], conditions.sight_distance[e]
    survey(
        lanes, rules, actors, memory, places, occupancy, passage, busy, signal_colors[e], obeys[e], friction,
        state.tick[e], seed, dt, e,
    )
    for a in range(len(places.seen)):
        if places.seen[a] and drives[e, a]:
            consider_change(lanes, rules, occupancy, places, memory, seed, e, a, friction, dt)
            announce_changes(lanes, occupancy, memory, places, e, a)
    for a in range(len(places.seen)):
        if not places.seen[a] or not drives[e, a]:
            continue
        acceleration = HOLD
        if memory.lane[e, a] >= 0:
            acceleration, _, _ = response(
                lanes, rules, occupancy, memory, places, signal_colors[e], busy, passage.wait[a],
                min(actors.max_deceleration[e, a], BRAKES + 2.0), e, a, friction, sight,
            )
        drive_one(
            lanes, actors, memory, places, acceleration, state.steering[e, a], friction, conditions.headlights[e], dt,
            e, a, controls,
        )


@njit(cache=True)
def traffic_controls(
    lanes: LaneArrays, rules: RoadRules, actors: ActorTable, state: WorldState, memory: DriverMemory,
    drives: NDArray[np.bool_], obeys: NDArray[np.bool_], signal_colors: NDArray[np.int32], conditions: Conditions,
    seed: np.uint64, dt: float, controls: Controls,
) -> None:
    """Let every ordinary driver decide; minds and controls are filled.

    Args:
        lanes, rules: The network.
        actors: What they are.
        state: What moves.
        memory: Minds; updated.
        drives: Who is driven by these rules now. Shape (num_envs, num_actors).
        obeys: Who asks for the way at junctions; others are expected to take it. Shape (num_envs, num_actors).
        signal_colors: `SignalColor`. Shape (num_envs, num_signals).
        conditions: The weather's effect.
        seed: Of the routes.
        dt: Time between decisions [s].
        controls: Written where `drives`.
    """
    n = state.valid.shape[1]
    places, passage = empty_places(n), empty_passage(n)
    occupancy = empty_occupancy(len(lanes.lane_length), n)
    busy = np.zeros(len(rules.crossing), np.bool_)
    for e in range(state.valid.shape[0]):
        traffic_row(
            lanes, rules, actors, state, memory, drives, obeys, signal_colors, conditions, seed, dt, e, places,
            occupancy, passage, busy, controls,
        )
