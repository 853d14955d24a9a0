"""Keeping to the lane and the smooth path of a lane change, turned into a steering angle."""

import math

from numba import njit

from simengine.behavior.memory import DriverMemory
from simengine.behavior.occupancy import Places
from simengine.behavior.route import place_on_route, route_curvature
from simengine.behavior.rules import lane_heading
from simengine.behavior.steering import FEEDFORWARD_TIME, path_steering, slip_compliance
from simengine.core.geometry import wrap_angle
from simengine.core.state import ActorTable
from simengine.road.frenet import project_on_lane_near
from simengine.road.network import LaneArrays

SHORTEST_CHANGE = 12.0  # way of a lane change at walking pace [m]
LENGTHS_OF_CHANGE = 2.5  # and at least so many vehicle lengths


@njit(cache=True)
def smooth_step(p: float) -> tuple[float, float, float]:
    """Return the quintic from 0 to 1 with no slope and no curvature at the ends, its slope and its second derivative."""
    p = min(1.0, max(0.0, p))
    return p * p * p * (10.0 + p * (6.0 * p - 15.0)), 30.0 * p * p * (1.0 - p) ** 2, 60.0 * p * (1.0 - p) * (1.0 - 2.0 * p)


@njit(cache=True)
def change_length(memory: DriverMemory, e: int, a: int, speed: float, length: float) -> float:
    """Return the way that a lane change takes at the present speed [m]."""
    shortest = max(SHORTEST_CHANGE, LENGTHS_OF_CHANGE * length)
    return max(shortest, memory.change_duration[e, a] * speed)


@njit(cache=True)
def start_change(memory: DriverMemory, e: int, a: int, duration: float) -> None:
    """Begin to move from the present offset to where the driver likes to be on the lane, within `duration` [s]."""
    memory.change_start[e, a] = memory.t[e, a]
    memory.change_progress[e, a] = 0.0
    memory.change_duration[e, a] = duration


@njit(cache=True)
def advance_change(memory: DriverMemory, e: int, a: int, speed: float, length: float, dt: float) -> None:
    """Move on along the path of a lane change; the progress follows the way driven, so a standing vehicle waits."""
    if memory.change_progress[e, a] >= 1.0:
        return
    way = change_length(memory, e, a, speed, length)
    memory.change_progress[e, a] += max(0.0, speed) * dt / way
    if memory.change_progress[e, a] >= 1.0:
        memory.change_progress[e, a] = 1.0
        memory.from_lane[e, a] = -1


@njit(cache=True)
def steer_along_route(
    lanes: LaneArrays, actors: ActorTable, memory: DriverMemory, places: Places, e: int, a: int, steering: float,
    friction: float,
) -> float:
    """Return the road-wheel angle that follows a driver's route and lane change [rad].

    Args:
        lanes: The network.
        actors: Axles, tyres and steering limits.
        memory: Minds.
        places: Where the actors are.
        e, a: Which driver.
        steering: Present road-wheel angle [rad].
        friction: µ.
    """
    speed, yaw = places.speed[a], places.yaw[a]
    wheelbase = actors.front_axle[e, a] + actors.rear_axle[e, a]
    behind = actors.rear_axle[e, a] - actors.cog_offset[e, a]  # rear axle behind the box centre
    rear_x, rear_y = places.x[a] - behind * math.cos(yaw), places.y[a] - behind * math.sin(yaw)
    lane, along = place_on_route(lanes, memory, e, a, memory.s[e, a] - behind)
    s, t = project_on_lane_near(lanes, lane, rear_x, rear_y, along)
    s_present = memory.s[e, a] - behind + (s - along)  # of the rear axle, counted along the present lane

    wanted, slope, bend = memory.lane_offset[e, a], 0.0, 0.0
    if memory.change_progress[e, a] < 1.0:
        way = change_length(memory, e, a, speed, actors.length[e, a])
        q, q1, q2 = smooth_step(memory.change_progress[e, a] - behind / way)
        shift = memory.change_start[e, a] - wanted
        wanted, slope, bend = wanted + shift * (1.0 - q), -shift * q1 / way, -shift * q2 / (way * way)

    heading_error = wrap_angle(yaw - lane_heading(lanes, lane, s) - math.atan(slope))
    ahead = s_present + speed * FEEDFORWARD_TIME
    curvature = route_curvature(lanes, memory, e, a, ahead)
    # Half the time that the wheels need to turn to the new curvature is looked ahead too, so that a bend that begins
    # at once is entered on time.
    turning = 0.5 * abs(math.atan(wheelbase * curvature) - steering) / max(actors.max_steering_rate[e, a], 0.05)
    curvature = route_curvature(lanes, memory, e, a, ahead + speed * min(1.0, turning))
    curvature = curvature / max(0.2, 1.0 - curvature * wanted) + bend
    return path_steering(
        t - wanted, heading_error, curvature, speed, wheelbase, 0.0,
        slip_compliance(max(actors.cornering_stiffness[e, a], 1.0), friction), actors.max_steering[e, a],
    )
