"""Keeping to the lane and the smooth path of a lane change, turned into a steering angle."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    COG_OFFSET,
    DURATION,
    FROM_LANE,
    FRONT_AXLE,
    FRONT_STIFFNESS,
    LANE_OFFSET,
    MAX_STEERING,
    MAX_STEERING_RATE,
    PROGRESS,
    REAR_AXLE,
    REAR_STIFFNESS,
    START,
    DriverMemory,
)
from simengine.behavior.lanes.lane_rules import DriverLanes, lane_heading
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, YAW, X, Y
from simengine.behavior.lanes.route import place_on_route, route_curvature
from simengine.behavior.vehicle.corners import LOCK_SHARE, corner_curvature, place_on_arc
from simengine.behavior.vehicle.road_conditions import COMFORT_SHARE
from simengine.behavior.vehicle.steering import FEEDFORWARD_TIME, path_steering, slip_compliance, steering_for_curvature
from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import wrap_angle
from simengine.road.network.frenet import project_on_lane_near

SHORTEST_CHANGE = 12.0  # way of a lane change at walking pace [m]
TURNING_TIME, TURNING_STEP = 1.0, 0.125  # how far ahead the wheels begin to turn for a bend, at most [s]
LENGTHS_OF_CHANGE = 2.5  # and at least so many vehicle lengths
PEAK_OF_STEP = 5.774  # greatest second derivative of `smooth_step`: 10/√3
LEAST_REST = 0.25  # of the acceleration that a driver plans with is left for a lane change in any bend


@njit(cache=True, _nrt=False)
def smooth_step(p: float) -> tuple[float, float, float]:
    """Return the quintic from 0 to 1 with neither slope nor curvature at its ends, and its first two derivatives."""
    p = min(1.0, max(0.0, p))
    rest = 1.0 - p
    value = p * p * p * (10.0 + p * (6.0 * p - 15.0))
    return value, 30.0 * p * p * rest * rest, 60.0 * p * rest * (rest - p)


@njit(cache=True, _nrt=False)
def change_length(memory: DriverMemory, e: int, a: int, speed: float, length: float) -> float:
    """Return the way that a lane change takes at the present speed [m]."""
    shortest = max(SHORTEST_CHANGE, LENGTHS_OF_CHANGE * length)
    return max(shortest, memory.change[e, a, DURATION] * speed)


@njit(cache=True, _nrt=False)
def change_duration(usual: float, offset: float, bend: float, speed: float, friction: float) -> float:
    """Return how long a lane change takes that asks no more of the ground than a driver plans with [s].

    Args:
        usual: On ground that holds [s].
        offset: Way to the side [m].
        bend: Curvature of the lane, without its sign [1/m].
        speed: [m/s].
        friction: µ.
    """
    plans = COMFORT_SHARE * friction * GRAVITY
    rest = max(LEAST_REST * plans, plans - bend * speed * speed)
    return max(usual, math.sqrt(PEAK_OF_STEP * abs(offset) / rest))


@njit(cache=True, _nrt=False)
def start_change(memory: DriverMemory, e: int, a: int, duration: float) -> None:
    """Begin to move from the present offset to where the driver likes to be on the lane, within `duration` [s]."""
    memory.change[e, a, START] = memory.t[e, a]
    memory.change[e, a, PROGRESS] = 0.0
    memory.change[e, a, DURATION] = duration


@njit(cache=True, _nrt=False)
def advance_change(memory: DriverMemory, e: int, a: int, speed: float, length: float, dt: float) -> None:
    """Move on along the path of a lane change; the progress follows the way driven, so a standing vehicle waits."""
    if memory.change[e, a, PROGRESS] >= 1.0:
        return
    way = change_length(memory, e, a, speed, length)
    memory.change[e, a, PROGRESS] += max(0.0, speed) * dt / way
    if memory.change[e, a, PROGRESS] >= 1.0:
        memory.change[e, a, PROGRESS] = 1.0
        memory.choice[e, a, FROM_LANE] = -1


@njit(cache=True, _nrt=False)
def steer_along_route(
    lanes: DriverLanes,
    memory: DriverMemory,
    e: int,
    a: int,
    pose: NDArray[np.float64],
    vehicle: NDArray[np.float64],
    steering: float,
) -> float:
    """Return the road-wheel angle that follows a driver's route and lane change [rad].

    Args:
        lanes: The network.
        memory: Decisions.
        e, a: Which driver.
        pose: Of the vehicle, a row of `Places.pose`.
        vehicle: A row of `driver_state.vehicle_table`.
        steering: Present road-wheel angle [rad].
    """
    speed, yaw = pose[SPEED], pose[YAW]
    wheelbase = vehicle[FRONT_AXLE] + vehicle[REAR_AXLE]
    behind = vehicle[REAR_AXLE] - vehicle[COG_OFFSET]  # rear axle behind the box center
    rear_x, rear_y = pose[X] - behind * math.cos(yaw), pose[Y] - behind * math.sin(yaw)
    lane, along = place_on_route(lanes, memory, e, a, memory.s[e, a] - behind)
    s, t = project_on_lane_near(lanes, lane, rear_x, rear_y, along)
    s_present = memory.s[e, a] - behind + (s - along)  # of the rear axle, counted along the present lane

    wanted, slope, bend = memory.style[e, a, LANE_OFFSET], 0.0, 0.0
    if memory.change[e, a, PROGRESS] < 1.0:
        way = change_length(memory, e, a, speed, pose[LENGTH])
        q, q1, q2 = smooth_step(memory.change[e, a, PROGRESS] - behind / way)
        shift = memory.change[e, a, START] - wanted
        wanted, slope, bend = wanted + shift * (1.0 - q), -shift * q1 / way, -shift * q2 / (way * way)

    compliance = slip_compliance(max(vehicle[REAR_STIFFNESS], 1.0))
    understeer = slip_compliance(max(vehicle[FRONT_STIFFNESS], 1.0)) - compliance
    heading = lane_heading(lanes, lane, s)
    tightest = wheelbase / math.tan(LOCK_SHARE * max(vehicle[MAX_STEERING], 0.1))
    rounds, aside, direction = place_on_arc(lanes, memory, e, a, rear_x, rear_y, tightest)
    if rounds:
        t, heading = aside, direction
    heading_error = wrap_angle(yaw - heading - math.atan(slope))
    # Half the time that the wheels need to turn to a new curvature is looked ahead too, so that a bend that begins or
    # ends at once is entered and left on time: of the places ahead the farthest that the wheels must be turned for now.
    curvature, time = 0.0, TURNING_TIME
    while time > -0.5 * TURNING_STEP:
        place = s_present + speed * (FEEDFORWARD_TIME + time)
        curvature = route_curvature(lanes, memory, e, a, place)
        arc = corner_curvature(lanes, memory, e, a, place, tightest)
        if arc != 0.0:
            curvature = arc
        turned = steering_for_curvature(curvature, speed, wheelbase, understeer, vehicle[MAX_STEERING])
        turning = abs(turned - steering) / max(vehicle[MAX_STEERING_RATE], 0.05)
        if 0.5 * turning >= time:
            break
        time -= TURNING_STEP
    curvature = curvature / max(0.2, 1.0 - curvature * wanted) + bend
    return path_steering(
        t - wanted,
        heading_error,
        curvature,
        speed,
        wheelbase,
        understeer,
        compliance,
        vehicle[MAX_STEERING],
    )
