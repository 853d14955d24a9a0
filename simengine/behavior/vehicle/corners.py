"""Where lanes meet at an angle, as those of some maps do, a driver rounds the corner.

The path is an arc that touches both lanes, as far before the corner as behind it. Steering to the lanes themselves
would turn the wheels only when the rear axle has passed the corner, and swing out by meters.
"""

import math

from numba import njit

from simengine.behavior.driver_state import PREVIOUS, ROUTE_LANES, DriverMemory
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.core.space.geometry import wrap_angle

SHARP = 0.09  # a flatter joint of lanes is none [rad]
CUT = 0.5  # of the corner that is cut where the vehicle turns tightly enough [m]
LONGEST = 6.0  # from the corner to where the arc begins, at most if the vehicle turns tightly enough [m]
LOCK_SHARE = 0.8  # of the steering's lock that an arc may need
LOOK = 3  # joints ahead that are looked at
ASIDE = 4.0  # a vehicle farther from the corner than where its arc begins, and this, is not at it [m]


@njit(cache=True, _nrt=False)
def joint_turn(lanes: DriverLanes, lane: int, following: int) -> float:
    """Return by how much the start of a lane is turned against the end of the one before, to the left [rad]."""
    end, start = lanes.lane_first_point[lane + 1] - 1, lanes.lane_first_point[following]
    return wrap_angle(lanes.point_heading[start] - lanes.point_heading[end])


@njit(cache=True, _nrt=False)
def arc_of_corner(lanes: DriverLanes, lane: int, following: int, tightest: float) -> tuple[float, float]:
    """Return the radius of the arc round a corner, positive to the left, and how far before the corner it begins [m].

    Args:
        lanes: The network.
        lane, following: Lanes that meet.
        tightest: Radius that the vehicle can drive [m].

    Returns:
        Both 0 where the lanes do not meet at an angle.
    """
    turn = joint_turn(lanes, lane, following)
    half = 0.5 * min(abs(turn), 2.6)
    if abs(turn) < SHARP:
        return 0.0, 0.0
    gentle = min(CUT / (1.0 / math.cos(half) - 1.0), LONGEST / math.tan(half))
    reach = max(tightest, gentle) * math.tan(half)
    reach = min(reach, 0.5 * lanes.lane_length[lane], 0.5 * lanes.lane_length[following])
    last, first = lanes.lane_first_point[lane + 1] - 1, lanes.lane_first_point[following]
    bend = max(abs(lanes.point_curvature[last]), abs(lanes.point_curvature[first]))
    if bend * reach > abs(turn):  # beyond that the lanes turn more by themselves than the corner does
        reach = abs(turn) / bend
    return math.copysign(reach / math.tan(half), turn), reach


@njit(cache=True, _nrt=False)
def corner_curvature(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, s: float, tightest: float) -> float:
    """Return the curvature of the arc round a corner of the route at `s` along the present lane, 0 for none [1/m]."""
    joint = 0.0
    for k in range(PREVIOUS, min(PREVIOUS + LOOK, ROUTE_LANES - 1)):
        lane, following = memory.route[e, a, k], memory.route[e, a, k + 1]
        if k > PREVIOUS:
            if lane < 0 or joint > s + LONGEST + tightest:
                break
            joint += lanes.lane_length[lane]
        if lane >= 0 and following >= 0:
            radius, reach = arc_of_corner(lanes, lane, following, tightest)
            if reach > 0.0 and abs(s - joint) < reach:
                # What the lanes turn by themselves along the arc comes on top, as where a tight bend ends at a joint.
                last, first = lanes.lane_first_point[lane + 1] - 1, lanes.lane_first_point[following]
                return 1.0 / radius + 0.5 * (lanes.point_curvature[last] + lanes.point_curvature[first])
    return 0.0


@njit(cache=True, _nrt=False)
def place_on_arc(
    lanes: DriverLanes, memory: DriverMemory, e: int, a: int, x: float, y: float, tightest: float
) -> tuple[bool, float, float]:
    """Return whether a point is at an arc round a corner of a driver's route, how far left of it, and its direction.

    Args:
        lanes: The network.
        memory: Decisions; the route is read.
        e, a: Which driver.
        x, y: The point [m].
        tightest: Radius that the vehicle can drive [m].

    Returns:
        Whether it is; to the left of the arc [m]; direction of the arc there [rad].
    """
    for k in range(PREVIOUS, min(PREVIOUS + LOOK, ROUTE_LANES - 1)):
        lane, following = memory.route[e, a, k], memory.route[e, a, k + 1]
        if lane < 0 or following < 0:
            continue
        radius, reach = arc_of_corner(lanes, lane, following, tightest)
        if reach == 0.0:
            continue
        last, first = lanes.lane_first_point[lane + 1] - 1, lanes.lane_first_point[following]
        before, behind = lanes.point_heading[last], lanes.point_heading[first]
        dx, dy = x - lanes.point_position[first, 0], y - lanes.point_position[first, 1]
        along = dx * math.cos(before) + dy * math.sin(before)
        beyond = dx * math.cos(behind) + dy * math.sin(behind)
        if along < -reach or beyond > reach or dx * dx + dy * dy > (reach + ASIDE) ** 2:
            continue
        cx = dx + reach * math.cos(before) + radius * math.sin(before)
        cy = dy + reach * math.sin(before) - radius * math.cos(before)
        distance = math.sqrt(cx * cx + cy * cy)
        side = math.copysign(1.0, radius)
        return True, side * (abs(radius) - distance), math.atan2(side * cx, -side * cy)
    return False, 0.0, 0.0
