"""From the acceleration that a driver wants to what is asked of engine and brakes."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import COG_OFFSET, DRAG, FRONT_AXLE, REAR_AXLE, ROLLING
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.lanes.route import place_on_lanes
from simengine.core.mechanics import GRAVITY, ROTATING
from simengine.road.network.frenet import segment_at

GENTLE = 4.0  # braking that a driver does not exceed without need [m/s²]
URGENT_TIME = 2.0  # to collision below which it is one (UN R157 Annex 4 App. 3: critical at 2.0 s) [s]
URGENT_DECELERATION = 3.5  # or when more than this is needed to avoid it [m/s²]
SHORTEST_AXLES = 0.3  # from a vehicle's middle to an axle at least: rows that nobody fills have none [m]


@njit(cache=True, _nrt=False)
def human_braking(acceleration: float, speed: float, gap: float, other_speed: float, hardest: float) -> float:
    """Return an acceleration cut to gentle braking unless a collision threatens [m/s²].

    Args:
        acceleration: Wanted [m/s²].
        speed, other_speed: Own and the leader's [m/s].
        gap: Between them [m].
        hardest: The brakes' and the road's limit [m/s²].
    """
    approach = speed - other_speed
    room = max(gap - 0.5, 0.1)
    needed = 0.5 * approach * approach / room
    urgent = approach > 0.0 and (room < URGENT_TIME * approach or needed > URGENT_DECELERATION)
    return max(acceleration, -hardest if urgent else -min(hardest, GENTLE))


@njit(cache=True, _nrt=False)
def height_along(lanes: DriverLanes, route: NDArray[np.int32], s: float) -> float:
    """Return the height of a driver's route at `s` along its present lane, which may lie before or beyond it [m].

    Where the route is not known, as that behind a lane just entered from beside, the first lane that leads on or into
    it counts; where the road ends its slope goes on.

    Args:
        lanes: The network.
        route: Lanes as in `DriverMemory.route`; −1 past the end.
        s: Along the present lane [m].
    """
    lane, s = place_on_lanes(lanes, route, s)
    length = lanes.lane_length[lane]
    if s > length and lanes.successor_first[lane] < lanes.successor_first[lane + 1]:
        lane, s = lanes.successor[lanes.successor_first[lane]], s - length
    elif s < 0.0 and lanes.predecessor_first[lane] < lanes.predecessor_first[lane + 1]:
        lane = lanes.predecessor[lanes.predecessor_first[lane]]
        s += lanes.lane_length[lane]
    i = segment_at(lanes, lane, s)
    f = (s - lanes.point_s[i]) / (lanes.point_s[i + 1] - lanes.point_s[i])
    return lanes.point_position[i, 2] + f * (lanes.point_position[i + 1, 2] - lanes.point_position[i, 2])


@njit(cache=True, _nrt=False)
def resistance(
    lanes: DriverLanes, route: NDArray[np.int32], s: float, speed: float, vehicle: NDArray[np.float64]
) -> float:
    """Return what rolling, air and an uphill lane take from a vehicle [m/s²]: a driver's foot makes up for it.

    They have to slow the turning wheels as well as the vehicle, and take the less.

    The vehicle stands on both axles: in a dip its front is on the way up while the lane at its middle still leads down.

    Args:
        lanes: The network.
        route: Lanes as in `DriverMemory.route`; −1 past the end.
        s: Of the box center along the present one [m].
        speed: Own [m/s].
        vehicle: A row of `driver_state.vehicle_table`.
    """
    front = s + max(vehicle[FRONT_AXLE] + vehicle[COG_OFFSET], SHORTEST_AXLES)
    rear = s - max(vehicle[REAR_AXLE] - vehicle[COG_OFFSET], SHORTEST_AXLES)
    rise, run = height_along(lanes, route, front) - height_along(lanes, route, rear), front - rear
    uphill = GRAVITY * rise / math.sqrt(run * run + rise * rise)
    return (vehicle[ROLLING] + vehicle[DRAG] * speed * speed + uphill) / ROTATING
