"""How a scripted vehicle holds the lateral reference of its lane, and moves it sideways when told to change lane.

At speed it is steered by `side_force`, rolling slowly by `steering`.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.lane_rules import DriverLanes, lane_heading
from simengine.behavior.script.lane_move import move_reference
from simengine.behavior.script.script import Script
from simengine.behavior.vehicle.side_force import (
    Chassis,
    centered_offset,
    steering_for_acceleration,
    wanted_acceleration,
)
from simengine.behavior.vehicle.steering import FEEDFORWARD_TIME, path_steering, slip_compliance
from simengine.core.space.geometry import wrap_angle, yaw_from_quaternion
from simengine.road.network.frenet import lane_curvature, project_on_lane_near

ROLLING, SLIPPING = 5.0, 10.0  # below and above which a vehicle is steered without and with regard to slip [m/s]


class ScriptedVehicles(NamedTuple):
    """What scripts read of the vehicles of one world; kernels compile faster the fewer arrays they are handed."""

    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    velocity: NDArray[np.float64]
    angular_velocity: NDArray[np.float64]
    chassis: Chassis  # of all worlds


@njit(cache=True, _nrt=False)
def _follow_lane(
    ways: DriverLanes, lane_row: NDArray[np.int32], s_row: NDArray[np.float64], a: int, x: float, y: float
) -> float:
    """Update where an actor is along its lanes, straight on where they fork; returns t [m]."""
    lane = lane_row[a]
    s, t = project_on_lane_near(ways, lane, x, y, s_row[a])
    for _ in range(8):
        first, last = ways.successor_first[lane], ways.successor_first[lane + 1]
        if s <= ways.lane_length[lane] - 1e-6 or first == last:
            break
        best, least = ways.successor[first], math.inf
        for k in range(first, last):
            n = ways.successor[k]
            begin, end = ways.lane_first_point[n], ways.lane_first_point[n + 1] - 1
            bend = abs(wrap_angle(ways.point_heading[end] - ways.point_heading[begin]))
            if bend < least:
                best, least = n, bend
        s -= ways.lane_length[lane]
        lane = best
        s, t = project_on_lane_near(ways, lane, x, y, s)
    lane_row[a], s_row[a] = lane, s
    return t


@njit(cache=True, _nrt=False)
def yaw_of(bodies: ScriptedVehicles, a: int) -> float:
    """Return the yaw of an actor [rad]."""
    q = bodies.orientation[a]
    return yaw_from_quaternion(q[0], q[1], q[2], q[3])


@njit(cache=True, _nrt=False)
def keep_lane(
    ways: DriverLanes,
    bodies: ScriptedVehicles,
    script: Script,
    friction: float,
    speed: float,
    dt: float,
    e: int,
    a: int,
) -> tuple[float, float]:
    """Move the lateral reference on; returns the road-wheel angle [rad] and the side acceleration it takes [m/s²].

    Args:
        ways: The network.
        bodies: The actors.
        script: What they are to do; updated.
        friction: µ.
        speed: Of the vehicle [m/s].
        dt: Between decisions [s].
        e, a: Which vehicle.
    """
    chassis, yaw = bodies.chassis, yaw_of(bodies, a)
    start, target = script.offset_from[e, a], script.offset_to[e, a]
    rate, duration, part = script.move_rate[e, a], script.move_duration[e, a], script.move_part[e, a]
    pace, brisk = min(1.0, speed / script.move_speed[e, a]), max(1.0, speed)
    offset, aside, _ = move_reference(start, target, rate, duration, part)
    ahead = min(1.0, part + FEEDFORWARD_TIME * pace / duration)
    _, _, bend = move_reference(start, target, rate, duration, ahead)
    aside, bend = aside * pace, bend * pace * pace
    script.move_part[e, a] = min(1.0, part + dt * pace / duration)
    t, heading_error = _beside_lane(ways, bodies, script, chassis.rear[e, a], yaw, e, a)
    curvature = lane_curvature(ways, script.lane[e, a], script.s[e, a] + FEEDFORWARD_TIME * speed)
    lateral = curvature * speed * speed + bend
    share = min(1.0, max(0.0, (speed - ROLLING) / (SLIPPING - ROLLING)))
    angle = 0.0
    if share < 1.0:  # rolling without slip: the rear axle joins the reference as a path
        compliance = slip_compliance(chassis.rear_stiffness[e, a])
        understeer = slip_compliance(chassis.front_stiffness[e, a]) - compliance
        angle = (1.0 - share) * path_steering(
            t - offset, wrap_angle(heading_error - math.atan(aside / brisk)), curvature + bend / brisk**2, brisk,
            chassis.front[e, a] - chassis.rear[e, a], understeer, compliance,
            chassis.lock[e, a],
        )  # fmt: skip
    if share > 0.0:
        angle += share * _steer_by_force(ways, bodies, script, offset, aside, lateral, friction, e, a)
    return angle, lateral


@njit(cache=True, _nrt=False)
def _beside_lane(
    ways: DriverLanes, bodies: ScriptedVehicles, script: Script, ahead: float, yaw: float, e: int, a: int
) -> tuple[float, float]:
    """Return how far left of its lane's middle a point before a vehicle's center is [m], and the heading error [rad].

    Args:
        ways: The network.
        bodies: The actors.
        script: Where it is on its lane; updated.
        ahead: How far before the center the point is [m].
        yaw: Of the vehicle [rad].
        e, a: Which vehicle.
    """
    x, y = bodies.position[a, 0] + ahead * math.cos(yaw), bodies.position[a, 1] + ahead * math.sin(yaw)
    t = _follow_lane(ways, script.lane[e], script.s[e], a, x, y)
    return t, wrap_angle(yaw - lane_heading(ways, script.lane[e, a], script.s[e, a]))


@njit(cache=True, _nrt=False)
def _steer_by_force(
    ways: DriverLanes,
    bodies: ScriptedVehicles,
    script: Script,
    offset: float,
    aside: float,
    lateral: float,
    friction: float,
    e: int,
    a: int,
) -> float:
    """Return the road-wheel angle that holds a vehicle on a reference at speed [rad].

    Args:
        ways: The network.
        bodies: The vehicles.
        script: What they have been told.
        offset: Of the reference from the lane's middle [m].
        aside: Its rate [m/s].
        lateral: Its acceleration, the lane's bend included [m/s²].
        friction: µ.
        e, a: Which vehicle.
    """
    chassis, yaw = bodies.chassis, yaw_of(bodies, a)
    percussion = chassis.percussion[e, a]
    lane, s = script.lane[e, a], script.s[e, a]
    x = bodies.position[a, 0] + percussion * math.cos(yaw)
    y = bodies.position[a, 1] + percussion * math.sin(yaw)
    s, t = project_on_lane_near(ways, lane, x, y, s)
    c, sine = math.cos(yaw), math.sin(yaw)
    forward = bodies.velocity[a, 0] * c + bodies.velocity[a, 1] * sine
    leftward = bodies.velocity[a, 1] * c - bodies.velocity[a, 0] * sine
    turning = bodies.angular_velocity[a, 2]
    error = wrap_angle(yaw - lane_heading(ways, lane, s))
    drift = forward * math.sin(error) + (leftward + percussion * turning) * math.cos(error)
    offset += centered_offset(
        lane_curvature(ways, lane, s), forward, chassis.rear[e, a], percussion, chassis.rear_stiffness[e, a]
    )
    wanted = wanted_acceleration(t - offset, drift - aside, lateral, friction)
    return steering_for_acceleration(
        wanted, forward, leftward + chassis.front[e, a] * turning, chassis.front_stiffness[e, a], friction,
        chassis.lock[e, a],
    )  # fmt: skip
